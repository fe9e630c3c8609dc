/** What describes a picture and every format can hold, taken out of one file and made true for another. */

export interface Density {
  /** Pixels a metre, or only the shape of a pixel where it is not absolute. */
  readonly x: number;
  readonly y: number;
  readonly absolute: boolean;
}

export interface Parts {
  /** The ICC profile, however broken. */
  readonly icc?: Uint8Array;
  /** From the TIFF header on, without "Exif\0\0". */
  readonly exif?: Uint8Array;
  /** The whole packet; a JPEG's extended part is merged into it. */
  readonly xmp?: Uint8Array;
  readonly density?: Density;
}

/** The finished picture that metadata must describe. */
export interface Finish {
  readonly width: number;
  readonly height: number;
  /** Channels of the written file, alpha included. */
  readonly channels: number;
  /** The orientation was applied to the samples. */
  readonly turned: boolean;
  /** A CMYK image became sRGB: its profile is no longer true. */
  readonly converted: boolean;
}

/** Larger blocks are none that a camera or an editor writes; they are not inflated. */
export const largestBlock = 1 << 24;

export const join = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

export const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A view, not a copy. */
export const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** `exif` without the "Exif\0\0" that JPEG needs and some writers put before it in WebP and PNG. */
export const bareExif = (exif: Uint8Array): Uint8Array =>
  asBuffer(exif.subarray(0, 4)).toString('latin1') === 'Exif' ? exif.subarray(6) : exif;

/**
 * Whether a profile describes samples of this many channels, by its colour space signature (ICC.1:2022, 7.2.8). One
 * without a known signature is broken: it is kept, since the picture looked as it looks with it there.
 */
export const profileFits = (icc: Uint8Array, { channels, converted }: Finish): boolean => {
  const space = asBuffer(icc.subarray(16, 20)).toString('latin1');
  if (converted || space === 'CMYK') return false;
  return space === 'GRAY' ? channels < 3 : space !== 'RGB ' || channels >= 3;
};
