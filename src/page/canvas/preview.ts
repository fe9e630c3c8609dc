/**
 * The effective mask as the page shows it, at full resolution, made by the engine's own code (mask/effective.ts) tile by
 * tile. What a stroke touches is right at once where that is cheap; the rest is stale for some frames and worked off in
 * slices, what is on the screen first, so that painting and sliders never wait.
 */
import { clipBox, expandBox, joinBoxes } from '../../mask/box.ts';
import { effectiveIn } from '../../mask/effective.ts';
import { fillingHoles } from '../../mask/holes.ts';
import { emptyMask } from '../../mask/mask.ts';
import { isEmpty } from '../../mask/measure.ts';
import type { Box, Mask, Settings } from '../../mask/mask.ts';
import { tileBox, tileCount, tilesTouching } from '../../mask/tiles.ts';

export interface Measure {
  readonly bounds: Box | null;
  /** Share of the pixels above 0: 0 to 1. */
  readonly coverage: number;
  readonly empty: boolean;
  readonly full: boolean;
}

export interface Preview {
  readonly mask: Mask;
  /** A quarter of the width and height, each the average of 4 × 4 pixels rounded up. */
  readonly quarter: Mask;
  set(settings: Settings): void;
  /** The base mask changed inside `boxes`. `live`: more will come soon. Returns what already shows differently. */
  touch(boxes: readonly Box[], live: boolean): readonly Box[];
  /** Works on stale tiles until `enough` says so, those inside `first` before others. Returns what changed. */
  work(enough: () => boolean, first: Box | null): Box | null;
  stale(): boolean;
  measure(): Measure;
}

/** Up to this many pixels the neighbourhood of an edit is computed at once (about 4 ms), and while a stroke goes on. */
const cheap = 300 * 300;
const cheapLive = 160 * 160;

/** Pixels that are copied between two looks at the clock. */
const strip = 1 << 20;

const unknown = -1;
const mixed = -2;

interface TileMeasure {
  readonly set: number;
  readonly bounds: Box | null;
}

const measureBox = (mask: Mask, box: Box): TileMeasure => {
  let set = 0;
  let left = box.width;
  let right = -1;
  let top = -1;
  let bottom = -1;
  for (let y = 0; y < box.height; y++) {
    const start = (box.y + y) * mask.width + box.x;
    let any = false;
    for (let x = 0; x < box.width; x++) {
      if (mask.data[start + x] === 0) continue;
      set++;
      any = true;
      if (x < left) left = x;
      if (x > right) right = x;
    }
    if (!any) continue;
    if (top < 0) top = y;
    bottom = y;
  }
  const bounds =
    set === 0 ? null : { x: box.x + left, y: box.y + top, width: right - left + 1, height: bottom - top + 1 };
  return { set, bounds };
};

const updateQuarter = (mask: Mask, quarter: Mask, box: Box): void => {
  const right = Math.ceil((box.x + box.width) / 4);
  const bottom = Math.ceil((box.y + box.height) / 4);
  const across = mask.width / 4;
  const words =
    mask.width % 4 === 0 ? new Int32Array(mask.data.buffer, mask.data.byteOffset, mask.data.length >> 2) : null;
  for (let qy = Math.floor(box.y / 4); qy < bottom; qy++)
    for (let qx = Math.floor(box.x / 4); qx < right; qx++) {
      if (words !== null && qy * 4 + 4 <= mask.height) {
        const at = qy * 4 * across + qx;
        const word = words[at];
        const flat = word === 0 || word === -1;
        if (flat && words[at + across] === word && words[at + 2 * across] === word && words[at + 3 * across] === word) {
          quarter.data[qy * quarter.width + qx] = word & 255;
          continue;
        }
      }
      let sum = 0;
      const endX = Math.min(mask.width, qx * 4 + 4);
      const endY = Math.min(mask.height, qy * 4 + 4);
      for (let y = qy * 4; y < endY; y++) for (let x = qx * 4; x < endX; x++) sum += mask.data[y * mask.width + x];
      quarter.data[qy * quarter.width + qx] = Math.ceil(sum / ((endX - qx * 4) * (endY - qy * 4)));
    }
};

/** The value that all pixels of a box have, or `mixed`. */
const uniform = (mask: Mask, box: Box): number => {
  const value = mask.data[box.y * mask.width + box.x];
  for (let y = box.y; y < box.y + box.height; y++) {
    const start = y * mask.width + box.x;
    for (let at = start; at < start + box.width; at++) if (mask.data[at] !== value) return mixed;
  }
  return value;
};

function* copying(from: Mask, to: Mask, invert: boolean): Generator<undefined, void> {
  for (let start = 0; start < from.data.length; start += strip) {
    const end = Math.min(from.data.length, start + strip);
    if (!invert) to.data.set(from.data.subarray(start, end), start);
    else for (let at = start; at < end; at++) to.data[at] = 255 - from.data[at];
    yield;
  }
}

/** `blank`: nothing is marked in `base`. */
export const createPreview = (base: Mask, initial: Settings, blank = isEmpty(base)): Preview => {
  const mask = emptyMask(base.width, base.height);
  const quarter = emptyMask(Math.ceil(base.width / 4), Math.ceil(base.height / 4));
  const count = tileCount(base);
  /** Most images are opened without a mask: there is nothing to work out then. */
  const nothing = !initial.invert && blank;
  const kinds = new Int16Array(count).fill(nothing ? 0 : unknown);
  const measures: TileMeasure[] = Array.from({ length: count }, () => ({ set: 0, bounds: null }));
  const stale = new Set<number>(nothing ? [] : Array.from({ length: count }, (_, index) => index));
  let settings = initial;
  /** Invert and fill holes applied, where holes are filled: that needs the whole mask. */
  let filled: Mask | null = null;
  let filledStale = initial.fillHoles && !nothing;
  /** What is on its way to be `filled`. */
  let filling: { readonly mask: Mask; readonly work: Generator<undefined, void> } | null = null;

  const start = (): Mask => filled ?? base;
  const local = (): Settings => (settings.fillHoles ? { ...settings, invert: false, fillHoles: false } : settings);
  const reach = (): number => Math.abs(settings.grow) + settings.feather + 1;
  const shown = (value: number): number => (settings.invert ? 255 - value : value);

  const staleAll = (): void => {
    for (let index = 0; index < count; index++) stale.add(index);
  };

  const startOver = (start: Mask | null): void => {
    filled = start;
    filling = null;
    kinds.fill(unknown);
    staleAll();
  };

  function* refill(start: Mask): Generator<undefined, void> {
    yield* copying(base, start, settings.invert);
    yield* fillingHoles(start);
  }

  const beginToFill = (): void => {
    filledStale = false;
    if (!settings.fillHoles) return startOver(null);
    const start = emptyMask(base.width, base.height);
    filling = { mask: start, work: refill(start) };
  };

  const kindOf = (index: number): number => {
    if (kinds[index] === unknown) kinds[index] = uniform(start(), tileBox(base, index));
    return kinds[index];
  };

  /** The strength that a whole neighbourhood of one extreme value gives, or null where it must be computed. */
  const plain = (near: Box): number | null => {
    const touched = tilesTouching(base, near);
    const kind = kindOf(touched[0]);
    if (kind !== 0 && kind !== 255) return null;
    if (touched.some((index) => kindOf(index) !== kind)) return null;
    return settings.fillHoles ? kind : shown(kind);
  };

  const compute = (box: Box): void => {
    const value = plain(clipBox(expandBox(box, reach()), base)!);
    const part = value === null ? effectiveIn(start(), local(), box).data : null;
    for (let y = 0; y < box.height; y++) {
      const at = (box.y + y) * mask.width + box.x;
      if (part === null) mask.data.fill(value!, at, at + box.width);
      else mask.data.set(part.subarray(y * box.width, (y + 1) * box.width), at);
    }
    updateQuarter(mask, quarter, box);
  };

  /** Until its turn comes, a stale place shows the base mask itself. */
  const sketch = (box: Box): void => {
    for (let y = box.y; y < box.y + box.height; y++) {
      const row = y * mask.width + box.x;
      if (!settings.invert) mask.data.set(base.data.subarray(row, row + box.width), row);
      else for (let at = row; at < row + box.width; at++) mask.data[at] = 255 - base.data[at];
    }
    updateQuarter(mask, quarter, box);
  };

  /** Measured when it is asked for. */
  const unmeasured = new Set<number>();
  const remeasure = (indexes: Iterable<number>): void => {
    for (const index of indexes) unmeasured.add(index);
  };

  const next = (first: Box | null): number => {
    if (first !== null) for (const index of tilesTouching(base, first)) if (stale.has(index)) return index;
    const [any] = stale;
    return any;
  };

  return {
    mask,
    quarter,
    set(changed) {
      const refilled = changed.fillHoles || settings.fillHoles;
      const again =
        changed.fillHoles !== settings.fillHoles || (changed.fillHoles && changed.invert !== settings.invert);
      settings = changed;
      if (refilled && again) filledStale = true;
      staleAll();
    },
    touch(boxes, live) {
      // Called in every frame: holes that are being filled must not be begun anew by one in which nothing changed.
      if (boxes.length === 0) return [];
      for (const box of boxes) for (const index of tilesTouching(base, box)) kinds[index] = unknown;
      if (settings.fillHoles) {
        filledStale = true;
        if (live) for (const box of boxes) sketch(box);
        return boxes;
      }
      const wide = boxes.map((box) => clipBox(expandBox(box, reach()), base)!);
      if (wide.reduce((sum, { width, height }) => sum + width * height, 0) <= (live ? cheapLive : cheap)) {
        for (const box of wide) compute(box);
        remeasure(new Set(wide.flatMap((box) => tilesTouching(base, box))));
        return wide;
      }
      for (const box of wide) for (const index of tilesTouching(base, box)) stale.add(index);
      for (const box of boxes) sketch(box);
      return boxes;
    },
    work(enough, first) {
      if (filledStale) beginToFill();
      while (filling !== null) {
        if (filling.work.next().done === true) startOver(filling.mask);
        if (enough()) return null;
      }
      let changed: Box | null = null;
      while (stale.size > 0) {
        const index = next(first);
        stale.delete(index);
        const box = tileBox(mask, index);
        compute(box);
        remeasure([index]);
        changed = joinBoxes(changed, box);
        if (enough()) break;
      }
      return changed;
    },
    stale: () => stale.size > 0 || filledStale || filling !== null,
    measure() {
      for (const index of unmeasured) measures[index] = measureBox(mask, tileBox(mask, index));
      unmeasured.clear();
      const pixels = mask.width * mask.height;
      let set = 0;
      let bounds: Box | null = null;
      for (const tile of measures) {
        set += tile.set;
        bounds = joinBoxes(bounds, tile.bounds);
      }
      return { bounds, coverage: set / pixels, empty: set === 0, full: set === pixels };
    },
  };
};
