/** Every scenario of the emulator through the client in both flavours: what is saved, what ends in which fault, what was paid. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import type { FaultCode } from '../../src/fill/faults.ts';
import { scenarios, type Scenario } from '../servers/replicate-scenarios.ts';
import { canary, requestOf, run, size, strays } from './harness.ts';
import { bench, largeRequest, largeSize } from './replicate-harness.ts';

interface Expected {
  readonly submit: 'accepted' | 'refused' | 'unknown';
  /** Absent: an image arrives. */
  readonly fault?: FaultCode;
  readonly args?: Record<string, string | number>;
  /** Submits sent, 1 where absent; uploads at Replicate itself, 1 where absent; tasks made, 1 where accepted. */
  readonly submits?: number;
  readonly uploads?: number;
  readonly tasks?: number;
  /** Speed of the clock where what the calls themselves take on a busy machine must not use up a time. */
  readonly speed?: number;
}

const refused = (fault: FaultCode, more: Partial<Expected> = {}): Expected => ({
  submit: 'refused',
  fault,
  tasks: 0,
  ...more,
});
const unknown = (fault: FaultCode, more: Partial<Expected> = {}): Expected => ({
  submit: 'unknown',
  fault,
  tasks: 0,
  ...more,
});
const over = (fault: FaultCode, more: Partial<Expected> = {}): Expected => ({ submit: 'accepted', fault, ...more });
const notUploaded = (fault: FaultCode, more: Partial<Expected> = {}): Expected =>
  refused(fault, { submits: 0, ...more });
const saved: Expected = { submit: 'accepted' };
const unhurried = 10;
/** Milliseconds that a run goes on where every poll fails. */
const overall = 40_000;

const expectations: Record<Scenario, Expected> = {
  normal: saved,
  'upload-413': notUploaded('service.badRequest', { args: { reason: 'Files must be less than 100MB in size' } }),
  'upload-429': { ...saved, uploads: 3 },
  'upload-503-once': { ...saved, uploads: 2 },
  'upload-500': notUploaded('service.unavailable', { args: { status: 500 } }),
  'upload-reset': notUploaded('network.broken'),
  'upload-not-json': notUploaded('service.answer'),
  'upload-redirect': notUploaded('service.redirect'),
  'upload-hostile': notUploaded('service.answer'),
  '401': refused('key.refused'),
  '402': refused('service.credits'),
  '404': refused('service.notFound'),
  '422': refused('service.invalid', { args: { field: 'steps', reason: 'Must be less than or equal to 50' } }),
  '422-echo': refused('service.badRequest'),
  '429': refused('service.busy', { submits: 5, args: { attempts: 5 } }),
  '429-text': { ...saved, submits: 3 },
  '429-header': { ...saved, submits: 3 },
  '500': unknown('service.unknownStatus', { args: { status: 500 } }),
  '503': refused('service.unavailable', { submits: 5, args: { status: 503 } }),
  '503-once': { ...saved, submits: 2 },
  'reset-before-answer': unknown('service.unknownOutcome'),
  'accepted-but-answer-lost': unknown('service.unknownOutcome', { tasks: 1 }),
  'accepted-202': saved,
  'number-as-id': saved,
  'not-json': unknown('service.unknownAnswer', { tasks: 1 }),
  'no-id': unknown('service.unknownAnswer', { tasks: 1 }),
  'hostile-id': unknown('service.unknownAnswer', { tasks: 1 }),
  redirect: refused('service.redirect'),
  'endless-answer': unknown('service.unknownAnswer', { tasks: 1 }),
  'slow-loris-submit': unknown('service.unknownOutcome'),
  slow: saved,
  'hostile-urls': saved,
  failed: over('service.failed', { args: { reason: 'CUDA out of memory' } }),
  'failed-nsfw': over('service.moderatedRequest'),
  'failed-e005': over('service.moderatedRequest'),
  'failed-request-moderated': over('service.moderatedRequest', { args: { reasons: 'Request Moderated: Violence' } }),
  'failed-result-moderated': over('service.moderatedResult', { args: { reasons: 'Content Moderated' } }),
  'failed-no-reason': over('service.failed', { args: { reason: 'no reason given' } }),
  'failed-echo': over('service.failed'),
  canceled: over('service.cancelled'),
  aborted: over('service.aborted'),
  '404-at-first': { ...saved, speed: unhurried },
  '404-always': over('service.taskGone'),
  'unknown-states': saved,
  'other-words': saved,
  bare: saved,
  'output-list': saved,
  'output-number': over('service.answer'),
  'output-null': over('service.resultGone'),
  'data-removed': over('service.resultGone'),
  'reset-while-polling': saved,
  '401-while-polling': saved,
  '429-while-polling': saved,
  '500-while-polling': saved,
  'not-json-while-polling': saved,
  'not-an-object': saved,
  'redirect-while-polling': over('service.redirect'),
  'endless-poll': over('service.answer'),
  'slow-loris': over('network.timeout'),
  'hostile-result': over('service.resultAddress', { args: { host: '169.254.169.254' } }),
  'dead-link': saved,
  'dead-link-always': over('service.resultGone'),
  truncated: saved,
  '503-download': saved,
  'other-type': saved,
  'not-an-image': over('network.page'),
  'other-size': saved,
  'endless-result': over('service.resultSize'),
  'result-redirect': saved,
  'result-redirect-hostile': over('service.redirect'),
  'result-behind-key': saved,
  'result-behind-key-elsewhere': over('service.noAnswer', { args: { status: 401 } }),
};

for (const mode of ['replicate', 'compatible'] as const)
  void describe(`the flavour ${mode}`, { concurrency: 4 }, () => {
    for (const scenario of scenarios)
      void test(`scenario ${scenario}`, async () => {
        const large = scenario.startsWith('upload-');
        // A compatible service takes data URIs of any size and has no uploads that could fail.
        const uploads = large && mode === 'replicate';
        const expected = large && !uploads ? saved : expectations[scenario];
        await using here = await bench(mode, { scenario }, expected.speed);
        const ran = await run(here, large ? await largeRequest() : await requestOf(), overall);
        assert.equal(ran.submit, expected.submit, ran.told);
        assert.equal(ran.fault?.code, expected.fault, ran.told);
        for (const [name, value] of Object.entries(expected.args ?? {})) assert.equal(ran.fault?.args[name], value);

        const posts = here.emulator.log.filter((entry) => entry.server === 'api' && entry.method === 'POST');
        const submits = posts.filter((entry) => entry.path.endsWith('/predictions'));
        assert.equal(submits.length, expected.submits ?? 1);
        assert.equal(posts.length - submits.length, uploads ? (expected.uploads ?? 1) : 0);
        assert.equal(here.emulator.accepted(), expected.tasks ?? 1);
        assert.ok(submits.every(({ headers }) => headers.prefer === undefined));

        if (expected.fault === undefined) {
          assert.ok(ran.fetched);
          const { width, height, format } = await sharp(ran.fetched.bytes).metadata();
          const factor = scenario === 'other-size' ? 0.75 : 1;
          const sent = large ? largeSize : size;
          assert.deepEqual([width, height], [sent.width * factor, sent.height * factor]);
          assert.equal(ran.fetched.type, `image/${format}`);
        }

        assert.deepEqual(strays(here.emulator.log), []);
        assert.equal(here.emulator.log.filter((entry) => entry.server === 'stranger').length, 0);
        const prefix = mode === 'replicate' ? '/v1/' : '/replicate/v1/';
        assert.ok(here.emulator.log.every((entry) => entry.server !== 'api' || entry.path.startsWith(prefix)));
        for (const text of [here.lines.join('\n'), ran.told]) {
          assert.ok(!text.includes(canary), 'the key is told');
          assert.ok(!text.includes('canary-PROMPT'), 'the prompt is told');
          assert.doesNotMatch(text, /iVBORw0KGgo/, 'image data is told');
        }
      });
  });

test('an unknown state is logged once and polls go on', async () => {
  await using here = await bench('replicate', { scenario: 'unknown-states' });
  const ran = await run(here, await requestOf());
  assert.deepEqual(ran.states, ['queued', 'BOOTING', 'uploading', 'ready']);
  assert.equal(here.lines.filter((line) => line.includes('unknown state')).length, 3);
});

test('the seconds in the text of a 429, or in its header, decide how long a turned-away call waits', async () => {
  await using text = await bench('replicate', { scenario: '429-text' });
  await run(text, await requestOf());
  assert.equal(text.clock.sleeps.filter((sleep) => sleep === 7000).length, 2);
  await using header = await bench('compatible', { scenario: '429-header' });
  await run(header, await requestOf());
  assert.equal(header.clock.sleeps.filter((sleep) => sleep === 3000).length, 2);
  await using polling = await bench('replicate', { scenario: '429-while-polling' });
  const { told } = await run(polling, await requestOf());
  assert.equal(told.match(/"retryAfter":7000/g)?.length, 2);
});

test('the time of computing is logged', async () => {
  await using here = await bench('replicate');
  await run(here, await requestOf());
  assert.ok(here.lines.some((line) => /^info task \w+: succeeded after 13\.9 s/.test(line)));
});

test('a result behind the key gets it at the API itself, and asks without it first', async () => {
  await using here = await bench('compatible', { scenario: 'result-behind-key' });
  await run(here, await requestOf());
  const asked = here.emulator.log.filter((entry) => entry.path.includes('/results/'));
  assert.deepEqual(
    asked.map(({ headers, status }) => [headers.authorization, status]),
    [
      [undefined, 401],
      [`Bearer ${canary}`, 200],
    ],
  );
});
