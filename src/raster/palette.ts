/** Few colours or greys stored as such: indexes into a palette, and greys of 1, 2 and 4 bits, sample for sample. */
import type { VipsImage } from './vips.ts';

/** Rows looked at in one go: the whole picture need not lie in memory a second time. */
const strip = 256;

/** Calls `look` with the bytes of each strip until it answers false. */
const inStrips = (image: VipsImage, look: (samples: Uint8Array) => boolean): boolean => {
  for (let y = 0; y < image.height; y += strip) {
    const part = image.crop(0, y, image.width, Math.min(strip, image.height - y));
    const samples = part.writeToMemory();
    part.delete();
    if (!look(samples as Uint8Array)) return false;
  }
  return true;
};

export type Depth = 1 | 2 | 4 | 8;

/** Whether every sample of an 8-bit grey image is one that `bits` bits give when they are spread over 0 to 255. */
export const fitsGrey = (image: VipsImage, bits: number): boolean => {
  const unit = 255 / (2 ** bits - 1);
  return inStrips(image, (samples) => samples.every((value) => value % unit === 0));
};

/** Red, green, blue and alpha in one number. */
export type Colour = number;

export const colourOf = (red: number, green: number, blue: number, alpha: number): Colour =>
  ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;

const coloursIn = (samples: Uint8Array, bands: number): Uint32Array => {
  const colours = new Uint32Array(samples.length / bands);
  for (let index = 0, at = 0; index < colours.length; index++, at += bands)
    colours[index] = colourOf(samples[at], samples[at + 1], samples[at + 2], bands === 4 ? samples[at + 3] : 255);
  return colours;
};

/** The different colours of an image of 3 or 4 bands of 8 bits; undefined where there are more than 256. */
const usedColours = (image: VipsImage): Set<Colour> | undefined => {
  const used = new Set<Colour>();
  const few = inStrips(image, (samples) => {
    let last = -1;
    for (const colour of coloursIn(samples, image.bands)) {
      if (colour === last) continue;
      used.add((last = colour));
      if (used.size > 256) return false;
    }
    return true;
  });
  return few ? used : undefined;
};

export interface Indexed {
  readonly palette: readonly Colour[];
  /** One byte a pixel. */
  readonly indexes: Uint8Array;
  /** Bits that hold every index. */
  readonly depth: Depth;
}

/**
 * The image as indexes, exactly, in two passes, each over an image from `again`; undefined where it has more than 256 colours. `known` is the source's palette: its
 * entries keep their places, new colours come behind them, and only where that is not enough, in place of entries that
 * the picture does not use.
 */
export const indexed = (again: () => VipsImage, known: readonly Colour[], least: number): Indexed | undefined => {
  const used = usedColours(again());
  if (used === undefined) return undefined;
  const palette = [...known];
  const free = known.flatMap((colour, index) => (used.has(colour) ? [] : [index]));
  for (const colour of used) {
    if (palette.includes(colour)) continue;
    if (palette.length < 256) palette.push(colour);
    else if (free.length > 0) palette[free.pop()!] = colour;
    else return undefined;
  }
  const image = again();
  const indexOf = new Map(palette.map((colour, index) => [colour, index]));
  const indexes = new Uint8Array(image.width * image.height);
  let at = 0;
  inStrips(image, (samples) => {
    for (const colour of coloursIn(samples, image.bands)) indexes[at++] = indexOf.get(colour)!;
    return true;
  });
  const depth = ([1, 2, 4, 8] as const).find((bits) => bits >= least && palette.length <= 2 ** bits) ?? 8;
  return { palette, indexes, depth };
};
