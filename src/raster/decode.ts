/** From a file to samples that are upright and lie in memory: what everything else works on. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { raise } from '../fill/faults.ts';
import type { ImageInput } from './engine.ts';
import { readHeader, type Header } from './header.ts';
import { budget, rasterBytes } from './header/limits.ts';
import { descriptionOf, type SourceFile } from './metadata.ts';
import { plainPng, readSamples } from './png/read.ts';
import {
  eightBits,
  imageOf,
  isMemoryError,
  messageOf,
  openImage,
  samplesOf,
  startVips,
  type Samples,
  type Vips,
  type VipsImage,
} from './vips.ts';

export interface Decoded {
  /** What the file says besides its samples. */
  readonly description: SourceFile;
  readonly header: Header;
  /**
   * Upright, in the file's own depth; a palette as RGB, CMYK as sRGB. Good for one pass from the top down, which may leave
   * rows out; a second one begins with `again`.
   */
  readonly image: VipsImage;
  readonly again: () => VipsImage;
  /** All samples of the image, where it is held in memory: passes cost little, and rows may be asked for in any order. */
  readonly samples: Samples | undefined;
  /** The samples are not what the file holds, because a CMYK image was converted. */
  readonly converted: boolean;
}

export const bytesOf = (input: ImageInput): Uint8Array => {
  if ('bytes' in input) return input.bytes;
  try {
    return readFileSync(input.path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return raise('image.missing', { name: input.name });
    return raise('image.unreadable', { name: input.name, reason: code ?? message });
  }
};

const profileName = 'icc-profile-data';

/** The embedded profile, copied out of the module; undefined where there is none. */
const profileOf = (image: VipsImage): Uint8Array | undefined =>
  image.getTypeof(profileName) === 0 ? undefined : image.getBlob(profileName).slice();

/** A profile that no file can be written with: libpng refuses it, and the whole save with it. */
const hasBrokenProfile = (vips: Vips, image: VipsImage): boolean => {
  const profile = profileOf(image);
  if (profile === undefined) return false;
  const colours = image.hasAlpha() ? image.bands - 1 : image.bands;
  const probe = imageOf(vips, new Uint8Array(colours), 1, 1);
  probe.setBlob(profileName, profile);
  try {
    probe.pngsaveBuffer();
    return false;
  } catch {
    return true;
  }
};

/** RGB of colours from all over the cube, or of greys where there is one channel. */
const colourGrid = (colours: number): Uint8Array => {
  const levels = Array.from({ length: 9 }, (_, index) => Math.round((index * 255) / 8));
  const pixels =
    colours === 1
      ? levels.map((level) => [level, level, level])
      : levels.flatMap((red) => levels.flatMap((green) => levels.map((blue) => [red, green, blue])));
  return Uint8Array.from(pixels.flat());
};

/**
 * The image's profile, for conversions by it. Undefined where the samples are sent and composited as they are: there is no
 * profile, it cannot be used, or it is sRGB in fact, that is, it moves no colour of a grid by more than a level. Names are
 * not trusted: a linear profile is often called "Linear sRGB".
 */
export const ownProfile = (vips: Vips, image: VipsImage): Uint8Array | undefined => {
  const profile = profileOf(image);
  if (profile === undefined) return undefined;
  const colours = image.hasAlpha() ? image.bands - 1 : image.bands;
  const grid = colourGrid(colours);
  try {
    const moved = samplesOf(fromSrgb(imageOf(vips, grid, grid.length / 3, 1), profile, 8));
    const stays = grid.filter((_, at) => colours === 3 || at % 3 === 0);
    return stays.length === moved.length && stays.every((level, at) => Math.abs(level - moved[at]) <= 1)
      ? undefined
      : profile;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error;
    return undefined;
  }
};

/**
 * 8-bit sRGB in the colours of a profile. Measured: by a profile file is the fastest and most exact way. The module's file
 * system is that of this machine; the file is read when the conversion is built, and gone before it runs.
 */
export const fromSrgb = (image: VipsImage, profile: Uint8Array, depth: 8 | 16): VipsImage => {
  const folder = mkdtempSync(join(tmpdir(), 'flux-fill-'));
  try {
    const file = join(folder, 'profile.icc');
    writeFileSync(file, profile);
    return image.iccTransform(file, { input_profile: 'srgb', intent: 'relative', depth });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const toRgb = (image: VipsImage): VipsImage =>
  profileOf(image) === undefined ? image.colourspace('srgb') : image.iccTransform('srgb', { embedded: true });

/** libvips gives alpha to the first frame where any frame has it, which the header says of the first frame alone. */
const firstFrame = (image: VipsImage, hasAlpha: boolean): VipsImage =>
  image.hasAlpha() && !hasAlpha ? image.extractBand(0, { n: image.bands - 1 }) : image;

/** Upright by the header's reading of the orientation: libvips reads it from fewer places. */
const upright = (image: VipsImage, orientation: number): VipsImage => {
  const tagged = image.copy();
  tagged.setInt('orientation', orientation);
  return tagged.autorot();
};

/**
 * Decodes one of the formats we take, wholly, so that a damaged file is found out here. A raster of more than `held` bytes
 * is not kept but read again from the compressed bytes, unless it has to be turned.
 * Faults: those of readHeader, image.missing, image.unreadable, image.truncated.
 */
export const decode = async (input: ImageInput, held: number = budget.held): Promise<Decoded> => {
  const bytes = bytesOf(input);
  const header = readHeader(bytes, input.name);
  if (!header.ok) return raise(header.fault.code, header.fault.args);
  const fits = rasterBytes(header.value) <= held;
  const [vips, plain] = await Promise.all([startVips(), fits ? plainSamples(bytes) : undefined]);
  try {
    const { format, orientation, hasAlpha } = header.value;
    const first = openImage(vips, bytes);
    const converted = first.interpretation === 'cmyk';
    const broken = !converted && hasBrokenProfile(vips, first);
    const known = plain && described(imageOf(vips, plain, first.width, first.height), first);
    first.delete();
    const open = (): VipsImage => {
      const opened = known ?? openImage(vips, bytes);
      // libvips leaves the profile of the inks on what is sRGB now.
      if (converted) return withoutProfile(toRgb(opened));
      const frame = format === 'gif' ? firstFrame(opened, hasAlpha) : opened;
      return broken ? withoutProfile(frame) : frame;
    };
    const inPlace = orientation === 1;
    // Turning needs rows in any order, reading gives them top down: first all into memory.
    const lying = inPlace ? undefined : known === undefined ? kept(open()) : open();
    const again = lying === undefined ? open : () => upright(lying, orientation);
    const about = { header: header.value, converted, description: descriptionOf({ bytes, format }) };
    if (fits) {
      const { image, samples } = plain && inPlace ? { image: open(), samples: plain } : inMemory(vips, again());
      lying?.delete();
      return { ...about, image, again: () => image, samples };
    }
    // Reads once through everything, so that no damage shows up later.
    if (inPlace) open().avg();
    return { ...about, image: again(), again, samples: undefined };
  } catch (error) {
    if (isMemoryError(error)) throw error;
    return raise('image.truncated', { name: input.name }, messageOf(error));
  }
};

const withoutProfile = (from: VipsImage): VipsImage => {
  const image = from.copy();
  image.remove(profileName);
  return image;
};

/** The samples of a PNG of the plain kinds; undefined where libvips is to read it, or to say what is wrong with it. */
const plainSamples = async (bytes: Uint8Array): Promise<Samples | undefined> => {
  const png = plainPng(bytes);
  return png && readSamples(png).catch(() => undefined);
};

/** With the profile and the density that libvips found in the same file. */
const described = (samples: VipsImage, read: VipsImage): VipsImage => {
  const image = samples.copy({ xres: read.xres, yres: read.yres });
  const profile = profileOf(read);
  if (profile !== undefined) image.setBlob(profileName, profile);
  return image;
};

const kept = (opened: VipsImage): VipsImage => {
  const image = opened.copyMemory();
  opened.delete();
  return image;
};

const inMemory = (vips: Vips, opened: VipsImage): { readonly image: VipsImage; readonly samples: Samples } => {
  const samples = samplesOf(opened);
  const image = described(imageOf(vips, samples, opened.width, opened.height), opened);
  opened.delete();
  return { image, samples };
};

/** 8 bits a sample in sRGB: what is sent, looked at as a mask, or came back. Grey becomes RGB; alpha is dropped. */
export const toEightBitRgb = (vips: Vips, image: VipsImage): VipsImage => {
  const colours = image.hasAlpha() ? image.extractBand(0, { n: image.bands - 1 }) : image;
  if (ownProfile(vips, image) !== undefined)
    return colours.iccTransform('srgb', { embedded: true, intent: 'relative', depth: 8 });
  const { width, height } = colours;
  const narrow = colours.format === 'ushort' ? imageOf(vips, eightBits(colours), width, height) : colours;
  return narrow.bands === 1 ? narrow.bandjoin([narrow, narrow]) : narrow;
};
