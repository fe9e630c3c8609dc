/**
 * What an image file says of itself, read from its bytes without decoding. Its size and orientation are the ones that
 * page, plan and engine use; the engine turns pixels upright by this orientation and by no other reading.
 */
import { failed, ok, type Result } from '../fill/faults.ts';
import { megapixels } from '../fill/geometry.ts';
import { parseGif } from './header/gif.ts';
import { parseJpeg } from './header/jpeg.ts';
import { limitOf } from './header/limits.ts';
import { otherFormat } from './header/other.ts';
import type { Parsed, RawHeader } from './header/parsed.ts';
import { parsePng } from './header/png.ts';
import { textAt } from './header/text.ts';
import { parseWebp } from './header/webp.ts';

/** `width` and `height` are those of the upright image. */
export type Header = RawHeader;

/**
 * The header of a PNG, JPEG, WebP or GIF file. The first bytes of a file are enough for most; `image.truncated` for the
 * first bytes of a larger file means that more of it is needed. Faults: image.empty, image.notAnImage,
 * image.unsupported, image.animated, image.truncated, image.tooLarge (beyond what the engine's memory holds).
 */
export const readHeader = (bytes: Uint8Array, name: string): Result<Header> => {
  if (bytes.length === 0) return failed('image.empty', { name });
  const parsed = parse(bytes);
  if (parsed === undefined) {
    const format = otherFormat(bytes);
    return format === undefined ? failed('image.notAnImage', { name }) : failed('image.unsupported', { name, format });
  }
  if ('unsupported' in parsed) return failed('image.unsupported', { name, format: parsed.unsupported });
  if ('fault' in parsed) return failed(`image.${parsed.fault}`, { name });

  const limit = limitOf(parsed);
  const { width, height } = parsed;
  if (megapixels(parsed) > limit)
    return failed('image.tooLarge', { name, width, height, megapixels: Math.round(megapixels(parsed)), limit });
  const turned = parsed.orientation >= 5;
  return ok({ ...parsed, width: turned ? height : width, height: turned ? width : height });
};

const parse = (bytes: Uint8Array): Parsed | undefined => {
  const reader = readerOf(bytes);
  if (reader === undefined) return undefined;
  try {
    return reader(bytes);
  } catch (error) {
    if (error instanceof RangeError) return { fault: 'truncated' };
    throw error;
  }
};

const readerOf = (bytes: Uint8Array): ((bytes: Uint8Array) => Parsed) | undefined => {
  if (textAt(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return parsePng;
  if (textAt(bytes, 0, 3) === '\xff\xd8\xff') return parseJpeg;
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP') return parseWebp;
  if (/^GIF8[79]a/.test(textAt(bytes, 0, 6))) return parseGif;
  return undefined;
};
