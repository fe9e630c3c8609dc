import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { fault } from '../../src/fill/faults.ts';
import { newFillId, type Job } from '../../src/fill/record.ts';
import { boundHistory, readHistory } from '../../src/jobs/history.ts';
import { writeRecord } from '../../src/jobs/journal.ts';
import { makeFill, makeRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.remove());

const now = Date.UTC(2026, 10, 28, 12);
const hours = (count: number): number => now - count * 60 * 60_000;

/** A job that ended so many hours ago, with a file of so many bytes beside its record. */
const put = async (age: number, bytes: number, change: Partial<Job>): Promise<string> => {
  const id = newFillId(hours(age), Math.random);
  const folder = join(rig.journal, 'done', id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'out.png'), Buffer.alloc(bytes));
  await writeRecord(folder, {
    fill: makeFill(rig.target, id),
    state: 'saved',
    step: 0,
    results: 1,
    warnings: [],
    endedAt: new Date(hours(age)).toISOString(),
    ...change,
  });
  return id;
};

const left = async (): Promise<string[]> => (await readHistory(rig.journal)).map(({ fill }) => fill.id);

suite('history', () => {
  test('is read newest first, and a record that cannot be read hides no other', async () => {
    const old = await put(50, 1, {});
    const recent = await put(2, 1, { state: 'held' });
    const broken = await put(10, 1, {});
    await writeFile(join(rig.journal, 'done', broken, 'record.json'), '{');
    assert.deepEqual(await left(), [recent, old]);
  });

  test('is empty where nothing was ever made', async () => assert.deepEqual(await readHistory(rig.journal), []));

  test('within its limit nothing goes', async () => {
    await put(50, 1000, {});
    await put(40, 1000, { state: 'held' });
    assert.deepEqual(await boundHistory(rig.journal, 100_000, now), []);
  });

  test('beyond it, what was not kept goes first, the oldest first; then the rest by age', async () => {
    const kept = await put(90, 10_000, {});
    const older = await put(80, 10_000, { state: 'held' });
    const newer = await put(70, 10_000, { state: 'held' });
    assert.deepEqual(await boundHistory(rig.journal, 28_000, now), [older]);
    assert.deepEqual(await boundHistory(rig.journal, 15_000, now), [newer]);
    assert.deepEqual(await left(), [kept]);
    assert.deepEqual(await boundHistory(rig.journal, 0, now), [kept]);
  });

  test('a result that has no place yet never goes, nor what may still have one, nor what has just ended', async () => {
    const full = fault('save.full', { name: 'a' });
    const stays = [
      await put(900, 10_000, { state: 'failed', fault: full, taskId: 't' }),
      await put(800, 10_000, { state: 'unknown', results: 0 }),
      await put(700, 10_000, { state: 'failed', results: 0, handle: {}, taskId: 't', fault: fault('service.timeout') }),
      await put(0.5, 10_000, { state: 'held' }),
      await put(0.25, 10_000, {}),
    ];
    const goes = await put(600, 10_000, { state: 'failed', results: 0, fault: fault('service.busy') });
    assert.deepEqual(await boundHistory(rig.journal, 0, now), [goes]);
    assert.deepEqual(await left(), stays.reverse());
  });
});
