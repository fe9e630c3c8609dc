/** The outline of a shape that is being drawn: a white line on a dark one, above the image. */
import type { Box } from '../../mask/mask.ts';
import type { Point } from '../../mask/strokes.ts';
import type { Stage } from './stage.ts';
import { drawnView } from './view.ts';

export type Outline =
  | { readonly kind: 'rectangle' | 'ellipse'; readonly box: Box }
  | { readonly kind: 'lasso'; readonly points: readonly Point[] }
  | { readonly kind: 'polygon'; readonly points: readonly Point[]; readonly cursor: Point };

/** The whole pixels between two corners; at least one. */
export const boxBetween = (a: Point, b: Point): Box => {
  const x = Math.round(Math.min(a.x, b.x));
  const y = Math.round(Math.min(a.y, b.y));
  return {
    x,
    y,
    width: Math.max(1, Math.round(Math.max(a.x, b.x)) - x),
    height: Math.max(1, Math.round(Math.max(a.y, b.y)) - y),
  };
};

/** The corner that makes a square of whole pixels with `from`, towards `to` and as long as the longer side. */
export const squareTo = (from: Point, to: Point): Point => {
  const side = Math.round(Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y)));
  const x = Math.round(from.x);
  const y = Math.round(from.y);
  return { x: to.x < from.x ? x - side : x + side, y: to.y < from.y ? y - side : y + side };
};

const space = 'http://www.w3.org/2000/svg';

/** Puts the layer onto the stage; what it returns shows an outline, or none. */
export const createOutline = (stage: Stage): ((outline: Outline | null) => void) => {
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'outline');
  svg.setAttribute('aria-hidden', 'true');
  const lines = ['halo', 'line'].map((name) => {
    const path = document.createElementNS(space, 'path');
    path.setAttribute('class', name);
    return path;
  });
  svg.append(...lines);
  stage.element.append(svg);
  let shown: Outline | null = null;

  const draw = (): void => {
    svg.classList.toggle('shown', shown !== null);
    if (shown === null) return;
    const view = drawnView(stage.view());
    const x = (of: number): number => (view.x + of * view.scale) / devicePixelRatio;
    const y = (of: number): number => (view.y + of * view.scale) / devicePixelRatio;
    const data = pathOf(shown, x, y);
    for (const line of lines) line.setAttribute('d', data);
  };
  stage.onView(draw);
  return (outline) => {
    shown = outline;
    draw();
  };
};

const pathOf = (outline: Outline, x: (of: number) => number, y: (of: number) => number): string => {
  const through = (points: readonly Point[]): string =>
    `M${points.map((point) => `${x(point.x).toFixed(2)} ${y(point.y).toFixed(2)}`).join('L')}`;
  switch (outline.kind) {
    case 'rectangle': {
      const { box } = outline;
      return `M${x(box.x)} ${y(box.y)}H${x(box.x + box.width)}V${y(box.y + box.height)}H${x(box.x)}Z`;
    }
    case 'ellipse': {
      const { box } = outline;
      const radii = `${(x(box.width) - x(0)) / 2} ${(y(box.height) - y(0)) / 2} 0 0 1`;
      const middle = y(box.y + box.height / 2);
      return `M${x(box.x)} ${middle}A${radii} ${x(box.x + box.width)} ${middle}A${radii} ${x(box.x)} ${middle}Z`;
    }
    case 'lasso':
      return through(outline.points);
    case 'polygon': {
      const { points, cursor } = outline;
      if (points.length === 0) return '';
      const corners = points.map((point) => `M${x(point.x) - 3} ${y(point.y) - 3}h6v6h-6Z`);
      return `${through([...points, cursor])}${corners.join('')}`;
    }
  }
};
