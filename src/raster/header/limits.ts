import type { RawHeader } from './parsed.ts';

/**
 * What one image may take, in one place. libvips as WebAssembly has 2 GiB of memory at most. Compressed bytes stay outside
 * it, they are read and written through callbacks.
 *
 * `held`: up to so many bytes a raster is decoded once and held in the module; a larger one is read from its file again
 * for each pass (facts/raster.md 2, designs E and D: a third less memory for half as much time again).
 * `turned`: what cannot be read from the top down (a turned image, interlaced rows) lies in the module whatever its size;
 * beside it a codec needs some.
 */
export const budget = { pixels: 120_000_000, held: 256 * 2 ** 20, turned: 1_200 * 2 ** 20 } as const;

const bytesOfPixel = ({ channels, bits, colour }: RawHeader): number =>
  colour === 'cmyk' ? 3 : channels * (bits > 8 ? 2 : 1);

/** Bytes of the decoded image. */
export const rasterBytes = (header: RawHeader): number => header.width * header.height * bytesOfPixel(header);

/** Megapixels that an image of this kind may have. */
export const limitOf = (header: RawHeader): number =>
  Math.floor(Math.min(budget.pixels, budget.turned / bytesOfPixel(header)) / 1_000_000);
