/** Fills of several steps: each is sent once, the next builds on the ones before, and what was paid for is never lost. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { fault, ok } from '../../src/fill/faults.ts';
import type { Fill } from '../../src/fill/record.ts';
import type { JobRaster, Runner } from '../../src/jobs/contract.ts';
import {
  accepted,
  finishedBytes,
  gate,
  makeFill,
  makeInput,
  makeRig,
  markerRaster,
  reaches,
  ready,
  running,
  scriptedService,
  type Rig,
} from './rig.ts';

let rig: Rig;
before(async () => {
  rig = await makeRig();
});
after(() => rig.remove());

const inSteps = (count: number): Fill => {
  const fill = makeFill(rig.target);
  return { ...fill, further: Array.from({ length: count - 1 }, () => fill.plan), price: 0.05 * count };
};

const begin = async (runner: Runner, fill: Fill): Promise<string> => {
  const started = await runner.start(makeInput(fill));
  assert.ok(started.ok, JSON.stringify(started));
  return started.value.fill.id;
};

/** Notes how many earlier steps each piece of pixel work was given. */
const noting = () => {
  const seen: string[] = [];
  const raster: JobRaster = {
    ...markerRaster,
    prepare: (input) => {
      seen.push(`prepare ${input.earlier.length}`);
      return markerRaster.prepare(input);
    },
    finish: (input) => {
      seen.push(`finish ${input.earlier.length}`);
      return markerRaster.finish(input);
    },
  };
  return { seen, raster };
};

/** A service whose n-th task is told apart by its bytes. */
const numbered = (parts: Parameters<typeof scriptedService>[0] = {}) => {
  const scripted = scriptedService({
    submit: () => Promise.resolve({ ...accepted, cost: 0.05, taskId: `t${scripted.calls.submit}` }),
    poll: () => Promise.resolve(ready),
    fetch: () => Promise.resolve(ok([{ bytes: Buffer.from(`result ${scripted.calls.fetch}`), type: 'image/png' }])),
    ...parts,
  });
  return scripted;
};

suite('jobs: steps', () => {
  test('three steps: sent one after the other, paid together, one file', async () => {
    const { seen, raster } = noting();
    const { service, calls } = numbered();
    const runner = rig.open(service, { raster });
    const id = await begin(runner, inSteps(3));
    const saved = await reaches(runner, id, 'saved');
    assert.deepEqual(calls, { submit: 3, poll: 3, fetch: 3 });
    assert.deepEqual(seen, ['prepare 0', 'prepare 1', 'prepare 2', 'finish 2']);
    assert.ok(Math.abs(saved.cost! - 0.15) < 1e-9);
    assert.equal(saved.taskId, 't3');
    assert.deepEqual(saved.warnings, []);
    await rig.closed(id);
    const names = (await rig.names('storage', 'jobs', 'done', id)).filter((name) => !name.startsWith('lease.'));
    assert.deepEqual(names, ['base', 'record.json']);
  });

  test('Cancel in the first of two: it is awaited, the second is not sent; going on makes it', async () => {
    const first = gate();
    const { service, calls } = numbered({
      poll: () => (calls.submit > 1 ? Promise.resolve(ready) : first.promise.then(() => ready)),
    });
    const runner = rig.open(service);
    const id = await begin(runner, inSteps(2));
    await reaches(runner, id, 'submitted');
    await runner.cancel(id);
    first.open();
    const cancelled = await reaches(runner, id, 'cancelled');
    assert.deepEqual([calls.submit, cancelled.fault?.code], [1, 'job.stopped']);
    assert.deepEqual(
      cancelled.warnings.map(({ code, args }) => [code, args['done'], args['steps']]),
      [['job.partial', 1, 2]],
    );
    await rig.closed(id);
    await runner.goOn(id, 'continue');
    const saved = await reaches(runner, id, 'saved');
    assert.equal(calls.submit, 2);
    assert.deepEqual(saved.warnings, []);
  });

  for (const [what, part] of [
    ['a refused submit', { submit: { kind: 'refused', fault: fault('service.credits') } }],
    ['an unknown submit', { submit: { kind: 'unknown', fault: fault('service.unknownOutcome') } }],
    ['a moderated result', { poll: { kind: 'over', fault: fault('service.moderatedResult') } }],
  ] as const)
    test(`${what} in the second step: the first is kept, and only the second is made again when asked`, async () => {
      let spoil = true;
      const { service, calls } = numbered({
        submit: () =>
          Promise.resolve(
            spoil && calls.submit === 2 && 'submit' in part
              ? part.submit
              : { ...accepted, taskId: `t${calls.submit}`, cost: 0.05 },
          ),
        poll: () => Promise.resolve(spoil && calls.submit === 2 && 'poll' in part ? part.poll : ready),
      });
      const runner = rig.open(service);
      const fill = inSteps(2);
      const id = await begin(runner, fill);
      const ended = await reaches(runner, id, 'failed', 'unknown');
      assert.ok(ended.warnings.some(({ code }) => code === 'job.partial'));
      await rig.closed(id);
      const results = (await rig.names('storage', 'jobs', 'done', id)).filter((name) => name.startsWith('result'));
      assert.deepEqual(results, ['result']);
      spoil = false;
      await runner.goOn(id, 'continue');
      const saved = await reaches(runner, id, 'saved');
      assert.equal(calls.submit, 3);
      assert.equal(saved.saved!.sha256.length, 64);
      assert.equal(saved.saved!.bytes, finishedBytes(id, Buffer.from(`result ${calls.fetch}`)).length);
    });

  test('another window goes on in the middle of the second step, and sends nothing twice', async () => {
    const { service, calls } = numbered({
      poll: () => Promise.resolve(calls.submit < 2 ? ready : running),
    });
    const first = rig.open(service);
    const id = await begin(first, inSteps(2));
    await new Promise<void>((resolve) => {
      first.onChange((job) => {
        if (job.fill.id === id && job.step === 1 && job.state === 'submitted') resolve();
      });
    });
    await first.dispose();
    const other = numbered();
    const second = rig.open(other.service);
    await second.resume();
    await reaches(second, id, 'saved');
    assert.deepEqual([calls.submit, other.calls.submit], [2, 0]);
  });
});
