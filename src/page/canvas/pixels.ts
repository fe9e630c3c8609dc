/** The pixels of the picture on the stage, for tools that select by colour. */
import type { Size } from '../../fill/geometry.ts';
import type { Pixels } from '../../mask/wand.ts';
import { pause } from '../pause.ts';
import type { Picture } from './picture.ts';

/** More pixels than this would take over 256 MB. */
export const mostPixels = 64_000_000;

/** Pixels that are read between two breaths of the page. */
const strip = 2_000_000;

/** Long work on the page's thread stops for a moment after so many milliseconds. */
const slice = 16;

/**
 * Reads a picture as it lies on a canvas of `size`, transparent around it. Rejects where the browser does not give the
 * pixels, and as soon as `signal` aborts.
 */
export const readPixels = async (picture: Picture, size: Size, signal: AbortSignal): Promise<Pixels> => {
  const rows = Math.max(1, Math.floor(strip / size.width));
  const canvas = new OffscreenCanvas(size.width, Math.min(rows, size.height));
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const [a, b, c, d, e, f] = picture.matrix;
  const data = new Uint32Array(size.width * size.height);
  const bitmap = await createImageBitmap(picture.image);
  try {
    for (let y = 0; y < size.height; y += rows) {
      signal.throwIfAborted();
      const height = Math.min(rows, size.height - y);
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, size.width, height);
      context.setTransform(a, b, c, d, e, f - y);
      context.drawImage(bitmap, 0, 0, picture.stored.width, picture.stored.height);
      const { data: bytes } = context.getImageData(0, 0, size.width, height);
      data.set(new Uint32Array(bytes.buffer), y * size.width);
      await pause();
    }
  } finally {
    bitmap.close();
  }
  return { ...size, data };
};

/** Runs a generator to its end, letting the page draw in between. Rejects as soon as `signal` aborts. */
export const runInSlices = async <Result>(work: Generator<undefined, Result>, signal: AbortSignal): Promise<Result> => {
  for (;;) {
    const until = performance.now() + slice;
    while (performance.now() < until) {
      const step = work.next();
      if (step.done === true) return step.value;
    }
    await pause();
    signal.throwIfAborted();
  }
};
