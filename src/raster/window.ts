/** What is sent: the window as 8-bit sRGB without alpha, and its mask in black and white, both scaled and extended. */
import type { Size } from '../fill/geometry.ts';
import type { Plan } from '../fill/plan.ts';
import type { Mask } from '../mask/mask.ts';
import { toEightBitRgb } from './decode.ts';
import { imageOf, type Vips, type VipsImage } from './vips.ts';

/** PNG of 1 MP: smaller at this level, and the time does not matter beside the upload. */
const compression = 6;

/**
 * To `size`, pixel centres on pixel centres: both edges stay where they are. Shrunk by Lanczos 3, then enlarged by a locally
 * bounded bicubic. libvips' own resize enlarges half a new pixel off (0.5 px at 2x, measured), hence the map of positions.
 */
export const scaleTo = (vips: Vips, image: VipsImage, size: Size): VipsImage => {
  if (image.width === size.width && image.height === size.height) return image;
  const across = Math.min(1, size.width / image.width);
  const down = Math.min(1, size.height / image.height);
  const small = across === 1 && down === 1 ? image : image.resize(across, { vscale: down, kernel: 'lanczos3' });
  if (small.width === size.width && small.height === size.height) return small;
  const x = positions(vips, small.width, size.width, 'across').embed(0, 0, size.width, size.height, { extend: 'copy' });
  const y = positions(vips, small.height, size.height, 'down').embed(0, 0, size.width, size.height, { extend: 'copy' });
  return small.mapim(x.bandjoin(y), { interpolate: vips.Interpolate.newFromName('lbb'), extend: 'copy' });
};

/** Where each of `to` pixels lies among `from` pixels, as one row or column; the centre of pixel n is at n. */
const positions = (vips: Vips, from: number, to: number, along: 'across' | 'down'): VipsImage => {
  const values = Float32Array.from({ length: to }, (_, at) => ((at + 0.5) * from) / to - 0.5);
  const [width, height] = along === 'across' ? [to, 1] : [1, to];
  return vips.Image.newFromMemory(values, width, height, 1, vips.BandFormat.float);
};

/** Mirrored pixels right and below. */
const extendTo = (image: VipsImage, size: Size): VipsImage =>
  image.width === size.width && image.height === size.height
    ? image
    : image.embed(0, 0, size.width, size.height, { extend: 'mirror' });

/** The window as a PNG; with `white`, the mask of the size `plan.scaled`, it is transparent where that is 255. */
export const windowImage = (vips: Vips, image: VipsImage, plan: Plan, white?: Uint8Array): Uint8Array => {
  const { x, y, width, height } = plan.window;
  const window = toEightBitRgb(vips, image.crop(x, y, width, height));
  const sent = extendTo(scaleTo(vips, window, plan.scaled), plan.sent);
  const rgb = sent.copy({ interpretation: 'srgb' });
  if (white === undefined) return rgb.pngsaveBuffer({ compression, keep: 'none' });
  const { width: across, height: down } = plan.scaled;
  const alpha = imageOf(
    vips,
    Uint8Array.from(white, (value) => 255 - value),
    across,
    down,
  );
  return rgb.bandjoin(extendTo(alpha, plan.sent)).pngsaveBuffer({ compression, keep: 'none' });
};

/** For each of `from` pixels, the first and the one after the last of `to` pixels that it reaches into. */
const reach = (from: number, to: number): { readonly first: number; readonly end: number }[] =>
  Array.from({ length: from }, (_, at) => ({
    first: Math.floor((at * to) / from),
    end: Math.ceil(((at + 1) * to) / from),
  }));

/** White wherever a pixel of the window that has any strength reaches: a scaled mask loses nothing of it. */
export const whiteAt = (effective: Mask, size: Size): Uint8Array => {
  const { width, height, data } = effective;
  const white = new Uint8Array(size.width * size.height);
  const columns = reach(width, size.width);
  const rows = reach(height, size.height);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++)
      if (data[at] > 0)
        for (let row = rows[y].first; row < rows[y].end; row++)
          white.fill(255, row * size.width + columns[x].first, row * size.width + columns[x].end);
  return white;
};

/** `white` is the mask in black and white, of the size `plan.scaled`. */
export const windowMask = (vips: Vips, white: Uint8Array, plan: Plan): Uint8Array => {
  const mask = imageOf(vips, white, plan.scaled.width, plan.scaled.height);
  return extendTo(mask, plan.sent).pngsaveBuffer({ compression, keep: 'none' });
};
