/** Every scenario of fal's emulator through the client: what is saved, what ends in which fault, and what was paid for. */
import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import sharp from 'sharp';
import type { FaultCode } from '../../src/fill/faults.ts';
import type { UploadRule } from '../../src/services/fal-upload.ts';
import { scenarios, type Scenario } from '../servers/fal-scenarios.ts';
import { falBench } from './fal-harness.ts';
import { canary, requestOf, run, size, strays } from './harness.ts';

interface Expected {
  readonly submit: 'accepted' | 'refused' | 'unknown';
  /** Absent: an image arrives. */
  readonly fault?: FaultCode;
  readonly args?: Record<string, string | number>;
  /** Submits sent, 1 where absent; tasks made, 1 where accepted. */
  readonly submits?: number;
  readonly tasks?: number;
  readonly upload?: UploadRule;
  /** Images asked for and given, 1 where absent. */
  readonly images?: readonly [number, number];
  /** Speed of the clock for those that wait for a deadline. */
  readonly speed?: number;
}

type More = Partial<Expected>;
const refused = (fault: FaultCode, more: More = {}): Expected => ({ submit: 'refused', fault, tasks: 0, ...more });
const unknown = (fault: FaultCode, more: More = {}): Expected => ({ submit: 'unknown', fault, tasks: 0, ...more });
const over = (fault: FaultCode, more: More = {}): Expected => ({ submit: 'accepted', fault, ...more });
const saved: Expected = { submit: 'accepted' };
const impatient = 40;
/** Milliseconds after which nobody polls any more. */
const overall = 60_000;
const notUploaded = (fault: FaultCode, more: More = {}): Expected =>
  refused(fault, { upload: 'always', submits: 0, ...more });

const expectations: Record<Scenario, Expected> = {
  normal: saved,
  '401': refused('key.refused'),
  '403-balance': refused('service.credits'),
  '403-admin-lock': refused('service.badRequest', {
    args: { reason: 'User is locked. Reason: Admin lock. Please contact support@fal.ai' },
  }),
  '404': refused('service.notFound'),
  '413': refused('service.badRequest', { submits: 2 }),
  '413-once': { ...saved, submits: 2 },
  '422': refused('service.invalid', { args: { field: 'prompt', reason: 'Bad prompt [hidden]' } }),
  '429': refused('service.busy', { submits: 5, args: { attempts: 5 } }),
  '429-retry-after': { ...saved, submits: 3 },
  '500': unknown('service.unknownStatus', { args: { status: 500 } }),
  '503': refused('service.unavailable', { submits: 5, args: { status: 503 } }),
  '503-once': { ...saved, submits: 2 },
  'reset-before-answer': unknown('service.unknownOutcome'),
  'accepted-but-answer-lost': unknown('service.unknownOutcome', { tasks: 1 }),
  'not-json': unknown('service.unknownPage', { tasks: 1 }),
  'only-id': saved,
  redirect: refused('service.redirect'),
  'endless-answer': unknown('service.unknownAnswer', { tasks: 1 }),
  'slow-loris-submit': unknown('service.unknownOutcome', { speed: impatient }),
  'hostile-urls': saved,
  'other-app-urls': saved,
  'upload-403-balance': notUploaded('service.credits'),
  'upload-503-once': { ...saved, upload: 'always' },
  'upload-500': notUploaded('service.unavailable', { args: { status: 500 } }),
  'upload-not-json': notUploaded('network.page'),
  'upload-hostile': notUploaded('service.uploadAddress'),
  'upload-hostile-file': notUploaded('service.uploadAddress', { args: { host: 'evil.example' } }),
  'upload-refused': notUploaded('service.upload', { args: { status: 403 } }),
  'upload-reset-once': { ...saved, upload: 'always' },
  'upload-redirect': notUploaded('service.redirect'),
  'slow-queue': saved,
  'unknown-states': saved,
  '404-at-first': saved,
  '404-always': over('service.taskGone'),
  '403-while-polling': saved,
  '429-while-polling': saved,
  '500-while-polling': saved,
  'reset-while-polling': saved,
  'not-json-while-polling': saved,
  'redirect-while-polling': over('service.redirect', { speed: impatient }),
  'slow-loris': over('network.timeout', { speed: impatient }),
  'moderated-prompt': over('service.moderatedRequest', {
    args: { reasons: 'The content was flagged by a content checker' },
  }),
  'moderated-result': over('service.moderatedResult', { args: { reasons: 'The images were withheld' } }),
  'too-large': over('service.invalid', { args: { field: 'image_url', reason: 'Image dimensions are too large' } }),
  timeout: over('service.failed', { args: { reason: 'Request timed out' } }),
  'runner-gone': over('service.failed', { args: { reason: 'runner disconnected' } }),
  'cancelled-by-others': over('service.failed', { args: { reason: 'Request was cancelled by the client' } }),
  '500-result': over('service.noAnswer', { args: { status: 500 } }),
  '500-result-once': saved,
  '503-result-twice': saved,
  '404-result': over('service.taskGone'),
  'result-not-json-once': saved,
  'result-without-images': over('service.answer'),
  nsfw: saved,
  'fewer-images': { ...saved, images: [3, 2] },
  'more-images': { ...saved, images: [2, 3] },
  'hostile-result': over('service.resultAddress', { args: { host: '169.254.169.254' } }),
  'dead-link': saved,
  'dead-link-always': over('service.resultGone'),
  'one-dead-link': { ...saved, images: [3, 2] },
  truncated: saved,
  'truncated-always': over('network.broken'),
  '503-download': saved,
  'other-type': saved,
  'not-an-image': over('network.page', { args: { status: 200 } }),
  'other-size': saved,
  'endless-result': over('service.resultSize'),
  'slow-loris-download': over('network.timeout', { speed: impatient }),
  'result-redirect': saved,
  'result-redirect-hostile': over('service.redirect', { args: { host: '192.168.0.1' } }),
  'cancel-ignored': saved,
  'cancel-removes': saved,
  'cancel-too-late': saved,
};

suite('fal: scenarios', { concurrency: 4 }, () => {
  for (const scenario of scenarios)
    test(scenario, async () => {
      const expected = expectations[scenario];
      const [asked, given] = expected.images ?? [1, 1];
      const choices = expected.upload === undefined ? {} : { upload: expected.upload };
      await using here = await falBench({ scenario }, choices, expected.speed);
      const ran = await run(here, { ...(await requestOf()), images: asked }, overall);
      assert.equal(ran.submit, expected.submit, ran.told);
      assert.equal(ran.fault?.code, expected.fault, ran.told);
      for (const [name, value] of Object.entries(expected.args ?? {})) assert.equal(ran.fault?.args[name], value);

      const { log } = here.emulator;
      assert.equal(log.filter(({ path }) => path.endsWith('/v1/fill')).length, expected.submits ?? 1);
      assert.equal(here.emulator.accepted(), expected.tasks ?? 1);

      if (expected.fault === undefined) {
        assert.equal(ran.all?.length, given);
        for (const { bytes, type } of ran.all) {
          const { width, height, format } = await sharp(bytes).metadata();
          const factor = scenario === 'other-size' ? 0.75 : 1;
          assert.deepEqual([width, height, type], [size.width * factor, size.height * factor, `image/${format}`]);
        }
        assert.equal(ran.all[0].flagged ?? false, scenario === 'nsfw');
      }

      assert.deepEqual(strays(log), []);
      assert.equal(log.filter((entry) => entry.server === 'stranger').length, 0);
      for (const text of [here.lines.join('\n'), ran.told]) {
        assert.ok(!text.includes(canary), 'the key is told');
        assert.ok(!text.includes('canary-PROMPT'), 'the prompt is told');
        assert.doesNotMatch(text, /iVBORw0KGgo/, 'image data is told');
      }
      assert.doesNotMatch(here.lines.join('\n'), /\/(?:files|uploads|put)\//, 'a link that anybody can open is logged');
    });
});

test('fal: logs of a task are passed on once, without the key, the prompt and the images', async () => {
  await using here = await falBench({ scenario: 'slow-queue' });
  const ran = await run(here, await requestOf());
  assert.ok(ran.fetched, ran.told);
  const steps = here.lines.filter((line) => /^debug task \S+: INFO: step/.test(line));
  assert.equal(steps.length, 4);
  assert.ok(
    steps.every((line) => line.includes('[hidden]') && line.includes('[data]')),
    steps.join('\n'),
  );
  assert.equal(here.lines.filter((line) => line.includes('timings')).length, 1);
});

test('fal: the place in the queue is told', async () => {
  await using here = await falBench({ scenario: 'slow-queue' });
  const { told } = await run(here, await requestOf());
  const places = [...told.matchAll(/"queue":(\d+)/g)].map((match) => Number(match[1]));
  assert.deepEqual(places, [5, 4, 3, 2, 1, 0]);
});

test('fal: an unknown state is logged once and polls go on', async () => {
  await using here = await falBench({ scenario: 'unknown-states' });
  const ran = await run(here, await requestOf());
  assert.deepEqual(ran.states, ['REASONING', 'WARMING UP', 'PREPARING', 'ready']);
  assert.equal(here.lines.filter((line) => line.includes('unknown state')).length, 3);
});
