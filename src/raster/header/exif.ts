const orientationTag = 0x0112;
const types = { short: 3, long: 4 } as const;

/**
 * The orientation of an EXIF block: 1 to 8, and 1 where it says nothing sensible. `exif` starts at the TIFF header
 * ("II" or "MM"); an "Exif\0\0" before it, as some WebP files have, is skipped. CIPA DC-008, 4.6.
 */
export const orientationOf = (exif: Uint8Array): number => {
  const named = exif.length >= 6 && exif[0] === 0x45 && exif[1] === 0x78 && exif[4] === 0 && exif[5] === 0;
  const bytes = named ? exif.subarray(6) : exif;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 8) return 1;
  const little = view.getUint16(0) === 0x4949;
  if ((!little && view.getUint16(0) !== 0x4d4d) || view.getUint16(2, little) !== 42) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return 1;
  const entries = view.getUint16(directory, little);
  for (let entry = 0, at = directory + 2; entry < entries && at + 12 <= view.byteLength; entry++, at += 12) {
    if (view.getUint16(at, little) !== orientationTag) continue;
    const type = view.getUint16(at + 2, little);
    if (type !== types.short && type !== types.long) return 1;
    const value = type === types.short ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
};
