import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { contains, wholeOf, type Rect } from '../../src/fill/geometry.ts';
import { planWindow } from '../../src/fill/plan.ts';
import { drawnWindow, grips, movedWindow } from '../../src/page/canvas/frames.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { drag, placeOf, quiet, shown, strength, withPage } from './driving.ts';
import { firstState, openSite } from './harness.ts';
import type { FakeHost, OpenOptions, Opened, Site } from './harness.ts';

const canvas = { width: 3000, height: 2400 };
const source = { ...firstState().source, src: '/large.png', ...canvas };

let site: Site;
before(async () => {
  site = await openSite();
  const bytes = await sharp({ create: { ...canvas, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();
  site.files.set('/large.png', { type: 'image/png', bytes });
});
after(() => site.close());

/** A page with a mask of 400 × 400 in the middle. */
const open = (run: (opened: Opened) => Promise<void>, options: OpenOptions = {}): Promise<void> =>
  withPage(site, { state: { source }, ...options }, async (opened) => {
    const { page, host } = opened;
    const width = async (selector: string): Promise<number> => (await boxOf(page.locator(selector))).width;
    await until('fitted', async () => (await width('.stage .picture')) < (await width('.stage')));
    const at = await placeOf(page);
    await page.keyboard.press('r');
    await drag(page, [at(1300, 1000), at(1700, 1400)]);
    await until('marked', () => strength(host, 1500, 1200) === 255);
    await quiet(page, host);
    await page.keyboard.press('b');
    await run(opened);
  });

const frame = (page: Page) => boxOf(page.locator('.window-frame'));

const chosen = (host: FakeHost): Rect => {
  const { window } = host.state;
  assert.ok(window.kind === 'rect', window.kind);
  return window.rect;
};

/** What the page says it sends is what the plan makes of the host's choice. */
const agrees = (page: Page, host: FakeHost): Promise<void> =>
  eventually(async () => {
    const rect = chosen(host);
    const { window, scale } = planWindow(canvas, rect, host.state.window);
    const at = await placeOf(page);
    const box = await frame(page);
    const origin = at(window.x, window.y);
    const end = at(window.x + window.width, window.y + window.height);
    assert.ok(Math.abs(box.x - origin.x) < 1.5 && Math.abs(box.y - origin.y) < 1.5);
    assert.ok(Math.abs(box.x + box.width - end.x) < 1.5 && Math.abs(box.y + box.height - end.y) < 1.5);
    const status = await page.locator('.status .plan').innerText();
    assert.equal(
      status.replaceAll(',', ''),
      `Window ${window.width} × ${window.height} at ${window.x} ${window.y} · ${Math.round(scale * 100)} %`,
    );
  });

const grip = async (page: Page, x: number, y: number): Promise<{ x: number; y: number }> => {
  const box = await boxOf(page.locator(`.window-grip[data-x="${x}"][data-y="${y}"]`));
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
};

suite('page: the window by hand', () => {
  test('moved and drawn out, it lies on the canvas, its far sides stay, and it is sent pixel for pixel', () => {
    const windows = fc
      .tuple(fc.nat(2400), fc.nat(1800), fc.integer({ min: 512, max: 1400 }), fc.integer({ min: 512, max: 700 }))
      .map(([x, y, width, height]) => ({
        x: Math.min(x, canvas.width - width),
        y: Math.min(y, canvas.height - height),
        width,
        height,
      }));
    const by = fc.record({ x: fc.integer({ min: -4000, max: 4000 }), y: fc.integer({ min: -4000, max: 4000 }) });
    fc.assert(
      fc.property(windows, by, fc.constantFrom(...grips), (window, delta, at) => {
        const moved = movedWindow(canvas, window, delta);
        assert.ok(contains(wholeOf(canvas), moved));
        assert.deepEqual([moved.width, moved.height], [window.width, window.height]);
        const drawn = drawnWindow(canvas, window, at, delta, true);
        assert.ok(contains(wholeOf(canvas), drawn), JSON.stringify(drawn));
        if (at.x >= 0) assert.equal(drawn.x, window.x);
        if (at.x <= 0) assert.equal(drawn.x + drawn.width, window.x + window.width);
        if (at.y >= 0) assert.equal(drawn.y, window.y);
        if (at.y <= 0) assert.equal(drawn.y + drawn.height, window.y + window.height);
        assert.equal(planWindow(canvas, drawn, { kind: 'rect', rect: drawn }).scale, 1);
      }),
    );
  });

  test('its border moves it, a corner draws it out, and the host is asked for just that', () =>
    open(async ({ page, host }) => {
      const from = await frame(page);
      await drag(page, [
        { x: from.x + 40, y: from.y - 2 },
        { x: from.x + 90, y: from.y + 28 },
      ]);
      await until('told', () => host.state.window.kind === 'rect');
      await quiet(page, host);
      const moved = chosen(host);
      assert.deepEqual([moved.width, moved.height], [992, 992]);
      const to = await frame(page);
      assert.ok(Math.abs(to.x - from.x - 50) < 1.5 && Math.abs(to.y - from.y - 30) < 1.5);
      await agrees(page, host);

      const corner = await grip(page, 1, 1);
      await drag(page, [corner, { x: corner.x - 60, y: corner.y - 40 }]);
      await until('drawn in', () => chosen(host).width < 992);
      await quiet(page, host);
      const drawn = chosen(host);
      assert.deepEqual([drawn.x, drawn.y], [moved.x, moved.y]);
      assert.ok(drawn.width % 32 === 0 && drawn.height % 32 === 0, JSON.stringify(drawn));
      await agrees(page, host);

      const side = await grip(page, 1, 0);
      await drag(page, [side, { x: side.x + 900, y: side.y }]);
      await until('as wide as can be sent pixel for pixel', () => chosen(host).width > drawn.width);
      await quiet(page, host);
      const wide = chosen(host);
      assert.equal(wide.height, drawn.height);
      assert.ok(wide.width * wide.height <= 1_000_000 && (wide.width + 32) * wide.height > 1_000_000);
      await agrees(page, host);
      await eventually(() => assert.equal(host.paints.at(-1)!.kind, 'rectangle', 'nothing was painted by it'));
    }));

  test('inside it is painted as ever', () =>
    open(async ({ page, host }) => {
      const box = await frame(page);
      await drag(page, [
        { x: box.x + 6, y: box.y + 30 },
        { x: box.x + 30, y: box.y + 30 },
      ]);
      await until('painted', () => host.paints.at(-1)?.kind === 'painted');
      await eventually(() => assert.equal(host.state.window.kind, 'auto'));
    }));

  test('a window that cuts the mask says so at once; a double click and the form bring the automatic one back', () =>
    open(async ({ page, host }) => {
      const hint = page.locator('.send .full-note');
      await eventually(async () => assert.equal(await hint.isVisible(), false));
      const from = await frame(page);
      await page.mouse.move(from.x + 40, from.y - 2);
      await page.mouse.down();
      await page.mouse.move(from.x + 240, from.y - 2, { steps: 4 });
      await until('said while it is dragged', () => hint.isVisible());
      await eventually(async () => assert.match(await hint.innerText(), /what lies outside the window is not filled/));
      await eventually(async () => assert.match(await page.locator('.window-label').innerText(), /mask cut off/));
      await page.mouse.up();
      await until('spoken', async () => /is not filled/.test(await page.locator('.unseen[role=status]').innerText()));
      const to = await frame(page);
      await page.mouse.dblclick(to.x + 40, to.y - 2);
      await until('automatic', () => host.state.window.kind === 'auto');
      await until('no hint', async () => !(await hint.isVisible()));
      await page.locator('summary').click();
      const choice = page.getByRole('combobox', { name: 'What is sent' });
      await choice.selectOption('rect');
      await until('a part', () => host.state.window.kind === 'rect');
      await choice.selectOption('auto');
      await until('automatic again', () => host.state.window.kind === 'auto');
    }));

  test('Escape while dragging puts it back', () =>
    open(async ({ page, host }) => {
      const from = await frame(page);
      await page.mouse.move(from.x + 40, from.y - 2);
      await page.mouse.down();
      await page.mouse.move(from.x + 140, from.y - 2, { steps: 4 });
      await until('dragged', () => host.state.window.kind === 'rect');
      await page.keyboard.press('Escape');
      await until('back', () => host.state.window.kind === 'auto');
      await page.mouse.up();
      await eventually(async () => assert.deepEqual(await frame(page), from));
    }));

  test('by keyboard: it moves, changes its size, and goes back; Escape returns to the canvas', () =>
    open(async ({ page, host }) => {
      const border = page.getByRole('button', { name: /^What is sent: Window 992 × 992 at 1004, 704/ });
      await border.focus();
      await page.keyboard.press('ArrowRight');
      await until('moved', () => host.state.window.kind === 'rect' && chosen(host).x === 1036);
      await page.keyboard.press('Control+ArrowUp');
      await until('by a pixel', () => chosen(host).y === 703);
      await page.keyboard.press('Shift+ArrowLeft');
      await until('narrower', () => chosen(host).width === 960);
      await until('said', async () =>
        /^Window 960 × 992 at 1036, 703/.test(await page.locator('.unseen[role=status]').innerText()),
      );
      await agrees(page, host);
      await page.keyboard.press('Enter');
      await until('automatic', () => host.state.window.kind === 'auto');
      await page.keyboard.press('Escape');
      await eventually(async () =>
        assert.ok(await page.locator('.stage').evaluate((stage) => document.activeElement === stage)),
      );
    }));

  test('in numbers, kept within the canvas and the limits', () =>
    open(async ({ page, host }) => {
      await page.locator('summary').click();
      await page.getByRole('combobox', { name: 'What is sent' }).selectOption('rect');
      const fields = page.getByRole('group', { name: 'A part of your choice' });
      const type = async (name: string, value: string): Promise<void> => {
        const field = fields.getByRole('spinbutton', { name });
        await field.fill(value);
        await field.press('Enter');
      };
      await type('Left', '99999');
      await until('at the right end', () => chosen(host).x === canvas.width - 992);
      await type('Width', '700');
      await until('on the grid', () => chosen(host).width === 704);
      await eventually(async () =>
        assert.equal(await fields.getByRole('spinbutton', { name: 'Width' }).inputValue(), '704'),
      );
      await type('Height', '5');
      await until('not too small', () => chosen(host).height === 512);
      await agrees(page, host);
    }));

  test('an image that is sent whole has no border to grab: its edge is painted on', () =>
    withPage(site, {}, async ({ page, host }) => {
      const at = await placeOf(page);
      await drag(page, [at(500, 400), at(520, 400)]);
      await until('painted', () => strength(host, 510, 400) === 255);
      await quiet(page, host);
      await eventually(async () => assert.equal(await shown(page, '.window-frame'), true));
      await eventually(async () => assert.equal(await page.locator('.window-border').count(), 0));
      const edge = at(0, 400);
      await drag(page, [
        { x: edge.x + 1, y: edge.y },
        { x: edge.x + 1, y: edge.y + 60 },
      ]);
      await until('painted at the edge', () => strength(host, 0, 420) === 255);
    }));
});
