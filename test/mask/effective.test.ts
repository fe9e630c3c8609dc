import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { effectiveIn, effectiveMask } from '../../src/mask/effective.ts';
import type { Mask, Settings } from '../../src/mask/mask.ts';
import { boxIn, masks, settings } from './arbitrary.ts';

const plain: Settings = { grow: 0, feather: 0, invert: false, fillHoles: false };

/** Distance of each pixel to the nearest one that `is` accepts, by trying them all. */
const distances = ({ width, height, data }: Mask, is: (strength: number) => boolean): number[] =>
  Array.from(data, (_, at) => {
    let best = Infinity;
    for (let other = 0; other < width * height; other++)
      if (is(data[other]))
        best = Math.min(
          best,
          Math.hypot((at % width) - (other % width), Math.floor(at / width) - Math.floor(other / width)),
        );
    return best;
  });

const mask = (...rows: string[]): Mask => ({
  width: rows[0].length,
  height: rows.length,
  data: Uint8Array.from(rows.join(''), (sign) => ({ '#': 255, '.': 0, o: 100, '+': 200 })[sign]!),
});

suite('effective mask', () => {
  test('without settings it is a copy of the base', () => {
    const base = mask('.o+', '#..');
    const out = effectiveMask(base, plain);
    assert.deepEqual(out, base);
    assert.notEqual(out.data, base.data);
  });

  test('invert turns every strength round', () => {
    assert.deepEqual([...effectiveMask(mask('.#o'), { ...plain, invert: true }).data], [255, 0, 155]);
  });

  test('grow takes full strength to every pixel within the exact distance', () => {
    fc.assert(
      fc.property(masks(14), fc.integer({ min: 1, max: 9 }), (base, grow) => {
        const near = distances(base, (strength) => strength >= 128);
        const expected = base.data.map((strength, at) => (near[at] <= grow ? 255 : strength));
        assert.deepEqual(effectiveMask(base, { ...plain, grow }).data, expected);
      }),
      { numRuns: 150 },
    );
  });

  test('shrink empties every pixel within the exact distance of the outside, and the image border is not outside', () => {
    fc.assert(
      fc.property(masks(14), fc.integer({ min: 1, max: 9 }), (base, shrink) => {
        const near = distances(base, (strength) => strength < 128);
        const expected = base.data.map((strength, at) => (near[at] > shrink ? strength : 0));
        assert.deepEqual(effectiveMask(base, { ...plain, grow: -shrink }).data, expected);
      }),
      { numRuns: 150 },
    );
  });

  test('feather is a smoothstep of the distance to strength 0 and keeps the support', () => {
    fc.assert(
      fc.property(masks(14), fc.integer({ min: 1, max: 9 }), (base, feather) => {
        const near = distances(base, (strength) => strength === 0);
        const expected = base.data.map((strength, at) => {
          const t = Math.min(1, near[at] / feather);
          return strength === 0 ? 0 : Math.max(1, Math.round(strength * t * t * (3 - 2 * t)));
        });
        const { data } = effectiveMask(base, { ...plain, feather });
        assert.deepEqual(data, expected);
        assert.deepEqual(
          data.map((strength) => Math.sign(strength)),
          base.data.map((strength) => Math.sign(strength)),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('a mask that reaches the image border is not feathered there', () => {
    const { data } = effectiveMask(mask('####..'), { ...plain, feather: 3 });
    assert.deepEqual([...data], [255, 255, Math.round((255 * 20) / 27), Math.round((255 * 7) / 27), 0, 0]);
  });

  test('holes are filled, open bays and the outside are not', () => {
    const out = effectiveMask(mask('.####.', '.#..#.', '.####.', '.#...#', '.#...#'), { ...plain, fillHoles: true });
    assert.deepEqual(out, mask('.####.', '.####.', '.####.', '.#...#', '.#...#'));
  });

  test('a soft inner edge is filled to the crest of the ring, the outer edge stays', () => {
    const out = effectiveMask(mask('ooooo', 'o###o', 'o#o#o', 'o###o', 'ooooo'), { ...plain, fillHoles: true });
    assert.deepEqual(out, mask('ooooo', 'o###o', 'o###o', 'o###o', 'ooooo'));
    const weak = effectiveMask(mask('+++', '+.+', '+++'), { ...plain, fillHoles: true });
    assert.deepEqual(weak, mask('+++', '+++', '+++'));
  });

  test('a part is sample for sample the whole', () => {
    const cases = masks(24).chain((base) => fc.tuple(fc.constant(base), settings(7), boxIn(base)));
    fc.assert(
      fc.property(cases, ([base, chosen, box]) => {
        const whole = effectiveMask(base, chosen);
        const part = effectiveIn(base, chosen, box);
        for (let y = 0; y < box.height; y++) {
          const start = (box.y + y) * base.width + box.x;
          assert.deepEqual(
            part.data.subarray(y * box.width, (y + 1) * box.width),
            whole.data.subarray(start, start + box.width),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  test('the base mask is never written to', () => {
    fc.assert(
      fc.property(masks(12), settings(5), (base, chosen) => {
        const before = base.data.slice();
        effectiveMask(base, chosen);
        effectiveIn(base, chosen, { x: 0, y: 0, width: 1, height: 1 });
        assert.deepEqual(base.data, before);
      }),
    );
  });
});
