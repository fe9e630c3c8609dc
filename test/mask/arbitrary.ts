/** Random masks and settings for property tests: small, with islands, soft edges and pixels at the borders. */
import fc from 'fast-check';
import type { Box, Mask, Settings } from '../../src/mask/mask.ts';

const strength = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.constant(255) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) },
);

export const masks = (maxSide: number): fc.Arbitrary<Mask> =>
  fc.tuple(fc.integer({ min: 1, max: maxSide }), fc.integer({ min: 1, max: maxSide })).chain(([width, height]) =>
    fc
      .array(fc.tuple(strength, fc.integer({ min: 1, max: 3 * maxSide })), { minLength: 1, maxLength: 40 })
      .map((runs) => {
        const data = new Uint8Array(width * height);
        let at = 0;
        for (const [value, length] of runs) {
          data.fill(value, at, at + length);
          at += length;
        }
        return { width, height, data };
      }),
  );

export const settings = (reach: number): fc.Arbitrary<Settings> =>
  fc.record({
    grow: fc.integer({ min: -reach, max: reach }),
    feather: fc.integer({ min: 0, max: reach }),
    invert: fc.boolean(),
    fillHoles: fc.boolean(),
  });

/** A box inside an image of that size. */
export const boxIn = (size: { width: number; height: number }): fc.Arbitrary<Box> =>
  fc
    .record({ x: fc.integer({ min: 0, max: size.width - 1 }), y: fc.integer({ min: 0, max: size.height - 1 }) })
    .chain(({ x, y }) =>
      fc.record({
        x: fc.constant(x),
        y: fc.constant(y),
        width: fc.integer({ min: 1, max: size.width - x }),
        height: fc.integer({ min: 1, max: size.height - y }),
      }),
    );
