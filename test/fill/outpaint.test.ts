import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { area, contains, wholeOf } from '../../src/fill/geometry.ts';
import {
  aspectSides,
  canvasSize,
  checkExpand,
  keptRect,
  outpaintPresets,
  presetSides,
} from '../../src/fill/outpaint.ts';
import { limits } from '../../src/fill/plan.ts';
import { coversBorder, planSteps, settledRect } from '../../src/fill/steps.ts';

const side = fc.integer({ min: 1, max: 6000 });
const size = fc.record({ width: side, height: side });

suite('outpaint: the canvas', () => {
  test('presets', () => {
    const image = { width: 1001, height: 600 };
    const canvases = outpaintPresets.map((preset) => {
      const { width, height } = canvasSize(image, presetSides(preset, image));
      return `${preset} ${width} × ${height}`;
    });
    assert.deepEqual(canvases, [
      'zoom-out-1.5x 1502 × 900',
      'zoom-out-2x 2002 × 1200',
      'make-square 1001 × 1001',
      'left 1502 × 600',
      'right 1502 × 600',
      'top 1001 × 900',
      'bottom 1001 × 900',
    ]);
    assert.deepEqual(presetSides('left', image), { left: 501, top: 0, right: 0, bottom: 0 });
    assert.deepEqual(presetSides('zoom-out-2x', image), { left: 500, top: 300, right: 501, bottom: 300 });
  });

  test('an aspect ratio is reached to the pixel, and nothing is cut off', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (image, width, height) => {
        const sides = aspectSides({ width, height }, image);
        assert.ok(Object.values(sides).every((value) => value >= 0));
        assert.ok(Math.abs(sides.left - sides.right) <= 1 && Math.abs(sides.top - sides.bottom) <= 1);
        assert.ok((sides.left === 0 && sides.right === 0) || (sides.top === 0 && sides.bottom === 0));
        const canvas = canvasSize(image, sides);
        const exact = [
          canvas.height * (width / height) - canvas.width,
          canvas.width * (height / width) - canvas.height,
        ];
        assert.ok(Math.min(...exact.map(Math.abs)) <= 0.5 + 1e-6);
      }),
    );
  });

  test('nothing added, and too much, is said', () => {
    const image = { width: 100, height: 100 };
    const code = (left: number): string | undefined => {
      const checked = checkExpand(image, { left, top: 0, right: 0, bottom: 0 });
      return checked.ok ? undefined : checked.fault.code;
    };
    assert.equal(code(0), 'expand.none');
    assert.equal(code(1), undefined);
    assert.equal(code(29_901), 'expand.tooLarge');
    assert.ok(!checkExpand({ width: 20_000, height: 5000 }, { left: 0, top: 1, right: 0, bottom: 0 }).ok);
  });

  test('the overlap runs along the sides that are expanded', () => {
    const image = { width: 100, height: 80 };
    assert.deepEqual(keptRect(image, { left: 10, top: 0, right: 0, bottom: 7, overlap: 16 }), {
      x: 26,
      y: 0,
      width: 84,
      height: 64,
    });
    assert.equal(keptRect(image, { left: 10, top: 0, right: 10, bottom: 0, overlap: 50 }), null);
  });
});

suite('outpaint: the steps', () => {
  const border = fc.integer({ min: 0, max: 3000 });
  const expand = fc.record({ left: border, top: border, right: border, bottom: border, overlap: fc.constant(16) });

  test('together they cover the border; each is sent pixel for pixel, inside the canvas, and adds something', () => {
    let several = 0;
    fc.assert(
      fc.property(
        fc.record({ width: fc.integer({ min: 64, max: 6000 }), height: fc.integer({ min: 64, max: 6000 }) }),
        expand,
        (image, sides) => {
          const canvas = canvasSize(image, sides);
          const kept = keptRect(image, sides)!;
          const plans = planSteps(canvas, wholeOf(canvas), { kind: 'auto' }, kept);
          if (plans.length === 1) return;
          several++;
          const windows = plans.map(({ window }) => window);
          assert.ok(coversBorder(canvas, kept, windows));
          for (const [index, { window, sent, scale }] of plans.entries()) {
            assert.equal(scale, 1);
            assert.ok(contains(wholeOf(canvas), window));
            assert.ok(area(sent) <= limits.pixels && Math.max(sent.width, sent.height) <= limits.longSide);
            assert.ok(!coversBorder(canvas, kept, windows.slice(0, index)));
          }
        },
      ),
      { numRuns: 400 },
    );
    assert.ok(several > 100, String(several));
  });

  test('each window sees something known: the source or an earlier window', () => {
    fc.assert(
      fc.property(expand, (sides) => {
        const image = { width: 2400, height: 1800 };
        const canvas = canvasSize(image, sides);
        const kept = keptRect(image, sides)!;
        const windows = planSteps(canvas, wholeOf(canvas), { kind: 'auto' }, kept).map(({ window }) => window);
        if (windows.length === 1) return;
        for (const [index, window] of windows.entries()) {
          const touches = [kept, ...windows.slice(0, index)].some(
            (known) =>
              Math.min(known.x + known.width, window.x + window.width) - Math.max(known.x, window.x) >= 64 &&
              Math.min(known.y + known.height, window.y + window.height) - Math.max(known.y, window.y) >= 64,
          );
          assert.ok(touches, JSON.stringify({ sides, window }));
        }
      }),
    );
  });

  test('one step where it fits, where a window was chosen, and where it would take too many', () => {
    const small = { width: 1200, height: 800 };
    const steps = (
      canvas: typeof small,
      kept: Parameters<typeof planSteps>[3],
      kind: 'auto' | 'whole' = 'auto',
    ): number => planSteps(canvas, wholeOf(canvas), { kind }, kept).length;
    assert.equal(steps(small, { x: 200, y: 0, width: 1000, height: 800 }), 1);
    const large = { width: 3000, height: 2000 };
    const kept = { x: 516, y: 16, width: 2484, height: 1984 };
    assert.ok(steps(large, kept) > 1);
    assert.equal(steps(large, kept, 'whole'), 1);
    assert.equal(steps(large, null), 1);
    assert.equal(steps({ width: 20_000, height: 5000 }, { x: 9000, y: 2000, width: 100, height: 100 }), 1);
  });

  test('a window settles all but a joint along its inner edges', () => {
    const canvas = { width: 2000, height: 1000 };
    assert.deepEqual(settledRect(canvas, { x: 0, y: 100, width: 800, height: 900 }), {
      x: 0,
      y: 132,
      width: 768,
      height: 868,
    });
  });
});
