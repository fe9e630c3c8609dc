/** The sheet of keys: everything the table holds, by when it counts. */
import { el } from './dom.ts';
import { icon } from './icons.ts';
import { keyName, keys, keyTimes, type Key } from './keys.ts';
import { writtenStroke } from './strokes.ts';
import type { Words } from './words.ts';

export interface Sheet {
  readonly button: HTMLButtonElement;
  readonly dialog: HTMLDialogElement;
  readonly open: () => void;
}

export const createSheet = ({ t }: Words): Sheet => {
  const row = ({ strokes, text }: Key): HTMLElement =>
    el(
      'div',
      { class: 'key-row' },
      el('dt', {}, t(text)),
      el('dd', {}, ...strokes.map((stroke) => el('kbd', {}, writtenStroke(stroke, t)))),
    );
  const groups = keyTimes.map((when) =>
    el(
      'section',
      {},
      el('h3', {}, t(`keys.${when}`)),
      el('dl', {}, ...keys.filter((key) => key.when === when).map(row)),
    ),
  );

  const closing = el(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': t('keys.close'), title: t('keys.close') },
    icon('close'),
  );
  // The keyboard begins here, because the arrow keys scroll it; the last keys would be out of reach of who has no mouse.
  const list = el('div', { class: 'key-groups', tabindex: 0, role: 'group', 'aria-label': t('keys.title') }, ...groups);
  const dialog = el(
    'dialog',
    { class: 'key-sheet', 'aria-labelledby': 'key-sheet-title' },
    el('div', { class: 'key-head' }, el('h2', { id: 'key-sheet-title' }, t('keys.title')), closing),
    list,
    el('p', { class: 'hint' }, t('keys.note')),
  );

  closing.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  // A modal dialog keeps the keyboard in the page, not in itself: Tab would go on to the editor around it.
  const stops: readonly HTMLElement[] = [closing, list];
  dialog.addEventListener('keydown', (event) => {
    if (event.key !== 'Tab') return;
    event.preventDefault();
    const next = stops.indexOf(document.activeElement as HTMLElement) + (event.shiftKey ? -1 : 1);
    stops[(next + stops.length) % stops.length].focus();
  });

  const open = (): void => {
    if (dialog.open) return;
    dialog.showModal();
    list.focus();
  };
  const button = el(
    'button',
    {
      type: 'button',
      class: 'icon-button keys-button',
      'aria-label': t('keys.show'),
      'aria-haspopup': 'dialog',
      title: `${t('keys.show')} (${keyName('keys', t)})`,
    },
    icon('keys'),
  );
  button.addEventListener('click', open);
  return { button, dialog, open };
};
