import type { Box } from './mask.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The part of `box` that lies inside an image of `size`; null where there is none. */
export const clipBox = (box: Box, size: Size): Box | null => {
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  const width = Math.min(size.width, box.x + box.width) - x;
  const height = Math.min(size.height, box.y + box.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
};

/** `box` with `by` pixels more on every side; may reach outside the image. */
export const expandBox = (box: Box, by: number): Box => ({
  x: box.x - by,
  y: box.y - by,
  width: box.width + 2 * by,
  height: box.height + 2 * by,
});

/** `boxes` and one more, joined to the first one where that makes hardly more pixels of the two. */
export const withBox = (boxes: readonly Box[], box: Box): readonly Box[] => {
  const area = ({ width, height }: Box): number => width * height;
  const near = boxes.findIndex((each) => area(joinBoxes(each, box)!) <= 1.2 * (area(each) + area(box)));
  return near < 0 ? [...boxes, box] : boxes.with(near, joinBoxes(boxes[near], box)!);
};

/** The smallest box that holds both; null stands for nothing. */
export const joinBoxes = (a: Box | null, b: Box | null): Box | null => {
  if (a === null || b === null) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  const height = Math.max(a.y + a.height, b.y + b.height) - y;
  return { x, y, width, height };
};
