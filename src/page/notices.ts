/** Messages that stay until they are dismissed or their cause is gone, and a line that only screen readers hear. */
import type { HostEvents } from '../protocol/messages.ts';
import { el } from './dom.ts';
import { icon } from './icons.ts';
import type { Words } from './words.ts';

type Level = HostEvents['notice']['level'];

export interface Notices {
  readonly element: HTMLElement;
  readonly voice: HTMLElement;
  /** `button`: what can be done about it. Gives what takes the message away again. */
  add(level: Level, sentence: string, button?: { readonly text: string; readonly press: () => void }): () => void;
  readonly say: (sentence: string) => void;
}

const kept = 4;

export const createNotices = ({ t }: Words): Notices => {
  const element = el('div', { class: 'notices', role: 'log', 'aria-label': t('notices.label') });
  const voice = el('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });

  /** What had the focus before it came here. */
  let before: Element | null = null;
  element.addEventListener('focusin', ({ relatedTarget }) => {
    if (relatedTarget === null) before = null;
    else if (relatedTarget instanceof Element && !element.contains(relatedTarget)) before = relatedTarget;
  });

  /** The keyboard goes on to the next message, or back to where it was. */
  const remove = (notice: Element): void => {
    const focused = notice.contains(document.activeElement);
    const next = notice.nextElementSibling ?? notice.previousElementSibling;
    notice.remove();
    if (!focused) return;
    const target = next?.querySelector('.dismiss') ?? before;
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
    // That is gone or hidden by now.
    if (document.activeElement === document.body)
      document.querySelector<HTMLElement>('.stage')?.focus({ preventScroll: true });
  };

  const add: Notices['add'] = (level, sentence, button) => {
    for (const same of element.querySelectorAll('.notice'))
      if (same.querySelector('.sentence')!.textContent === sentence) remove(same);
    const dismiss = el(
      'button',
      { class: 'icon-button dismiss', type: 'button', 'aria-label': t('notice.dismiss'), title: t('notice.dismiss') },
      icon('close'),
    );
    const levelText = { error: t('notice.error'), warning: t('notice.warning'), info: t('notice.info') }[level];
    const notice = el(
      'div',
      { class: `notice ${level}` },
      icon(level),
      el('p', {}, el('span', { class: 'unseen' }, `${levelText}: `), el('span', { class: 'sentence' }, sentence)),
      dismiss,
    );
    dismiss.addEventListener('click', () => remove(notice));
    if (button !== undefined) {
      const link = el('button', { type: 'button', class: 'link' }, button.text);
      link.addEventListener('click', button.press);
      dismiss.before(link);
    }
    element.append(notice);
    while (element.children.length > kept) remove(element.firstElementChild!);
    return () => remove(notice);
  };

  return {
    element,
    voice,
    add,
    say(sentence) {
      // The same sentence twice would be heard once: an invisible mark tells the second from the first.
      voice.textContent = voice.textContent === sentence ? `${sentence}\u00a0` : sentence;
    },
  };
};
