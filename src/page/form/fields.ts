/** The building blocks of the form: labelled sections, slider with number, choices, tick boxes. */
import type { Range } from '../../fill/parameters.ts';
import { el, newId, setAttributes, setText, show } from '../dom.ts';
import type { Session } from '../session.ts';

export interface Dial {
  readonly element: HTMLElement;
  set(value: number): void;
  /** What is said under it while nothing is wrong. */
  hint(text: string): void;
  /** Greys the control out and says why; null enables it. */
  disable(reason: string | null): void;
  range(range: Pick<Range, 'min' | 'max' | 'step'>): void;
}

/** A slider and a number field for one value. Numbers that do not fit are said to be wrong and not passed on. */
export const createDial = (
  session: Pick<Session, 'words' | 'invalid'>,
  label: string,
  initial: Pick<Range, 'min' | 'max' | 'step'>,
  firstHint: string,
  change: (value: number) => void,
): Dial => {
  const id = newId();
  const hintId = newId();
  let limits = initial;
  let current = initial.min;
  let hint = firstHint;
  const slider = el('input', { type: 'range', id, 'aria-describedby': hintId });
  const number = el('input', { type: 'number', 'aria-label': label, 'aria-describedby': hintId });
  const note = el('p', { class: 'hint', id: hintId }, hint);
  const element = el(
    'div',
    { class: 'field dial' },
    el('label', { for: id }, label),
    el('div', { class: 'dial-row' }, slider, number),
    note,
  );
  let reason: string | null = null;

  const wrong = (message: string | null): void => {
    setAttributes(number, { 'aria-invalid': message === null ? undefined : 'true' });
    session.invalid(label, message);
    note.classList.toggle('error', message !== null);
    const text = message ?? reason ?? hint;
    setText(note, text);
    show(note, text !== '');
  };

  const complaint = (value: number): string | null => {
    const key = limits.step === 1 ? 'number.whole' : 'number.invalid';
    const fits = value >= limits.min && value <= limits.max && (limits.step !== 1 || Number.isInteger(value));
    return fits ? null : session.words.t(key, { name: label, min: limits.min, max: limits.max });
  };

  slider.addEventListener('input', () => {
    current = slider.valueAsNumber;
    number.value = String(current);
    wrong(null);
    change(current);
  });
  number.addEventListener('input', () => {
    const value = number.valueAsNumber;
    const message = complaint(value);
    wrong(message);
    if (message !== null) return;
    current = value;
    slider.valueAsNumber = value;
    change(value);
  });
  // What does not fit stays, marked, until it is corrected; Escape brings back the value that counts.
  number.addEventListener('blur', () => {
    if (complaint(number.valueAsNumber) === null) number.value = String(current);
  });
  number.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    number.value = String(current);
    wrong(null);
  });

  const range: Dial['range'] = (next) => {
    limits = next;
    // A number field would refuse 60.25 where steps are 0.5; the range check is ours.
    setAttributes(slider, { min: next.min, max: next.max, step: next.step });
    setAttributes(number, { min: next.min, max: next.max, step: next.step === 1 ? 1 : 'any' });
  };
  range(initial);
  wrong(null);

  return {
    element,
    range,
    hint(text) {
      if (text === hint) return;
      hint = text;
      if (number.getAttribute('aria-invalid') === null) wrong(null);
    },
    set(value) {
      if (value === current && slider.valueAsNumber === value) return;
      current = value;
      slider.valueAsNumber = value;
      if (document.activeElement === number) return;
      number.value = String(value);
      wrong(null);
    },
    disable(why) {
      if (why === reason && slider.disabled === (why !== null)) return;
      reason = why;
      slider.disabled = why !== null;
      number.disabled = why !== null;
      number.value = String(current);
      wrong(null);
    },
  };
};

export interface Tick {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
}

export const createTick = (label: string, change: (ticked: boolean) => void): Tick => {
  const input = el('input', { type: 'checkbox' });
  input.addEventListener('change', () => change(input.checked));
  return { element: el('label', { class: 'tick' }, input, el('span', {}, label)), input };
};

export type Option = readonly [value: string, text: string, able?: boolean];

export interface Choice {
  readonly element: HTMLElement;
  /** Options as value and text, `false` where they cannot be chosen; kept where they are the same. */
  set(options: readonly Option[], value: string, hint: string): void;
}

export const createChoice = (label: string, change: (value: string) => void): Choice => {
  const id = newId();
  const hintId = newId();
  const select = el('select', { id, 'aria-describedby': hintId });
  const note = el('p', { class: 'hint', id: hintId });
  select.addEventListener('change', () => change(select.value));
  let known = '';
  return {
    element: el('div', { class: 'field' }, el('label', { for: id }, label), select, note),
    set(options, value, hint) {
      const key = JSON.stringify(options);
      if (key !== known)
        select.replaceChildren(
          ...options.map(([value, text, able = true]) => el('option', { value, disabled: !able }, text)),
        );
      known = key;
      select.value = value;
      setText(note, hint);
      show(note, hint !== '');
    },
  };
};

export const section = (title: string, ...children: readonly Node[]): HTMLElement => {
  const id = newId();
  return el('section', { class: 'section', 'aria-labelledby': id }, el('h2', { id }, title), ...children);
};
