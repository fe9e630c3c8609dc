/** PNG: our image data between the source's own chunks, byte for byte (PNG specification, third edition, 11.3). */
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { colourOf, type Colour } from '../palette.ts';
import { uprightExif } from './exif.ts';
import { asBuffer, bareExif, join, largestBlock, latin1, profileFits, type Finish, type Parts } from './parts.ts';
import { uprightXmp, withoutXmpNote } from './xmp.ts';

export const noteKeyword = 'flux-fill';
const xmpKeyword = 'XML:com.adobe.xmp';

export interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** With length, type and checksum. */
  readonly whole: Uint8Array;
}

/** The chunks of a file up to IEND or to where the bytes end. */
export const chunksOf = (png: Uint8Array): Chunk[] => {
  const bytes = asBuffer(png);
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    const type = bytes.toString('latin1', at + 4, at + 8);
    chunks.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) });
    if (type === 'IEND') break;
    at = end;
  }
  return chunks;
};

export const chunk = (type: string, data: Uint8Array): Buffer => {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
};

/** Inflated, at most `largestBlock`; undefined where that cannot be done. */
const inflated = (data: Uint8Array): Buffer | undefined => {
  try {
    return inflateSync(data, { maxOutputLength: largestBlock });
  } catch {
    return undefined;
  }
};

/** The text of an iTXt, zTXt or tEXt chunk with this keyword; undefined for other chunks and where it is broken. */
export const textOf = ({ type, data }: Chunk, keyword: string): Buffer | undefined => {
  const bytes = asBuffer(data);
  if (bytes.toString('latin1', 0, keyword.length + 1) !== `${keyword}\0`) return undefined;
  const start = keyword.length + 1;
  if (type === 'tEXt') return bytes.subarray(start);
  if (type === 'zTXt') return inflated(bytes.subarray(start + 1));
  if (type !== 'iTXt') return undefined;
  const language = bytes.indexOf(0, start + 2);
  const translated = language < 0 ? -1 : bytes.indexOf(0, language + 1);
  if (translated < 0) return undefined;
  const text = bytes.subarray(translated + 1);
  return bytes[start] === 0 ? text : inflated(text);
};

/** Keyword, not compressed, no language, no translated keyword. */
export const textChunk = (keyword: string, text: Uint8Array): Buffer =>
  chunk('iTXt', join([latin1(`${keyword}\0\0\0\0\0`), text]));

/** All chunks but the image data, which one empty chunk stands for. */
export const pngDescription = (png: Uint8Array): Buffer => {
  const chunks = chunksOf(png);
  const first = chunks.findIndex(({ type }) => type === 'IDAT');
  const kept = chunks.flatMap(({ type, whole }, index) =>
    type !== 'IDAT' ? [whole] : index === first ? [chunk('IDAT', new Uint8Array())] : [],
  );
  return join([png.subarray(0, 8), ...kept]);
};

/** The source's palette and the bits of its indexes. */
export const paletteOf = (png: Uint8Array): { readonly colours: Colour[]; readonly depth: number } => {
  const chunks = chunksOf(png);
  const data = (type: string): Uint8Array => chunks.find((each) => each.type === type)?.data ?? new Uint8Array();
  const [header, palette, alpha] = [data('IHDR'), data('PLTE'), data('tRNS')];
  const colours = Array.from({ length: Math.floor(palette.length / 3) }, (_, index) =>
    colourOf(palette[3 * index], palette[3 * index + 1], palette[3 * index + 2], alpha[index] ?? 255),
  );
  return { colours, depth: header[8] };
};

/** A grey PNG whose samples are indexes, as a palette PNG: only header and palette differ. */
export const asIndexed = (grey: Uint8Array, palette: readonly Colour[], hasAlpha: boolean): Buffer => {
  const chunks = chunksOf(grey);
  const header = Buffer.from(chunks[0].data);
  header[9] = 3;
  const bytes = palette.map((colour) => [colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255, colour >>> 24]);
  const opaque = bytes.findLastIndex(([, , , alpha]) => alpha < 255) + 1;
  // One entry at least says that there is alpha.
  const alpha = bytes.slice(0, Math.max(1, opaque)).map((colour) => colour[3]);
  return join([
    grey.subarray(0, 8),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(bytes.flatMap((colour) => colour.slice(0, 3)))),
    ...(hasAlpha ? [chunk('tRNS', Buffer.from(alpha))] : []),
    ...chunks.filter(({ type }) => type === 'IDAT' || type === 'IEND').map(({ whole }) => whole),
  ]);
};

const profileIn = (data: Uint8Array): Buffer | undefined => {
  const end = data.indexOf(0);
  return end < 0 ? undefined : inflated(data.subarray(end + 2));
};

export const pngParts = (png: Uint8Array): Parts => {
  const chunks = chunksOf(png);
  const data = (type: string): Uint8Array | undefined => chunks.find((each) => each.type === type)?.data;
  const profile = data('iCCP');
  const icc = profile && profileIn(profile);
  const exif = data('eXIf');
  const xmp = chunks.map((each) => textOf(each, xmpKeyword)).find((text) => text !== undefined);
  const physical = data('pHYs');
  const density = physical?.length === 9 ? asBuffer(physical) : undefined;
  return {
    ...(icc && { icc }),
    ...(exif && { exif: bareExif(exif) }),
    ...(xmp && { xmp }),
    ...(density && {
      density: { x: density.readUInt32BE(0), y: density.readUInt32BE(4), absolute: density[8] === 1 },
    }),
  };
};

/** Chunks that say how the samples are stored, or what only the old samples were: never the source's. */
const storage = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND', 'hIST', 'acTL', 'fcTL', 'fdAT'];
/** Chunks whose meaning hangs on colour type, depth and palette. */
const ofForm = ['sBIT', 'bKGD'];
/** Marked "unsafe to copy" by their names, but they speak of no single sample. */
const independent = ['cHRM', 'gAMA', 'iCCP', 'sRGB', 'cICP', 'mDCV', 'cLLI', 'tIME', 'sPLT', 'pCAL', 'sCAL', 'sTER'];

/**
 * Whether a chunk of the source is still true for the new samples. Unknown ones by the rule of their names (5.4): an
 * editor that changes samples drops the unsafe ones. Among those are caBX, signed for the old samples, and Apple's iDOT.
 */
const isKept = (type: string, sameForm: boolean, converted: boolean): boolean => {
  if (storage.includes(type)) return false;
  if (ofForm.includes(type)) return sameForm;
  if (type === 'iCCP') return !converted;
  return independent.includes(type) || (type.charCodeAt(3) & 0x20) !== 0;
};

/** The source's chunk as it stands in the new file. */
const carried = (each: Chunk, finish: Finish): Uint8Array => {
  if (each.type === 'eXIf') return chunk('eXIf', uprightExif(each.data, finish));
  const xmp = textOf(each, xmpKeyword);
  if (xmp === undefined) return each.whole;
  const upright = withoutXmpNote(uprightXmp(xmp, finish));
  return upright.equals(xmp) ? each.whole : textChunk(xmpKeyword, upright);
};

/** Colour type, depth and the palette's first entries are the source's. */
const isSameForm = (made: readonly Chunk[], source: readonly Chunk[]): boolean => {
  const data = (chunks: readonly Chunk[], type: string): Buffer =>
    asBuffer(chunks.find((each) => each.type === type)?.data ?? new Uint8Array());
  const [mine, its] = [data(made, 'IHDR'), data(source, 'IHDR')];
  const palette = data(source, 'PLTE');
  return (
    mine.subarray(8, 10).equals(its.subarray(8, 10)) &&
    (mine[9] !== 3 || data(made, 'PLTE').subarray(0, palette.length).equals(palette))
  );
};

/** Chunks that stand for the parts of another format's file. */
const chunksFrom = ({ icc, exif, xmp, density }: Parts, finish: Finish): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  if (icc && profileFits(icc, finish)) chunks.push(chunk('iCCP', join([latin1('ICC\0\0'), deflateSync(icc)])));
  if (finish.converted) chunks.push(chunk('sRGB', Uint8Array.of(0)));
  if (density) {
    const data = Buffer.alloc(9);
    data.writeUInt32BE(density.x, 0);
    data.writeUInt32BE(density.y, 4);
    data[8] = density.absolute ? 1 : 0;
    chunks.push(chunk('pHYs', data));
  }
  if (exif) chunks.push(chunk('eXIf', uprightExif(exif, finish)));
  if (xmp) chunks.push(textChunk(xmpKeyword, withoutXmpNote(uprightXmp(xmp, finish))));
  return chunks;
};

/**
 * Header, palette and image data of `made`, and around them what describes the picture: the chunks of `source` (a PNG),
 * each on its side of palette and image data, or else `parts`. Nothing else of `made` stays. The note stands in an iTXt
 * chunk of its own right after the header; an older one is dropped.
 */
export const splicePng = (
  made: Uint8Array,
  source: Uint8Array | undefined,
  parts: Parts,
  finish: Finish,
  note: string | undefined,
): Buffer => {
  const own = chunksOf(made);
  const ours = (type: string): Uint8Array[] => own.filter((each) => each.type === type).map(({ whole }) => whole);
  const theirs = source === undefined ? [] : chunksOf(source);
  const sameForm = isSameForm(own, theirs);
  const kept = (from: number, to: number): Uint8Array[] =>
    theirs
      .slice(from, to)
      .filter((each) => isKept(each.type, sameForm, finish.converted) && textOf(each, noteKeyword) === undefined)
      .map((each) => carried(each, finish));
  const pixels = Math.max(
    0,
    theirs.findIndex(({ type }) => type === 'IDAT'),
  );
  const palette = theirs.findIndex(({ type }) => type === 'PLTE');
  const colours = palette < 0 ? pixels : palette;
  return join([
    made.subarray(0, 8),
    ...ours('IHDR'),
    ...(note === undefined ? [] : [textChunk(noteKeyword, Buffer.from(note, 'utf8'))]),
    ...(source === undefined ? chunksFrom(parts, finish) : kept(0, colours)),
    ...ours('PLTE'),
    ...ours('tRNS'),
    ...kept(colours, pixels),
    ...ours('IDAT'),
    ...kept(pixels, theirs.length),
    ...ours('IEND'),
  ]);
};
