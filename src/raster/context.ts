/**
 * Does what came back show the source around the mask, and is it in its place? Only the context is looked at: inside the
 * mask something else is wanted.
 */
import type { Size } from '../fill/geometry.ts';

/** Whole pixels by which the returned frame has to be moved, right and down, to lie on the source. */
export interface Shift {
  readonly x: number;
  readonly y: number;
}

/** Furthest shift looked for, pixels each way. */
const reach = 12;

/** Pixels that are compared: the most contoured of an even sample of the context. */
const mostSamples = 12_000;

/** Fewer contours than this prove no shift. */
const leastSamples = 400;

/** A gradient below this, in levels a pixel, is noise. */
const leastGradient = 6;

/** Correlation of gradients that a corrected frame must reach, and the share of what was missing that the shift must mend. */
const leastCorrelation = 0.6;
const mostLeftOver = 0.5;

/** By how much the best shift must be ahead of every other that is no neighbour of it. */
const leastLead = 0.05;

/** A frame that agrees this well lies where it should. */
const inPlace = 0.97;

/** Parts of the context, as a grid over the window, that are asked separately, and the share of them that must agree. */
const parts = 3;
const agreement = 0.6;

const luma = (rgb: Uint8Array): Float32Array => {
  const out = new Float32Array(rgb.length / 3);
  for (let at = 0, from = 0; at < out.length; at++, from += 3)
    out[at] = 0.3 * rgb[from] + 0.59 * rgb[from + 1] + 0.11 * rgb[from + 2];
  return out;
};

interface Gradient {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

const gradientOf = (values: Float32Array, { width, height }: Size): Gradient => {
  const x = new Float32Array(values.length);
  const y = new Float32Array(values.length);
  for (let row = 1; row < height - 1; row++)
    for (let at = row * width + 1; at < (row + 1) * width - 1; at++) {
      x[at] = (values[at + 1] - values[at - 1]) / 2;
      y[at] = (values[at + width] - values[at - width]) / 2;
    }
  return { x, y };
};

/** The same at these places only; elsewhere 0. */
const gradientAt = (values: Float32Array, { width }: Size, places: readonly number[]): Gradient => {
  const x = new Float32Array(values.length);
  const y = new Float32Array(values.length);
  for (const at of places) {
    x[at] = (values[at + 1] - values[at - 1]) / 2;
    y[at] = (values[at + width] - values[at - width]) / 2;
  }
  return { x, y };
};

/** Contours of the source in the context, at least `reach` from the border, strongest first in each part. */
const contours = (source: Gradient, hole: Uint8Array, size: Size): number[][] => {
  const { width, height } = size;
  const found: number[][] = Array.from({ length: parts * parts }, () => []);
  for (let y = reach + 1; y < height - reach - 1; y++)
    for (let x = reach + 1; x < width - reach - 1; x++) {
      const at = y * width + x;
      if (hole[at] !== 0 || source.x[at] ** 2 + source.y[at] ** 2 < leastGradient ** 2) continue;
      found[Math.floor((y * parts) / height) * parts + Math.floor((x * parts) / width)].push(at);
    }
  const total = found.reduce((sum, part) => sum + part.length, 0);
  const step = Math.max(1, total / mostSamples);
  return found.map((part) =>
    Array.from({ length: Math.floor(part.length / step) }, (_, index) => part[Math.floor(index * step)]),
  );
};

/** Normalised correlation of the gradients at `samples`, the returned frame read `shift` away; -1 to 1. */
const correlation = (source: Gradient, returned: Gradient, samples: readonly number[], offset: number): number => {
  let [both, one, two] = [0, 0, 0];
  for (const at of samples) {
    const there = at - offset;
    both += source.x[at] * returned.x[there] + source.y[at] * returned.y[there];
    one += source.x[at] ** 2 + source.y[at] ** 2;
    two += returned.x[there] ** 2 + returned.y[there] ** 2;
  }
  return one === 0 || two === 0 ? 0 : both / Math.sqrt(one * two);
};

interface Found extends Shift {
  readonly correlation: number;
}

/** The correlation of every shift in reach. */
const correlations = (source: Gradient, returned: Gradient, samples: readonly number[], width: number): Found[] => {
  const found: Found[] = [];
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++)
      found.push({ x, y, correlation: correlation(source, returned, samples, y * width + x) });
  return found;
};

const highest = (all: readonly Found[]): Found =>
  all.reduce((one, other) => (other.correlation > one.correlation ? other : one));

const isNear = (one: Shift, other: Shift, distance: number): boolean =>
  Math.abs(one.x - other.x) <= distance && Math.abs(one.y - other.y) <= distance;

/**
 * The whole-pixel shift that the context proves, or none. Corrected only when clearly better: the gradients must agree well
 * afterwards, at least half of what was missing must be mended, no other place may do nearly as well (a pattern that
 * repeats), and most parts of the context must say the same for themselves.
 * `source` and `returned`: 8-bit RGB of `size`; `hole` above 0 is not looked at.
 */
export const shiftOf = (source: Uint8Array, returned: Uint8Array, hole: Uint8Array, size: Size): Shift => {
  const none = { x: 0, y: 0 };
  if (size.width <= 4 * reach || size.height <= 4 * reach) return none;
  const one = gradientOf(luma(source), size);
  const split = contours(one, hole, size);
  const samples = split.flat();
  if (samples.length < leastSamples) return none;
  const values = luma(returned);
  const unmoved = correlation(one, gradientAt(values, size, samples), samples, 0);
  if (unmoved >= inPlace) return none;
  const two = gradientOf(values, size);
  const all = correlations(one, two, samples, size.width);
  const best = highest(all);
  const rival = highest(all.filter((other) => !isNear(other, best, 2)));
  const isClear =
    best.correlation >= leastCorrelation &&
    1 - best.correlation <= mostLeftOver * (1 - unmoved) &&
    best.correlation - rival.correlation >= leastLead;
  if (!isClear) return none;
  const asked = split.filter((part) => part.length >= leastSamples / parts / parts);
  const agreed = asked.filter((part) => isNear(highest(correlations(one, two, part, size.width)), best, 1));
  return agreed.length >= agreement * asked.length ? { x: best.x, y: best.y } : none;
};

/** Side of the tiles whose means are compared, in pixels. */
const tile = 8;

/** Below this share of known pixels there is nothing to compare. */
const leastKnown = 0.02;

/** Agreement of the tiles' details that makes a frame the same picture, and the even difference in levels that does too. */
const leastLikeness = 0.4;
const mostScatter = 8;
const mostOffset = 24;

/**
 * False where the context of what came back is another picture: its tiles do not stand out from their neighbours
 * as the source's do, and it is no plain surface either. True where there is too little context to tell.
 */
export const isSamePicture = (source: Uint8Array, returned: Uint8Array, hole: Uint8Array, size: Size): boolean => {
  const columns = Math.ceil(size.width / tile);
  const count = new Float64Array(columns * Math.ceil(size.height / tile));
  const sums = [count.slice(), count.slice()];
  const histogram = new Uint32Array(511);
  let known = 0;
  for (let y = 0, at = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++, at++) {
      if (hole[at] !== 0) continue;
      // Green stands for the brightness.
      const [one, two] = [source[at * 3 + 1], returned[at * 3 + 1]];
      const cell = Math.floor(y / tile) * columns + Math.floor(x / tile);
      count[cell] += 1;
      sums[0][cell] += one;
      sums[1][cell] += two;
      histogram[one - two + 255] += 1;
      known += 1;
    }
  if (known < leastKnown * hole.length) return true;
  if (isNearlyEven(histogram, known)) return true;
  const [one, two] = sums.map((sum) => details(sum, count, columns));
  return likeness(one, two) >= leastLikeness;
};

/** True where half of the differences lie within `mostScatter` of their median, and that is no other tone altogether. */
const isNearlyEven = (histogram: Uint32Array, total: number): boolean => {
  let seen = 0;
  const middle = histogram.findIndex((count) => (seen += count) * 2 >= total);
  const near = histogram.subarray(Math.max(0, middle - mostScatter), middle + mostScatter + 1);
  return Math.abs(middle - 255) <= mostOffset && near.reduce((sum, count) => sum + count, 0) * 2 >= total;
};

/** The mean of each tile less that of the four around it; 0 where one of them is unknown. */
const details = (sum: Float64Array, count: Float64Array, columns: number): Float64Array => {
  const mean = sum.map((value, cell) => value / count[cell]);
  return mean.map((value, cell) => {
    const column = cell % columns;
    if (column === 0 || column === columns - 1) return 0;
    const detail = value - (mean[cell - 1] + mean[cell + 1] + mean[cell - columns] + mean[cell + columns]) / 4;
    return Number.isFinite(detail) ? detail : 0;
  });
};

const likeness = (one: Float64Array, two: Float64Array): number => {
  let [both, first, second] = [0, 0, 0];
  for (let cell = 0; cell < one.length; cell++) {
    both += one[cell] * two[cell];
    first += one[cell] ** 2;
    second += two[cell] ** 2;
  }
  return first === 0 || second === 0 ? 0 : both / Math.sqrt(first * second);
};
