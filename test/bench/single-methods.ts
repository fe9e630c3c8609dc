/** The seven single corrections that ours is compared with: one number, one formula or one field, always the same one. */
import type { Size } from '../../src/fill/geometry.ts';

type Field = Float32Array;

/** Returned + field, one colour: what the method makes of it. */
type Method = (source: Field, returned: Field, hole: Uint8Array, size: Size) => Field;

/** Width of the ring of context that the global methods learn from. */
const ringWidth = 48;

const boxBlur = (from: Field, { width, height }: Size, radius: number): Field => {
  const pass = (input: Field, step: number, length: number, starts: number[]): Field => {
    const out = new Float32Array(input.length);
    for (const start of starts) {
      const at = (index: number) => input[start + Math.max(0, Math.min(length - 1, index)) * step];
      let sum = 0;
      for (let index = -radius; index <= radius; index++) sum += at(index);
      for (let index = 0; index < length; index++) {
        out[start + index * step] = sum;
        sum += at(index + radius + 1) - at(index - radius);
      }
    }
    return out;
  };
  const rows = Array.from({ length: height }, (_, y) => y * width);
  const columns = Array.from({ length: width }, (_, x) => x);
  return pass(pass(from, 1, width, rows), width, height, columns);
};

const pullPush = (values: Field, weights: Field, { width, height }: Size): Field => {
  if (width <= 2 || height <= 2) {
    const sum = values.reduce((total, value, at) => total + value * weights[at], 0);
    const mean =
      sum /
      Math.max(
        1e-9,
        weights.reduce((total, weight) => total + weight, 0),
      );
    return values.map((value, at) => value * weights[at] + mean * (1 - weights[at]));
  }
  const half = { width: (width + 1) >> 1, height: (height + 1) >> 1 };
  const coarse = new Float32Array(half.width * half.height);
  const coarseWeights = new Float32Array(coarse.length);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const to = (y >> 1) * half.width + (x >> 1);
      coarse[to] += values[at] * weights[at];
      coarseWeights[to] += weights[at];
    }
  for (let at = 0; at < coarse.length; at++) {
    if (coarseWeights[at] > 0) coarse[at] /= coarseWeights[at];
    coarseWeights[at] = Math.min(1, coarseWeights[at]);
  }
  const below = pullPush(coarse, coarseWeights, half);
  const out = new Float32Array(values.length);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const fx = (x - 0.5) / 2;
      const fy = (y - 0.5) / 2;
      const ax = fx - Math.floor(fx);
      const ay = fy - Math.floor(fy);
      const value = (column: number, row: number) =>
        below[
          Math.max(0, Math.min(half.height - 1, Math.floor(fy) + row)) * half.width +
            Math.max(0, Math.min(half.width - 1, Math.floor(fx) + column))
        ];
      const coarser =
        (value(0, 0) * (1 - ax) + value(1, 0) * ax) * (1 - ay) + (value(0, 1) * (1 - ax) + value(1, 1) * ax) * ay;
      out[at] = values[at] * weights[at] + coarser * (1 - weights[at]);
    }
  return out;
};

const known = (hole: Uint8Array): Field => Float32Array.from(hole, (value) => (value === 0 ? 1 : 0));

const membraneField = (residual: Field, hole: Uint8Array, size: Size): Field => {
  const { width, height } = size;
  const weights = known(hole);
  const outside = residual.map((value, at) => value * weights[at]);
  const sums = boxBlur(boxBlur(outside, size, 8), size, 8);
  const totals = boxBlur(boxBlur(weights, size, 8), size, 8);
  const smooth = sums.map((sum, at) => (totals[at] > 1e-3 ? sum / totals[at] : 0));
  const field = pullPush(smooth, weights, size);
  for (let sweep = 0; sweep < 40; sweep++)
    for (let y = 1; y < height - 1; y++)
      for (let x = 1; x < width - 1; x++) {
        const at = y * width + x;
        if (hole[at] === 0) continue;
        const mean = (field[at - 1] + field[at + 1] + field[at - width] + field[at + width]) / 4;
        field[at] += 1.9 * (mean - field[at]);
      }
  return field;
};

/** Pixels of the context at most `ringWidth` from the hole, by a box. */
const ringOf = (hole: Uint8Array, size: Size): Uint8Array => {
  const near = boxBlur(
    Float32Array.from(hole, (value) => (value === 0 ? 0 : 1)),
    size,
    ringWidth,
  );
  return hole.map((value, at) => (value === 0 && near[at] > 0 ? 1 : 0));
};

const difference = (source: Field, returned: Field): Field => source.map((value, at) => value - returned[at]);

const affine: Method = (source, returned, hole, size) => {
  const ring = ringOf(hole, size);
  let [n, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (let at = 0; at < ring.length; at++) {
    if (ring[at] === 0) continue;
    n += 1;
    x += returned[at];
    y += source[at];
    xx += returned[at] ** 2;
    xy += returned[at] * source[at];
  }
  const variance = xx / n - (x / n) ** 2;
  const gain = Math.min(1.2, Math.max(0.83, variance > 50 ? (xy / n - ((x / n) * y) / n) / variance : 1));
  const offset = y / n - (gain * x) / n;
  return returned.map((value) => gain * value + offset);
};

const membrane: Method = (source, returned, hole, size) => {
  const field = membraneField(difference(source, returned), hole, size);
  return returned.map((value, at) => value + field[at]);
};

const plane: Method = (source, returned, hole, size) => {
  const { width, height } = size;
  const ring = ringOf(hole, size);
  const matrix = [0, 1, 2].map(() => new Float64Array(4));
  const terms = (at: number) => [1, (at % width) / width - 0.5, Math.floor(at / width) / height - 0.5];
  for (let at = 0; at < ring.length; at++) {
    if (ring[at] === 0) continue;
    const values = terms(at);
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++) matrix[row][column] += values[row] * values[column];
      matrix[row][3] += values[row] * (source[at] - returned[at]);
    }
  }
  for (let row = 0; row < 3; row++)
    for (let other = 0; other < 3; other++) {
      if (other === row) continue;
      const share = matrix[other][row] / matrix[row][row];
      for (let column = row; column < 4; column++) matrix[other][column] -= share * matrix[row][column];
    }
  const factors = matrix.map((line, row) => line[3] / line[row]);
  return returned.map((value, at) => value + terms(at).reduce((sum, term, index) => sum + term * factors[index], 0));
};

export const singleMethods: Readonly<Record<string, Method>> = {
  paste: (_, returned) => returned,
  mean: (source, returned, hole, size) => {
    const ring = ringOf(hole, size);
    let [sum, count] = [0, 0];
    for (let at = 0; at < ring.length; at++) {
      sum += ring[at] * (source[at] - returned[at]);
      count += ring[at];
    }
    return returned.map((value) => value + sum / count);
  },
  affine,
  plane,
  pullPush: (source, returned, hole, size) => {
    const field = pullPush(difference(source, returned), known(hole), size);
    return returned.map((value, at) => value + field[at]);
  },
  membrane,
  'affine+membrane': (source, returned, hole, size) =>
    membrane(source, affine(source, returned, hole, size), hole, size),
};
