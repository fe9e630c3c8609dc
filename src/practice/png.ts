/** The header of a PNG (PNG specification, third edition, 5.2 and 11.2.1), without decoding it. */

export interface PngInfo {
  readonly width: number;
  readonly height: number;
  /** Colour type 4 or 6; a palette's transparency does not count. */
  readonly alpha: boolean;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Undefined where the bytes do not begin a PNG of at least one pixel. */
export const pngInfo = (bytes: Uint8Array): PngInfo | undefined => {
  if (bytes.length < 33 || signature.some((value, i) => bytes[i] !== value)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height, colourType] = [view.getUint32(16), view.getUint32(20), view.getUint8(25)];
  return width > 0 && height > 0 ? { width, height, alpha: colourType === 4 || colourType === 6 } : undefined;
};
