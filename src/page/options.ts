/** The row of options: what the chosen tool has, and nothing else. */
import { combineModes } from '../mask/combine.ts';
import { brushSizes, modeChosen, toolOf, type Tool } from './canvas/tools.ts';
import { el, newId, setAttributes, setText, show } from './dom.ts';
import { icon } from './icons.ts';
import { keyName } from './keys.ts';
import type { Session } from './session.ts';
import type { State } from './state.ts';

interface Option {
  readonly element: HTMLElement;
  readonly update: (state: State, tool: Tool) => void;
}

interface Dial {
  readonly label: string;
  readonly keys?: string;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly value: (state: State) => number;
  readonly set: (value: number) => void;
  /** Between a value and a place of the slider, where that does not move evenly. */
  readonly scale?: { readonly steps: number; at(place: number): number; of(value: number): number };
}

const has =
  (option: Tool['options'][number], { element, update }: Option): Option['update'] =>
  (state, tool) => {
    show(element, tool.options.includes(option));
    update(state, tool);
  };

const dial = (session: Session, { label, keys, min, max, unit, value, set, scale }: Dial): Option => {
  const id = newId();
  const title = keys === undefined ? label : `${label} (${keys})`;
  const places = scale === undefined ? { min, max } : { min: 0, max: scale.steps };
  const slider = el('input', { type: 'range', id, ...places, step: 1, title });
  const field = el('input', { type: 'number', class: 'size', min, max, 'aria-label': label, title });
  slider.addEventListener('input', () => set(scale?.at(slider.valueAsNumber) ?? slider.valueAsNumber));
  field.addEventListener('change', () => {
    const wanted = Math.round(field.valueAsNumber);
    if (wanted >= min && wanted <= max) set(wanted);
    else field.value = String(value(session.store.get()));
  });
  return {
    element: el('div', { class: 'option' }, el('label', { for: id }, label), slider, field),
    update(state) {
      const now = value(state);
      if (document.activeElement !== slider) slider.valueAsNumber = scale?.of(now) ?? now;
      setAttributes(slider, { 'aria-valuetext': `${now} ${unit}` });
      if (document.activeElement !== field) field.value = String(now);
    },
  };
};

const tick = (label: string, hint: string, on: (state: State) => boolean, set: (on: boolean) => void): Option => {
  const box = el('input', { type: 'checkbox' });
  box.addEventListener('change', () => set(box.checked));
  return {
    element: el('label', { class: 'tick', title: hint }, box, label),
    update: (state) => void (box.checked = on(state)),
  };
};

/** The slider moves by ratios: as many steps from 1 to 10 as from 100 to 1000. */
const steps = 100;
const ratio = Math.log(brushSizes.max / brushSizes.min);
const byRatio = {
  steps,
  at: (place: number): number =>
    Math.max(brushSizes.min, Math.round(brushSizes.min * Math.exp((place / steps) * ratio))),
  of: (size: number): number => Math.round((Math.log(size / brushSizes.min) / ratio) * steps),
};

const modes = (session: Session): Option => {
  const { t } = session.words;
  const buttons = combineModes.map((mode) => {
    const label = t(`mode.${mode}`);
    const title = mode === 'replace' ? label : `${label} (${keyName(mode, t)})`;
    const element = el('button', { class: 'icon-button', type: 'button', title, 'aria-label': label }, icon(mode));
    element.addEventListener('click', () => session.toolOptions({ mode }));
    return { mode, element };
  });
  return {
    element: el(
      'div',
      { class: 'option modes', role: 'group', 'aria-label': t('mode.label') },
      ...buttons.map(({ element }) => element),
    ),
    update(state, tool) {
      const counts = state.heldMode ?? modeChosen(tool, state.toolOptions);
      for (const { mode, element } of buttons) {
        show(element, tool.modes.includes(mode));
        setAttributes(element, { 'aria-pressed': String(mode === counts) });
      }
    },
  };
};

export const createOptions = (session: Session): HTMLElement => {
  const { t } = session.words;

  const size = dial(session, {
    label: t('brush.size'),
    keys: `${keyName('smaller', t)} ${keyName('larger', t)}`,
    ...brushSizes,
    unit: 'px',
    value: (state) => state.brushSize,
    set: (value) => session.brushSize(value),
    scale: byRatio,
  });
  const hardness = dial(session, {
    label: t('brush.hardness'),
    keys: `${keyName('softer', t)} ${keyName('harder', t)}`,
    min: 0,
    max: 100,
    unit: '%',
    value: (state) => state.toolOptions.hardness,
    set: (value) => session.toolOptions({ hardness: value }),
  });
  const tolerance = dial(session, {
    label: t('wand.tolerance'),
    min: 0,
    max: 255,
    unit: '',
    value: (state) => state.toolOptions.tolerance,
    set: (value) => session.toolOptions({ tolerance: value }),
  });
  const pressure = tick(
    t('brush.pressure'),
    t('brush.pressureHint'),
    (state) => state.toolOptions.pressure,
    (on) => session.toolOptions({ pressure: on }),
  );
  const contiguous = tick(
    t('wand.contiguous'),
    t('wand.contiguousHint'),
    (state) => state.toolOptions.contiguous,
    (on) => session.toolOptions({ contiguous: on }),
  );
  const mode = modes(session);
  const hint = el('p', { class: 'hint' });
  const updates = [
    has('size', size),
    has('hardness', hardness),
    has('pressure', pressure),
    has('tolerance', tolerance),
    has('contiguous', contiguous),
    mode.update,
  ];
  session.store.watch((state) => {
    const tool = toolOf(state.tool);
    for (const update of updates) update(state, tool);
    show(mode.element, tool.modes.length > 0);
    show(hint, tool.hint !== undefined);
    setText(hint, tool.hint === undefined ? '' : t(tool.hint));
  });
  return el(
    'div',
    { class: 'tool-options', role: 'group', 'aria-label': t('tools.options') },
    mode.element,
    ...[size, hardness, pressure, tolerance, contiguous].map(({ element }) => element),
    hint,
  );
};
