/** A clock that runs faster than the wall's, for code that waits by an injected clock. */
export interface TestClock {
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Lengths of the sleeps that began, in milliseconds of this clock. */
  readonly sleeps: readonly number[];
}

/** `factor` milliseconds pass in one of the wall's. */
export const fastClock = (factor: number, from = Date.now()): TestClock => {
  const began = performance.now();
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => from + (performance.now() - began) * factor,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        sleeps.push(milliseconds);
        if (signal.aborted) return resolve();
        const timer = setTimeout(done, milliseconds / factor);
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        }
        signal.addEventListener('abort', done, { once: true });
      }),
  };
};

/** Pauses pass quickly, deadlines and the time slowly, so that a busy machine does not run into them. */
export const patientClock = (): TestClock => {
  const [quick, slow] = [fastClock(50), fastClock(4)];
  const shortestDeadline = 30_000;
  return {
    now: () => slow.now(),
    sleep: (milliseconds, signal) => (milliseconds < shortestDeadline ? quick : slow).sleep(milliseconds, signal),
    sleeps: quick.sleeps,
  };
};
