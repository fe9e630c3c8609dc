/**
 * Nearest patches by PatchMatch: Barnes, Shechtman, Finkelstein, Goldman, "PatchMatch: A Randomized Correspondence
 * Algorithm for Structural Image Editing", ACM Transactions on Graphics 28(3), 2009.
 */

/** Patches are squares of 2 × radius + 1 pixels a side. */
export const radius = 3;

/** One scale of the picture: interleaved 8-bit RGB, and what has to be made (1) or is known (0). */
export interface Level {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  readonly hole: Uint8Array;
}

/** Correspondences of one level, for the centres of patches that touch the hole. */
export interface Field {
  readonly level: Level;
  /** Pixel indices of the centres, row by row. */
  readonly targets: Int32Array;
  /** Centres that may be copied from, as a list and as a map (1 = may). */
  readonly sources: Int32Array;
  readonly valid: Uint8Array;
  /** For each pixel the index of the centre it corresponds to, -1 where it is no target. */
  readonly match: Int32Array;
  /** Sum of squared differences of the patches, for each pixel. */
  readonly cost: Float64Array;
}

/** Uniform numbers from 0 to 1; deterministic for a seed (mulberry32). */
export const generator = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** 1 where the patch around a pixel contains part of the hole; separable maximum over the patch. */
const touching = ({ width, height, hole }: Level): Uint8Array => {
  const rows = new Uint8Array(hole.length);
  const both = new Uint8Array(hole.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let i = Math.max(0, x - radius); i <= Math.min(width - 1, x + radius); i++)
        rows[y * width + x] |= hole[y * width + i];
  for (let y = 0; y < height; y++)
    for (let i = Math.max(0, y - radius); i <= Math.min(height - 1, y + radius); i++)
      for (let x = 0; x < width; x++) both[y * width + x] |= rows[i * width + x];
  return both;
};

/** The field of a level, not yet matched. Without a single known patch every patch of the picture may be copied. */
export const fieldOf = (level: Level): Field => {
  const { width, height } = level;
  const touched = touching(level);
  const targets: number[] = [];
  const known: number[] = [];
  const all: number[] = [];
  for (let y = radius; y < height - radius; y++)
    for (let x = radius; x < width - radius; x++) {
      const at = y * width + x;
      all.push(at);
      (touched[at] === 1 ? targets : known).push(at);
    }
  const sources = known.length > 0 ? known : all;
  const valid = new Uint8Array(width * height);
  for (const at of sources) valid[at] = 1;
  return {
    level,
    targets: Int32Array.from(targets),
    sources: Int32Array.from(sources),
    valid,
    match: new Int32Array(width * height).fill(-1),
    cost: new Float64Array(width * height),
  };
};

/** Sum of squared differences of two patches; stops as soon as it exceeds `limit`. */
export const distance = ({ width, rgb }: Level, a: number, b: number, limit: number): number => {
  const side = (2 * radius + 1) * 3;
  let sum = 0;
  for (let row = -radius; row <= radius; row++) {
    let i = (a + row * width - radius) * 3;
    let j = (b + row * width - radius) * 3;
    for (const end = i + side; i < end; i++, j++) {
      const difference = rgb[i] - rgb[j];
      sum += difference * difference;
    }
    if (sum >= limit) return sum;
  }
  return sum;
};

/** Measures every correspondence anew after the picture changed. */
export const measure = (field: Field): void => {
  for (const at of field.targets) field.cost[at] = distance(field.level, at, field.match[at], Number.POSITIVE_INFINITY);
};

/** What a correspondence costs besides the difference of its patches, in units of that difference. */
export interface Penalties {
  /** For each of the four neighbours whose patch comes from elsewhere: keeps pieces of texture whole. */
  readonly stray: number;
  /** For a source that stands higher or lower by the height of the picture: scenes are layered. */
  readonly height: number;
}

/**
 * One pass of propagation and random search over all targets, forwards or backwards. `reach` is the largest radius of the
 * random search in pixels; it halves down to one.
 */
export const improve = (
  field: Field,
  forwards: boolean,
  reach: number,
  penalties: Penalties,
  random: () => number,
): void => {
  const { level, targets, valid, match, cost } = field;
  const { width, height } = level;
  const around = [-1, 1, -width, width];
  const before = forwards ? [-1, -width] : [1, width];
  const rise = penalties.height / (width * height);
  let at = 0;
  let best = 0;
  let lowest = 0;

  const penalty = (source: number): number => {
    let strays = 0;
    for (const offset of around) {
      const other = match[at + offset];
      if (other >= 0 && other - offset !== source) strays++;
    }
    return strays * penalties.stray + Math.abs(source - at) * rise;
  };
  const consider = (source: number): void => {
    if (source === best || valid[source] !== 1) return;
    const extra = penalty(source);
    if (extra >= lowest) return;
    const difference = distance(level, at, source, lowest - extra);
    if (difference + extra >= lowest) return;
    lowest = difference + extra;
    best = source;
    cost[at] = difference;
  };

  for (let n = 0; n < targets.length; n++) {
    at = targets[forwards ? n : targets.length - 1 - n];
    best = match[at];
    lowest = cost[at] + penalty(best);
    for (const offset of before) if (match[at + offset] >= 0) consider(match[at + offset] - offset);
    for (let r = reach; r >= 1; r /= 2) {
      const x = (best % width) + Math.round((random() * 2 - 1) * r);
      const y = Math.floor(best / width) + Math.round((random() * 2 - 1) * r);
      if (x >= radius && y >= radius && x < width - radius && y < height - radius) consider(y * width + x);
    }
    match[at] = best;
  }
};
