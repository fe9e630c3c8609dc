/** Runs one fill through the client of BFL and the emulator, and gathers everything that could betray a secret. */
import sharp from 'sharp';
import type { Fault } from '../../src/fill/faults.ts';
import { ok } from '../../src/fill/faults.ts';
import { initialParameters, type Parameters } from '../../src/fill/parameters.ts';
import type { Fetched, Service, ServiceRequest } from '../../src/fill/service.ts';
import { bflAbilities, createBfl } from '../../src/services/bfl.ts';
import { start, type Emulator, type Entry, type Settings } from '../servers/bfl.ts';
import { fastClock, type TestClock } from '../servers/clock.ts';

export const canary = 'canary-KEY-7f3b9d21e5';

export const size = { width: 96, height: 64 };

const frame = (channels: 3 | 4, hole = { left: 32, top: 16, width: 32, height: 32 }): Buffer => {
  const data = Buffer.alloc(size.width * size.height * channels);
  for (let i = 0; i < size.width * size.height; i++) {
    const x = i % size.width;
    const y = Math.floor(i / size.width);
    const inside = x >= hole.left && x < hole.left + hole.width && y >= hole.top && y < hole.top + hole.height;
    data.set([x * 2, y * 3, (x * y) % 256, inside ? 0 : 255].slice(0, channels), i * channels);
  }
  return data;
};

export const picture = (channels: 3 | 4): Promise<Buffer> =>
  sharp(frame(channels), { raw: { ...size, channels } })
    .png()
    .toBuffer();

export const mask = (): Promise<Buffer> => {
  const alpha = frame(4);
  const data = Buffer.from(Array.from({ length: size.width * size.height }, (_, i) => 255 - alpha[i * 4 + 3]));
  return sharp(data, { raw: { ...size, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
};

export const requestOf = async (change: Partial<Parameters> = {}): Promise<ServiceRequest> => ({
  image: await picture(3),
  mask: await mask(),
  size,
  parameters: { ...initialParameters, prompt: 'canary-PROMPT a small red boat', seed: 7, ...change },
});

export interface Bench {
  readonly emulator: Emulator;
  readonly service: Service;
  readonly clock: TestClock;
  /** Every line the client logged. */
  readonly lines: string[];
}

/** `speed`: milliseconds of the client's clock in one of the wall's. */
export const bench = async (
  settings: Partial<Settings> & { readonly prefix?: string } = {},
  speed = 50,
): Promise<Bench & AsyncDisposable> => {
  const emulator = await start({ key: canary, ...settings });
  const clock = fastClock(speed);
  const lines: string[] = [];
  const service = createBfl({
    abilities: bflAbilities,
    baseUrl: emulator.url,
    fetch: () => globalThis.fetch,
    key: () => Promise.resolve(ok(canary)),
    clock,
    log: (level, text) => lines.push(`${level} ${text}`),
  });
  return { emulator, service, clock, lines, [Symbol.asyncDispose]: () => emulator.stop() };
};

export interface Run {
  readonly submit: 'accepted' | 'refused' | 'unknown';
  readonly fetched?: Fetched;
  /** All results, the first included. */
  readonly all?: readonly Fetched[];
  readonly fault?: Fault;
  readonly states: readonly string[];
  /** Handles, faults and outcomes as JSON. */
  readonly told: string;
  readonly seconds: number;
}

/** Submits once, polls every half second for `overall` milliseconds, fetches: what a job does, without its journal. */
export const run = async (
  { service, clock }: Pick<Bench, 'service' | 'clock'>,
  request: ServiceRequest,
  overall = 600_000,
): Promise<Run> => {
  const { signal } = new AbortController();
  const began = clock.now();
  const states: string[] = [];
  const told: unknown[] = [];
  const end = (rest: Partial<Run> & Pick<Run, 'submit'>): Run => ({
    states,
    told: JSON.stringify([told, rest.fault]),
    seconds: (clock.now() - began) / 1000,
    ...rest,
  });
  const submitted = await service.submit(request, signal);
  told.push(submitted);
  if (submitted.kind !== 'accepted') return end({ submit: submitted.kind, fault: submitted.fault });
  const acceptedAt = clock.now();
  let last: Fault | undefined;
  while (clock.now() - acceptedAt < overall) {
    const polled = await service.poll(submitted.handle, clock.now() - acceptedAt, signal);
    told.push(polled);
    states.push(polled.kind === 'running' ? polled.status : polled.kind);
    if (polled.kind === 'over') return end({ submit: 'accepted', fault: polled.fault });
    if (polled.kind === 'ready') {
      const fetched = await service.fetch(polled.handle, signal);
      return fetched.ok
        ? end({ submit: 'accepted', fetched: fetched.value[0], all: fetched.value })
        : end({ submit: 'accepted', fault: fetched.fault });
    }
    if (polled.kind === 'unanswered') last = polled.fault;
    await clock.sleep(500, signal);
  }
  return end({ submit: 'accepted', ...(last === undefined ? {} : { fault: last }) });
};

/** Requests that carried the key and did not go to the API. */
export const strays = (log: readonly Entry[]): readonly Entry[] =>
  log.filter((entry) => entry.server !== 'api' && JSON.stringify(entry).includes(canary));
