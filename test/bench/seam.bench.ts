/**
 * The seam under seven synthetic shifts (facts/products.md 3.4): ours beside each single method. A frame is the photo as a
 * model gives it back (blurred by 0.7, JPEG q92), shifted; of the second kind, with another photo's pixels in the hole.
 */
import sharp from 'sharp';
import { correctTone } from '../../src/raster/tone/correct.ts';
import { photos, type Picture } from './photos.ts';
import { seamOf, qualityOf, type Quality } from './seam-measure.ts';
import { singleMethods } from './single-methods.ts';

type Shift = (value: number, x: number, y: number, band: number) => number;

/** `x` and `y` run from 0 to 1. */
const shifts: Readonly<Record<string, Shift>> = {
  none: (value) => value,
  'uniform +5': (value) => value + 5,
  'tint +12/-8/+6': (value, _x, _y, band) => value + [12, -8, 6][band],
  'gradient ±8': (value, x, _y, band) => value + 16 * (x - 0.5) * [1, 0.5, -1][band],
  'curved ±10': (value, x, y) => value + 10 * Math.sin(x * Math.PI * 1.5) * Math.cos(y * Math.PI),
  'gamma 0.93': (value) => 255 * (Math.max(value, 0) / 255) ** 0.93,
  'contrast 0.94': (value) => 128 + (value - 128) * 0.94 + 2,
};

const border = (angle: number): number => 1 + 0.15 * Math.sin(5 * angle);
const centreOf = ({ width, height }: Picture) => ({ x: width * 0.5, y: height * 0.48 });
const radiiOf = ({ width, height }: Picture) => ({ x: width * 0.26, y: height * 0.26 });

/** 1 inside a wavy disc of about 21 % of the window. */
const holeOf = (picture: Picture): Uint8Array => {
  const centre = centreOf(picture);
  const radii = radiiOf(picture);
  const hole = new Uint8Array(picture.width * picture.height);
  for (let at = 0; at < hole.length; at++) {
    const x = ((at % picture.width) - centre.x) / radii.x;
    const y = (Math.floor(at / picture.width) - centre.y) / radii.y;
    hole[at] = Math.hypot(x, y) < border(Math.atan2(y, x)) ? 1 : 0;
  }
  return hole;
};

const synthesised = async ({ width, height, data }: Picture): Promise<Uint8Array> => {
  const soft = await sharp(data, { raw: { width, height, channels: 3 } })
    .blur(0.7)
    .jpeg({ quality: 92, chromaSubsampling: '4:4:4' })
    .toBuffer();
  return new Uint8Array(await sharp(soft).raw().toBuffer());
};

/** `other` in the hole, from its top left corner on, repeated where it is smaller. */
const withOther = (frame: Uint8Array, { width }: Picture, other: Picture, hole: Uint8Array): Uint8Array =>
  frame.map((value, at) => {
    const pixel = Math.floor(at / 3);
    if (hole[pixel] === 0) return value;
    const from = (Math.floor(pixel / width) % other.height) * other.width + ((pixel % width) % other.width);
    return other.data[from * 3 + (at % 3)];
  });

const shifted = (frame: Uint8Array, { width, height }: Picture, shift: Shift): Uint8Array =>
  Uint8Array.from(frame, (value, at) => {
    const pixel = Math.floor(at / 3);
    const moved = shift(value, (pixel % width) / width, Math.floor(pixel / width) / height, at % 3);
    return Math.max(0, Math.min(255, Math.round(moved)));
  });

const bandOf = (data: Uint8Array, band: number): Float32Array =>
  Float32Array.from({ length: data.length / 3 }, (_, at) => data[at * 3 + band]);

const single = (
  name: string,
  source: Uint8Array,
  returned: Uint8Array,
  hole: Uint8Array,
  size: Picture,
): Uint8Array => {
  const out = new Uint8Array(source.length);
  for (let band = 0; band < 3; band++) {
    const made = singleMethods[name](bandOf(source, band), bandOf(returned, band), hole, size);
    made.forEach((value, at) => (out[at * 3 + band] = Math.max(0, Math.min(255, Math.round(value)))));
  }
  return out;
};

const ours = (source: Uint8Array, returned: Uint8Array, hole: Uint8Array, size: Picture): Uint8Array => {
  const out = returned.slice();
  correctTone(source, out, hole, size);
  return out;
};

const pasted = (source: Uint8Array, made: Uint8Array, hole: Uint8Array): Uint8Array =>
  source.map((value, at) => (hole[Math.floor(at / 3)] === 0 ? value : made[at]));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const side = 640;
const pictures = await photos(side);
const frames = await Promise.all(pictures.map(synthesised));
const holes = pictures.map(holeOf);
console.log(
  `${pictures.length} photos of at most ${side} px a side, hole ${(100 * mean(holes.map((hole) => mean([...hole])))).toFixed(1)} % of the window`,
);

/** dB average (worst); edge offset in levels. */
const cell = (all: readonly Quality[]): string =>
  `${mean(all.map(({ psnr }) => psnr)).toFixed(1)} (${Math.min(...all.map(({ psnr }) => psnr)).toFixed(1)}); ${mean(all.map(({ edge }) => edge)).toFixed(2)}`;

const names = Object.keys(singleMethods);
for (const kind of ['source-like', 'other content'] as const) {
  console.log(`\n${kind}: PSNR in dB, average (worst); edge offset in levels`);
  const table: Record<string, Record<string, string>> = {};
  const seams: Record<string, Record<string, string>> = {};
  for (const [name, shift] of Object.entries(shifts)) {
    const all: Record<string, Quality[]> = Object.fromEntries(['ours', ...names].map((method) => [method, []]));
    const ratios: number[] = [];
    const jumps: number[] = [];
    let spent = 0;
    pictures.forEach((picture, index) => {
      const hole = holes[index];
      const other = pictures[(index + 5) % pictures.length];
      const ideal = kind === 'source-like' ? frames[index] : withOther(frames[index], picture, other, hole);
      const returned = shifted(ideal, picture, shift);
      const before = performance.now();
      const made = ours(picture.data, returned, hole, picture);
      spent += performance.now() - before;
      all['ours'].push(qualityOf(made, ideal, hole, picture));
      for (const method of names)
        all[method].push(qualityOf(single(method, picture.data, returned, hole, picture), ideal, hole, picture));
      const edge = [picture, centreOf(picture), radiiOf(picture), border] as const;
      const seam = seamOf(pasted(picture.data, made, hole), ...edge);
      const clean = seamOf(picture.data, ...edge);
      ratios.push(seam.ratio / clean.ratio);
      jumps.push(Math.abs(seam.jump - clean.jump));
    });
    table[name] = Object.fromEntries(Object.entries(all).map(([method, found]) => [method, cell(found)]));
    seams[name] = {
      'ratio added': `${mean(ratios).toFixed(3)} (max ${Math.max(...ratios).toFixed(3)})`,
      'jump added': `${mean(jumps).toFixed(2)} (max ${Math.max(...jumps).toFixed(2)})`,
      change: mean(all['ours'].map(({ change }) => change)).toFixed(3),
      'ms a window': (spent / pictures.length).toFixed(0),
    };
  }
  console.table(table);
  console.table(seams);
}
