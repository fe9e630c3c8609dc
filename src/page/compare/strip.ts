/** The buttons on the stage that choose how a result is looked at. */
import { el, setAttributes, show } from '../dom.ts';
import { icon, setIcon, type IconName } from '../icons.ts';
import { keyName } from '../keys.ts';
import type { Words } from '../words.ts';
import { compareModes, type CompareModeId } from './modes.ts';

export interface StripActions {
  mode(id: CompareModeId): void;
  hold(held: boolean): void;
  swap(): void;
  run(running: boolean): void;
}

/** How the result is looked at. */
export interface Looking {
  readonly mode: CompareModeId;
  readonly held: boolean;
  readonly running: boolean;
}

export interface Strip {
  readonly element: HTMLElement;
  looking(looking: Looking): void;
}

const iconButton = (name: IconName, text: string, title: string, run: () => void): HTMLButtonElement => {
  const element = el('button', { type: 'button', class: 'icon-button', 'aria-label': text, title }, icon(name));
  element.addEventListener('click', run);
  return element;
};

export const createStrip = ({ t }: Words, actions: StripActions): Strip => {
  const modes = compareModes.map((mode) => ({
    mode,
    element: iconButton(mode.icon, t(mode.text), `${t(mode.text)} (${keyName(mode.id, t)}): ${t(mode.hint)}`, () =>
      actions.mode(mode.id),
    ),
  }));
  const swap = iconButton('swap', t('compare.swap'), `${t('compare.swap')} (${keyName('swap', t)})`, () =>
    actions.swap(),
  );
  let running = false;
  const pause = iconButton('pause', t('compare.pause'), t('compare.pause'), () => actions.run(!running));
  const blinking = el('div', { class: 'tool-group' }, swap, pause);

  const hold = iconButton('original', t('result.hold'), `${t('result.hold')} (${keyName('original', t)})`, () => {});
  hold.addEventListener('pointerdown', () => actions.hold(true));
  for (const type of ['pointerup', 'pointercancel', 'pointerleave', 'keyup', 'blur'])
    hold.addEventListener(type, () => actions.hold(false));
  hold.addEventListener('keydown', (event) => {
    if (event.key === ' ' || event.key === 'Enter') actions.hold(true);
  });

  const element = el(
    'div',
    { class: 'compare-modes', role: 'toolbar', 'aria-label': t('compare.label') },
    el('div', { class: 'tool-group' }, ...modes.map(({ element: each }) => each)),
    blinking,
    el('div', { class: 'tool-group' }, hold),
  );

  return {
    element,
    looking(looking) {
      for (const { mode, element: each } of modes)
        setAttributes(each, { 'aria-pressed': String(mode.id === looking.mode) });
      show(blinking, looking.mode === 'blink');
      setAttributes(hold, { 'aria-pressed': String(looking.held) });
      hold.disabled = looking.mode === 'side';
      running = looking.running;
      const text = t(running ? 'compare.pause' : 'compare.play');
      setIcon(pause.querySelector('svg')!, running ? 'pause' : 'play');
      setAttributes(pause, { 'aria-label': text, title: text });
    },
  };
};
