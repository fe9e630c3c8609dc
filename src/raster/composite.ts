/** The fill into the pristine original, at the original's own depth and bands. */
import type { Samples } from './vips.ts';

export interface CompositeInput {
  /** Samples of the window as they are in the source; changed in place. */
  readonly source: Samples;
  /** Bands of the source; the last of two or four is alpha. */
  readonly bands: number;
  /** The fill in the source's colours and depth: one band for grey, else three. */
  readonly fill: Samples;
  /** Effective mask of the window: 0 keeps the source's samples as they are. */
  readonly strength: Uint8Array;
  /**
   * What becomes of transparent parts inside the effective mask. `keep`: alpha stays. `cover`: the fill lies over the source,
   * and shows as far as the mask goes. `behind`: the mask came from alpha, so the fill lies behind what is there, and nothing
   * shines through any more.
   */
  readonly transparency: 'keep' | 'cover' | 'behind';
}

/**
 * out = (source × (255 - weight) + fill × weight) / 255, rounded, where the weight is the strength of the mask, and more where
 * the source is transparent and the fill is to show: what cannot be seen has no part in the colour. Exact where strength is 0.
 */
export const composite = ({ source, bands, fill, strength, transparency }: CompositeInput): void => {
  const colours = bands % 2 === 0 ? bands - 1 : bands;
  const unit = source instanceof Uint16Array ? 257 : 1;
  const shows = transparency !== 'keep' && colours !== bands;
  for (let index = 0; index < strength.length; index++) {
    const a = strength[index];
    if (a === 0) continue;
    let weight = a;
    if (shows) {
      const at = index * bands + colours;
      const alpha = source[at] / unit;
      const after = transparency === 'behind' ? 255 : alpha + (a * (255 - alpha)) / 255;
      weight = transparency === 'behind' ? Math.max(a, 255 - alpha) : (255 * a) / after;
      source[at] = Math.round(after * unit);
    }
    for (let band = 0; band < colours; band++) {
      const at = index * bands + band;
      source[at] = Math.floor((source[at] * (255 - weight) + fill[index * colours + band] * weight + 127) / 255);
    }
  }
};
