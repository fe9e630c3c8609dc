/** Many jobs at once, through the client of BFL and the strict emulator, which turns away what is too much. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ok } from '../../src/fill/faults.ts';
import { endStates } from '../../src/fill/record.ts';
import type { JobRaster, Runner } from '../../src/jobs/contract.ts';
import { createBfl } from '../../src/services/bfl.ts';
import { start } from '../servers/bfl.ts';
import { mask, picture, size } from '../services/harness.ts';
import { fastClock, makeFill, makeInput, makeRig, markerRaster, until } from './rig.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
};

const [image, white] = await Promise.all([picture(3), mask()]);
const raster: JobRaster = { ...markerRaster, prepare: () => Promise.resolve(ok({ image, mask: white })) };

const open = async (activeTasks: number) => {
  const [rig, emulator] = await Promise.all([makeRig(), start({ key: 'k', readyAfter: 200, activeTasks })]);
  const clock = fastClock(8);
  const service = createBfl({
    baseUrl: emulator.url,
    fetch: () => globalThis.fetch,
    key: () => Promise.resolve(ok('k')),
    clock,
    log: () => undefined,
  });
  const window = (): Runner => rig.open(service, { clock, raster });
  const begin = async (runner: Runner): Promise<string> => {
    const { plan, ...fill } = makeFill(rig.target);
    const started = await runner.start(makeInput({ ...fill, plan: { ...plan, sent: size } }));
    assert.ok(started.ok);
    return started.value.fill.id;
  };
  const saved = async (): Promise<number> =>
    (await readdir(rig.target)).filter((name) => name.startsWith('photo.fill-')).length;
  const close = async (): Promise<void> => {
    await rig.remove();
    await emulator.stop();
  };
  return { rig, emulator, window, begin, saved, close };
};

test('200 jobs: all are saved, never more are active than the service allows, and memory stays flat', async (t) => {
  const here = await open(24);
  t.after(here.close);
  const runner = here.window();
  const ids = await Promise.all(Array.from({ length: 200 }, () => here.begin(runner)));
  await until(async () => (await here.saved()) >= 60);
  const before = heap();
  await until(async () => (await here.rig.names('storage', 'jobs', 'done')).length === ids.length);
  const grown = heap() - before;
  const ends = runner.jobs().filter(({ state }) => state !== 'saved');
  assert.deepEqual(
    ends.map(({ state, fault }) => `${state} ${fault?.code}`),
    [],
  );
  assert.equal(await here.saved(), 200);
  assert.equal(here.emulator.accepted(), 200);
  assert.ok(here.emulator.mostActive() <= 22, `${here.emulator.mostActive()} at once`);
  assert.equal(here.emulator.turnedAway(), 0);
  assert.ok(grown < 8_000_000, `${grown} bytes more after 140 more jobs`);
  t.diagnostic(`most active ${here.emulator.mostActive()}, memory ${Math.round(grown / 1000)} kB more after 140 more`);
});

test('two windows together ask for more than the service allows: what is turned away waits, and all are saved', async (t) => {
  const here = await open(10);
  t.after(here.close);
  const windows = [here.window(), here.window()];
  await Promise.all(windows.flatMap((runner) => Array.from({ length: 20 }, () => here.begin(runner))));
  await until(async () => (await here.rig.names('storage', 'jobs', 'done')).length === 40);
  assert.deepEqual([await here.saved(), here.emulator.accepted()], [40, 40]);
  assert.ok(here.emulator.mostActive() <= 10);
  assert.ok(here.emulator.turnedAway() > 0);
});

test('of many that wait, one, the waiting ones, or all can be cancelled; none of them is sent', async (t) => {
  const here = await open(24);
  t.after(here.close);
  here.emulator.control({ readyAfter: 3_000 });
  const runner = here.window();
  const ids = await Promise.all(Array.from({ length: 40 }, () => here.begin(runner)));
  await until(() => here.emulator.accepted() === 22);
  const waiting = runner.jobs().filter((job) => job.state === 'prepared');
  assert.equal(waiting.length, 18);
  await runner.cancel(waiting[0].fill.id);
  assert.equal(runner.jobs().find((job) => job.fill.id === waiting[0].fill.id)?.state, 'cancelled');
  await Promise.all(waiting.map((job) => runner.cancel(job.fill.id)));
  await until(() => runner.jobs().every((job) => endStates.includes(job.state)));
  const ends = ids.map((id) => runner.jobs().find((job) => job.fill.id === id)!.state);
  assert.equal(ends.filter((state) => state === 'cancelled').length, 18);
  assert.deepEqual([await here.saved(), here.emulator.accepted()], [22, 22]);
});
