/** Putting a part into a mask: as the selections of paint programs are put together. */
import { clipBox, joinBoxes } from './box.ts';
import { copyBox, cutBox } from './copy.ts';
import type { Box, Mask } from './mask.ts';
import { bounds } from './measure.ts';
import { fillRectangle } from './strokes.ts';

/** Strengths of the pixels inside `box`, which lies inside the image; 0 everywhere else. */
export interface Part {
  readonly box: Box;
  /** box.width × box.height bytes. */
  readonly data: Uint8Array;
}

export const combineModes = ['replace', 'add', 'subtract', 'intersect'] as const;

/** `add`: the stronger of both; `subtract`: what the part leaves; `intersect`: the weaker of both; `replace`: the part alone. */
export type CombineMode = (typeof combineModes)[number];

/** Where combining may change the mask; null: nowhere. */
export const combineBox = (mask: Mask, part: Part, mode: CombineMode): Box | null => {
  if (mode === 'add') return part.box;
  const set = bounds(mask);
  if (mode === 'replace') return joinBoxes(set, part.box);
  return set === null ? null : mode === 'subtract' ? part.box : set;
};

/** Combines inside `box`, which is `combineBox` of the same three. */
export const combine = (mask: Mask, part: Part, mode: CombineMode, box: Box): void => {
  if (mode === 'replace') {
    fillRectangle(mask, box, 'erase');
    return paste(mask, part, part.box);
  }
  if (mode === 'intersect') eraseAround(mask, box, part.box);
  const { data } = mask;
  for (let y = 0, from = 0; y < part.box.height; y++) {
    let at = (part.box.y + y) * mask.width + part.box.x;
    for (const end = from + part.box.width; from < end; from++, at++) {
      const strength = part.data[from];
      if (mode === 'add') data[at] = Math.max(data[at], strength);
      else data[at] = Math.min(data[at], mode === 'subtract' ? 255 - strength : strength);
    }
  }
};

/** Empties what lies inside `box` and outside `kept`. */
const eraseAround = (mask: Mask, box: Box, kept: Box): void => {
  const right = box.x + box.width;
  for (let y = box.y; y < box.y + box.height; y++) {
    const row = y * mask.width;
    const inside = y >= kept.y && y < kept.y + kept.height;
    const left = inside ? Math.min(right, Math.max(box.x, kept.x)) : right;
    mask.data.fill(0, row + box.x, row + left);
    if (inside) mask.data.fill(0, row + Math.max(left, kept.x + kept.width), row + right);
  }
};

/** Writes the part with its top left at `at`, over what is there; what falls off the image is lost. */
export const paste = (mask: Mask, part: Part, at: { readonly x: number; readonly y: number }): void => {
  const { width, height } = part.box;
  const box = clipBox({ x: at.x, y: at.y, width, height }, mask);
  if (box === null) return;
  copyBox({ width, height, data: part.data }, { ...box, x: box.x - at.x, y: box.y - at.y }, mask, box.x, box.y);
};

/** A copy of the mask inside `box`. */
export const cutPart = (mask: Mask, box: Box): Part => ({ box, data: cutBox(mask, box).data });
