/**
 * The mask as it lies over the image: a colour as strong as the mask, diagonal stripes for who cannot tell the colour
 * from the image, and a light and dark line along the edge of what may change. Pure: device pixels in, RGBA out.
 */
import type { Rect } from '../../fill/geometry.ts';
import type { Mask } from '../../mask/mask.ts';
import type { View } from './view.ts';

/**
 * Colours that stay apart for people who see red and green, or blue and yellow, alike: they differ in lightness too.
 */
export const overlayColours = {
  magenta: [255, 0, 128],
  green: [0, 235, 90],
  blue: [30, 80, 255],
  yellow: [255, 225, 0],
  white: [255, 255, 255],
  black: [0, 0, 0],
} as const satisfies Readonly<Record<string, readonly [number, number, number]>>;
export type OverlayColour = keyof typeof overlayColours;

export const overlayPatterns = ['stripes', 'solid', 'outline'] as const;

/** Percent of the cover at full strength. */
export const overlayOpacity = { min: 10, max: 100, step: 5 } as const;

/** How a person wants to see the mask; nothing of it changes the mask. */
export interface Display {
  readonly colour: OverlayColour;
  /** Percent, as `overlayOpacity` has it. */
  readonly opacity: number;
  readonly pattern: (typeof overlayPatterns)[number];
  /** The mask alone, white where it is full, without the image. */
  readonly maskOnly: boolean;
  /** Lines between the pixels of the image where they are large enough. */
  readonly grid: boolean;
}

export const initialDisplay: Display = {
  colour: 'magenta',
  opacity: 55,
  pattern: 'stripes',
  maskOnly: false,
  grid: true,
};

export interface Look {
  /** The pixel of every strength, on a stripe and between stripes. */
  readonly striped: Uint32Array;
  readonly between: Uint32Array;
  /** Width of a stripe and of the gap, and of each edge line, in device pixels. */
  readonly stripeWidth: number;
  readonly line: number;
}

/** Four bytes as one word in the order of this machine. */
const pixelOf = (red: number, green: number, blue: number, alpha: number): number =>
  new Uint32Array(new Uint8ClampedArray([red, green, blue, alpha]).buffer)[0];

const edges = { dark: pixelOf(0, 0, 0, 190), light: pixelOf(255, 255, 255, 235) };

/** The pixel of every strength; `opacity` at full strength, 0 to 1. */
const palette = ([red, green, blue]: (typeof overlayColours)[OverlayColour], opacity: number): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, strength) => pixelOf(red, green, blue, strength * opacity));

/** What lies between stripes is fainter by this. */
const fainter = 0.6;

/** High-contrast themes get a denser cover; lines and stripes keep their size on dense screens. */
export const lookFor = (highContrast: boolean, pixelRatio: number, display: Display = initialDisplay): Look => {
  const { colour, opacity, pattern } = display;
  const cover = pattern === 'outline' ? 0 : Math.min(1, (opacity / 100) * (highContrast ? 1.3 : 1));
  return {
    striped: palette(overlayColours[colour], cover),
    between: palette(overlayColours[colour], pattern === 'stripes' ? cover * fainter : cover),
    stripeWidth: Math.max(2, Math.round(4 * pixelRatio)),
    line: Math.max(1, Math.round(pixelRatio)),
  };
};

/**
 * First and past-the-last source index for each device pixel of a span; empty outside the source. An enlarged pixel is
 * taken by the middle of the device pixel, as browsers take it for `image-rendering: pixelated`.
 */
const spans = (from: number, length: number, offset: number, scale: number, limit: number): Int32Array => {
  const out = new Int32Array(length * 2);
  for (let index = 0; index < length; index++) {
    const start = Math.floor((from + index + (scale > 1 ? 0.5 : 0) - offset) / scale);
    const end = Math.max(start + 1, Math.floor((from + index + 1 - offset) / scale));
    const inside = start < limit && end > 0;
    out[index * 2] = inside ? Math.max(0, start) : 0;
    out[index * 2 + 1] = inside ? Math.min(limit, end) : 0;
  }
  return out;
};

/** True where the mask is drawn from its quarter alone. */
export const isCoarse = (scale: number): boolean => scale < 0.25;

/**
 * Strengths of the device pixels of `region`, region.width × region.height bytes: the average of the mask pixels that each
 * one shows, rounded up so that nothing set is lost. Below a quarter of the size the averages come from `quarter`.
 */
export const sample = (mask: Mask, quarter: Mask, view: View, region: Rect): Uint8Array => {
  const coarse = isCoarse(view.scale);
  const source = coarse ? quarter : mask;
  const scale = coarse ? view.scale * 4 : view.scale;
  const columns = spans(region.x, region.width, view.x, scale, source.width);
  const rows = spans(region.y, region.height, view.y, scale, source.height);
  const out = new Uint8Array(region.width * region.height);
  const { data, width } = source;
  if (scale === 1) {
    const left = Math.max(0, view.x - region.x);
    const right = Math.min(region.width, view.x - region.x + width);
    for (let y = 0; y < region.height && left < right; y++) {
      const start = (region.y + y - view.y) * width + region.x - view.x;
      if (rows[y * 2] < rows[y * 2 + 1]) out.set(data.subarray(start + left, start + right), y * region.width + left);
    }
    return out;
  }
  for (let y = 0, at = 0; y < region.height; y++) {
    const top = rows[y * 2];
    const bottom = rows[y * 2 + 1];
    for (let x = 0; x < region.width; x++, at++) {
      const left = columns[x * 2];
      const right = columns[x * 2 + 1];
      const area = (right - left) * (bottom - top);
      if (area <= 0) continue;
      if (area === 1) {
        out[at] = data[top * width + left];
        continue;
      }
      let sum = 0;
      for (let sy = top; sy < bottom; sy++)
        for (let index = sy * width + left; index < sy * width + right; index++) sum += data[index];
      out[at] = Math.ceil(sum / area);
    }
  }
  return out;
};

/** RGBA of the device pixels of `region` (region.width × region.height × 4 bytes, not premultiplied). */
export const drawOverlay = (
  mask: Mask,
  quarter: Mask,
  view: View,
  region: Rect,
  look: Look,
): Uint8ClampedArray<ArrayBuffer> => {
  const { line, striped, between } = look;
  const { dark, light } = edges;
  const around = {
    x: region.x - line,
    y: region.y - line,
    width: region.width + 2 * line,
    height: region.height + 2 * line,
  };
  const strengths = sample(mask, quarter, view, around);
  const out = new Uint8ClampedArray(region.width * region.height * 4);
  const pixels = new Uint32Array(out.buffer);
  const down = line * around.width;
  const period = 2 * look.stripeWidth;
  for (let y = 0, to = 0; y < region.height; y++) {
    let at = (y + line) * around.width + line;
    let phase = (((region.x + region.y + y) % period) + period) % period;
    for (let x = 0; x < region.width; x++, at++, to++) {
      const strength = strengths[at];
      const left = strengths[at - line];
      const right = strengths[at + line];
      const above = strengths[at - down];
      const below = strengths[at + down];
      if (strength === 0) {
        if ((left | right | above | below) !== 0) pixels[to] = dark;
      } else if (left === 0 || right === 0 || above === 0 || below === 0) pixels[to] = light;
      else pixels[to] = (phase < look.stripeWidth ? striped : between)[strength];
      if (++phase === period) phase = 0;
    }
  }
  return out;
};

/** RGBA of the mask alone: its strengths as greys, nothing outside the image. Size as `drawOverlay`. */
export const drawMaskOnly = (mask: Mask, quarter: Mask, view: View, region: Rect): Uint8ClampedArray<ArrayBuffer> => {
  const strengths = sample(mask, quarter, view, region);
  const out = new Uint8ClampedArray(region.width * region.height * 4);
  const left = Math.max(0, view.x - region.x);
  const top = Math.max(0, view.y - region.y);
  const right = Math.min(region.width, Math.round(view.x + mask.width * view.scale) - region.x);
  const bottom = Math.min(region.height, Math.round(view.y + mask.height * view.scale) - region.y);
  for (let y = top; y < bottom; y++)
    for (let at = y * region.width + left, end = y * region.width + right; at < end; at++) {
      const to = at * 4;
      out[to] = out[to + 1] = out[to + 2] = strengths[at];
      out[to + 3] = 255;
    }
  return out;
};
