/** Prompt, steps, guidance and seed. Ranges come from the service that is chosen. */
import { fitTo } from '../../fill/fit.ts';
import * as parameters from '../../fill/parameters.ts';
import { el, newId, setAttributes, setText, show } from '../dom.ts';
import { icon, setIcon } from '../icons.ts';
import type { Session } from '../session.ts';
import { clampedText } from '../plan.ts';
import { isPractice } from '../state.ts';
import { createDial, section } from './fields.ts';

export const createPrompt = (
  session: Session,
): { readonly element: HTMLElement; readonly input: HTMLTextAreaElement } => {
  const { store, words } = session;
  const { t } = words;
  const id = newId();
  const hintId = newId();
  const input = el('textarea', {
    id,
    rows: 3,
    placeholder: t('prompt.placeholder'),
    'aria-describedby': hintId,
    spellcheck: 'true',
  });
  const hint = el('p', { class: 'hint', id: hintId }, t('prompt.unused'));
  const complaint = (): string | null => {
    const { number } = words;
    const { length } = input.value;
    const limit = parameters.promptLimit;
    return length > limit ? t('prompt.long', { count: number(length), limit: number(limit) }) : null;
  };
  // A prompt that is too long stays as it is: nothing of it is cut, and none of it is sent.
  input.addEventListener('input', () => {
    const wrong = complaint();
    session.invalid('prompt', wrong);
    setAttributes(input, { 'aria-invalid': wrong === null ? undefined : 'true' });
    if (wrong === null) session.parameters({ prompt: input.value });
  });
  store.watch((state) => {
    if (complaint() === null && input.value !== state.parameters.prompt) input.value = state.parameters.prompt;
    show(hint, isPractice(state.panel));
  });
  const recent = el('button', { type: 'button', class: 'link' }, t('prompt.recent'));
  recent.addEventListener('click', () => session.recentPrompts());
  const head = el('div', { class: 'field-head' }, el('label', { for: id }, t('prompt.label')), recent);
  return { element: el('div', { class: 'field prompt' }, head, input, hint), input };
};

const createSeed = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t } = words;
  const { seed: range } = parameters;
  const id = newId();
  const hintId = newId();
  const number = el('input', {
    type: 'number',
    id,
    min: range.min,
    max: range.max,
    step: 1,
    placeholder: t('seed.random'),
    'aria-describedby': hintId,
  });
  const lockIcon = icon('unlock');
  const lock = el(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': t('seed.lock'), title: t('seed.lock') },
    lockIcon,
  );
  const hint = el('span', { id: hintId });
  const reuse = el('button', { type: 'button', class: 'link' }, t('seed.reuse'));
  const hintRow = el('p', { class: 'hint seed-hint' }, hint, reuse);

  const lastUsed = (): number | null => store.get().panel.jobs.find((job) => job.seed !== null)?.seed ?? null;
  const fits = (value: number): boolean => Number.isInteger(value) && value >= range.min && value <= range.max;
  const say = (message: string | null): void => {
    setAttributes(number, { 'aria-invalid': message === null ? undefined : 'true' });
    session.invalid('seed', message);
    hintRow.classList.toggle('error', message !== null);
    const used = lastUsed();
    const { abilities } = store.get().panel.service;
    const missing = abilities.seed ? null : t('ability.missing', { service: abilities.name });
    const text = message ?? missing ?? (used === null ? '' : t('seed.used', { seed: used }));
    setText(hint, text);
    show(hintRow, text !== '');
    show(reuse, message === null && missing === null && used !== null && store.get().parameters.seed !== used);
  };

  const isEmpty = (): boolean => number.value === '' && !number.validity.badInput;
  const isWrong = (): boolean => !isEmpty() && !fits(number.valueAsNumber);
  const restore = (): void => {
    number.value = String(store.get().parameters.seed ?? '');
    say(null);
  };
  number.addEventListener('input', () => {
    if (isWrong()) return say(t('seed.invalid', { min: range.min, max: range.max }));
    say(null);
    session.parameters({ seed: isEmpty() ? null : number.valueAsNumber });
  });
  // What does not fit stays, marked, until it is corrected; Escape brings back the value that counts.
  number.addEventListener('blur', () => {
    if (!isWrong()) restore();
  });
  number.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') restore();
  });
  lock.addEventListener('click', () => {
    const { seed } = store.get().parameters;
    const drawn = (): number => crypto.getRandomValues(new Uint32Array(1))[0];
    say(null);
    session.parameters({ seed: seed === null ? (lastUsed() ?? drawn()) : null });
  });
  reuse.addEventListener('click', () => session.parameters({ seed: lastUsed() }));

  store.watch(({ parameters: { seed }, panel }) => {
    const able = panel.service.abilities.seed;
    number.disabled = !able;
    lock.disabled = !able;
    if (document.activeElement !== number && number.getAttribute('aria-invalid') === null) {
      number.value = String(seed ?? '');
      say(null);
    }
    setAttributes(lock, { 'aria-pressed': String(seed !== null) });
    setIcon(lockIcon, seed === null ? 'unlock' : 'lock');
  });
  return el(
    'div',
    { class: 'field' },
    el('label', { for: id }, t('seed.label')),
    el('div', { class: 'seed-row' }, number, lock),
    hintRow,
  );
};

export const createQuality = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t } = words;
  const steps = createDial(session, t('steps.label'), parameters.steps, '', (value) =>
    session.parameters({ steps: value }),
  );
  const guidance = createDial(session, t('guidance.label'), parameters.guidance, t('guidance.hint'), (value) =>
    session.parameters({ guidance: value }),
  );
  store.watch(({ panel, parameters: now }) => {
    const { abilities } = panel.service;
    const missing = t('ability.missing', { service: abilities.name });
    const fitted = fitTo(abilities, now);
    for (const [dial, name, hint] of [
      [steps, 'steps', ''],
      [guidance, 'guidance', t('guidance.hint')],
    ] as const) {
      const range = abilities[name];
      if (range !== null) dial.range(range);
      dial.disable(range === null ? missing : null);
      dial.hint(clampedText(abilities, name, now, words) ?? hint);
      dial.set(fitted[name]);
    }
  });
  return section(t('quality.title'), steps.element, guidance.element, createSeed(session));
};
