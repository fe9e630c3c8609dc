/**
 * The effective mask: base mask and settings. Applied in this order: invert, fill holes, grow or shrink, feather. It is
 * what is shown, sent and composited with; outside it (strength 0) nothing changes.
 */
import { clipBox, expandBox } from './box.ts';
import { cutBox, pasteMask } from './copy.ts';
import { distanceRows } from './distance.ts';
import { fillHoles } from './holes.ts';
import { emptyMask, type Box, type Mask, type Settings } from './mask.ts';
import { bounds } from './measure.ts';

/** A pixel of at least this strength counts as inside when the mask grows or shrinks. */
const inside = 128;

/** A new mask of the same size. */
export const effectiveMask = (base: Mask, settings: Settings): Mask =>
  shapedIn(startOf(base, settings), settings, { x: 0, y: 0, width: base.width, height: base.height });

/**
 * The effective mask inside `box`, a mask of the size of that box; sample for sample what `effectiveMask` has there, but
 * computed from the neighbourhood only. `box` lies inside the image. Filling holes still needs the whole base mask.
 */
export const effectiveIn = (base: Mask, settings: Settings, box: Box): Mask => {
  const reach = Math.abs(settings.grow) + settings.feather + 1;
  const near = clipBox(expandBox(box, reach), base)!;
  if (settings.fillHoles) return shapedIn(startOf(base, settings), settings, box);
  const part = startOf(cutBox(base, near), settings);
  return shapedIn(part, settings, within(box, near));
};

/** As `shaped`, which only looks at where there is something. */
const shapedIn = (start: Mask, settings: Settings, box: Box): Mask => {
  const whole = emptyMask(box.width, box.height);
  const set = bounds(start);
  const part = set && clipBox(within(expandBox(set, Math.max(0, settings.grow)), box), box);
  if (part !== null)
    pasteMask(shaped(start, settings, { ...part, x: part.x + box.x, y: part.y + box.y }), whole, part.x, part.y);
  return whole;
};

/** A copy with invert and fill holes applied. */
const startOf = (base: Mask, settings: Settings): Mask => {
  const start = { width: base.width, height: base.height, data: base.data.slice() };
  if (settings.invert) for (let index = 0; index < start.data.length; index++) start.data[index] ^= 255;
  if (settings.fillHoles) fillHoles(start);
  return start;
};

/** Grown or shrunk and feathered, inside `box`. */
const shaped = (start: Mask, { grow, feather }: Settings, box: Box): Mask => {
  const featherBox = clipBox(expandBox(box, feather + 1), start)!;
  const growBox = clipBox(expandBox(featherBox, Math.abs(grow)), start)!;
  const part = cutBox(start, growBox);
  if (grow > 0) growBy(part, grow);
  if (grow < 0) shrinkBy(part, -grow);
  const grown = cutBox(part, within(featherBox, growBox));
  if (feather > 0) featherBy(grown, feather);
  return cutBox(grown, within(box, featherBox));
};

/** Full strength wherever a pixel that is inside lies at most `radius` away. */
const growBy = (mask: Mask, radius: number): void => {
  const seeds = seedsBetween(mask, inside, 255);
  distanceRows(seeds, mask.width, mask.height, radius, (y, squared) => {
    for (let x = 0, at = y * mask.width; x < mask.width; x++, at++)
      if (squared[x] <= radius * radius) mask.data[at] = 255;
  });
};

/** Nothing wherever a pixel that is outside lies at most `radius` away. Beyond the image border nothing is outside. */
const shrinkBy = (mask: Mask, radius: number): void => {
  const seeds = seedsBetween(mask, 0, inside - 1);
  distanceRows(seeds, mask.width, mask.height, radius, (y, squared) => {
    for (let x = 0, at = y * mask.width; x < mask.width; x++, at++)
      if (squared[x] <= radius * radius) mask.data[at] = 0;
  });
};

/**
 * Strength × smoothstep(distance to the nearest pixel of strength 0 / radius), at least 1 where it was above 0: the
 * support stays the same. The image border is free: no pixel of strength 0 lies beyond it.
 */
const featherBy = (mask: Mask, radius: number): void => {
  const ramp = new Float64Array(radius * radius);
  for (let squared = 0; squared < ramp.length; squared++) {
    const t = Math.sqrt(squared) / radius;
    ramp[squared] = t * t * (3 - 2 * t);
  }
  const seeds = seedsBetween(mask, 0, 0);
  distanceRows(seeds, mask.width, mask.height, radius, (y, squared) => {
    for (let x = 0, at = y * mask.width; x < mask.width; x++, at++) {
      const strength = mask.data[at];
      if (strength !== 0 && squared[x] < ramp.length)
        mask.data[at] = Math.max(1, Math.round(strength * ramp[squared[x]]));
    }
  });
};

const seedsBetween = ({ data }: Mask, low: number, high: number): Uint8Array => {
  const seeds = new Uint8Array(data.length);
  for (let index = 0; index < data.length; index++) seeds[index] = data[index] >= low && data[index] <= high ? 1 : 0;
  return seeds;
};

/** `box` as seen from the top left of `outer`. */
const within = (box: Box, outer: Box): Box => ({ ...box, x: box.x - outer.x, y: box.y - outer.y });
