/**
 * The effective mask as the page shows it, at full resolution, made by the engine's own code (mask/effective.ts) tile by
 * tile. What a stroke touches is right at once where that is cheap; the rest is stale for some frames and worked off in
 * slices, what is on the screen first, so that painting and sliders never wait.
 */
import { clipBox, expandBox, joinBoxes } from '../../mask/box.ts';
import { copyBox, fillBox, pasteMask } from '../../mask/copy.ts';
import { effectiveIn } from '../../mask/effective.ts';
import { fillingHoles } from '../../mask/holes.ts';
import { emptyMask } from '../../mask/mask.ts';
import { isEmpty } from '../../mask/measure.ts';
import type { Box, Mask, Settings } from '../../mask/mask.ts';
import { runEnd, runStart, wordsOf } from '../../mask/runs.ts';
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
  /** What is on the screen. `coarse`: only `quarter` is looked at, and what is stale need not be sketched in `mask`. */
  look(visible: Box | null, coarse: boolean): void;
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
  const { data, width } = mask;
  const words = wordsOf(data);
  let set = 0;
  let bounds: Box | null = null;
  for (let y = box.y; y < box.y + box.height; y++) {
    const row = y * width;
    const end = row + box.x + box.width;
    const first = runEnd(data, words, 0, row + box.x, end);
    if (first === end) continue;
    const last = runStart(data, words, 0, first, end);
    bounds = joinBoxes(bounds, { x: first - row, y, width: last - first, height: 1 });
    for (let from = first; from < last;) {
      const to = runEnd(data, words, data[from], from, last);
      if (data[from] !== 0) set += to - from;
      from = to;
    }
  }
  return { set, bounds };
};

/** The average of the pixels of a mask, or of its opposite, that one of its quarter stands for. */
const average = ({ data, width, height }: Mask, qx: number, qy: number, invert: boolean): number => {
  const endX = Math.min(width, qx * 4 + 4);
  const endY = Math.min(height, qy * 4 + 4);
  const pixels = (endX - qx * 4) * (endY - qy * 4);
  let sum = 0;
  for (let y = qy * 4; y < endY; y++) for (let x = qx * 4; x < endX; x++) sum += data[y * width + x];
  return Math.ceil((invert ? 255 * pixels - sum : sum) / pixels);
};

/** The first from `qx` on of a row of quarter pixels that does not stand for the same value in all of its four rows, 0 or 255. */
const flatTo = (words: Uint32Array, first: number, across: number, qx: number, right: number): number => {
  const word = words[first + qx];
  if (word !== 0 && word !== 0xffffffff) return qx;
  const [second, third, fourth] = [first + across, first + 2 * across, first + 3 * across];
  let at = qx;
  while (
    at < right &&
    words[first + at] === word &&
    words[second + at] === word &&
    words[third + at] === word &&
    words[fourth + at] === word
  )
    at++;
  return at;
};

/** Makes `quarter` what `mask`, or its opposite, is inside `box`. Most of it is flat, and four pixels of a row are a word. */
const updateQuarter = (mask: Mask, quarter: Mask, box: Box, invert = false): void => {
  const right = Math.ceil((box.x + box.width) / 4);
  const bottom = Math.ceil((box.y + box.height) / 4);
  const words = wordsOf(mask.data);
  for (let qy = Math.floor(box.y / 4); qy < bottom; qy++) {
    const inWords = mask.width % 4 === 0 && words.length > 0 && qy * 4 + 4 <= mask.height;
    for (let qx = Math.floor(box.x / 4); qx < right;) {
      const flat = inWords ? flatTo(words, qy * mask.width, mask.width / 4, qx, right) : qx;
      const value = average(mask, qx, qy, invert);
      const end = Math.max(qx + 1, flat);
      quarter.data.fill(value, qy * quarter.width + qx, qy * quarter.width + end);
      qx = end;
    }
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
    if (value === null) pasteMask(effectiveIn(start(), local(), box), mask, box.x, box.y);
    else fillBox(mask, box, value);
    updateQuarter(mask, quarter, box);
  };

  /** Tiles that `quarter` alone shows as they are. */
  const unsketched = new Set<number>();
  let coarse = false;

  const sketchWhole = (box: Box): void => {
    if (!settings.invert) return copyBox(base, box, mask, box.x, box.y);
    for (let y = box.y; y < box.y + box.height; y++)
      for (let x = 0, at = y * mask.width + box.x; x < box.width; x++, at++) mask.data[at] = 255 - base.data[at];
  };

  /** Until its turn comes, a stale place shows the base mask itself. */
  const sketch = (box: Box): void => {
    if (coarse) for (const index of tilesTouching(base, box)) unsketched.add(index);
    else sketchWhole(box);
    updateQuarter(base, quarter, box, settings.invert);
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
    look(visible, next) {
      coarse = next;
      if (coarse || visible === null || unsketched.size === 0) return;
      for (const index of tilesTouching(base, visible)) if (unsketched.delete(index)) sketchWhole(tileBox(base, index));
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
        unsketched.delete(index);
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
