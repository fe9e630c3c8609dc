export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'gif';

export interface JpegCoding {
  /** 1 to 100: whose scaling of the standard tables comes nearest to the file's. */
  readonly quality: number;
  /** Chroma at half the width and half the height (4:2:0). */
  readonly halvedChroma: boolean;
  readonly progressive: boolean;
  /** MCUs between restart markers; 0 without them. */
  readonly restart: number;
}

export interface RawHeader {
  readonly format: ImageFormat;
  /** As stored: before the orientation is applied. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** Bits of a sample as stored; palettes count as the 8 bits of their colours. */
  readonly bits: number;
  /** Channels that decoding gives: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA or CMYK. */
  readonly channels: number;
  readonly colour: 'grey' | 'rgb' | 'palette' | 'cmyk';
  readonly hasAlpha: boolean;
  readonly hasProfile: boolean;
  /** The format keeps every sample: PNG, GIF, lossless WebP. */
  readonly lossless: boolean;
  /** How a JPEG was compressed. */
  readonly jpeg?: JpegCoding;
}

/** What a format's reader found: a header, or why there is none. */
export type Parsed = RawHeader | { readonly fault: 'truncated' | 'animated' } | { readonly unsupported: string };
