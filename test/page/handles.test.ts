import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { canvasSize } from '../../src/fill/outpaint.ts';
import { grips } from '../../src/page/canvas/frames.ts';
import { draggedSides } from '../../src/page/canvas/handles.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { drag, placeOf, quiet, strength, withPage, workedOff } from './driving.ts';
import { firstState, openSite } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

const { source } = firstState();
const plain = { symmetric: false, proportional: false };

/** The middle of a handle as it is drawn. */
const handle = async (page: Page, x: number, y: number): Promise<{ x: number; y: number }> => {
  const box = await boxOf(page.locator(`.canvas-handle[data-x="${x}"][data-y="${y}"]`));
  return { x: box.x + x * 9, y: box.y + y * 9 };
};

/** CSS pixels that an image pixel takes. */
const scaleOf = async (page: Page): Promise<number> => {
  const at = await placeOf(page);
  return (at(1000, 0).x - at(0, 0).x) / 1000;
};

suite('sides of a dragged canvas', () => {
  const side = fc.nat(800);
  const sides = fc.record({ left: side, top: side, right: side, bottom: side });
  const by = fc.record({ x: fc.integer({ min: -900, max: 900 }), y: fc.integer({ min: -900, max: 900 }) });

  test('a handle moves its own sides only, and never into the image', () => {
    fc.assert(
      fc.property(sides, by, fc.constantFrom(...grips), (from, delta, grip) => {
        const next = draggedSides(source, from, grip, delta, plain, 0);
        assert.equal(next.left, grip.x < 0 ? Math.max(0, from.left - delta.x) : from.left);
        assert.equal(next.right, grip.x > 0 ? Math.max(0, from.right + delta.x) : from.right);
        assert.equal(next.top, grip.y < 0 ? Math.max(0, from.top - delta.y) : from.top);
        assert.equal(next.bottom, grip.y > 0 ? Math.max(0, from.bottom + delta.y) : from.bottom);
      }),
    );
  });

  test('symmetric: both sides by the same; proportional: the shape stays while it grows', () => {
    fc.assert(
      fc.property(sides, by, fc.constantFrom(...grips), fc.boolean(), (from, delta, grip, symmetric) => {
        const both = draggedSides(source, from, grip, delta, { symmetric: true, proportional: false }, 0);
        if (both.left > 0 && both.right > 0) assert.equal(both.left - from.left, both.right - from.right);
        if (both.top > 0 && both.bottom > 0) assert.equal(both.top - from.top, both.bottom - from.bottom);
        const shaped = draggedSides(source, from, grip, delta, { symmetric, proportional: true }, 0);
        const was = canvasSize(source, from);
        const is = canvasSize(source, shaped);
        if (is.width > was.width + 2) assert.ok(Math.abs(is.width / was.width - is.height / was.height) < 0.01);
      }),
    );
  });

  test('a side near the image is none', () => {
    const from = { left: 100, top: 0, right: 0, bottom: 0 };
    assert.equal(draggedSides(source, from, { x: -1, y: 0 }, { x: 93, y: 0 }, plain, 8).left, 0);
    assert.equal(draggedSides(source, from, { x: -1, y: 0 }, { x: 90, y: 0 }, plain, 8).left, 10);
  });
});

suite('page: handles of the canvas', () => {
  test('dragged outwards the new canvas is shown while it is dragged, and asked for when it is let go', () =>
    open({}, async ({ page, host }) => {
      const scale = await scaleOf(page);
      const from = await handle(page, -1, 0);
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(from.x - 15, from.y, { steps: 3 });
      const ghost = page.locator('.canvas-ghost');
      await until('shown', () => ghost.isVisible());
      const left = Math.round(15 / scale);
      await eventually(async () => assert.match(await page.locator('.canvas-size').innerText(), /^1,0\d\d × 819$/));
      await eventually(async () => {
        const picture = await boxOf(page.locator('.stage .picture'));
        const box = await boxOf(ghost);
        assert.ok(Math.abs(picture.x - box.x - 15) < 1.5 && Math.abs(box.width - picture.width - 15) < 1.5);
        const kept = await boxOf(page.locator('.canvas-kept'));
        assert.ok(Math.abs(kept.x - picture.x - 16 * scale) < 1.5, 'the overlap is shown');
      });
      assert.ok(!host.asked.some(({ name }) => name === 'expand'), 'nothing is asked for yet');
      await page.mouse.up();
      await until('asked', () => host.state.expand !== null);
      const { left: added, ...others } = host.state.expand!;
      assert.ok(Math.abs(added - left) <= 1, `${added}`);
      assert.deepEqual(others, { top: 0, right: 0, bottom: 0, overlap: 16 });
      await until(
        'rebuilt',
        async () => (await page.locator('.side-fields input').first().inputValue()) === String(added),
      );
      await until('said in the form', () => page.locator('.hint', { hasText: 'Canvas 1,0' }).isVisible());
    }));

  test('on beyond the edge of the stage there is more room; with Ctrl both sides grow', () =>
    open({}, async ({ page, host }) => {
      const from = await handle(page, 1, 0);
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.keyboard.down('Control');
      await page.mouse.move(from.x + 60, from.y, { steps: 20 });
      await until('on the stage', async () => {
        await page.mouse.move(from.x + 10, from.y);
        const stage = (await page.locator('.stage').boundingBox())!;
        const ghost = (await page.locator('.canvas-ghost').boundingBox())!;
        return ghost.x >= stage.x - 1 && ghost.x + ghost.width <= stage.x + stage.width + 1;
      });
      await page.mouse.up();
      await page.keyboard.up('Control');
      await until('asked', () => host.state.expand !== null);
      const { left, right, top, bottom } = host.state.expand!;
      assert.ok(left > 20 && left === right, `${left} ${right}`);
      assert.deepEqual([top, bottom], [0, 0]);
    }));

  test('Shift keeps the proportions; a click, and Escape, change nothing', () =>
    open({}, async ({ page, host }) => {
      const from = await handle(page, 1, 1);
      await page.mouse.click(from.x, from.y);
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(from.x + 12, from.y, { steps: 3 });
      await page.keyboard.press('Escape');
      await page.mouse.up();
      await until('gone', async () => !(await page.locator('.canvas-ghost').isVisible()));
      await workedOff(page);
      assert.ok(!host.asked.some(({ name }) => name === 'expand'));
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.keyboard.down('Shift');
      await page.mouse.move(from.x + 14, from.y + 3, { steps: 3 });
      await page.mouse.up();
      await page.keyboard.up('Shift');
      await until('asked', () => host.state.expand !== null);
      const { width, height } = canvasSize(source, host.state.expand!);
      assert.ok(Math.abs(width / height - source.width / source.height) < 0.003, `${width} × ${height}`);
    }));

  test('dragged back to the image, the canvas is the image again', () =>
    open(
      { state: { expand: { left: 0, top: 0, right: 300, bottom: 0, overlap: 16 }, maskKind: 'border' } },
      async ({ page, host }) => {
        await quiet(page, host);
        const scale = await scaleOf(page);
        const from = await handle(page, 1, 0);
        await drag(page, [from, { x: from.x - 300 * scale - 30, y: from.y }]);
        await until('the image', () => host.state.expand === null);
      },
    ));

  test('they are seen only with a pointer at the stage, are no obstacle to painting, and give way to the hand', () =>
    open({}, async ({ page, host }) => {
      const opacity = () =>
        page
          .locator('.canvas-handle')
          .first()
          .evaluate((each) => getComputedStyle(each).opacity);
      await page.mouse.move(1200, 300);
      await until('hidden', async () => (await opacity()) === '0');
      const at = await placeOf(page);
      for (const [x, y] of [
        [2, 2],
        [1022, 410],
        [512, 817],
      ]) {
        await page.mouse.move(at(x, y).x, at(x, y).y);
        await until('seen', async () => (await opacity()) === '1');
        await page.mouse.down();
        await page.mouse.up();
        await until('painted', () => strength(host, x, y) === 255);
      }
      const from = await handle(page, -1, 0);
      await page.keyboard.press('h');
      await until('the hand', async () => (await page.locator('.stage').getAttribute('data-cursor')) === 'grab');
      await drag(page, [from, { x: from.x + 40, y: from.y }]);
      await until('moved', async () => (await placeOf(page))(0, 0).x > at(0, 0).x + 30);
      await eventually(() => assert.equal(host.state.expand, null));
    }));

  test('more shapes, and a turned one, from the form; what is too large cannot be chosen', () =>
    open({}, async ({ page, host }) => {
      const choice = page.getByRole('combobox', { name: 'Extend' });
      await choice.selectOption('9:16');
      await until('asked', () => host.state.expand !== null);
      const upright = canvasSize(source, host.state.expand!);
      assert.equal(upright.height, Math.round((upright.width * 16) / 9));
      const swap = page.getByRole('button', { name: 'Swap orientation' });
      await page.locator('.hint', { hasText: /^Canvas/ }).waitFor();
      await eventually(async () => assert.equal(await choice.inputValue(), '9:16'));
      await swap.focus();
      await page.keyboard.press('Enter');
      await until('turned', () => (host.state.expand?.left ?? 0) > 0);
      const across = canvasSize(source, host.state.expand!);
      assert.ok(Math.abs(across.width / across.height - upright.height / upright.width) < 0.01, JSON.stringify(across));
      await until('keeps the keyboard', () =>
        page.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'Swap orientation'),
      );
      await host.change({ expand: null, source: { ...source, width: 9600, height: 9600 } });
      await until(
        'too large',
        async () => (await choice.locator('option[value="2:1"]').getAttribute('disabled')) !== null,
      );
    }));
});
