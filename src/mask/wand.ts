/**
 * What a click selects: similar colours of the image, or a region of the mask. Generators that yield every few
 * milliseconds, so that a page can draw in between; what they return is the selection.
 */
import type { Part } from './combine.ts';
import { cutPart } from './combine.ts';
import type { Box, Mask } from './mask.ts';

/** Pixels of an image, upright: four bytes each (red, green, blue, alpha). */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** width × height. */
  readonly data: Uint32Array;
}

/** A whole pixel of the image. */
interface Pixel {
  readonly x: number;
  readonly y: number;
}

/** Pixels looked at between two yields: about a millisecond. */
const slice = 200_000;

/** A pixel of at least this strength counts as marked: the same as where masks grow and shrink. */
const marked = 128;

/**
 * The pixels whose every channel differs from that of the pixel at `seed` by at most `tolerance` (0 to 255); `contiguous`:
 * only those that are connected with it (4-connected). `seed` lies inside the image.
 */
export function* selectSimilar(
  pixels: Pixels,
  seed: Pixel,
  tolerance: number,
  contiguous: boolean,
): Generator<undefined, Part> {
  const { width, height, data } = pixels;
  const wanted = data[seed.y * width + seed.x];
  const near = (shift: number): Uint8Array =>
    Uint8Array.from({ length: 256 }, (_, value) => (Math.abs(value - ((wanted >>> shift) & 255)) <= tolerance ? 1 : 0));
  const [first, second, third, fourth] = [near(0), near(8), near(16), near(24)];
  const similar = (at: number): boolean => {
    const pixel = data[at];
    return (
      (first[pixel & 255] & second[(pixel >>> 8) & 255] & third[(pixel >>> 16) & 255] & fourth[pixel >>> 24]) !== 0
    );
  };
  if (contiguous) return yield* flood(width, height, seed, similar);
  const found = new Uint8Array(width * height);
  for (let from = 0; from < found.length; from += slice) {
    const to = Math.min(found.length, from + slice);
    for (let at = from; at < to; at++) if (similar(at)) found[at] = 255;
    yield;
  }
  return { box: { x: 0, y: 0, width, height }, data: found };
}

/**
 * The region of the mask that the pixel lies in: all connected pixels (4-connected) on the same side of one half. Where it
 * is to become `target` (255 or 0), its soft edge goes with it: from there on, every pixel that comes nearer to the
 * target without going back, so that no weak ring stays between what is filled and what was full already.
 */
export function* selectRegion(mask: Mask, seed: Pixel, target: 255 | 0): Generator<undefined, Part> {
  const { width, height, data } = mask;
  const side = data[seed.y * width + seed.x] >= marked;
  const region = yield* flood(width, height, seed, (at) => data[at] >= marked === side);
  if (side === (target === 255)) return region;
  const { box } = region;
  const wide = { width, height, data: new Uint8Array(width * height) };
  for (let y = 0; y < box.height; y++) {
    const row = region.data.subarray(y * box.width, (y + 1) * box.width);
    wide.data.set(row, (box.y + y) * width + box.x);
  }
  const closeness = (at: number): number => (target === 255 ? data[at] : 255 - data[at]);
  const waiting: number[] = [];
  let { x: left, y: top } = box;
  let right = left + box.width;
  let bottom = top + box.height;
  const spread = (at: number): void => {
    const x = at % width;
    const from = closeness(at);
    const reach = (to: number): void => {
      if (wide.data[to] !== 0 || closeness(to) === 255 || closeness(to) < from) return;
      wide.data[to] = 255;
      waiting.push(to);
      left = Math.min(left, to % width);
      right = Math.max(right, (to % width) + 1);
      top = Math.min(top, Math.floor(to / width));
      bottom = Math.max(bottom, Math.floor(to / width) + 1);
    };
    if (x > 0) reach(at - 1);
    if (x < width - 1) reach(at + 1);
    if (at >= width) reach(at - width);
    if (at < width * (height - 1)) reach(at + width);
  };
  for (let y = 0, work = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) if (atEdge(region, x, y)) spread((box.y + y) * width + box.x + x);
    work += box.width;
    if (work < slice) continue;
    work = 0;
    yield;
  }
  for (let work = 1; waiting.length > 0; work++) {
    spread(waiting.pop()!);
    if (work % slice === 0) yield;
  }
  return cutPart(wide, { x: left, y: top, width: right - left, height: bottom - top });
}

/** True for a pixel of the part, as its own box has it, beside which another may lie that is none of it. */
const atEdge = ({ box: { width, height }, data }: Part, x: number, y: number): boolean => {
  const at = y * width + x;
  if (data[at] === 0) return false;
  if (x === 0 || y === 0 || x === width - 1 || y === height - 1) return true;
  return data[at - 1] === 0 || data[at + 1] === 0 || data[at - width] === 0 || data[at + width] === 0;
};

/**
 * Everything connected with `seed` (4-connected) for which `inside` holds, which it does at the seed. Span by span
 * (P. Heckbert, A Seed Fill Algorithm, Graphics Gems, 1990), so most pixels are looked at once.
 */
function* flood(
  width: number,
  height: number,
  seed: Pixel,
  inside: (at: number) => boolean,
): Generator<undefined, Part> {
  const found = new Uint8Array(width * height);
  const open = (at: number): boolean => found[at] === 0 && inside(at);
  // Spans of which the row below or above (`dy`) is to be looked at: row, first, last, dy.
  const spans: number[] = [];
  const push = (y: number, from: number, to: number, dy: number): void => {
    if (y + dy >= 0 && y + dy < height) spans.push(y, from, to, dy);
  };
  let left = seed.x;
  let right = seed.x;
  let top = seed.y;
  let bottom = seed.y;
  let work = 0;

  const fill = (y: number, from: number, to: number, dy: number): void => {
    const row = y * width;
    for (let x = from; x <= to; x++) {
      if (!open(row + x)) continue;
      let start = x;
      if (x === from) while (start > 0 && open(row + start - 1)) start--;
      let end = x + 1;
      while (end < width && open(row + end)) end++;
      found.fill(255, row + start, row + end);
      push(y, start, end - 1, dy);
      if (start < from) push(y, start, from - 1, -dy);
      if (end - 1 > to) push(y, to + 1, end - 1, -dy);
      left = Math.min(left, start);
      right = Math.max(right, end - 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      work += end - start;
      x = end;
    }
  };

  fill(seed.y, seed.x, seed.x, 1);
  push(seed.y, seed.x, seed.x, -1);
  while (spans.length > 0) {
    const dy = spans.pop()!;
    const to = spans.pop()!;
    const from = spans.pop()!;
    const y = spans.pop()! + dy;
    fill(y, from, to, dy);
    work += to - from + 1;
    if (work < slice) continue;
    work = 0;
    yield;
  }
  const box: Box = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  return cutPart({ width, height, data: found }, box);
}
