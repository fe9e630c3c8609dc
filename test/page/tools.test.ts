import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { bounds, countSet } from '../../src/mask/measure.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { drag, overlay, placeOf, quiet, strength, withPage } from './driving.ts';
import { firstState, openSite } from './harness.ts';
import type { FakeHost, OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
  // Red left of x 400, blue right of it, and a red square of 60 at 600, 300 in the blue.
  const red = (width: number, height: number) => ({
    create: { width, height, channels: 3 as const, background: '#d02020' },
  });
  const picture = await sharp({ create: { width: 1024, height: 819, channels: 3, background: '#2040c0' } })
    .composite([
      { input: red(400, 819), left: 0, top: 0 },
      { input: red(60, 60), left: 600, top: 300 },
    ])
    .png()
    .toBuffer();
  site.files.set('/flat.png', { type: 'image/png', bytes: picture });
});
after(() => site.close());

const flat: OpenOptions = { state: { source: { ...firstState().source, src: '/flat.png', format: 'png' } } };

/** At 100 %, so that pointer and image pixels agree. */
const open = (run: (opened: Opened & { at: Awaited<ReturnType<typeof placeOf>> }) => Promise<void>): Promise<void> =>
  withPage(site, { ...flat, width: 1500, height: 1000 }, async (opened) => {
    const { page } = opened;
    await page.locator('.stage').focus();
    await page.keyboard.press('1');
    await until('at 100 %', async () => (await page.locator('.status .zoom').innerText()) === '100 %');
    await run({ ...opened, at: await placeOf(page) });
  });

const said = (page: Page, what: RegExp): Promise<void> =>
  until(`said ${what.source}`, async () => what.test((await page.locator('[role=status].unseen').textContent()) ?? ''));

const box = (host: FakeHost) => bounds(host.mask);

const tool = (page: Page, name: string) =>
  page.getByRole('toolbar', { name: 'Tools' }).getByRole('button', { name, exact: true });

const chosen = (page: Page, name: string): Promise<void> =>
  until(`${name} is chosen`, async () => (await tool(page, name).getAttribute('aria-pressed')) === 'true');

const undone = async (page: Page, host: FakeHost, what: string): Promise<void> => {
  await page.keyboard.press('Control+z');
  await until(`${what} is undone`, () => box(host) === null);
};

suite('page: tools', () => {
  test('keys choose, the same key again takes turns, X swaps brush and eraser', () =>
    open(async ({ page }) => {
      for (const [key, name] of [
        ['m', 'Rectangle'],
        ['m', 'Ellipse'],
        ['m', 'Rectangle'],
        ['b', 'Brush'],
        ['Shift+M', 'Ellipse'],
        ['r', 'Rectangle'],
        ['l', 'Lasso'],
        ['l', 'Polygon lasso'],
        ['w', 'Magic wand'],
        ['g', 'Bucket'],
        ['v', 'Move the mask'],
        ['x', 'Brush'],
        ['x', 'Eraser'],
        ['h', 'Hand'],
      ] as const) {
        await page.keyboard.press(key);
        await chosen(page, name);
      }
    }));

  test('the row of options has what the tool has; hardness softens the edge', () =>
    open(async ({ page, host, at }) => {
      const options = page.getByRole('group', { name: 'Options of the tool' });
      const names = async (): Promise<string[]> =>
        (await options.locator('input:visible, button:visible').all()).reduce<Promise<string[]>>(
          async (known, input) => [...(await known), (await input.getAttribute('type')) ?? ''],
          Promise.resolve([]),
        );
      await eventually(async () => assert.deepEqual(await names(), ['range', 'number', 'range', 'number', 'checkbox']));
      await options.getByRole('spinbutton', { name: 'Brush size' }).fill('100');
      await options.getByRole('spinbutton', { name: 'Hardness' }).fill('0');
      await options.getByRole('spinbutton', { name: 'Hardness' }).press('Enter');
      await drag(page, [at(200, 300), at(400, 300)]);
      await until('painted', () => strength(host, 300, 300) > 250);
      await quiet(page, host);
      const side = [10, 20, 30, 40].map((by) => strength(host, 300, 300 + by));
      assert.deepEqual(
        [...side].sort((a, b) => b - a),
        side,
      );
      assert.ok(side[0] > 200 && side[3] < 60 && side[3] > 0, side.join());
      await page.keyboard.press('w');
      await until('wand', async () => (await names()).join() === 'button,button,button,button,range,number,checkbox');
      await page.keyboard.press('h');
      await until('hand', async () => (await names()).length === 0);
    }));

  test('the stage keeps its place whatever tool is chosen, in a narrow panel, too', async () => {
    for (const width of [420, 1280])
      await withPage(site, { ...flat, width, height: 900 }, async ({ page }) => {
        const stage = page.locator('.stage');
        const place = await boxOf(stage);
        const names = await page.locator('.tool-group').first().getByRole('button').all();
        for (const each of names) {
          await each.click();
          await until('chosen', async () => (await each.getAttribute('aria-pressed')) === 'true');
          assert.deepEqual(await boxOf(stage), place, each.toString());
        }
        assert.equal(names.length, 10);
      });
  });

  test('rectangle and ellipse; Shift after the start makes them as wide as high; each is one step of undo', () =>
    open(async ({ page, host, at }) => {
      await page.keyboard.press('Shift+M');
      await drag(page, [at(300, 250), at(420, 330)]);
      await until('an ellipse', () => countSet(host.mask) > 0);
      await eventually(() => assert.deepEqual(box(host), { x: 300, y: 250, width: 120, height: 80 }));
      await eventually(() => assert.equal(strength(host, 360, 290), 255));
      await eventually(() => assert.equal(strength(host, 303, 253), 0));
      await eventually(() =>
        assert.ok(
          host.mask.data.some((value) => value > 0 && value < 255),
          'its edge is soft',
        ),
      );
      await eventually(() => assert.equal(host.paints.at(-1)!.kind, 'painted'));
      await undone(page, host, 'the ellipse');
      await page.keyboard.press('m');
      await page.mouse.move(at(300, 250).x, at(300, 250).y);
      await page.mouse.down();
      await page.mouse.move(at(350, 260).x, at(350, 260).y);
      await page.keyboard.down('Shift');
      await page.mouse.move(at(420, 330).x, at(420, 330).y);
      await page.mouse.up();
      await page.keyboard.up('Shift');
      await until('a square', () => box(host) !== null);
      await eventually(() => assert.deepEqual(box(host), { x: 300, y: 250, width: 120, height: 120 }));
      await undone(page, host, 'the square');
    }));

  test('Shift adds, Alt subtracts, both intersect, the right button subtracts, and the chosen mode replaces', () =>
    open(async ({ page, host, at }) => {
      const pressed = async (name: string): Promise<void> => {
        const button = page.getByRole('button', { name, exact: true });
        await until(`${name} counts`, async () => (await button.getAttribute('aria-pressed')) === 'true');
      };
      const draw = async (keys: readonly string[], from: number, to: number, mode: string): Promise<void> => {
        for (const key of keys) await page.keyboard.down(key);
        await page.mouse.move(at(from, from).x, at(from, from).y);
        await page.mouse.down();
        await pressed(mode);
        for (const key of keys) await page.keyboard.up(key);
        await page.mouse.move(at(to, to).x, at(to, to).y, { steps: 3 });
        await pressed(mode);
        await page.mouse.up();
      };
      await page.keyboard.press('m');
      await draw([], 100, 300, 'Add to the mask');
      await until('added', () => countSet(host.mask) === 200 * 200);
      await draw(['Shift'], 300, 400, 'Add to the mask');
      await until('added', () => countSet(host.mask) === 200 * 200 + 100 * 100);
      await draw(['Alt'], 100, 200, 'Subtract from the mask');
      await until('subtracted', () => countSet(host.mask) === 200 * 200);
      await draw(['Shift', 'Alt'], 250, 350, 'Intersect with the mask');
      await until('intersected', () => countSet(host.mask) === 2 * 50 * 50);
      await drag(page, [at(240, 240), at(275, 275)], 'right');
      await until('subtracted', () => countSet(host.mask) === 2 * 50 * 50 - 25 * 25);
      await page.keyboard.press('Control+z');
      await page.keyboard.press('Control+z');
      await until('the intersection is undone', () => countSet(host.mask) === 200 * 200);
      await page.getByRole('button', { name: 'Replace the mask' }).click();
      await draw([], 10, 20, 'Replace the mask');
      await until('replaced', () => countSet(host.mask) === 100);
    }));

  test('a lasso that encloses nothing says so, and leaves what is marked', () =>
    open(async ({ page, host, at }) => {
      await page.keyboard.press('m');
      await drag(page, [at(300, 250), at(360, 310)]);
      await until('marked', () => countSet(host.mask) === 3600);
      await page.keyboard.press('l');
      await drag(page, [at(100, 100), at(200, 100), at(100, 100)]);
      await said(page, /^Nothing there/);
      await page.getByRole('button', { name: 'Replace the mask' }).click();
      await drag(page, [at(100, 100), at(200, 100), at(100, 100)]);
      await quiet(page, host);
      assert.equal(countSet(host.mask), 3600);
    }));

  test('a lasso marks what it goes round', () =>
    open(async ({ page, host, at }) => {
      await page.keyboard.press('l');
      await drag(page, [at(300, 300), at(400, 300), at(400, 400), at(300, 400)]);
      await until('marked', () => countSet(host.mask) > 0);
      await eventually(() => assert.deepEqual(box(host), { x: 300, y: 300, width: 100, height: 100 }));
      await eventually(() => assert.equal(countSet(host.mask), 10_000));
      await said(page, /^Added: 100 × 100 at 300, 300/);
      await undone(page, host, 'the lasso');
    }));

  test('a polygon of presses: Backspace, double click, Enter, its first corner, Escape', () =>
    open(async ({ page, host, at }) => {
      const press = (x: number, y: number): Promise<void> => page.mouse.click(at(x, y).x, at(x, y).y, { delay: 1 });
      await page.keyboard.press('Shift+L');
      await press(100, 100);
      await press(200, 100);
      await press(330, 30);
      await page.keyboard.press('Backspace');
      await press(200, 200);
      await page.mouse.dblclick(at(100, 200).x, at(100, 200).y);
      await until('closed by a double click', () => countSet(host.mask) === 10_000);
      for (const [x, y] of [
        [300, 100],
        [350, 100],
        [350, 150],
        [300, 150],
      ])
        await press(x, y);
      await page.keyboard.press('Enter');
      await until('closed by Enter', () => countSet(host.mask) === 12_500);
      for (const [x, y] of [
        [400, 100],
        [450, 100],
        [450, 150],
        [400, 150],
        [402, 103],
      ])
        await press(x, y);
      await until('closed at its first corner', () => countSet(host.mask) === 15_000);
      for (const [x, y] of [
        [500, 100],
        [600, 100],
        [600, 200],
      ])
        await press(x, y);
      await until('an outline', async () => (await page.locator('.outline.shown').count()) === 1);
      await page.keyboard.press('Escape');
      await until('no outline', async () => (await page.locator('.outline.shown').count()) === 0);
      await page.keyboard.press('Control+z');
      await until('each is one step', () => countSet(host.mask) === 12_500);
    }));

  test('the wand selects similar colours, connected or everywhere', () =>
    open(async ({ page, host, at }) => {
      await page.keyboard.press('w');
      await page.mouse.click(at(100, 400).x, at(100, 400).y);
      await until('the red half', () => countSet(host.mask) === 400 * 819);
      await undone(page, host, 'the wand');
      await page.getByRole('checkbox', { name: 'Connected only' }).uncheck();
      await page.mouse.click(at(100, 400).x, at(100, 400).y);
      await until('all red', () => countSet(host.mask) === 400 * 819 + 3600);
      await page.keyboard.down('Alt');
      await page.mouse.click(at(610, 310).x, at(610, 310).y);
      await page.keyboard.up('Alt');
      await until('subtracted', () => box(host) === null);
    }));

  test('an image whose pixels cannot be read is shown, and the wand says why it cannot be used', () => {
    const vector = `<svg xmlns="http://www.w3.org/2000/svg" width="1024" height="819"><foreignObject width="9" height="9"/></svg>`;
    site.files.set('/tainted.svg', { type: 'image/svg+xml', bytes: Buffer.from(vector) });
    return withPage(site, { state: { source: { ...firstState().source, src: '/tainted.svg' } } }, async ({ page }) => {
      await page.locator('.stage').focus();
      await page.keyboard.press('w');
      await page.getByText('The pixels of this image cannot be read here').waitFor();
      await chosen(page, 'Brush');
      await eventually(async () => assert.equal(await tool(page, 'Magic wand').getAttribute('aria-disabled'), 'true'));
    });
  });

  test('the bucket fills what a stroke goes round, up to its ridge, and empties with the right button', () =>
    open(async ({ page, host, at }) => {
      await page.keyboard.press('m');
      await drag(page, [at(100, 100), at(300, 300)]);
      await until('a rectangle', () => countSet(host.mask) === 40_000);
      await drag(page, [at(150, 150), at(250, 250)], 'right');
      await until('a ring', () => countSet(host.mask) === 30_000);
      await page.keyboard.press('g');
      await page.mouse.click(at(200, 200).x, at(200, 200).y);
      await until('filled', () => countSet(host.mask) === 40_000);
      await page.keyboard.press('Control+z');
      await until('one step', () => countSet(host.mask) === 30_000);
      await page.mouse.click(at(120, 120).x, at(120, 120).y, { button: 'right' });
      await until('emptied', () => box(host) === null);
    }));

  test('the mask moves by whole pixels: dragged, nudged, given up', () =>
    open(async ({ page, host, at }) => {
      await page.keyboard.press('m');
      await drag(page, [at(100, 100), at(200, 200)]);
      await until('a rectangle', () => countSet(host.mask) === 10_000);
      await page.keyboard.press('v');
      await drag(page, [at(10, 10), at(90, 60)]);
      await until('moved', () => box(host)?.x === 180 && box(host)?.y === 150 && countSet(host.mask) === 10_000);
      await said(page, /^Mask moved by 80, 50/);
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Shift+ArrowUp');
      await until('nudged', () => box(host)?.x === 181 && box(host)?.y === 140 && countSet(host.mask) === 10_000);
      await quiet(page, host);
      const mine = host.mask.data.slice();
      await page.mouse.move(at(300, 300).x, at(300, 300).y);
      await page.mouse.down();
      await page.mouse.move(at(-300, 500).x, at(-300, 500).y, { steps: 5 });
      await page.keyboard.press('Escape');
      await page.mouse.up();
      await quiet(page, host);
      await eventually(() => assert.equal(Buffer.compare(host.mask.data, mine), 0));
      for (let step = 0; step < 3; step++) await page.keyboard.press('Control+z');
      await until('three steps back', () => box(host)?.x === 100 && box(host)?.y === 100);
    }));

  test('Shift and a press draw a line from the end of the last stroke', () =>
    open(async ({ page, host, at }) => {
      await page.mouse.click(at(100, 100).x, at(100, 100).y);
      await until('a dot', () => strength(host, 100, 100) === 255);
      await page.keyboard.down('Shift');
      await page.mouse.click(at(500, 300).x, at(500, 300).y);
      await page.mouse.click(at(900, 100).x, at(900, 100).y);
      await page.keyboard.up('Shift');
      await until('lines', () => strength(host, 300, 200) === 255 && strength(host, 700, 200) === 255);
      await page.keyboard.press('Control+z');
      await until('each is one step', () => strength(host, 700, 200) === 0);
      await eventually(() => assert.equal(strength(host, 300, 200), 255));
    }));

  test('a pen paints as wide as it presses, if that is chosen; a mouse does not', () =>
    open(async ({ page, host, at }) => {
      await page.getByRole('spinbutton', { name: 'Brush size' }).fill('80');
      await page.getByRole('checkbox', { name: 'Pen pressure' }).check();
      const devtools = await page.context().newCDPSession(page);
      const pen = async (y: number, from: number, to: number, pointerType: 'pen' | 'mouse'): Promise<void> => {
        const send = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', x: number, force: number) =>
          devtools.send('Input.dispatchMouseEvent', { type, ...at(x, y), force, pointerType, button: 'left', buttons: type === 'mouseReleased' ? 0 : 1, clickCount: 1 }); // prettier-ignore
        await send('mousePressed', 200, from);
        for (let step = 1; step <= 20; step++)
          await send('mouseMoved', 200 + step * 20, from + ((to - from) * step) / 20);
        await send('mouseReleased', 600, 0);
        await quiet(page, host);
      };
      const width = (x: number, y: number): number => {
        let count = 0;
        for (let row = y - 100; row < y + 100; row++) if (strength(host, x, row) >= 128) count++;
        return count;
      };
      await pen(200, 0.25, 1, 'pen');
      await until('painted', () => strength(host, 400, 200) === 255);
      assert.ok(Math.abs(width(210, 200) - 22) <= 4, `${width(210, 200)}`);
      assert.ok(Math.abs(width(400, 200) - 50) <= 4, `${width(400, 200)}`);
      assert.ok(Math.abs(width(590, 200) - 79) <= 3, `${width(590, 200)}`);
      await pen(500, 0.25, 1, 'mouse');
      await until('painted', () => strength(host, 400, 500) === 255);
      assert.equal(width(210, 500), 80);
    }));

  test('every sample counts, in order and once: a fast stroke has no corner cut off', () =>
    open(async ({ page, host, at }) => {
      await page.getByRole('spinbutton', { name: 'Brush size' }).fill('6');
      await page.locator('.stage').focus();
      const devtools = await page.context().newCDPSession(page);
      const points = Array.from({ length: 240 }, (_, index) => ({
        x: 100 + index * 3,
        y: index % 2 === 0 ? 300 : 380,
      }));
      const send = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', { x, y }: { x: number; y: number }) =>
        devtools.send('Input.dispatchMouseEvent', { type, ...at(x, y), button: 'left', buttons: 1, clickCount: 1 });
      await send('mousePressed', points[0]);
      // Not waited for one by one: several come in one frame.
      await Promise.all(points.slice(1).map((point) => send('mouseMoved', point)));
      await send('mouseReleased', points.at(-1)!);
      await quiet(page, host);
      for (const { x, y } of points) await eventually(() => assert.equal(strength(host, x, y), 255, `${x}, ${y}`));
    }));

  test('what an act came to is not talked over by where the cursor was before it', () =>
    open(async ({ page }) => {
      await page.locator('.stage').focus();
      await page.keyboard.press('m');
      await page.keyboard.press('Enter');
      await page.evaluate(() => {
        const stage = document.querySelector('.stage')!;
        for (const key of ['ArrowRight', 'ArrowDown', 'Enter'])
          stage.dispatchEvent(new KeyboardEvent('keydown', { key, code: key, bubbles: true, cancelable: true }));
        // As long as the place of the cursor waits to be told: its turn, set before, has come by then.
        return new Promise((resolve) => setTimeout(resolve, 400));
      });
      await said(page, /^Added: /);
    }));

  test('every tool by keyboard alone', () =>
    open(async ({ page, host }) => {
      const keys = async (...names: string[]): Promise<void> => {
        for (const name of names) await page.keyboard.press(name);
      };
      const times = (count: number, key: string): string[] => new Array<string>(count).fill(key);
      await page.locator('.stage').focus();
      await keys('Shift+M', 'Enter', ...times(5, 'ArrowRight'), ...times(4, 'ArrowDown'));
      await said(page, /^Ellipse begun|^\d+, \d+/);
      await keys('Enter');
      await until('an ellipse', () => box(host)?.width === 60 && box(host)?.height === 48);
      await said(page, /^Added: 60 × 48/);
      await undone(page, host, 'the ellipse');
      await keys('Shift+L', 'Enter', ...times(5, 'ArrowRight'), 'Enter', ...times(5, 'ArrowDown'), 'Enter');
      await said(page, /^Corner set|^\d+, \d+/);
      await keys(...times(5, 'ArrowLeft'), 'Enter', 'Enter');
      await until('a polygon', () => countSet(host.mask) === 3600);
      await undone(page, host, 'the polygon');
      await keys('l', 'Enter', ...times(5, 'ArrowRight'), ...times(5, 'ArrowDown'), ...times(5, 'ArrowLeft'), 'Enter');
      await until('a lasso', () => countSet(host.mask) === 3600);
      await keys('g', 'ArrowUp', 'ArrowRight', 'Alt+Enter');
      await until('emptied by the bucket', () => box(host) === null);
      await keys('w', 'Enter');
      await until('selected by the wand', () => countSet(host.mask) > 100_000);
      await undone(page, host, 'the wand');
      await quiet(page, host);
      const empty = await overlay(page);
      await keys('l', 'Enter', 'ArrowRight', 'ArrowDown', 'Escape');
      await said(page, /^Given up/);
      await eventually(async () => assert.equal(await overlay(page), empty));
      await keys('b', '}', '{', '{');
      await said(page, /^Hardness 80 %/);
    }));
});
