/**
 * A shift as a formula: offset, gain and gamma of the level (lift, gain and gamma of colour grading), and a polynomial of
 * the place. Fitted robustly to the cells of the context.
 */
import type { Cells } from './cells.ts';
import { gammaTerm } from './cells.ts';

/** The terms a formula may have; every formula but the empty one begins with an offset. */
export type Term = 'offset' | 'gain' | 'gamma' | 'x' | 'y' | 'xx' | 'xy' | 'yy' | 'xxx' | 'xxy' | 'xyy' | 'yyy';

export interface Model {
  readonly terms: readonly Term[];
  readonly factors: readonly number[];
}

/** Passes of iteratively reweighted least squares, and where a residual begins to count less: in standard deviations. */
const passes = 5;
const cutOff = 4;
const leastDeviation = 0.25;

/** Gain and gamma are told to be 0 by this many cells a square level, so that a narrow range of levels proves nothing. */
const doubt = 2000;

/** What a term is worth in a cell. Places run from -0.5 to 0.5 along the longer side. */
const valueOf = (term: Term, level: number, gamma: number, x: number, y: number): number => {
  switch (term) {
    case 'offset':
      return 1;
    case 'gain':
      return level - 128;
    case 'gamma':
      return gamma;
    case 'x':
      return x;
    case 'y':
      return y;
    case 'xx':
      return x * x;
    case 'xy':
      return x * y;
    case 'yy':
      return y * y;
    case 'xxx':
      return x * x * x;
    case 'xxy':
      return x * x * y;
    case 'xyy':
      return x * y * y;
    case 'yyy':
      return y * y * y;
  }
};

/** Gauss with the largest pivot; a column that depends on the others gets 0. */
const solve = (matrix: Float64Array[], right: Float64Array): number[] => {
  const size = right.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column; row < size; row++)
      if (Math.abs(matrix[row][column]) > Math.abs(matrix[pivot][column])) pivot = row;
    [matrix[column], matrix[pivot]] = [matrix[pivot], matrix[column]];
    [right[column], right[pivot]] = [right[pivot], right[column]];
    if (Math.abs(matrix[column][column]) < 1e-9) continue;
    for (let row = column + 1; row < size; row++) {
      const share = matrix[row][column] / matrix[column][column];
      for (let at = column; at < size; at++) matrix[row][at] -= share * matrix[column][at];
      right[row] -= share * right[column];
    }
  }
  const out = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    if (Math.abs(matrix[row][row]) < 1e-9) continue;
    let sum = right[row];
    for (let at = row + 1; at < size; at++) sum -= matrix[row][at] * out[at];
    out[row] = sum / matrix[row][row];
  }
  return out;
};

/** The value that would stand in the middle of the sorted values (Hoare's selection); they change places. 0 of none. */
const median = (values: Float32Array): number => {
  const middle = values.length >> 1;
  for (let low = 0, high = values.length - 1; low < high;) {
    const pivot = values[(low + high) >> 1];
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left] < pivot) left++;
      while (values[right] > pivot) right--;
      if (left > right) break;
      const value = values[left];
      values[left++] = values[right];
      values[right--] = value;
    }
    if (middle <= right) high = right;
    else if (middle >= left) low = left;
    else break;
  }
  return values[middle] ?? 0;
};

/** Standard deviation of what is no outlier, from the median absolute residual; `sizes` change places. */
const deviationFrom = (sizes: Float32Array): number => Math.max(leastDeviation, 1.4826 * median(sizes));

/** The same of the cells of `weight`. */
export const deviationOf = (residual: Float32Array, weight: Float32Array): number => {
  const sizes = new Float32Array(residual.length);
  let count = 0;
  for (let cell = 0; cell < residual.length; cell++) if (weight[cell] > 0) sizes[count++] = Math.abs(residual[cell]);
  return deviationFrom(sizes.subarray(0, count));
};

/** Tukey's biweight: 1 for a residual of 0, 0 from `cutOff` standard deviations on. */
export const trust = (residual: number, deviation: number): number => {
  const t = residual / (cutOff * deviation);
  return Math.abs(t) >= 1 ? 0 : (1 - t * t) ** 2;
};

const placeOf = (cells: { columns: number; rows: number }, cell: number): { x: number; y: number } => {
  const longer = Math.max(cells.columns, cells.rows);
  return {
    x: ((cell % cells.columns) + 0.5 - cells.columns / 2) / longer,
    y: (Math.floor(cell / cells.columns) + 0.5 - cells.rows / 2) / longer,
  };
};

const bases = new WeakMap<Cells, Map<Term, Float64Array>>();

/** What a term is worth in every cell; every formula that has it needs the same values again and again. */
const basisOf = (term: Term, cells: Cells): Float64Array => {
  const known = bases.get(cells) ?? new Map<Term, Float64Array>();
  bases.set(cells, known);
  let basis = known.get(term);
  if (basis !== undefined) return basis;
  basis = new Float64Array(cells.level.length);
  for (let cell = 0; cell < basis.length; cell++) {
    const { x, y } = placeOf(cells, cell);
    basis[cell] = valueOf(term, cells.level[cell], cells.gamma[cell], x, y);
  }
  known.set(term, basis);
  return basis;
};

/** Takes what a model says off `values`. */
const leaveOver = (values: Float32Array, factors: readonly number[], basis: readonly Float64Array[]): void => {
  for (let at = 0; at < values.length; at++) {
    let sum = values[at];
    for (let term = 0; term < basis.length; term++) sum -= factors[term] * basis[term][at];
    values[at] = sum;
  }
};

/** source - returned that the model leaves over; cells without weight say nothing. */
export const residualOf = ({ terms, factors }: Model, cells: Cells): Float32Array => {
  const out = cells.difference.slice();
  leaveOver(
    out,
    factors,
    terms.map((term) => basisOf(term, cells)),
  );
  return out;
};

/** The values of the cells of `weight`, one after the other: loops over them have nothing to ask. */
const weighted = (values: Float32Array | Float64Array, weight: Float32Array): Float64Array => {
  const out = new Float64Array(values.length);
  let count = 0;
  for (let cell = 0; cell < values.length; cell++) if (weight[cell] > 0) out[count++] = values[cell];
  return out.subarray(0, count);
};

const sumOfProducts = (shares: Float64Array, one: Float64Array, two: Float64Array): number => {
  let sum = 0;
  for (let at = 0; at < shares.length; at++) sum += shares[at] * one[at] * two[at];
  return sum;
};

/** Least squares over the cells of `weight`, outliers weighted down pass by pass. */
export const fit = (terms: readonly Term[], cells: Cells, weight: Float32Array): Model => {
  if (terms.length === 0) return { terms, factors: [] };
  const weights = weighted(weight, weight);
  const wanted = weighted(cells.difference, weight);
  const basis = terms.map((term) => weighted(basisOf(term, cells), weight));
  const start = median(Float32Array.from(wanted));
  let factors = terms.map((term) => (term === 'offset' ? start : 0));
  const residual = new Float32Array(wanted.length);
  const shares = new Float64Array(wanted.length);
  for (let pass = 0; pass < passes; pass++) {
    residual.set(wanted);
    leaveOver(residual, factors, basis);
    const deviation = deviationFrom(residual.map(Math.abs)) * (pass === 0 ? 2 : 1);
    for (let at = 0; at < shares.length; at++) shares[at] = weights[at] * trust(residual[at], deviation);
    const matrix = terms.map((term, row) => {
      const line = new Float64Array(terms.length);
      line[row] = term === 'gain' || term === 'gamma' ? doubt : 0;
      return line;
    });
    for (let row = 0; row < basis.length; row++)
      for (let at = row; at < basis.length; at++) {
        matrix[row][at] += sumOfProducts(shares, basis[row], basis[at]);
        matrix[at][row] = matrix[row][at];
      }
    const right = Float64Array.from(basis, (values) => sumOfProducts(shares, values, wanted));
    factors = solve(matrix, right);
  }
  return { terms, factors };
};

/** The part of a model that depends on the level, as a table; levels outside `range` are taken as its ends. */
export const levelTable = ({ terms, factors }: Model, range: { low: number; high: number }): Float32Array =>
  Float32Array.from({ length: 256 }, (_, level) => {
    const near = Math.max(range.low, Math.min(range.high, level));
    let sum = 0;
    for (let at = 0; at < terms.length; at++)
      if (terms[at] === 'gain' || terms[at] === 'gamma')
        sum += factors[at] * valueOf(terms[at], near, gammaTerm[near], 0, 0);
    return sum;
  });

/** The part of a model that depends on the place only, in a cell; cells may be given in fractions. */
export const placeValue = (
  { terms, factors }: Model,
  grid: { columns: number; rows: number },
  column: number,
  row: number,
): number => {
  const longer = Math.max(grid.columns, grid.rows);
  const x = (column + 0.5 - grid.columns / 2) / longer;
  const y = (row + 0.5 - grid.rows / 2) / longer;
  let sum = 0;
  for (let at = 0; at < terms.length; at++)
    if (terms[at] !== 'gain' && terms[at] !== 'gamma') sum += factors[at] * valueOf(terms[at], 0, 0, x, y);
  return sum;
};
