/**
 * How late a result arrives, and with how many requests: 200 jobs with random ready times by us, by the client of each
 * vendor, and by the loop of BFL's guide, against the strict emulators on this machine. Each way has the same ready times.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import * as bfl from '../servers/bfl.ts';
import * as fal from '../servers/fal.ts';
import * as replicate from '../servers/replicate.ts';
import type { Arrival, Order, ServiceName, Way } from './lateness-child.ts';
import {
  computedLoop,
  computedOurs,
  generator,
  leastPart,
  mean,
  quantile,
  readyTime,
  type Figures,
} from './lateness-maths.ts';

const jobs = 200;
/** Single jobs of one way beside each other: they share a machine, and nothing else. As many as ours has at BFL at once. */
const beside = 22;
/** The spread of the three times that are known, 9, 13.9 and 16.5 s: the standard deviation of their logarithms is 0.31. */
const sigma = 0.3;
const key = 'test-key';

interface Emulated {
  readonly url: string;
  readonly deliveryUrl: string;
  readonly log: readonly { readonly server: string }[];
  stop(): Promise<void>;
}

const emulate = async (service: ServiceName, readyAfterOf: (seed: number) => number): Promise<Emulated> => {
  const options = { key, lenient: true, readyAfterOf };
  if (service === 'bfl') return bfl.start(options);
  if (service === 'replicate') return replicate.start(options);
  const emulator = await fal.start(options);
  return { url: emulator.url, deliveryUrl: emulator.cdnUrl, log: emulator.log, stop: () => emulator.stop() };
};

const measure = async (service: ServiceName, way: Way, times: readonly number[], atOnce = beside): Promise<Figures> => {
  const readyAt = new Map<number, number>();
  const emulator = await emulate(service, (seed) => {
    readyAt.set(seed, Date.now() + times[seed]);
    return times[seed];
  });
  // The longest begin first, so that a run does not end with one of them alone.
  const seeds = [...times.keys()].sort((a, b) => times[b] - times[a]);
  const child = fork(join(import.meta.dirname, 'lateness-child.ts'));
  const late: number[] = [];
  child.on('message', ({ seed, at }: Arrival) => late.push(at - readyAt.get(seed)!));
  child.send({
    service,
    way,
    key,
    url: emulator.url,
    deliveryUrl: emulator.deliveryUrl,
    seeds,
    beside: atOnce,
  } satisfies Order);
  const status = await new Promise((resolve) => child.once('exit', resolve));
  const requests = emulator.log.length / times.length;
  await emulator.stop();
  if (status !== 0 || late.length !== times.length) throw new Error(`${service}, ${way}: ${late.length} results`);
  return { late, requests };
};

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);

const row = (name: string, { late, requests }: Figures): void =>
  console.log(
    `${name.padEnd(44)} ${seconds(mean(late))} s ${seconds(quantile(late, 0.95))} s ${requests.toFixed(1).padStart(6)}`,
  );

const table: readonly (readonly [ServiceName, Way, string, number?])[] = [
  ['bfl', 'ours', 'BFL: ours'],
  ['bfl', 'loop', "BFL: the guide's loop of 0.5 s"],
  ['bfl', 'vendor', 'BFL: @ai-sdk/black-forest-labs'],
  ['fal', 'ours', 'fal: ours'],
  ['fal', 'vendor', 'fal: @fal-ai/client'],
  ['replicate', 'ours', 'Replicate: ours'],
  ['replicate', 'vendor', 'Replicate: replicate (told to poll)'],
  // All together ask at most ten times a second; ours keeps two of the 24 tasks of an account back.
  ['bfl', 'ours together', 'BFL: ours, 22 at once of one account', jobs],
  ['bfl', 'loop', "BFL: the guide's loop, 24 at once", 24],
];

const seed = Number(process.env.BENCH_SEED ?? Math.floor(Math.random() * 2 ** 32));
const random = generator(seed);
const times = Array.from({ length: jobs }, () => readyTime(sigma, random));
console.log(
  `${jobs} jobs each, log-normal, median 14 s, sigma ${sigma}, seed ${seed}; real time, all ways beside each other.\n` +
    'Lateness: ready to bytes in hand; requests: submit, questions, result and download.',
);
const figures = await Promise.all(table.map(([service, way, , atOnce]) => measure(service, way, times, atOnce)));
console.log(`${''.padEnd(44)}    mean     p95  requests`);
for (const [i, [, , name]] of table.entries()) row(name, figures[i]);

const [ours, loop] = figures;
const part = ours.requests / loop.requests;
const verdicts = {
  'mean lateness no worse than the loop': mean(ours.late) <= mean(loop.late),
  'p95 lateness no worse than the loop': quantile(ours.late, 0.95) <= quantile(loop.late, 0.95),
  [`at most 70 % of its requests: ${(100 * part).toFixed(1)} %`]: part <= 0.7,
};
for (const [name, holds] of Object.entries(verdicts)) console.log(`${holds ? 'yes' : 'NO '}  ${name}`);
if (!Object.values(verdicts).every(Boolean)) process.exitCode = 1;

console.log(
  '\nComputed, 20,000 jobs: mean and p95 lateness, requests, and part of the loop; a request takes 0 or 0.15 s',
);
for (const spread of [0.3, 0.5, 0.8]) {
  const many = Array.from({ length: 20_000 }, () => readyTime(spread, random));
  for (const trip of [0, 150]) {
    const [us, them] = [computedOurs(many, trip, random), computedLoop(many, trip)];
    row(`sigma ${spread}, ${seconds(trip)} s: the loop`, them);
    row(`sigma ${spread}, ${seconds(trip)} s: ours, ${((100 * us.requests) / them.requests).toFixed(0)} %`, us);
  }
  console.log(
    `sigma ${spread}: no schedule has the loop's mean lateness with fewer than ${(100 * leastPart(spread)).toFixed(0)} % of its questions`,
  );
}
