/** Base masks: from 8-bit pixels of 1 to 4 interleaved channels (grey, grey + alpha, RGB, RGBA), and of a border. */
import type { Box, Mask } from './mask.ts';
import { fillRectangle } from './strokes.ts';

/** Rec. 709 luma weights (ITU-R BT.709-6, item 3.2) of 65,536; they add up exactly, so grey stays what it is. */
const weights = { red: 13_933, green: 46_871, blue: 4_732 } as const;

/** White = change: the luminance of every pixel, rounded; alpha is not looked at. */
export const maskFromLuminance = (pixels: Uint8Array, channels: number, width: number, height: number): Mask => {
  const data = new Uint8Array(width * height);
  if (channels < 3) {
    for (let index = 0; index < data.length; index++) data[index] = pixels[index * channels];
    return { width, height, data };
  }
  for (let index = 0, at = 0; index < data.length; index++, at += channels) {
    const sum = weights.red * pixels[at] + weights.green * pixels[at + 1] + weights.blue * pixels[at + 2];
    data[index] = (sum + 32_768) >> 16;
  }
  return { width, height, data };
};

/** Transparent = change: 255 - alpha of every pixel. Alpha is the last channel of two or four. */
export const maskFromAlpha = (pixels: Uint8Array, channels: number, width: number, height: number): Mask => {
  const data = new Uint8Array(width * height);
  for (let index = 0, at = channels - 1; index < data.length; index++, at += channels) data[index] = 255 - pixels[at];
  return { width, height, data };
};

/** The border that outpainting adds: everything of a canvas but `kept`, a rectangle inside it. */
export const maskOfBorder = (width: number, height: number, kept: Box): Mask => {
  const mask = { width, height, data: new Uint8Array(width * height).fill(255) };
  fillRectangle(mask, kept, 'erase');
  return mask;
};

const varies = ({ data }: Mask): boolean => {
  for (let index = 1; index < data.length; index++) if (data[index] !== data[0]) return true;
  return false;
};

export const maskChannels = ['luminance', 'alpha', 'red', 'green', 'blue'] as const;
/** What of a picture is taken as its mask. Grey is red, green and blue at once. */
export type MaskChannel = (typeof maskChannels)[number];

/** White = change: one channel as it is, but alpha, where transparent = change. Undefined where there is no such channel. */
export const maskFromChannel = (
  pixels: Uint8Array,
  channels: number,
  width: number,
  height: number,
  channel: MaskChannel,
): Mask | undefined => {
  if (channel === 'luminance') return maskFromLuminance(pixels, channels, width, height);
  if (channel === 'alpha') return channels % 2 === 1 ? undefined : maskFromAlpha(pixels, channels, width, height);
  const first = channels < 3 ? 0 : ['red', 'green', 'blue'].indexOf(channel);
  const data = new Uint8Array(width * height);
  for (let index = 0, at = first; index < data.length; index++, at += channels) data[index] = pixels[at];
  return { width, height, data };
};

/** A mask, what of the picture it is, and what else of the picture could be one. */
export interface MaskReading extends Mask {
  readonly channel: MaskChannel;
  /** The channels of the picture that are not the same everywhere; red, green and blue only where there is any colour. */
  readonly channels: readonly MaskChannel[];
}

/** The channels of pixels (1 to 4 interleaved channels) that tell one part of the picture from another. */
export const usableChannels = (pixels: Uint8Array, channels: number): readonly MaskChannel[] => {
  const varying = Array.from({ length: channels }, () => false);
  let coloured = false;
  for (let at = 0; at < pixels.length; at += channels) {
    for (let band = 0; band < channels; band++) if (pixels[at + band] !== pixels[band]) varying[band] = true;
    if (channels > 2 && (pixels[at] !== pixels[at + 1] || pixels[at] !== pixels[at + 2])) coloured = true;
  }
  const colours = channels > 2 ? varying.slice(0, 3) : varying.slice(0, 1);
  return maskChannels.filter((channel) => {
    if (channel === 'luminance') return colours.includes(true);
    if (channel === 'alpha') return channels % 2 === 0 && varying[channels - 1];
    return coloured && varying[['red', 'green', 'blue'].indexOf(channel)];
  });
};

const usualMask = (pixels: Uint8Array, channels: number, width: number, height: number): [MaskChannel, Mask] => {
  const luminance = maskFromLuminance(pixels, channels, width, height);
  if (channels % 2 === 1 || varies(luminance)) return ['luminance', luminance];
  const alpha = maskFromAlpha(pixels, channels, width, height);
  return varies(alpha) ? ['alpha', alpha] : ['luminance', luminance];
};

/** A mask file is its luminance; its alpha counts only if that varies and the luminance does not. */
export const maskFromPixels = (pixels: Uint8Array, channels: number, width: number, height: number): Mask =>
  usualMask(pixels, channels, width, height)[1];

/** The named channel, or the usual one as of `maskFromPixels`. Undefined where there is no such channel. */
export const readMask = (
  pixels: Uint8Array,
  channels: number,
  width: number,
  height: number,
  channel?: MaskChannel,
): MaskReading | undefined => {
  const [taken, mask] =
    channel === undefined
      ? usualMask(pixels, channels, width, height)
      : [channel, maskFromChannel(pixels, channels, width, height, channel)];
  return mask === undefined ? undefined : { ...mask, channel: taken, channels: usableChannels(pixels, channels) };
};
