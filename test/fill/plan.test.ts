import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { area, contains, wholeOf, type Rect, type Size } from '../../src/fill/geometry.ts';
import { drawnSize, limits, planWindow, type Plan, type WindowChoice } from '../../src/fill/plan.ts';

const sides = fc.oneof(
  fc.integer({ min: 1, max: 64 }),
  fc.integer({ min: 1, max: 2_000 }),
  fc.integer({ min: 1, max: 30_000 }),
);
const images: fc.Arbitrary<Size> = fc.record({ width: sides, height: sides });

const spanIn = (length: number): fc.Arbitrary<[number, number]> =>
  fc
    .tuple(fc.nat(length - 1), fc.nat(length - 1), fc.boolean())
    .map(([a, b, small]) => (small ? [a, Math.min(length - 1, a + (b % 300))] : [Math.min(a, b), Math.max(a, b)]));

const rectsIn = ({ width, height }: Size): fc.Arbitrary<Rect> =>
  fc
    .tuple(spanIn(width), spanIn(height))
    .map(([[left, right], [top, bottom]]) => ({ x: left, y: top, width: right - left + 1, height: bottom - top + 1 }));

const cases = images.chain((image) => fc.tuple(fc.constant(image), rectsIn(image)));
const auto: WindowChoice = { kind: 'auto' };

const checkSent = (plan: Plan): void => {
  const { scaled, sent, window, scale } = plan;
  assert.ok(sent.width % limits.multiple === 0 && sent.height % limits.multiple === 0, JSON.stringify(plan));
  assert.ok(area(sent) <= 1_000_000 && Math.max(sent.width, sent.height) <= 1440, JSON.stringify(plan));
  assert.ok(sent.width >= scaled.width && sent.height >= scaled.height);
  if (scale === 1) assert.deepEqual(scaled, { width: window.width, height: window.height });
  if (scale > 1) assert.ok(Number.isInteger(scale) && scaled.width === scale * window.width);
};

/** The largest window that can be sent pixel for pixel around these bounds: the bounds themselves, rounded up. */
const fitsUnscaled = ({ width, height }: Size): boolean => {
  const up = (value: number): number => Math.ceil(value / 32) * 32;
  return up(width) * up(height) <= 1_000_000 && Math.max(up(width), up(height)) <= 1440;
};

suite('window plan', () => {
  test('a chosen window lies in the image, holds the bounds, and what is sent keeps the limits', () => {
    fc.assert(
      fc.property(cases, ([image, bounds]) => {
        const plan = planWindow(image, bounds, auto);
        assert.ok(contains(wholeOf(image), plan.window) && contains(plan.window, bounds), JSON.stringify(plan));
        checkSent(plan);
      }),
      { numRuns: 3000 },
    );
  });

  test('nothing is scaled down as long as the bounds can be sent pixel for pixel', () => {
    fc.assert(
      fc.property(cases, ([image, bounds]) => {
        const { scale } = planWindow(image, bounds, auto);
        if (fitsUnscaled(bounds)) assert.ok(scale >= 1, `${scale}`);
        else assert.ok(scale < 1, `${scale}`);
      }),
      { numRuns: 3000 },
    );
  });

  test('an image that can be sent whole is sent whole', () => {
    const small = fc.record({ width: fc.integer({ min: 1, max: 1440 }), height: fc.integer({ min: 1, max: 1440 }) });
    fc.assert(
      fc.property(
        small.filter(fitsUnscaled).chain((image) => fc.tuple(fc.constant(image), rectsIn(image))),
        ([image, bounds]) => {
          assert.deepEqual(planWindow(image, bounds, auto).window, wholeOf(image));
        },
      ),
    );
  });

  test('a window is at least 512 a side where image and mask allow', () => {
    fc.assert(
      fc.property(cases, ([image, bounds]) => {
        const { window, scale } = planWindow(image, bounds, auto);
        if (scale < 1 || Math.max(bounds.width, bounds.height) > 512) return;
        assert.ok(window.width >= Math.min(512, image.width) && window.height >= Math.min(512, image.height));
      }),
    );
  });

  test('it grows towards a million pixels', () => {
    const plan = planWindow({ width: 6000, height: 4000 }, { x: 3000, y: 2000, width: 80, height: 60 });
    assert.ok(area(plan.sent) > 950_000, JSON.stringify(plan));
    assert.equal(plan.scale, 1);
  });

  test('a side drawn by hand is on the grid or at the end of its room, and what can be sent unscaled stays so', () => {
    const drawn = fc.constantFrom('width', 'height', 'both');
    fc.assert(
      fc.property(images, images, fc.boolean(), drawn, (room, size, unscaled, moved) => {
        const wanted = { width: Math.min(size.width, room.width), height: Math.min(size.height, room.height) };
        const result = drawnSize(wanted, room, unscaled, moved);
        for (const side of ['width', 'height'] as const) {
          if (moved !== 'both' && moved !== side) {
            assert.equal(result[side], wanted[side]);
            continue;
          }
          assert.ok(result[side] <= room[side] && result[side] >= Math.min(limits.shortSide, room[side]));
          assert.ok(result[side] % limits.multiple === 0 || result[side] === room[side], JSON.stringify(result));
          if (!unscaled && wanted[side] >= limits.shortSide) assert.ok(Math.abs(result[side] - wanted[side]) <= 16);
        }
        const rect = { x: 0, y: 0, ...result };
        const { scale } = planWindow(room, rect, { kind: 'rect', rect });
        if (unscaled && moved === 'both') assert.ok(scale >= 1, `${scale}`);
      }),
      { numRuns: 2000 },
    );
  });

  test('scaling down keeps the proportions within a pixel', () => {
    fc.assert(
      fc.property(cases, ([image, bounds]) => {
        const { window, scaled, scale } = planWindow(image, bounds, auto);
        assert.ok(Math.abs(scaled.width - Math.max(1, window.width * scale)) <= 0.51);
        assert.ok(Math.abs(scaled.height - Math.max(1, window.height * scale)) <= 0.51);
      }),
    );
  });

  test('a reduced window uses what may be sent', () => {
    const plan = planWindow({ width: 6000, height: 4000 }, { x: 500, y: 500, width: 3000, height: 2800 });
    assert.ok(plan.scale < 1 && area(plan.sent) > 850_000, JSON.stringify(plan));
  });

  test('a tiny image is enlarged by a whole factor', () => {
    const plan = planWindow({ width: 100, height: 60 }, { x: 10, y: 10, width: 20, height: 20 });
    assert.equal(plan.scale, 5);
    assert.deepEqual(plan.scaled, { width: 500, height: 300 });
    assert.deepEqual(plan.sent, { width: 512, height: 320 });
  });

  test('the whole image and a rectangle of one’s own are taken at their word', () => {
    fc.assert(
      fc.property(
        cases.chain(([image, bounds]) => fc.tuple(fc.constant(image), fc.constant(bounds), rectsIn(image))),
        ([image, bounds, rect]) => {
          const whole = planWindow(image, bounds, { kind: 'whole' });
          assert.deepEqual(whole.window, wholeOf(image));
          checkSent(whole);
          const own = planWindow(image, bounds, { kind: 'rect', rect });
          assert.deepEqual(own.window, rect);
          checkSent(own);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
