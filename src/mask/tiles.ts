/** Square pieces of a mask, numbered row by row: how page and host tell each other what was painted. */
import type { Box, Mask } from './mask.ts';
import { copyBox, fillBox } from './copy.ts';
import { isEmptyIn } from './measure.ts';

/** Side of a tile in pixels. The tiles at the right and bottom edge are full-size as well; what juts out is 0. */
export const tileSide = 256;

/** `data` null: every pixel of the tile is 0. Otherwise tileSide × tileSide bytes, rows of tileSide. */
export interface Tile {
  readonly index: number;
  readonly data: Uint8Array | null;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const columnsOf = (size: Size): number => Math.ceil(size.width / tileSide);

export const tileCount = (size: Size): number => columnsOf(size) * Math.ceil(size.height / tileSide);

/** The pixels of the image that a tile covers. */
export const tileBox = (size: Size, index: number): Box => {
  const x = (index % columnsOf(size)) * tileSide;
  const y = Math.floor(index / columnsOf(size)) * tileSide;
  return { x, y, width: Math.min(tileSide, size.width - x), height: Math.min(tileSide, size.height - y) };
};

/** Indexes of the tiles that hold a pixel of `box`, which lies inside the image. */
export const tilesTouching = (size: Size, box: Box): number[] => {
  const indexes: number[] = [];
  const right = Math.floor((box.x + box.width - 1) / tileSide);
  const bottom = Math.floor((box.y + box.height - 1) / tileSide);
  for (let row = Math.floor(box.y / tileSide); row <= bottom; row++)
    for (let column = Math.floor(box.x / tileSide); column <= right; column++)
      indexes.push(row * columnsOf(size) + column);
  return indexes;
};

/** A copy of one tile of the mask. `into`: the bytes it is written to, for who is done with each tile before the next. */
export const readTile = (mask: Mask, index: number, into?: Uint8Array): Tile => {
  const box = tileBox(mask, index);
  if (isEmptyIn(mask, box)) return { index, data: null };
  const data = into ?? new Uint8Array(tileSide * tileSide);
  if (box.width < tileSide || box.height < tileSide) data.fill(0);
  copyBox(mask, box, { width: tileSide, height: tileSide, data }, 0, 0);
  return { index, data };
};

/** Every tile that is not empty. */
export const tilesOf = (mask: Mask): Tile[] =>
  Array.from({ length: tileCount(mask) }, (_, index) => readTile(mask, index)).filter((tile) => tile.data !== null);

/** Writes tiles into the mask. An index outside the image is not written; it is for the caller to check. */
export const applyTiles = (mask: Mask, tiles: readonly Tile[]): void => {
  for (const { index, data } of tiles) {
    if (index < 0 || index >= tileCount(mask)) continue;
    const box = tileBox(mask, index);
    if (data === null) fillBox(mask, box, 0);
    else copyBox({ width: tileSide, height: tileSide, data }, { ...box, x: 0, y: 0 }, mask, box.x, box.y);
  }
};
