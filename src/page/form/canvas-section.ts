/** Canvas: how far it reaches beyond the image (outpainting). */
import {
  aspectSides,
  checkExpand,
  overlap,
  outpaintPresets,
  presetOf,
  presetSides,
  type Expand,
} from '../../fill/outpaint.ts';
import type { Size } from '../../fill/geometry.ts';
import { el, newId, setAttributes, setText, show } from '../dom.ts';
import { icon } from '../icons.ts';
import type { Session } from '../session.ts';
import { canvasOf, expandNow } from '../state.ts';
import { createChoice, createTick, section } from './fields.ts';

const aspects: readonly Size[] = [
  { width: 21, height: 9 },
  { width: 2, height: 1 },
  { width: 16, height: 9 },
  { width: 3, height: 2 },
  { width: 4, height: 3 },
  { width: 5, height: 4 },
  { width: 4, height: 5 },
  { width: 3, height: 4 },
  { width: 2, height: 3 },
  { width: 9, height: 16 },
];

const aspectName = ({ width, height }: Size): string => `${width}:${height}`;

const sides = ['left', 'top', 'right', 'bottom'] as const;
type Sides = Pick<Expand, (typeof sides)[number]>;

const same = (a: Sides, b: Sides): boolean => sides.every((side) => a[side] === b[side]);
const adds = (added: Sides): boolean => sides.some((side) => added[side] > 0);

export const createCanvasSection = (session: Session): HTMLElement => {
  const { store, words } = session;
  const { t, number } = words;
  const image = store.get().panel.source;
  const choices = new Map<string, Sides>([
    ...outpaintPresets.map((preset) => [preset, presetSides(preset, image)] as const),
    ...aspects.map((aspect) => [aspectName(aspect), aspectSides(aspect, image)] as const),
  ]);
  const nameOf = (choice: string): string =>
    choice.includes(':')
      ? t('expand.aspect', { aspect: choice })
      : t(`expand.${choice as (typeof outpaintPresets)[number]}`);

  const now = (): Expand => expandNow(store.get().panel);
  /** The person wants to say pixels although a preset has the same ones, or none are added yet. */
  let custom = false;

  const choice = createChoice(t('expand.label'), (value) => {
    custom = value === 'custom';
    if (custom) return update();
    const chosen = choices.get(value);
    session.expand(chosen === undefined ? null : { ...chosen, overlap: now().overlap });
  });

  const select = choice.element.querySelector('select')!;
  select.dataset['keepsFocus'] = 'canvas';

  const swap = el(
    'button',
    {
      type: 'button',
      class: 'icon-button',
      title: t('expand.swapHint'),
      'aria-label': t('expand.swap'),
      'data-keeps-focus': 'swap',
    },
    icon('orientation'),
  );
  const swapped = (): Sides => {
    const { width, height } = canvasOf(store.get().panel);
    return aspectSides({ width: height, height: width }, image);
  };
  swap.addEventListener('click', () => {
    custom = false;
    const added = swapped();
    session.expand(adds(added) ? { ...added, overlap: now().overlap } : null);
  });
  const row = el('div', { class: 'choice-row' });
  select.replaceWith(row);
  row.append(select, swap);

  const fields = [...sides, 'overlap' as const].map((name) => {
    const id = newId();
    const label = name === 'overlap' ? t('expand.overlap') : t(`expand.sides.${name}`);
    const input = el('input', { type: 'number', id, min: 0, step: 1, 'data-keeps-focus': name });
    if (name === 'overlap') setAttributes(input, { max: overlap.max, title: t('expand.overlapHint') });
    input.addEventListener('change', () => {
      const value = input.valueAsNumber;
      if (!Number.isInteger(value) || value < 0) return update();
      const next = { ...now(), [name]: value };
      session.expand(adds(next) ? next : null);
    });
    return { name, input, element: el('div', { class: 'field side-field' }, el('label', { for: id }, label), input) };
  });
  const grid = el('div', { class: 'side-fields' }, ...fields.map(({ element }) => element));
  const canvas = el('p', { class: 'hint' });
  const own = createTick(t('expand.own'), (chosen) => session.ownPreset(chosen));
  const ownHint = el('p', { class: 'hint' });

  const fits = (added: Sides): boolean => checkExpand(image, added).ok;

  const update = (): void => {
    const { panel } = store.get();
    const expand = now();
    const matching = [...choices].find(([, added]) => adds(added) && same(added, expand))?.[0];
    const value = custom ? 'custom' : panel.expand === null ? 'none' : (matching ?? 'custom');
    choice.set(
      [
        ['none', t('expand.none')],
        ...[...choices]
          .filter(([, added]) => adds(added))
          .map(([each, added]) => [each, nameOf(each), fits(added)] as const),
        ['custom', t('expand.custom')],
      ],
      value,
      '',
    );
    const turned = swapped();
    swap.disabled = image.width === image.height ? !adds(turned) && panel.expand === null : !fits(turned);
    show(grid, value !== 'none');
    for (const { name, input } of fields) if (document.activeElement !== input) input.value = String(expand[name]);
    const { width, height } = canvasOf(panel);
    show(canvas, panel.expand !== null);
    setText(canvas, t('expand.canvas', { width: number(width), height: number(height) }));
    const { name, ownPresets } = panel.service.abilities;
    const isPreset = panel.expand !== null && !custom && presetOf(image, panel.expand) !== undefined;
    show(own.element, isPreset);
    own.input.checked = panel.ownPreset && ownPresets;
    own.input.disabled = !ownPresets;
    show(ownHint, isPreset && (panel.ownPreset || !ownPresets));
    setText(ownHint, t(ownPresets ? 'expand.ownHint' : 'expand.noOwn', { service: name }));
  };
  store.watch(update);
  return section(t('expand.title'), choice.element, grid, canvas, own.element, ownHint);
};
