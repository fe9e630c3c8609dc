/**
 * Fills a hole with texture from the rest of the picture, without AI. Global patch consistency by expectation and
 * maximisation over scales: Wexler, Shechtman, Irani, "Space-Time Completion of Video", IEEE PAMI 29(3), 2007, with the
 * correspondences of PatchMatch (Barnes et al. 2009). The coarsest scale begins with pixels grown from the border
 * inwards: Efros, Leung, "Texture Synthesis by Non-parametric Sampling", ICCV 1999.
 */
import { fieldOf, generator, improve, measure, radius, type Field, type Level } from './patchmatch.ts';

/** Chosen by looking at fills of photographs, as the figures below. Share of a level's median cost. */
const strayShare = 0.2;
const heightShare = 2;
/** The same preference while pixels are grown, in squared levels a pixel for the height of the picture. */
const growHeight = 1000;
/** Share of the costs below the scale of fitting: while it settles, and at last, when the best patches decide alone. */
const sharpness = { rounds: 0.2, last: 0.05 } as const;
/** On the finest two levels the correspondences are right already; they are only refined. */
const fineReach = 16;

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Interleaved, 3 bytes a pixel. */
  readonly rgb: Uint8Array;
}

/** Half the size; a pixel that covers any of the hole is hole, known pixels are averaged. */
const halve = ({ width, height, rgb, hole }: Level): Level => {
  const w = Math.ceil(width / 2);
  const h = Math.ceil(height / 2);
  const small = { width: w, height: h, rgb: new Uint8Array(w * h * 3), hole: new Uint8Array(w * h) };
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const sum = [0, 0, 0];
      let count = 0;
      let open = 0;
      for (let v = 2 * y; v < Math.min(height, 2 * y + 2); v++)
        for (let u = 2 * x; u < Math.min(width, 2 * x + 2); u++) {
          const at = v * width + u;
          open |= hole[at];
          if (hole[at] === 1) continue;
          count++;
          for (let c = 0; c < 3; c++) sum[c] += rgb[at * 3 + c];
        }
      const to = y * w + x;
      small.hole[to] = open;
      for (let c = 0; c < 3; c++) small.rgb[to * 3 + c] = Math.round(sum[c] / Math.max(1, count));
    }
  return small;
};

/** Steps from the nearest known pixel (4-neighbourhood), 0 outside the hole, at most 255. */
const depths = ({ width, height, hole }: Level): Uint8Array => {
  const depth = new Uint8Array(hole.length);
  const far = 255;
  for (let i = 0; i < hole.length; i++) depth[i] = hole[i] === 1 ? far : 0;
  const relax = (at: number, from: number): void => {
    if (depth[from] + 1 < depth[at]) depth[at] = depth[from] + 1;
  };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (x > 0) relax(at, at - 1);
      if (y > 0) relax(at, at - width);
    }
  for (let y = height - 1; y >= 0; y--)
    for (let x = width - 1; x >= 0; x--) {
      const at = y * width + x;
      if (x < width - 1) relax(at, at + 1);
      if (y < height - 1) relax(at, at + width);
    }
  return depth;
};

/** Grows pixels from the border of the hole inwards, each from a patch that fits what is there already. */
const grow = (field: Field, random: () => number): void => {
  const { level, sources } = field;
  const { width, height, rgb, hole } = level;
  const depth = depths(level);
  const order: number[] = [];
  for (let i = 0; i < hole.length; i++) if (hole[i] === 1) order.push(i);
  order.sort((a, b) => depth[a] - depth[b] || a - b);
  const made = hole.map((value) => 1 - value);
  const samples = Array.from({ length: Math.min(sources.length, 3000) }, (_, i) =>
    sources.length <= 3000 ? sources[i] : sources[Math.floor(random() * sources.length)],
  );
  const costs = new Float64Array(samples.length);
  for (const at of order) {
    const x = at % width;
    const y = Math.floor(at / width);
    const around: number[] = [];
    for (let v = -radius; v <= radius; v++)
      for (let u = -radius; u <= radius; u++)
        if (x + u >= 0 && x + u < width && y + v >= 0 && y + v < height && made[at + v * width + u] === 1)
          around.push(v * width + u);
    let lowest = Number.POSITIVE_INFINITY;
    for (let n = 0; n < samples.length; n++) {
      let sum = (growHeight * around.length * Math.abs(samples[n] - at)) / (width * height);
      for (let k = 0; k < around.length && sum < lowest * 1.1; k++) {
        const i = (at + around[k]) * 3;
        const j = (samples[n] + around[k]) * 3;
        sum += (rgb[i] - rgb[j]) ** 2 + (rgb[i + 1] - rgb[j + 1]) ** 2 + (rgb[i + 2] - rgb[j + 2]) ** 2;
      }
      costs[n] = sum;
      if (sum < lowest) lowest = sum;
    }
    const close = samples.filter((_, n) => costs[n] <= lowest * 1.1);
    const chosen = close[Math.floor(random() * close.length)];
    rgb.set(rgb.subarray(chosen * 3, chosen * 3 + 3), at * 3);
    made[at] = 1;
  }
};

const quantile = (values: Float64Array, share: number): number =>
  values.toSorted()[Math.min(values.length - 1, Math.floor(values.length * share))];

const costsOf = ({ targets, cost }: Field): Float64Array => Float64Array.from(targets, (at) => cost[at]);

/**
 * Every pixel of the hole becomes the mean of what the patches over it propose. A patch counts by how well it fits and
 * by how near its centre is to known pixels. `share` of the costs are below the scale of fitting: a small share lets the
 * best patches decide nearly alone.
 */
const vote = (field: Field, depth: Uint8Array, share: number): void => {
  const { level, targets, match, cost } = field;
  const { width, rgb, hole } = level;
  const scale = Math.max(1, quantile(costsOf(field), share));
  const sums = new Float32Array(hole.length * 3);
  const weights = new Float32Array(hole.length);
  for (const at of targets) {
    const weight = Math.exp(-cost[at] / (2 * scale)) * 1.2 ** -Math.min(depth[at], 40) + 1e-12;
    const shift = match[at] - at;
    for (let row = -radius; row <= radius; row++)
      for (let i = at + row * width - radius; i <= at + row * width + radius; i++) {
        if (hole[i] === 0) continue;
        const to = i * 3;
        const from = (i + shift) * 3;
        weights[i] += weight;
        sums[to] += weight * rgb[from];
        sums[to + 1] += weight * rgb[from + 1];
        sums[to + 2] += weight * rgb[from + 2];
      }
  }
  for (let i = 0; i < hole.length; i++)
    if (weights[i] > 0) for (let c = 0; c < 3; c++) rgb[i * 3 + c] = Math.round(sums[i * 3 + c] / weights[i]);
};

/** Correspondences of a coarser level, doubled; where that gives no valid source, a random one. */
const refine = (coarse: Field | undefined, field: Field, random: () => number): void => {
  const { level, targets, sources, valid, match } = field;
  for (const at of targets) {
    let candidate = -1;
    if (coarse !== undefined) {
      const x = at % level.width;
      const y = Math.floor(at / level.width);
      const small = coarse.level.width;
      const below = coarse.match[(y >> 1) * small + (x >> 1)];
      if (below >= 0) {
        const u = (below % small) * 2 + (x & 1);
        const v = Math.floor(below / small) * 2 + (y & 1);
        if (u < level.width && v < level.height) candidate = v * level.width + u;
      }
    }
    match[at] = candidate >= 0 && valid[candidate] === 1 ? candidate : sources[Math.floor(random() * sources.length)];
  }
};

/** Small enough to begin with: few pixels a side, or too few known patches on the next scale. */
const pyramid = (finest: Level): Level[] => {
  const levels = [finest];
  for (;;) {
    const level = levels[levels.length - 1];
    if (Math.min(level.width, level.height) < 64) return levels;
    const next = halve(level);
    if (fieldOf(next).sources.length < 150 && fieldOf(level).sources.length >= 150) return levels;
    levels.push(next);
  }
};

/**
 * Fills the pixels where `hole` is not 0; the rest is returned as it was. Deterministic for a seed. A picture smaller
 * than a patch is returned unchanged.
 */
export const synthesise = (picture: Picture, hole: Uint8Array, seed: number): Uint8Array => {
  const { width, height } = picture;
  const finest: Level = {
    width,
    height,
    rgb: picture.rgb.slice(),
    hole: hole.map((value) => (value === 0 ? 0 : 1)),
  };
  if (Math.min(width, height) <= 2 * radius || !finest.hole.includes(1)) return finest.rgb;
  const random = generator(seed);
  const levels = pyramid(finest);
  let coarse: Field | undefined;
  for (let n = levels.length - 1; n >= 0; n--) {
    const field = fieldOf(levels[n]);
    const depth = depths(levels[n]);
    if (coarse === undefined) grow(field, random);
    refine(coarse, field, random);
    if (coarse !== undefined) vote(field, depth, sharpness.rounds);
    const first = coarse === undefined;
    const longSide = Math.max(levels[n].width, levels[n].height);
    const reach = n <= 1 && !first ? fineReach : first ? longSide : longSide / 4;
    const rounds = Math.min(12, 3 + 2 * n);
    for (let round = 0; round < rounds; round++) {
      measure(field);
      const median = quantile(costsOf(field), 0.5);
      const penalties = { stray: strayShare * median, height: heightShare * median };
      const passes = first && round === 0 ? 8 : 2;
      for (let pass = 0; pass < passes; pass++) improve(field, pass % 2 === 0, reach, penalties, random);
      vote(field, depth, n === 0 && round === rounds - 1 ? sharpness.last : sharpness.rounds);
    }
    coarse = field;
  }
  return finest.rgb;
};
