/** What is rarely changed: prompt upsampling, moderation, the format asked for, and which part is sent. */
import { fitTo } from '../../fill/fit.ts';
import * as ranges from '../../fill/parameters.ts';
import type { ResultFormat } from '../../fill/parameters.ts';
import { el } from '../dom.ts';
import type { Session } from '../session.ts';
import { clampedText } from '../plan.ts';
import { plansFor } from '../state.ts';
import { createChoice, createDial, createTick } from './fields.ts';
import { createWindowFields } from './window-fields.ts';
import { formatName } from '../words.ts';

export const createAdvanced = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t } = words;
  const upsampling = createTick(t('advanced.upsampling'), (ticked) => session.parameters({ promptUpsampling: ticked }));
  const tone = createTick(t('tone.label'), (ticked) => session.save({ tone: ticked }));
  tone.element.title = t('tone.hint');
  const upsamplingNote = el('p', { class: 'hint' });
  const safety = createDial(session, t('advanced.safety'), ranges.safetyTolerance, '', (value) =>
    session.parameters({ safetyTolerance: value }),
  );
  const format = createChoice(t('advanced.format'), (value) =>
    session.parameters({ resultFormat: value as ResultFormat }),
  );
  const sent = createChoice(t('window.label'), (value) => {
    if (value === 'auto' || value === 'whole') return session.window({ kind: value });
    const [plan] = plansFor(store.get());
    session.window({ kind: 'rect', rect: plan.window });
  });

  store.watch((state) => {
    const { panel, parameters } = state;
    const { abilities } = panel.service;
    const missing = t('ability.missing', { service: abilities.name });
    tone.input.checked = panel.save.tone;
    upsampling.input.disabled = !abilities.promptUpsampling;
    const fitted = fitTo(abilities, parameters);
    upsampling.input.checked = fitted.promptUpsampling;
    upsamplingNote.textContent = abilities.promptUpsampling ? '' : missing;
    upsamplingNote.hidden = abilities.promptUpsampling;
    if (abilities.safetyTolerance !== null) safety.range(abilities.safetyTolerance);
    safety.disable(abilities.safetyTolerance === null ? missing : null);
    const { min } = abilities.safetyTolerance ?? ranges.safetyTolerance;
    safety.hint(clampedText(abilities, 'safetyTolerance', parameters, words) ?? t('advanced.safetyHint', { min }));
    safety.set(fitted.safetyTolerance);
    const { resultFormat: asked } = fitted;
    const wanted = parameters.resultFormat;
    format.set(
      ranges.resultFormats.map((each) => {
        const able = abilities.resultFormats.includes(each);
        const name = formatName[each];
        return [each, able ? name : t('advanced.noFormat', { format: name, service: abilities.name }), able];
      }),
      asked,
      asked === wanted
        ? t('advanced.formatHint')
        : t('advanced.otherFormat', {
            service: abilities.name,
            wanted: formatName[wanted],
            format: formatName[asked],
          }),
    );
    const own = panel.window.kind === 'rect';
    sent.set(
      [
        ['auto', t('window.auto')],
        ['whole', t('window.whole')],
        ['rect', t('window.rect'), own || plansFor(state).length === 1],
      ],
      panel.window.kind,
      own ? t('window.rectHint') : '',
    );
  });

  return el(
    'details',
    { class: 'section advanced' },
    el('summary', {}, t('advanced.title')),
    sent.element,
    createWindowFields(session),
    el('div', { class: 'field' }, upsampling.element, upsamplingNote),
    el('div', { class: 'field' }, tone.element),
    safety.element,
    format.element,
  );
};
