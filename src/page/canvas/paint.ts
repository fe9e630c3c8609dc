/**
 * The page's own copy of the base mask: what tools do to it, what undo takes back, and what the host has yet to hear of.
 * No DOM. Every change goes through `change`, which keeps the tiles as they were before.
 */
import { clipBox, joinBoxes } from '../../mask/box.ts';
import { combine, combineBox, cutPart, paste } from '../../mask/combine.ts';
import type { CombineMode, Part } from '../../mask/combine.ts';
import { decodeTile, encodeTile, patchesOf, sameBytes } from '../../mask/edits.ts';
import type { Edit } from '../../mask/edits.ts';
import { emptyMask } from '../../mask/mask.ts';
import type { Box, Mask } from '../../mask/mask.ts';
import { bounds, isEmpty } from '../../mask/measure.ts';
import { fillRectangle, strokeSegment } from '../../mask/strokes.ts';
import type { Brush, Point } from '../../mask/strokes.ts';
import { applyTiles, readTile, tileBox, tileCount, tileSide, tilesTouching } from '../../mask/tiles.ts';
import type { Tile } from '../../mask/tiles.ts';
import type { Size } from '../../fill/geometry.ts';
import { packEdit } from '../../protocol/edits.ts';
import type { EditSide, MaskSide } from '../../protocol/edits.ts';
import { createUndo, type Direction, type HistoryRange } from './undo.ts';

export type { MaskSide };

/** What became of the history: an edit with its number, or a move to a position; `edit` is packed, a move's `after` is what it writes. */
export interface Step {
  readonly kind: 'edit' | 'move';
  readonly at: number;
  readonly edit: Uint8Array<ArrayBuffer>;
}

/** What the host has not heard of: ended edits and moves in order, and then tiles of the edit that goes on, encoded. */
export interface News {
  readonly steps: readonly Step[];
  readonly tiles: readonly { readonly index: number; readonly data: Uint8Array<ArrayBuffer> | null }[];
}

/** Bytes of undo patches in memory. */
const undoBudget = 64 * 1024 * 1024;

export type Travelled = { readonly boxes: readonly Box[] } | 'away' | undefined;

export interface Painting {
  readonly base: Mask;
  /** True where nothing is marked; without a look at the pixels where that is known, which is 24 MB on a large image. */
  isBlank(): boolean;
  /** The kind and settings as they are now. */
  side(): MaskSide;
  setSide(side: MaskSide): void;
  /** Draws a segment into the open edit and says what changed, in bands. */
  stroke(from: Point, to: Point, brush: Brush): readonly Box[];
  /** Puts a shape or selection into the mask; null where that cannot change anything. */
  combine(part: Part, mode: CombineMode): Box | null;
  /** A copy of what is marked; null where nothing is. */
  lift(): Part | null;
  /** Lays what was lifted from `from` to `to`, both top left corners; returns what that touched. */
  move(part: Part, from: Point, to: Point): Box | null;
  /** Empties the mask. */
  clear(): Box;
  /** The mask becomes exactly these tiles of the host, all others empty. */
  replace(tiles: readonly Tile[]): Box;
  /** Closes the open edit and makes it undoable. False where nothing changed. */
  commit(): boolean;
  /** Takes the open edit back; returns what it had touched. */
  abandon(): Box | null;
  /** Makes a change of settings undoable; changes of the same `group` in a row become one. */
  commitSide(before: MaskSide, group: string): void;
  /**
   * Takes an edit back or makes it again, and says where pixels changed. Undefined where there is nothing to
   * undo or redo; `away` where the host has to be asked for it.
   */
  undo(): Travelled;
  redo(): Travelled;
  /** Edits that came from the host, the first with this number; none: they are not to be had any more. */
  bring(direction: Direction, first: number, edits: readonly Edit<EditSide>[]): void;
  /** Edits before the one that undo takes. */
  position(): number;
  canUndo(): boolean;
  canRedo(): boolean;
  /** Bytes of patches in memory. */
  undoBytes(): number;
  /** Everything since it was last taken; at most `limit` tiles. */
  takeNews(limit: number): News;
  hasNews(): boolean;
  /** The host could not be told: it has to be said again. */
  returnNews(news: News): void;
  /** The host knows it already. */
  dropNews(): void;
}

/** Where a stroke can touch the mask: wider than the brush by the soft edge. */
const strokeBox = (from: Point, to: Point, brush: Brush, size: Size): Box | null => {
  const reach = brush.size / 2 + 1;
  const x = Math.floor(Math.min(from.x, to.x) - reach);
  const y = Math.floor(Math.min(from.y, to.y) - reach);
  const right = Math.ceil(Math.max(from.x, to.x) + reach);
  const bottom = Math.ceil(Math.max(from.y, to.y) + reach);
  return clipBox({ x, y, width: right - x, height: bottom - y }, size);
};

export const createPainting = (
  size: Size,
  tiles: readonly Tile[],
  initial: MaskSide,
  range?: HistoryRange,
): Painting => {
  const base = emptyMask(size.width, size.height);
  applyTiles(base, tiles);
  /** 1 for tiles that were written to; the others are empty, and need no look: the first at a page of memory takes long. */
  const written = new Uint8Array(tileCount(base));
  for (const { index } of tiles) written[index] = 1;
  const undo = createUndo<EditSide>(undoBudget, range);
  /** Tiles of the open edit: as they were before it, those to be told, and those that were told. */
  const before = new Map<number, Tile>();
  const fresh = new Set<number>();
  const told = new Set<number>();
  /** Tiles of which the host holds something else, though no edit is open on them. */
  const owed = new Set<number>();
  let steps: Step[] = [];
  let sideBefore = initial;
  let side = initial;

  /** Where the stroke of the open edit has come to, with nothing else written since. */
  let reached: { readonly at: Point; readonly brush: Brush } | null = null;

  /** A tile that is read or decoded and done with before the next one. */
  const scratch = new Uint8Array(tileSide * tileSide);
  const whole = { x: 0, y: 0, width: size.width, height: size.height };

  const change = (box: Box | null, write: () => void): void => {
    reached = null;
    if (box === null) return;
    if (before.size === 0) sideBefore = side;
    for (const index of tilesTouching(base, box)) {
      if (!before.has(index)) before.set(index, written[index] === 0 ? { index, data: null } : readTile(base, index));
      fresh.add(index);
      written[index] = 1;
    }
    write();
  };

  const tell = (step: Step): void => {
    const last = steps.at(-1);
    const joined = last?.kind === 'edit' && step.kind === 'edit' && last.at === step.at;
    steps = [...(joined ? steps.slice(0, -1) : steps), step];
  };

  const tellEdit = (at: number, edit: Edit<EditSide>): void =>
    tell({ kind: 'edit', at, edit: packEdit({ ...size, ...edit }) });

  const continues = (from: Point, brush: Brush): boolean =>
    reached !== null &&
    reached.at.x === from.x &&
    reached.at.y === from.y &&
    reached.brush.size === brush.size &&
    reached.brush.hardness === brush.hardness &&
    reached.brush.mode === brush.mode;

  const closeTiles = (): void => {
    reached = null;
    before.clear();
    fresh.clear();
    told.clear();
  };

  const travel = (direction: Direction): Travelled => {
    const next = undo.next(direction);
    if (next === undefined || next === 'away') return next;
    reached = null;
    const { edit, brought } = next;
    const [from, to] = direction === 'undo' ? (['after', 'before'] as const) : (['before', 'after'] as const);
    // Of a life of the page that this one knows nothing of: it is applied to what it left, or not at all.
    const fits = (): boolean =>
      edit.patches.every((patch) => sameBytes(encodeTile(readTile(base, patch.index, scratch).data), patch[from]));
    if (brought && !fits()) {
      undo.drop(direction);
      return undefined;
    }
    for (const { index, [to]: encoded } of edit.patches) {
      written[index] = 1;
      applyTiles(base, [{ index, data: decodeTile(encoded, scratch) }]);
    }
    const { kind, file, settings } = edit[to];
    side = { kind, file, settings };
    const patches = edit.patches.map((patch) => ({ index: patch.index, before: new Uint8Array(0), after: patch[to] }));
    const at = undo.pass(direction);
    tell({ kind: 'move', at, edit: packEdit({ ...size, before: side, after: side, patches }) });
    for (const { index } of edit.patches) owed.delete(index);
    return { boxes: edit.patches.map(({ index }) => tileBox(base, index)) };
  };

  return {
    base,
    isBlank: () => !written.includes(1) || isEmpty(base),
    side: () => side,
    setSide: (next) => void (side = next),
    stroke(from, to, brush) {
      let touched: readonly Box[] = [];
      const on = continues(from, brush);
      change(strokeBox(from, to, brush, size), () => (touched = strokeSegment(base, from, to, brush, on)));
      reached = { at: to, brush };
      return touched;
    },
    combine(part, mode) {
      const box = combineBox(base, part, mode);
      change(box, () => combine(base, part, mode, box!));
      return box;
    },
    lift() {
      const box = bounds(base);
      return box === null ? null : cutPart(base, box);
    },
    move(part, from, to) {
      const { width, height } = part.box;
      const left = { ...from, width, height };
      const box = joinBoxes(clipBox(left, size), clipBox({ ...to, width, height }, size));
      change(box, () => {
        fillRectangle(base, left, 'erase');
        paste(base, part, to);
      });
      return box;
    },
    clear() {
      change(whole, () => base.data.fill(0));
      written.fill(0);
      return whole;
    },
    replace(given) {
      change(whole, () => {
        base.data.fill(0);
        applyTiles(base, given);
      });
      fresh.clear();
      told.clear();
      owed.clear();
      return whole;
    },
    commit() {
      const patches = patchesOf([...before.values()], (index) => readTile(base, index, scratch));
      for (const { index } of patches) {
        told.delete(index);
        owed.delete(index);
      }
      // Told while the edit was open, and in the end as it had been.
      for (const index of told) owed.add(index);
      closeTiles();
      if (patches.length === 0) return false;
      const edit = { patches, before: sideBefore, after: side };
      tellEdit(undo.push(edit), edit);
      return true;
    },
    abandon() {
      let box: Box | null = null;
      for (const index of before.keys()) {
        written[index] = 1;
        box = joinBoxes(box, tileBox(base, index));
      }
      applyTiles(base, [...before.values()]);
      for (const index of told) owed.add(index);
      if (before.size > 0) side = sideBefore;
      closeTiles();
      return box;
    },
    commitSide(from, group) {
      const after = { ...side, group };
      const last = undo.last();
      const edit = last?.after.group === group ? { ...last, after } : { patches: [], before: from, after };
      tellEdit(last?.after.group === group ? undo.replaceLast(edit) : undo.push(edit), edit);
    },
    undo: () => travel('undo'),
    redo: () => travel('redo'),
    bring(direction, first, edits) {
      if (edits.length === 0) undo.drop(direction);
      else undo.bring(first, edits);
    },
    position: () => undo.position(),
    canUndo: () => undo.canUndo(),
    canRedo: () => undo.canRedo(),
    undoBytes: () => undo.bytes(),
    takeNews(limit) {
      const indexes = [...owed, ...fresh].slice(0, limit);
      for (const index of indexes) {
        owed.delete(index);
        fresh.delete(index);
        if (before.has(index)) told.add(index);
      }
      const tiles = indexes.map((index) => {
        const { data } = readTile(base, index, scratch);
        return { index, data: data === null ? null : encodeTile(data) };
      });
      const news = { steps, tiles };
      steps = [];
      return news;
    },
    hasNews: () => steps.length > 0 || owed.size > 0 || fresh.size > 0,
    returnNews(news) {
      steps = [...news.steps, ...steps];
      for (const { index } of news.tiles) if (index < tileCount(base)) owed.add(index);
    },
    dropNews() {
      steps = [];
      owed.clear();
    },
  };
};
