/** Counts what differs from the pristine source where nothing may differ: the promise of the product, on every save. */
import type { Mask } from '../mask/mask.ts';
import { plainPng, readStrips } from './png/read.ts';
import { bytesOf, samplesFrom, stripsOf, type Strip } from './strips.ts';
import { openImage, type Samples, type Vips, type VipsImage } from './vips.ts';

export interface Changed {
  /** Samples (all bands) that differ outside the effective mask. */
  readonly outsideEffective: number;
  /** Samples that differ outside the base mask. */
  readonly outsideBase: number;
}

/** A raster that can be read once, from the top down, in the strips of strips.ts. */
export interface Saved {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  /** 16 bits a sample, otherwise 8. */
  readonly wide: boolean;
  readonly strips: AsyncIterable<Strip> | Iterable<Strip>;
}

export interface Compared {
  /** Opened anew, for one pass through it from the top down. */
  readonly pristine: VipsImage;
  /** All its samples, where they lie in memory. */
  readonly held?: Samples | undefined;
  readonly saved: Saved;
  /** Both masks have the size of the image. */
  readonly effective: Mask;
  /** As it was given. */
  readonly base: Mask;
}

export const savedImage = (image: VipsImage): Saved => ({
  width: image.width,
  height: image.height,
  bands: image.bands,
  wide: image.format === 'ushort',
  strips: stripsOf(image),
});

/** What was written, decoded. */
export const savedFile = (vips: Vips, file: Uint8Array): Saved => {
  const png = plainPng(file);
  if (png === undefined) return savedImage(openImage(vips, file));
  let strip = new Uint8Array();
  const place = (_: number, length: number): Uint8Array => {
    if (strip.length < length) strip = new Uint8Array(length);
    return strip.subarray(0, length);
  };
  return { ...png, strips: readStrips(png, place) };
};

/**
 * Compares every sample of two rasters at full depth, strip by strip, sample by sample where a strip differs. A raster of
 * another size, depth or number of bands differs everywhere.
 */
export const countChanged = async ({ pristine, held, saved, effective, base }: Compared): Promise<Changed> => {
  const { width, height, bands, format } = pristine;
  if (
    saved.width !== width ||
    saved.height !== height ||
    saved.bands !== bands ||
    saved.wide !== (format === 'ushort')
  ) {
    const all = width * height * bands;
    return { outsideEffective: all, outsideBase: all };
  }
  let outsideEffective = 0;
  let outsideBase = 0;
  for await (const { top, samples: after } of saved.strips) {
    const before = samplesFrom(pristine, top, held);
    if (bytesOf(before).equals(bytesOf(after))) continue;
    for (let at = 0; at < before.length; at++) {
      if (before[at] === after[at]) continue;
      const pixel = top * width + Math.floor(at / bands);
      if (effective.data[pixel] === 0) outsideEffective += 1;
      if (base.data[pixel] === 0) outsideBase += 1;
    }
  }
  return { outsideEffective, outsideBase };
};
