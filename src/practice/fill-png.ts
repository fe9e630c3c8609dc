/** PNG in, PNG out: the practice fill with its decoding and encoding (jimp, 8 bits a sample, with PNG as its only format). */
import { createJimp } from '@jimp/core';
import png from '@jimp/js-png';
import type { Synthesise } from './index.ts';
import { synthesise } from './synthesise.ts';

const Jimp = createJimp({ formats: [png] });

/**
 * Fills what the mask shows white (from half grey on), or without a mask what is not opaque. The result is an opaque PNG
 * of the image's size. Rejects where the bytes cannot be decoded or the sizes differ.
 */
export const fillPng: Synthesise = async ({ image, mask, seed }) => {
  const picture = await Jimp.fromBuffer(Buffer.from(image));
  const cover = mask === undefined ? undefined : await Jimp.fromBuffer(Buffer.from(mask));
  const { width, height, data } = picture.bitmap;
  if (cover !== undefined && (cover.width !== width || cover.height !== height))
    throw new Error('image and mask differ in size');
  const rgb = new Uint8Array(width * height * 3);
  const hole = new Uint8Array(width * height);
  for (let i = 0; i < hole.length; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * 4 + c];
    hole[i] = (cover === undefined ? data[i * 4 + 3] < 255 : cover.bitmap.data[i * 4] >= 128) ? 1 : 0;
  }
  const made = synthesise({ width, height, rgb }, hole, seed);
  for (let i = 0; i < hole.length; i++) {
    for (let c = 0; c < 3; c++) data[i * 4 + c] = made[i * 3 + c];
    data[i * 4 + 3] = 255;
  }
  return picture.getBuffer('image/png');
};
