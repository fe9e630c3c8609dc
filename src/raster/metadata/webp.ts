/** WebP: our image data among the source's own chunks (RFC 9649, 2.7). */
import { uprightExif } from './exif.ts';
import { asBuffer, bareExif, join, latin1, profileFits, type Finish, type Parts } from './parts.ts';
import { uprightXmp, withoutXmpNote, withXmpNote } from './xmp.ts';

const flags = { xmp: 0x04, exif: 0x08, alpha: 0x10, profile: 0x20 } as const;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

const chunksOf = (webp: Uint8Array): Chunk[] => {
  const bytes = asBuffer(webp);
  const end = bytes.length < 12 ? 0 : Math.min(bytes.length, 8 + bytes.readUInt32LE(4));
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= end;) {
    const length = bytes.readUInt32LE(at + 4);
    if (at + 8 + length > end) break;
    chunks.push({ type: bytes.toString('latin1', at, at + 4), data: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length & 1);
  }
  return chunks;
};

const written = ({ type, data }: Chunk): Buffer => {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return join([head, data, new Uint8Array(data.length & 1)]);
};

export const webpParts = (webp: Uint8Array): Parts => {
  const chunks = chunksOf(webp);
  const data = (type: string): Buffer | undefined => chunks.find((each) => each.type === type)?.data;
  const [icc, exif, xmp] = [data('ICCP'), data('EXIF'), data('XMP ')];
  return { ...(icc && { icc }), ...(exif && { exif: bareExif(exif) }), ...(xmp && { xmp }) };
};

/** The source's EXIF as it stands in the new file, with "Exif\0\0" before it where it was there. */
const exifFrom = (source: readonly Chunk[], exif: Uint8Array, finish: Finish): Buffer => {
  const own = source.find(({ type }) => type === 'EXIF')?.data;
  const before = own === undefined ? 0 : own.length - exif.length;
  return join([own?.subarray(0, before) ?? new Uint8Array(), uprightExif(exif, finish)]);
};

/** Chunks of the container itself; the rest of a source's are of others, and kept but for signed manifests. */
const ofContainer = ['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF', 'ICCP', 'EXIF', 'XMP ', 'C2PA'];

/** The header of an extended file: flags, and both sides less one in 24 bits. */
const extendedHeader = (set: number, { width, height }: Finish): Chunk => {
  const data = Buffer.alloc(10);
  data[0] = set;
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return { type: 'VP8X', data };
};

/**
 * The image data of `made` with what describes the picture (`parts`, and unknown chunks of `source` where that is a
 * WebP). `noted` is false where the source's XMP is none that can be added to.
 */
export const spliceWebp = (
  made: Uint8Array,
  source: Uint8Array | undefined,
  parts: Parts,
  finish: Finish,
  note: string | undefined,
): { readonly bytes: Buffer; readonly noted: boolean } => {
  const pixels = chunksOf(made).filter(({ type }) => ['ALPH', 'VP8 ', 'VP8L'].includes(type));
  const theirs = source === undefined ? [] : chunksOf(source);
  const icc = parts.icc && profileFits(parts.icc, finish) ? asBuffer(parts.icc) : undefined;
  const exif = parts.exif && exifFrom(theirs, parts.exif, finish);
  const upright = parts.xmp && withoutXmpNote(uprightXmp(parts.xmp, finish));
  const withNote = note === undefined ? undefined : withXmpNote(upright, note);
  const xmp = withNote ?? upright;
  const chunkOf = (type: string, data: Buffer | undefined): Chunk[] => (data === undefined ? [] : [{ type, data }]);
  const alpha = finish.channels === 2 || finish.channels === 4;
  const set = (icc ? flags.profile : 0) | (alpha ? flags.alpha : 0) | (exif ? flags.exif : 0) | (xmp ? flags.xmp : 0);
  const body = join(
    [
      extendedHeader(set, finish),
      ...chunkOf('ICCP', icc),
      ...pixels,
      ...chunkOf('EXIF', exif),
      ...chunkOf('XMP ', xmp),
      ...theirs.filter(({ type }) => !ofContainer.includes(type)),
    ].map(written),
  );
  const head = latin1('RIFF\0\0\0\0WEBP');
  head.writeUInt32LE(4 + body.length, 4);
  return { bytes: join([head, body]), noted: note === undefined || withNote !== undefined };
};
