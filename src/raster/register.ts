/** What came back, brought to the window: decoded, measured, scaled, and without the mirrored pixels. */
import { fault, faultOf, raise, type Fault } from '../fill/faults.ts';
import type { Size } from '../fill/geometry.ts';
import type { Plan } from '../fill/plan.ts';
import { isSamePicture, shiftOf, type Shift } from './context.ts';
import type { ImageInput } from './engine.ts';
import { decode, toEightBitRgb, type Decoded } from './decode.ts';
import { eightBits, isMemoryError, type Vips, type VipsImage } from './vips.ts';
import { scaleTo } from './window.ts';

/** An aspect that differs by more is another picture, not another size of it. */
const aspectTolerance = 0.02;

export interface Registered {
  /** 8-bit sRGB, three bands, of the size `plan.scaled`. */
  readonly rgb: Uint8Array;
  /** The context of the mask is the source's: its tone can be compared. */
  readonly isSamePicture: boolean;
  readonly warnings: readonly Fault[];
}

/** A result that cannot be read is kept where the job is; whoever ends the job says where that is. */
/** What a service sent, decoded. Faults: result.notAnImage. */
export const decodeResult = async (result: ImageInput): Promise<Decoded> => {
  try {
    return await decode(result);
  } catch (error) {
    if (isMemoryError(error)) throw error;
    const { code, detail } = faultOf(error);
    return raise('result.notAnImage', {}, detail ?? code);
  }
};

const otherShape = ({ width, height }: Size, sent: Size): readonly Fault[] => {
  const aspect = width / height / (sent.width / sent.height);
  return Math.abs(aspect - 1) <= aspectTolerance
    ? []
    : [fault('result.otherShape', { width, height, sentWidth: sent.width, sentHeight: sent.height })];
};

/** Moved by whole pixels; the pixels that come in from outside repeat the border. */
const moved = (image: VipsImage, { x, y }: Shift): VipsImage =>
  image.embed(x, y, image.width, image.height, { extend: 'copy' });

/**
 * Size and place are never trusted: whatever comes back is scaled to what was sent (facts/providers.md 1.6) and moved
 * where the context proves that it is out of place. What fits nowhere is taken as it is, with a warning: it was paid for.
 * `source` is what was sent without the mirrored pixels, 8-bit sRGB of the size `plan.scaled`; `hole` is above 0 where the
 * service was to change something. Faults: result.notAnImage.
 */
export const register = async (
  vips: Vips,
  result: ImageInput,
  plan: Plan,
  source: Uint8Array,
  hole: Uint8Array,
): Promise<Registered> => {
  const { image, header } = await decodeResult(result);
  const { width, height } = plan.scaled;
  const warnings = otherShape(header, plan.sent);
  const returned = scaleTo(vips, toEightBitRgb(vips, image), plan.sent).crop(0, 0, width, height);
  const rgb = eightBits(returned);
  if (warnings.length > 0) return { rgb, isSamePicture: false, warnings };
  const shift = shiftOf(source, rgb, hole, plan.scaled);
  const placed = shift.x === 0 && shift.y === 0 ? rgb : eightBits(moved(returned, shift));
  return isSamePicture(source, placed, hole, plan.scaled)
    ? { rgb: placed, isSamePicture: true, warnings }
    : { rgb, isSamePicture: false, warnings: [fault('result.otherPicture')] };
};
