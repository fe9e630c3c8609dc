/** The window of one's own in numbers. */
import type { Rect } from '../../fill/geometry.ts';
import { drawnWindow, movedWindow, ownWindow, sendsUnscaled } from '../canvas/frames.ts';
import { el, newId, show } from '../dom.ts';
import type { Session } from '../session.ts';
import { canvasOf } from '../state.ts';

const names = ['x', 'y', 'width', 'height'] as const;

/** A window with one of its numbers changed, as the canvas and the limits allow it. */
const changed = (session: Session, window: Rect, name: (typeof names)[number], value: number): Rect => {
  const state = session.store.get();
  const canvas = canvasOf(state.panel);
  const by = value - window[name];
  if (name === 'x') return movedWindow(canvas, window, { x: by, y: 0 });
  if (name === 'y') return movedWindow(canvas, window, { x: 0, y: by });
  const grip = name === 'width' ? ({ x: 1, y: 0 } as const) : ({ x: 0, y: 1 } as const);
  return drawnWindow(canvas, window, grip, { x: by, y: by }, sendsUnscaled(state));
};

export const createWindowFields = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t } = words;
  const fields = names.map((name) => {
    const id = newId();
    const input = el('input', { type: 'number', id, min: 0, step: 1 });
    input.addEventListener('change', () => {
      const window = ownWindow(store.get());
      const value = input.valueAsNumber;
      if (window === null) return;
      if (Number.isInteger(value) && value >= 0)
        session.window({ kind: 'rect', rect: changed(session, window, name, value) });
      const now = ownWindow(store.get());
      if (now !== null) input.value = String(now[name]);
    });
    const element = el('div', { class: 'field side-field' }, el('label', { for: id }, t(`window.${name}`)), input);
    return { name, input, element };
  });
  const element = el(
    'div',
    { class: 'side-fields', role: 'group', 'aria-label': t('window.rect') },
    ...fields.map((field) => field.element),
  );
  store.watch((state) => {
    const window = state.panel.window.kind === 'rect' ? ownWindow(state) : null;
    show(element, window !== null);
    if (window === null) return;
    for (const { name, input } of fields) if (document.activeElement !== input) input.value = String(window[name]);
  });
  return element;
};
