import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlots } from '../../src/jobs/slots.ts';

const never = new AbortController().signal;

test('never more than the limit, in order, and a release given twice frees one slot', async () => {
  const slots = createSlots();
  const order: number[] = [];
  let most = 0;
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const release = await slots.acquire('a', 3, never);
      order.push(index);
      most = Math.max(most, slots.active('a'));
      await new Promise(setImmediate);
      release?.();
      release?.();
    }),
  );
  assert.equal(most, 3);
  assert.equal(slots.active('a'), 0);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
});

test('one who gives up leaves the line; the others go on', async () => {
  const slots = createSlots();
  const first = await slots.acquire('a', 1, never);
  const leaving = new AbortController();
  const second = slots.acquire('a', 1, leaving.signal);
  const third = slots.acquire('a', 1, never);
  leaving.abort();
  assert.equal(await second, undefined);
  first?.();
  assert.equal(typeof (await third), 'function');
  assert.equal(slots.active('a'), 1);
  assert.equal(await slots.acquire('b', 1, leaving.signal), undefined);
});

test('slots taken without asking count, and keys do not mix', async () => {
  const slots = createSlots();
  const release = slots.take('a');
  let third = false;
  const waiting = slots.acquire('a', 1, never).then(() => (third = true));
  assert.equal(typeof (await slots.acquire('b', 1, never)), 'function');
  assert.equal(third, false);
  release();
  await waiting;
  assert.equal(third, true);
});
