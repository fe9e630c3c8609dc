/** Pointer, wheel and keys on the stage. Pointer samples wait for the next frame, all of them. */
import type { Point } from '../../mask/strokes.ts';
import type { Session } from '../session.ts';
import { canvasOf } from '../state.ts';
import { markWith } from './marking.ts';
import { createOutline } from './outline.ts';
import { createSelector } from './select.ts';
import type { Stage } from './stage.ts';
import { dragView, modeChosen, modeHeld, toolOf } from './tools.ts';
import type { Gesture, Held, Sample, Tool, ToolContext } from './tools.ts';

/** One notch of a wheel (100 px) zooms by about a fifth. */
const wheelStep = 0.0018;

const lineHeight = 16;

/** The buttons that erase: the right one, and the other end of a pen (Pointer Events 3, 4.1.1.1). */
const erasers: readonly number[] = [2, 5];

type Keys = Pick<KeyboardEvent, 'shiftKey' | 'altKey'>;

/** `tellPosition` hears of every place on the image that the pointer or the keyboard's cursor comes to. */
export const listenToStage = (session: Session, stage: Stage, tellPosition: (at: Point | null) => void): void => {
  const { store } = session;
  const { element } = stage;
  const { t } = session.words;
  const size = () => canvasOf(store.get().panel);
  const mark = markWith(session, stage);
  const selector = createSelector(session, stage, mark);
  const context: ToolContext = {
    get editor() {
      return session.editor();
    },
    size,
    brush: () => ({ size: store.get().brushSize, ...store.get().toolOptions }),
    lastStroke: null,
    pan: (dx, dy) => stage.pan(dx, dy),
    outline: createOutline(stage),
    near: (a, b, distance) => Math.hypot(a.x - b.x, a.y - b.y) * stage.view().scale <= distance * devicePixelRatio,
    mark,
    select: selector.select,
    moved(dx, dy) {
      if (dx !== 0 || dy !== 0) session.say(t('announce.moved', { x: dx, y: dy }));
    },
  };

  /** Held by a pointer, and beside it one that waits for more presses or for Enter. */
  let gesture: { readonly id: number; readonly run: Gesture } | null = null;
  let draft: Gesture | null = null;
  /** The cursor was moved by keys since the last corner. */
  let byKeys = false;
  let queue: Sample[] = [];
  let spaceHeld = false;
  let position: Point | null = null;
  /** Where on the stage the pointer is, unless keys moved the cursor since. */
  let pointer: Point | null = null;
  const fingers = new Map<number, Point>();

  const tool = (): Tool => (spaceHeld || store.get().comparing !== null ? toolOf('hand') : toolOf(store.get().tool));

  const sampleOf = (event: PointerEvent): Sample => {
    const at = stage.place(event);
    const pressure = event.pointerType === 'pen' ? event.pressure : 1;
    return { stage: at, image: stage.toImage(at), pressure, shift: event.shiftKey };
  };

  const heldWith = (keys: Keys, erase: boolean): Held => {
    const used = tool();
    const mode = erase ? 'subtract' : (modeHeld(used, keys) ?? modeChosen(used, store.get().toolOptions));
    return { shift: keys.shiftKey, mode, erase };
  };

  const showMode = (mode: Held['mode'] | null): void => {
    const used = tool();
    const counts = used.modes.length === 0 ? '' : (mode ?? modeChosen(used, store.get().toolOptions));
    if (element.dataset.mode !== counts) element.dataset.mode = counts;
    if (store.get().heldMode !== mode) store.set({ heldMode: mode });
  };
  /** Keys count until a gesture begins; from then on its own mode does. */
  const watchKeys = (keys: Keys): void => {
    if (gesture === null && draft === null) showMode(modeHeld(tool(), keys));
  };

  const moveTo = (at: Point | null): void => {
    position = at;
    tellPosition(at);
  };

  const showCursor = (at: Point | null): void => {
    const { cursor } = tool();
    if (element.dataset.cursor !== cursor) element.dataset.cursor = cursor;
    stage.setRing(cursor === 'ring' ? at : null, store.get().brushSize, 'ring');
    moveTo(at);
  };

  const drain = (): void => {
    const samples = queue;
    queue = [];
    if (samples.length > 0) (gesture?.run ?? draft)?.move(samples);
  };
  stage.onFrame(drain);

  const finish = (how: 'end' | 'cancel'): void => {
    if (gesture === null) return;
    drain();
    const { run } = gesture;
    gesture = null;
    run[how]();
    element.classList.remove('grabbing');
    if (draft === null) showMode(null);
    stage.request();
  };

  const finishDraft = (how: 'end' | 'cancel'): void => {
    if (draft === null) return;
    drain();
    draft[how]();
    draft = null;
    showMode(null);
    stage.request();
  };

  const press = (at: Sample): void => {
    drain();
    if (draft?.press?.(at) === false) finishDraft('end');
    byKeys = false;
  };

  element.addEventListener('pointerdown', (event) => {
    if (!(event.target instanceof Element) || event.target.closest('.over button, .over input, .divider') !== null)
      return;
    if (event.button > 2 && !erasers.includes(event.button)) return;
    element.classList.add('by-pointer');
    element.focus({ preventScroll: true });
    if (event.pointerType === 'touch') {
      // The hand that rests on the screen while its pen draws.
      if (gesture !== null && !fingers.has(gesture.id)) return;
      fingers.set(event.pointerId, stage.place(event));
      if (fingers.size === 2) finish('cancel');
      if (fingers.size > 1) return;
    }
    if (event.pointerType === 'pen' && gesture !== null && fingers.has(gesture.id)) finish('cancel');
    if (gesture !== null) return;
    event.preventDefault();
    const at = sampleOf(event);
    const used = event.button === 1 ? toolOf('hand') : tool();
    if (draft?.press !== undefined && used.id !== 'hand') {
      if (event.button === 0) press(at);
      return;
    }
    if (used.id !== 'hand') {
      finishDraft('cancel');
      selector.cancel();
    }
    const held = heldWith(event, erasers.includes(event.button));
    const run = used.id === 'hand' ? dragView(context, at) : used.start(context, at, held);
    if (used.modes.length > 0) showMode(held.mode);
    stage.request();
    if (run.press !== undefined) {
      draft = run;
      return;
    }
    element.setPointerCapture(event.pointerId);
    element.classList.toggle('grabbing', used.id === 'hand');
    gesture = { id: event.pointerId, run };
  });
  element.addEventListener('dblclick', () => {
    if (draft?.press !== undefined) finishDraft('end');
  });

  /** Two fingers: what lay between them stays between them. */
  const pinch = (event: PointerEvent): void => {
    const from = [...fingers.values()];
    fingers.set(event.pointerId, stage.place(event));
    const to = [...fingers.values()];
    if (from.length !== 2) return;
    const between = (points: Point[]) => Math.hypot(points[0].x - points[1].x, points[0].y - points[1].y);
    const centre = (points: Point[]) => ({ x: (points[0].x + points[1].x) / 2, y: (points[0].y + points[1].y) / 2 });
    stage.pan(centre(to).x - centre(from).x, centre(to).y - centre(from).y);
    stage.zoomBy(between(to) / Math.max(1, between(from)), centre(to));
  };

  /**
   * Every sample the device gave, in order and once. Not from `pointerrawupdate`: in a frame of the workbench's own process
   * Chromium gives those the place in the window, not in the frame (tried in 156), and both bring the same samples.
   */
  const collect = (event: PointerEvent): void => {
    if (event.pointerId !== gesture?.id) return;
    const events = event.getCoalescedEvents();
    for (const each of events.length > 0 ? events : [event]) queue.push(sampleOf(each));
    stage.request();
  };

  element.addEventListener('pointermove', (event) => {
    if (gesture === null && fingers.has(event.pointerId) && fingers.size > 1) return pinch(event);
    if (gesture !== null && event.pointerId !== gesture.id) return;
    // It was let go where the page did not hear of it, as in a menu or dialog of the system.
    if (event.buttons === 0) finish('end');
    watchKeys(event);
    const at = sampleOf(event);
    pointer = at.stage;
    showCursor(at.image);
    if (gesture === null && draft !== null) {
      byKeys = false;
      draft.move([at]);
    } else collect(event);
  });
  const lifted = (how: 'end' | 'cancel') => (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    if (event.pointerId === gesture?.id) finish(how);
  };
  element.addEventListener('pointerup', lifted('end'));
  element.addEventListener('pointercancel', lifted('cancel'));
  element.addEventListener('lostpointercapture', lifted('end'));
  element.addEventListener('pointerleave', () => {
    if (gesture !== null) return;
    pointer = null;
    showCursor(null);
  });
  // The image moved on under it.
  stage.onView(() => {
    if (pointer !== null) showCursor(stage.toImage(pointer));
  });
  element.addEventListener('contextmenu', (event) => event.preventDefault());

  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? lineHeight : 1;
      if (event.shiftKey && !event.ctrlKey) stage.pan(-(event.deltaX + event.deltaY) * unit, 0);
      else {
        // A pinch on a touchpad comes as a wheel with Ctrl and small steps.
        const step = event.ctrlKey && Math.abs(event.deltaY) < 50 ? wheelStep * 5 : wheelStep;
        stage.zoomBy(Math.exp(-event.deltaY * unit * step), stage.place(event));
      }
    },
    { passive: false },
  );

  const middle = (): Point => stage.toImage({ x: stage.size().width / 2, y: stage.size().height / 2 });

  const atCursor = (at: Point, keys: Keys): Sample => ({
    image: at,
    stage: { x: 0, y: 0 },
    pressure: 1,
    shift: keys.shiftKey,
  });

  /** A whole gesture from one point of the cursor to another. */
  const act = (from: Point, to: Point, held: Held, keys: Keys): void => {
    const run = tool().start(context, atCursor(from, keys), held);
    if (to !== from) run.move([atCursor(to, keys)]);
    run.end();
    stage.request();
  };

  const step = (event: KeyboardEvent, dx: number, dy: number): void => {
    const { brushSize, scale } = store.get();
    const current = tool();
    if (current.id === 'hand') return stage.pan(-dx * 64, -dy * 64);
    const from = position ?? middle();
    if (current.id === 'move') {
      const by = event.shiftKey ? 10 : 1;
      return act(from, { x: from.x + dx * by, y: from.y + dy * by }, heldWith(event, false), event);
    }
    const canvas = size();
    const distance =
      event.ctrlKey || event.metaKey
        ? 1
        : Math.max(1, Math.round(current.cursor === 'ring' ? brushSize / 4 : 12 / scale));
    const to = {
      x: Math.max(0, Math.min(canvas.width, from.x + dx * distance)),
      y: Math.max(0, Math.min(canvas.height, from.y + dy * distance)),
    };
    if (event.shiftKey && current.cursor === 'ring') act(from, to, { ...heldWith(event, false), shift: false }, event);
    pointer = null;
    showCursor(to);
    if (current.cursor === 'cross') stage.setRing(to, 0, 'cross');
    draft?.move([atCursor(to, event)]);
    byKeys = true;
    stage.reveal(to);
    session.sayPosition(to);
  };

  const enter = (event: KeyboardEvent): void => {
    const at = position ?? middle();
    const current = tool();
    const place = { x: Math.round(at.x), y: Math.round(at.y) };
    if (draft !== null) {
      if (draft.press === undefined || !byKeys) return finishDraft('end');
      press(atCursor(at, event));
      if (draft !== null) session.say(t('announce.corner', place));
    } else if (current.enter === 'acts') {
      act(at, at, heldWith(event, false), event);
      if (current.cursor !== 'ring') return;
      showCursor(at);
      session.say(t('announce.painted', place));
    } else if (current.enter === 'starts') {
      const held = heldWith(event, false);
      draft = current.start(context, atCursor(at, event), held);
      byKeys = false;
      showMode(held.mode);
      moveTo(at);
      stage.setRing(at, 0, 'cross');
      session.say(t('announce.begun', { tool: t(current.text), ...place }));
    }
  };

  /** True where there was something to give up. */
  const giveUp = (): boolean => {
    if (gesture === null && draft === null) return selector.cancel();
    finish('cancel');
    finishDraft('cancel');
    session.say(t('announce.abandoned'));
    return true;
  };

  const takeBack = (): boolean => {
    if (draft?.back === undefined) return false;
    if (!draft.back()) finishDraft('cancel');
    session.say(t('announce.cornerBack'));
    return true;
  };

  /** A key that changes a shape under the pointer changes it at once. */
  const modifier = (event: KeyboardEvent): void => {
    watchKeys(event);
    const last = queue.at(-1) ?? null;
    if (gesture === null || position === null || tool().cursor !== 'cross') return;
    queue.push({ ...(last ?? atCursor(position, event)), shift: event.shiftKey });
    stage.request();
  };
  const isModifier = (event: KeyboardEvent): boolean => event.key === 'Shift' || event.key === 'Alt';

  const arrows: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };

  element.addEventListener('keydown', (event) => {
    if (isModifier(event)) {
      modifier(event);
      // Alt alone would move the focus to the menu of the window.
      if (event.key === 'Alt' && tool().modes.length > 0) event.preventDefault();
      return;
    }
    element.classList.remove('by-pointer');
    if (event.target !== element) return;
    const arrow = arrows[event.key];
    if (arrow !== undefined) step(event, ...arrow);
    else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) enter(event);
    else if (event.key === ' ' && store.get().comparing === null) {
      spaceHeld = true;
      showCursor(position);
    } else if (!(event.key === 'Escape' && giveUp()) && !(event.key === 'Backspace' && takeBack())) return;
    event.preventDefault();
  });
  const release = (): void => {
    if (!spaceHeld) return;
    spaceHeld = false;
    showCursor(position);
  };
  element.addEventListener('keyup', (event) => {
    if (isModifier(event)) modifier(event);
    if (event.key === ' ') release();
  });
  element.addEventListener('blur', () => {
    release();
    watchKeys({ shiftKey: false, altKey: false });
  });

  let shown = '';
  let ring = 0;
  store.watch((state) => {
    if (ring !== state.brushSize) showCursor(position);
    ring = state.brushSize;
    const now = JSON.stringify([state.tool, state.comparing, state.toolOptions.mode]);
    if (now === shown) return;
    shown = now;
    finishDraft('cancel');
    selector.cancel();
    showMode(state.heldMode);
    showCursor(position);
  });
};
