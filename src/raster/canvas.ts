/** The image on a larger canvas. What is added gets colours that continue the image, so that no dark band is sent. */
import type { Expand } from '../fill/outpaint.ts';
import { canvasSize } from '../fill/outpaint.ts';
import type { VipsImage } from './vips.ts';

/** Pixels; soft enough that nothing mirrored can be recognised, near enough that colours continue at the border. */
const blur = 12;

/**
 * Mirrored pixels around the image, opaque where it has alpha. With `soft` they are blurred: what is sent under the mask
 * should suggest colour and light, not content. The image's own samples stay as they are.
 */
export const onCanvas = (image: VipsImage, expand: Expand | undefined, soft: boolean): VipsImage => {
  if (expand === undefined) return image;
  const { width, height } = canvasSize(image, expand);
  const { left, top } = expand;
  const colours = image.hasAlpha() ? image.extractBand(0, { n: image.bands - 1 }) : image;
  const mirrored = colours.embed(left, top, width, height, { extend: 'mirror' });
  const around = soft ? mirrored.gaussblur(blur).insert(colours, left, top) : mirrored;
  if (!image.hasAlpha()) return around;
  const alpha = image.extractBand(image.bands - 1).embed(left, top, width, height, { extend: 'white' });
  return around.bandjoin(alpha).copy({ interpretation: image.interpretation });
};
