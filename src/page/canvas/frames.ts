/** The windows that are sent, as rectangles on the image; a single one is moved and drawn out by its border and grips. */
import { clamp, type Rect, type Size } from '../../fill/geometry.ts';
import { drawnSize, limits, planWindow } from '../../fill/plan.ts';
import type { Point } from '../../mask/strokes.ts';
import { el, newId, setAttributes, setText } from '../dom.ts';
import { clippedText, windowText } from '../plan.ts';
import type { Session } from '../session.ts';
import { canvasOf, ownPreset, plansFor, type Planned } from '../state.ts';
import { grabbable } from './grab.ts';
import type { Stage } from './stage.ts';

/** Which sides follow: -1 left or top, 1 right or bottom, 0 none on that axis; none at all moves the whole. */
export interface Grip {
  readonly x: -1 | 0 | 1;
  readonly y: -1 | 0 | 1;
}

const ends = [-1, 0, 1] as const;

/** CSS pixels for the number of a window. */
const labelWidth = 24;

/** Four corners and four sides. */
export const grips: readonly Grip[] = ends
  .flatMap((y) => ends.map((x) => ({ x, y })))
  .filter(({ x, y }) => x !== 0 || y !== 0);

/** A window moved by whole pixels, as far as the canvas goes. */
export const movedWindow = (canvas: Size, window: Rect, by: Point): Rect => ({
  ...window,
  x: clamp(Math.round(window.x + by.x), 0, canvas.width - window.width),
  y: clamp(Math.round(window.y + by.y), 0, canvas.height - window.height),
});

/** A window drawn out by a grip: the sides across from it stay where they are. Sizes as `drawnSize` allows them. */
export const drawnWindow = (canvas: Size, window: Rect, grip: Grip, by: Point, unscaled: boolean): Rect => {
  const right = window.x + window.width;
  const bottom = window.y + window.height;
  const room = {
    width: grip.x < 0 ? right : canvas.width - window.x,
    height: grip.y < 0 ? bottom : canvas.height - window.y,
  };
  const wanted = { width: window.width + grip.x * by.x, height: window.height + grip.y * by.y };
  const drawn = grip.y === 0 ? 'width' : grip.x === 0 ? 'height' : 'both';
  const size = drawnSize(wanted, room, unscaled, drawn);
  return {
    x: grip.x < 0 ? right - size.width : window.x,
    y: grip.y < 0 ? bottom - size.height : window.y,
    ...size,
  };
};

/**
 * The window that a person can change: the only one, where Flux Fill chooses what is sent. The whole canvas has to be made
 * a part of one's own in the form first, so that its edge stays free for painting.
 */
export const ownWindow = (state: Planned): Rect | null => {
  const plans = plansFor(state);
  if (plans.length !== 1 || ownPreset(state.panel) !== undefined) return null;
  const [{ window }] = plans;
  const { width, height } = canvasOf(state.panel);
  return state.panel.window.kind !== 'rect' && window.width === width && window.height === height ? null : window;
};

/** True where the mask can be sent pixel for pixel: then a window of one's own can be, too. */
export const sendsUnscaled = ({ panel, measure: { bounds } }: Planned): boolean =>
  bounds === null || planWindow(canvasOf(panel), bounds).scale >= 1;

export const sameRect = (a: Rect, b: Rect): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

export const createFrames = (session: Session, stage: Stage): void => {
  const { store, words } = session;
  const { t, number } = words;
  const container = el('div', { class: 'window-frames' });
  const helpId = newId();
  const help = el('span', { id: helpId, class: 'unseen' }, t('frame.help'));
  const border = el('button', {
    type: 'button',
    class: 'window-border',
    'aria-describedby': helpId,
    title: t('frame.title'),
  });
  const handles = grips.map((grip) => ({
    grip,
    element: el('span', { class: 'window-grip', 'data-x': grip.x, 'data-y': grip.y, 'aria-hidden': 'true' }),
  }));
  const controls = [border, help, ...handles.map(({ element }) => element)];
  stage.over.append(container);

  const choose = (rect: Rect): void => {
    const now = ownWindow(store.get());
    if (now !== null && !sameRect(now, rect)) session.window({ kind: 'rect', rect });
  };
  const sayWindow = (): void => {
    const state = store.get();
    session.say([windowText(state, words), clippedText(state, words)].filter((text) => text !== null).join(' '));
  };
  const automatic = (): void => {
    if (store.get().panel.window.kind === 'auto') return;
    session.window({ kind: 'auto' });
    session.say(t('frame.auto'));
  };

  const change = (grip: Grip | null, from: Rect, by: Point): void => {
    const state = store.get();
    const canvas = canvasOf(state.panel);
    choose(grip === null ? movedWindow(canvas, from, by) : drawnWindow(canvas, from, grip, by, sendsUnscaled(state)));
  };
  const grab = (grip: Grip | null) => () => {
    const from = ownWindow(store.get());
    const before = store.get().panel.window;
    return {
      move: (by: Point) => {
        if (from !== null) change(grip, from, by);
      },
      end: sayWindow,
      cancel: () => session.window(before),
    };
  };
  grabbable(stage, border, grab(null));
  for (const { grip, element } of handles) grabbable(stage, element, grab(grip));
  for (const element of [border, ...handles.map((handle) => handle.element)])
    element.addEventListener('dblclick', (event) => {
      event.stopPropagation();
      automatic();
    });

  const arrows: Readonly<Record<string, Point>> = {
    ArrowLeft: { x: -1, y: 0 },
    ArrowRight: { x: 1, y: 0 },
    ArrowUp: { x: 0, y: -1 },
    ArrowDown: { x: 0, y: 1 },
  };
  border.addEventListener('keydown', (event) => {
    const arrow = arrows[event.key];
    const from = ownWindow(store.get());
    if (arrow !== undefined && from !== null) {
      const step = event.ctrlKey || event.metaKey ? 1 : limits.multiple;
      const by = { x: arrow.x * step, y: arrow.y * step };
      const side: Grip = { x: arrow.x === 0 ? 0 : 1, y: arrow.y === 0 ? 0 : 1 };
      change(event.shiftKey ? side : null, from, by);
      sayWindow();
    } else if (event.key === 'Enter') automatic();
    else if (event.key === 'Escape') stage.element.focus({ preventScroll: true });
    else return;
    event.preventDefault();
  });

  let shown: readonly Rect[] = [];
  const layFrames = stage.onLay((lay) =>
    shown.forEach((rect, index) => lay(container.children[index] as HTMLElement, rect)),
  );

  store.watch((state) => {
    const plans = state.comparing === null ? plansFor(state) : [];
    const own = state.comparing === null ? ownWindow(state) : null;
    const clipped = clippedText(state, words) !== null;
    const hadFocus = document.activeElement === border;
    while (container.children.length > plans.length) container.lastElementChild!.remove();
    for (const [index, { window, scale }] of plans.entries()) {
      const label =
        container.children[index]?.querySelector<HTMLElement>('.window-label') ??
        el('span', { class: 'window-label', 'aria-hidden': 'true' });
      // Beside those of windows that begin at the same place.
      const others = plans.slice(0, index).filter((plan) => plan.window.x === window.x && plan.window.y === window.y);
      label.style.left = `${others.length * labelWidth}px`;
      if (label.parentElement === null) container.append(el('div', { class: 'window-frame' }, label));
      const size = `${number(window.width)} × ${number(window.height)}`;
      const scaled = scale === 1 ? size : `${size} · ${t('status.zoom', { percent: number(scale * 100) })}`;
      setText(label, plans.length > 1 ? String(index + 1) : clipped ? `${scaled} · ${t('frame.clipped')}` : scaled);
    }
    const [frame] = container.children;
    if (own === null) for (const element of controls) element.remove();
    else if (border.parentElement !== frame) frame.append(...controls);
    frame?.classList.toggle('adjustable', own !== null);
    frame?.classList.toggle('clipped', clipped);
    setAttributes(border, { 'aria-label': t('frame.label', { window: windowText(state, words) ?? '' }) });
    if (hadFocus && own === null) stage.element.focus({ preventScroll: true });
    shown = plans.map(({ window }) => window);
    layFrames();
  });
};
