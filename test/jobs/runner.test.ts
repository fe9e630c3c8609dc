import assert from 'node:assert/strict';
import { chmod, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { failed, fault, ok } from '../../src/fill/faults.ts';
import type { PollOutcome, Service, SubmitOutcome } from '../../src/fill/service.ts';
import type { Place, RunnerDeps } from '../../src/jobs/contract.ts';
import {
  accepted,
  fastClock,
  filePlace,
  finishedBytes,
  gate,
  makeFill,
  makeInput,
  makeRig,
  markerRaster,
  reaches,
  ready,
  resultBytes,
  type Rig,
  running,
  scriptedService,
  until,
} from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.remove());

test('a job goes through every state, each on the disk before the next step', async () => {
  const states: string[] = [];
  const onDisk = async (stage: string) => {
    const [id] = await rig.names('storage', 'jobs', 'open');
    states.push(`${stage}: ${(await rig.record('open', id)).state}`);
    return id;
  };
  const { service, calls } = scriptedService({
    submit: async (request) => {
      const id = await onDisk('submit');
      assert.deepEqual(await rig.names('storage', 'jobs', 'open', id), [
        ...['base', 'image.png', 'lease.1', 'mask.png', 'record.json', 'source'],
      ]);
      assert.equal(Buffer.from(request.image).toString(), 'the source as it is');
      return accepted;
    },
    poll: async (handle) => {
      await onDisk('poll');
      assert.deepEqual(handle, { task: 't1' });
      return ready;
    },
    fetch: (handle) => {
      assert.deepEqual(handle, { task: 't1', link: 'l1' });
      return Promise.resolve(ok([{ bytes: resultBytes, type: 'image/png' }]));
    },
  });
  const raster: RunnerDeps['raster'] = {
    ...markerRaster,
    finish: async (input) => {
      await onDisk('finish');
      return markerRaster.finish(input);
    },
  };
  const place: Place = {
    ...filePlace,
    put: async (...given) => {
      await onDisk('put');
      return filePlace.put(...given);
    },
  };
  const told: string[] = [];
  const runner = rig.open(service, { raster, place });
  runner.onChange((job) => {
    if (told.at(-1) !== job.state) told.push(job.state);
  });
  const id = await rig.begin(runner);
  const job = await reaches(runner, id, 'saved');

  assert.deepEqual(told, ['prepared', 'submitting', 'submitted', 'received', 'saving', 'saved']);
  assert.deepEqual(states, ['submit: submitting', 'poll: submitted', 'finish: received', 'put: saving']);
  assert.deepEqual(calls, { submit: 1, poll: 1, fetch: 1 });
  assert.equal(job.saved?.name, 'photo.fill-001.png');
  assert.equal(job.seed, 42);
  assert.equal(job.cost, 0.05);
  assert.deepEqual(await readFile(join(rig.target, 'photo.fill-001.png')), finishedBytes(id, resultBytes));
  assert.deepEqual(await rig.names('pictures'), ['photo.fill-001.png', 'photo.png']);

  assert.deepEqual(await rig.closed(id), job);
  await until(async () => (await rig.names('storage', 'jobs', 'done', id)).length === 2);
  assert.deepEqual(await rig.names('storage', 'jobs', 'done', id), ['base', 'record.json']);
  assert.deepEqual(await rig.names('storage', 'jobs', 'open'), []);
  assert.deepEqual(await rig.names('storage', 'jobs', 'new'), []);
  assert.deepEqual(runner.jobs(), [job]);
});

test('an image that cannot be prepared costs nothing and leaves nothing', async () => {
  const { service, calls } = scriptedService();
  const prepare = () => Promise.resolve(failed('image.truncated', { name: 'photo.png' }));
  const runner = rig.open(service, { raster: { ...markerRaster, prepare } });
  const started = await runner.start(makeInput(makeFill(rig.target)));
  assert.deepEqual(started, failed('image.truncated', { name: 'photo.png' }));
  assert.equal(calls.submit, 0);
  assert.deepEqual(await rig.names('storage', 'jobs', 'new'), []);
  assert.deepEqual(await rig.names('storage', 'jobs', 'open'), []);
});

test('a source that is gone, and a mask of another size, are said before anything is written', async () => {
  const runner = rig.open(scriptedService().service);
  const input = makeInput(makeFill(rig.target));
  const gone = await runner.start({ ...input, source: { path: join(rig.target, 'nothing.png') } });
  assert.deepEqual(gone, failed('image.missing', { name: 'photo.png' }));
  const small = await runner.start({ ...input, base: { width: 1, height: 1, data: new Uint8Array(1) } });
  assert.equal(small.ok, false);
  assert.deepEqual(await rig.names('storage', 'jobs', 'new'), []);
});

test('a source given by its path is copied as it was', async () => {
  const { service } = scriptedService({
    submit: async (request) => {
      assert.equal(Buffer.from(request.image).toString(), 'the source as it is');
      await writeFile(join(rig.target, 'photo.png'), 'changed');
      return accepted;
    },
  });
  const runner = rig.open(service);
  const input = makeInput(makeFill(rig.target));
  await symlink('photo.png', join(rig.target, 'link.png'));
  await chmod(join(rig.target, 'photo.png'), 0o444);
  const started = await runner.start({ ...input, source: { path: join(rig.target, 'link.png') } });
  assert.ok(started.ok, JSON.stringify(started));
  await chmod(join(rig.target, 'photo.png'), 0o644);
  await reaches(runner, input.fill.id, 'saved');
});

test('questions that fail are asked again; a time the service names is honoured', async () => {
  const asked: number[] = [];
  const unanswered = (retryAfter?: number): PollOutcome => ({
    kind: 'unanswered',
    fault: fault('network.unreachable', { host: 'x', cause: 'y' }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
  const answers = [unanswered(), unanswered(20_000), running, ready];
  const { service } = scriptedService({
    poll: (_, age) => {
      asked.push(age);
      return Promise.resolve(answers[asked.length - 1]);
    },
  });
  assert.equal((await rig.runToEnd(service)).state, 'saved');
  assert.equal(asked.length, 4);
  assert.ok(asked[1] - asked[0] >= 700, asked.join());
  assert.ok(asked[2] - asked[1] >= 19_000, asked.join());
});

test('a clock set back a day, or on, in the middle of a job changes nothing', async () => {
  const real = fastClock(100);
  let shift = 0;
  const answers = [running, running, running, running, ready];
  const { service, calls } = scriptedService({
    poll: (_, age) => {
      assert.ok(age >= 0 && age < 600_000, `${age}`);
      shift = [-86_400_000, 0, 86_400_000, 0, 0][calls.poll - 1];
      return Promise.resolve(answers[calls.poll - 1]);
    },
  });
  const job = await rig.runToEnd(service, { clock: { ...real, now: () => real.now() + shift } });
  assert.equal(job.state, 'saved');
  assert.equal(calls.poll, 5);
});

test('progress is told while it changes, and only then', async () => {
  const steps = [10, 10, 50, undefined];
  const { service, calls } = scriptedService({
    poll: () => {
      const progress = steps[calls.poll - 1];
      return Promise.resolve(progress === undefined ? ready : { kind: 'running', status: 'Pending', progress });
    },
  });
  const runner = rig.open(service);
  const seen: (number | undefined)[] = [];
  runner.onChange((job, live) => {
    if (job.state === 'submitted') seen.push(live.progress);
  });
  await reaches(runner, await rig.begin(runner), 'saved');
  assert.deepEqual(seen, [undefined, 10, 50]);
});

test('never more active tasks than the service allows, two left free; never more than two at pixel work', async () => {
  let active = 0;
  let most = 0;
  let working = 0;
  let mostWorking = 0;
  const service: Service = {
    ...scriptedService({}, 5).service,
    submit: () => {
      most = Math.max(most, ++active);
      return Promise.resolve(accepted);
    },
    poll: async () => {
      await new Promise(setImmediate);
      active--;
      return ready;
    },
  };
  const raster: RunnerDeps['raster'] = {
    ...markerRaster,
    finish: async (input) => {
      mostWorking = Math.max(mostWorking, ++working);
      const finished = await markerRaster.finish(input);
      working--;
      return finished;
    },
  };
  const runner = rig.open(service, { raster });
  const ids = await Promise.all(Array.from({ length: 12 }, () => rig.begin(runner)));
  await Promise.all(ids.map((id) => reaches(runner, id, 'saved')));
  assert.equal(most, 3);
  assert.equal(mostWorking, 2);
  assert.equal((await rig.names('pictures')).length, 13);
});

test('a listener that throws breaks nothing', async () => {
  const runner = rig.open(scriptedService().service);
  runner.onChange(() => {
    throw new Error('not my day');
  });
  await reaches(runner, await rig.begin(runner), 'saved');
  assert.ok(rig.log.some((line) => line.includes('not my day')));
});

test('cancelled while it waits for its turn: nothing is sent', async () => {
  const hold = gate();
  const { service, calls } = scriptedService({ poll: () => hold.promise.then(() => ready) }, 3);
  const runner = rig.open(service);
  const first = await rig.begin(runner);
  await reaches(runner, first, 'submitted');
  const second = await rig.begin(runner);
  const third = await rig.begin(runner);
  await runner.cancel(second);
  assert.equal((await rig.closed(second)).state, 'cancelled');
  assert.equal((await rig.closed(second)).fault?.code, 'job.cancelled');
  assert.equal(calls.submit, 1);
  hold.open();
  await reaches(runner, third, 'saved');
  assert.equal(calls.submit, 2);
});

test('cancelled while it is being sent or after it: noted, and the result is kept', async () => {
  const sending = gate<SubmitOutcome>();
  const { service } = scriptedService({ submit: () => sending.promise });
  const runner = rig.open(service);
  const id = await rig.begin(runner);
  await reaches(runner, id, 'submitting');
  const cancel = runner.cancel(id);
  sending.open(accepted);
  await cancel;
  assert.equal((await reaches(runner, id, 'saved')).cancelRequested, true);

  const later = rig.open(scriptedService().service);
  const second = await rig.begin(later);
  await reaches(later, second, 'submitted');
  await later.cancel(second);
  assert.equal((await reaches(later, second, 'saved')).cancelRequested, true);
  assert.equal((await rig.closed(second)).cancelRequested, true);
  await later.cancel(second);
  await later.cancel('nobodyknowsit');
});

test('warnings of the pixel work and a changed source are noted, once', async () => {
  const warning = fault('mask.full');
  const raster: RunnerDeps['raster'] = {
    ...markerRaster,
    finish: async (input) => {
      const finished = await markerRaster.finish(input);
      return finished.ok ? ok({ ...finished.value, warnings: [warning] }) : finished;
    },
  };
  const { service } = scriptedService({
    poll: async () => {
      await writeFile(join(rig.target, 'photo.png'), 'changed');
      return ready;
    },
  });
  const job = await rig.runToEnd(service, { raster });
  assert.deepEqual(job.warnings, [warning, fault('source.changed', { name: 'photo.png' })]);
});

test('a source that can no longer be read does not undo what is saved', async () => {
  const place = { ...filePlace, sourceState: () => Promise.reject(new Error('EISDIR: illegal operation')) };
  const job = await rig.runToEnd(scriptedService({ poll: () => Promise.resolve(ready) }).service, { place });
  assert.equal(job.state, 'saved');
  assert.deepEqual(job.warnings, [fault('source.changed', { name: 'photo.png' })]);
  assert.deepEqual(await rig.names('pictures'), ['photo.fill-001.png', 'photo.png']);
});
