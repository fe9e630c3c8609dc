/** How the history is searched, and in which groups it is shown. Pure. */
import type { HistoryEntry } from '../../protocol/history.ts';

export type Grouping = 'time' | 'image';

export interface Group {
  readonly key: string;
  readonly title: string;
  /** What tells images of one name apart. */
  readonly note: string;
  readonly entries: readonly HistoryEntry[];
}

const words = (text: string): readonly string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/** Entries in which every word of the search stands, in prompt, name, folder or service; or that have this seed. */
export const matching = (entries: readonly HistoryEntry[], search: string): readonly HistoryEntry[] => {
  const wanted = words(search);
  return entries.filter(({ prompt, name, folder, service, seed }) => {
    const text = [prompt, folder, name, service, seed ?? ''].join('\n').toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
};

const dayOf = (at: number): string => new Date(at).toDateString();

/** Groups in the order of their newest entry; entries keep theirs. `dayText` says a day. */
export const groupsOf = (
  entries: readonly HistoryEntry[],
  by: Grouping,
  dayText: (at: number) => string,
): readonly Group[] => {
  const groups = new Map<string, HistoryEntry[]>();
  for (const entry of entries) {
    const key = by === 'image' ? entry.image : dayOf(entry.at);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups].map(([key, [first, ...others]]) => ({
    key,
    title: by === 'image' ? first.name : dayText(first.at),
    note: by === 'image' ? first.folder : '',
    entries: [first, ...others],
  }));
};

/**
 * Which card the arrow keys lead to. `columns` are the horizontal middles of the cards, `rows` their tops, in their order:
 * cards of groups of any length still lie in rows.
 */
export const nextCard = (
  places: readonly { readonly x: number; readonly y: number }[],
  at: number,
  key: string,
): number => {
  if (key === 'ArrowLeft') return Math.max(0, at - 1);
  if (key === 'ArrowRight') return Math.min(places.length - 1, at + 1);
  if (key === 'Home') return 0;
  if (key === 'End') return places.length - 1;
  const from = places[at];
  const beyond = places.filter(({ y }) => (key === 'ArrowDown' ? y > from.y : y < from.y));
  if (beyond.length === 0) return at;
  const row = key === 'ArrowDown' ? Math.min(...beyond.map(({ y }) => y)) : Math.max(...beyond.map(({ y }) => y));
  const nearest = beyond
    .filter(({ y }) => y === row)
    .reduce((best, each) => (Math.abs(each.x - from.x) < Math.abs(best.x - from.x) ? each : best));
  return places.indexOf(nearest);
};
