/** Patience: when to ask again, and when to give up. */
import type { Clock } from './contract.ts';

export const patienceTimes = {
  /** A task that has not ended by then is given up, in milliseconds since the submit. BFL's own SDK forgets a task then. */
  deadline: 30 * 60_000,
  /** A process that finds an older task asks for at least this long. */
  afterRestart: 2 * 60_000,
  /** One round never counts for more: a machine that slept has not waited. */
  longestRound: 2 * 60_000,
  /** A service that asks to be left alone is, up to this long. */
  longestPause: 5 * 60_000,
} as const;

/** A wait of `milliseconds`, a tenth shorter or longer, so that windows do not ask in step. `random` is in [0, 1). */
const jitter = (milliseconds: number, random: number): number => Math.round(milliseconds * (0.9 + 0.2 * random));

/**
 * Milliseconds to wait before asking again for a task of this age, which usually takes `usual`. A result is the later
 * found the longer the pauses around its time are, and a question is wasted the surer there is no result yet: with hazard
 * rate h of the result, the least mean lateness for a number of questions has pauses in proportion to 1/sqrt(h) (J. B.
 * Keller, Optimum checking schedules for systems subject to random failure, Management Science 21, 1974). For a log-normal
 * time h is next to nothing at first, rises towards the median, stays about level and falls slowly in the tail. So the
 * pauses are up to 2.5 s at first, shrink by 0.5 s with each second until about three fifths of the usual time, are then
 * 0.44 s, and a 60th of the age once that is more, at most 10 s. The figures are fitted to a median of 14 s and a sigma of 0.3
 * (three known times, `fluxTime`): computed, no later than a loop of 0.5 s, with 68 to 70 % of its requests. With a sigma
 * of 0.5 that is out of reach for any schedule (`leastPart` in test/bench/lateness-maths.ts): 71 %, and 0.07 s later.
 * The cap of 2.5 s is the price of being wrong about the time. When many tasks run at once pauses are longer,
 * so that together they ask no more than ten times a second.
 */
export const pollDelay = (age: number, active: number, usual: number, random: number): number => {
  const shortest = Math.max(440, 112 * active);
  const early = Math.min(0.18 * usual, 0.5 * (0.68 * usual - age));
  return jitter(Math.min(10_000, Math.max(shortest, early, age / 60)), random);
};

/** Milliseconds to wait after the n-th failure in a row (from 0): 1 s, 2 s, 4 s up to 30 s; or what the service asked. */
export const retryDelay = (failures: number, random: number, retryAfter = 0): number =>
  Math.max(
    Math.min(retryAfter, patienceTimes.longestPause),
    jitter(Math.min(30_000, 1_000 * 2 ** Math.min(failures, 10)), random),
  );

export interface Patience {
  /** Milliseconds since the submit; never goes back, whatever the clock does. */
  age(): number;
  over(): boolean;
}

/** `since` is the time of the submit by the same clock. A clock that is set while we wait neither ends nor prolongs it. */
export const createPatience = (clock: Clock, since: number): Patience => {
  let last = clock.now();
  let age = Math.max(0, last - since);
  const end = Math.max(patienceTimes.deadline, age + patienceTimes.afterRestart);
  const count = (): number => {
    const now = clock.now();
    age += Math.min(Math.max(0, now - last), patienceTimes.longestRound);
    last = now;
    return age;
  };
  return { age: count, over: () => count() >= end };
};
