/** The mask as the page edits it: painting, undo and settings on one side, what the host has to hear on the other. */
import type { MaskDefaults } from '../fill/defaults.ts';
import type { MaskKind, MaskSettings } from '../fill/record.ts';
import { joinBoxes, withBox } from '../mask/box.ts';
import type { CombineMode, Part } from '../mask/combine.ts';
import type { Box, Mask } from '../mask/mask.ts';
import type { Brush, Point } from '../mask/strokes.ts';
import type { PageChannel } from '../protocol/channel.ts';
import { unpackEdit } from '../protocol/edits.ts';
import type { HostEvents, PanelDocument } from '../protocol/messages.ts';
import { createPainting, type MaskSide, type News } from './canvas/paint.ts';
import { createPreview } from './canvas/preview.ts';
import type { Direction } from './canvas/undo.ts';
import { createSender } from './sender.ts';
import { canvasOf, type State } from './state.ts';

/** Tiles in one message (at most 4 MB), and how long a stroke may run before the host hears of it. */
const tilesAtOnce = 64;
const sendAfter = 250;

/**
 * How long a stroke has to stand still to be called at rest, in milliseconds. What follows from the mask (window, share,
 * price) is told then and at its end: laid out and painted while it moves, it makes the whole stroke show a frame later.
 */
const restsAfter = 150;

/** Milliseconds at a time for working out the effective mask, between frames. */
const slice = 5;

export interface MaskEditor {
  readonly base: Mask;
  readonly preview: ReturnType<typeof createPreview>;
  stroke(from: Point, to: Point, brush: Brush): void;
  /** Puts a shape or selection into the mask, as an edit of its own. False where that cannot change anything. */
  combine(part: Part, mode: CombineMode, tool: 'painted' | 'rectangle'): boolean;
  /** What is marked, to be moved; null where nothing is. */
  lift(): Part | null;
  /** Moves what was lifted, inside the open edit, from one top left corner to another. */
  move(part: Part, from: Point, to: Point): void;
  commit(): void;
  abandon(): void;
  clear(): void;
  /** Goes on painting on the mask as it is, wherever it came from. */
  paintOn(): void;
  /** False where there is nothing to undo or redo. Waits where the host has to be asked for the edit. */
  undo(): Promise<boolean>;
  redo(): Promise<boolean>;
  /** `group` joins the steps of one slider to one edit. */
  readonly settings: (change: Partial<MaskSettings>, group: string) => void;
  replaced(event: HostEvents['mask']): void;
  /** What changed on the screen since the last frame; `visible` is worked out before the rest, `coarse` as the preview's. */
  frame(visible: Box | null, coarse: boolean): readonly Box[];
  /** Resolves with the revision the host has when it has heard everything. */
  flush(): Promise<number>;
}

export interface MaskDeps {
  readonly ask: PageChannel['ask'];
  readonly failed: (error: unknown) => void;
  /** What masks start with. */
  readonly defaults: () => MaskDefaults;
  /** Something changed: a frame is wanted, and this is what is known now. */
  readonly changed: (
    state: Pick<State, 'maskKind' | 'maskFile' | 'maskSettings' | 'measure' | 'working' | 'canUndo' | 'canRedo'>,
  ) => void;
}

const sameSettings = (a: MaskSettings, b: MaskSettings): boolean =>
  a.grow === b.grow && a.feather === b.feather && a.invert === b.invert && a.fillHoles === b.fillHoles;

/** Settings nobody touched follow the kind; what was set by hand stays. */
export const settingsFor = (from: MaskKind, to: MaskKind, settings: MaskSettings, masks: MaskDefaults): MaskSettings =>
  sameSettings(settings, masks[from]) ? masks[to] : settings;

export const createMaskEditor = (
  { state, revision: known, generation: first, tiles, history }: PanelDocument,
  deps: MaskDeps,
): MaskEditor => {
  const start = { kind: state.maskKind, file: state.maskFile, settings: state.maskSettings };
  const painting = createPainting(canvasOf(state), tiles, start, history);
  const preview = createPreview(painting.base, start.settings, painting.isBlank());
  const { base } = painting;
  const settingsSender = createSender((settings: MaskSettings) => deps.ask('maskSettings', { settings }), deps.failed);
  let revision = known;
  let generation = first;
  /** What the host is being told. */
  let flying: News | undefined;
  /** Counts the edits: who waits for an older one learns that another came. */
  let edits = 0;
  /** Changed in the base mask since the last frame. */
  let touchedBoxes: readonly Box[] = [];
  /** The open edit: kind and settings before it, whether nothing is to stay of what was marked, and whether it touched anything. */
  let opened: { readonly side: MaskSide; readonly fresh: boolean; readonly touched: boolean } | null = null;
  let touchedAt = 0;
  let rest: ReturnType<typeof setTimeout> | undefined;
  let working: ReturnType<typeof setTimeout> | undefined;
  /** On the screen; and worked out since the last frame. */
  let seen: Box | null = null;
  let worked: Box | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | undefined;

  const tell = (): void => {
    clearTimeout(rest);
    const { kind, file, settings } = painting.side();
    deps.changed({
      maskKind: kind,
      maskFile: file,
      maskSettings: settings,
      measure: preview.measure(),
      working: preview.stale(),
      canUndo: painting.canUndo(),
      canRedo: painting.canRedo(),
    });
  };

  /** A stroke that moves on would make the same tiles stale again: they wait until it rests or ends. */
  const waits = (): boolean =>
    opened !== null && (performance.now() - touchedAt <= restsAfter || painting.side().settings.fillHoles);

  const work = (): void => {
    working = undefined;
    if (waits() || !preview.stale()) return;
    const until = performance.now() + slice;
    worked = joinBoxes(
      worked,
      preview.work(() => performance.now() >= until, seen),
    );
    if (preview.stale()) workSoon();
    else tell();
  };

  const workSoon = (): void => {
    if (!waits()) working ??= setTimeout(work);
  };

  const sendAll = async (): Promise<void> => {
    while (painting.hasNews()) {
      const news = painting.takeNews(tilesAtOnce);
      flying = news;
      revision += 1;
      const { kind, file } = painting.side();
      try {
        await deps.ask('paint', { revision, generation, kind, file, steps: [...news.steps], tiles: [...news.tiles] });
      } catch (error) {
        if (flying === news) painting.returnNews(news);
        throw error;
      } finally {
        if (flying === news) flying = undefined;
      }
    }
  };

  const send = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    sending ??= sendAll().finally(() => (sending = undefined));
    return sending;
  };

  const sendNow = (): void => {
    if (painting.hasNews()) void send().catch(deps.failed);
  };

  const sendSoon = (): void => {
    timer ??= setTimeout(() => void send().catch(deps.failed), sendAfter);
  };

  const touched = (...boxes: readonly Box[]): void => {
    if (boxes.length === 0) return;
    touchedBoxes = boxes.reduce(withBox, touchedBoxes);
    if (opened !== null) sendSoon();
    else tell();
  };

  const useSettings = (settings: MaskSettings): void => {
    preview.set(settings);
    settingsSender.send(settings);
  };

  const setKind = (kind: MaskKind, settings: MaskSettings): void => {
    const from = painting.side();
    painting.setSide({ kind, file: null, settings });
    if (!sameSettings(settings, from.settings)) useSettings(settings);
  };

  /** What a tool makes of the mask: an empty one is the tool's; a mask file or a border that was painted on is neither any more. */
  const setKindFor = (tool: 'painted' | 'rectangle', fresh: boolean): void => {
    const { kind, settings } = painting.side();
    if (!fresh && (kind === 'file' || kind === 'border')) setKind('painted', settings);
    else if (fresh || (kind === 'rectangle' && tool === 'painted'))
      setKind(tool, settingsFor(kind, tool, settings, deps.defaults()));
  };

  const open = (tool: 'painted' | 'rectangle', draw: () => readonly (Box | null)[], replaces = false): boolean => {
    opened ??= { side: painting.side(), fresh: replaces || painting.isBlank(), touched: false };
    const boxes = draw().filter((box) => box !== null);
    if (boxes.length > 0 && !opened.touched) {
      opened = { ...opened, touched: true };
      setKindFor(tool, opened.fresh);
    }
    touched(...boxes);
    return boxes.length > 0;
  };

  const finish = (): void => {
    const from = opened?.side;
    opened = null;
    const to = painting.side();
    if (painting.commit()) edits += 1;
    else if (from !== undefined && from !== to) {
      // An edit that changed no pixel leaves kind and settings as they were, too.
      painting.setSide(from);
      if (!sameSettings(from.settings, to.settings)) useSettings(from.settings);
    }
    sendNow();
    tell();
  };

  const sideChanged = (): void => {
    edits += 1;
    sendNow();
  };

  let bringing: Promise<void> | undefined;
  /** Asks the host for edits that are not in memory; what it has been told of so far comes first. */
  const bring = async (direction: Direction): Promise<void> => {
    while (painting.hasNews() || sending !== undefined) await send();
    const at = painting.position();
    const brought = await deps.ask('edits', { at, direction });
    const wanted = (direction === 'undo' ? at - 1 : at) - brought.first;
    const has = wanted >= 0 && wanted < brought.edits.length;
    painting.bring(direction, brought.first, has ? brought.edits.map(unpackEdit) : []);
  };

  const travel = async (direction: Direction): Promise<boolean> => {
    const asked = edits;
    let before = painting.side();
    let step = opened !== null ? undefined : painting[direction]();
    while (step === 'away') {
      bringing ??= bring(direction).finally(() => (bringing = undefined));
      await bringing;
      if (opened !== null || edits !== asked) return false;
      before = painting.side();
      step = painting[direction]();
    }
    tell();
    if (step === undefined) return false;
    const { settings } = painting.side();
    if (!sameSettings(settings, before.settings)) useSettings(settings);
    touched(...step.boxes);
    sendNow();
    tell();
    return true;
  };

  // No frame will work on it, and none will tell that it is ready.
  if (!preview.stale()) tell();

  return {
    base,
    preview,
    stroke: (from, to, brush) => void open('painted', () => painting.stroke(from, to, brush)),
    combine(part, mode, tool) {
      const changed = open(tool, () => [painting.combine(part, mode)], mode === 'replace');
      finish();
      return changed;
    },
    lift: () => painting.lift(),
    move: (part, from, to) => void open('painted', () => [painting.move(part, from, to)]),
    commit: finish,
    abandon() {
      const to = painting.side();
      const box = painting.abandon();
      if (opened !== null) painting.setSide(opened.side);
      opened = null;
      const { settings } = painting.side();
      if (!sameSettings(settings, to.settings)) useSettings(settings);
      if (box !== null) touched(box);
      sendNow();
      tell();
    },
    clear() {
      if (opened !== null) finish();
      const from = painting.side();
      const box = painting.clear();
      const settings = { ...settingsFor(from.kind, 'painted', from.settings, deps.defaults()), invert: false };
      painting.setSide({ kind: 'painted', file: null, settings });
      if (!sameSettings(settings, from.settings)) useSettings(settings);
      if (!painting.commit() && !sameSettings(settings, from.settings)) painting.commitSide(from, 'clear');
      edits += 1;
      touched(box);
      finish();
    },
    paintOn() {
      finish();
      const from = painting.side();
      painting.setSide({ ...from, kind: 'painted', file: null });
      painting.commitSide(from, 'source');
      sideChanged();
      tell();
    },
    undo: () => travel('undo'),
    redo: () => travel('redo'),
    settings(change, group) {
      if (opened !== null) finish();
      const from = painting.side();
      const settings = { ...from.settings, ...change };
      if (sameSettings(settings, from.settings)) return;
      painting.setSide({ ...from, settings });
      painting.commitSide(from, group);
      sideChanged();
      useSettings(settings);
      tell();
    },
    replaced(event) {
      const { kind, file, settings } = event;
      if (event.generation !== generation) {
        // The host has not taken what it had not heard of by then, and has made an edit of the new mask by itself: told
        // again in order, both come to lie in its history.
        const unheard = flying !== undefined || opened !== null || painting.hasNews();
        if (flying !== undefined) painting.returnNews(flying);
        flying = undefined;
        opened = null;
        generation = event.generation;
        painting.commit();
        touched(painting.replace(event.tiles));
        painting.setSide({ kind, file, settings });
        painting.commit();
        if (!unheard) painting.dropNews();
      }
      painting.setSide({ kind, file, settings });
      preview.set(settings);
      revision = Math.max(revision, event.revision);
      edits += 1;
      sendNow();
      tell();
    },
    frame(visible, coarse) {
      seen = visible;
      preview.look(visible, coarse);
      const touched = preview.touch(touchedBoxes, opened !== null);
      touchedBoxes = [];
      if (touched.length > 0) {
        touchedAt = performance.now();
        clearTimeout(rest);
        if (opened === null) tell();
        else rest = setTimeout(tell, restsAfter);
      }
      if (preview.stale()) workSoon();
      const boxes = worked === null ? touched : [...touched, worked];
      worked = null;
      return boxes;
    },
    async flush() {
      finish();
      while (painting.hasNews() || sending !== undefined) await send();
      await settingsSender.settled();
      return revision;
    },
  };
};
