import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { failed, fault, ok, type Fault } from '../../src/fill/faults.ts';
import type { PollOutcome, SubmitOutcome } from '../../src/fill/service.ts';
import type { Place } from '../../src/jobs/contract.ts';
import {
  accepted,
  fastClock,
  filePlace,
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

test('a journal that cannot be written: a sentence, and nothing is sent', async () => {
  await writeFile(join(rig.root, 'storage'), 'a file where the folder should be');
  const { service, calls } = scriptedService();
  const started = await rig.open(service).start(makeInput(makeFill(rig.target)));
  assert.ok(!started.ok && started.fault.code === 'journal.write', JSON.stringify(started));
  assert.equal(started.fault.args['reason'], 'ENOTDIR: not a directory');
  assert.equal(calls.submit, 0);
});

/** Puts something in the way of every new write of the record, as a full or read-only disk would; gives its removal. */
const blockJournal = async (): Promise<() => Promise<void>> => {
  const [id] = await rig.names('storage', 'jobs', 'open');
  const record = join(rig.journal, 'open', id, 'record.json');
  const bytes = await readFile(record);
  await rm(record);
  await mkdir(join(record, 'in the way'), { recursive: true });
  return async () => {
    await rm(record, { recursive: true });
    await writeFile(record, bytes);
  };
};

test('if "submitting" cannot be written, nothing is sent, and no restart sends it', async () => {
  const { service, calls } = scriptedService();
  const runner = rig.open(service, {
    webhook: async () => {
      await blockJournal();
      return undefined;
    },
  });
  const id = await rig.begin(runner);
  const job = await reaches(runner, id, 'failed');
  assert.equal(job.fault?.code, 'journal.write');
  assert.equal(calls.submit, 0);
  await until(async () => (await rig.names('storage', 'jobs', 'done')).includes(id));
  await rig.open(service).resume();
  assert.equal(calls.submit, 0);
});

test('if the handle cannot be written, the job goes on in memory, says so, and the record follows', async () => {
  let unblock = () => Promise.resolve();
  const faults: Fault[] = [];
  const { service, calls } = scriptedService({
    submit: async () => {
      unblock = await blockJournal();
      return accepted;
    },
    poll: async () => {
      if (calls.poll === 3) await unblock();
      return calls.poll < 5 ? running : ready;
    },
    fetch: async () => {
      const [id] = await rig.names('storage', 'jobs', 'open');
      assert.equal((await rig.record('open', id)).taskId, 't1');
      return ok([{ bytes: resultBytes, type: 'image/png' }]);
    },
  });
  const runner = rig.open(service);
  runner.onFault((one) => faults.push(one));
  const id = await rig.begin(runner);
  await reaches(runner, id, 'saved');
  assert.equal(faults[0].code, 'journal.behind');
  assert.equal(calls.submit, 1);
  assert.deepEqual(await rig.names('pictures'), ['photo.fill-001.png', 'photo.png']);
});

test('if the result cannot be written, it waits in memory until it can', async () => {
  let result = '';
  const { service, calls } = scriptedService({
    fetch: async () => {
      const [id] = await rig.names('storage', 'jobs', 'open');
      result = join(rig.journal, 'open', id, 'result');
      await mkdir(join(result, 'in the way'), { recursive: true });
      return ok([{ bytes: resultBytes, type: 'image/png' }]);
    },
  });
  const runner = rig.open(service);
  let cleared: Promise<void> | undefined;
  runner.onFault(() => void (cleared ??= rm(result, { recursive: true })));
  const id = await rig.begin(runner);
  await reaches(runner, id, 'saved');
  assert.deepEqual(calls, { submit: 1, poll: 2, fetch: 1 });
});

test('refused: failed, with the reason; nothing is kept but the record and the mask', async () => {
  const outcome: SubmitOutcome = { kind: 'refused', fault: fault('service.credits', { origin: 'x' }) };
  const job = await rig.runToEnd(scriptedService({ submit: () => Promise.resolve(outcome) }).service);
  assert.deepEqual([job.state, job.fault?.code], ['failed', 'service.credits']);
  await until(async () => (await rig.names('storage', 'jobs', 'done', job.fill.id)).length === 2);
});

test('refused while the work ends: not accepted for certain, so whoever goes on with it sends it', async () => {
  const cut = scriptedService({
    submit: (_request, signal) =>
      new Promise((resolve) => {
        const refused: SubmitOutcome = { kind: 'refused', fault: fault('network.stopped', { host: 'x' }) };
        signal.addEventListener('abort', () => resolve(refused));
        void runner.dispose();
      }),
  });
  const runner = rig.open(cut.service);
  const id = await rig.begin(runner);
  await until(async () => (await rig.record('open', id)).state === 'prepared' && cut.calls.submit === 1);
  const { service, calls } = scriptedService();
  await rig.open(service).resume();
  assert.equal((await rig.closed(id)).state, 'saved');
  assert.equal(calls.submit, 1);
});

test('nobody can say whether it was accepted: unknown, never sent again, the source is kept', async () => {
  const outcome: SubmitOutcome = { kind: 'unknown', fault: fault('service.unknownOutcome', { origin: 'x' }) };
  const { service, calls } = scriptedService({ submit: () => Promise.resolve(outcome) });
  const job = await rig.runToEnd(service);
  await rig.open(service).resume();
  assert.deepEqual([job.state, job.fault?.code, calls.submit], ['unknown', 'service.unknownOutcome', 1]);
  assert.ok((await rig.names('storage', 'jobs', 'done', job.fill.id)).includes('source'));
});

test('a submit that throws is as unknown as one that broke', async () => {
  const job = await rig.runToEnd(scriptedService({ submit: () => Promise.reject(new Error('oh')) }).service);
  assert.deepEqual([job.state, job.fault?.detail], ['unknown', 'Error: oh']);
});

test('no key: failed before anything is sent', async () => {
  const { service, calls } = scriptedService();
  const job = await rig.runToEnd(service, { service: () => Promise.resolve(failed('key.missing', { origin: 'x' })) });
  assert.deepEqual([job.state, job.fault?.code, calls.submit], ['failed', 'key.missing', 0]);
});

test('a task that never ends is given up after 30 minutes, and its handle is kept', async () => {
  const { service } = scriptedService({ poll: () => Promise.resolve(running) });
  const job = await rig.runToEnd(service, { clock: fastClock(4000) });
  assert.deepEqual([job.state, job.fault?.code], ['failed', 'service.timeout']);
  assert.equal(job.fault?.args['id'], 't1');
  assert.deepEqual(job.handle, { task: 't1' });
  assert.ok(Number(job.fault?.args['seconds']) >= 1800);
  assert.ok((await rig.names('storage', 'jobs', 'done', job.fill.id)).includes('source'));
});

test('a task that is over gives its reason, and costs no fetch', async () => {
  const over: PollOutcome = { kind: 'over', fault: fault('service.moderatedResult', { reasons: 'r' }) };
  const { service, calls } = scriptedService({ poll: () => Promise.resolve(over) });
  assert.equal((await rig.runToEnd(service)).fault?.code, 'service.moderatedResult');
  assert.equal(calls.fetch, 0);
});

test('a download that breaks is tried again; a result that is gone is final', async () => {
  const broken = failed('network.broken', { host: 'x', cause: 'y' });
  const flaky = scriptedService({
    fetch: () => Promise.resolve(flaky.calls.fetch < 4 ? broken : ok([{ bytes: resultBytes, type: 'image/png' }])),
  });
  assert.equal((await rig.runToEnd(flaky.service)).state, 'saved');
  const gone = scriptedService({ fetch: () => Promise.resolve(failed('service.resultGone', { id: 't1' })) });
  const job = await rig.runToEnd(gone.service);
  assert.deepEqual([job.state, job.fault?.code, gone.calls.fetch], ['failed', 'service.resultGone', 1]);
});

test('a result that cannot be worked on fails the job; the bytes stay where the fault says', async () => {
  const finish = () => Promise.resolve(failed('result.notAnImage', {}));
  const job = await rig.runToEnd(scriptedService().service, { raster: { ...markerRaster, finish } });
  assert.equal(job.fault?.code, 'result.notAnImage');
  const place = String(job.fault?.args['place']);
  assert.deepEqual(await readFile(join(place, 'result')), resultBytes);
  assert.equal((await readFile(join(place, 'source'))).toString(), 'the source as it is');
});

test('pixel work that throws, and a folder that is gone, keep the result as well', async () => {
  const finish = () => Promise.reject(new Error('a bug'));
  const thrown = await rig.runToEnd(scriptedService().service, { raster: { ...markerRaster, finish } });
  assert.deepEqual([thrown.fault?.code, thrown.fault?.detail], ['internal', 'Error: a bug']);
  assert.deepEqual(await readFile(join(String(thrown.fault?.args['place']), 'result')), resultBytes);

  const { service } = scriptedService({
    poll: async () => {
      await rm(rig.target, { recursive: true, force: true });
      return ready;
    },
  });
  const homeless = await rig.runToEnd(service);
  assert.equal(homeless.fault?.code, 'save.noFolder');
  assert.deepEqual(await readFile(join(String(homeless.fault?.args['place']), 'result')), resultBytes);
});

test('a name taken at the last moment gives the next one, and nothing is overwritten', async () => {
  let puts = 0;
  const place: Place = {
    ...filePlace,
    put: async (fill, file, temporary, name) => {
      if (puts++ === 0) await writeFile(join(rig.target, name), 'of somebody else');
      return filePlace.put(fill, file, temporary, name);
    },
  };
  const job = await rig.runToEnd(scriptedService().service, { place });
  assert.equal(job.saved?.name, 'photo.fill-002.png');
  assert.equal((await readFile(join(rig.target, 'photo.fill-001.png'))).toString(), 'of somebody else');
  assert.deepEqual(await rig.names('pictures'), ['photo.fill-001.png', 'photo.fill-002.png', 'photo.png']);
});

test('a folder where every name is taken ends the job instead of trying for ever', async () => {
  const place: Place = { ...filePlace, put: () => Promise.resolve(ok('taken')) };
  assert.equal((await rig.runToEnd(scriptedService().service, { place })).fault?.code, 'save.failed');
});

test('a result that had no place is saved again on request, without another submit, also by another process', async () => {
  let writable = false;
  const place: Place = {
    ...filePlace,
    put: async (...args) => (writable ? filePlace.put(...args) : failed('save.readOnly', { folder: 'here' })),
  };
  const { service, calls } = scriptedService();
  const job = await rig.runToEnd(service, { place });
  assert.equal(job.state, 'failed');
  assert.deepEqual(
    job.warnings.map((warning) => warning.code),
    ['result.kept'],
  );
  writable = true;
  const another = rig.open(service, { place });
  await another.goOn(job.fill.id, 'save');
  await reaches(another, job.fill.id, 'saved');
  const saved = await rig.closed(job.fill.id);
  assert.equal(saved.state, 'saved');
  assert.deepEqual(saved.warnings, []);
  assert.equal(calls.submit, 1);
  assert.equal((await readdir(rig.target)).filter((name) => name.includes('.fill-')).length, 1);
  await another.goOn(job.fill.id, 'save');
  assert.equal((await rig.closed(job.fill.id)).state, 'saved', 'what is saved is not saved twice');
});
