import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { emptyMask, type Mask } from '../../src/mask/mask.ts';
import { bounds } from '../../src/mask/measure.ts';
import { fillRectangle, strokeSegment, type Brush, type Point } from '../../src/mask/strokes.ts';

const side = 60;
const point = fc.record({
  x: fc.double({ min: -20, max: side + 20, noNaN: true }),
  y: fc.double({ min: -20, max: side + 20, noNaN: true }),
});
const brush: fc.Arbitrary<Brush> = fc.record({
  size: fc.double({ min: 1, max: 50, noNaN: true }),
  hardness: fc.constantFrom(0, 0.5, 0.8, 1),
  mode: fc.constant('paint' as const),
});

/** The strength of a capsule by sampling the segment densely: knows nothing of runs and unit vectors. */
const expected = (from: Point, to: Point, { size, hardness }: Brush, x: number, y: number): number => {
  let t = 0;
  const square = (to.x - from.x) ** 2 + (to.y - from.y) ** 2;
  if (square > 0) t = ((x - from.x) * (to.x - from.x) + (y - from.y) * (to.y - from.y)) / square;
  t = Math.max(0, Math.min(1, t));
  const d = Math.hypot(x - (from.x + t * (to.x - from.x)), y - (from.y + t * (to.y - from.y)));
  const outer = size / 2 + 0.5;
  const inner = Math.min((size / 2) * hardness, size / 2 - 0.5);
  const u = Math.max(0, Math.min(1, (outer - d) / (outer - inner)));
  return 255 * (outer - inner <= 1 ? u : u * u * (3 - 2 * u));
};

const random = (): Mask => {
  const mask = emptyMask(side, side);
  for (let at = 0; at < mask.data.length; at++) mask.data[at] = (at * 7919) % 256;
  return mask;
};

suite('strokes', () => {
  test('a segment is a capsule, within half a level of the distance to the line', () => {
    fc.assert(
      fc.property(point, fc.option(point, { nil: null }), brush, (from, other, chosen) => {
        const to = other ?? from;
        const mask = emptyMask(side, side);
        strokeSegment(mask, from, to, chosen);
        for (let y = 0; y < side; y++)
          for (let x = 0; x < side; x++) {
            const difference = mask.data[y * side + x] - expected(from, to, chosen, x + 0.5, y + 0.5);
            assert.ok(Math.abs(difference) <= 0.51, `${x},${y}: ${difference}`);
          }
      }),
      { numRuns: 300 },
    );
  });

  test('the boxes returned are the smallest ones of what changed, one for each 64 rows; none where nothing did', () => {
    const mode = fc.constantFrom('paint' as const, 'erase' as const);
    fc.assert(
      fc.property(point, point, point, brush, mode, (before, from, to, chosen, second) => {
        const mask = emptyMask(side, 3 * side);
        const down = ({ x, y }: Point): Point => ({ x, y: 3 * y });
        strokeSegment(mask, down(before), down(from), chosen);
        const was = mask.data.slice();
        const boxes = strokeSegment(mask, down(from), down(to), { ...chosen, mode: second });
        const expectedBoxes = Array.from({ length: Math.ceil(mask.height / 64) }, (_, band) => {
          const inBand = (at: number): boolean => Math.floor(at / side / 64) === band;
          const changed = mask.data.map((value, at) => (value !== was[at] && inBand(at) ? 255 : 0));
          return bounds({ ...mask, data: changed });
        }).filter((box) => box !== null);
        assert.deepEqual(boxes, expectedBoxes);
      }),
      { numRuns: 500 },
    );
  });

  test('a stroke that goes on from where it was gives the same bytes and boxes, without a look at what it has painted', () => {
    const mode = fc.constantFrom('paint' as const, 'erase' as const);
    const whole = fc.record({ x: fc.integer({ min: 0, max: side }), y: fc.integer({ min: 0, max: side }) });
    // As the page has them: a pixel centre may then lie exactly where a strength is rounded up or down.
    const sixteenth = whole.map(({ x, y }) => ({ x: (x * 17) / 16, y: (y * 15) / 16 }));
    const path = fc.array(fc.oneof(point, whole, sixteenth), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(path, brush, mode, (points, chosen, used) => {
        const [plain, going] = [random(), random()];
        points.forEach((at, index) => {
          const from = points[Math.max(0, index - 1)];
          const boxes = strokeSegment(plain, from, at, { ...chosen, mode: used });
          assert.deepEqual(strokeSegment(going, from, at, { ...chosen, mode: used }, index > 0), boxes);
        });
        assert.equal(Buffer.compare(going.data, plain.data), 0);
      }),
      { numRuns: 1000 },
    );
  });

  test('repeating a segment changes nothing, and erasing it takes all of it away', () => {
    fc.assert(
      fc.property(point, point, brush, (from, to, chosen) => {
        const mask = random();
        strokeSegment(mask, from, to, chosen);
        const once = mask.data.slice();
        strokeSegment(mask, from, to, chosen);
        assert.deepEqual(mask.data, once);

        const painted = emptyMask(side, side);
        strokeSegment(painted, from, to, chosen);
        const full = { ...painted, data: new Uint8Array(side * side).fill(255) };
        strokeSegment(full, from, to, { ...chosen, mode: 'erase' });
        assert.deepEqual(
          full.data,
          painted.data.map((strength) => 255 - strength),
        );
      }),
    );
  });

  test('a rectangle is filled or emptied to its last pixel and no further', () => {
    const mask = emptyMask(6, 4);
    assert.deepEqual(fillRectangle(mask, { x: 3, y: -2, width: 9, height: 4 }, 'paint'), {
      x: 3,
      y: 0,
      width: 3,
      height: 2,
    });
    assert.deepEqual(
      [...mask.data],
      [0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255, ...new Array<number>(12).fill(0)],
    );
    fillRectangle(mask, { x: 4, y: 0, width: 1, height: 1 }, 'erase');
    assert.equal(mask.data[4], 0);
    assert.equal(fillRectangle(mask, { x: 6, y: 0, width: 5, height: 5 }, 'paint'), null);
  });
});
