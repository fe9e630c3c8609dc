/**
 * Which part of the image is sent, and how large. Design: "The way of a fill", 3; figures in facts/products.md 3.2.
 *
 * The window is scaled to `scaled` (pixel for pixel wherever the limits allow) and then extended at its right and bottom
 * by mirrored pixels to `sent`, whose sides are multiples of 32. The mirrored pixels are cut off what comes back.
 */
import type { Rect, Size } from './geometry.ts';
import { area, wholeOf } from './geometry.ts';

export const limits = {
  /** Pixels sent at most: a megapixel more doubles the price at services that bill by megapixel. */
  pixels: 1_000_000,
  /** Sides of what is sent are multiples of this: the model's grid. */
  multiple: 32,
  /** The model caps the long side of its answer here (facts/providers.md 1.6). */
  longSide: 1440,
  /** A window is at least this wide and high where the image allows. */
  shortSide: 512,
  /** An image whose sides are all below this is enlarged by a whole factor. */
  tiny: 256,
} as const;

/** Context around the bounds of the mask: a share of their longer side, and never less than a fixed padding in pixels. */
const context = { share: 0.2, padding: 64 } as const;

export type WindowChoice =
  { readonly kind: 'auto' } | { readonly kind: 'whole' } | { readonly kind: 'rect'; readonly rect: Rect };

export interface Plan {
  /** The part of the image that is used; always inside the image. */
  readonly window: Rect;
  /** The window's size after scaling. */
  readonly scaled: Size;
  /** The size that is sent: `scaled` and the mirrored pixels right and below. */
  readonly sent: Size;
  /** 1 = pixel for pixel; below 1 the fill is made at a lower resolution; a whole number above 1 for tiny images. */
  readonly scale: number;
}

const up = (value: number): number => Math.ceil(value / limits.multiple) * limits.multiple;

const upSize = (size: Size): Size => ({ width: up(size.width), height: up(size.height) });

const longSide = (size: Size): number => Math.max(size.width, size.height);

/** True where a window of this size can be sent pixel for pixel. */
const fits = (size: Size): boolean => {
  const sent = upSize(size);
  return area(sent) <= limits.pixels && longSide(sent) <= limits.longSide;
};

const scaleBy = (size: Size, scale: number): Size => ({
  width: Math.max(1, Math.round(size.width * scale)),
  height: Math.max(1, Math.round(size.height * scale)),
});

/** The largest whole factor, at most what brings the short side to 256, at which an enlarged window still fits. */
const enlargement = (window: Size): number => {
  let factor = Math.ceil(limits.tiny / Math.min(window.width, window.height));
  while (factor > 1 && !fits(scaleBy(window, factor))) factor--;
  return factor;
};

/** The largest scale at which the window fits, found from above in steps of half a percent. */
const reduction = (window: Size): number => {
  let scale = Math.min(1, Math.sqrt(limits.pixels / area(window)), limits.longSide / longSide(window));
  while (!fits(scaleBy(window, scale))) scale *= 0.995;
  return scale;
};

/** What is sent for a given window of an image. */
const planFor = (window: Rect, image: Size): Plan => {
  const scale = fits(window) ? (longSide(image) < limits.tiny ? enlargement(window) : 1) : reduction(window);
  const scaled = scaleBy(window, scale);
  return { window, scaled, sent: upSize(scaled), scale };
};

const clampSize = (size: Size, image: Size): Size => ({
  width: Math.min(size.width, image.width),
  height: Math.min(size.height, image.height),
});

const padBounds = (bounds: Size, padding: number, image: Size): Size =>
  clampSize(upSize({ width: bounds.width + 2 * padding, height: bounds.height + 2 * padding }), image);

/** Widens the shorter side first, 32 px at a time, as long as the window can be sent pixel for pixel. */
const grow = (from: Size, image: Size): Size => {
  let size = from;
  for (;;) {
    const wider = clampSize({ width: size.width + limits.multiple, height: size.height }, image);
    const higher = clampSize({ width: size.width, height: size.height + limits.multiple }, image);
    const candidates = [wider, higher].filter((next) => area(next) > area(size) && fits(next));
    if (candidates.length === 0) return size;
    size = candidates.length === 2 && size.height < size.width ? higher : candidates[0];
  }
};

/** The size of a window around bounds: all the context that can be sent pixel for pixel, else as much as was wanted. */
const windowSize = (bounds: Size, image: Size): Size => {
  const wanted = Math.max(context.padding, Math.round(context.share * longSide(bounds)));
  for (let padding = wanted; ; padding = Math.floor(padding / 2)) {
    const size = padBounds(bounds, padding, image);
    if (fits(size)) {
      const square = clampSize(
        { width: Math.max(size.width, limits.shortSide), height: Math.max(size.height, limits.shortSide) },
        image,
      );
      return grow(fits(square) ? square : size, image);
    }
    if (padding === 0) return padBounds(bounds, wanted, image);
  }
};

/** Where a span of `length` starts that holds [start, start + size): centred, then pushed inside [0, limit). */
const place = (start: number, size: number, length: number, limit: number): number =>
  Math.max(0, Math.min(limit - length, start - Math.floor((length - size) / 2)));

/**
 * The window around `bounds` (of the effective mask, inside `image`) and what is sent for it.
 * A window we choose contains `bounds` and lies inside the image; sides sent are multiples of 32, at most 1440 long,
 * at most 1,000,000 pixels in all.
 */
export const planWindow = (image: Size, bounds: Rect, choice: WindowChoice = { kind: 'auto' }): Plan => {
  if (choice.kind === 'whole') return planFor(wholeOf(image), image);
  if (choice.kind === 'rect') return planFor(choice.rect, image);
  const size = windowSize(bounds, image);
  const x = place(bounds.x, bounds.width, size.width, image.width);
  const y = place(bounds.y, bounds.height, size.height, image.height);
  return planFor({ x, y, ...size }, image);
};

/** A side of a window that is drawn out to `wanted` pixels of `room`: in steps of the model's grid, or to the end of the room. */
const drawnSide = (wanted: number, least: number, room: number): number => {
  const stepped = Math.round(wanted / limits.multiple) * limits.multiple;
  return Math.max(least, wanted > room - limits.multiple / 2 ? room : Math.min(room, stepped));
};

/**
 * The size of a window that a person draws out to `wanted`, at most `room`: sides in steps of 32 px or to the end of the
 * room, at least 512 where there is room, and, where `unscaled` is asked for, no larger than can be sent pixel for pixel. A
 * side that is not `drawn` stays as it is wanted.
 */
export const drawnSize = (
  wanted: Size,
  room: Size,
  unscaled: boolean,
  drawn: 'width' | 'height' | 'both' = 'both',
): Size => {
  const leastOf = (side: 'width' | 'height'): number =>
    drawn === 'both' || drawn === side ? Math.min(limits.shortSide, room[side]) : wanted[side];
  const least = { width: leastOf('width'), height: leastOf('height') };
  for (let factor = 1; ; factor *= 0.99) {
    const sideOf = (side: 'width' | 'height'): number =>
      drawn === 'both' || drawn === side ? drawnSide(wanted[side] * factor, least[side], room[side]) : wanted[side];
    const size = { width: sideOf('width'), height: sideOf('height') };
    if (!unscaled || fits(size) || area(size) === area(least)) return size;
  }
};

/** The whole image without the mirrored pixels: for a service that makes a canvas around it. */
export const planWhole = (image: Size): Plan => {
  const plan = planFor(wholeOf(image), image);
  return { ...plan, sent: plan.scaled };
};
