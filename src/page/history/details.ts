/** The chosen fill beside the list: how it was made, and what can be done with it. */
import type { HistoryAct, HistoryEntry } from '../../protocol/history.ts';
import type { TextKey } from '../../protocol/texts.ts';
import { el, setText, show } from '../dom.ts';
import type { Words } from '../words.ts';

export interface Details {
  readonly element: HTMLElement;
  update(entry: HistoryEntry | null, time: (at: number) => string): void;
  /** What became of something that was done with it, until another one is chosen. */
  say(sentence: string): void;
}

const first: readonly HistoryAct[] = [
  'compare',
  'keep',
  'goOn',
  'open',
  'openImage',
  'retry',
  'copyImage',
  'insert',
  'copy',
  'saveRecipe',
  'delete',
];
const uses: readonly HistoryAct[] = ['useAll', 'usePrompt', 'useSeed', 'useMask'];

export const createDetails = (words: Words, act: (act: HistoryAct, entry: HistoryEntry) => void): Details => {
  const { t, dollars, number } = words;
  const none = el('p', { class: 'hint' }, t('history.none'));
  const content = el('div', { class: 'details-content' });
  const said = el('p', { class: 'hint', role: 'status' });
  const element = el('aside', { class: 'details', 'aria-label': t('history.details') }, none, content, said);
  let shown: string | undefined;

  const textOf = (name: HistoryAct, { state, goOn }: HistoryEntry): string => {
    if (name === 'goOn') return goOn ?? '';
    if (name === 'delete' && state === 'held') return t('history.act.deleteHeld');
    return t(`history.act.${name}` as TextKey);
  };

  const buttons = (names: readonly HistoryAct[], entry: HistoryEntry): HTMLButtonElement[] =>
    names
      .filter((name) => entry.acts.includes(name))
      .map((name, at) => {
        const primary = names === first && at === 0;
        const button = el('button', { type: 'button', class: primary ? 'button' : 'button secondary' });
        button.textContent = textOf(name, entry);
        button.dataset['act'] = name;
        button.addEventListener('click', () => act(name, entry));
        return button;
      });

  const fact = (label: TextKey, value: string | null): Node[] =>
    value === null || value === '' ? [] : [el('dt', {}, t(label)), el('dd', {}, value)];

  return {
    element,
    say: (sentence) => setText(said, sentence),
    update(entry, time) {
      if (entry?.id !== shown) setText(said, '');
      shown = entry?.id;
      show(none, entry === null);
      show(content, entry !== null);
      if (entry === null) return content.replaceChildren();
      const { name, folder, at, prompt, service, seed, steps, guidance, seconds, cost, variation, outcome, thumb } =
        entry;
      const used = buttons(uses, entry);
      content.replaceChildren(
        ...(thumb === null ? [] : [el('img', { class: 'details-picture', alt: '', src: thumb })]),
        el('h2', { class: 'details-name' }, name),
        el(
          'dl',
          {},
          ...fact('history.prompt', prompt),
          ...fact('history.outcome', outcome),
          ...fact('history.variation.label', variation === null ? null : t('history.variation', variation)),
          ...fact('history.image', folder),
          ...fact('history.made', time(at)),
          ...fact('history.service', service),
          ...fact('history.seed', seed === null ? null : String(seed)),
          ...fact('history.steps', steps === null ? null : String(steps)),
          ...fact('history.guidance', guidance === null ? null : number(guidance, 1)),
          ...fact('history.took', seconds === null ? null : t('history.seconds', { seconds: number(seconds, 1) })),
          ...fact('history.costs', cost === null ? null : cost === 0 ? t('price.free') : dollars(cost)),
        ),
        el('div', { class: 'details-acts' }, ...buttons(first, entry)),
        ...(used.length === 0 ? [] : [el('h3', {}, t('history.use')), el('div', { class: 'details-acts' }, ...used)]),
      );
    },
  };
};
