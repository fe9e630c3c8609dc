/** Mask: where it comes from, and the settings on top of it. */
import { el, newId, setAttributes, setText, show } from '../dom.ts';
import { icon } from '../icons.ts';
import { shareText } from '../plan.ts';
import type { MaskFile } from '../../protocol/messages.ts';
import type { Session } from '../session.ts';
import { createChoice, createDial, createTick, section } from './fields.ts';

/** What the sliders offer, in pixels; the record allows more. */
const growRange = { min: -100, max: 100, step: 1 } as const;
const featherRange = { min: 0, max: 100, step: 1 } as const;

export const createMaskSection = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t } = words;
  const reasonId = newId();

  const sources = (['painted', 'file', 'alpha'] as const).map((kind) => {
    const text = { painted: t('mask.paint'), file: t('mask.file'), alpha: t('mask.alpha') }[kind];
    const element = el('button', { type: 'button', class: 'segment' }, text);
    element.addEventListener('click', () => {
      if (element.getAttribute('aria-disabled') === 'true') return session.say(t('mask.noAlpha'));
      const chosen = element.getAttribute('aria-pressed') === 'true';
      if (kind === 'painted') {
        if (!chosen) session.editor().paintOn();
      } else if (!chosen || kind === 'file') session.maskSource({ kind });
    });
    return { kind, element };
  });
  const segments = el(
    'div',
    { class: 'segments', role: 'group', 'aria-label': t('mask.source') },
    ...sources.map(({ element }) => element),
  );
  const noAlpha = el('p', { class: 'hint', id: reasonId }, t('mask.noAlpha'));
  const fileName = el('p', { class: 'file-name' });
  const channel = createChoice(t('mask.channel'), (value) => {
    const chosen = store.get().maskFile?.channels.find((each) => each === value);
    if (chosen !== undefined) session.maskSource({ kind: 'channel', channel: chosen });
  });
  channel.element.classList.add('mask-channel');
  const link = (text: string, hint: string, run: () => void): HTMLButtonElement => {
    const element = el('button', { type: 'button', class: 'link', title: hint }, text);
    element.addEventListener('click', run);
    return element;
  };
  const beside = link('', '', () => session.maskSource({ kind: 'beside' }));
  const found = el('span', {});
  const offer = el('div', { class: 'mask-offer' }, icon('info'), el('p', {}, found, ' ', beside));
  const last = link(t('mask.last'), t('mask.lastHint'), () => session.maskSource({ kind: 'last' }));
  const links = el(
    'div',
    { class: 'mask-links', role: 'group', 'aria-label': t('mask.more') },
    link(t('mask.image'), t('mask.imageHint'), () => session.maskSource({ kind: 'image' })),
    last,
    link(t('mask.save'), '', () => session.saveMask()),
  );
  const dropHint = el('p', { class: 'hint' }, t('mask.dropHint'));
  const share = el('span', { class: 'section-note' });
  const full = el('p', { class: 'full-note', hidden: true }, icon('warning'), t('mask.full'));

  const settings = session.editor().settings;
  const grow = createDial(session, t('mask.grow'), growRange, '', (value) => settings({ grow: value }, 'grow'));
  const feather = createDial(session, t('mask.feather'), featherRange, '', (value) =>
    settings({ feather: value }, 'feather'),
  );
  grow.element.title = t('mask.growHint');
  feather.element.title = t('mask.featherHint');
  const invert = createTick(t('mask.invert'), (ticked) => settings({ invert: ticked }, 'invert'));
  const holes = createTick(t('mask.fillHoles'), (ticked) => settings({ fillHoles: ticked }, 'holes'));

  const element = section(
    t('mask.title'),
    segments,
    noAlpha,
    el('div', { class: 'mask-file' }, fileName, channel.element),
    offer,
    links,
    dropHint,
    el('div', { class: 'pair' }, grow.element, feather.element),
    el('div', { class: 'ticks' }, invert.element, holes.element),
    full,
  );
  element.querySelector('h2')!.after(share);

  const showChannels = (file: MaskFile | null): void => {
    const { at = null, channels = [] } = file ?? {};
    show(channel.element, at !== null && channels.length > 1);
    if (file !== null)
      channel.set(
        channels.map((each) => [each, t(`mask.channel.${each}`)]),
        file.channel,
        '',
      );
  };

  store.watch((state) => {
    const { panel, maskKind, maskFile, maskSettings, measure } = state;
    const shown = maskKind === 'rectangle' || maskKind === 'border' ? 'painted' : maskKind;
    for (const { kind, element: button } of sources) {
      const off = kind === 'alpha' && !panel.source.hasAlpha;
      setAttributes(button, {
        'aria-pressed': String(kind === shown),
        'aria-disabled': off ? 'true' : undefined,
        'aria-describedby': off ? reasonId : undefined,
      });
    }
    show(noAlpha, !panel.source.hasAlpha);
    const file = maskKind === 'file' ? maskFile : null;
    show(fileName, file !== null);
    setText(fileName, file === null ? '' : t('mask.fileName', { name: file.name }));
    showChannels(file);
    const { beside: name } = panel;
    show(offer, name !== null && file?.name !== name);
    setText(found, name === null ? '' : t('mask.besideFound', { name }));
    setText(beside, name === null ? '' : t('mask.beside', { name }));
    show(last, panel.lastMask);
    setText(share, shareText(state, words));
    grow.set(maskSettings.grow);
    feather.set(maskSettings.feather);
    invert.input.checked = maskSettings.invert;
    invert.input.disabled = panel.expand !== null;
    invert.element.title = panel.expand === null ? '' : t('expand.noInvert');
    holes.input.checked = maskSettings.fillHoles;
    show(full, measure.full);
  });
  return element;
};
