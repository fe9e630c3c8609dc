import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../jobs/contract.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await wait(milliseconds, undefined, { signal });
    } catch {
      // Aborted: the caller looks at the signal.
    }
  },
};
