/**
 * PNG by Node's own deflate, which is native: strips of rows are compressed beside each other and beside this thread, each
 * without looking back at the one before, and joined to one zlib stream (as pigz does; RFC 1950, RFC 1951 3.2.3).
 */
import { constants, createDeflate } from 'node:zlib';
import type { Box } from '../../mask/mask.ts';
import { chunk } from '../metadata/png.ts';
import { join, latin1 } from '../metadata/parts.ts';
import { bytesOf, samplesFrom, stripRows, swapped } from '../strips.ts';
import type { Samples, VipsImage } from '../vips.ts';
import { filters, subtract } from './filter.ts';

/** Level 1 behind the up filter is faster and on photos smaller than level 3 without it (facts/raster.md 2). */
const level = 1;

/** Strips that are compressed at the same time where the picture is read while it is written. */
const atOnce = 4;

/** A strip as a zlib stream of its own whose blocks end at a whole byte, before an empty last one. */
interface Deflated {
  readonly stream: Buffer;
  /** Bytes before compression. */
  readonly length: number;
}

/** Strips by their first rows. */
export type Deflating = ReadonlyMap<number, Promise<Deflated>>;

/** Rows behind their filters: up, and for the first one sub, so that no strip needs the one above. */
const filtered = (bytes: Uint8Array, length: number, step: number): Uint8Array => {
  const rows = bytes.length / length;
  const out = new Uint8Array(bytes.length + rows);
  out[0] = filters.sub;
  out.set(bytes.subarray(0, step), 1);
  for (let at = step; at < length; at++) out[at + 1] = bytes[at] - bytes[at - step];
  const line = new Uint8Array(length);
  for (let y = 1; y < rows; y++) {
    subtract(bytes.subarray(y * length, (y + 1) * length), bytes.subarray((y - 1) * length, y * length), line);
    out[y * (length + 1)] = filters.up;
    out.set(line, y * (length + 1) + 1);
  }
  return out;
};

const deflated = async (bytes: Uint8Array): Promise<Deflated> => {
  // Room for everything: the work then goes on while this thread is busy.
  const chunkSize = bytes.length + (bytes.length >> 8) + 1024;
  const deflate = createDeflate({ level, chunkSize, flush: constants.Z_FULL_FLUSH });
  deflate.write(bytes, () => deflate.end());
  return { stream: Buffer.concat((await deflate.toArray()) as Buffer[]), length: bytes.length };
};

const deflateRows = (image: VipsImage, top: number, held?: Samples): Promise<Deflated> => {
  const native = samplesFrom(image, top, held);
  const samples = native instanceof Uint16Array ? swapped(native.slice()) : native;
  const step = image.bands * samples.BYTES_PER_ELEMENT;
  return deflated(filtered(bytesOf(samples), image.width * step, step));
};

/** Begins with the strips of an image that lies in memory, `held`, but for those that windows reach into. */
export const startDeflating = (image: VipsImage, held: Samples, windows: readonly Box[]): Deflating => {
  const strips = new Map<number, Promise<Deflated>>();
  for (let top = 0; top < image.height; top += stripRows)
    if (windows.every(({ y, height }) => y >= top + stripRows || y + height <= top))
      strips.set(top, deflateRows(image, top, held));
  return strips;
};

const modulus = 65_521;

/** Adler-32 of two runs of bytes from those of each; `length` is that of the second (RFC 1950, 8.2). */
const joinedSum = (one: number, two: number, length: number): number => {
  const [a1, b1, a2, b2] = [one & 0xffff, one >>> 16, two & 0xffff, two >>> 16];
  const a = (a1 + a2 + modulus - 1) % modulus;
  const b = (b1 + b2 + (length % modulus) * (a1 + modulus - 1)) % modulus;
  return b * 0x1_0000 + a;
};

const colourTypes = [0, 4, 2, 6];

/** Header, one IDAT a strip, and the end; of 8 or 16 bits as the image has. `started` are strips of the same image. */
export const writePng = async (image: VipsImage, started: Deflating): Promise<Buffer> => {
  const strips: Promise<Deflated>[] = [];
  for (let top = 0; top < image.height; top += stripRows) {
    strips.push(started.get(top) ?? deflateRows(image, top));
    await strips.at(-atOnce);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(image.width, 0);
  header.writeUInt32BE(image.height, 4);
  header.set([image.format === 'ushort' ? 16 : 8, colourTypes[image.bands - 1]], 8);
  const done = await Promise.all(strips);
  const sum = done.reduce((so, { stream, length }) => joinedSum(so, stream.readUInt32BE(stream.length - 4), length), 1);
  const [head, end] = [done[0].stream.subarray(0, 2), Buffer.from(done[0].stream.subarray(-6))];
  end.writeUInt32BE(sum, 2);
  const blocks = done.map(({ stream }) => stream.subarray(2, -6));
  blocks[0] = join([head, blocks[0]]);
  blocks.push(join([blocks.pop()!, end]));
  return join([
    latin1('\x89PNG\r\n\x1a\n'),
    chunk('IHDR', header),
    ...blocks.map((block) => chunk('IDAT', block)),
    chunk('IEND', new Uint8Array()),
  ]);
};
