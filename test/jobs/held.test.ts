/** Variations wait in the journal until they are kept or deleted; what dies on the way loses none and makes none twice. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fault, failed, ok } from '../../src/fill/faults.ts';
import { imageId, newFillId, nextActOf } from '../../src/fill/record.ts';
import type { Runner } from '../../src/jobs/contract.ts';
import { findBase } from '../../src/jobs/list.ts';
import {
  accepted,
  filePlace,
  finishedBytes,
  makeFill,
  makeInput,
  makeRig,
  reaches,
  resultBytes,
  scriptedService,
  until,
  type Rig,
} from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.remove());

const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => newFillId(Date.now() + index, Math.random));

const begin = async (runner: Runner, count: number): Promise<string[]> => {
  const all = ids(count);
  for (const [index, id] of all.entries()) {
    const variation = { set: all[0], number: index + 1, of: count };
    assert.ok((await runner.start(makeInput({ ...makeFill(rig.target, id), variation }))).ok);
  }
  return all;
};

/** What is kept of a closed job, once its owner has let go of it. */
const stored = async (id: string): Promise<string[]> => {
  const names = (): Promise<string[]> => rig.names('storage', 'jobs', 'done', id);
  await until(async () => !(await names()).some((name) => name.startsWith('lease')));
  return names();
};

test('a variation is finished and held; kept, it stands beside the source, once; its mask stays', async () => {
  const runner = rig.open(scriptedService().service);
  const [id] = await begin(runner, 2);
  await reaches(runner, id, 'held');
  const held = await rig.closed(id);
  assert.deepEqual([held.state, nextActOf(held), held.held?.extension], ['held', 'keep', '.png']);
  assert.deepEqual(await stored(id), ['base', 'out.png', 'record.json']);
  assert.deepEqual(await rig.names('pictures'), ['photo.png']);

  assert.ok(await runner.goOn(id, 'keep'));
  const saved = await reaches(runner, id, 'saved');
  assert.equal(saved.saved?.name, 'photo.fill-001.png');
  assert.deepEqual(await readFile(join(rig.target, 'photo.fill-001.png')), finishedBytes(id, resultBytes));
  const closed = await rig.closed(id);
  assert.deepEqual([closed.state, closed.held, nextActOf(closed)], ['saved', undefined, undefined]);
  assert.deepEqual(await stored(id), ['base', 'record.json']);
  assert.ok((await findBase(rig.journal, closed.fill)) !== undefined);
  assert.equal(await runner.goOn(id, 'keep'), false);
});

test('where it cannot be kept it goes on being held, says why, and can be kept later', async () => {
  let full = true;
  const place = {
    ...filePlace,
    put: (...given: Parameters<typeof filePlace.put>) =>
      full ? Promise.resolve(failed('save.full', { name: given[3] })) : filePlace.put(...given),
  };
  const runner = rig.open(scriptedService().service, { place });
  const [id] = await begin(runner, 2);
  await reaches(runner, id, 'held');
  await rig.closed(id);
  assert.ok(await runner.goOn(id, 'keep'));
  await reaches(runner, id, 'held');
  const again = await rig.closed(id);
  assert.deepEqual([again.fault?.code, nextActOf(again)], ['save.full', 'keep']);
  assert.deepEqual(await stored(id), ['base', 'out.png', 'record.json']);
  full = false;
  assert.ok(await runner.goOn(id, 'keep'));
  assert.equal((await reaches(runner, id, 'saved')).fault, undefined);
  assert.deepEqual(await rig.names('pictures'), ['photo.fill-001.png', 'photo.png']);
});

test('a process that dies while it keeps one: the next has it beside the source once', async () => {
  const runner = rig.open(scriptedService().service);
  const [id] = await begin(runner, 2);
  await reaches(runner, id, 'held');
  await rig.closed(id);
  await runner.dispose();
  const dying = rig.open(scriptedService().service, {
    place: { ...filePlace, put: async (...given) => (await filePlace.put(...given), new Promise(() => undefined)) },
  });
  assert.ok(await dying.goOn(id, 'keep'));
  await reaches(dying, id, 'saving');
  while ((await rig.names('pictures')).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await dying.dispose();
  const next = rig.open(scriptedService().service);
  await next.resume();
  await reaches(next, id, 'saved');
  assert.deepEqual(
    (await rig.names('pictures')).filter((name) => name.includes('.fill-')),
    ['photo.fill-001.png'],
  );
});

test('one that fails loses nothing of the others', async () => {
  let sent = 0;
  const { service } = scriptedService({
    submit: () =>
      Promise.resolve(
        ++sent === 2
          ? { kind: 'refused', fault: fault('service.moderatedRequest', { reasons: 'x' }) }
          : { ...accepted, taskId: `t${sent}` },
      ),
  });
  const runner = rig.open(service);
  const all = await begin(runner, 4);
  const jobs = await Promise.all(all.map((id) => reaches(runner, id, 'held', 'failed')));
  assert.deepEqual(jobs.map(({ state }) => state).sort(), ['failed', 'held', 'held', 'held']);
});

test('eight variations, the process ends in the middle: another one has all of them, none twice', async () => {
  let ready = 0;
  const first = scriptedService({
    poll: () =>
      ++ready > 3
        ? new Promise(() => undefined)
        : Promise.resolve({ kind: 'ready', handle: { task: 't1', link: 'l1' }, seed: 42 }),
  });
  const runner = rig.open(first.service);
  const all = await begin(runner, 8);
  while ((await rig.names('storage', 'jobs', 'done')).length < 3)
    await new Promise((resolve) => setTimeout(resolve, 5));
  while (first.calls.submit < 8) await new Promise((resolve) => setTimeout(resolve, 5));
  await runner.dispose();
  const second = scriptedService();
  const next = rig.open(second.service);
  await next.resume();
  while ((await rig.names('storage', 'jobs', 'done')).length < 8)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const records = await Promise.all(all.map((id) => rig.record('done', id)));
  assert.deepEqual(
    records.map(({ state, fill }) => [state, fill.variation?.number]),
    all.map((_, index) => ['held', index + 1]),
  );
  assert.deepEqual([first.calls.submit, second.calls.submit], [8, 0]);
  assert.deepEqual(await rig.names('pictures'), ['photo.png']);
});

test('images of one request number on from the first', async () => {
  const { service } = scriptedService({
    fetch: () => Promise.resolve(ok([0, 1, 2].map((n) => ({ bytes: Buffer.from(`image ${n}`), type: 'image/png' })))),
  });
  const runner = rig.open(service);
  const fill = makeFill(rig.target);
  const variation = { set: fill.id, number: 5, of: 8 };
  assert.ok((await runner.start(makeInput({ ...fill, images: 3, variation }))).ok);
  const jobs = await Promise.all(
    [fill.id, imageId(fill.id, 1), imageId(fill.id, 2)].map((id) => reaches(runner, id, 'held')),
  );
  assert.deepEqual(
    jobs.map((job) => job.fill.variation),
    [5, 6, 7].map((number) => ({ set: fill.id, number, of: 8 })),
  );
});

test('deleting takes everything of an ended job, and nothing of one that runs; the saved file stays', async () => {
  const { service } = scriptedService({ poll: () => Promise.resolve({ kind: 'running', status: 'Pending' }) });
  const running = rig.open(service);
  const [open] = await begin(running, 2);
  await reaches(running, open, 'submitted');
  assert.equal(await running.remove(open), false);

  const runner = rig.open(scriptedService().service);
  const [id, other] = await begin(runner, 2);
  for (const each of [id, other]) await reaches(runner, each, 'held');
  await rig.closed(id);
  await rig.closed(other);
  await runner.goOn(other, 'keep');
  await reaches(runner, other, 'saved');
  assert.ok(await runner.remove(id));
  assert.ok(await runner.remove(other));
  assert.equal(await runner.remove(id), false);
  assert.deepEqual(await rig.names('storage', 'jobs', 'done'), []);
  assert.deepEqual(await rig.names('storage', 'jobs', 'new'), []);
  assert.deepEqual(runner.jobs(), []);
  assert.deepEqual(await rig.names('pictures'), ['photo.fill-001.png', 'photo.png']);
});

test('who is told of the end of a job finds what it holds where it belongs', async () => {
  const runner = rig.open(scriptedService().service);
  const told: string[] = [];
  const closed = new Promise<void>((resolve) =>
    runner.onClosed(({ fill, held }) => {
      told.push(fill.id);
      void readFile(join(rig.journal, 'done', fill.id, `out${held!.extension}`)).then(() => resolve());
    }),
  );
  const [id] = await begin(runner, 1);
  await closed;
  assert.deepEqual(told, [id]);
});
