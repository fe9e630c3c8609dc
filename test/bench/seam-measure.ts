/** How good a filled window is: against the content without the shift, and along the edge of the hole. */
import type { Size } from '../../src/fill/geometry.ts';

export interface Quality {
  /** dB inside the hole, at most 60. */
  readonly psnr: number;
  /** Mean absolute difference at the hole's edge, levels. */
  readonly edge: number;
  /** Mean absolute difference inside, levels. */
  readonly change: number;
}

const colourful = 3;

/** Pixels of the hole with a neighbour outside it. */
const edgeOf = (hole: Uint8Array, { width, height }: Size): number[] => {
  const edge: number[] = [];
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      if (hole[at] !== 0 && [at - 1, at + 1, at - width, at + width].some((other) => hole[other] === 0)) edge.push(at);
    }
  return edge;
};

/** `made` and `ideal`: RGB, interleaved. */
export const qualityOf = (made: Uint8Array, ideal: Uint8Array, hole: Uint8Array, size: Size): Quality => {
  let [squares, sum, count] = [0, 0, 0];
  for (let at = 0; at < made.length; at++) {
    if (hole[Math.floor(at / colourful)] === 0) continue;
    const error = made[at] - ideal[at];
    squares += error * error;
    sum += Math.abs(error);
    count += 1;
  }
  const edge = edgeOf(hole, size);
  let offset = 0;
  for (const pixel of edge)
    for (let band = 0; band < colourful; band++)
      offset += Math.abs(made[pixel * colourful + band] - ideal[pixel * colourful + band]);
  return {
    psnr: squares === 0 ? 60 : Math.min(60, 10 * Math.log10((255 * 255) / (squares / count))),
    edge: offset / edge.length / colourful,
    change: sum / count,
  };
};

export interface Seam {
  /** RMS of the jump across the edge over the RMS of jumps 6 and 9 px either side of it. */
  readonly ratio: number;
  /** Signed mean of the jump, outwards, levels. */
  readonly jump: number;
}

/** Luma along the normals of a wavy ellipse: `border(angle)` is the hole's edge as a factor of both radii. */
export const seamOf = (
  picture: Uint8Array,
  { width, height }: Size,
  centre: { readonly x: number; readonly y: number },
  radii: { readonly x: number; readonly y: number },
  border: (angle: number) => number,
): Seam => {
  const luma = (x: number, y: number): number => {
    const at = (Math.round(y) * width + Math.round(x)) * colourful;
    return 0.2126 * picture[at] + 0.7152 * picture[at + 1] + 0.0722 * picture[at + 2];
  };
  const point = (angle: number) => ({
    x: centre.x + radii.x * border(angle) * Math.cos(angle),
    y: centre.y + radii.y * border(angle) * Math.sin(angle),
  });
  const places = 1440;
  const far = [-9, -6, 6, 9];
  let [sum, squares, count, farSquares, farCount] = [0, 0, 0, 0, 0];
  for (let index = 0; index < places; index++) {
    const angle = (2 * Math.PI * index) / places;
    const here = point(angle);
    const next = point(angle + 1e-4);
    const length = Math.hypot(next.x - here.x, next.y - here.y);
    const normal = { x: (next.y - here.y) / length, y: -(next.x - here.x) / length };
    const reach = 11;
    if (Math.min(here.x, here.y) < reach || here.x > width - 1 - reach || here.y > height - 1 - reach) continue;
    const jump = (distance: number): number =>
      luma(here.x + normal.x * (distance + 1.5), here.y + normal.y * (distance + 1.5)) -
      luma(here.x + normal.x * (distance - 1.5), here.y + normal.y * (distance - 1.5));
    const across = jump(0);
    sum += across;
    squares += across * across;
    count += 1;
    for (const distance of far) {
      farSquares += jump(distance) ** 2;
      farCount += 1;
    }
  }
  return { ratio: Math.sqrt(squares / count / (farSquares / farCount)), jump: sum / count };
};
