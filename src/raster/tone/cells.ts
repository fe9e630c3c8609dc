/** The context of the mask as averages over square cells: what a shift is learned from. */
import type { Size } from '../../fill/geometry.ts';

/** Side of a cell in pixels: averages out the noise of the re-synthesis and is small beside what a shift varies over. */
export const cellSide = 8;

/** One colour of the context. Cells row by row; every array has columns × rows entries. */
export interface Cells {
  readonly columns: number;
  readonly rows: number;
  /** Share of the cell's pixels that were usable, 0 to 1. */
  readonly weight: Float32Array;
  /** Means over those pixels: source - returned, the returned level, and what gamma moves (see `gammaTerm`). */
  readonly difference: Float32Array;
  readonly level: Float32Array;
  readonly gamma: Float32Array;
}

/** 255 (v/255)^(1 + e) = v + e × this, to first order: v ln(v / 255). */
export const gammaTerm = Float32Array.from({ length: 256 }, (_, level) =>
  level === 0 ? 0 : level * Math.log(level / 255),
);

/** A cell with fewer usable pixels than this share says nothing. */
const leastUsable = 0.25;

/**
 * `source` and `returned` are RGB of `size`, `hole` is above 0 where the model was to change something. Pixels that came
 * back at the end of the scale were clipped there and are left out.
 */
export const cellsOf = (
  source: Uint8Array,
  returned: Uint8Array,
  hole: Uint8Array,
  { width, height }: Size,
  band: number,
): Cells => {
  const columns = Math.ceil(width / cellSide);
  const rows = Math.ceil(height / cellSide);
  const weight = new Float32Array(columns * rows);
  const difference = new Float32Array(weight.length);
  const level = new Float32Array(weight.length);
  const gamma = new Float32Array(weight.length);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / cellSide) * columns;
    for (let x = 0; x < width; x++, at++) {
      const value = returned[at * 3 + band];
      if (hole[at] !== 0 || value === 0 || value === 255) continue;
      const cell = row + Math.floor(x / cellSide);
      weight[cell] += 1;
      difference[cell] += source[at * 3 + band] - value;
      level[cell] += value;
      gamma[cell] += gammaTerm[value];
    }
  }
  for (let cell = 0; cell < weight.length; cell++) {
    const count = weight[cell];
    const usable = count >= leastUsable * cellSide * cellSide;
    weight[cell] = usable ? count / (cellSide * cellSide) : 0;
    difference[cell] = usable ? difference[cell] / count : 0;
    level[cell] = usable ? level[cell] / count : 0;
    gamma[cell] = usable ? gamma[cell] / count : 0;
  }
  return { columns, rows, weight, difference, level, gamma };
};
