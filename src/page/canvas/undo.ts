/**
 * Undo and redo: a row of numbered edits and a position in it. As many of them as fit a byte budget are in memory, those
 * next to the position; the others lie with the host and are brought back when undo comes to them.
 */
import type { Edit } from '../../mask/edits.ts';

/** Undo goes to older edits, redo to newer ones. */
export type Direction = 'undo' | 'redo';

/** The edits that exist: from `first` up to before `end`; undo takes the one before `position`. */
export interface HistoryRange {
  readonly first: number;
  readonly position: number;
  readonly end: number;
}

interface Held<Side> {
  readonly edit: Edit<Side>;
  /** From the host, so of another life of the page. */
  readonly brought: boolean;
}

export interface Undo<Side> {
  /** Puts an edit at the position and ends what could be redone. Returns its number. */
  push(edit: Edit<Side>): number;
  /** The newest edit, to be replaced by a wider one that holds it; undefined where there is none in memory. */
  last(): Edit<Side> | undefined;
  replaceLast(edit: Edit<Side>): number;
  /** The edit that is passed over next: `away` where it is not in memory, undefined where there is none. */
  next(direction: Direction): Held<Side> | 'away' | undefined;
  /** Moves the position over the next edit; returns the new position. */
  pass(direction: Direction): number;
  /** Edits that came from the host, the first with this number. */
  bring(first: number, edits: readonly Edit<Side>[]): void;
  /** What lies in this direction is not to be had any more. */
  drop(direction: Direction): void;
  position(): number;
  canUndo(): boolean;
  canRedo(): boolean;
  /** Bytes held. */
  bytes(): number;
}

const weight = (edit: Edit<unknown>): number =>
  edit.patches.reduce((sum, patch) => sum + patch.before.length + patch.after.length + 64, 128);

export const createUndo = <Side>(
  budget: number,
  range: HistoryRange = { first: 0, position: 0, end: 0 },
): Undo<Side> => {
  let { first, position, end } = range;
  const held = new Map<number, Held<Side>>();
  let bytes = 0;

  const remove = (number: number): void => {
    const known = held.get(number);
    if (known === undefined) return;
    bytes -= weight(known.edit);
    held.delete(number);
  };

  const put = (number: number, edit: Edit<Side>, brought: boolean): void => {
    remove(number);
    held.set(number, { edit, brought });
    bytes += weight(edit);
  };

  /** The edits farthest from the position go first; the two next to it stay. */
  const trim = (): void => {
    if (bytes <= budget) return;
    const distance = (number: number): number => (number < position ? position - number : number - position + 1);
    for (const number of [...held.keys()].sort((a, b) => distance(b) - distance(a))) {
      if (bytes <= budget || distance(number) === 1) return;
      remove(number);
    }
  };

  const cut = (): void => {
    for (let number = position; number < end; number++) remove(number);
    end = position;
  };

  const numberOf = (direction: Direction): number => (direction === 'undo' ? position - 1 : position);

  return {
    push(edit) {
      cut();
      put(position, edit, false);
      end = position += 1;
      trim();
      return position - 1;
    },
    last: () => (end === position ? held.get(position - 1)?.edit : undefined),
    replaceLast(edit) {
      put(position - 1, edit, false);
      return position - 1;
    },
    next(direction) {
      const number = numberOf(direction);
      return number < first || number >= end ? undefined : (held.get(number) ?? 'away');
    },
    pass(direction) {
      position += direction === 'undo' ? -1 : 1;
      return position;
    },
    bring(from, edits) {
      edits.forEach((edit, index) => {
        const number = from + index;
        if (number >= first && number < end && !held.has(number)) put(number, edit, true);
      });
      trim();
    },
    drop(direction) {
      if (direction === 'redo') return cut();
      for (let number = first; number < position; number++) remove(number);
      first = position;
    },
    position: () => position,
    canUndo: () => position > first,
    canRedo: () => position < end,
    bytes: () => bytes,
  };
};
