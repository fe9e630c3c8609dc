/** The filters of PNG rows (PNG specification, third edition, 9.2): their numbers, and a row without its filter. */

export const filters = { none: 0, sub: 1, up: 2, average: 3, paeth: 4 } as const;

/** Views as words of four bytes, or undefined where they do not lie so. */
const wordsOf = (rows: readonly Uint8Array[]): Uint32Array[] | undefined =>
  rows.every(({ byteOffset, length }) => byteOffset % 4 === 0 && length % 4 === 0)
    ? rows.map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length / 4))
    : undefined;

const [low, high] = [0x7f7f7f7f, 0x80808080];

/** row + above, byte by byte, in `row`; four at a time where they lie so: the carries stay inside their bytes. */
export const add = (row: Uint8Array, above: Uint8Array): void => {
  const words = wordsOf([row, above]);
  if (words === undefined) {
    for (let at = 0; at < row.length; at++) row[at] += above[at];
    return;
  }
  const [one, two] = words;
  for (let at = 0; at < one.length; at++) one[at] = ((one[at] & low) + (two[at] & low)) ^ ((one[at] ^ two[at]) & high);
};

/** row - above, byte by byte, into `out`; the counterpart of `add`. */
export const subtract = (row: Uint8Array, above: Uint8Array, out: Uint8Array): void => {
  const words = wordsOf([row, above, out]);
  if (words === undefined) {
    for (let at = 0; at < row.length; at++) out[at] = row[at] - above[at];
    return;
  }
  const [one, two, into] = words;
  for (let at = 0; at < one.length; at++)
    into[at] = ((one[at] | high) - (two[at] & low)) ^ ((one[at] ^ ~two[at]) & high);
};

const paeth = (left: number, up: number, corner: number): number => {
  const estimate = left + up - corner;
  const [fromLeft, fromUp, fromCorner] = [
    Math.abs(estimate - left),
    Math.abs(estimate - up),
    Math.abs(estimate - corner),
  ];
  return fromLeft <= fromUp && fromLeft <= fromCorner ? left : fromUp <= fromCorner ? up : corner;
};

/**
 * Puts `line`, which is filtered by `filter`, into `row` without it. `above` is the row above, zeros for the first one; `step` is
 * the bytes of a pixel. All three are as long. RangeError for a filter that there is not.
 */
export const unfilter = (filter: number, line: Uint8Array, row: Uint8Array, above: Uint8Array, step: number): void => {
  const { length } = row;
  switch (filter) {
    case filters.none:
      row.set(line);
      return;
    case filters.sub:
      for (let at = 0; at < step; at++) row[at] = line[at];
      for (let at = step; at < length; at++) row[at] = line[at] + row[at - step];
      return;
    case filters.up:
      row.set(line);
      add(row, above);
      return;
    case filters.average:
      for (let at = 0; at < step; at++) row[at] = line[at] + (above[at] >> 1);
      for (let at = step; at < length; at++) row[at] = line[at] + ((row[at - step] + above[at]) >> 1);
      return;
    case filters.paeth:
      for (let at = 0; at < step; at++) row[at] = line[at] + above[at];
      for (let at = step; at < length; at++) row[at] = line[at] + paeth(row[at - step], above[at], above[at - step]);
      return;
    default:
      throw new RangeError(`filter ${filter}`);
  }
};
