/** Shapes as strengths: how much of each pixel they cover, from image coordinates alone, so the bytes know no zoom. */
import { clipBox } from './box.ts';
import type { Part } from './combine.ts';
import type { Box } from './mask.ts';
import type { Point } from './strokes.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The part of a rectangle of whole pixels that lies on the image; null where none does. So with the other shapes. */
export const rectanglePart = (rectangle: Box, size: Size): Part | null => {
  const box = clipBox(rectangle, size);
  return box === null ? null : { box, data: new Uint8Array(box.width * box.height).fill(255) };
};

/** The ellipse that touches the four sides of `outer`: 255 × the share of each pixel inside it, by its exact area, rounded. */
export const ellipsePart = (outer: Box, size: Size): Part | null => {
  const box = clipBox(outer, size);
  if (box === null) return null;
  const data = new Uint8Array(box.width * box.height);
  const rx = outer.width / 2;
  const ry = outer.height / 2;
  // Coordinates in which the ellipse is the unit circle about (0, 0).
  const u = (x: number): number => (x - outer.x) / rx - 1;
  const v = (y: number): number => (y - outer.y) / ry - 1;
  const halfAt = (height: number): number => Math.sqrt(Math.max(0, 1 - height * height)) * rx;
  const clampX = (x: number): number => Math.max(box.x, Math.min(box.x + box.width, x));
  for (let row = 0; row < box.height; row++) {
    const y = box.y + row;
    const top = v(y);
    const bottom = v(y + 1);
    const widest = halfAt(top < 0 && bottom > 0 ? 0 : Math.min(Math.abs(top), Math.abs(bottom)));
    const narrowest = halfAt(Math.max(Math.abs(top), Math.abs(bottom)));
    const centre = outer.x + rx;
    const start = clampX(Math.floor(centre - widest));
    const end = clampX(Math.ceil(centre + widest));
    const full = clampX(Math.ceil(centre - narrowest));
    const fullEnd = Math.max(full, clampX(Math.floor(centre + narrowest)));
    const at = row * box.width - box.x;
    const soften = (from: number, to: number): void => {
      for (let x = from; x < to; x++) {
        const area = discArea(u(x), top, u(x + 1), bottom);
        data[at + x] = Math.round(255 * Math.max(0, Math.min(1, area * rx * ry)));
      }
    };
    soften(start, Math.min(full, end));
    data.fill(255, at + full, at + fullEnd);
    soften(Math.max(start, fullEnd), end);
  }
  return { box, data };
};

/** The area that a rectangle shares with the unit disc. */
const discArea = (left: number, top: number, right: number, bottom: number): number =>
  discFrom(right, bottom) - discFrom(left, bottom) - discFrom(right, top) + discFrom(left, top);

/** The same for the rectangle between (0, 0) and (u, v), signed as u × v is. */
const discFrom = (u: number, v: number): number => {
  const x = Math.min(1, Math.abs(u));
  const y = Math.min(1, Math.abs(v));
  const sign = Math.sign(u) * Math.sign(v);
  if (x * x + y * y <= 1) return sign * x * y;
  const crossing = Math.sqrt(1 - y * y);
  return sign * (y * crossing + underArc(x) - underArc(crossing));
};

/** The area under the unit circle from 0 to x. */
const underArc = (x: number): number => (x * Math.sqrt(1 - x * x) + Math.asin(x)) / 2;

interface Edge {
  readonly top: number;
  readonly bottom: number;
  /** At the top, and per pixel downwards. */
  readonly start: number;
  readonly slope: number;
  readonly winding: 1 | -1;
  x: number;
}

/** Lines looked at in each row of pixels. Points lie on 1/16 px, so none of these lines goes through one. */
const lines = 16;

/**
 * A closed outline, filled by the non-zero rule (a loop drawn twice stays marked): 255 × the share of each pixel inside it,
 * exact along each of 16 lines a row, rounded. Null as well where it encloses nothing.
 */
export const polygonPart = (points: readonly Point[], size: Size): Part | null => {
  if (points.length < 3) return null;
  const box = clipBox(boxAround(points), size);
  if (box === null) return null;
  const data = new Uint8Array(box.width * box.height);
  const edges = edgesOf(points);
  let active: Edge[] = [];
  let next = 0;
  let covers = false;
  // The coverage of a pixel is the sum of all entries up to its own.
  const steps = new Float64Array(box.width + 2);
  const step = (x: number, by: number): void => {
    const inside = Math.max(0, Math.min(box.width, x - box.x));
    const pixel = Math.floor(inside);
    steps[pixel] += by * (pixel + 1 - inside);
    steps[pixel + 1] += by * (inside - pixel);
  };
  for (let row = 0; row < box.height; row++) {
    steps.fill(0);
    for (let line = 0; line < lines; line++) {
      const y = box.y + row + (line + 0.5) / lines;
      while (next < edges.length && edges[next].top <= y) active.push(edges[next++]);
      active = active.filter((edge) => edge.bottom > y);
      for (const edge of active) edge.x = edge.start + (y - edge.top) * edge.slope;
      active.sort((a, b) => a.x - b.x);
      let winding = 0;
      for (const edge of active) {
        const before = winding;
        winding += edge.winding;
        if (before === 0) step(edge.x, 1 / lines);
        else if (winding === 0) step(edge.x, -1 / lines);
      }
    }
    let covered = 0;
    let strength = 0;
    for (let x = 0, at = row * box.width; x < box.width; x++, at++) {
      if (steps[x] !== 0) {
        covered += steps[x];
        strength = Math.round(255 * Math.max(0, Math.min(1, covered)));
      }
      data[at] = strength;
      covers ||= strength > 0;
    }
  }
  return covers ? { box, data } : null;
};

const boxAround = (points: readonly Point[]): Box => {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (const { x, y } of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  const x = Math.floor(left);
  const y = Math.floor(top);
  return { x, y, width: Math.ceil(right) - x, height: Math.ceil(bottom) - y };
};

/** From top to bottom; level ones cover nothing. */
const edgesOf = (points: readonly Point[]): Edge[] =>
  points
    .flatMap((from, index): Edge[] => {
      const to = points[(index + 1) % points.length];
      if (from.y === to.y) return [];
      const [high, low] = from.y < to.y ? [from, to] : [to, from];
      const slope = (low.x - high.x) / (low.y - high.y);
      const winding = from.y < to.y ? 1 : -1;
      return [{ top: high.y, bottom: low.y, start: high.x, slope, winding, x: 0 }];
    })
    .sort((a, b) => a.top - b.top);
