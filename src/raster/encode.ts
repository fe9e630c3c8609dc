/** The finished raster as a file: an exact PNG, or another format with what that loses, described as the source is. */
import type { Fill, SaveChoice } from '../fill/record.ts';
import type { Box } from '../mask/mask.ts';
import type { Header } from './header.ts';
import { describe, type SourceFile } from './metadata.ts';
import { asBuffer } from './metadata/parts.ts';
import { asIndexed, paletteOf } from './metadata/png.ts';
import { noteText } from './note.ts';
import { fitsGrey, indexed } from './palette.ts';
import { startDeflating, writePng, type Deflating } from './png/write.ts';
import { imageOf, type Samples, type Vips, type VipsImage } from './vips.ts';

export interface Encoded {
  readonly bytes: Uint8Array;
  /** With the dot. */
  readonly extension: string;
  /** True where decoding the bytes gives the very samples that were encoded. */
  readonly exact: boolean;
  /** False where a note was given and the format's metadata had no room for it. */
  readonly noted: boolean;
}

export interface About {
  readonly header: Header;
  readonly description: SourceFile;
  /** The source was CMYK; the raster is sRGB. */
  readonly converted: boolean;
}

/** For what is written in fewer than 8 bits, by libvips. */
const png = { compression: 1, filter: 'none', keep: 'none' } as const;
const jpegQuality = 92;
const webpQuality = 90;

type Format = 'png' | 'jpeg' | 'webp';

/** Pixels that a side may have at most: libjpeg's JPEG_MAX_DIMENSION, libwebp's WEBP_MAX_DIMENSION. */
const longestSide = { png: Infinity, jpeg: 65_500, webp: 16_383 } as const;

/** JPEG has no alpha and 8 bits, WebP 8 bits, both an end: what does not fit becomes an exact PNG, as do GIF and CMYK. */
const formatFor = (as: SaveChoice, image: VipsImage, { header, converted }: About): Format => {
  const wanted = as !== 'source' ? as : header.format === 'gif' || converted ? 'png' : header.format;
  const fits =
    image.format === 'uchar' &&
    (wanted !== 'jpeg' || !image.hasAlpha()) &&
    Math.max(image.width, image.height) <= longestSide[wanted];
  return fits ? wanted : 'png';
};

/** As indexes where the source was and the picture still has few enough colours. */
const palettePng = (vips: Vips, again: () => VipsImage, description: SourceFile): Uint8Array | undefined => {
  const image = again();
  const { colours, depth } = paletteOf(description.bytes);
  const made = indexed(again, colours, depth);
  if (made === undefined) return undefined;
  // A grey of as many bits has the same image data as indexes.
  const unit = 255 / (2 ** made.depth - 1);
  const spread = made.indexes.map((index) => index * unit);
  const grey = imageOf(vips, spread, image.width, image.height);
  const bytes = grey.pngsaveBuffer({ ...png, bitdepth: made.depth });
  return asIndexed(bytes, made.palette, image.hasAlpha());
};

/** In fewer than 8 bits, as the source was; undefined where the picture does not fit into them, or the source was not. */
const narrowPng = (vips: Vips, again: () => VipsImage, { header, description }: About): Uint8Array | undefined => {
  const { format, colour, bits } = header;
  if (format !== 'png') return undefined;
  if (colour === 'palette') return palettePng(vips, again, description);
  return bits < 8 && again().bands === 1 && fitsGrey(again(), bits)
    ? again().pngsaveBuffer({ ...png, bitdepth: bits })
    : undefined;
};

/** Begins to write what the windows do not change, where all of it is kept: that goes on while the windows are filled. */
export const startEncoding = (
  image: VipsImage,
  samples: Samples,
  as: SaveChoice,
  about: About,
  windows: readonly Box[],
): Deflating => {
  const { format, colour, bits } = about.header;
  const isNarrow = format === 'png' && (colour === 'palette' || bits < 8);
  return formatFor(as, image, about) === 'png' && !isNarrow ? startDeflating(image, samples, windows) : new Map();
};

/**
 * A JPEG as the source's was written: the level of its tables, chroma at half size in both directions or not at all
 * (libjpeg's others are not offered; they become full size, which loses less), progressive, with its restart markers.
 */
const encodeJpeg = (image: VipsImage, { jpeg }: Header): Uint8Array =>
  image.jpegsaveBuffer({
    keep: 'none',
    Q: jpeg?.quality ?? jpegQuality,
    subsample_mode: jpeg?.halvedChroma === true ? 'on' : 'off',
    interlace: jpeg?.progressive === true,
    restart_interval: jpeg?.restart ?? 0,
  });

const extensions = { png: '.png', jpeg: '.jpg', webp: '.webp' } as const;

/**
 * What `again` gives goes into the file, sample for sample where `exact`; each pass over it begins with a call. Everything
 * the file says besides comes from the source (metadata.ts), and the note, where one is given. `started` is what
 * startEncoding gave for the same picture.
 */
export const encode = async (
  vips: Vips,
  again: () => VipsImage,
  as: SaveChoice,
  about: About,
  note: Fill | undefined,
  started: Deflating = new Map(),
): Promise<Encoded> => {
  const { header, description, converted } = about;
  const image = again();
  const format = formatFor(as, image, about);
  // Only what was a lossy WebP before loses again.
  const lossless = format === 'png' || (format === 'webp' && (header.format !== 'webp' || header.lossless));
  const made = await {
    png: async () => narrowPng(vips, again, about) ?? (await writePng(again(), started)),
    jpeg: () => encodeJpeg(image, header),
    webp: () => image.webpsaveBuffer({ keep: 'none', exact: true, ...(lossless ? { lossless } : { Q: webpQuality }) }),
  }[format]();
  // WebP holds grey as RGB.
  const channels = format === 'webp' ? (image.hasAlpha() ? 4 : 3) : image.bands;
  const finish = { width: image.width, height: image.height, channels, turned: header.orientation !== 1, converted };
  const described = describe(asBuffer(made), format, description, finish, note && noteText(note));
  return { ...described, extension: extensions[format], exact: lossless && channels === image.bands };
};
