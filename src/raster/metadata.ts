/** What describes a picture, from its source's file into the new one: the source's own bytes wherever they are true. */
import type { ImageFormat } from './header/parsed.ts';
import { jpegDescription, jpegParts, spliceJpeg } from './metadata/jpeg.ts';
import type { Finish, Parts } from './metadata/parts.ts';
import { pngDescription, pngParts, splicePng } from './metadata/png.ts';
import { spliceWebp, webpParts } from './metadata/webp.ts';

export interface SourceFile {
  readonly bytes: Uint8Array;
  readonly format: ImageFormat;
}

/**
 * A copy of the file without its image data, for what follows here: the whole file need not stay in memory while the
 * picture is worked on. WebP files are small, and stay whole.
 */
export const descriptionOf = ({ bytes, format }: SourceFile): SourceFile => ({
  format,
  bytes: format === 'png' ? pngDescription(bytes) : format === 'jpeg' ? jpegDescription(bytes) : bytes,
});

/** A GIF's comments and extensions are not carried over. */
export const partsOf = ({ bytes, format }: SourceFile): Parts => {
  switch (format) {
    case 'png':
      return pngParts(bytes);
    case 'jpeg':
      return jpegParts(bytes);
    case 'webp':
      return webpParts(bytes);
    case 'gif':
      return {};
  }
};

/**
 * `made` is what the encoder wrote, in `format`; whatever it says besides its samples is replaced by what the source
 * says. Same format: the source's own chunks or segments, in their order. Another: profile, EXIF, XMP and density.
 * `noted` is false where a note was given and found no place (see the formats' files).
 */
export const describe = (
  made: Uint8Array,
  format: Exclude<ImageFormat, 'gif'>,
  source: SourceFile,
  finish: Finish,
  note: string | undefined,
): { readonly bytes: Uint8Array; readonly noted: boolean } => {
  const same = source.format === format ? source.bytes : undefined;
  const parts = partsOf(source);
  switch (format) {
    case 'png':
      return { bytes: splicePng(made, same, parts, finish, note), noted: true };
    case 'jpeg':
      return spliceJpeg(made, same, parts, finish, note);
    case 'webp':
      return spliceWebp(made, same, parts, finish, note);
  }
};
