/**
 * Painting on a mask. Every segment of a stroke is a capsule: the pixels near a line from one point to the next, by exact
 * distance of their centres, so it needs no spacing and gives the same bytes at every zoom. Painting takes the maximum
 * and erasing the minimum, so repeating a segment changes nothing. Measured: facts on painting a 24-megapixel mask.
 */
import { clipBox } from './box.ts';
import { fillBox } from './copy.ts';
import type { Box, Mask } from './mask.ts';
import { runEnd, runStart, wordsOf } from './runs.ts';

export type StrokeMode = 'paint' | 'erase';

/** Image pixels with the origin at the top left corner of the first pixel, whose centre is (0.5, 0.5). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Brush {
  /** Diameter in image pixels. */
  readonly size: number;
  /** 1: an edge of one pixel. 0: falls off from the centre line. */
  readonly hardness: number;
  readonly mode: StrokeMode;
}

interface Segment {
  readonly from: Point;
  readonly to: Point;
  /** Unit vector along the segment; (0, 0) for a dot. */
  readonly dx: number;
  readonly dy: number;
  readonly length: number;
}

/** Rows of a band: what a wide stroke adds to itself is a crescent, which one box would hold badly. */
const bandHeight = 64;

/** Around what changed in a band; right and bottom are the first without a change. */
interface Changed {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The pixels from `start` to `end` of row `y` changed. */
const widen = (changed: Changed, y: number, start: number, end: number): void => {
  changed.left = Math.min(changed.left, start);
  changed.right = Math.max(changed.right, end);
  changed.top = Math.min(changed.top, y);
  changed.bottom = Math.max(changed.bottom, y + 1);
};

/**
 * Paints or erases from one point to the next. Returns the smallest box of what changed in each band of 64 rows, none where
 * nothing did: a stroke lies for the most part on what it has painted already, and whoever draws it need not draw that again.
 * `continues`: the segment before ended at `from` with the same brush and nothing changed since, so that what lies around
 * `from` needs no look.
 */
export const strokeSegment = (mask: Mask, from: Point, to: Point, brush: Brush, continues = false): readonly Box[] => {
  const radius = brush.size / 2;
  const outer = radius + 0.5;
  const inner = Math.min(radius * brush.hardness, radius - 0.5);
  const left = Math.floor(Math.min(from.x, to.x) - outer);
  const top = Math.floor(Math.min(from.y, to.y) - outer);
  const right = Math.ceil(Math.max(from.x, to.x) + outer);
  const bottom = Math.ceil(Math.max(from.y, to.y) + outer);
  const box = clipBox({ x: left, y: top, width: right - left, height: bottom - top }, mask);
  if (box === null) return [];

  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (continues && length === 0) return [];
  const dx = length === 0 ? 0 : (to.x - from.x) / length;
  const dy = length === 0 ? 0 : (to.y - from.y) / length;
  const segment = { from, to, dx, dy, length };
  const begin = { from, to: from, dx: 0, dy: 0, length: 0 };
  const whole = { start: box.x, end: box.x + box.width };
  const [row, edge, core, known] = [{ ...whole }, { ...whole }, { ...whole }, { ...whole }];
  const solid = brush.mode === 'paint' ? 255 : 0;
  const words = wordsOf(mask.data);
  const bands: Changed[] = [];
  for (let y = box.y; y < box.y + box.height; y++) {
    if (continues) setAhead(row, segment, y + 0.5, whole);
    setNear(edge, segment, y + 0.5, outer, row);
    if (edge.start === edge.end) continue;
    setNear(core, segment, y + 0.5, inner, edge);
    known.start = known.end = core.end;
    if (continues) setNear(known, begin, y + 0.5, inner, core);
    const band = Math.floor(y / bandHeight) - Math.floor(box.y / bandHeight);
    const changed = (bands[band] ??= { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity });
    soften(mask, y, edge.start, core.start, segment, inner, outer, brush.mode, changed);
    fill(mask, words, y, core.start, known.start, solid, changed);
    fill(mask, words, y, known.end, core.end, solid, changed);
    soften(mask, y, core.end, edge.end, segment, inner, outer, brush.mode, changed);
  }
  return Object.values(bands)
    .filter((band) => band.left < band.right)
    .map((band) => ({ x: band.left, y: band.top, width: band.right - band.left, height: band.bottom - band.top }));
};

/** Fills a rectangle of whole pixels fully or empties it. Returns the part on the image, null where there is none. */
export const fillRectangle = (mask: Mask, rectangle: Box, mode: StrokeMode): Box | null => {
  const box = clipBox(rectangle, mask);
  if (box === null) return null;
  fillBox(mask, box, mode === 'paint' ? 255 : 0);
  return box;
};

/** Fills the pixels from `start` to `end` of a row that have another value, and what lies between them. */
const fill = (
  { data, width }: Mask,
  words: Uint32Array,
  y: number,
  start: number,
  end: number,
  value: number,
  changed: Changed,
): void => {
  const row = y * width;
  const from = runEnd(data, words, value, row + start, row + end);
  if (from === row + end) return;
  const to = runStart(data, words, value, from, row + end);
  data.fill(value, from, to);
  widen(changed, y, from - row, to - row);
};

/** Writes the pixels from `start` to `end` of row `y` by their distance to the segment. */
const soften = (
  { data, width }: Mask,
  y: number,
  start: number,
  end: number,
  segment: Segment,
  inner: number,
  outer: number,
  mode: StrokeMode,
  changed: Changed,
): void => {
  for (let x = start; x < end; x++) {
    const strength = Math.round(255 * strengthAt(distance(segment, x + 0.5, y + 0.5), inner, outer));
    const at = y * width + x;
    const value = mode === 'paint' ? Math.max(data[at], strength) : Math.min(data[at], 255 - strength);
    if (value === data[at]) continue;
    data[at] = value;
    widen(changed, y, x, x + 1);
  }
};

/** 1 up to `inner`, 0 from `outer` on; between them a line over one pixel (the share covered), else a smoothstep. */
const strengthAt = (distance: number, inner: number, outer: number): number => {
  const t = Math.max(0, Math.min(1, (outer - distance) / (outer - inner)));
  return outer - inner <= 1 ? t : t * t * (3 - 2 * t);
};

/** Beyond an end that of the end itself: to the last digit what the next segment has where it begins. */
const distance = ({ from, to, dx, dy, length }: Segment, x: number, y: number): number => {
  const along = (x - from.x) * dx + (y - from.y) * dy;
  if (along <= 0) return apart(x - from.x, y - from.y);
  if (along >= length) return apart(x - to.x, y - to.y);
  return apart(x - from.x - along * dx, y - from.y - along * dy);
};

const apart = (aside: number, below: number): number => Math.sqrt(aside * aside + below * below);

/** Pixels of a row; `end` is the first one behind them. Set anew for each row: a stroke crosses a million of them. */
interface Run {
  start: number;
  end: number;
}

/** Sets `run` to the pixels of `within` whose centres lie from `low` to `high`; to its end where there are none. */
const setRun = (run: Run, low: number, high: number, within: Run): void => {
  run.end = Math.min(within.end, Math.floor(high - 0.5) + 1);
  run.start = Math.max(within.start, Math.ceil(low - 0.5));
  if (run.start >= run.end) run.start = run.end = within.end;
};

/** Sets `run` to the pixels of `within`, with centre `y`, that lie beyond the begin of the segment, and one before. */
const setAhead = (run: Run, { from, dx, dy }: Segment, y: number, within: Run): void => {
  const along = dy * (y - from.y);
  const low = from.x + lowest(dx, along, 0, Infinity) - 1;
  const high = from.x + highest(dx, along, 0, Infinity) + 1;
  setRun(run, low, high, within);
};

/** Sets `run` to the pixels of `within`, with centre `y`, that lie at most `radius` from the segment. */
const setNear = (run: Run, { from, dx, dy, length }: Segment, y: number, radius: number, within: Run): void => {
  const below = y - from.y;
  const begin = chord(radius, below);
  const end = chord(radius, below - dy * length);
  let low = Math.min(-begin, dx * length - end);
  let high = Math.max(begin, dx * length + end);
  if (length > 0 && radius >= 0) {
    const left = Math.max(lowest(dy, -dx * below, -radius, radius), lowest(dx, dy * below, 0, length));
    const right = Math.min(highest(dy, -dx * below, -radius, radius), highest(dx, dy * below, 0, length));
    if (left <= right) {
      low = Math.min(low, left);
      high = Math.max(high, right);
    }
  }
  setRun(run, from.x + low, from.x + high, within);
};

/** Half of what a circle cuts out of a line that passes its centre at a distance; below 0 without end where nothing. */
const chord = (radius: number, distance: number): number =>
  Math.abs(distance) <= radius ? Math.sqrt(radius * radius - distance * distance) : -Infinity;

/** The lowest and the highest x for which slope × x + offset lies in [from, to]; the lowest is above where there is none. */
const lowest = (slope: number, offset: number, from: number, to: number): number => {
  if (slope === 0) return offset >= from && offset <= to ? -Infinity : Infinity;
  return ((slope > 0 ? from : to) - offset) / slope;
};
const highest = (slope: number, offset: number, from: number, to: number): number => {
  if (slope === 0) return offset >= from && offset <= to ? Infinity : -Infinity;
  return ((slope > 0 ? to : from) - offset) / slope;
};

/** A piece of a stroke whose width changes along it. */
export interface Piece {
  readonly from: Point;
  readonly to: Point;
  /** Diameter in image pixels. */
  readonly size: number;
}

/** A segment from one diameter to another, in pieces whose steps (a fiftieth of the brush, at least 1 px) do not show. */
export const taper = (from: Point, to: Point, fromSize: number, toSize: number): readonly Piece[] => {
  const change = Math.abs(toSize - fromSize);
  const count = Math.max(1, Math.ceil(change / Math.max(1, Math.max(fromSize, toSize) / 50)));
  const at = (share: number): Point => ({ x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share });
  return Array.from({ length: count }, (_, index) => ({
    from: at(index / count),
    to: at((index + 1) / count),
    size: fromSize + ((toSize - fromSize) * (index + 1)) / count,
  }));
};
