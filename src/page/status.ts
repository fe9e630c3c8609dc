/** The line under the stage: position, zoom, share of the mask, what is sent, price. */
import type { Point } from '../mask/strokes.ts';
import { el, setText } from './dom.ts';
import { planText, priceText, shareText, windowText } from './plan.ts';
import type { Session } from './session.ts';

/**
 * A position is shown once the pointer rests so long, in milliseconds, and at least so often: as with the measure of the
 * mask (../page/mask.ts), a line that is laid out and painted in every frame would make strokes lag.
 */
const rests = 80;
const atLeast = 500;

export interface Status {
  readonly element: HTMLElement;
  /** Image position under the pointer or the keyboard's cursor. */
  readonly at: (position: Point | null) => void;
}

export const createStatus = ({ store, words }: Session): Status => {
  const { t, number } = words;
  const position = el('span', { class: 'position' });
  const zoom = el('span', { class: 'zoom' });
  const share = el('span', { class: 'share' });
  const plan = el('span', { class: 'plan' });
  const price = el('span', { class: 'price' });
  store.watch((state) => {
    setText(zoom, t('status.zoom', { percent: number(state.scale * 100, state.scale < 0.1 ? 1 : 0) }));
    setText(share, shareText(state, words));
    if (state.working) return;
    setText(plan, windowText(state, words) ?? planText(state, words));
    setText(price, priceText(state, words));
  });
  let known: Point | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shownAt = 0;
  const showPosition = (): void => {
    shownAt = performance.now();
    setText(position, known === null ? '' : t('status.position', { x: Math.floor(known.x), y: Math.floor(known.y) }));
  };
  const element = el(
    'div',
    { class: 'status', role: 'group', 'aria-label': t('status.label') },
    zoom,
    share,
    plan,
    price,
    position,
  );
  return {
    element,
    at(position) {
      known = position;
      clearTimeout(timer);
      timer = setTimeout(showPosition, Math.min(rests, Math.max(0, shownAt + atLeast - performance.now())));
    },
  };
};
