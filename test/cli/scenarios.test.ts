/** Every scenario of the service as a script sees it: an exit code, a sentence, and never more than one accepted submit. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { compare, decode } from '../e2e/judge.ts';
import type { Scenario } from '../servers/bfl-scenarios.ts';
import type { Emulator } from '../servers/bfl.ts';
import { home, isOutside, prompt, rect, unusedOrigin, viewOf } from './rig.ts';

interface Expected {
  readonly code: number;
  /** In the error, or in the warnings of what is saved all the same. */
  readonly sentence?: RegExp;
  /** Requests that asked for a fill; 1 where nothing else is said. */
  readonly submits?: number;
  /** Once this is said on stderr the job is interrupted. */
  readonly until?: RegExp;
}

const saved: Expected = { code: 0 };

const expected: Partial<Record<Scenario, Expected>> = {
  '400': { code: 6, sentence: /did not accept/ },
  '402': { code: 4, sentence: /no credits left/ },
  '403': { code: 3, sentence: /refused the key in BFL_API_KEY\./ },
  '404': { code: 6, sentence: /Check --base-url/ },
  '422-echo': { code: 6, sentence: /did not accept image/ },
  '429': { code: 6, sentence: /turned the request away 5 times/, submits: 5 },
  '429-retry-after': { ...saved, submits: 3 },
  '500': { code: 9, sentence: /not sent again/ },
  '503-once': { ...saved, submits: 2 },
  'reset-before-answer': { code: 9, sentence: /not sent again/ },
  'accepted-but-answer-lost': { code: 9, sentence: /not sent again/ },
  'not-json': { code: 9, sentence: /A web page came where .* should have answered/ },
  '403-page': { code: 7, sentence: /A web page answered this machine in place of .*\(HTTP 403\).*HTTPS_PROXY/ },
  redirect: { code: 6, sentence: /Redirects are not followed/ },
  slow: saved,
  'moderated-request': { code: 5, sentence: /Violence, Sexual Content/ },
  'moderated-content': { code: 5, sentence: /withheld it: Derivative Works Filter/ },
  error: { code: 6, sentence: /the model gave up\. Try it again/m },
  '404-at-first': saved,
  'unknown-states': saved,
  'reset-while-polling': saved,
  'hostile-polling': { code: 6, sentence: /The key is not sent there/ },
  'hostile-result': { code: 6, sentence: /169\.254\.169\.254.*does not trust/ },
  'dead-link': saved,
  'dead-link-always': { code: 6, sentence: /has expired/ },
  truncated: saved,
  'other-type': saved,
  'not-an-image': { code: 6, sentence: /text\/plain instead of an image/ },
  'page-download': saved,
  'other-size': { ...saved },
  // It can be the login page of a network, so the job waits; the address says what it waits for.
  'result-redirect-hostile': { code: 130, sentence: /^Interrupted/, until: /redirects to 192\.168\.0\.1/ },
};

/** What of a submit would betray it in a log: the prompt, and pieces of the pictures from beginning to end. */
const secretsOf = (emulator: Emulator): readonly string[] => {
  const { body = {} } = emulator.log.find(({ method }) => method === 'POST') ?? {};
  const pictures = [body['image'], body['mask']].filter((text) => typeof text === 'string');
  const pieces = pictures.flatMap((text) => [0, 0.25, 0.5, 0.75].map((at) => text.substr(at * text.length, 40)));
  return [prompt, ...pieces];
};

suite('scenarios', { concurrency: 4 }, () => {
  // The long waits first, so that the others run beside them.
  const names = (Object.keys(expected) as Scenario[]).sort((a, b) => Number(b === '429') - Number(a === '429'));
  for (const scenario of names) {
    const { code, sentence, submits = 1, until } = expected[scenario]!;
    test(`${scenario}: ${code === 0 ? 'saved' : `exit ${code}`}`, async () => {
      await using here = await home({ scenario });
      const fill = ['photo.png', '--rect', rect, '--prompt', prompt, '--base-url', here.emulator.url, '--json'];
      const ended = await here.run(fill, {}, until);
      assert.equal(ended.code, code, ended.stderr);
      assert.equal(here.submits(), submits);
      assert(here.emulator.accepted() <= 1);
      const view = viewOf(ended);
      const told = [view.error?.sentence ?? '', ...view.warnings].join('\n');
      assert.match(told, sentence ?? /^/);
      assert(ended.stderr.includes(told), ended.stderr);
      for (const secret of secretsOf(here.emulator)) assert(!(ended.stdout + ended.stderr).includes(secret), secret);
      assert.deepEqual(await here.open(), code === 130 ? [view.id] : []);
      if (code !== 0) return assert.deepEqual(await here.names(), ['photo.png']);
      assert.equal(compare(await decode(here.photo), await decode(view.path!), isOutside).outside, 0);
      assert.deepEqual(await here.names(), ['photo.fill-001.png', 'photo.png']);
    });
  }

  test('nobody listens: exit 7, and nothing is left open', async () => {
    await using here = await home();
    const { code, stderr } = await here.fill('--base-url', await unusedOrigin());
    assert.equal(code, 7, stderr);
    assert.match(stderr, /cannot be reached from this machine \(ECONNREFUSED\).*HTTPS_PROXY/);
    assert.deepEqual(await here.open(), []);
  });

  test('a certificate that nobody vouches for: exit 7, and the key is not sent', async () => {
    await using here = await home();
    const pem = readFileSync(new URL('../fixtures/self-signed.pem', import.meta.url));
    let asked = 0;
    const server = createServer({ key: pem, cert: pem }, (_request, response) => {
      asked++;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await here.fill('--base-url', origin);
    server.close();
    assert.equal(code, 7, stderr);
    assert.match(stderr, /is not trusted.*NODE_EXTRA_CA_CERTS/);
    assert.equal(asked, 0);
  });

  test('progress stands on stderr and nothing but the path on stdout', async () => {
    await using here = await home({ scenario: 'slow' });
    const { stdout, stderr } = await here.run(['photo.png', '--rect', rect, '--base-url', here.emulator.url]);
    assert.match(stderr, /^submitted 38 % \(task [0-9a-f-]{36}\)$/m);
    assert.match(stdout, /^[^\n]*photo\.fill-001\.png\n$/);
  });
});
