/** The pictures of a submit: as data URLs, as uploaded files, and with the service's own outpainting. */
import sharp from 'sharp';
import { look, type Complaint, type Pictures } from './bfl-picture.ts';
import { isExpired, type StoredFile } from './replicate-files.ts';

/** Bytes of a file that Replicate itself takes as a data URL (its OpenAPI document: "a small file <= 256kb"). */
const inlineLimit = 256_000;

export interface Reader {
  /** The files that were uploaded, by their addresses; absent: the service keeps none. */
  readonly files?: ReadonlyMap<string, StoredFile>;
  readonly now: number;
  /** Takes a mask beside a preset, which the service would ignore. */
  readonly lenient: boolean;
}

const base64Of = (
  field: Complaint['field'],
  value: unknown,
  { files, now }: Reader,
): { readonly base64?: string } | Complaint => {
  if (typeof value !== 'string') return {};
  const inline = /^data:image\/(?:png|jpeg|webp|gif);base64,([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1];
  if (inline !== undefined) {
    const tooLarge = files !== undefined && Buffer.byteLength(inline, 'base64') > inlineLimit;
    return tooLarge ? { field, message: 'A data URL holds at most 256 kB' } : { base64: inline };
  }
  const file = files?.get(value);
  if (file === undefined || isExpired(file, now)) return { field, message: 'Neither a data URL nor a known file' };
  return { base64: file.bytes.toString('base64') };
};

const whiteMask = async (image: Buffer): Promise<string> => {
  const { width, height } = await sharp(image).metadata();
  const white = sharp({ create: { width, height, channels: 3, background: 'white' } });
  return (await white.toColourspace('b-w').png().toBuffer()).toString('base64');
};

/** The decoded pictures of an `input`; a preset makes everything anew. */
export const picturesOf = async (
  input: Readonly<Record<string, unknown>>,
  reader: Reader,
): Promise<Pictures | Complaint> => {
  const image = base64Of('image', input.image, reader);
  if ('message' in image) return image;
  if (input.outpaint === undefined || input.outpaint === 'None') {
    const mask = base64Of('mask', input.mask, reader);
    return 'message' in mask ? mask : look({ image: image.base64, mask: mask.base64 });
  }
  if (input.mask !== undefined && !reader.lenient)
    return { field: 'mask', message: 'The mask would be ignored beside a preset of outpainting' };
  return look({ image: image.base64, mask: await whiteMask(Buffer.from(image.base64 ?? '', 'base64')) });
};
