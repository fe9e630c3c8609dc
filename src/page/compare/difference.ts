/** Where a result differs from its source, amplified: black is equal. Worked out for what is seen, at most at the image's own size. */
import type { Rect, Size } from '../../fill/geometry.ts';
import type { Picture } from '../canvas/picture.ts';
import { visibleBox, type View } from '../canvas/view.ts';

/** How many times brighter a difference is shown: one level of 255 becomes visible on a dark ground. */
export const gain = 8;

/**
 * RGBA (not premultiplied) of two pictures of the same size to RGBA of their difference: each colour's distance over
 * black, or the distance of the alphas where that is larger, times `gain`; opaque.
 */
export const amplifiedDifference = (
  before: Uint8ClampedArray,
  after: Uint8ClampedArray,
): Uint8ClampedArray<ArrayBuffer> => {
  const out = new Uint8ClampedArray(before.length);
  for (let at = 0; at < out.length; at += 4) {
    const alphaBefore = before[at + 3];
    const alphaAfter = after[at + 3];
    const alpha = Math.abs(alphaBefore - alphaAfter);
    for (let colour = at; colour < at + 3; colour++) {
      const distance = Math.abs(before[colour] * alphaBefore - after[colour] * alphaAfter) / 255;
      out[colour] = gain * Math.max(distance, alpha);
    }
    out[at + 3] = 255;
  }
  return out;
};

/** The image pixels that a picture covers, whichever way it is turned. */
const boxOf = ({ matrix: [a, b, c, d, x, y], stored: { width, height } }: Picture): Rect => ({
  x: x + Math.min(0, a * width) + Math.min(0, c * height),
  y: y + Math.min(0, b * width) + Math.min(0, d * height),
  width: Math.abs(a * width + c * height),
  height: Math.abs(b * width + d * height),
});

const around = (a: Rect, b: Rect): Rect => {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
};

/** The image pixels that are worked out, and pixels of the drawing for each: below 100 % no more than are seen. */
interface Part {
  readonly box: Rect;
  readonly scale: number;
}

const seenPart = (before: Picture, after: Picture, view: View, stage: Size): Part | null => {
  const whole = around(boxOf(before), boxOf(after));
  const shifted = { ...view, x: view.x + whole.x * view.scale, y: view.y + whole.y * view.scale };
  const seen = visibleBox(shifted, whole, stage);
  if (seen === null) return null;
  return { box: { ...seen, x: seen.x + whole.x, y: seen.y + whole.y }, scale: Math.min(1, view.scale) };
};

/**
 * The pixels of one picture. Drawn in memory, not by the graphics card: there, a JPEG's colours come out a level apart
 * from the same colours in a PNG, and nothing would be black.
 */
const read = ({ image, matrix, stored }: Picture, { box, scale }: Part, { width, height }: Size): ImageData => {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.scale(scale, scale);
  context.translate(-box.x, -box.y);
  context.transform(matrix[0], matrix[1], matrix[2], matrix[3], matrix[4], matrix[5]);
  context.drawImage(image, 0, 0, stored.width, stored.height);
  return context.getImageData(0, 0, width, height);
};

/**
 * Draws the part that the stage shows, and lays the canvas over it. `ratio`: device pixels in a CSS pixel. False where a
 * picture comes from another place that does not let its pixels be read.
 */
export const drawDifference = (
  canvas: HTMLCanvasElement,
  before: Picture,
  after: Picture,
  view: View,
  stage: Size,
  ratio: number,
): boolean => {
  const part = seenPart(before, after, view, stage);
  canvas.hidden = part === null;
  if (part === null) return true;
  const { box, scale } = part;
  const size = { width: Math.ceil(box.width * scale), height: Math.ceil(box.height * scale) };
  try {
    const pixels = amplifiedDifference(read(before, part, size).data, read(after, part, size).data);
    Object.assign(canvas, size);
    canvas.getContext('2d')!.putImageData(new ImageData(pixels, size.width, size.height), 0, 0);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'SecurityError') throw error;
    canvas.hidden = true;
    return false;
  }
  const [x, y] = [view.x + box.x * view.scale, view.y + box.y * view.scale];
  const enlarged = view.scale / scale / ratio;
  canvas.style.transform = `matrix(${enlarged}, 0, 0, ${enlarged}, ${x / ratio}, ${y / ratio})`;
  return true;
};
