import type { Box, Mask } from './mask.ts';
import { runEnd, runStart, wordsOf } from './runs.ts';

/** The smallest box around every pixel above 0; null where the mask is empty. */
export const bounds = ({ width, height, data }: Mask): Box | null => {
  const words = wordsOf(data);
  const first = runEnd(data, words, 0, 0, width * height);
  if (first === width * height) return null;
  const top = Math.floor(first / width);
  const bottom = Math.floor((runStart(data, words, 0, first, width * height) - 1) / width);
  let left = width;
  let right = -1;
  for (let y = top; y <= bottom; y++) {
    const row = y * width;
    left = runEnd(data, words, 0, row, row + left) - row;
    right = runStart(data, words, 0, row + right + 1, row + width) - 1 - row;
  }
  return { x: left, y: top, width: right + 1 - left, height: bottom + 1 - top };
};

/** Pixels above 0. */
export const countSet = ({ data }: Mask): number => {
  let set = 0;
  for (let index = 0; index < data.length; index++) set += data[index] === 0 ? 0 : 1;
  return set;
};

/** Share of the pixels that are above 0: 0 to 1. */
export const coverage = (mask: Mask): number => countSet(mask) / mask.data.length;

/** Parts above 0 that touch nowhere, not even at a corner (8-connected), found by joining the runs of neighbouring rows. */
export const islands = ({ width, height, data }: Mask): number => {
  const words = wordsOf(data);
  const parents: number[] = [];
  const root = (run: number): number => {
    let at = run;
    while (parents[at] !== at) at = parents[at] = parents[parents[at]];
    return at;
  };
  let above: { readonly from: number; readonly to: number; readonly run: number }[] = [];
  for (let y = 0; y < height; y++) {
    const runs: typeof above = [];
    const end = (y + 1) * width;
    let near = 0;
    for (let from = runEnd(data, words, 0, y * width, end); from < end;) {
      let to = from;
      while (to < end && data[to] !== 0) to++;
      const run = parents.push(parents.length) - 1;
      while (near < above.length && above[near].to + width < from) near++;
      for (let each = near; each < above.length && above[each].from + width <= to; each++)
        parents[root(above[each].run)] = root(run);
      runs.push({ from, to, run });
      from = runEnd(data, words, 0, to, end);
    }
    above = runs;
  }
  return parents.filter((parent, run) => parent === run).length;
};

/** True where no pixel may change. */
export const isEmpty = ({ data }: Mask): boolean => runEnd(data, wordsOf(data), 0, 0, data.length) === data.length;

/** True where no pixel inside `box`, which lies inside the mask, may change. */
export const isEmptyIn = ({ width, data }: Mask, box: Box): boolean => {
  const words = wordsOf(data);
  for (let y = box.y; y < box.y + box.height; y++) {
    const end = y * width + box.x + box.width;
    if (runEnd(data, words, 0, end - box.width, end) < end) return false;
  }
  return true;
};

/** True where every pixel may change, however weakly. */
export const isFull = ({ data }: Mask): boolean => !data.includes(0);
