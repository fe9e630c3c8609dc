import type { Parsed } from './parsed.ts';
import { orientationOf } from './exif.ts';
import { textAt } from './text.ts';

/** Channels of the samples that decoding gives, by colour type; a palette becomes RGB. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };
const colours = { 0: 'grey', 2: 'rgb', 3: 'palette', 4: 'grey', 6: 'rgb' } as const;

/** PNG specification (third edition), 11.2 and 11.3. Reads the chunks before the first IDAT. */
export const parsePng = (bytes: Uint8Array): Parsed => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8) !== 13 || textAt(bytes, 12, 4) !== 'IHDR') return { fault: 'truncated' };
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  const bits = view.getUint8(24);
  const type = view.getUint8(25);
  if (!(type in channelsOf) || width === 0 || height === 0) return { fault: 'truncated' };

  let orientation = 1;
  let transparent = false;
  let hasProfile = false;
  for (let at = 33; at + 8 <= bytes.length;) {
    const length = view.getUint32(at);
    const chunk = textAt(bytes, at + 4, 4);
    if (chunk === 'IDAT' || chunk === 'IEND') break;
    if (chunk === 'acTL') return { fault: 'animated' };
    if (chunk === 'tRNS') transparent = true;
    if (chunk === 'iCCP') hasProfile = true;
    if (chunk === 'eXIf') orientation = orientationOf(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const hasAlpha = type === 4 || type === 6 || transparent;
  return {
    format: 'png',
    width,
    height,
    orientation,
    bits: type === 3 ? 8 : bits,
    channels: channelsOf[type] + (transparent && type !== 4 && type !== 6 ? 1 : 0),
    colour: colours[type as keyof typeof colours],
    hasAlpha,
    hasProfile,
    lossless: true,
  };
};
