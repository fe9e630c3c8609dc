import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fluxTime } from '../../src/fill/service.ts';
import { createPatience, patienceTimes, pollDelay, retryDelay } from '../../src/jobs/poll.ts';

const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

const usual = fluxTime;

test('a task is asked for at most half a second late around its usual time, an early one 2.8 s, an old one 11 s', () => {
  const within = (ages: fc.Arbitrary<number>, least: number, most: number): void =>
    fc.assert(
      fc.property(ages, random, (age, r) => {
        const delay = pollDelay(age, 1, usual, r);
        assert.ok(delay >= least && delay <= most, `${delay}`);
      }),
    );
  within(fc.integer({ min: 10_000, max: 27_000 }), 375, 500);
  within(fc.nat(10_000), 375, 2_800);
  within(fc.nat(4_000_000), 375, 11_000);
});

test('the pauses never grow before the usual time, nor shrink after it', () => {
  const ages = Array.from({ length: 600 }, (_, i) => i * 1_000);
  const pauses = ages.map((age) => pollDelay(age, 1, usual, 0.5));
  const turn = ages.findIndex((age) => age >= usual);
  for (const i of ages.keys()) {
    if (i === 0) continue;
    const grows = pauses[i] - pauses[i - 1];
    assert.ok(i <= turn ? grows <= 0 : grows >= 0, `${ages[i]} ms`);
  }
  assert.ok(pauses[0] > pauses[turn]);
});

test('a service whose tasks end at once is asked often from the start', () => {
  assert.equal(pollDelay(0, 1, 0, 0.5), 440);
});

/** Log-normal with the median `usual`, by Box and Muller. */
const readyTime = (sigma: number): number =>
  usual * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()));

test('a result is found no later than by a loop of 0.5 s, with at most 70 % of its requests', () => {
  const jobs = 20_000;
  const ours = { late: 0, requests: 2 * jobs };
  const loop = { late: 0, requests: 2 * jobs };
  for (let job = 0; job < jobs; job++) {
    const ready = readyTime(0.3);
    const asked = Math.ceil(ready / 500);
    loop.late += asked * 500 - ready;
    loop.requests += asked;
    let age = 0;
    for (; age < ready; age += pollDelay(age, 1, usual, Math.random())) ours.requests++;
    ours.requests++;
    ours.late += age - ready;
  }
  assert.ok(ours.late <= loop.late, `${ours.late / jobs} ms, the loop ${loop.late / jobs} ms`);
  assert.ok(ours.requests <= 0.7 * loop.requests, `${ours.requests / loop.requests}`);
});

test('many tasks together never ask more than ten times a second', () => {
  fc.assert(
    fc.property(fc.nat(4_000_000), fc.integer({ min: 5, max: 60 }), random, (age, active, r) => {
      assert.ok(active / pollDelay(age, active, usual, r) <= 10 / 1_000);
    }),
  );
});

test('failures back off to 30 s, and a service that names a time gets it, up to five minutes', () => {
  assert.deepEqual(
    [0, 1, 2, 5, 50].map((failures) => retryDelay(failures, 0.5)),
    [1_000, 2_000, 4_000, 30_000, 30_000],
  );
  assert.equal(retryDelay(0, 0.5, 20_000), 20_000);
  assert.equal(retryDelay(0, 0.5, 3_600_000), patienceTimes.longestPause);
});

const settable = (now: number) => {
  const state = { now };
  return { state, clock: { now: () => state.now, sleep: () => Promise.resolve() } };
};

test('a task is given up 30 minutes after its submit', () => {
  const { state, clock } = settable(1_000_000);
  const patience = createPatience(clock, 1_000_000);
  for (let minute = 1; minute <= 29; minute++) {
    state.now += 60_000;
    assert.equal(patience.over(), false);
  }
  state.now += 60_000;
  assert.equal(patience.over(), true);
  assert.equal(patience.age(), patienceTimes.deadline);
});

test('a clock set back or forward, or a machine that slept, neither ends nor prolongs the wait', () => {
  const { state, clock } = settable(10_000_000_000);
  const patience = createPatience(clock, state.now);
  state.now -= 3_600_000_000;
  assert.equal(patience.age(), 0);
  state.now += 5_000;
  assert.equal(patience.age(), 5_000);
  state.now += 86_400_000;
  assert.equal(patience.age(), 5_000 + patienceTimes.longestRound);
  assert.equal(patience.over(), false);
});

test('a task of yesterday is still asked for, two minutes long', () => {
  const { state, clock } = settable(100_000_000);
  const patience = createPatience(clock, 0);
  assert.equal(patience.over(), false);
  state.now += 119_000;
  assert.equal(patience.over(), false);
  state.now += 1_000;
  assert.equal(patience.over(), true);
});

test('the age never goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e9, max: 1e9 })), (steps) => {
      const { state, clock } = settable(0);
      const patience = createPatience(clock, 0);
      let age = 0;
      for (const step of steps) {
        state.now += step;
        const next = patience.age();
        assert.ok(next >= age && next - age <= patienceTimes.longestRound);
        age = next;
      }
    }),
  );
});
