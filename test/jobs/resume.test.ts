import assert from 'node:assert/strict';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fault, ok, type Fault } from '../../src/fill/faults.ts';
import { isFree } from '../../src/fill/price.ts';
import { endStates, nextActOf, recordVersion, type Job, type JobState } from '../../src/fill/record.ts';
import type { Service, SubmitOutcome } from '../../src/fill/service.ts';
import type { RunnerDeps } from '../../src/jobs/contract.ts';
import { takeLease } from '../../src/jobs/lease.ts';
import {
  accepted,
  fastClock,
  filePlace,
  finishedBytes,
  gate,
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

/** Leaves a job in a state, as a window that is closed would. */
const abandon = async (service: Service, state: JobState, parts: Partial<RunnerDeps> = {}): Promise<string> => {
  const runner = rig.open(service, parts);
  const id = await rig.begin(runner);
  await reaches(runner, id, state);
  await runner.dispose();
  assert.equal((await rig.record('open', id)).state, state);
  return id;
};

const waiting = (): Partial<Service> => ({
  submit: (_, signal) =>
    new Promise((resolve) =>
      signal.addEventListener('abort', () =>
        resolve({ kind: 'unknown', fault: fault('network.stopped', { host: 'x' }) }),
      ),
    ),
});

test('dispose stops without ending jobs, and the next runner goes on from where they stood', async () => {
  const prepared = await abandon(scriptedService().service, 'prepared', {
    service: () => new Promise(() => undefined),
    clock: fastClock(1000),
  }).catch(assert.fail);
  const submitting = await abandon(scriptedService(waiting()).service, 'submitting');
  const submitted = await abandon(scriptedService({ poll: () => Promise.resolve(running) }).service, 'submitted');
  const hang = () => new Promise<never>(() => undefined);
  const received = await abandon(scriptedService().service, 'received', {
    raster: { ...markerRaster, finish: hang },
    clock: fastClock(1000),
  });
  const saving = await abandon(scriptedService().service, 'saving', {
    place: { ...filePlace, put: hang },
    clock: fastClock(1000),
  });

  // Runners that hang in a step cannot give their lease back: a watcher finds them silent.
  const { service, calls } = scriptedService({ poll: () => Promise.resolve(ready) });
  const next = rig.open(service, { clock: fastClock(1000) });
  await next.resume();
  for (const id of [prepared, submitted, received, saving]) await reaches(next, id, 'saved');
  const unknown = await reaches(next, submitting, 'unknown');
  assert.equal(unknown.fault?.code, 'service.unknownOutcome');
  assert.deepEqual(calls, { submit: 1, poll: 2, fetch: 2 });
  assert.deepEqual((await rig.names('pictures')).length, 5);
  assert.ok((await rig.names('pictures')).every((name) => !name.endsWith('.tmp')));
});

test('a job that is seen to end is closed by dispose, though its record is still on its way to the disk', async () => {
  for (let time = 0; time < 5; time++) {
    const { service } = scriptedService({ poll: () => Promise.resolve(ready) });
    const runner = rig.open(service, { clock: fastClock(1) });
    const id = await rig.begin(runner);
    const hasEnded = (): boolean => runner.jobs().some(({ fill, state }) => fill.id === id && state === 'saved');
    while (!hasEnded()) await new Promise(setImmediate);
    await runner.dispose();
    assert.deepEqual(await rig.names('storage', 'jobs', 'open'), []);
  }
});

test('a submit that answers in time is not lost to a dispose', async () => {
  const sending = gate<SubmitOutcome>();
  const runner = rig.open(scriptedService({ submit: () => sending.promise }).service, { clock: fastClock(1) });
  const id = await rig.begin(runner);
  await reaches(runner, id, 'submitting');
  const disposed = runner.dispose();
  sending.open(accepted);
  await disposed;
  assert.equal((await rig.record('open', id)).taskId, 't1');
});

test('killed after the file got its name: found by name and hash, not saved again', async () => {
  const id = await abandon(scriptedService().service, 'saving', {
    place: {
      ...filePlace,
      put: async (...given) => {
        await filePlace.put(...given);
        return new Promise(() => undefined);
      },
    },
    clock: fastClock(1000),
  });
  const next = rig.open(scriptedService().service, { clock: fastClock(1000) });
  await next.resume();
  const job = await reaches(next, id, 'saved');
  assert.equal(job.saved?.name, 'photo.fill-001.png');
  assert.equal(job.saved?.bytes, finishedBytes(id, resultBytes).length);
  assert.deepEqual(await rig.names('pictures'), ['photo.fill-001.png', 'photo.png']);
});

test('a record that says "received" over a result that is not there asks for it again', async () => {
  const id = await abandon(scriptedService().service, 'received', {
    raster: { ...markerRaster, finish: () => new Promise(() => undefined) },
    clock: fastClock(1000),
  });
  await rm(join(rig.journal, 'open', id, 'result'));
  const { service, calls } = scriptedService();
  const next = rig.open(service, { clock: fastClock(1000) });
  await next.resume();
  await reaches(next, id, 'saved');
  assert.deepEqual(calls, { submit: 0, poll: 2, fetch: 1 });
});

test('a job that another process took over is not written again, and the listeners learn whose it is', async () => {
  let folder = '';
  const { service } = scriptedService({
    poll: () => Promise.resolve(ready),
    fetch: async () => {
      const [id] = await rig.names('storage', 'jobs', 'open');
      folder = join(rig.journal, 'open', id);
      assert.equal(typeof (await takeLease(folder, () => true)), 'object');
      return ok([{ bytes: resultBytes, type: 'image/png' }]);
    },
  });
  // At its real pace: the next renewal, which would notice as well, is seconds away.
  const runner = rig.open(service, { clock: fastClock(1) });
  const busy = gate();
  runner.onChange((job) => {
    if (job.fault?.code === 'job.busy') busy.open();
  });
  await rig.begin(runner);
  await busy.promise;
  assert.deepEqual(runner.jobs(), []);
  assert.deepEqual(await rig.names('pictures'), ['photo.png']);
  assert.equal((JSON.parse(await readFile(join(folder, 'record.json'), 'utf8')) as Job).state, 'submitted');
  await assert.rejects(readFile(join(folder, 'result')), { code: 'ENOENT' });
});

for (const where of ['poll', 'fetch', 'submit'] as const)
  test(`a job whose folder is deleted while it runs (${where}) ends with that, and nothing can be gone on with`, async () => {
    const remove = () => rm(join(rig.journal), { recursive: true });
    const { service, calls } = scriptedService({
      submit: async () => {
        if (where === 'submit') await remove();
        return accepted;
      },
      poll: async () => {
        if (where === 'poll') await remove();
        return ready;
      },
      fetch: async () => {
        if (where === 'fetch') await remove();
        return ok([{ bytes: resultBytes, type: 'image/png' }]);
      },
    });
    const runner = rig.open(service);
    const id = await rig.begin(runner);
    const job = await reaches(runner, id, ...endStates);
    assert.deepEqual(job.fault, fault('job.removed', { folder: join(rig.journal, 'open', id) }));
    assert.equal(nextActOf(job), undefined);
    assert.equal(isFree(job), false);
    assert.deepEqual(runner.jobs(), [job]);
    assert.equal(calls.submit, 1);
    assert.deepEqual(await rig.names('pictures'), ['photo.png']);
  });

test('records that cannot be read are set aside whole and named; the others go on', async () => {
  const poll = { poll: () => Promise.resolve(running) };
  const good = await abandon(scriptedService(poll).service, 'submitted');
  const half = await abandon(scriptedService(poll).service, 'submitted');
  const wrong = await abandon(scriptedService(poll).service, 'submitted');
  const newer = await abandon(scriptedService(poll).service, 'submitted');
  const without = await abandon(scriptedService(poll).service, 'submitted');
  const path = (id: string) => join(rig.journal, 'open', id, 'record.json');
  const text = await readFile(path(half), 'utf8');
  await writeFile(path(half), text.slice(0, text.length / 2));
  await writeFile(path(wrong), (await readFile(path(wrong), 'utf8')).replace('"submitted"', '"flying"'));
  const version = (to: number, record: string): string =>
    record.replace(`"version":${recordVersion}`, `"version":${to}`);
  await writeFile(path(newer), version(recordVersion + 1, await readFile(path(newer), 'utf8')));
  await writeFile(path(good), version(1, await readFile(path(good), 'utf8')));
  await rm(path(without));
  await mkdir(join(rig.journal, 'open', 'not a job'));

  const next = rig.open(scriptedService().service);
  const faults: Fault[] = [];
  next.onFault((one) => faults.push(one));
  await next.resume();
  await rig.closed(good);
  assert.deepEqual(
    faults.map((one) => `${one.code} ${one.args['id']}`).sort(),
    [half, wrong, without].map((id) => `job.record ${id}`).sort(),
  );
  assert.deepEqual(await rig.names('storage', 'jobs', 'aside'), [half, wrong, without].sort());
  assert.equal(await readFile(join(rig.journal, 'aside', half, 'record.json'), 'utf8'), text.slice(0, text.length / 2));
  assert.deepEqual(await rig.names('storage', 'jobs', 'open'), ['not a job', newer].sort());
});

test('what a start that died left is removed by the next start', async () => {
  const left = join(rig.journal, 'new', 'leftleftleft');
  await mkdir(left, { recursive: true });
  await writeFile(join(left, 'lease.1'), 'released');
  const young = join(rig.journal, 'new', 'youngyoungyoung');
  await mkdir(young);
  await rig.begin(rig.open(scriptedService().service));
  assert.deepEqual(await rig.names('storage', 'jobs', 'new'), ['youngyoungyoung']);
});

test('a job that waited to be sent when its window closed an hour ago is not sent unasked, one that was asked for is', async () => {
  const held = gate();
  const blocked = { service: () => held.promise.then(() => ok(scriptedService().service)) };
  const first = await abandon(scriptedService().service, 'prepared', blocked);
  const second = await abandon(scriptedService().service, 'prepared', blocked);
  const young = await abandon(scriptedService().service, 'prepared', blocked);
  held.open();
  const renewed = (Date.now() - 61 * 60_000) / 1000;
  for (const id of [first, second, young]) {
    const lease = join(rig.journal, 'open', id, 'lease.1');
    await until(async () => (await readFile(lease, 'utf8')).startsWith('released'));
    if (id !== young) await utimes(lease, renewed, renewed);
  }
  const { service, calls } = scriptedService();
  await rig.open(service).resume(second);
  assert.equal((await rig.closed(second)).state, 'saved');
  await rig.open(service).resume();
  const forgotten = await rig.closed(first);
  assert.deepEqual([forgotten.state, forgotten.fault?.code], ['cancelled', 'job.forgotten']);
  assert.equal((await rig.closed(young)).state, 'saved');
  assert.equal(calls.submit, 2);
});

test('resuming where nothing was ever made makes nothing', async () => {
  const runner = rig.open(scriptedService().service);
  await runner.resume();
  assert.deepEqual(await rig.names(), ['pictures']);
  assert.deepEqual(runner.jobs(), []);
});
