/**
 * Outpainting: the canvas reaches beyond the image, and what lies there is filled. Everything after it (mask, plan,
 * composite, verification) works on the canvas as if it were the image.
 */
import * as v from 'valibot';
import { failed, ok, type Result } from './faults.ts';
import { area, type Rect, type Size } from './geometry.ts';

/** Sides of a canvas and pixels in it at most: what the engine holds in memory at 8 bits and four channels. */
const canvasLimits = { side: 30_000, pixels: 100_000_000 } as const;

const reach = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(canvasLimits.side));

/** Pixels of the source, along its border, that are made anew with the new area, so that the two grow together. */
export const overlap = { min: 0, max: 256, step: 1, initial: 16 } as const;

/** The overlap that nobody chose for this image: what is `usual`, and less where the image is small. */
export const initialOverlap = (image: Size, usual: number = overlap.initial): number =>
  Math.min(usual, Math.floor(Math.min(image.width, image.height) / 4));

/** Pixels added on each side, and the overlap into the source. */
export const expandSchema = v.object({
  left: reach,
  top: reach,
  right: reach,
  bottom: reach,
  overlap: v.pipe(v.number(), v.integer(), v.minValue(overlap.min), v.maxValue(overlap.max)),
});

export type Expand = v.InferOutput<typeof expandSchema>;
type Sides = Omit<Expand, 'overlap'>;

/** Quick choices, the same on every service. Names: seeds/replicate-compatible-flux-fill-pro.md, `outpaint`. */
export const outpaintPresets = [
  'zoom-out-1.5x',
  'zoom-out-2x',
  'make-square',
  'left',
  'right',
  'top',
  'bottom',
] as const;
export type OutpaintPreset = (typeof outpaintPresets)[number];

/** The new area on one side, as a share of the image's side across it. */
const share = 0.5;

const none: Sides = { left: 0, top: 0, right: 0, bottom: 0 };

/** Room in the middle of a canvas of this size, which is nowhere smaller than the image. */
const centred = (image: Size, canvas: Size): Sides => {
  const left = Math.floor((canvas.width - image.width) / 2);
  const top = Math.floor((canvas.height - image.height) / 2);
  return { left, top, right: canvas.width - image.width - left, bottom: canvas.height - image.height - top };
};

const zoomedOut = (image: Size, factor: number): Sides =>
  centred(image, { width: Math.round(image.width * factor), height: Math.round(image.height * factor) });

/** The sides that a preset adds to an image. */
export const presetSides = (preset: OutpaintPreset, image: Size): Sides => {
  const across = Math.round(image.width * share);
  const down = Math.round(image.height * share);
  switch (preset) {
    case 'zoom-out-1.5x':
      return zoomedOut(image, 1.5);
    case 'zoom-out-2x':
      return zoomedOut(image, 2);
    case 'make-square':
      return aspectSides({ width: 1, height: 1 }, image);
    case 'left':
      return { ...none, left: across };
    case 'right':
      return { ...none, right: across };
    case 'top':
      return { ...none, top: down };
    case 'bottom':
      return { ...none, bottom: down };
  }
};

/** The sides that bring an image to an aspect ratio without cutting anything off, the image in the middle. */
export const aspectSides = (aspect: Size, image: Size): Sides => {
  const ratio = aspect.width / aspect.height;
  return image.width / image.height < ratio
    ? centred(image, { width: Math.max(image.width, Math.round(image.height * ratio)), height: image.height })
    : centred(image, { width: image.width, height: Math.max(image.height, Math.round(image.width / ratio)) });
};

/** How far the canvas reaches beyond the image: in pixels, to an aspect ratio, or by a preset. */
export type ExpandBy =
  | { readonly kind: 'sides'; readonly sides: Sides }
  | { readonly kind: 'aspect'; readonly aspect: Size }
  | { readonly kind: 'preset'; readonly preset: OutpaintPreset };

const sidesBy = (by: ExpandBy, image: Size): Sides => {
  if (by.kind === 'sides') return by.sides;
  return by.kind === 'aspect' ? aspectSides(by.aspect, image) : presetSides(by.preset, image);
};

/** What the canvas adds to an image. Faults: expand.none, expand.tooLarge, expand.overlap. */
export const expandOf = (image: Size, name: string, by: ExpandBy, overlap?: number): Result<Expand> => {
  const expand = { ...sidesBy(by, image), overlap: overlap ?? initialOverlap(image) };
  const checked = checkExpand(image, expand);
  if (!checked.ok) return checked;
  return keptRect(image, expand) === null ? failed('expand.overlap', { name }) : ok(expand);
};

/** The preset that adds these sides to an image; undefined where none does. */
export const presetOf = (image: Size, added: Sides): OutpaintPreset | undefined =>
  outpaintPresets.find((preset) => {
    const { left, top, right, bottom } = presetSides(preset, image);
    return added.left === left && added.top === top && added.right === right && added.bottom === bottom;
  });

/** The preset that the service itself makes: where that was chosen, the service can, and the canvas is that of a preset. */
export const ownPresetOf = (
  image: Size,
  { expand, ownPreset }: { readonly expand: Sides | null; readonly ownPreset: boolean },
  { ownPresets }: { readonly ownPresets: boolean },
): OutpaintPreset | undefined => (expand !== null && ownPreset && ownPresets ? presetOf(image, expand) : undefined);

export const isExpanded = ({ left, top, right, bottom }: Sides): boolean => left + top + right + bottom > 0;

/** The size of the canvas; the image's own where it is not expanded. */
export const canvasSize = (image: Size, expand: Sides | undefined): Size =>
  expand === undefined
    ? { width: image.width, height: image.height }
    : {
        width: image.width + expand.left + expand.right,
        height: image.height + expand.top + expand.bottom,
      };

/** Fault `expand.none` where nothing is added, `expand.tooLarge` where the canvas would be too large to work on. */
export const checkExpand = (image: Size, expand: Sides): Result<void> => {
  if (!isExpanded(expand)) return failed('expand.none');
  const canvas = canvasSize(image, expand);
  const fits = Math.max(canvas.width, canvas.height) <= canvasLimits.side && area(canvas) <= canvasLimits.pixels;
  return fits
    ? ok(undefined)
    : failed('expand.tooLarge', {
        width: canvas.width,
        height: canvas.height,
        megapixels: canvasLimits.pixels / 1_000_000,
        side: canvasLimits.side,
      });
};

/**
 * The part of the canvas that stays as it is: the source without the overlap, which runs along the sides that are
 * expanded. Null where the overlap leaves nothing of the source.
 */
export const keptRect = (image: Size, { left, top, right, bottom, overlap: inset }: Expand): Rect | null => {
  const cut = (added: number): number => (added > 0 ? inset : 0);
  const width = image.width - cut(left) - cut(right);
  const height = image.height - cut(top) - cut(bottom);
  return width > 0 && height > 0 ? { x: left + cut(left), y: top + cut(top), width, height } : null;
};
