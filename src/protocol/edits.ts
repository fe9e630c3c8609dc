/**
 * An edit of the mask as it travels between page and host and lies on disk: the length of a description (4 bytes, little
 * endian), the description as JSON, and then the encoded tiles, before and after by turns.
 */
import * as v from 'valibot';
import { maskKinds, maskSettingsSchema, type MaskKind, type MaskSettings } from '../fill/record.ts';
import type { Size } from '../fill/geometry.ts';
import type { Edit, Patch } from '../mask/edits.ts';
import { maskChannels } from '../mask/sources.ts';
import { tileCount, tileSide } from '../mask/tiles.ts';

/** The file a mask came from. */
export const maskFileSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(1024)),
  channel: v.picklist(maskChannels),
  /** What of it could be taken instead. */
  channels: v.array(v.picklist(maskChannels)),
  /** Where the host finds the file again: in its list, or below 0 among the images that were handed over; null: nowhere. */
  at: v.nullable(v.pipe(v.number(), v.integer())),
});
export type MaskFile = v.InferOutput<typeof maskFileSchema>;

/** What undo keeps beside pixels. */
export interface MaskSide {
  readonly kind: MaskKind;
  /** Where the mask came from one. */
  readonly file: MaskFile | null;
  readonly settings: MaskSettings;
}

/** Changes of settings of the same `group` in a row are one edit. */
export type EditSide = MaskSide & { readonly group?: string | undefined };

/** Of a mask of this size. */
export type MaskEdit = Edit<EditSide> & Size;

const length = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(tileSide * tileSide));
const side = v.object({
  kind: v.picklist(maskKinds),
  file: v.nullable(maskFileSchema),
  settings: maskSettingsSchema,
  group: v.optional(v.string()),
});
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const describedSchema = v.object({
  width: count,
  height: count,
  before: side,
  after: side,
  /** Index of the tile, and how many bytes it takes before and after. */
  patches: v.array(v.tuple([count, length, length])),
});

export const packEdit = ({ width, height, before, after, patches }: MaskEdit): Uint8Array<ArrayBuffer> => {
  const described: v.InferInput<typeof describedSchema> = {
    width,
    height,
    before,
    after,
    patches: patches.map((patch) => [patch.index, patch.before.length, patch.after.length]),
  };
  const head = new TextEncoder().encode(JSON.stringify(described));
  const bytes = patches.reduce((sum, patch) => sum + patch.before.length + patch.after.length, 0);
  const packed = new Uint8Array(4 + head.length + bytes);
  new DataView(packed.buffer).setUint32(0, head.length, true);
  packed.set(head, 4);
  let at = 4 + head.length;
  for (const patch of patches)
    for (const data of [patch.before, patch.after]) {
      packed.set(data, at);
      at += data.length;
    }
  return packed;
};

/** The tiles stay in `packed`, which is not copied. Throws an Error where it is no edit. */
export const unpackEdit = (packed: Uint8Array): MaskEdit => {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const start = 4 + view.getUint32(0, true);
  const { patches: lengths, ...described } = v.parse(
    describedSchema,
    JSON.parse(new TextDecoder().decode(packed.subarray(4, start))),
  );
  let at = start;
  const next = (size: number): Uint8Array => packed.subarray(at, (at += size));
  const patches = lengths.map(([index, before, after]): Patch => {
    if (index >= tileCount(described)) throw new RangeError('a tile outside the mask');
    return { index, before: next(before), after: next(after) };
  });
  if (at !== packed.length) throw new RangeError('an edit of another length than it says');
  return { ...described, patches };
};
