import { textAt } from './text.ts';

const starts: readonly (readonly [string, string])[] = [
  ['II*\0', 'TIFF'],
  ['MM\0*', 'TIFF'],
  ['II+\0', 'TIFF'],
  ['MM\0+', 'TIFF'],
  ['8BPS', 'Photoshop'],
  ['\0\0\x01\0', 'icon'],
  ['\xff\x0a', 'JPEG XL'],
  ['\0\0\0\x0cJXL ', 'JPEG XL'],
  ['\0\0\0\x0cjP  ', 'JPEG 2000'],
  ['v/1\x01', 'OpenEXR'],
  ['#?RADIANCE', 'Radiance'],
  ['%PDF-', 'PDF'],
];

const brands: Readonly<Record<string, string>> = {
  avif: 'AVIF',
  avis: 'AVIF',
  heic: 'HEIC',
  heix: 'HEIC',
  heim: 'HEIC',
  heis: 'HEIC',
  hevc: 'HEIC',
  mif1: 'HEIF',
  msf1: 'HEIF',
};

/** The name of an image format that is not supported, by the first bytes; undefined where it is none we know. */
export const otherFormat = (bytes: Uint8Array): string | undefined => {
  const head = textAt(bytes, 0, 1024);
  const known = starts.find(([start]) => head.startsWith(start));
  if (known !== undefined) return known[1];
  if (head.startsWith('ftyp', 4)) return brands[head.slice(8, 12)];
  if (head.startsWith('BM') && head.slice(6, 10) === '\0\0\0\0') return 'BMP';
  if (/^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^]*?|<!--[^]*?|<!DOCTYPE svg[^]*?)?<svg[\s>]/.test(head)) return 'SVG';
  return undefined;
};
