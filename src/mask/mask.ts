/**
 * A mask: one byte per pixel, row by row, the size of the upright image. 255 = may change fully, 0 = stays.
 * The same code previews in the page and composites in the engine, so nothing here touches the DOM or Node.
 */
export interface Mask {
  readonly width: number;
  readonly height: number;
  /** width × height bytes. */
  readonly data: Uint8Array;
}

/** Whole pixels; `x, y` is the top left pixel. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What stands on top of a base mask; pixels for grow (negative shrinks) and feather. */
export interface Settings {
  readonly grow: number;
  readonly feather: number;
  readonly invert: boolean;
  readonly fillHoles: boolean;
}

/** A mask where everything may change. */
export const fullMask = (width: number, height: number): Mask => ({
  width,
  height,
  data: new Uint8Array(width * height).fill(255),
});

export const emptyMask = (width: number, height: number): Mask => ({
  width,
  height,
  data: new Uint8Array(width * height),
});
