/** The row that takes the place of the toolbar while a result is shown: what it is, and what can be done with it. */
import { el, setAttributes, setText, show } from '../dom.ts';
import { dragAsFile } from '../drag.ts';
import { icon, setIcon, type IconName } from '../icons.ts';
import { keyName } from '../keys.ts';
import type { JobView, PanelState, resultActions } from '../../protocol/messages.ts';
import { formatName, type Words } from '../words.ts';

export interface BarActions {
  act(action: (typeof resultActions)[number]): void;
  keep(): void;
  remove(): void;
  copy(): void;
  /** `asks`: in a form that the person chooses. */
  insert(asks: boolean): void;
  close(): void;
}

export interface Bar {
  readonly element: HTMLElement;
  /** A job with a result. */
  result(job: JobView, panel: PanelState): void;
}

const button = (text: string, run: () => void, primary = false): HTMLButtonElement => {
  const element = el('button', { type: 'button', class: primary ? 'button' : 'button secondary' }, text);
  element.addEventListener('click', run);
  return element;
};

const extensionOf = (fileName: string): string => fileName.toLowerCase().split('.').pop()!.replace('jpeg', 'jpg');

const formatOf = (fileName: string): string => (/\.webp(\?|$)/i.test(fileName) ? formatName.webp : formatName.jpeg);

export const createBar = (words: Words, actions: BarActions): Bar => {
  const { t, number } = words;

  const name = el('strong', { class: 'result-name' });
  const figureIcon = icon('check');
  const figure = el('span', {});
  const figureRow = el('span', { class: 'figure' }, figureIcon, figure);

  const replace = button(t('result.replaceSource'), () => actions.act('replaceSource'));
  const closing = button(t('result.close'), () => actions.close(), true);
  closing.title = t('result.closeHint');
  const keep = button(t('film.keep'), () => actions.keep(), true);
  const remove = button(t('result.delete'), () => actions.remove());
  const iconButton = (name: IconName, text: string, title: string, press: (event: MouseEvent) => void) => {
    const element = el('button', { type: 'button', class: 'icon-button', 'aria-label': text, title }, icon(name));
    element.addEventListener('click', press);
    return element;
  };
  const copy = iconButton('copy', t('result.copy'), `${t('result.copy')} (${keyName('copyImage', t)})`, () =>
    actions.copy(),
  );
  const insertTitle = `${t('result.insertHint')} (${keyName('insertImage', t)}, ${keyName('insertImageAs', t)})`;
  const insert = iconButton('insert', t('result.insert'), insertTitle, ({ shiftKey }) => actions.insert(shiftKey));
  const open = button(t('result.open'), () => actions.act('open'));
  const reveal = button(t('result.reveal'), () => actions.act('reveal'));
  const use = button(t('result.useAsSource'), () => actions.act('useAsSource'));

  const grip = el('span', { class: 'grip', 'aria-hidden': 'true', title: t('result.drag') }, icon('grip'));
  let address: string | null = null;
  dragAsFile(grip, () => address);

  const element = el(
    'div',
    { class: 'result-bar', role: 'group', 'aria-label': t('result.label'), hidden: true },
    el('div', { class: 'result-facts' }, grip, name, figureRow),
    el('div', { class: 'result-actions' }, copy, insert, keep, remove, open, reveal, use, replace, closing),
  );

  return {
    element,
    result({ result, state }, { source, expand }) {
      if (result === null) return;
      const held = state === 'held';
      for (const each of [keep, remove]) show(each, held);
      for (const each of [insert, open, reveal, use]) show(each, !held);
      show(replace, !held && expand === null && extensionOf(source.name) === extensionOf(result.name));
      ({ address } = result);
      grip.draggable = address !== null;
      show(grip, address !== null);
      setText(name, result.name);
      name.title = result.name;
      const { changedOutsideEffective: changed, exact, whole } = result;
      const format = formatOf(held ? result.src : result.name);
      setIcon(figureIcon, changed === 0 && !whole ? 'check' : 'warning');
      figureRow.classList.toggle('warning', changed > 0 || whole);
      const unchanged = exact ? 'result.unchanged' : 'result.unchangedBefore';
      const counted = changed === 0 ? t(unchanged, { format }) : t('result.changed', { count: number(changed) });
      setText(figure, whole ? t('result.whole') : counted);
      setAttributes(figureRow, { title: exact || whole ? undefined : t('result.compressed', { format }) });
    },
  };
};
