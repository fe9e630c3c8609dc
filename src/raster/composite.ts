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
   * What alpha becomes inside the effective mask: the larger of itself and this, in levels of 255 (design: "The way of a
   * fill", 6). Absent: alpha stays.
   */
  readonly opacity?: Uint8Array;
}

/** out = (source × (255 - strength) + fill × strength) / 255, rounded. Exact where strength is 0 or 255. */
export const composite = ({ source, bands, fill, strength, opacity }: CompositeInput): void => {
  const colours = bands % 2 === 0 ? bands - 1 : bands;
  const unit = source instanceof Uint16Array ? 257 : 1;
  for (let index = 0; index < strength.length; index++) {
    const a = strength[index];
    if (a === 0) continue;
    for (let band = 0; band < colours; band++) {
      const at = index * bands + band;
      source[at] = Math.floor((source[at] * (255 - a) + fill[index * colours + band] * a + 127) / 255);
    }
    if (opacity !== undefined && colours !== bands) {
      const at = index * bands + colours;
      source[at] = Math.max(source[at], opacity[index] * unit);
    }
  }
};
