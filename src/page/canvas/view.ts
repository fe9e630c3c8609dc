/**
 * Where the image lies on the stage. All in device pixels: image pixel (ix, iy) has its top left corner at
 * (x + ix × scale, y + iy × scale). Scale 1 is 100 %: one image pixel is one device pixel.
 */
import type { Rect, Size } from '../../fill/geometry.ts';
import type { Point } from '../../mask/strokes.ts';

export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const maxScale = 32;

/** Part of the stage's shorter side that stays free on each side of a fitted image. */
const margin = 0.03;

/** It is at least this many CSS pixels: there are handles around the image. */
const leastMargin = 22;

const fitScale = (image: Size, stage: Size, ratio: number): number => {
  const free = 2 * Math.max(leastMargin * ratio, Math.round(margin * Math.min(stage.width, stage.height)));
  return Math.min((stage.width - free) / image.width, (stage.height - free) / image.height);
};

/** The whole image in the middle, enlarged at most to 400 %. `ratio`: device pixels in a CSS pixel. */
export const fitView = (image: Size, stage: Size, ratio: number): View =>
  centred(image, stage, Math.min(4, Math.max(1e-3, fitScale(image, stage, ratio))));

const centred = (image: Size, stage: Size, scale: number): View => ({
  scale,
  x: (stage.width - image.width * scale) / 2,
  y: (stage.height - image.height * scale) / 2,
});

/** At least this many device pixels of the image stay on the stage. */
const grip = 48;

const clampAxis = (start: number, length: number, stage: number): number => {
  const keep = Math.min(grip, length, stage);
  return Math.max(keep - length, Math.min(stage - keep, start));
};

/** Moved so far back that some of the image can be seen. */
export const clampView = (view: View, image: Size, stage: Size): View => ({
  scale: view.scale,
  x: clampAxis(view.x, image.width * view.scale, stage.width),
  y: clampAxis(view.y, image.height * view.scale, stage.height),
});

/** As it is drawn: begun at a whole device pixel, so that image and overlay agree. */
export const drawnView = (view: View): View => ({ ...view, x: Math.round(view.x), y: Math.round(view.y) });

/** Scaled about a point of the stage: what lies under it stays under it. */
export const zoomAt = (view: View, scale: number, at: Point, image: Size, stage: Size): View => {
  const smallest = Math.min(1, fitScale(image, stage, 1) / 4);
  const next = Math.max(smallest, Math.min(maxScale, scale));
  const ratio = next / view.scale;
  return clampView({ scale: next, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, image, stage);
};

export const panBy = (view: View, dx: number, dy: number, image: Size, stage: Size): View =>
  clampView({ ...view, x: view.x + dx, y: view.y + dy }, image, stage);

/** Keeps the middle of the stage in the middle when the stage changes its size. */
export const resizedView = (view: View, image: Size, from: Size, to: Size): View =>
  clampView({ ...view, x: view.x + (to.width - from.width) / 2, y: view.y + (to.height - from.height) / 2 }, image, to);

/** A stage position as an image position, rounded to 1/16 px so that the same stroke gives the same bytes. */
export const toImage = (view: View, at: Point): Point => ({
  x: Math.round(((at.x - view.x) / view.scale) * 16) / 16,
  y: Math.round(((at.y - view.y) / view.scale) * 16) / 16,
});

/** The device pixels that show any of `box`, with `around` more on each side, inside the stage; null where none do. */
export const toStage = (view: View, box: Rect, around: number, stage: Size): Rect | null => {
  const left = Math.max(0, Math.floor(view.x + box.x * view.scale) - around);
  const top = Math.max(0, Math.floor(view.y + box.y * view.scale) - around);
  const right = Math.min(stage.width, Math.ceil(view.x + (box.x + box.width) * view.scale) + around);
  const bottom = Math.min(stage.height, Math.ceil(view.y + (box.y + box.height) * view.scale) + around);
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
};

/** The image pixels that the stage shows; null where it shows none. */
export const visibleBox = (view: View, image: Size, stage: Size): Rect | null => {
  const left = Math.max(0, Math.floor(-view.x / view.scale));
  const top = Math.max(0, Math.floor(-view.y / view.scale));
  const right = Math.min(image.width, Math.ceil((stage.width - view.x) / view.scale));
  const bottom = Math.min(image.height, Math.ceil((stage.height - view.y) / view.scale));
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
};

/**
 * CSS matrix that brings a picture, as it is stored, upright: EXIF orientation 1 to 8 for an upright size (Exif 2.3,
 * tag 274). Applied to an element of the stored size with its origin at the top left.
 */
export const uprightMatrix = (orientation: number, { width, height }: Size): readonly number[] => {
  const matrices: Readonly<Record<number, readonly number[]>> = {
    2: [-1, 0, 0, 1, width, 0],
    3: [-1, 0, 0, -1, width, height],
    4: [1, 0, 0, -1, 0, height],
    5: [0, 1, 1, 0, 0, 0],
    6: [0, 1, -1, 0, width, 0],
    7: [0, -1, -1, 0, width, height],
    8: [0, -1, 1, 0, 0, height],
  };
  return matrices[orientation] ?? [1, 0, 0, 1, 0, 0];
};
