/** The lines between image pixels where these are large: one device pixel wide, on the first device pixel of each image pixel. */
import type { Size } from '../../fill/geometry.ts';
import type { View } from './view.ts';

/** Device pixels an image pixel takes at least: 800 %. */
export const gridScale = 8;

/**
 * The device pixels in [0, length) that are the first of an image pixel 0 to `count` (the last: past the image's end), for
 * an image that begins at `offset`. A device pixel belongs to the image pixel under its middle.
 */
export const gridLines = (offset: number, scale: number, count: number, length: number): number[] => {
  const first = Math.max(0, Math.ceil((-offset - 0.5) / scale));
  const lines: number[] = [];
  for (let index = first; index <= count; index++) {
    const line = Math.max(0, Math.ceil(offset + index * scale - 0.5));
    if (line >= length) break;
    lines.push(line);
  }
  return lines;
};

/** Dark and light in turn, so that a line is seen on every colour. */
const dashes = (context: CanvasRenderingContext2D): CanvasPattern => {
  const tile = new OffscreenCanvas(4, 4);
  const pen = tile.getContext('2d')!;
  for (let y = 0; y < 4; y++)
    for (let x = 0; x < 4; x++) {
      pen.fillStyle = (x + y) % 4 < 2 ? 'rgb(0 0 0 / 60%)' : 'rgb(255 255 255 / 60%)';
      pen.fillRect(x, y, 1, 1);
    }
  return context.createPattern(tile, 'repeat')!;
};

/** Draws the lines of an image on a canvas as large as the stage, in device pixels; one that shows none takes no memory. */
export const drawGrid = (canvas: HTMLCanvasElement, shown: boolean, view: View, image: Size, stage: Size): void => {
  const drawn = shown && view.scale >= gridScale;
  canvas.width = drawn ? stage.width : 0;
  canvas.height = drawn ? stage.height : 0;
  if (!drawn) return;
  const context = canvas.getContext('2d')!;
  context.fillStyle = dashes(context);
  const left = Math.max(0, view.x);
  const top = Math.max(0, view.y);
  const right = Math.min(stage.width, Math.ceil(view.x + image.width * view.scale));
  const bottom = Math.min(stage.height, Math.ceil(view.y + image.height * view.scale));
  for (const x of gridLines(view.x, view.scale, image.width, stage.width)) context.fillRect(x, top, 1, bottom - top);
  for (const y of gridLines(view.y, view.scale, image.height, stage.height)) context.fillRect(left, y, right - left, 1);
};
