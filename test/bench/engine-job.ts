/** One cold process: the whole job after the download, by one of the ways. Prints what it took as one line of JSON. */
import { readFile, writeFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import type { Plan } from '../../src/fill/plan.ts';
import type { Mask, Settings } from '../../src/mask/mask.ts';

export interface Job {
  readonly way: 'engine' | 'sharp' | 'jimp';
  readonly workerFile: string;
  readonly source: string;
  readonly result: string;
  readonly out: string;
  /** Raw bytes of the image's size. */
  readonly maskFile: string;
  readonly width: number;
  readonly height: number;
  readonly wide: boolean;
  /** What is written: a PNG of level 1, or a JPEG like the source, which nobody reads back to compare. */
  readonly as: 'png' | 'source';
  readonly settings: Settings;
  readonly plan: Plan;
}

interface Hold {
  readonly p95: number;
  readonly max: number;
}

export interface Took {
  /** From the start of the process, in milliseconds. */
  readonly ms: number;
  /** Processor time of all threads in milliseconds: says the same on a busy machine. */
  readonly cpu: number;
  /** Peak of the whole process in MiB. */
  readonly peak: number;
  /** Holds of the event loop of the thread that asks, in milliseconds beyond the sampling interval. */
  readonly hold: Hold;
}

const interval = 10;

/** That of the source. */
const jpegQuality = 92;

const baseOf = async ({ maskFile, width, height }: Job): Promise<Mask> => ({
  width,
  height,
  data: new Uint8Array(await readFile(maskFile)),
});

const byEngine = async (job: Job): Promise<Hold> => {
  const { createEngine } = await import('../../src/raster/threads.ts');
  const { source, result, settings, plan, out, as } = job;
  const engine = createEngine({ workerUrl: pathToFileURL(job.workerFile) });
  const base = await baseOf(job);
  const delay = monitorEventLoopDelay({ resolution: interval });
  delay.enable();
  const finished = await engine.finish({
    source: { name: 'source', path: source },
    result: { name: 'result', path: result },
    ...{ base, settings, plan, out, fromAlpha: false, as, opaque: false },
  });
  await engine.dispose();
  if (!finished.ok || finished.value.changedOutsideEffective !== 0) throw new Error(JSON.stringify(finished));
  const held = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - interval);
  return { p95: held(delay.percentile(95)), max: held(delay.max) };
};

type Samples = Uint8Array | Uint16Array;

/** The fill into the window and nothing else: what another toolkit's user would write. */
const blend = async (job: Job, samples: Samples, channels: number, fill: Uint8Array, fillChannels: number) => {
  const { effectiveIn } = await import('../../src/mask/effective.ts');
  const { window } = job.plan;
  const strength = effectiveIn(await baseOf(job), job.settings, window).data;
  const unit = samples instanceof Uint16Array ? 257 : 1;
  for (let index = 0; index < strength.length; index++) {
    const a = strength[index];
    const y = window.y + Math.floor(index / window.width);
    const at = (y * job.width + window.x + (index % window.width)) * channels;
    if (a !== 0)
      for (let band = 0; band < 3; band++)
        samples[at + band] = Math.floor(
          (samples[at + band] * (255 - a) + fill[index * fillChannels + band] * unit * a + 127) / 255,
        );
  }
};

const sameOr = (one: Uint8Array, two: Uint8Array): void => {
  if (Buffer.compare(one, two) !== 0) throw new Error('The saved file differs.');
};

const bySharp = async (job: Job): Promise<void> => {
  const { default: sharp } = await import('sharp');
  const space = job.wide ? 'rgb16' : 'srgb';
  const depth = job.wide ? 'ushort' : 'uchar';
  const decode = (file: string) => sharp(file).toColourspace(space).raw({ depth }).toBuffer();
  const bytes = await decode(job.source);
  const samples = job.wide ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) : bytes;
  await blend(job, samples, 3, await sharp(job.result).raw().toBuffer(), 3);
  const made = sharp(samples, { raw: { width: job.width, height: job.height, channels: 3 } }).toColourspace(space);
  if (job.as === 'source') return void (await made.jpeg({ quality: jpegQuality }).toFile(job.out));
  await made.png({ compressionLevel: 1 }).toFile(job.out);
  sameOr(bytes, await decode(job.out));
};

const byJimp = async (job: Job): Promise<void> => {
  const { Jimp } = await import('jimp');
  const big = { 'image/jpeg': { maxMemoryUsageInMB: 4096, maxResolutionInMP: 400 } };
  const image = await Jimp.fromBuffer(await readFile(job.source), big);
  const result = await Jimp.fromBuffer(await readFile(job.result));
  await blend(job, image.bitmap.data, 4, result.bitmap.data, 4);
  if (job.as === 'source') return writeFile(job.out, await image.getBuffer('image/jpeg', { quality: jpegQuality }));
  await writeFile(job.out, await image.getBuffer('image/png', { deflateLevel: 1 }));
  sameOr(image.bitmap.data, (await Jimp.fromBuffer(await readFile(job.out))).bitmap.data);
};

const job = JSON.parse(await readFile(process.argv[2], 'utf8')) as Job;
const notAsked: Hold = { p95: 0, max: 0 };
const ways = {
  engine: () => byEngine(job),
  sharp: () => bySharp(job).then(() => notAsked),
  jimp: () => byJimp(job).then(() => notAsked),
};
const hold = await ways[job.way]();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const took: Took = { ms: performance.now(), cpu: (userCPUTime + systemCPUTime) / 1000, peak: maxRSS / 1024, hold };
console.log(JSON.stringify(took));
process.exit(0);
