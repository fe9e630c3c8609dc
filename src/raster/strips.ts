/** Rasters taken strip by strip from the top down: a whole one need not lie in memory a second time. */
import { samplesOf, type Samples, type VipsImage } from './vips.ts';

/** Rows of a strip. Loaders hand rows out in eights or sixteens, so no strip cuts one. */
export const stripRows = 128;

/** Whole rows, all bands. */
export interface Strip {
  /** Its first row. */
  readonly top: number;
  readonly samples: Samples;
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: Samples): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** Between the order of this machine's bytes and that of a PNG, in place. */
export const swapped = <T extends Samples>(samples: T): T => {
  if (samples instanceof Uint16Array && littleEndian) bytesOf(samples).swap16();
  return samples;
};

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The strip from row `top` on. `held`: all samples of the image, where they lie in memory; then it is a view of them. */
export const samplesFrom = (image: VipsImage, top: number, held?: Samples): Samples => {
  const { width, height, bands } = image;
  const end = Math.min(top + stripRows, height);
  if (held !== undefined) return held.subarray(top * width * bands, end * width * bands);
  const rows = image.crop(0, top, width, end - top);
  const samples = samplesOf(rows);
  rows.delete();
  return samples;
};

export function* stripsOf(image: VipsImage): Generator<Strip> {
  for (let top = 0; top < image.height; top += stripRows) yield { top, samples: samplesFrom(image, top) };
}
