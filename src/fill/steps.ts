/**
 * The windows of a fill. Nearly always it is one. A border that is too long to be sent pixel for pixel is filled in
 * several steps, each with what is known by then as its surroundings: the sides first, then top and bottom over the whole
 * width, inner layers before outer ones.
 */
import { area, clamp, contains, type Rect, type Size } from './geometry.ts';
import { canvasSize, keptRect, type Expand } from './outpaint.ts';
import { limits, planWindow, type Plan, type WindowChoice } from './plan.ts';
import type { MaskSettings } from './record.ts';

/** Pixels of what is known that a window shows across a border, and along it of the window before. */
const context = { across: 256, along: 160 } as const;

/** A border takes a layer of at most this many pixels at a time. */
const thickest = 640;

/** A fill takes at most this many steps; what needs more is filled in one, at a lower resolution. */
const most = 48;

/** At this resolution a second step would cost more than it shows. */
const nearlyFull = 0.9;

/** Pixels at the edge of an earlier window that the next one fills again: where two fills meet, they are blended. */
export const joint = 32;

const end = (start: number, length: number): number => start + length;

/** What of `rect` lies outside `hole`, as rectangles that do not overlap. */
const without = (rect: Rect, hole: Rect): Rect[] => {
  const x1 = Math.max(rect.x, hole.x);
  const y1 = Math.max(rect.y, hole.y);
  const x2 = Math.min(end(rect.x, rect.width), end(hole.x, hole.width));
  const y2 = Math.min(end(rect.y, rect.height), end(hole.y, hole.height));
  if (x2 <= x1 || y2 <= y1) return [rect];
  return [
    { x: rect.x, y: rect.y, width: rect.width, height: y1 - rect.y },
    { x: rect.x, y: y2, width: rect.width, height: end(rect.y, rect.height) - y2 },
    { x: rect.x, y: y1, width: x1 - rect.x, height: y2 - y1 },
    { x: x2, y: y1, width: end(rect.x, rect.width) - x2, height: y2 - y1 },
  ].filter(({ width, height }) => width > 0 && height > 0);
};

const down = (value: number): number => Math.floor(value / limits.multiple) * limits.multiple;
const up = (value: number): number => Math.ceil(value / limits.multiple) * limits.multiple;
/** A stretch of a border along one axis: `at` and `thickness` across it, `from` and `length` along it. */
interface Layer {
  readonly at: number;
  readonly thickness: number;
  /** Where the known lies: after the layer (1), as for the left border, or before it (-1). */
  readonly known: 1 | -1;
  readonly from: number;
  readonly length: number;
}

/** A border of one side in layers of equal thickness, from the known outwards. */
const layers = (at: number, thickness: number, known: 1 | -1, from: number, length: number): Layer[] => {
  const count = Math.ceil(thickness / thickest);
  return Array.from({ length: count }, (_, index) => {
    const inner = Math.round((thickness * index) / count);
    const outer = Math.round((thickness * (index + 1)) / count);
    const start = known === 1 ? at + thickness - outer : at + inner;
    return { at: start, thickness: outer - inner, known, from, length };
  });
};

/** Windows along a layer of a canvas `across` wide and `along` long, as [x, y, width, height] along the axes. */
const windowsAlong = (layer: Layer, across: number, along: number): [number, number, number, number][] => {
  const breadth = Math.min(across, Math.max(limits.shortSide, up(layer.thickness + context.across)));
  const sentBreadth = up(breadth);
  const length = Math.min(along, limits.longSide, down(limits.pixels / sentBreadth));
  const at = layer.known === 1 ? layer.at : layer.at + layer.thickness - breadth;
  const x = clamp(at, 0, across - breadth);
  const span = layer.length - length;
  const count = span <= 0 ? 1 : 1 + Math.ceil(span / (length - context.along));
  return Array.from({ length: count }, (_, index) => {
    const y = layer.from + (count === 1 ? Math.round(span / 2) : Math.round((span * index) / (count - 1)));
    return [x, clamp(y, 0, along - length), breadth, length];
  });
};

/** Windows that cover the canvas around `kept`, in the order in which they are filled. */
const borderWindows = (canvas: Size, kept: Rect): Rect[] => {
  const right = end(kept.x, kept.width);
  const bottom = end(kept.y, kept.height);
  const sides = [
    ...layers(0, kept.x, 1, kept.y, kept.height),
    ...layers(right, canvas.width - right, -1, kept.y, kept.height),
  ].flatMap((layer) =>
    windowsAlong(layer, canvas.width, canvas.height).map(([x, y, width, height]) => ({ x, y, width, height })),
  );
  const ends = [
    ...layers(0, kept.y, 1, 0, canvas.width),
    ...layers(bottom, canvas.height - bottom, -1, 0, canvas.width),
  ].flatMap((layer) =>
    windowsAlong(layer, canvas.height, canvas.width).map(([y, x, height, width]) => ({ x, y, width, height })),
  );
  let open = without({ x: 0, y: 0, ...canvas }, kept);
  return [...sides, ...ends].filter((window) => {
    const left = open.flatMap((rect) => without(rect, window));
    const fills = left.reduce((sum, rect) => sum + area(rect), 0) < open.reduce((sum, rect) => sum + area(rect), 0);
    open = left;
    return fills;
  });
};

/**
 * The windows of a fill, in their order; at least one. `bounds` are those of the effective mask in the image or canvas.
 * `kept`: where the mask is exactly the border around it. Then, and with an automatic window, the border is filled pixel
 * for pixel, in several steps if need be; otherwise the one window is scaled down where it must.
 */
export const planSteps = (
  canvas: Size,
  bounds: Rect,
  choice: WindowChoice = { kind: 'auto' },
  kept: Rect | null = null,
): readonly Plan[] => {
  const one = planWindow(canvas, bounds, choice);
  if (choice.kind !== 'auto' || kept === null || one.scale >= nearlyFull) return [one];
  const windows = borderWindows(canvas, kept);
  if (windows.length > most) return [one];
  return windows.map((rect) => planWindow(canvas, bounds, { kind: 'rect', rect }));
};

/** What an earlier window has settled: all of it but the joint along its edges inside the canvas. */
export const settledRect = (canvas: Size, window: Rect): Rect => {
  const left = window.x > 0 ? joint : 0;
  const top = window.y > 0 ? joint : 0;
  const right = end(window.x, window.width) < canvas.width ? joint : 0;
  const bottom = end(window.y, window.height) < canvas.height ? joint : 0;
  return {
    x: window.x + left,
    y: window.y + top,
    width: Math.max(0, window.width - left - right),
    height: Math.max(0, window.height - top - bottom),
  };
};

/** True where every pixel of the canvas around `kept` lies in one of the windows. */
export const coversBorder = (canvas: Size, kept: Rect, windows: readonly Rect[]): boolean =>
  windows
    .reduce((open, window) => open.flatMap((rect) => without(rect, window)), without({ x: 0, y: 0, ...canvas }, kept))
    .every((rect) => contains(kept, rect));

/**
 * The windows of a fill of an image, expanded or not, whose effective mask has these bounds. `border`: the mask is exactly
 * what the canvas adds, with the settings on top of it.
 */
export const planFill = (
  image: Size,
  expand: Expand | undefined,
  mask: { readonly bounds: Rect; readonly settings: Pick<MaskSettings, 'grow' | 'invert'>; readonly border: boolean },
  choice: WindowChoice,
): readonly Plan[] => {
  const { grow, invert } = mask.settings;
  const kept =
    expand === undefined || !mask.border || invert
      ? null
      : keptRect(image, { ...expand, overlap: Math.max(0, expand.overlap + grow) });
  return planSteps(canvasSize(image, expand), mask.bounds, choice, kept);
};
