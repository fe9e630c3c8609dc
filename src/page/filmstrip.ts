/** The variations of one Generate under the stage: they come in one by one, and some of them are kept. */
import type { JobView } from '../protocol/messages.ts';
import { el, setAttributes, setChildren, setText, show } from './dom.ts';
import { dragAsFile } from './drag.ts';
import { icon, setIcon, type IconName } from './icons.ts';
import { isOpen, jobSentence } from './job.ts';
import type { Session } from './session.ts';
import { shownSet, type State } from './state.ts';
import type { Words } from './words.ts';

/** An image of the strip: that of a job, or one that a job's request has yet to give. */
export interface Frame {
  readonly number: number;
  readonly job: JobView;
  /** The job's request gives it later, as a job of its own. */
  readonly awaited: boolean;
}

/** The images of a set in their order, each once, also those that a request under way has yet to give. Pure. */
export const framesOf = (set: readonly JobView[]): readonly Frame[] => {
  const own = set.map((job): Frame => ({ number: job.variation!.number, job, awaited: false }));
  const known = new Set(own.map(({ number }) => number));
  const awaited = set
    .filter(isOpen)
    .flatMap((job) =>
      Array.from({ length: job.images }, (_, at): Frame => {
        return { number: job.variation!.number + at, job, awaited: true };
      }),
    )
    .filter(({ number }) => !known.has(number));
  return [...own, ...awaited].sort((a, b) => a.number - b.number);
};

/** "5 of 8 ready · 2 kept · 1 failed". */
export const filmText = (set: readonly JobView[], { t }: Words): string => {
  const of = Math.max(framesOf(set).length, set.filter((job) => job.state !== 'failed').length);
  const ready = set.filter((job) => job.state === 'held' || job.state === 'saved').length;
  const kept = set.filter((job) => job.state === 'saved').length;
  const failed = set.filter((job) => !isOpen(job) && job.result === null && job.state !== 'saved');
  return [
    t('film.ready', { ready, of }),
    ...(kept === 0 ? [] : [t('film.kept', { kept })]),
    ...(failed.length === 0 ? [] : [t('film.failed', { failed: failed.length })]),
  ].join(' · ');
};

const stateWord = ({ job, awaited }: Frame, words: Words): string => {
  const { t } = words;
  if (job.state === 'held') return t('film.held');
  if (job.state === 'saved') return job.result === null ? jobSentence(job, words) : t('film.saved');
  if (!isOpen(job)) return jobSentence(job, words);
  return awaited || job.waiting || job.state === 'prepared' ? t('film.queued') : t('film.running');
};

interface Tile {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  update(frame: Frame | null, state: State, set: readonly JobView[], current: boolean): void;
}

const createTile = (session: Session): Tile => {
  const { store, words, ask, failed } = session;
  const { t } = words;
  let frame: Frame | null = null;
  let lastThumb: string | null = null;
  const picture = el('img', { alt: '', draggable: false });
  const wait = icon('original');
  const number = el('span', { class: 'film-number', 'aria-hidden': 'true' });
  const markIcon = icon('check');
  const mark = el('span', { class: 'film-mark', 'aria-hidden': 'true' }, markIcon);
  const bar = el('progress', { class: 'job-progress', max: 100, 'aria-hidden': 'true' });
  const button = el('button', { type: 'button', class: 'film-tile' }, wait, picture, number, mark, bar);
  const note = el('span', { class: 'film-note' });
  const iconButton = (name: IconName, run: (job: JobView) => void): HTMLButtonElement => {
    const element = el('button', { type: 'button', class: 'icon-button' }, icon(name));
    element.addEventListener('click', () => frame && run(frame.job));
    return element;
  };
  const act = el('button', { type: 'button', class: 'link' });
  act.addEventListener('click', () => {
    if (frame?.job.nextAct) void ask('goOn', { jobId: frame.job.id, act: frame.job.nextAct }).catch(failed);
  });
  const against = iconButton('side', ({ id }) => {
    const off = store.get().against === id;
    store.set({ against: off ? null : id });
    const { number } = frame!;
    session.say(off ? t('film.againstOriginal') : t('film.againstSet', { number }));
  });
  const cancel = iconButton('close', ({ id }) => void ask('cancel', { jobId: id }).catch(failed));
  const remove = iconButton('clear', ({ id }) => session.remove([id]));
  const acts = el('div', { class: 'film-acts' }, act, against, cancel, remove);
  const element = el('li', { class: 'film-item' }, button, note, acts);

  button.addEventListener('click', () => {
    if (frame === null) return store.set({ comparing: null, against: null });
    if (frame.job.result !== null && !frame.awaited) store.set({ comparing: frame.job.id });
    else session.say(frame.job.fault?.sentence ?? jobSentence(frame.job, words));
  });

  const name = (button: Element, text: string): void => setAttributes(button, { 'aria-label': text, title: text });

  dragAsFile(button, () => frame?.job.result?.address ?? null);

  const showFrame = (shown: Frame, { comparing, against: pinned }: State, set: readonly JobView[]): void => {
    const { job, awaited } = shown;
    const { state, seed, nextAct } = job;
    const args = { number: shown.number, of: job.variation!.of };
    const open = isOpen(job);
    const word = stateWord(shown, words);
    element.dataset.state = open ? 'open' : job.result === null && state !== 'saved' ? 'failed' : state;
    const shared = set.filter((each) => each.seed === seed).length > 1;
    const seedText = seed === null ? '' : t(shared || awaited ? 'film.seedOfRequest' : 'film.seed', { seed });
    name(button, [t('film.tile', { ...args, state: word }), seedText, job.fault?.sentence].filter(Boolean).join('. '));
    setAttributes(button, { 'aria-pressed': String(comparing === job.id && !awaited) });
    button.draggable = !awaited && (job.result?.address ?? null) !== null;
    // While it is being kept, its small picture is on the way with it.
    lastThumb = job.thumb ?? (open ? lastThumb : null);
    const thumb = awaited ? null : lastThumb;
    show(picture, thumb !== null);
    if (thumb !== null) setAttributes(picture, { src: thumb });
    wait.style.display = thumb === null ? '' : 'none';
    setIcon(wait, open ? 'original' : job.fault === null ? 'check' : 'error');
    setText(number, String(shown.number));
    show(mark, state === 'saved');
    show(bar, open && !awaited);
    setAttributes(bar, { value: job.progress ?? undefined });
    const quiet = (state === 'held' || state === 'saved') && job.fault === null && seedText !== '';
    setText(note, quiet ? seedText : word);
    note.title = job.fault?.sentence ?? note.textContent;
    show(act, nextAct !== null && !awaited);
    if (nextAct !== null) {
      setText(act, t(`act.${nextAct}`));
      const hint = nextAct === 'keep' ? t('film.keepImage', args) : t(`act.${nextAct}.hint`);
      setAttributes(act, {
        title: hint,
        'aria-label': nextAct === 'keep' ? hint : t('film.act', { ...args, act: t(`act.${nextAct}`) }),
      });
    }
    show(against, job.result !== null && !awaited);
    name(against, t('film.against', args));
    setAttributes(against, { 'aria-pressed': String(pinned === job.id) });
    show(cancel, open && !awaited && !job.cancelRequested && ['prepared', 'submitting', 'submitted'].includes(state));
    name(cancel, t('film.cancel', args));
    show(remove, !open && state !== 'saved');
    name(remove, t('film.delete', args));
  };

  const showOriginal = ({ panel, comparing }: State): void => {
    element.dataset.state = 'original';
    name(button, `${t('film.original')}: ${t('film.originalHint')}`);
    setAttributes(button, { 'aria-pressed': String(comparing === null) });
    setAttributes(picture, { src: panel.source.src });
    setText(note, t('film.original'));
    wait.style.display = 'none';
    for (const each of [number, mark, bar, acts]) show(each, false);
  };

  return {
    element,
    button,
    update(next, state, set, current) {
      frame = next;
      if (next === null) showOriginal(state);
      else showFrame(next, state, set);
      for (const each of element.querySelectorAll('button')) each.tabIndex = current ? 0 : -1;
    },
  };
};

export const createFilmstrip = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t } = words;
  const title = el('span', { class: 'film-title' });
  const deleteRest = el('button', { type: 'button', class: 'link' }, t('film.deleteRest'));
  const list = el('ul', { class: 'film-list', title: t('film.keys') });
  const element = el(
    'section',
    { class: 'film', 'aria-label': t('film.label'), hidden: true },
    el('div', { class: 'film-head' }, title, deleteRest),
    list,
  );
  const original = createTile(session);
  const tiles = new Map<string, Tile>();
  const keyOf = ({ job, number, awaited }: Frame): string => (awaited ? `${job.id} ${number}` : job.id);
  /** The tile that the keyboard is on. */
  let current = '';
  let shown: readonly (readonly [key: string, tile: Tile])[] = [];

  const held = (): readonly JobView[] => shownSet(store.get()).filter((job) => job.state === 'held');
  deleteRest.addEventListener('click', () => session.remove(held().map(({ id }) => id)));

  const update = (state: State): void => {
    const set = shownSet(state);
    show(element, set.length > 0);
    if (set.length === 0) {
      tiles.clear();
      return;
    }
    setText(title, filmText(set, words));
    show(
      deleteRest,
      set.some((job) => job.state === 'held'),
    );
    const frames = framesOf(set);
    if (!frames.some((frame) => keyOf(frame) === current))
      current = state.comparing !== null && frames.some(({ job }) => job.id === state.comparing) ? state.comparing : '';
    original.update(null, state, set, current === '');
    shown = [
      ['', original],
      ...frames.map((frame) => {
        const key = keyOf(frame);
        const tile = tiles.get(key) ?? createTile(session);
        tiles.set(key, tile);
        tile.update(frame, state, set, current === key);
        return [key, tile] as const;
      }),
    ];
    const focused = list.contains(document.activeElement);
    setChildren(
      list,
      shown.map(([, tile]) => tile.element),
    );
    // What had the focus was deleted: the strip keeps it.
    if (focused && !list.contains(document.activeElement)) shown.find(([key]) => key === current)?.[1].button.focus();
  };
  store.watch(update);

  const go = (to: number): void => {
    const next = shown[Math.max(0, Math.min(shown.length - 1, to))];
    if (next === undefined) return;
    current = next[0];
    next[1].button.focus();
    update(store.get());
  };
  list.addEventListener('keydown', (event) => {
    const at = shown.findIndex(([key]) => key === current);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: shown.length - 1 }[event.key];
    const key = event.key.toLowerCase();
    if (to !== undefined) go(to);
    else if (key === 'c' && (event.ctrlKey || event.metaKey)) {
      const result = shownSet(store.get()).find(({ id }) => id === current)?.result;
      if (!result) return;
      session.copyResult(result);
      // Else the one that is compared would be copied, too.
      event.stopPropagation();
    } else if (key === 'k' || key === 'delete') {
      const job = held().find(({ id }) => id === current);
      // Here the key is never that of the mask.
      if (job !== undefined && key === 'k') session.keep(job.id);
      else if (job !== undefined) session.remove([job.id]);
    } else return;
    event.preventDefault();
  });
  list.addEventListener('focusin', (event) => {
    const entry = shown.find(([, tile]) => tile.element.contains(event.target as Node));
    if (entry === undefined || entry[0] === current) return;
    current = entry[0];
    update(store.get());
  });
  return element;
};
