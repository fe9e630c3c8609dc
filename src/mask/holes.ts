import { clipBox, expandBox } from './box.ts';
import type { Mask } from './mask.ts';
import { bounds } from './measure.ts';

/** Pixels that are reached, and that are written, between two steps of the work. */
const reachedAtOnce = 1 << 14;
const writtenAtOnce = 1 << 19;

/**
 * Fills what the mask encloses, in place: every pixel rises to the lowest level over which it can be left towards the
 * image border (4-connected, so a diagonal line closes). This is hole filling by reconstruction for grey values
 * (P. Soille, Morphological Image Analysis, 6.3.7), done as a flood in order of level, so soft inner edges close too.
 */
export const fillHoles = (mask: Mask): void => {
  const work = fillingHoles(mask);
  while (work.next().done !== true);
};

/** The same in small steps, for a thread that has more to do. */
export function* fillingHoles(mask: Mask): Generator<undefined, void> {
  const set = bounds(mask);
  const box = set === null ? null : clipBox(expandBox(set, 1), mask);
  if (box === null) return;
  yield;
  const { width, data } = mask;
  const { x: left, y: top } = box;
  const right = left + box.width - 1;
  const bottom = top + box.height - 1;

  // One list of waiting pixels a level, chained through `next`. `levels` is one more than the level that a pixel was reached
  // at, and 0 where it was not: memory that nothing is written to costs no time.
  const levels = new Uint8Array(data.length);
  const next = new Int32Array(data.length);
  const heads = new Int32Array(256).fill(-1);
  let work = 0;
  const reach = (at: number, level: number): void => {
    const raised = Math.max(level, data[at]);
    if (levels[at] !== 0 || raised === 255) return;
    levels[at] = raised + 1;
    next[at] = heads[raised];
    heads[raised] = at;
    work++;
  };

  for (let x = left; x <= right; x++) {
    reach(top * width + x, 0);
    reach(bottom * width + x, 0);
  }
  for (let y = top; y <= bottom; y++) {
    reach(y * width + left, 0);
    reach(y * width + right, 0);
    if (y % 256 === 0) yield;
  }
  for (let level = 0; level < 255; level++)
    while (heads[level] !== -1) {
      const at = heads[level];
      heads[level] = next[at];
      const x = at % width;
      const y = (at - x) / width;
      if (x > left) reach(at - 1, level);
      if (x < right) reach(at + 1, level);
      if (y > top) reach(at - width, level);
      if (y < bottom) reach(at + width, level);
      if (work < reachedAtOnce) continue;
      work = 0;
      yield;
    }
  for (let y = top, written = 0; y <= bottom; y++) {
    // One less than 0 is 255 in a byte: what cannot be left at all.
    for (let at = y * width + left; at <= y * width + right; at++) data[at] = levels[at] - 1;
    written += box.width;
    if (written < writtenAtOnce) continue;
    written = 0;
    yield;
  }
}
