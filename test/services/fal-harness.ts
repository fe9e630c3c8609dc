/** The client of fal at work against its emulator. */
import { ok } from '../../src/fill/faults.ts';
import type { Service } from '../../src/fill/service.ts';
import { createFal, type FalDeps } from '../../src/services/fal.ts';
import { fastClock, patientClock, type TestClock } from '../servers/clock.ts';
import { start, type Emulator, type Settings } from '../servers/fal.ts';
import { canary } from './harness.ts';

export interface FalBench {
  readonly emulator: Emulator;
  readonly service: Service;
  readonly clock: TestClock;
  /** Every line the client logged. */
  readonly lines: string[];
}

/** `speed`: milliseconds of the client's clock in one of the wall's, for tests that wait for a deadline. */
export const falBench = async (
  settings: Partial<Settings> & { readonly prefix?: string } = {},
  choices: Pick<FalDeps, 'upload' | 'syncMode'> = {},
  speed?: number,
): Promise<FalBench & AsyncDisposable> => {
  const emulator = await start({ key: canary, ...settings });
  const clock = speed === undefined ? patientClock() : fastClock(speed);
  const lines: string[] = [];
  const service = createFal({
    ...choices,
    baseUrl: emulator.url,
    fetch: () => globalThis.fetch,
    key: () => Promise.resolve(ok(canary)),
    clock,
    log: (level, text) => lines.push(`${level} ${text}`),
  });
  return { emulator, service, clock, lines, [Symbol.asyncDispose]: () => emulator.stop() };
};
