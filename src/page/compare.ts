/** A result over its source: which of the two is seen where, in each mode, and the row that says and does the rest. */
import type { JobView, ResultView } from '../protocol/messages.ts';
import { loadResult } from './canvas/picture.ts';
import type { Stage } from './canvas/stage.ts';
import { createBar } from './compare/bar.ts';
import { createBlink } from './compare/blink.ts';
import { createCurtain } from './compare/curtain.ts';
import { drawDifference, gain } from './compare/difference.ts';
import { compareModes, type CompareModeId } from './compare/modes.ts';
import { createStrip } from './compare/strip.ts';
import { el, setText, show } from './dom.ts';
import type { Session } from './session.ts';
import { isOpen } from './job.ts';
import { againstJob, comparedJob, shownSet, type State } from './state.ts';

export interface Compare {
  /** Takes the place of the toolbar while a result is shown. */
  readonly bar: HTMLElement;
  /** Shows the source while held. */
  hold(held: boolean): void;
  mode(id: CompareModeId): void;
  /** Shows the other picture; in the mode that shows them in turn. */
  swap(): void;
  /** Shows the result that was last looked at or kept, else the newest; or goes back from the one that is shown. */
  toggle(): void;
  /** The result before or after the one that is shown, among its variations. */
  step(direction: 1 | -1): void;
  keep(): void;
  remove(): void;
  copy(): void;
  insert(asks: boolean): void;
  close(): void;
}

export const createCompare = (session: Session, stage: Stage): Compare => {
  const { store, words } = session;
  const { t } = words;

  let mode: CompareModeId = 'slider';
  let held = false;
  /** Address and job of what is shown. */
  let loaded: string | null = null;
  let shown: string | null = null;

  const act = (action: Parameters<Parameters<typeof createBar>[1]['act']>[0]): void => {
    const jobId = store.get().comparing;
    if (jobId !== null) void session.ask('result', { jobId, action }).catch(session.failed);
  };

  const layer = stage.element.querySelector<HTMLElement>('.result-layer')!;
  const picture = el('canvas', { class: 'difference', 'aria-hidden': 'true' });
  const note = el('p', { class: 'compare-note' }, t('compare.unreadable'));
  const beforeTag = el('span', { class: 'tag before' });
  const afterTag = el('span', { class: 'tag after' }, t('result.after'));
  const curtain = createCurtain(stage, words, () => lay());
  const controls = el(
    'div',
    { class: 'compare', hidden: true },
    picture,
    curtain.divider,
    beforeTag,
    afterTag,
    curtain.slider,
    note,
  );

  const setHeld = (next: boolean): void => {
    if (held === next || store.get().comparing === null || mode === 'side') return;
    held = next;
    lay();
  };
  const close = (): void => {
    if (store.get().comparing === null) return;
    store.set({ comparing: null, against: null });
    stage.element.focus({ preventScroll: true });
  };
  const swap = (): void => {
    blink.swap();
    session.say(t(blink.showsSource() ? 'result.before' : 'result.after'));
  };
  const setMode = (id: CompareModeId): void => {
    mode = id;
    held = false;
    if (id === 'blink') blink.start();
    else blink.stop();
    stage.setPanes(id === 'side' ? 2 : 1);
    if (![stage.element, bar.element].some((home) => home.contains(document.activeElement)))
      stage.element.focus({ preventScroll: true });
    const { text, hint } = compareModes.find((each) => each.id === id)!;
    session.say(`${t(text)}: ${t(hint)}`);
    lay();
  };
  const copy = (): void => {
    const result = comparedJob(store.get())?.result;
    if (result) session.copyResult(result);
  };
  const insert = (asks: boolean): void => {
    const job = comparedJob(store.get());
    if (job !== null) session.insertResult(job, asks);
  };
  const bar = createBar(words, {
    act,
    close,
    copy,
    insert,
    keep: () => session.keep(store.get().comparing!),
    remove: () => session.remove([store.get().comparing!]),
  });
  const strip = createStrip(words, {
    mode: setMode,
    hold: setHeld,
    swap,
    run: (running) => blink.setRunning(running),
  });
  const blink = createBlink({ homes: [stage.element, bar.element], changed: () => lay() });

  controls.append(strip.element);
  stage.over.append(controls);

  let framed = false;
  /** Once a frame at most: dragging the view asks for it many times. */
  const drawSoon = (): void => {
    if (framed) return;
    framed = true;
    requestAnimationFrame(() => {
      framed = false;
      const { before, after } = stage.pictures();
      if (store.get().comparing === null || mode !== 'difference' || before === null || after === null) return;
      const { devicePixelRatio: ratio } = window;
      const readable = drawDifference(picture, before, after, stage.view(), stage.size(), ratio);
      if (!readable && note.hidden) session.say(t('compare.unreadable'));
      show(note, !readable);
    });
  };
  stage.onView(() => {
    if (mode === 'difference') drawSoon();
  });

  /** Percent of the stage, from the left, that show the source. */
  const sourceShare = (): number => {
    if (held) return 100;
    if (mode === 'slider') return curtain.share();
    return mode === 'blink' && blink.showsSource() ? 100 : 0;
  };

  /** What the image that stands in for the original is called; undefined where the original is shown. */
  const otherName = (): string | undefined => againstJob(store.get())?.result?.name;

  const lay = (): void => {
    const share = sourceShare();
    const amplified = mode === 'difference' && !held;
    layer.style.clipPath = mode === 'side' ? '' : `inset(0 0 0 ${share}%)`;
    curtain.show(mode === 'slider' && !held);
    setText(beforeTag, amplified ? t('compare.gain', { gain }) : (otherName() ?? t('result.before')));
    beforeTag.classList.toggle('faded', mode !== 'side' && !amplified && share < 3);
    afterTag.classList.toggle('faded', amplified || (mode !== 'side' && share > 97));
    if (!amplified) {
      show(picture, false);
      show(note, false);
    } else drawSoon();
    strip.looking({ mode, held, running: blink.running() });
  };

  /** The divider starts just left of the mask, so that all of the fill is seen at once; in the middle without a mask. */
  const firstShare = (): number => {
    const { bounds } = store.get().measure;
    if (bounds === null) return 50;
    const { x, scale } = stage.view();
    return Math.floor(((x + bounds.x * scale) / stage.size().width) * 100) - 1;
  };

  const load = async (result: ResultView): Promise<void> => {
    try {
      const { source, expand } = store.get().panel;
      const after = await loadResult(result, source, expand);
      if (loaded !== result.src) return;
      stage.setResult(after);
      lay();
    } catch {
      session.failed(new Error(t('result.failed', { name: result.name })));
    }
  };

  let other: string | null = null;
  /** The original, or another result in its place. */
  const showOther = async (result: ResultView | null): Promise<void> => {
    if ((result?.src ?? null) === other) return;
    other = result?.src ?? null;
    if (result === null) {
      stage.setBefore(null);
      return lay();
    }
    const { source, expand } = store.get().panel;
    const picture = await loadResult(result, source, expand).catch(() => null);
    if (other !== result.src) return;
    if (picture === null) store.set({ against: null });
    else stage.setBefore(picture);
    lay();
  };

  const showJob = (job: JobView | null): void => {
    const result = job?.result ?? null;
    show(bar.element, result !== null);
    show(controls, result !== null);
    if (job !== null) bar.result(job, store.get().panel);
    if ((result?.src ?? null) === loaded) return;
    loaded = result?.src ?? null;
    const kept = result !== null && job!.id === shown;
    shown = result === null ? null : job!.id;
    // The same picture under another address: it stays as it is looked at, and is there until it comes from there.
    if (kept) return void load(result);
    held = false;
    stage.setResult(null);
    if (result === null) {
      blink.stop();
      stage.setPanes(1);
      return;
    }
    curtain.setShare(firstShare());
    stage.setPanes(mode === 'side' ? 2 : 1);
    if (mode === 'blink') blink.start();
    lay();
    void load(result);
  };
  /** The variations as they stood while one of them was compared. */
  let order: readonly string[] = [];
  /** After the one that was compared is deleted: the result that stood next to it. */
  const neighbour = ({ comparing, panel }: State): string | null => {
    const at = order.indexOf(comparing ?? '');
    const nearest = [...order.slice(at + 1), ...order.slice(0, Math.max(0, at)).reverse()];
    return nearest.find((id) => panel.jobs.some((job) => job.id === id && job.result !== null)) ?? null;
  };

  /** What the key that compares comes back to: the result last looked at or kept, until a new fill has one. */
  let last: string | null = null;
  let newestFill: string | undefined;
  let looked: string | null = null;
  let unkept = new Set<string>();
  const remember = ({ panel: { jobs } }: State, compared: JobView | null): void => {
    const newest = jobs.find((job) => job.result !== null);
    const fill = newest?.variation?.set ?? newest?.id;
    if (fill !== newestFill) last = null;
    newestFill = fill;
    if (compared !== null && compared.id !== looked) last = compared.id;
    looked = compared?.id ?? null;
    last = jobs.find((job) => job.state === 'saved' && unkept.has(job.id))?.id ?? last;
    unkept = new Set(
      jobs.filter((job) => job.state === 'held' || (unkept.has(job.id) && isOpen(job))).map(({ id }) => id),
    );
  };

  store.watch((state) => {
    const job = comparedJob(state);
    remember(state, job);
    // While it is being kept it has no file: what is shown stays until it has one again.
    if (job === null && state.panel.jobs.some((one) => one.id === state.comparing && isOpen(one))) return;
    if (state.comparing !== null && job === null) store.set({ comparing: neighbour(state), against: null });
    if (job !== null) order = shownSet(state).map(({ id }) => id);
    showJob(job);
    void showOther(job === null ? null : (againstJob(state)?.result ?? null));
  });

  return {
    bar: bar.element,
    hold: setHeld,
    mode: setMode,
    swap: () => {
      if (mode === 'blink') swap();
    },
    toggle() {
      const { panel, comparing } = store.get();
      const results = panel.jobs.filter((job) => job.result !== null);
      const next = results.find(({ id }) => id === last) ?? results[0];
      if (comparing !== null) close();
      else if (next === undefined) session.say(t('compare.none'));
      else store.set({ comparing: next.id });
    },
    step(direction) {
      const state = store.get();
      const shown = shownSet(state).filter((job) => job.result !== null);
      const at = shown.findIndex((job) => job.id === state.comparing);
      const next = at === -1 ? undefined : shown[at + direction];
      if (next === undefined) return;
      store.set({ comparing: next.id });
      session.say(next.result!.name);
    },
    keep() {
      const job = comparedJob(store.get());
      if (job?.state === 'held') session.keep(job.id);
    },
    remove() {
      const job = comparedJob(store.get());
      if (job?.state === 'held') session.remove([job.id]);
    },
    copy,
    insert,
    close,
  };
};
