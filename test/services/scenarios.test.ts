/** Every scenario of the emulator through the client: what is saved, what ends in which fault, and what was paid for. */
import assert from 'node:assert/strict';
import test from 'node:test';
import sharp from 'sharp';
import type { FaultCode } from '../../src/fill/faults.ts';
import { scenarios, type Scenario } from '../servers/bfl-scenarios.ts';
import { bench, canary, requestOf, run, size, strays } from './harness.ts';

interface Expected {
  readonly submit: 'accepted' | 'refused' | 'unknown';
  /** Absent: an image arrives. */
  readonly fault?: FaultCode;
  readonly args?: Record<string, string | number>;
  /** Submits sent, 1 where absent; tasks made, 1 where accepted. */
  readonly submits?: number;
  readonly tasks?: number;
  /** Speed of the clock for those that wait for a deadline. */
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
const saved: Expected = { submit: 'accepted' };
const impatient = 400;
/** For repeats within a time: what the calls themselves take on a busy machine must not use it up. */
const unhurried = 20;

const expectations: Record<Scenario, Expected> = {
  normal: saved,
  '400': refused('service.badRequest', { args: { reason: 'cannot read [hidden]' } }),
  '402': refused('service.credits'),
  '403': refused('key.refused'),
  '404': refused('service.notFound'),
  '422-echo': refused('service.invalid', { args: { field: 'image' } }),
  '429': refused('service.busy', { submits: 5, args: { attempts: 5 }, speed: unhurried }),
  '429-retry-after': { ...saved, submits: 3 },
  '429-date': { ...saved, submits: 2, speed: unhurried },
  '500': unknown('service.unknownStatus', { args: { status: 500 } }),
  '502': unknown('service.unknownStatus', { args: { status: 502 } }),
  '503': refused('service.unavailable', { submits: 5, args: { status: 503 }, speed: unhurried }),
  '503-once': { ...saved, submits: 2 },
  'reset-before-answer': unknown('service.unknownOutcome'),
  'accepted-but-answer-lost': unknown('service.unknownOutcome', { tasks: 1 }),
  'not-json': unknown('service.unknownPage', { tasks: 1 }),
  page: unknown('service.unknownPage'),
  '403-page': refused('network.page', { args: { status: 403 } }),
  '511-page': refused('network.page', { args: { status: 511 } }),
  'no-polling-url': saved,
  redirect: refused('service.redirect'),
  'endless-answer': unknown('service.unknownAnswer', { tasks: 1 }),
  'slow-loris-submit': unknown('service.unknownOutcome', { speed: impatient }),
  slow: saved,
  'moderated-request': over('service.moderatedRequest', { args: { reasons: 'Violence, Sexual Content' } }),
  'moderated-content': over('service.moderatedResult', { args: { reasons: 'Derivative Works Filter' } }),
  'moderated-no-reasons': over('service.moderatedResult', { args: { reasons: 'no reason given' } }),
  error: over('service.failed', { args: { reason: 'the model gave up' } }),
  failed: over('service.failed', { args: { reason: 'no reason given' } }),
  '404-at-first': saved,
  '404-always': over('service.taskGone'),
  '202-while-running': saved,
  'unknown-states': saved,
  'state-key': saved,
  'reset-while-polling': saved,
  '403-while-polling': saved,
  '429-while-polling': saved,
  '500-while-polling': saved,
  'not-json-while-polling': saved,
  'redirect-while-polling': over('service.redirect', { speed: impatient }),
  '404-page-while-polling': saved,
  '403-page-while-polling': saved,
  'slow-loris': over('network.timeout', { speed: impatient }),
  'hostile-polling': over('service.pollingAddress'),
  'hostile-result': over('service.resultAddress', { args: { host: '169.254.169.254' } }),
  'dead-link': saved,
  'dead-link-always': over('service.resultGone'),
  'expired-link': saved,
  truncated: saved,
  'truncated-always': over('network.broken'),
  '503-download': saved,
  'other-type': saved,
  'not-an-image': over('service.resultType', { args: { type: 'text/plain' } }),
  'page-download': saved,
  '403-page-download': saved,
  'other-size': saved,
  'endless-result': over('service.resultSize'),
  'slow-loris-download': over('network.timeout', { speed: impatient }),
  'result-redirect': saved,
  'result-redirect-hostile': over('service.redirect', { args: { host: '192.168.0.1' } }),
};

for (const scenario of scenarios)
  test(`scenario ${scenario}`, async () => {
    const expected = expectations[scenario];
    await using here = await bench({ scenario }, expected.speed);
    const ran = await run(here, await requestOf());
    assert.equal(ran.submit, expected.submit, ran.told);
    assert.equal(ran.fault?.code, expected.fault, ran.told);
    for (const [name, value] of Object.entries(expected.args ?? {})) assert.equal(ran.fault?.args[name], value);

    const submits = here.emulator.log.filter((entry) => entry.server === 'api' && entry.method === 'POST');
    assert.equal(submits.length, expected.submits ?? 1);
    assert.equal(here.emulator.accepted(), expected.tasks ?? 1);

    if (expected.fault === undefined) {
      assert.ok(ran.fetched);
      const { width, height, format } = await sharp(ran.fetched.bytes).metadata();
      const factor = scenario === 'other-size' ? 0.75 : 1;
      assert.deepEqual([width, height], [size.width * factor, size.height * factor]);
      assert.equal(ran.fetched.type, `image/${format}`);
    }

    assert.deepEqual(strays(here.emulator.log), []);
    assert.equal(here.emulator.log.filter((entry) => entry.server === 'stranger').length, 0);
    for (const text of [here.lines.join('\n'), ran.told]) {
      assert.ok(!text.includes(canary), 'the key is told');
      assert.ok(!text.includes('canary-PROMPT'), 'the prompt is told');
      assert.doesNotMatch(text, /iVBORw0KGgo/, 'image data is told');
    }
    assert.doesNotMatch(here.lines.join('\n'), /sig=(?!\[)|get_result\?id=/, 'a capability is logged');
  });

test('an unknown state is logged once and polls go on', async () => {
  await using here = await bench({ scenario: 'unknown-states' });
  const ran = await run(here, await requestOf());
  assert.deepEqual(ran.states, ['Reasoning', 'Generating', 'Queued somewhere new', 'ready']);
  assert.equal(here.lines.filter((line) => line.includes('unknown state')).length, 3);
});

test('Retry-After decides how long a turned-away submit waits', async () => {
  await using here = await bench({ scenario: '429-retry-after' });
  await run(here, await requestOf());
  assert.equal(here.clock.sleeps.filter((sleep) => sleep === 3000).length, 2);
  await using far = await bench({ scenario: '429-date' }, unhurried);
  await run(far, await requestOf());
  assert.ok(far.clock.sleeps.includes(30_000), 'a date far away is capped');
});

test('progress is a percentage whether it comes as a fraction or not', async () => {
  await using here = await bench({ scenario: 'slow' });
  const { told } = await run(here, await requestOf());
  const progress = [...told.matchAll(/"progress":(\d+)/g)].map((match) => Number(match[1]));
  assert.deepEqual(progress, [13, 25, 38, 50, 63, 75]);
});
