/** EXIF made true for a finished picture by changing single values where they stand; nothing is serialised anew. */

const tags = {
  imageWidth: 0x0100,
  imageLength: 0x0101,
  orientation: 0x0112,
  thumbnailOffset: 0x0201,
  thumbnailLength: 0x0202,
  exifDirectory: 0x8769,
  pixelXDimension: 0xa002,
  pixelYDimension: 0xa003,
} as const;
const short = 3;
const long = 4;

interface Entry {
  readonly tag: number;
  readonly type: number;
  /** Where its value stands: only values of one SHORT or LONG are read. */
  readonly at: number;
}

/** A directory's entries of one SHORT or LONG, and where the offset of the next directory stands. */
const directoryAt = (view: DataView, at: number, little: boolean) => {
  const count = view.getUint16(at, little);
  const end = at + 2 + 12 * count;
  const entries: Entry[] = [];
  for (let entry = at + 2; entry < end; entry += 12) {
    const type = view.getUint16(entry + 2, little);
    if ((type === short || type === long) && view.getUint32(entry + 4, little) === 1)
      entries.push({ tag: view.getUint16(entry, little), type, at: entry + 8 });
  }
  return { entries, next: end };
};

/**
 * A copy of an EXIF block (from the TIFF header on) that says orientation 1, the pixel dimensions of the finished
 * picture, and has no thumbnail: the second directory is unlinked and the thumbnail's bytes are zero, since it shows the
 * picture as it was. All else stays byte for byte, so offsets inside maker notes stay right. What cannot be read is
 * returned as it is. CIPA DC-008 (Exif 2.32), 4.5 and 4.6.
 */
export const uprightExif = (exif: Uint8Array, size: { readonly width: number; readonly height: number }) => {
  // A Buffer's own slice is a view: the bytes of the source would change.
  const out = new Uint8Array(exif);
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  try {
    patch(view, size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return exif;
  }
  return out;
};

const patch = (view: DataView, { width, height }: { readonly width: number; readonly height: number }): void => {
  const little = view.getUint16(0) === 0x4949;
  if ((!little && view.getUint16(0) !== 0x4d4d) || view.getUint16(2, little) !== 42) return;
  const get = ({ type, at }: Entry): number =>
    type === short ? view.getUint16(at, little) : view.getUint32(at, little);
  const set = ({ type, at }: Entry, value: number): void => {
    if (type === long) view.setUint32(at, value, little);
    else if (value <= 0xffff) view.setUint16(at, value, little);
  };
  const values: Readonly<Record<number, number>> = {
    [tags.orientation]: 1,
    [tags.imageWidth]: width,
    [tags.imageLength]: height,
    [tags.pixelXDimension]: width,
    [tags.pixelYDimension]: height,
  };
  const first = directoryAt(view, view.getUint32(4, little), little);
  const second = view.getUint32(first.next, little);
  const link = first.entries.find(({ tag }) => tag === tags.exifDirectory);
  const inner = link === undefined ? [] : directoryAt(view, get(link), little).entries;
  for (const entry of [...first.entries, ...inner]) if (entry.tag in values) set(entry, values[entry.tag]);
  if (second === 0) return;
  view.setUint32(first.next, 0, little);
  const { entries, next } = directoryAt(view, second, little);
  const [offset, length] = [tags.thumbnailOffset, tags.thumbnailLength].map((wanted) => {
    const entry = entries.find(({ tag }) => tag === wanted);
    return entry === undefined ? 0 : get(entry);
  });
  // Where it claims to lie among the directories, something else lies there.
  if (offset < next + 4 || offset + length > view.byteLength) return;
  new Uint8Array(view.buffer, view.byteOffset + offset, length).fill(0);
};
