/**
 * Values known on some cells of a grid, continued over the others: smoothed, then as a membrane (Laplace's equation;
 * Perez et al. 2003, Farbman et al. 2009). The edge of the grid is free (Neumann), so that a mask that touches the edge of
 * the image is not pulled to anything there.
 */

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly values: Float32Array;
}

const relaxation = 1.9;

/** Radius in cells of the two box blurs that take texture out of what is known. */
const smoothing = 1;

const blurLine = (from: Float32Array, to: Float32Array, start: number, step: number, length: number): void => {
  const at = (index: number): number => (index < 0 || index >= length ? 0 : from[start + index * step]);
  let sum = 0;
  for (let index = 0; index < smoothing; index++) sum += at(index);
  for (let index = 0; index < length; index++) {
    sum += at(index + smoothing) - at(index - smoothing - 1);
    to[start + index * step] = sum;
  }
};

const boxBlur = ({ columns, rows, values }: Grid): Grid => {
  const across = new Float32Array(values.length);
  const both = new Float32Array(values.length);
  for (let y = 0; y < rows; y++) blurLine(values, across, y * columns, 1, columns);
  for (let x = 0; x < columns; x++) blurLine(across, both, x, columns, rows);
  return { columns, rows, values: both };
};

/** Bilinear, at a place counted in cells from the centre of the first one; constant beyond the outermost centres. */
export const sampleGrid = ({ columns, rows, values }: Grid, x: number, y: number): number => {
  const fx = Math.max(0, Math.min(columns - 1, x));
  const fy = Math.max(0, Math.min(rows - 1, y));
  const x0 = Math.floor(fx);
  const y0 = Math.floor(fy);
  const x1 = Math.min(columns - 1, x0 + 1);
  const y1 = Math.min(rows - 1, y0 + 1);
  const ax = fx - x0;
  const ay = fy - y0;
  const top = values[y0 * columns + x0] * (1 - ax) + values[y0 * columns + x1] * ax;
  const bottom = values[y1 * columns + x0] * (1 - ax) + values[y1 * columns + x1] * ax;
  return top * (1 - ay) + bottom * ay;
};

/** Fills what is unknown (weight 0) from coarser and coarser averages of what is known. */
const pullPush = ({ columns, rows, values }: Grid, weight: Float32Array): Float32Array => {
  const half = { columns: (columns + 1) >> 1, rows: (rows + 1) >> 1 };
  const coarse = new Float32Array(half.columns * half.rows);
  const coarseWeight = new Float32Array(coarse.length);
  for (let y = 0, at = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, at++) {
      const to = (y >> 1) * half.columns + (x >> 1);
      coarse[to] += values[at] * weight[at];
      coarseWeight[to] += weight[at];
    }
  for (let at = 0; at < coarse.length; at++) {
    if (coarseWeight[at] > 0) coarse[at] /= coarseWeight[at];
    coarseWeight[at] = Math.min(1, coarseWeight[at]);
  }
  const below = { ...half, values: coarse.length === 1 ? coarse : pullPush({ ...half, values: coarse }, coarseWeight) };
  return values.map((value, at) =>
    weight[at] > 0 ? value : sampleGrid(below, ((at % columns) - 0.5) / 2, (Math.floor(at / columns) - 0.5) / 2),
  );
};

/** Successive over-relaxation of Laplace's equation where `weight` is 0. */
const relax = ({ columns, rows, values }: Grid, weight: Float32Array, sweeps: number): void => {
  for (let sweep = 0; sweep < sweeps; sweep++)
    for (let y = 0, at = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, at++) {
        if (weight[at] > 0) continue;
        const left = values[x > 0 ? at - 1 : at];
        const right = values[x < columns - 1 ? at + 1 : at];
        const above = values[y > 0 ? at - columns : at];
        const below = values[y < rows - 1 ? at + columns : at];
        values[at] += relaxation * ((left + right + above + below) / 4 - values[at]);
      }
};

/** `values` where `weight` is above 0, each averaged with its known neighbours; 0 elsewhere. */
export const smoothed = ({ columns, rows, values }: Grid, weight: Float32Array): Grid => {
  const size = { columns, rows };
  const sums = boxBlur(boxBlur({ ...size, values: values.map((value, at) => value * weight[at]) })).values;
  const weights = boxBlur(boxBlur({ ...size, values: weight })).values;
  return { ...size, values: sums.map((sum, at) => (weight[at] > 0 ? sum / weights[at] : 0)) };
};

/** `values` where `weight` is above 0, smoothed, and continued over the rest by `sweeps` rounds of relaxation. */
export const membrane = (grid: Grid, weight: Float32Array, sweeps: number): Grid => {
  const continued = { ...grid, values: pullPush(smoothed(grid, weight), weight) };
  relax(continued, weight, sweeps);
  return continued;
};
