import { orientationOf } from './exif.ts';
import type { Parsed } from './parsed.ts';
import { textAt } from './text.ts';

const flags = { animation: 0x02, exif: 0x08, alpha: 0x10, profile: 0x20 } as const;

/**
 * WebP container specification (RFC 9649). An EXIF block stands behind the pixels: where the flags promise one and the
 * bytes end before it, the header is truncated although the size is known, so that nobody works with a wrong orientation.
 */
export const parseWebp = (bytes: Uint8Array): Parsed => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = 8 + view.getUint32(4, true);
  const first = textAt(bytes, 12, 4);
  const extended = first === 'VP8X';
  const set = extended ? view.getUint8(20) : 0;
  if ((set & flags.animation) !== 0) return { fault: 'animated' };

  let size = extended ? { width: 1 + int24(view, 24), height: 1 + int24(view, 27) } : undefined;
  let hasAlpha = (set & flags.alpha) !== 0;
  let lossless = false;
  let orientation = 1;
  let seenExif = false;
  let seenPixels = false;
  let at = 12;
  while (at + 8 <= Math.min(end, bytes.length)) {
    const chunk = textAt(bytes, at, 4);
    const length = view.getUint32(at + 4, true);
    if (chunk === 'VP8 ') {
      seenPixels = true;
      size ??= { width: view.getUint16(at + 14, true) & 0x3fff, height: view.getUint16(at + 16, true) & 0x3fff };
    }
    if (chunk === 'VP8L') {
      seenPixels = true;
      lossless = true;
      const packed = view.getUint32(at + 9, true);
      size ??= { width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) };
      if (!extended) hasAlpha = ((packed >>> 28) & 1) === 1;
    }
    if (chunk === 'EXIF') {
      seenExif = at + 8 + length <= bytes.length;
      orientation = orientationOf(bytes.subarray(at + 8, at + 8 + length));
    }
    at += 8 + length + (length & 1);
  }
  if (!seenPixels || size === undefined || size.width === 0 || size.height === 0) return { fault: 'truncated' };
  if ((set & flags.exif) !== 0 && !seenExif && end > bytes.length) return { fault: 'truncated' };
  return {
    format: 'webp',
    ...size,
    orientation,
    bits: 8,
    channels: hasAlpha ? 4 : 3,
    colour: 'rgb',
    hasAlpha,
    hasProfile: (set & flags.profile) !== 0,
    lossless,
  };
};

const int24 = (view: DataView, at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
