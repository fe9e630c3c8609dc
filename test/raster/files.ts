/** Files made byte by byte for the tests: PNGs of every form, and JPEGs of any sampling and colour transform. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { chunk } from '../../src/raster/metadata/png.ts';

export const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

export interface PngForm {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** Colour type of the PNG specification. */
  readonly type: 0 | 2 | 3 | 4 | 6;
  /** One number a sample, in rows. */
  readonly samples: readonly number[];
  /** Chunks before the image data (palette, tRNS and whatever else), and behind it. */
  readonly before?: readonly Buffer[];
  readonly behind?: readonly Buffer[];
}

const samplesAPixel = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

export const png = ({ width, height, depth, type, samples, before = [], behind = [] }: PngForm): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = type;
  const perRow = width * samplesAPixel[type];
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(1 + Math.ceil((perRow * depth) / 8));
    for (let x = 0; x < perRow; x++) {
      const value = samples[y * perRow + x];
      if (depth === 16) row.writeUInt16BE(value, 1 + 2 * x);
      else row[1 + ((x * depth) >> 3)] |= value << (8 - depth - ((x * depth) & 7));
    }
    return row;
  });
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    ...behind,
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

/** Marker and content of the segments before the scan, and the scan itself. */
const takeApart = (jpeg: Buffer) => {
  const segments: Buffer[] = [];
  let at = 2;
  while (jpeg[at + 1] !== 0xda) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    segments.push(jpeg.subarray(at, end));
    at = end;
  }
  const scanHead = 2 + jpeg.readUInt16BE(at + 2);
  return { segments, scan: jpeg.subarray(at + scanHead, jpeg.length - 2) };
};

export interface Plane {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  /** Sampling factors, T.81 A.1.1. */
  readonly across: number;
  readonly down: number;
}

/** A baseline JPEG of planes, each in a scan of its own. `transform`: that of an Adobe marker; absent: none. */
export const muxedJpeg = async (
  width: number,
  height: number,
  planes: readonly Plane[],
  transform?: number,
): Promise<Buffer> => {
  const greys = await Promise.all(
    planes.map(async (plane) =>
      takeApart(
        await sharp(plane.data, { raw: { width: plane.width, height: plane.height, channels: 1 } })
          .toColourspace('b-w')
          .jpeg({ quality: 95, progressive: false })
          .toBuffer(),
      ),
    ),
  );
  const of = (marker: number, index: number): Buffer[] => greys[index].segments.filter((part) => part[1] === marker);
  const frame = Buffer.alloc(10 + 3 * planes.length);
  frame.writeUInt16BE(0xffc0, 0);
  frame.writeUInt16BE(8 + 3 * planes.length, 2);
  frame[4] = 8;
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  frame[9] = planes.length;
  planes.forEach(({ across, down }, index) => frame.set([index + 1, (across << 4) | down, 0], 10 + 3 * index));
  const adobe = Buffer.from('\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00', 'latin1');
  adobe[15] = transform ?? 0;
  const scans = greys.flatMap(({ scan }, index) => [
    ...of(0xc4, index),
    Buffer.from([0xff, 0xda, 0, 8, 1, index + 1, 0, 0, 63, 0]),
    scan,
  ]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...(transform === undefined ? [] : [adobe]),
    ...of(0xdb, 0),
    frame,
    ...scans,
    Buffer.from([0xff, 0xd9]),
  ]);
};

/** A smooth plane with some structure, different for each `phase`. */
export const plane = (width: number, height: number, phase: number): Buffer =>
  Buffer.from(
    Uint8Array.from({ length: width * height }, (_, at) =>
      Math.round(128 + 80 * Math.sin((at % width) / 9 + phase) * Math.cos(Math.floor(at / width) / 7 + phase)),
    ),
  );
