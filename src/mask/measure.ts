import type { Box, Mask } from './mask.ts';

const firstSet = (data: Uint8Array, from: number, to: number): number => {
  for (let index = from; index < to; index++) if (data[index] !== 0) return index;
  return to;
};

const lastSet = (data: Uint8Array, from: number, to: number): number => {
  for (let index = to - 1; index >= from; index--) if (data[index] !== 0) return index;
  return from - 1;
};

/** The smallest box around every pixel above 0; null where the mask is empty. */
export const bounds = ({ width, height, data }: Mask): Box | null => {
  const first = firstSet(data, 0, width * height);
  if (first === width * height) return null;
  const top = Math.floor(first / width);
  const bottom = Math.floor(lastSet(data, first, width * height) / width);
  let left = width;
  let right = -1;
  for (let y = top; y <= bottom; y++) {
    const row = y * width;
    left = firstSet(data, row, row + left) - row;
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
    for (let from = firstSet(data, y * width, end); from < end;) {
      let to = from;
      while (to < end && data[to] !== 0) to++;
      const run = parents.push(parents.length) - 1;
      while (near < above.length && above[near].to + width < from) near++;
      for (let each = near; each < above.length && above[each].from + width <= to; each++)
        parents[root(above[each].run)] = root(run);
      runs.push({ from, to, run });
      from = firstSet(data, to, end);
    }
    above = runs;
  }
  return parents.filter((parent, run) => parent === run).length;
};

/** True where no pixel may change. */
export const isEmpty = ({ data }: Mask): boolean => {
  const whole = data.byteOffset % 4 === 0 ? data.length >> 2 : 0;
  const words = new Uint32Array(data.buffer, whole === 0 ? 0 : data.byteOffset, whole);
  for (let index = 0; index < whole; index++) if (words[index] !== 0) return false;
  return firstSet(data, whole * 4, data.length) === data.length;
};

/** True where every pixel may change, however weakly. */
export const isFull = ({ data }: Mask): boolean => !data.includes(0);
