/** How the result is saved, and which service makes it. */
import type { SaveChoice } from '../../fill/record.ts';
import { serviceIds } from '../../fill/record.ts';
import { cancelText, priceRuleText } from '../../protocol/service-texts.ts';
import type { TextKey } from '../../protocol/texts.ts';
import { el, setText, show } from '../dom.ts';
import { icon } from '../icons.ts';
import type { Session } from '../session.ts';
import type { PanelState, ServiceView } from '../../protocol/messages.ts';
import { canvasOf, isPractice } from '../state.ts';
import { createChoice } from './fields.ts';
import { formatName } from '../words.ts';

const sourceHint: Readonly<Record<'png' | 'jpeg' | 'webp', TextKey>> = {
  png: 'save.pngSourceHint',
  jpeg: 'save.jpegHint',
  webp: 'save.webpHint',
};

/** Of a photo as PNG, as we write it; 1.8 to 2.6 measured (facts/raster.md 2). */
const bytesPerPixel = 2.2;

export const createOutput = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t } = words;
  const save = createChoice(t('save.label'), (value) => session.save({ as: value as SaveChoice }));
  const transparency = createChoice(t('transparency.label'), (value) => session.save({ opaque: value === 'opaque' }));
  const pngHint = (panel: PanelState): string => {
    const { format, bits, hasAlpha, bytes } = panel.source;
    const { width, height } = canvasOf(panel);
    const size = width * height * (hasAlpha ? 1.3 : 1) * (bits > 8 ? 2.4 : 1) * bytesPerPixel;
    if (format === 'png' && panel.expand === null) return t('save.pngHint');
    return t('save.pngSize', { size: words.fileSize(size), source: words.fileSize(bytes) });
  };
  store.watch(({ panel, maskKind }) => {
    const { format, hasAlpha } = panel.source;
    // A GIF does not hold what comes back: its fills are PNGs.
    const like = format === 'gif' ? undefined : format;
    save.set(
      [['png', t('save.png')], ...(like ? [['source', t('save.source', { format: formatName[like] })] as const] : [])],
      like ? panel.save.as : 'png',
      like && panel.save.as !== 'png' ? t(sourceHint[like]) : pngHint(panel),
    );
    show(transparency.element, hasAlpha && maskKind !== 'alpha');
    transparency.set(
      [
        ['keep', t('transparency.keep')],
        ['opaque', t('transparency.opaque')],
      ],
      panel.save.opaque ? 'opaque' : 'keep',
      panel.save.opaque ? '' : t('transparency.hint'),
    );
  });
  return el('section', { class: 'section' }, save.element, transparency.element);
};

export const createService = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t } = words;
  const choice = createChoice(t('service.label'), (value) => {
    const id = serviceIds.find((each) => each === value);
    if (id !== undefined) session.service(id);
  });
  const keyText = el('span', {});
  const keyButton = el('button', { type: 'button', class: 'link' }, t('key.button'));
  keyButton.addEventListener('click', () => session.setKey());
  const key = el('p', { class: 'key-row' }, icon('key'), keyText, keyButton);
  const problemText = el('span', {});
  const setting = el('button', { type: 'button', class: 'link' }, t('service.setting'));
  setting.addEventListener('click', () => void session.ask('openSetting', {}).catch(session.failed));
  const problem = el('p', { class: 'service-problem' }, icon('error'), el('span', {}, problemText, ' ', setting));
  const practice = el('p', { class: 'banner' }, icon('info'), el('span', {}, t('service.practiceBanner')));

  const nameOf = ({ abilities: { id, name }, place }: ServiceView): string => {
    if (id === 'practice') return t('service.practice', { name });
    return id === 'compatible' && place !== null ? t('service.compatible', { name, place }) : name;
  };

  store.watch(({ panel }) => {
    const { abilities, hasKey, problem: why } = panel.service;
    choice.set(
      panel.services.map((service) => [service.abilities.id, nameOf(service)]),
      panel.service.abilities.id,
      abilities.needsKey ? [priceRuleText(abilities, words), cancelText(abilities, words)].join(' ') : '',
    );
    show(problem, why !== null);
    setText(problemText, why ?? '');
    show(key, abilities.needsKey && why === null);
    key.classList.toggle('missing', !hasKey);
    setText(keyText, t(hasKey ? 'key.set' : 'key.missing', { service: abilities.name }));
    setText(keyButton, hasKey ? t('key.change') : t('key.button'));
    show(practice, isPractice(panel));
  });
  return el('section', { class: 'section' }, choice.element, problem, key, practice);
};
