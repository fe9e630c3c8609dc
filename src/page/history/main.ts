/** The page of the history: a searchable list with small pictures, by day or by image, and the chosen fill beside it. */
import type { HistoryAct, HistoryEntry, HistoryMessage, HistoryTold } from '../../protocol/history.ts';
import { copyImage } from '../copy.ts';
import { el, newId, setAttributes, setChildren, setText, show } from '../dom.ts';
import { dragAsFile } from '../drag.ts';
import { icon } from '../icons.ts';
import { wordsFor } from '../words.ts';
import { createDetails } from './details.ts';
import { groupsOf, matching, nextCard, type Group, type Grouping } from './groups.ts';

declare const acquireVsCodeApi: () => {
  postMessage(message: HistoryMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
};

const editor = acquireVsCodeApi();
const words = wordsFor(
  JSON.parse(document.getElementById('texts')?.textContent ?? '{}') as Record<string, unknown>,
  document.documentElement.lang,
);
const { t, number, fileSize } = words;

const language = (): string | undefined => {
  try {
    return Intl.getCanonicalLocales(document.documentElement.lang)[0];
  } catch {
    return undefined;
  }
};
const day = new Intl.DateTimeFormat(language(), { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const clock = new Intl.DateTimeFormat(language(), { hour: '2-digit', minute: '2-digit' });
const moment = new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' });
const momentText = (at: number): string => moment.format(at);

interface Kept {
  readonly by: Grouping;
  readonly search: string;
}
const keptState = editor.getState() as Partial<Kept> | null | undefined;

let entries: readonly HistoryEntry[] | null = null;
let onlyImage: string | null = null;
let by: Grouping = keptState?.by === 'image' ? 'image' : 'time';
let chosen: string | null = null;

/** Images that the host was asked for, by their fills. */
const wanted = new Map<string, (image: Uint8Array | string) => void>();

const copy = (id: string): void => {
  const image = new Promise<Blob>((resolve, reject) =>
    wanted.set(id, (given) => {
      if (typeof given === 'string') reject(new Error(given));
      else resolve(new Blob([given as Uint8Array<ArrayBuffer>]));
    }),
  );
  copyImage(image, words).then(
    () => details.say(t('copy.done')),
    (error: unknown) => details.say(error instanceof Error ? error.message : String(error)),
  );
};

const act = (name: HistoryAct, { id }: Pick<HistoryEntry, 'id'>): void => {
  editor.postMessage({ do: 'act', act: name, id });
  if (name === 'copyImage') copy(id);
};

const search = el('input', {
  type: 'search',
  class: 'search',
  placeholder: t('history.search'),
  'aria-label': t('history.search'),
});
search.value = typeof keptState?.search === 'string' ? keptState.search : '';
const groupId = newId();
const grouping = el(
  'select',
  { id: groupId },
  el('option', { value: 'time' }, t('history.byTime')),
  el('option', { value: 'image' }, t('history.byImage')),
);
grouping.value = by;
const count = el('p', { class: 'count', role: 'status' });
const onlyText = el('span', {});
const all = el('button', { type: 'button', class: 'link' }, t('history.allImages'));
const only = el('p', { class: 'only', hidden: true }, onlyText, all);
const note = el('p', { class: 'note' }, t('history.loading'));
const limit = el('p', { class: 'hint limit' });
const list = el('div', { class: 'groups', role: 'group', 'aria-label': t('history.list'), title: t('history.keys') });
const details = createDetails(words, act);

document
  .getElementById('app')!
  .replaceChildren(
    el(
      'main',
      { class: 'history' },
      el('h1', { class: 'unseen' }, t('history.title')),
      el('div', { class: 'bar' }, search, el('label', { for: groupId }, t('history.group')), grouping, count, only),
      el('div', { class: 'scroll', tabindex: -1 }, note, list, limit),
    ),
    details.element,
  );

interface Card {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  update(entry: HistoryEntry): void;
}

const createCard = (id: string): Card => {
  const picture = el('img', { alt: '', loading: 'lazy', decoding: 'async', draggable: false });
  const empty = icon('error');
  const badge = el('span', { class: 'film-number', 'aria-hidden': 'true' });
  const mark = el('span', { class: 'film-mark', 'aria-hidden': 'true' }, icon('check'));
  const title = el('span', { class: 'card-title' });
  const line = el('span', { class: 'card-line' });
  const more = el('span', { class: 'unseen' });
  const button = el(
    'button',
    { type: 'button', class: 'card', tabindex: -1 },
    el('span', { class: 'card-picture' }, empty, picture, badge, mark),
    title,
    line,
    more,
  );
  const element = el('li', { class: 'card-item' }, button);
  let entry: HistoryEntry | null = null;
  button.addEventListener('click', () => choose(id));
  dragAsFile(button, () => entry?.address ?? null);
  button.addEventListener('dblclick', () => entry !== null && open(entry));
  return {
    element,
    button,
    update(next) {
      entry = next;
      const { name, at, outcome, prompt, thumb, variation, state } = next;
      button.dataset['id'] = id;
      button.dataset['state'] = state;
      button.draggable = next.address !== null;
      if (thumb === null) {
        show(picture, false);
        if (next.acts.includes('compare')) sight.observe(button);
      } else {
        setAttributes(picture, { src: thumb });
        show(picture, true);
      }
      empty.style.display = thumb === null ? '' : 'none';
      show(badge, variation !== null);
      setText(badge, variation === null ? '' : String(variation.number));
      show(mark, state === 'saved');
      setText(title, by === 'image' ? (prompt === '' ? t('history.noPrompt') : prompt) : name);
      setText(line, by === 'image' ? momentText(at) : [clock.format(at), prompt].filter(Boolean).join(' · '));
      setText(more, by === 'image' ? `${name}. ${outcome}` : outcome);
      button.title = prompt === '' ? t('history.noPrompt') : prompt;
      setAttributes(button, { 'aria-pressed': String(chosen === id) });
    },
  };
};

/** Asks for the small pictures of what comes into sight. */
const sight = new IntersectionObserver((seen) => {
  const ids = seen
    .filter(({ isIntersecting }) => isIntersecting)
    .map(({ target }) => (target as HTMLElement).dataset['id']!);
  for (const { target, isIntersecting } of seen) if (isIntersecting) sight.unobserve(target);
  if (ids.length > 0) editor.postMessage({ do: 'thumbs', ids });
});

const cards = new Map<string, Card>();
const sections = new Map<
  string,
  { readonly element: HTMLElement; readonly list: HTMLElement; readonly head: HTMLElement; readonly note: HTMLElement }
>();

const sectionFor = ({ key, title, note }: Group) => {
  const id = newId();
  const known = sections.get(`${by} ${key}`);
  const head = known?.head ?? el('span', {});
  const aside = known?.note ?? el('span', { class: 'hint' });
  const items = known?.list ?? el('ul', { class: 'cards' });
  const section = known ?? {
    element: el('section', { class: 'group', 'aria-labelledby': id }, el('h2', { id }, head, aside), items),
    list: items,
    head,
    note: aside,
  };
  sections.set(`${by} ${key}`, section);
  setText(head, title);
  setText(aside, note);
  return section;
};

const shownEntries = (): readonly HistoryEntry[] =>
  matching(
    (entries ?? []).filter((entry) => onlyImage === null || entry.image === onlyImage),
    search.value,
  );

const order = (): readonly HTMLButtonElement[] => [...list.querySelectorAll<HTMLButtonElement>('.card')];

const entryOf = (id: string | null): HistoryEntry | null => entries?.find((entry) => entry.id === id) ?? null;

const update = (): void => {
  const shown = shownEntries();
  const total = entries?.length ?? 0;
  const before = order().map(({ dataset }) => dataset['id']);
  for (const entry of shown) {
    const card = cards.get(entry.id) ?? createCard(entry.id);
    cards.set(entry.id, card);
  }
  if (!shown.some(({ id }) => id === chosen)) {
    // What was chosen is gone: the one after it, or before it.
    const at = before.indexOf(chosen ?? '');
    const nearest = at === -1 ? [] : [...before.slice(at + 1), ...before.slice(0, at).reverse()];
    chosen = nearest.find((id) => shown.some((entry) => entry.id === id)) ?? shown[0]?.id ?? null;
  }
  for (const entry of shown) cards.get(entry.id)!.update(entry);
  const focused = list.contains(document.activeElement);
  const groups = groupsOf(shown, by, (at) => day.format(at));
  setChildren(
    list,
    groups.map((group) => {
      const section = sectionFor(group);
      setChildren(
        section.list,
        group.entries.map(({ id }) => cards.get(id)!.element),
      );
      return section.element;
    }),
  );
  for (const card of order()) card.tabIndex = card.dataset['id'] === chosen ? 0 : -1;
  if (focused && !list.contains(document.activeElement))
    order()
      .find((card) => card.tabIndex === 0)
      ?.focus();
  setText(
    count,
    entries === null
      ? ''
      : shown.length !== total
        ? t('history.some', { shown: number(shown.length), count: number(total) })
        : total === 1
          ? t('history.one')
          : t('history.count', { count: number(total) }),
  );
  show(note, shown.length === 0);
  if (entries !== null) setText(note, t(total === 0 ? 'history.empty' : 'history.noMatch'));
  show(only, onlyImage !== null);
  const named = entries?.find(({ image }) => image === onlyImage)?.name ?? onlyImage?.split('/').pop() ?? '';
  setText(onlyText, t('history.onlyImage', { name: named }));
  details.update(entryOf(chosen), momentText);
  editor.setState({ by, search: search.value } satisfies Kept);
};

const choose = (id: string): void => {
  chosen = id;
  for (const card of order()) {
    const is = card.dataset['id'] === id;
    card.tabIndex = is ? 0 : -1;
    setAttributes(card, { 'aria-pressed': String(is) });
  }
  details.update(entryOf(id), momentText);
};

/** What Enter and a double click do. */
const open = (entry: HistoryEntry): void => {
  const name = (['compare', 'goOn', 'openImage'] as const).find((each) => entry.acts.includes(each));
  if (name !== undefined) act(name, entry);
};

list.addEventListener('keydown', (event) => {
  const buttons = order();
  const at = buttons.findIndex((card) => card === document.activeElement);
  if (at === -1) return;
  const entry = entryOf(buttons[at].dataset['id'] ?? null);
  if (/^(Arrow|Home|End)/.test(event.key)) {
    const places = buttons.map((card) => {
      const { x, y } = card.getBoundingClientRect();
      return { x: Math.round(x), y: Math.round(y) };
    });
    const next = buttons[nextCard(places, at, event.key)];
    choose(next.dataset['id']!);
    next.focus();
  } else if (event.key === 'Enter' && entry !== null) open(entry);
  else if (event.key === 'c' && (event.ctrlKey || event.metaKey) && entry?.acts.includes('copyImage'))
    act('copyImage', entry);
  else if (event.key === 'Delete' && entry !== null && entry.acts.includes('delete')) act('delete', entry);
  else return;
  event.preventDefault();
});
search.addEventListener('input', update);
grouping.addEventListener('change', () => {
  by = grouping.value === 'image' ? 'image' : 'time';
  update();
});
all.addEventListener('click', () => {
  onlyImage = null;
  update();
  search.focus();
});

addEventListener('message', ({ data }: MessageEvent<HistoryTold>) => {
  if (data.tell === 'entries') {
    const known = new Map((entries ?? []).map((entry) => [entry.id, entry.thumb]));
    entries = data.entries.map((entry) => ({ ...entry, thumb: entry.thumb ?? known.get(entry.id) ?? null }));
    if (data.image !== null) onlyImage = data.image;
    setText(limit, t('history.limit', { size: fileSize(data.limitMegabytes * 1_000_000) }));
    for (const id of cards.keys()) if (!entries.some((entry) => entry.id === id)) cards.delete(id);
    update();
  } else if (data.tell === 'image') {
    wanted.get(data.id)?.(data.image);
    wanted.delete(data.id);
  } else if (data.tell === 'thumb') {
    const { id, src } = data;
    entries = (entries ?? []).map((entry) => (entry.id === id ? { ...entry, thumb: src } : entry));
    const entry = entryOf(id);
    if (entry !== null) cards.get(id)?.update(entry);
    if (id === chosen) details.update(entry, momentText);
  }
});
editor.postMessage({ do: 'ready' });
