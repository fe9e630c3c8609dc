/** Whole pixels, origin at the top left of the upright image. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle of whole pixels: `x, y` is its top left pixel, `width, height` count pixels. */
export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

export const area = (size: Size): number => size.width * size.height;

export const megapixels = (size: Size): number => area(size) / 1_000_000;

/** True where every pixel of `inner` is one of `outer`. */
export const contains = (outer: Rect, inner: Rect): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

/** What two rectangles share; null where they share nothing. */
export const intersection = (one: Rect, other: Rect): Rect | null => {
  const x = Math.max(one.x, other.x);
  const y = Math.max(one.y, other.y);
  const width = Math.min(one.x + one.width, other.x + other.width) - x;
  const height = Math.min(one.y + one.height, other.y + other.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
};

/** `least` counts where the two cross. */
export const clamp = (value: number, least: number, greatest: number): number =>
  Math.max(least, Math.min(greatest, value));

export const wholeOf = (size: Size): Rect => ({ x: 0, y: 0, width: size.width, height: size.height });
