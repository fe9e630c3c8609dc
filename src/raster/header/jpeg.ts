import { orientationOf } from './exif.ts';
import type { Parsed } from './parsed.ts';
import { textAt } from './text.ts';

const markers = { start: 0xda, tables: 0xdb, restart: 0xdd, app1: 0xe1, app2: 0xe2, end: 0xd9 } as const;

/** Start of frame: all of C0 to CF but the tables DHT, JPG and DAC. ITU-T T.81, table B.1. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Frames that libjpeg decodes: baseline, extended and progressive, Huffman or arithmetic coding. */
const decodable: readonly number[] = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];

/** Markers without a length: TEM and the restarts. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** The luminance table of ITU-T T.81, K.1, which is quality 50, in zigzag order as files hold it. */
const standard = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
  60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121,
  112, 100, 120, 92, 101, 103, 99,
];

/** The quality whose scaling of the standard table (libjpeg, jcparam.c) comes nearest to this one, value by value. */
const qualityOf = (table: readonly number[]): number => {
  let best = { quality: 1, distance: Number.POSITIVE_INFINITY };
  for (let quality = 100; quality >= 1; quality--) {
    const percent = quality < 50 ? Math.floor(5_000 / quality) : 200 - 2 * quality;
    const distance = standard.reduce((sum, value, index) => {
      const scaled = Math.max(1, Math.min(255, Math.floor((value * percent + 50) / 100)));
      return sum + Math.abs(scaled - table[index]);
    }, 0);
    if (distance < best.distance) best = { quality, distance };
  }
  return best.quality;
};

/** Reads the segments up to the first scan. */
export const parseJpeg = (bytes: Uint8Array): Parsed => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation: number | undefined;
  let hasProfile = false;
  let luminance: readonly number[] | undefined;
  let restart = 0;
  let frame:
    | { precision: number; width: number; height: number; components: number; halved: boolean; progressive: boolean }
    | undefined;

  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker === 0xff || isBare(marker)) {
      at += bytes[at] === 0xff && marker !== 0xff ? 2 : 1;
      continue;
    }
    if (marker === markers.start || marker === markers.end) break;
    const length = view.getUint16(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + Math.max(2, length));
    if (isFrame(marker)) {
      if (!decodable.includes(marker)) return { unsupported: 'lossless or hierarchical JPEG' };
      frame = {
        precision: view.getUint8(at + 4),
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        components: view.getUint8(at + 9),
        halved: view.getUint8(at + 11) === 0x22 && segment[10] === 0x11,
        progressive: marker === 0xc2 || marker === 0xca,
      };
    }
    if (marker === markers.tables) luminance ??= firstTable(segment);
    if (marker === markers.restart) restart = view.getUint16(at + 4);
    if (marker === markers.app1 && textAt(segment, 0, 6) === 'Exif\0\0') orientation ??= orientationOf(segment);
    if (marker === markers.app2 && textAt(segment, 0, 12) === 'ICC_PROFILE\0') hasProfile = true;
    at += 2 + Math.max(2, length);
  }
  if (frame === undefined || frame.width === 0 || frame.height === 0) return { fault: 'truncated' };
  if (frame.precision !== 8) return { unsupported: `${frame.precision}-bit JPEG` };
  if (![1, 3, 4].includes(frame.components)) return { unsupported: `${frame.components}-channel JPEG` };
  return {
    format: 'jpeg',
    width: frame.width,
    height: frame.height,
    orientation: orientation ?? 1,
    bits: 8,
    channels: frame.components,
    colour: frame.components === 1 ? 'grey' : frame.components === 3 ? 'rgb' : 'cmyk',
    hasAlpha: false,
    hasProfile,
    lossless: false,
    jpeg: {
      quality: qualityOf(luminance ?? standard),
      halvedChroma: frame.halved,
      progressive: frame.progressive,
      restart,
    },
  };
};

/** The first quantisation table of a DQT segment; undefined where it is not the luminance table. */
const firstTable = (segment: Uint8Array): readonly number[] | undefined => {
  const wide = segment[0] >> 4 !== 0;
  if ((segment[0] & 15) !== 0 || segment.length < (wide ? 129 : 65)) return undefined;
  return Array.from({ length: 64 }, (_, index) =>
    wide ? (segment[1 + 2 * index] << 8) | segment[2 + 2 * index] : segment[1 + index],
  );
};
