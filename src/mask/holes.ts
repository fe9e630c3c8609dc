import { clipBox, expandBox } from './box.ts';
import type { Mask } from './mask.ts';
import { bounds } from './measure.ts';

/**
 * Fills what the mask encloses, in place: every pixel rises to the lowest level over which it can be left towards the
 * image border (4-connected, so a diagonal line closes). This is hole filling by reconstruction for grey values
 * (P. Soille, Morphological Image Analysis, 6.3.7), done as a flood in order of level, so soft inner edges close too.
 */
export const fillHoles = (mask: Mask): void => {
  const set = bounds(mask);
  const box = set === null ? null : clipBox(expandBox(set, 1), mask);
  if (box === null) return;
  const { width, height } = box;
  const { data } = mask;
  const offset = box.y * mask.width + box.x;
  const place = (at: number): number => offset + Math.floor(at / width) * mask.width + (at % width);

  // One list of waiting pixels a level, chained through `next`. Pixels never reached below 255 are 255.
  const levels = new Uint8Array(width * height).fill(255);
  const next = new Int32Array(width * height);
  const heads = new Int32Array(256).fill(-1);
  const reach = (at: number, level: number): void => {
    const raised = Math.max(level, data[place(at)]);
    if (levels[at] !== 255 || raised === 255) return;
    levels[at] = raised;
    next[at] = heads[raised];
    heads[raised] = at;
  };

  for (let x = 0; x < width; x++) {
    reach(x, 0);
    reach((height - 1) * width + x, 0);
  }
  for (let y = 0; y < height; y++) {
    reach(y * width, 0);
    reach(y * width + width - 1, 0);
  }
  for (let level = 0; level < 255; level++)
    while (heads[level] !== -1) {
      const at = heads[level];
      heads[level] = next[at];
      const x = at % width;
      if (x > 0) reach(at - 1, level);
      if (x < width - 1) reach(at + 1, level);
      if (at >= width) reach(at - width, level);
      if (at < width * (height - 1)) reach(at + width, level);
    }
  for (let y = 0; y < height; y++) data.set(levels.subarray(y * width, (y + 1) * width), offset + y * mask.width);
};
