/**
 * PNG of the plain kinds by Node's own inflate, which is native and works beside this thread: a third of the time that libvips
 * as WebAssembly takes. Everything else is left to libvips, and so is saying what is wrong with a file.
 */
import { crc32, createInflate } from 'node:zlib';
import { asBuffer } from '../metadata/parts.ts';
import { chunksOf, type Chunk } from '../metadata/png.ts';
import { bytesOf, stripRows, swapped, type Strip } from '../strips.ts';
import type { Samples } from '../vips.ts';
import { unfilter } from './filter.ts';

export interface PlainPng {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  /** 16 bits a sample, otherwise 8. */
  readonly wide: boolean;
  /** The filtered rows, as a zlib stream. */
  readonly data: Buffer;
}

const bandsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };

const isSound = ({ whole }: Chunk): boolean =>
  crc32(whole.subarray(4, -4)) === asBuffer(whole).readUInt32BE(whole.length - 4);

/** Chunks that plain files may have besides those that need not be understood. */
const known = ['IHDR', 'PLTE', 'IDAT', 'IEND'];
const isKnown = ({ type }: Chunk): boolean => known.includes(type) || (type.charCodeAt(0) & 0x20) !== 0;

/**
 * A file of 8 or 16 bits a sample, not interlaced, without palette and transparent colour, whole and with true checksums;
 * undefined for any other.
 */
export const plainPng = (bytes: Uint8Array): PlainPng | undefined => {
  const chunks = chunksOf(bytes);
  const [first, last] = [chunks[0], chunks.at(-1)];
  if (first?.type !== 'IHDR' || first.data.length !== 13 || last?.type !== 'IEND') return undefined;
  const header = asBuffer(first.data);
  const [bits, colour, compression, filter, interlace] = header.subarray(8);
  const isPlain = (bits === 8 || bits === 16) && colour in bandsOf && compression + filter + interlace === 0;
  if (!isPlain || chunks.some((each) => each.type === 'tRNS' || !isKnown(each) || !isSound(each))) return undefined;
  const data = chunks.filter(({ type }) => type === 'IDAT').map((each) => each.data);
  return {
    width: header.readUInt32BE(0),
    height: header.readUInt32BE(4),
    bands: bandsOf[colour],
    wide: bits === 16,
    data: Buffer.concat(data),
  };
};

const asSamples = (bytes: Uint8Array, wide: boolean): Samples =>
  wide ? swapped(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)) : bytes;

/**
 * The samples from the top down, strip by strip. `place` answers where the samples of so many bytes, which begin at
 * byte `at` of the raster, shall lie; it may be the same place each time. Throws where the data is damaged, too short
 * or too long.
 */
export async function* readStrips(
  { width, height, bands, wide, data }: PlainPng,
  place: (at: number, length: number) => Uint8Array,
): AsyncGenerator<Strip> {
  const step = bands * (wide ? 2 : 1);
  const length = width * step;
  const inflate = createInflate({ chunkSize: Math.max(64, Math.min(height, stripRows) * (length + 1)) });
  inflate.end(data);
  let above: Uint8Array = new Uint8Array(length);
  let top = 0;
  for await (const part of inflate as AsyncIterable<Buffer>) {
    const rows = Math.min(stripRows, height - top);
    if (part.length !== rows * (length + 1)) throw new RangeError(`row ${top}`);
    const bytes = place(top * length, rows * length);
    for (let y = 0; y < rows; y++) {
      const from = y * (length + 1);
      const row = bytes.subarray(y * length, (y + 1) * length);
      unfilter(part[from], part.subarray(from + 1, from + 1 + length), row, above, step);
      above = row;
    }
    // A copy: its place may be used again, and its bytes change their order.
    above = new Uint8Array(above);
    yield { top, samples: asSamples(bytes, wide) };
    top += rows;
  }
  if (top !== height) throw new RangeError(`row ${top}`);
}

/** All samples at once. Throws as readStrips does. */
export const readSamples = async (png: PlainPng): Promise<Samples> => {
  const { width, height, bands, wide } = png;
  const samples = new (wide ? Uint16Array : Uint8Array)(width * height * bands);
  const bytes = bytesOf(samples);
  const strips = readStrips(png, (at, length) => bytes.subarray(at, at + length));
  while ((await strips.next()).done !== true);
  return samples;
};
