import type { Box, Mask } from './mask.ts';

/** The same bytes by four; empty where they do not begin at a word. */
const wordsOf = ({ buffer, byteOffset, length }: Uint8Array): Uint32Array =>
  byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, length >> 2) : new Uint32Array(0);

/** What is 0 is passed four bytes at a time. */
const firstSet = (data: Uint8Array, words: Uint32Array, from: number, to: number): number => {
  let index = from;
  while (index < to && (index & 3) !== 0 && data[index] === 0) index++;
  if ((index & 3) === 0) while (index + 4 <= to && words[index >> 2] === 0) index += 4;
  while (index < to && data[index] === 0) index++;
  return index;
};

const lastSet = (data: Uint8Array, from: number, to: number): number => {
  for (let index = to - 1; index >= from; index--) if (data[index] !== 0) return index;
  return from - 1;
};

/** The smallest box around every pixel above 0; null where the mask is empty. */
export const bounds = ({ width, height, data }: Mask): Box | null => {
  const words = wordsOf(data);
  const first = firstSet(data, words, 0, width * height);
  if (first === width * height) return null;
  const top = Math.floor(first / width);
  const bottom = Math.floor(lastSet(data, first, width * height) / width);
  let left = width;
  let right = -1;
  for (let y = top; y <= bottom; y++) {
    const row = y * width;
    left = firstSet(data, words, row, row + left) - row;
    right = lastSet(data, row + right + 1, row + width) - row;
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
    for (let from = firstSet(data, words, y * width, end); from < end;) {
      let to = from;
      while (to < end && data[to] !== 0) to++;
      const run = parents.push(parents.length) - 1;
      while (near < above.length && above[near].to + width < from) near++;
      for (let each = near; each < above.length && above[each].from + width <= to; each++)
        parents[root(above[each].run)] = root(run);
      runs.push({ from, to, run });
      from = firstSet(data, words, to, end);
    }
    above = runs;
  }
  return parents.filter((parent, run) => parent === run).length;
};

/** True where no pixel may change. */
export const isEmpty = ({ data }: Mask): boolean => firstSet(data, wordsOf(data), 0, data.length) === data.length;

/** True where no pixel inside `box`, which lies inside the mask, may change. */
export const isEmptyIn = ({ width, data }: Mask, box: Box): boolean => {
  const words = wordsOf(data);
  for (let y = box.y; y < box.y + box.height; y++) {
    const end = y * width + box.x + box.width;
    if (firstSet(data, words, end - box.width, end) < end) return false;
  }
  return true;
};

/** True where every pixel may change, however weakly. */
export const isFull = ({ data }: Mask): boolean => !data.includes(0);
