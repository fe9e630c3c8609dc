import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  clampView,
  fitView,
  maxScale,
  resizedView,
  toImage,
  toStage,
  uprightMatrix,
  visibleBox,
  zoomAt,
} from '../../src/page/canvas/view.ts';

const image = { width: 6000, height: 4000 };
const stage = { width: 1100, height: 730 };

suite('view', () => {
  test('a fitted image lies whole and centred on the stage', () => {
    for (const size of [image, { width: 30, height: 9000 }, { width: 16, height: 16 }]) {
      const view = fitView(size, stage, 1);
      const box = toStage(view, { x: 0, y: 0, ...size }, 0, stage)!;
      assert.ok(box.width <= stage.width && box.height <= stage.height);
      assert.ok(Math.abs(box.x * 2 + box.width - stage.width) <= 3, JSON.stringify(box));
      assert.ok(Math.abs(box.y * 2 + box.height - stage.height) <= 3, JSON.stringify(box));
      assert.ok(view.scale <= 4);
    }
  });

  test('zooming keeps the image point under the pointer and stays within its limits', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 64, noNaN: true }),
        fc.integer({ min: 300, max: 800 }),
        fc.integer({ min: 200, max: 500 }),
        (scale, x, y) => {
          const from = fitView(image, stage, 1);
          const at = { x, y };
          const next = zoomAt(from, scale, at, image, stage);
          assert.ok(next.scale <= maxScale && next.scale > 0);
          const unclamped = clampView(next, image, stage);
          assert.deepEqual(unclamped, next);
          const point = { x: (x - from.x) / from.scale, y: (y - from.y) / from.scale };
          assert.ok(Math.abs(next.x + point.x * next.scale - x) < 1e-6);
          assert.ok(Math.abs(next.y + point.y * next.scale - y) < 1e-6);
        },
      ),
    );
  });

  test('some of the image always stays on the stage', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.double({ min: 0.01, max: 32, noNaN: true }), (x, y, scale) => {
        assert.notEqual(visibleBox(clampView({ x, y, scale }, image, stage), image, stage), null);
      }),
    );
  });

  test('stage and image positions agree', () => {
    const view = { scale: 0.5, x: 100, y: -20 };
    assert.deepEqual(toImage(view, { x: 100, y: -20 }), { x: 0, y: 0 });
    assert.deepEqual(toImage(view, { x: 350, y: 230 }), { x: 500, y: 500 });
    assert.deepEqual(toStage(view, { x: 500, y: 500, width: 10, height: 20 }, 2, stage), {
      x: 348,
      y: 228,
      width: 9,
      height: 14,
    });
    assert.equal(toStage(view, { x: 5000, y: 500, width: 10, height: 20 }, 2, stage), null);
  });

  test('a stage that grows keeps its middle', () => {
    const view = { scale: 1, x: -1000, y: -1000 };
    assert.deepEqual(resizedView(view, image, stage, { width: 1300, height: 930 }), { scale: 1, x: -900, y: -900 });
  });

  test('orientation matrices map the stored corners onto the upright frame', () => {
    const upright = { width: 30, height: 20 };
    for (let orientation = 1; orientation <= 8; orientation++) {
      const [a, b, c, d, e, f] = uprightMatrix(orientation, upright);
      const stored = orientation >= 5 ? { width: 20, height: 30 } : upright;
      const corners = [
        [0, 0],
        [stored.width, 0],
        [0, stored.height],
        [stored.width, stored.height],
      ].map(([x, y]) => `${a * x + c * y + e},${b * x + d * y + f}`);
      assert.deepEqual(new Set(corners), new Set(['0,0', '30,0', '0,20', '30,20']), `orientation ${orientation}`);
    }
    // Exif: in 6 the stored first row is the right side of the picture, its first pixel at the top right.
    const [a, b, c, d, e, f] = uprightMatrix(6, upright);
    assert.deepEqual([a * 0 + c * 0 + e, b * 0 + d * 0 + f], [30, 0]);
  });
});
