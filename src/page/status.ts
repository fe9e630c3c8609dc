/** The line under the stage: position, zoom, share of the mask, what is sent, price. */
import { el, setText } from './dom.ts';
import { planText, priceText, shareText, windowText } from './plan.ts';
import type { Session } from './session.ts';

export const createStatus = ({ store, words }: Session): HTMLElement => {
  const { t, number } = words;
  const position = el('span', { class: 'position' });
  const zoom = el('span', { class: 'zoom' });
  const share = el('span', { class: 'share' });
  const plan = el('span', { class: 'plan' });
  const price = el('span', { class: 'price' });
  store.watch((state) => {
    const at = state.position;
    setText(position, at === null ? '' : t('status.position', { x: Math.floor(at.x), y: Math.floor(at.y) }));
    setText(zoom, t('status.zoom', { percent: number(state.scale * 100, state.scale < 0.1 ? 1 : 0) }));
    setText(share, shareText(state.measure, words));
    if (state.working) return;
    setText(plan, windowText(state, words) ?? planText(state, words));
    setText(price, priceText(state, words));
  });
  return el(
    'div',
    { class: 'status', role: 'group', 'aria-label': t('status.label') },
    zoom,
    share,
    plan,
    price,
    position,
  );
};
