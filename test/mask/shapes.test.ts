import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { combine, combineBox, combineModes, cutPart, type Part } from '../../src/mask/combine.ts';
import { emptyMask, type Box, type Mask } from '../../src/mask/mask.ts';
import { bounds } from '../../src/mask/measure.ts';
import { ellipsePart, polygonPart, rectanglePart } from '../../src/mask/shapes.ts';
import { taper, type Point } from '../../src/mask/strokes.ts';
import { boxIn, masks } from './arbitrary.ts';

const size = { width: 40, height: 36 };

/** Samples on each side of a pixel. */
const fine = 16;

/** 255 × the share of the samples of a pixel that lie inside. */
const shareOf = (x: number, y: number, inside: (x: number, y: number) => boolean): number => {
  let count = 0;
  for (let row = 0; row < fine; row++)
    for (let column = 0; column < fine; column++)
      if (inside(x + (column + 0.5) / fine, y + (row + 0.5) / fine)) count++;
  return (255 * count) / fine ** 2;
};

const at = (part: Part | null, x: number, y: number): number => {
  if (part === null) return 0;
  const { box, data } = part;
  const inside = x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;
  return inside ? data[(y - box.y) * box.width + x - box.x] : 0;
};

const near = (part: Part | null, inside: (x: number, y: number) => boolean, levels: number): void => {
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) {
      const difference = at(part, x, y) - shareOf(x, y, inside);
      assert.ok(Math.abs(difference) <= levels, `${x}, ${y}: ${difference}`);
    }
};

const outside = fc.record({
  x: fc.integer({ min: -30, max: 40 }),
  y: fc.integer({ min: -30, max: 36 }),
  width: fc.integer({ min: 1, max: 70 }),
  height: fc.integer({ min: 1, max: 70 }),
});

/** On 1/16 px, as the stage gives them. */
const corner = fc.record({
  x: fc.integer({ min: -160, max: 800 }).map((x) => x / 16),
  y: fc.integer({ min: -160, max: 740 }).map((y) => y / 16),
});

/** Turns of the outline about a point: crossings of a ray to the right. */
const windings = (points: readonly Point[], x: number, y: number): number => {
  let turns = 0;
  points.forEach((from, index) => {
    const to = points[(index + 1) % points.length];
    if (from.y <= y === to.y <= y) return;
    if (from.x + ((y - from.y) * (to.x - from.x)) / (to.y - from.y) > x) turns += from.y <= y ? 1 : -1;
  });
  return turns;
};

suite('shapes', () => {
  test('an ellipse covers each pixel by its area', () => {
    fc.assert(
      fc.property(outside, (outer) => {
        const inside = (x: number, y: number): boolean =>
          ((x - outer.x) / outer.width - 0.5) ** 2 + ((y - outer.y) / outer.height - 0.5) ** 2 <= 0.25;
        near(ellipsePart(outer, size), inside, 16);
      }),
      { numRuns: 20 },
    );
  });

  test('an ellipse has its area and its symmetry to the last byte', () => {
    const { data } = ellipsePart({ x: 0, y: 0, width: 36, height: 22 }, { width: 36, height: 22 })!;
    assert.deepEqual(data.slice().reverse(), data);
    const area = data.reduce((sum, strength) => sum + strength / 255, 0);
    assert.ok(Math.abs(area - Math.PI * 18 * 11) < 0.2, `${area}`);
    assert.deepEqual([...ellipsePart({ x: 3, y: 3, width: 1, height: 1 }, size)!.data], [200]);
  });

  test('an ellipse over 24 megapixels has no hole and no step', () => {
    const { box, data } = ellipsePart({ x: 0, y: 0, width: 6000, height: 4000 }, { width: 6000, height: 4000 })!;
    assert.deepEqual(box, { x: 0, y: 0, width: 6000, height: 4000 });
    for (let y = 0; y < 2000; y += 37)
      for (let x = 1; x < 3000; x++) assert.ok(data[y * 6000 + x] >= data[y * 6000 + x - 1], `${x}, ${y}`);
  });

  test('a polygon covers each pixel by its area, crossing itself or not, by the non-zero rule', () => {
    fc.assert(
      fc.property(fc.array(corner, { minLength: 3, maxLength: 8 }), (points) => {
        near(polygonPart(points, size), (x, y) => windings(points, x, y) !== 0, 24);
      }),
      { numRuns: 12 },
    );
  });

  test('a polygon of whole pixels is its rectangle, drawn either way round', () => {
    fc.assert(
      fc.property(outside, ({ x, y, width, height }) => {
        const points = [
          { x, y },
          { x: x + width, y },
          { x: x + width, y: y + height },
          { x, y: y + height },
        ];
        const rectangle = rectanglePart({ x, y, width, height }, size);
        assert.deepEqual(polygonPart(points, size), rectangle);
        assert.deepEqual(polygonPart(points.toReversed(), size), rectangle);
        assert.equal(polygonPart([points[0], points[2], points[0]], size), null, 'it encloses nothing');
      }),
    );
    assert.equal(
      polygonPart(
        [
          { x: 1, y: 1 },
          { x: 9, y: 9 },
        ],
        size,
      ),
      null,
    );
  });
});

const combined = (mask: Mask, part: Part, mode: (typeof combineModes)[number]): number[] =>
  Array.from(mask.data, (strength, index) => {
    const other = at(part, index % mask.width, Math.floor(index / mask.width));
    return { replace: other, add: Math.max(strength, other), subtract: Math.min(strength, 255 - other), intersect: Math.min(strength, other) }[mode]; // prettier-ignore
  });

suite('combining', () => {
  const cases = masks(24).chain((mask) =>
    fc.tuple(
      fc.constant(mask),
      boxIn(mask).chain((box: Box) =>
        fc
          .uint8Array({ minLength: box.width * box.height, maxLength: box.width * box.height })
          .map((data) => ({ box, data })),
      ),
    ),
  );
  for (const mode of combineModes)
    test(`${mode} is what it says for every pixel, inside the box it names`, () => {
      fc.assert(
        fc.property(cases, ([mask, part]) => {
          const expected = combined(mask, part, mode);
          const changed = mask.data.slice();
          const box = combineBox(mask, part, mode);
          if (box !== null) combine(mask, part, mode, box);
          assert.deepEqual([...mask.data], expected);
          const differing = emptyMask(mask.width, mask.height);
          changed.forEach((was, index) => (differing.data[index] = was === expected[index] ? 0 : 255));
          const touched = bounds(differing);
          if (touched === null) return;
          assert.ok(box !== null);
          assert.ok(touched.x >= box.x && touched.x + touched.width <= box.x + box.width);
          assert.ok(touched.y >= box.y && touched.y + touched.height <= box.y + box.height);
        }),
      );
    });

  test('a cut part put back in its place changes nothing', () => {
    fc.assert(
      fc.property(
        masks(24).chain((mask) => fc.tuple(fc.constant(mask), boxIn(mask))),
        ([mask, box]) => {
          const copy = mask.data.slice();
          combine(mask, cutPart(mask, box), 'add', box);
          assert.deepEqual(mask.data, copy);
        },
      ),
    );
  });
});

suite('tapering', () => {
  test('pieces join from end to end, their sizes go the whole way in steps that do not show', () => {
    const sizes = fc.double({ min: 1, max: 2000, noNaN: true });
    fc.assert(
      fc.property(corner, corner, sizes, sizes, (from, to, first, last) => {
        const pieces = taper(from, to, first, last);
        assert.deepEqual({ ...pieces[0].from }, { ...from });
        assert.ok(Math.abs(pieces.at(-1)!.size - last) < 1e-6);
        const most = Math.max(1, Math.max(first, last) / 50) + 1e-6;
        pieces.forEach((piece, index) => {
          const before = pieces[index - 1];
          assert.ok(Math.abs(piece.size - (before?.size ?? first)) <= most);
          if (before !== undefined) assert.deepEqual(piece.from, before.to);
        });
        assert.ok(pieces.length <= 50);
      }),
    );
  });
});
