/** Which images of a batch are meant, what is done already, and where it stops. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  costOf,
  inPool,
  isSameFill,
  outcomeOf,
  priceOfBatch,
  sortOut,
  standingOf,
  stopsBatch,
  type BatchItem,
} from '../../src/fill/batch.ts';
import { fault } from '../../src/fill/faults.ts';
import { initialParameters } from '../../src/fill/parameters.ts';
import { initialMaskSettings, newFillId, recordVersion, type Fill, type Job } from '../../src/fill/record.ts';

const rule = { kind: 'image', dollars: 0.05 } as const;
const plan = {
  window: { x: 0, y: 0, width: 64, height: 64 },
  scaled: { width: 64, height: 64 },
  sent: { width: 64, height: 64 },
  scale: 1,
};
let now = 1_800_000_000_000;
const fillOf = (change: Partial<Fill> = {}): Fill => ({
  version: recordVersion,
  id: newFillId(now++, () => 0.5),
  createdAt: '2026-01-01T00:00:00.000Z',
  source: { uri: 'file:///a.png', name: 'a.png', width: 64, height: 64, bytes: 9, sha256: 'source' },
  mask: { kind: 'file', name: 'a.mask.png', sha256: 'mask', settings: initialMaskSettings.file },
  service: { id: 'bfl', baseUrl: 'https://api.bfl.ai' },
  parameters: { ...initialParameters, prompt: 'a door', seed: 7 },
  plan,
  price: 0.05,
  save: { as: 'png', opaque: false, tone: true, note: true },
  ...change,
});
const jobOf = (change: Partial<Job> = {}, fill = fillOf()): Job => ({
  fill,
  state: 'failed',
  step: 0,
  results: 0,
  warnings: [],
  endedAt: '2026-01-01T00:00:01.000Z',
  ...change,
});
const saved = {
  uri: 'file:///a.fill-001.png',
  name: 'a.fill-001.png',
  bytes: 1,
  sha256: 'x',
  exact: true,
  changedOutsideEffective: 0,
  changedOutsideBase: 0,
};

test('results and masks of others among the files are left out; each file counts once', () => {
  const paths = [
    'd/a.png',
    'd/a.fill-001.png',
    'd/a.mask.png',
    'd/b.fill-001.png',
    'e/a_mask.png',
    'd/a.png',
    'd/A.jpg',
  ];
  const beside = sortOut(paths, true);
  assert.deepEqual(beside.images, ['d/a.png', 'd/b.fill-001.png', 'e/a_mask.png', 'd/A.jpg']);
  assert.deepEqual(
    beside.leftOut.map(({ path, why }) => [path, why]),
    [
      ['d/a.fill-001.png', 'result'],
      ['d/a.mask.png', 'mask'],
    ],
  );
  assert.ok(sortOut(paths, false).images.includes('d/a.mask.png'));
});

test('results and masks are left out under names and in folders with line breaks too', () => {
  const paths = ['d\n/a\n.png', 'd\n/a\n.fill-001.png', 'd\n/a\n.mask.png'];
  assert.deepEqual(sortOut(paths, true).images, ['d\n/a\n.png']);
});

test('the same fill is the same image, mask, settings, service, parameters, windows and way of saving', () => {
  const one = fillOf();
  assert.ok(isSameFill(one, fillOf(), true));
  const others: readonly Partial<Fill>[] = [
    { source: { ...one.source, sha256: 'other' } },
    { mask: { ...one.mask, sha256: 'other' } },
    { mask: { kind: 'file', settings: one.mask.settings } },
    { mask: { ...one.mask, kind: 'alpha' } },
    { mask: { ...one.mask, settings: { ...one.mask.settings, grow: 1 } } },
    { service: { id: 'practice', baseUrl: 'https://api.bfl.ai' } },
    { parameters: { ...one.parameters, prompt: 'a window' } },
    { parameters: { ...one.parameters, steps: 20 } },
    { plan: { ...plan, window: { ...plan.window, width: 32 } } },
    { further: [plan] },
    { expand: { left: 1, top: 0, right: 0, bottom: 0, overlap: 0 } },
    { save: { ...one.save, tone: false } },
  ];
  for (const other of others) assert.ok(!isSameFill(one, fillOf(other), true), JSON.stringify(other));
  const seeded = fillOf({ parameters: { ...one.parameters, seed: 8 } });
  assert.deepEqual([isSameFill(one, seeded, true), isSameFill(one, seeded, false)], [false, true]);
  const moved = fillOf({
    service: { id: 'bfl', baseUrl: 'https://api.eu.bfl.ai' },
    save: { ...one.save, note: false },
  });
  assert.ok(isSameFill(one, moved, true));
});

test('an image is done where its file is there, begun where a job can go on, and else new', () => {
  const stands = (...jobs: readonly { job: Job; open?: boolean; saved?: boolean }[]) =>
    standingOf(
      fillOf(),
      jobs.map(({ job, open = false, saved = false }) => ({ job, open, saved })),
      rule,
    );
  assert.deepEqual(stands(), { kind: 'new', price: 0.05 });
  const done = jobOf({ state: 'saved', saved });
  assert.deepEqual(stands({ job: done, saved: true }), { kind: 'done', name: 'a.fill-001.png' });
  assert.deepEqual(stands({ job: done }), { kind: 'new', price: 0.05 });
  const open = jobOf({ state: 'submitted' });
  assert.deepEqual(stands({ job: open, open: true }), { kind: 'begun', id: open.fill.id, act: 'resume', price: 0 });
  const kept = jobOf({ results: 1, taskId: 't' });
  assert.deepEqual(stands({ job: kept }), { kind: 'begun', id: kept.fill.id, act: 'save', price: 0 });
  const late = jobOf({ handle: {}, taskId: 't', fault: fault('service.timeout') });
  assert.deepEqual(stands({ job: late }), { kind: 'begun', id: late.fill.id, act: 'ask', price: 0 });
  const half = jobOf({ results: 1, step: 1 }, fillOf({ further: [plan, plan] }));
  assert.deepEqual(stands({ job: half }), { kind: 'begun', id: half.fill.id, act: 'continue', price: 0.1 });
  const lost = jobOf({ state: 'unknown', fault: fault('service.unknownOutcome', { origin: 'o' }) });
  assert.deepEqual(stands({ job: lost }), { kind: 'unknown', id: lost.fill.id, fault: lost.fault });
  assert.equal(stands({ job: jobOf({ fault: fault('service.moderatedResult') }) }).kind, 'new');
  assert.equal(stands({ job: jobOf({ state: 'held' }) }).kind, 'new');
  assert.equal(stands({ job: lost }, { job: done, saved: true }).kind, 'done');
});

test('price, cost and outcome', () => {
  const item = (standing: BatchItem['standing'], more: Partial<BatchItem> = {}): BatchItem => ({
    uri: 'file:///a.png',
    name: 'a.png',
    standing,
    ...more,
  });
  const fresh = item({ kind: 'new', price: 0.1 });
  assert.equal(priceOfBatch([fresh, item({ kind: 'new', price: 0.2 }), item({ kind: 'done', name: 'x' })]), 0.3);
  assert.equal(priceOfBatch([fresh, item({ kind: 'new', price: null })]), null);
  assert.equal(outcomeOf(fresh, undefined), 'planned');
  assert.equal(outcomeOf({ ...fresh, fault: fault('batch.stopped') }, undefined), 'unsent');
  assert.equal(outcomeOf({ ...fresh, id: 'x' }, jobOf({ state: 'submitted' })), 'running');
  assert.equal(costOf(jobOf({ state: 'saved', taskId: 't', cost: 0.07 })), 0.07);
  assert.equal(costOf(jobOf({ state: 'saved', taskId: 't' })), 0.05);
  assert.equal(costOf(jobOf({ state: 'unknown' })), 0.05);
  assert.equal(costOf(jobOf({ taskId: 't', fault: fault('service.moderatedResult') })), 0);
  assert.equal(costOf(jobOf({ fault: fault('service.badRequest') })), 0);
});

test('what meets every image stops a batch, what meets one does not', () => {
  for (const code of ['key.refused', 'service.credits', 'money.limit', 'network.unreachable', 'journal.full'] as const)
    assert.ok(stopsBatch(fault(code)), code);
  for (const code of ['service.moderatedResult', 'mask.empty', 'service.timeout', 'network.broken'] as const)
    assert.ok(!stopsBatch(fault(code)), code);
});

test('a pool takes so many at once, in their order, and begins nothing once it is over', async () => {
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const work = async (each: number): Promise<void> => {
    begun.push(each);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
  };
  await inPool([1, 2, 3, 4, 5], 2, work);
  assert.deepEqual([begun, most], [[1, 2, 3, 4, 5], 2]);
  begun.length = 0;
  await inPool([1, 2, 3, 4, 5], 2, work, () => begun.length >= 3);
  assert.deepEqual(begun, [1, 2, 3]);
});
