/**
 * Exact Euclidean distances on a pixel grid, in two passes: down and up the columns, then the lower envelope of
 * parabolas along each row. Meijster, Roerdink and Hesselink, "A General Algorithm for Computing Distance Transforms in
 * Linear Time" (2000). Squared distances are whole numbers, so nothing is rounded.
 */

/**
 * Calls `row` for every row, top to bottom, with the squared distance of each of its pixels to the nearest seed (a pixel
 * whose `seeds` byte is not 0). Distances beyond `cap` pixels come out as some number above cap²; the array is reused.
 */
export const distanceRows = (
  seeds: Uint8Array,
  width: number,
  height: number,
  cap: number,
  row: (y: number, squared: Float64Array) => void,
): void => {
  const columns = columnDistances(seeds, width, height, cap + 1);
  const squared = new Float64Array(width);
  const centres = new Int32Array(width);
  const starts = new Int32Array(width);
  const heights = new Float64Array(width);
  const far = (cap + 1) ** 2;
  for (let y = 0; y < height; y++) {
    let last = -1;
    const offset = y * width;
    for (let x = 0; x < width; x++) {
      const distance = columns[offset + x];
      if (distance > cap) continue;
      const high = distance * distance;
      while (last >= 0) {
        const start = starts[last];
        const before = (start - centres[last]) ** 2 + heights[last];
        if (before <= (start - x) ** 2 + high) break;
        last--;
      }
      const start = last < 0 ? 0 : overtakes(centres[last], heights[last], x, high) + 1;
      if (start >= width) continue;
      last++;
      centres[last] = x;
      heights[last] = high;
      starts[last] = start;
    }
    if (last < 0) squared.fill(far);
    else
      for (let x = width - 1, at = last; x >= 0; x--) {
        squared[x] = (x - centres[at]) ** 2 + heights[at];
        if (x === starts[at]) at--;
      }
    row(y, squared);
  }
};

/** The last column where the parabola of the left centre is not above that of the right one. */
const overtakes = (left: number, leftHeight: number, right: number, rightHeight: number): number =>
  Math.floor((right * right - left * left + rightHeight - leftHeight) / (2 * (right - left)));

/** Distance of each pixel to the nearest seed of its own column, at most `limit` (below 65,536). */
const columnDistances = (seeds: Uint8Array, width: number, height: number, limit: number): Uint16Array => {
  const distances = new Uint16Array(width * height);
  for (let x = 0; x < width; x++) distances[x] = seeds[x] === 0 ? limit : 0;
  for (let at = width; at < distances.length; at++)
    distances[at] = seeds[at] === 0 ? Math.min(limit, distances[at - width] + 1) : 0;
  for (let at = distances.length - width - 1; at >= 0; at--)
    distances[at] = Math.min(distances[at], distances[at + width] + 1);
  return distances;
};
