/** The client of Replicate, in both flavours, against its emulator. */
import sharp from 'sharp';
import { ok } from '../../src/fill/faults.ts';
import { initialParameters, type Parameters } from '../../src/fill/parameters.ts';
import type { Service, ServiceRequest } from '../../src/fill/service.ts';
import { catalogue } from '../../src/services/catalogue.ts';
import type { Fetch } from '../../src/services/http.ts';
import { fastClock, patientClock, type TestClock } from '../servers/clock.ts';
import { start, type Emulator, type Mode, type Settings } from '../servers/replicate.ts';
import { canary } from './harness.ts';

export interface Bench {
  readonly emulator: Emulator;
  readonly service: Service;
  readonly clock: TestClock;
  /** Every line the client logged. */
  readonly lines: string[];
}

/** No test of this machine may reach another one. */
const homely: Fetch = (input, init) =>
  new URL(input).hostname === '127.0.0.1'
    ? globalThis.fetch(input, init)
    : Promise.reject(new Error(`strays to ${input}`));

/** `speed`: milliseconds of the client's clock in one of the wall's, for tests that wait for a deadline. `key`: what the client holds. */
export const bench = async (
  mode: Mode,
  settings: Partial<Settings> = {},
  speed?: number,
  key = canary,
): Promise<Bench & AsyncDisposable> => {
  const emulator = await start({ key: canary, mode, ...settings });
  const clock = speed === undefined ? patientClock() : fastClock(speed);
  const lines: string[] = [];
  const service = catalogue[mode].create({
    baseUrl: emulator.url,
    fetch: () => homely,
    key: () => Promise.resolve(ok(key)),
    clock,
    log: (level, text) => lines.push(`${level} ${text}`),
  });
  return { emulator, service, clock, lines, [Symbol.asyncDispose]: () => emulator.stop() };
};

export const largeSize = { width: 320, height: 320 };

/** A request whose image is too large for a data URL at Replicate itself: noise, which PNG cannot make smaller. */
export const largeRequest = async (change: Partial<Parameters> = {}): Promise<ServiceRequest> => {
  const { width, height } = largeSize;
  let state = 1;
  const noise = Buffer.from(
    Array.from({ length: width * height * 3 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
  const hole = Buffer.from(Array.from({ length: width * height }, (_, i) => (i % width < 100 ? 255 : 0)));
  return {
    image: await sharp(noise, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
    mask: await sharp(hole, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer(),
    size: largeSize,
    parameters: { ...initialParameters, prompt: 'canary-PROMPT a small red boat', seed: 7, ...change },
  };
};
