/** Things on the stage that are dragged by themselves, while everything beside them is painted on. */
import type { Point } from '../../mask/strokes.ts';
import type { Stage } from './stage.ts';

/** Keys held while dragging. */
export type Held = Pick<MouseEvent, 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>;

export interface Grab {
  /** `by`: how far the pointer is from where it took hold, in image pixels. */
  move(by: Point, held: Held): void;
  end(): void;
  cancel(): void;
}

/** Lets `element`, which lies on the stage, be dragged with the first button; `start` is asked each time. Escape cancels. */
export const grabbable = (stage: Stage, element: HTMLElement, start: () => Grab): void => {
  let held: { readonly id: number; readonly from: Point; last: Point; readonly grab: Grab } | null = null;

  const move = (to: Point, keys: Held): void => {
    if (held === null) return;
    held.last = to;
    held.grab.move({ x: to.x - held.from.x, y: to.y - held.from.y }, keys);
  };

  const finish = (how: 'end' | 'cancel'): void => {
    if (held === null) return;
    const { grab } = held;
    held = null;
    removeEventListener('keydown', onKey, true);
    removeEventListener('keyup', onKey, true);
    grab[how]();
  };

  const onKey = (event: KeyboardEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') finish('cancel');
    else if (held !== null) move(held.last, event);
  };

  element.addEventListener('pointerenter', () => stage.setRing(null, 0, 'ring'));
  // The keyboard stays where it is: painting by key goes on after a drag.
  element.addEventListener('mousedown', (event) => event.preventDefault());
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    if (held !== null) return;
    element.setPointerCapture(event.pointerId);
    const from = stage.toImage(stage.place(event));
    held = { id: event.pointerId, from, last: from, grab: start() };
    addEventListener('keydown', onKey, true);
    addEventListener('keyup', onKey, true);
  });
  element.addEventListener('pointermove', (event) => {
    event.stopPropagation();
    if (event.pointerId === held?.id) move(stage.toImage(stage.place(event)), event);
  });
  element.addEventListener('pointerup', (event) => {
    if (event.pointerId === held?.id) finish('end');
  });
  for (const type of ['pointercancel', 'lostpointercapture'] as const)
    element.addEventListener(type, (event) => {
      if (event.pointerId === held?.id) finish('cancel');
    });
};
