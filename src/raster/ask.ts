/**
 * From files to a Fill record and its base mask: everything that can be refused before anything is sent. Command line, batch
 * and recipes ask here; the panel has its own mask.
 */
import { createHash } from 'node:crypto';
import { failed, fault, ok, type Fault, type Result } from '../fill/faults.ts';
import { contains, intersection, wholeOf, type Rect, type Size } from '../fill/geometry.ts';
import { newFill } from '../fill/make.ts';
import { canvasSize, keptRect, type Expand, type OutpaintPreset } from '../fill/outpaint.ts';
import type { Parameters } from '../fill/parameters.ts';
import { planWhole, type WindowChoice } from '../fill/plan.ts';
import { initialMaskSettings, type Fill, type MaskSettings } from '../fill/record.ts';
import type { Abilities } from '../fill/service.ts';
import { planFill } from '../fill/steps.ts';
import { combine } from '../mask/combine.ts';
import { emptyMask, fullMask, type Mask } from '../mask/mask.ts';
import { maskOfBorder, type MaskChannel } from '../mask/sources.ts';
import { fillRectangle } from '../mask/strokes.ts';
import type { Engine, ImageInput } from './engine.ts';
import type { Header } from './header.ts';

/** An image file whose header was read. */
export interface Opened {
  readonly uri: string;
  readonly name: string;
  readonly input: ImageInput;
  readonly header: Header;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** `border`: what the canvas adds, or with a preset of the service everything. */
export type MaskFrom =
  | { readonly kind: 'file'; readonly input: ImageInput; readonly channel?: MaskChannel | undefined }
  | { readonly kind: 'rectangle'; readonly rect: Rect }
  | { readonly kind: 'alpha' | 'border' };

export interface Ask {
  readonly mask: MaskFrom;
  /** What was said of the settings on top of the mask; the rest stays at the default of its kind. */
  readonly settings: Partial<MaskSettings>;
  readonly parameters: Parameters;
  readonly expand?: Expand | undefined;
  readonly window: WindowChoice;
  readonly preset?: OutpaintPreset | undefined;
  readonly send?: 'alpha' | undefined;
  /** Results with consecutive seeds; absent: one. */
  readonly images?: number;
  readonly save: Fill['save'];
}

export interface Asked {
  readonly fill: Fill;
  readonly base: Mask;
  /** Of the effective mask, in pixels of the image or of its canvas, and the share of it that is covered, 0 to 1. */
  readonly bounds: Rect;
  readonly coverage: number;
  /** What is to be known before anything is sent. */
  readonly warnings: readonly Fault[];
}

/** Lower-case hex of SHA-256 over size and strengths of a base mask: two files of one mask have the same. */
export const hashMask = ({ width, height, data }: Mask): string =>
  createHash('sha256').update(`${width}x${height}:`).update(data).digest('hex');

/** The part of a mask of the image that an expanded canvas has, together with its border. */
const onCanvas = (image: Mask, expand: Expand, canvas: Size): Mask => {
  const mask = maskOfBorder(canvas.width, canvas.height, keptRect(image, expand)!);
  const box = { x: expand.left, y: expand.top, width: image.width, height: image.height };
  combine(mask, { box, data: image.data }, 'add', box);
  return mask;
};

/** A mask file has the size of the image, or that of its canvas. */
const fromFile = async (
  engine: Engine,
  { input, channel }: Extract<MaskFrom, { kind: 'file' }>,
  { name, header }: Opened,
  canvas: Size,
): Promise<Result<Mask>> => {
  const image = { name, width: header.width, height: header.height };
  const read = await engine.maskFromFile(input, image, false, channel);
  const isCanvas =
    !read.ok &&
    read.fault.code === 'mask.size' &&
    read.fault.args['maskWidth'] === canvas.width &&
    read.fault.args['maskHeight'] === canvas.height;
  return isCanvas ? engine.maskFromFile(input, { name, ...canvas }, false, channel) : read;
};

const ofImage = async (engine: Engine, mask: MaskFrom, source: Opened, canvas: Size): Promise<Result<Mask>> => {
  const { header } = source;
  switch (mask.kind) {
    case 'border':
      return ok(emptyMask(header.width, header.height));
    case 'alpha':
      return engine.maskFromAlpha(source.input);
    case 'file':
      return fromFile(engine, mask, source, canvas);
    case 'rectangle': {
      if (!contains(wholeOf(header), mask.rect))
        return failed('mask.outside', { width: header.width, height: header.height });
      const marked = emptyMask(header.width, header.height);
      fillRectangle(marked, mask.rect, 'paint');
      return ok(marked);
    }
  }
};

const baseOf = async (engine: Engine, { mask, expand, preset }: Ask, source: Opened): Promise<Result<Mask>> => {
  const { header } = source;
  if (preset !== undefined) return ok(fullMask(header.width, header.height));
  const canvas = canvasSize(header, expand);
  const read = await ofImage(engine, mask, source, canvas);
  if (!read.ok || expand === undefined) return read;
  const { width, height, data } = read.value;
  const isWhole = width === canvas.width && height === canvas.height;
  return ok(isWhole ? { width, height, data } : onCanvas(read.value, expand, canvas));
};

/** The format that is saved loses something: every JPEG does, and a lossy WebP that stays one. */
const isLossy = (as: Fill['save']['as'], header: Header): boolean =>
  as === 'jpeg' || (as === 'source' && !header.lossless);

/** Everything of one fill, from the image as it is now. Nothing is sent and nothing written. */
export const askFill = async (
  engine: Engine,
  source: Opened,
  asked: Ask,
  service: { readonly abilities: Abilities; readonly baseUrl: string },
): Promise<Result<Asked>> => {
  const { header, input } = source;
  const { mask, expand, preset, window } = asked;
  const canvas = canvasSize(header, expand);
  if (window.kind === 'rect' && !contains(wholeOf(canvas), window.rect)) return failed('window.outside', { ...canvas });
  const base = await baseOf(engine, asked, source);
  if (!base.ok) return base;
  const settings = { ...initialMaskSettings[mask.kind], ...asked.settings };
  const measured = await engine.measure(base.value, settings);
  if (!measured.ok) return measured;
  const { bounds, coverage, islands } = measured.value;
  if (bounds === null) return failed('mask.empty');
  if (window.kind === 'rect' && intersection(bounds, window.rect) === null) return failed('window.besideMask');
  const plans =
    preset === undefined
      ? planFill(header, expand, { bounds, settings, border: mask.kind === 'border' }, window)
      : [planWhole(header)];
  const fill = newFill(
    {
      source: {
        uri: source.uri,
        name: source.name,
        width: header.width,
        height: header.height,
        bytes: source.bytes,
        sha256: source.sha256,
      },
      mask: {
        kind: mask.kind,
        ...(mask.kind === 'file' ? { name: mask.input.name } : {}),
        sha256: hashMask(base.value),
        settings,
      },
      baseUrl: service.baseUrl,
      parameters: asked.parameters,
      expand,
      preset,
      plans,
      send: asked.send,
      images: asked.images ?? 1,
      save: asked.save,
    },
    service.abilities,
    Date.now(),
    Math.random,
  );
  const asksForAlpha = header.hasAlpha && !['alpha', 'border'].includes(mask.kind) && !asked.save.opaque;
  const covered = asksForAlpha ? await engine.coversTransparency(input, base.value, settings) : ok(false);
  const warnings = [
    ...(plans.length > 1 || contains(plans[0].window, bounds) ? [] : [fault('mask.clipped')]),
    ...(coverage === 1 && preset === undefined ? [fault('mask.full')] : []),
    ...(islands > 1 && plans[0].scale < 1 ? [fault('mask.islands', { islands })] : []),
    ...(isLossy(asked.save.as, header) ? [fault('save.lossy')] : []),
    ...(covered.ok && covered.value ? [fault('mask.transparent')] : []),
  ];
  return ok({ fill, base: base.value, bounds, coverage, warnings });
};
