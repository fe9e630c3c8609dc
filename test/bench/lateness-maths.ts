/** Times of tasks, drawn; and what questions must cost, computed, beside which the measurement stands. */
import { fluxTime } from '../../src/fill/service.ts';
import { pollDelay } from '../../src/jobs/poll.ts';

/** Numbers in [0, 1) that the seed decides (mulberry32). */
export const generator = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

/** A log-normal time in milliseconds, of the median `fluxTime`. */
export const readyTime = (sigma: number, random: () => number): number =>
  fluxTime * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))];

export interface Figures {
  /** Milliseconds from the result to its bytes, and requests, by job. */
  readonly late: readonly number[];
  readonly requests: number;
}

/** A job that asks after each pause, at an answer that takes `trip`, and downloads as quickly; all in milliseconds. */
const computed = (times: readonly number[], trip: number, first: number, pause: (age: number) => number): Figures => {
  let questions = 0;
  const late = times.map((ready) => {
    let at = first;
    for (questions++; at + trip / 2 < ready; questions++) at += trip + pause(at + trip);
    return at + 2 * trip - ready;
  });
  return { late, requests: 2 + questions / times.length };
};

export const computedLoop = (times: readonly number[], trip: number): Figures => computed(times, trip, 500, () => 500);

export const computedOurs = (times: readonly number[], trip: number, random: () => number): Figures =>
  computed(times, trip, 0, (age) => pollDelay(age, 1, fluxTime, random()));

/**
 * The least part of the loop's questions with which any schedule that knows the log-normal exactly has the loop's mean
 * lateness: with density n(t) of questions, lateness is the integral of f/2n and their number that of S n (f density, S
 * survival); by the calculus of variations n = c sqrt(f/S), so the part is (integral of sqrt(f S))^2 / mean time (Keller
 * 1974, as at `pollDelay`).
 */
export const leastPart = (sigma: number): number => {
  const step = 0.001;
  let survival = 1;
  let root = 0;
  for (let z = -6; z < 6; z += step) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    // In z the time is exp(sigma z): sqrt(f S) dt = sqrt(density S exp(sigma z) sigma) dz.
    root += Math.sqrt(density * Math.max(0, survival) * Math.exp(sigma * z) * sigma) * step;
    survival -= density * step;
  }
  return root ** 2 / Math.exp(sigma ** 2 / 2);
};
