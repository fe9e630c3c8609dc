/** Judges saved files by sharp's own decoding, never by ours. */
import assert from 'node:assert/strict';
import sharp from 'sharp';

export interface Raster {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

export const decode = async (file: string | Buffer): Promise<Raster> => {
  const { data, info } = await sharp(file).rotate().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
};

/** The smallest rectangle around every pixel that differs; null where none does. Sizes and bands must agree. */
export const changedBox = (a: Raster, b: Raster) => {
  assert.deepEqual([b.width, b.height, b.channels], [a.width, a.height, a.channels]);
  let [left, top, right, bottom] = [a.width, a.height, -1, -1];
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++) {
      const at = (y * a.width + x) * a.channels;
      if (a.data.compare(b.data, at, at + a.channels, at, at + a.channels) === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  return right < 0 ? null : { left, top, right, bottom };
};

/** Samples that differ where `keep` says so, and the share that differs elsewhere. */
export const compare = (a: Raster, b: Raster, keep: (x: number, y: number) => boolean) => {
  assert.deepEqual([b.width, b.height, b.channels], [a.width, a.height, a.channels]);
  let outside = 0;
  let inside = 0;
  let all = 0;
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++)
      for (let band = 0; band < a.channels; band++) {
        const at = (y * a.width + x) * a.channels + band;
        const differs = a.data[at] !== b.data[at] ? 1 : 0;
        if (keep(x, y)) outside += differs;
        else {
          inside += differs;
          all += 1;
        }
      }
  return { outside, inside: inside / all };
};
