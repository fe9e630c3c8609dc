/**
 * The row of options: what the chosen tool has, and nothing else. All rows lie in one place, which is as high as the highest
 * of them, so that the stage below does not move when another tool is chosen.
 */
import { brushSizes, modeChosen, toolOf, tools, type Tool } from './canvas/tools.ts';
import { el, newId, setAttributes } from './dom.ts';
import { icon } from './icons.ts';
import { keyName } from './keys.ts';
import type { Session } from './session.ts';
import type { State } from './state.ts';

interface Option {
  readonly element: HTMLElement;
  readonly update: (state: State) => void;
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

const modes = (session: Session, tool: Tool): Option => {
  const { t } = session.words;
  const buttons = tool.modes.map((mode) => {
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
    update(state) {
      const counts = state.heldMode ?? modeChosen(tool, state.toolOptions);
      for (const { mode, element } of buttons) setAttributes(element, { 'aria-pressed': String(mode === counts) });
    },
  };
};

const makers: Readonly<Record<Tool['options'][number], (session: Session) => Option>> = {
  size: (session) =>
    dial(session, {
      label: session.words.t('brush.size'),
      keys: `${keyName('smaller', session.words.t)} ${keyName('larger', session.words.t)}`,
      ...brushSizes,
      unit: 'px',
      value: (state) => state.brushSize,
      set: (value) => session.brushSize(value),
      scale: byRatio,
    }),
  hardness: (session) =>
    dial(session, {
      label: session.words.t('brush.hardness'),
      keys: `${keyName('softer', session.words.t)} ${keyName('harder', session.words.t)}`,
      min: 0,
      max: 100,
      unit: '%',
      value: (state) => state.toolOptions.hardness,
      set: (value) => session.toolOptions({ hardness: value }),
    }),
  tolerance: (session) =>
    dial(session, {
      label: session.words.t('wand.tolerance'),
      min: 0,
      max: 255,
      unit: '',
      value: (state) => state.toolOptions.tolerance,
      set: (value) => session.toolOptions({ tolerance: value }),
    }),
  pressure: (session) =>
    tick(
      session.words.t('brush.pressure'),
      session.words.t('brush.pressureHint'),
      (state) => state.toolOptions.pressure,
      (on) => session.toolOptions({ pressure: on }),
    ),
  contiguous: (session) =>
    tick(
      session.words.t('wand.contiguous'),
      session.words.t('wand.contiguousHint'),
      (state) => state.toolOptions.contiguous,
      (on) => session.toolOptions({ contiguous: on }),
    ),
};

const createRow = (session: Session, tool: Tool): Option => {
  const parts = [
    ...(tool.modes.length > 0 ? [modes(session, tool)] : []),
    ...tool.options.map((option) => makers[option](session)),
  ];
  const hint = tool.hint === undefined ? [] : [el('p', { class: 'hint' }, session.words.t(tool.hint))];
  return {
    element: el('div', { class: 'tool-row' }, ...parts.map(({ element }) => element), ...hint),
    update: (state) => parts.forEach(({ update }) => update(state)),
  };
};

/** Tools with the same options have one row. */
const rowName = ({ modes, options, hint }: Tool): string => [modes, options, hint ?? ''].join(';');

export const createOptions = (session: Session): HTMLElement => {
  const rows = new Map(tools.map((tool) => [rowName(tool), tool]));
  const made = [...rows].map(([name, tool]) => ({ name, ...createRow(session, tool) }));
  session.store.watch((state) => {
    const chosen = rowName(toolOf(state.tool));
    for (const { name, element, update } of made) {
      element.classList.toggle('away', name !== chosen);
      if (name === chosen) update(state);
    }
  });
  return el(
    'div',
    { class: 'tool-options', role: 'group', 'aria-label': session.words.t('tools.options') },
    ...made.map(({ element }) => element),
  );
};
