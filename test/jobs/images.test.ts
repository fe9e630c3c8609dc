/** Several images of one request: each is a file of its own, once, whatever dies or breaks on the way. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ok } from '../../src/fill/faults.ts';
import { imageId, type Job } from '../../src/fill/record.ts';
import type { Fetched, Service, ServiceRequest } from '../../src/fill/service.ts';
import type { Runner } from '../../src/jobs/contract.ts';
import { accepted, finishedBytes, makeFill, makeInput, makeRig, reaches, scriptedService, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.remove());

const image = (number: number): Fetched => ({
  bytes: Buffer.from(`image ${number}`),
  type: 'image/png',
  ...(number === 1 ? { flagged: true } : {}),
});

const making = (count: number, parts: Partial<Service> = {}) =>
  scriptedService({
    submit: () => Promise.resolve({ ...accepted, cost: 0.15 }),
    fetch: () => Promise.resolve(ok(Array.from({ length: count }, (_, number) => image(number)))),
    ...parts,
  });

const begin = async (runner: Runner): Promise<string[]> => {
  const started = await runner.start(makeInput({ ...makeFill(rig.target), images: 3, price: 0.15 }));
  assert.ok(started.ok);
  const { id } = started.value.fill;
  return [id, imageId(id, 1), imageId(id, 2)];
};

const isSaved = async (job: Job, number: number): Promise<void> => {
  const bytes = await readFile(join(rig.target, job.saved!.name));
  assert.deepEqual(bytes, finishedBytes(job.fill.id, Buffer.from(`image ${number}`)));
};

test('three images: asked for once, saved as three files, price and cost shared', async () => {
  const asked: ServiceRequest[] = [];
  const { service, calls } = making(3, {
    submit: (request) => {
      asked.push(request);
      return Promise.resolve({ ...accepted, cost: 0.15 });
    },
  });
  const runner = rig.open(service);
  const ids = await begin(runner);
  const jobs = await Promise.all(ids.map((id) => reaches(runner, id, 'saved')));
  assert.equal(calls.submit, 1);
  assert.equal(asked[0].images, 3);
  for (const [number, job] of jobs.entries()) {
    await isSaved(job, number);
    assert.deepEqual([job.fill.price, job.cost, job.taskId, job.seed], [0.05, 0.05, 't1', 42]);
    assert.deepEqual(
      job.warnings.map(({ code }) => code),
      number === 1 ? ['result.flagged'] : [],
    );
  }
  assert.equal((await rig.names('pictures')).length, 4);
  for (const id of ids) await rig.closed(id);
});

test('where the first cannot be written at once, the others are not made twice', async () => {
  let way = '';
  const { service, calls } = making(3, {
    fetch: async () => {
      const [id] = await rig.names('storage', 'jobs', 'open');
      way = join(rig.journal, 'open', id, 'result');
      await mkdir(join(way, 'in the way'), { recursive: true });
      return ok([image(0), image(1), image(2)]);
    },
  });
  const runner = rig.open(service);
  const faults = new Set<string>();
  let cleared: Promise<void> | undefined;
  runner.onFault((fault) => {
    faults.add(fault.code);
    cleared ??= rm(way, { recursive: true });
  });
  const ids = await begin(runner);
  for (const [number, id] of ids.entries()) await isSaved(await reaches(runner, id, 'saved'), number);
  assert.deepEqual([...faults], ['journal.behind']);
  assert.equal(calls.submit, 1);
  assert.equal((await rig.names('pictures')).length, 4);
});

test('a window that died before the result came: another one makes all of them, once', async () => {
  const { service } = making(3, { fetch: () => new Promise(() => undefined) });
  const first = rig.open(service);
  const ids = await begin(first);
  await reaches(first, ids[0], 'submitted');
  await first.dispose();
  const second = rig.open(making(3).service);
  await second.resume();
  for (const [number, id] of ids.entries()) await isSaved(await reaches(second, id, 'saved'), number);
  assert.equal((await rig.names('pictures')).length, 4);
});

test('fewer images than were asked for: those are saved, and that is said', async () => {
  const runner = rig.open(making(2).service);
  const [one, two, three] = await begin(runner);
  const jobs = await Promise.all([one, two].map((id) => reaches(runner, id, 'saved')));
  for (const job of jobs)
    assert.ok(job.warnings.some(({ code, args }) => code === 'result.fewer' && args['made'] === 2));
  await rig.closed(one);
  assert.ok(!(await rig.names('storage', 'jobs', 'open')).includes(three));
  assert.equal((await rig.names('pictures')).length, 3);
});
