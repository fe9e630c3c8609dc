/** Handles around the canvas that draw it out beyond the image, or back; what it would become is shown until they are let go. */
import type { Size } from '../../fill/geometry.ts';
import { canvasSize, checkExpand, isExpanded, keptRect, type Expand } from '../../fill/outpaint.ts';
import type { Point } from '../../mask/strokes.ts';
import { el, setText, show } from '../dom.ts';
import type { Session } from '../session.ts';
import { canvasOf, expandNow } from '../state.ts';
import { grips, type Grip } from './frames.ts';
import { grabbable, type Held } from './grab.ts';
import type { Stage } from './stage.ts';
import { visibleBox } from './view.ts';

type Sides = Omit<Expand, 'overlap'>;

/** So much smaller the image becomes while a handle is dragged on at the edge of the stage. */
const away = 0.97;

/** A side this near to the image, in device pixels, is none. */
const snap = 6;

/** What is added at the start and the end of an axis when the canvas becomes longer by `more` on it. */
const spread = (start: number, end: number, more: number, grip: -1 | 0 | 1, bothEnds: boolean): [number, number] =>
  grip === 0 || bothEnds ? [start + more / 2, end + more / 2] : grip < 0 ? [start + more, end] : [start, end + more];

/**
 * The sides of a canvas after a handle of it was dragged by so many image pixels. `symmetric`: the side across does the
 * same. `proportional`: the canvas keeps its aspect ratio as far as the image, which is never cut, allows. Sides of at most
 * `none` pixels become 0.
 */
export const draggedSides = (
  image: Size,
  from: Sides,
  grip: Grip,
  by: Point,
  { symmetric, proportional }: { readonly symmetric: boolean; readonly proportional: boolean },
  none: number,
): Sides => {
  const canvas = canvasSize(image, from);
  const times = symmetric ? 2 : 1;
  let wider = grip.x * by.x * times;
  let higher = grip.y * by.y * times;
  if (proportional) {
    const across = grip.x === 0 ? -Infinity : wider / canvas.width;
    const down = grip.y === 0 ? -Infinity : higher / canvas.height;
    const growth = Math.max(across, down);
    wider = canvas.width * growth;
    higher = canvas.height * growth;
  }
  const [left, right] = spread(from.left, from.right, wider, grip.x, symmetric);
  const [top, bottom] = spread(from.top, from.bottom, higher, grip.y, symmetric);
  const whole = (side: number): number => (side <= none ? 0 : Math.round(side));
  return { left: whole(left), top: whole(top), right: whole(right), bottom: whole(bottom) };
};

const same = (a: Sides, b: Sides): boolean =>
  a.left === b.left && a.top === b.top && a.right === b.right && a.bottom === b.bottom;

export const createHandles = (session: Session, stage: Stage): void => {
  const { store, words } = session;
  const { t, number } = words;
  const image = store.get().panel.source;
  const canvas = canvasOf(store.get().panel);
  const handles = grips.map((grip) => ({
    grip,
    element: el('span', { class: 'canvas-handle', 'data-x': grip.x, 'data-y': grip.y, title: t('expand.drag') }),
  }));
  const label = el('span', { class: 'tag canvas-size' });
  const kept = el('div', { class: 'canvas-kept' });
  const ghost = el('div', { class: 'canvas-ghost', hidden: true });
  const container = el(
    'div',
    { class: 'canvas-handles', 'aria-hidden': 'true' },
    ghost,
    kept,
    label,
    ...handles.map(({ element }) => element),
  );
  stage.over.append(container);

  const now = (): Expand => expandNow(store.get().panel);
  let dragged: Sides | null = null;

  const layHandles = stage.onLay((lay) => {
    const seen = visibleBox(stage.view(), canvas, stage.size()) ?? { x: 0, y: 0, ...canvas };
    const along = (grip: -1 | 0 | 1, start: number, length: number, end: number): number =>
      grip < 0 ? 0 : grip > 0 ? end : start + length / 2;
    for (const { grip, element } of handles) {
      const x = along(grip.x, seen.x, seen.width, canvas.width);
      const y = along(grip.y, seen.y, seen.height, canvas.height);
      lay(element, { x, y, width: 0, height: 0 });
    }
    for (const part of [ghost, kept, label]) show(part, dragged !== null);
    if (dragged === null) return;
    const { left, top, overlap } = now();
    const inner = { x: left - dragged.left, y: top - dragged.top };
    lay(ghost, { ...inner, ...canvasSize(image, dragged) });
    lay(label, { x: left + image.width / 2, y: top + image.height / 2, width: 0, height: 0 });
    const rest = keptRect(image, { ...dragged, overlap });
    show(kept, rest !== null && isExpanded(dragged));
    if (rest !== null) lay(kept, { ...rest, x: inner.x + rest.x, y: inner.y + rest.y });
    const scale = stage.view().scale / devicePixelRatio;
    const border = [dragged.top, dragged.right, dragged.bottom, dragged.left];
    ghost.style.borderWidth = border.map((side) => `${side * scale}px`).join(' ');
  });

  /** The side that is dragged stays on the stage. */
  const makeRoom = (grip: Grip, sides: Sides): void => {
    const { scale, x, y } = stage.view();
    const { width, height } = stage.size();
    const { left, top } = now();
    const edge = 4 * devicePixelRatio;
    const beyond = (end: -1 | 0 | 1, start: number, length: number, limit: number): boolean =>
      (end < 0 && start < edge) || (end > 0 && start + length > limit - edge);
    const size = canvasSize(image, sides);
    const across = beyond(grip.x, x + (left - sides.left) * scale, size.width * scale, width);
    const down = beyond(grip.y, y + (top - sides.top) * scale, size.height * scale, height);
    if (across || down) stage.zoomBy(away);
  };

  const sizeText = (sides: Sides): string => {
    const { width, height } = canvasSize(image, sides);
    return `${number(width)} × ${number(height)}`;
  };

  for (const { grip, element } of handles)
    grabbable(stage, element, () => {
      const from = now();
      const finish = (): void => {
        dragged = null;
        stage.element.classList.remove('extending');
        layHandles();
      };
      return {
        move(by: Point, { altKey, ctrlKey, metaKey, shiftKey }: Held) {
          const keys = { symmetric: altKey || ctrlKey || metaKey, proportional: shiftKey };
          const next = draggedSides(image, from, grip, by, keys, snap / stage.view().scale);
          if (isExpanded(next) && !checkExpand(image, next).ok) return;
          dragged = next;
          stage.element.classList.add('extending');
          makeRoom(grip, next);
          setText(label, sizeText(next));
          layHandles();
        },
        end() {
          const next = dragged;
          finish();
          if (next === null || same(next, from)) return;
          session.expand(isExpanded(next) ? { ...next, overlap: from.overlap } : null);
          session.say(t('announce.canvas', { size: sizeText(next) }));
        },
        cancel: finish,
      };
    });

  store.watch(({ comparing }) => show(container, comparing === null));
};
