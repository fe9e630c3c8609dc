/** What will be sent, what it costs, and the button. */
import { imagesLimit } from '../../fill/record.ts';
import { el, newId, setAttributes, setText, show } from '../dom.ts';
import { icon } from '../icons.ts';
import { keyName } from '../keys.ts';
import { clippedText, hindrance, imagesText, planText, priceText } from '../plan.ts';
import type { Session } from '../session.ts';

export const createGenerate = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t } = words;
  const reasonId = newId();
  const plan = el('p', { class: 'sends' });
  const clipped = el('span', {});
  const clippedRow = el('p', { class: 'full-note' }, icon('warning'), clipped);
  const label = el('span', {});
  const reason = el('p', { class: 'hint reason', id: reasonId });
  const button = el(
    'button',
    { type: 'button', class: 'button generate', 'aria-describedby': reasonId },
    label,
    el('kbd', { 'aria-hidden': 'true' }, keyName('generate', t)),
  );
  button.addEventListener('click', () => void session.generate());

  const imagesId = newId();
  const images = el('input', {
    type: 'number',
    id: imagesId,
    min: 1,
    max: imagesLimit,
    step: 1,
    title: t('images.hint'),
  });
  const count = (): number => images.valueAsNumber;
  const fits = (): boolean => Number.isInteger(count()) && count() >= 1 && count() <= imagesLimit;
  const complain = (): void => {
    const message = fits() ? null : t('number.whole', { name: t('images.label'), min: 1, max: imagesLimit });
    setAttributes(images, { 'aria-invalid': message === null ? undefined : 'true' });
    session.invalid('images', message);
  };
  images.addEventListener('input', () => {
    complain();
    if (fits()) session.images(count());
  });
  images.addEventListener('blur', () => {
    if (fits()) return;
    images.value = String(store.get().panel.images);
    complain();
  });
  const row = el(
    'div',
    { class: 'send-row' },
    el('div', { class: 'field images-field' }, el('label', { for: imagesId }, t('images.label')), images),
    button,
  );

  const element = el('div', { class: 'send' }, plan, clippedRow, reason, row);
  let price = '';
  store.watch((state) => {
    if (document.activeElement !== images) images.value = String(state.panel.images);
    const why = hindrance(state, words);
    const busy = state.generating || state.panel.starting;
    setAttributes(element, { 'aria-busy': state.working ? 'true' : undefined });
    show(plan, !state.measure.empty);
    // A mask that is only partly worked out would give windows and a price that are not those of the fill.
    if (!state.working) {
      price = priceText(state, words);
      setText(plan, [planText(state, words), imagesText(state, words)].filter(Boolean).join(' · '));
      const outside = clippedText(state, words);
      setText(clipped, outside ?? '');
      show(clippedRow, outside !== null);
    }
    setText(reason, why ?? '');
    show(reason, why !== null);
    setAttributes(button, { 'aria-disabled': why !== null || busy ? 'true' : undefined });
    setText(label, busy ? t('generate.busy') : price === '' ? t('generate') : t('generate.price', { price }));
  });
  return element;
};
