/** What is seen of the mask, and how: a button that opens the choices beside it. */
import {
  initialDisplay,
  overlayColours,
  overlayOpacity,
  overlayPatterns,
  type OverlayColour,
} from './canvas/overlay.ts';
import type { Stage } from './canvas/stage.ts';
import { el, newId, setAttributes } from './dom.ts';
import { createTick } from './form/fields.ts';
import { icon } from './icons.ts';
import { keyName } from './keys.ts';
import type { Session } from './session.ts';

const colours = Object.keys(overlayColours) as OverlayColour[];

export const createViewMenu = (session: Session, stage: Stage): HTMLElement => {
  const { store, words } = session;
  const { t } = words;

  /** One of several, by arrow keys as every group of radio buttons. */
  const choiceOf = <Value extends string>(
    label: string,
    values: readonly Value[],
    content: (value: Value) => readonly (Node | string)[],
    choose: (value: Value) => void,
  ) => {
    const name = newId();
    const inputs = values.map((value) => {
      const input = el('input', { type: 'radio', name, value });
      input.addEventListener('change', () => choose(value));
      return { value, input, element: el('label', { class: 'view-option' }, input, ...content(value)) };
    });
    const element = el(
      'fieldset',
      { class: 'view-choice' },
      el('legend', {}, label),
      ...inputs.map((each) => each.element),
    );
    const set = (now: Value): void => {
      for (const { value, input } of inputs) input.checked = value === now;
    };
    return { element, set };
  };

  const colour = choiceOf(
    t('view.colour'),
    colours,
    (value) => {
      const swatch = el('span', { class: 'swatch', 'aria-hidden': 'true' });
      swatch.style.background = `rgb(${overlayColours[value].join(' ')})`;
      return [swatch, t(`view.colour.${value}`)];
    },
    (value) => session.display({ colour: value }),
  );
  const pattern = choiceOf(
    t('view.pattern'),
    overlayPatterns,
    (value) => [t(`view.pattern.${value}`)],
    (value) => session.display({ pattern: value }),
  );
  const opacityId = newId();
  const opacity = el('input', { type: 'range', id: opacityId, ...overlayOpacity });
  opacity.addEventListener('input', () => session.display({ opacity: opacity.valueAsNumber }));
  const maskOnly = createTick(`${t('view.maskOnly')} (${keyName('maskOnly', t)})`, (ticked) =>
    session.display({ maskOnly: ticked }),
  );
  const grid = createTick(t('view.grid'), (ticked) => session.display({ grid: ticked }));
  const reset = el('button', { type: 'button', class: 'link' }, t('view.reset'));
  reset.addEventListener('click', () => session.display({ ...initialDisplay }));

  const id = newId();
  const button = el(
    'button',
    {
      class: 'icon-button',
      type: 'button',
      title: t('view.title'),
      'aria-label': t('view.title'),
      'aria-expanded': 'false',
      'aria-controls': id,
      popovertarget: id,
    },
    icon('eye'),
  );
  const menu = el(
    'div',
    { id, class: 'view-menu', popover: 'auto', role: 'group', 'aria-label': t('view.title') },
    colour.element,
    el('div', { class: 'field' }, el('label', { for: opacityId }, t('view.opacity')), opacity),
    pattern.element,
    el('div', { class: 'view-ticks' }, maskOnly.element, grid.element, reset),
  );

  menu.addEventListener('beforetoggle', (event) => {
    if (event.newState !== 'open') return;
    const { right, bottom } = button.getBoundingClientRect();
    menu.style.top = `${bottom + 4}px`;
    menu.style.right = `${Math.max(8, innerWidth - right)}px`;
  });
  menu.addEventListener('toggle', (event) => {
    const open = event.newState === 'open';
    setAttributes(button, { 'aria-expanded': String(open) });
    if (open) menu.querySelector<HTMLInputElement>('input:checked')!.focus();
  });

  store.watch(({ display }) => {
    stage.setDisplay(display);
    colour.set(display.colour);
    pattern.set(display.pattern);
    opacity.valueAsNumber = display.opacity;
    opacity.setAttribute('aria-valuetext', t('status.zoom', { percent: display.opacity }));
    opacity.disabled = display.pattern === 'outline' || display.maskOnly;
    maskOnly.input.checked = display.maskOnly;
    grid.input.checked = display.grid;
  });
  return el('div', { class: 'view' }, button, menu);
};
