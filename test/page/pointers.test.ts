import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { bounds, countSet } from '../../src/mask/measure.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { drag, placeOf, quiet, strength, withPage } from './driving.ts';
import { openSite } from './harness.ts';
import type { FakeHost, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

type At = Awaited<ReturnType<typeof placeOf>>;

const open = (run: (opened: { page: Page; host: FakeHost; at: At }) => Promise<void>): Promise<void> =>
  withPage(site, {}, async ({ page, host }) => run({ page, host, at: await placeOf(page) }));

interface Pointer {
  readonly pointerId: number;
  readonly pointerType: 'mouse' | 'pen' | 'touch';
  readonly button?: number;
  readonly buttons?: number;
}

/** Pointers that a test cannot have of the browser: sent to the stage as they would come. */
const pointersOn = async (page: Page, at: At) => {
  await page.locator('.stage').evaluate((stage) => (stage.setPointerCapture = () => undefined));
  return (type: 'down' | 'move' | 'up', pointer: Pointer, x: number, y: number): Promise<boolean> => {
    const place = { clientX: at(x, y).x, clientY: at(x, y).y };
    const pressed = { button: type === 'move' ? -1 : 0, buttons: type === 'up' ? 0 : 1, pressure: 0.5 };
    const how = { bubbles: true, cancelable: true, ...pressed, ...place, ...pointer };
    return page
      .locator('.stage')
      .evaluate((stage, [name, init]) => stage.dispatchEvent(new PointerEvent(name, init)), [
        `pointer${type}`,
        how,
      ] as const);
  };
};

const mouse = { pointerId: 1, pointerType: 'mouse' } as const;
const pen = { pointerId: 5, pointerType: 'pen' } as const;
const palm = { pointerId: 8, pointerType: 'touch' } as const;
const wrist = { pointerId: 9, pointerType: 'touch' } as const;

const zoom = (page: Page): Promise<string> => page.locator('.status .zoom').innerText();

suite('page: pointers', () => {
  test('the hand that rests on the screen neither ends the stroke of its pen nor moves the view', () =>
    open(async ({ page, host, at }) => {
      const point = await pointersOn(page, at);
      const fitted = await zoom(page);
      await point('down', pen, 200, 200);
      await point('move', pen, 300, 200);
      await point('down', palm, 500, 600);
      await point('down', wrist, 560, 650);
      await point('move', wrist, 660, 750);
      await point('move', pen, 400, 200);
      await point('up', pen, 400, 200);
      await until('painted', () => strength(host, 390, 200) === 255);
      await quiet(page, host);
      await eventually(() => assert.equal(strength(host, 250, 200), 255));
      await eventually(async () => assert.equal(await zoom(page), fitted));
    }));

  test('a hand that comes before its pen leaves no mark', () =>
    open(async ({ page, host, at }) => {
      const point = await pointersOn(page, at);
      await point('down', palm, 500, 600);
      await point('move', palm, 520, 600);
      await point('down', pen, 200, 200);
      await point('move', pen, 300, 200);
      await point('move', palm, 540, 600);
      await point('up', pen, 300, 200);
      await until('painted', () => strength(host, 250, 200) === 255);
      await quiet(page, host);
      await eventually(() => assert.equal(strength(host, 510, 600), 0));
    }));

  test('the other end of a pen erases', () =>
    open(async ({ page, host, at }) => {
      const point = await pointersOn(page, at);
      await drag(page, [at(200, 200), at(400, 200)]);
      await until('painted', () => strength(host, 300, 200) === 255);
      await point('down', { ...pen, button: 5, buttons: 32 }, 300, 200);
      await point('move', { ...pen, buttons: 32 }, 350, 200);
      await point('up', { ...pen, button: 5 }, 350, 200);
      await until('erased', () => strength(host, 325, 200) === 0);
      await eventually(() => assert.equal(strength(host, 220, 200), 255));
    }));

  test('a button that was let go unheard ends the stroke', () =>
    open(async ({ page, host, at }) => {
      const point = await pointersOn(page, at);
      await point('down', mouse, 200, 200);
      await point('move', mouse, 300, 200);
      await point('move', { ...mouse, buttons: 0 }, 300, 600);
      await point('move', { ...mouse, buttons: 0 }, 500, 600);
      await until('painted', () => strength(host, 250, 200) === 255);
      await quiet(page, host);
      await eventually(() => assert.equal(strength(host, 300, 500), 0));
    }));

  test('a brush of one pixel marks whole pixels', () =>
    open(async ({ page, host, at }) => {
      await page.getByRole('spinbutton', { name: 'Brush size' }).fill('1');
      await page.locator('.stage').focus();
      const { x, y } = at(400, 300);
      await page.mouse.move(x, y);
      for (let step = 0; step < 14; step++) await page.mouse.wheel(0, -100);
      const close = await placeOf(page);
      await page.mouse.click(close(400.9, 300.9).x, close(400.9, 300.9).y);
      await until('marked', () => countSet(host.mask) > 0);
      await eventually(() => assert.deepEqual(bounds(host.mask), { x: 400, y: 300, width: 1, height: 1 }));
      await eventually(() => assert.equal(strength(host, 400, 300), 255));
    }));

  test('the ring stays under a pointer that rests while keys zoom', () =>
    open(async ({ page, at }) => {
      const { x, y } = at(200, 200);
      await page.mouse.move(x, y);
      const middle = async (): Promise<readonly [number, number]> => {
        const box = await boxOf(page.locator('.ring'));
        return [box.x + box.width / 2, box.y + box.height / 2];
      };
      const near = ([left, top]: readonly [number, number]): boolean => Math.hypot(left - x, top - y) < 2;
      await until('under the pointer', async () => near(await middle()));
      const fitted = await zoom(page);
      await page.keyboard.press('+');
      await until('zoomed', async () => (await zoom(page)) !== fitted);
      await until('under the pointer again', async () => near(await middle()));
    }));

  test('another size of the brush leaves a polygon that is begun alone', () =>
    open(async ({ page, host, at }) => {
      await page.keyboard.press('Shift+L');
      for (const [x, y] of [
        [200, 200],
        [400, 200],
      ])
        await page.mouse.click(at(x, y).x, at(x, y).y);
      await page.keyboard.press(']');
      await page.mouse.click(at(400, 400).x, at(400, 400).y);
      await page.keyboard.press('Enter');
      await until('marked', () => strength(host, 380, 250) === 255);
    }));

  test('what undo took away between press and drag is not moved', () =>
    open(async ({ page, host, at }) => {
      await drag(page, [at(200, 200), at(400, 200)]);
      await until('painted', () => strength(host, 300, 200) === 255);
      await page.keyboard.press('v');
      await page.mouse.move(at(300, 200).x, at(300, 200).y);
      await page.mouse.down();
      await page.keyboard.press('Control+z');
      await until('taken back', () => countSet(host.mask) === 0);
      await page.mouse.move(at(300, 400).x, at(300, 400).y, { steps: 4 });
      await page.mouse.up();
      await quiet(page, host);
      await eventually(() => assert.equal(countSet(host.mask), 0));
    }));

  test('at the far edge the cursor of the keyboard stands on the last pixel', () =>
    open(async ({ page, host, at }) => {
      await page.mouse.move(at(1010, 300).x, at(1010, 300).y);
      await page.keyboard.press('w');
      for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await until('selected', () => strength(host, 1023, 300) === 255);
    }));

  test('a frame after a rest is not left out', () =>
    open(async ({ page, at }) => {
      await page.mouse.move(at(200, 200).x, at(200, 200).y);
      const frames = await page.evaluate(async () => {
        const stage = document.querySelector('.stage')!;
        const { left, top } = stage.getBoundingClientRect();
        const move = (x: number): boolean =>
          stage.dispatchEvent(new PointerEvent('pointermove', { clientX: left + x, clientY: top + 99, bubbles: true }));
        const next = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
        // Late: what runs in the frame before the stage holds it up.
        requestAnimationFrame(() => {
          for (const end = performance.now() + 40; performance.now() < end;);
        });
        move(100);
        await next();
        await new Promise((resolve) => setTimeout(resolve, 300));
        const ring = document.querySelector<HTMLElement>('.ring')!;
        const before = ring.style.transform;
        move(300);
        let count = 0;
        while (ring.style.transform === before && count < 9) {
          await next();
          count++;
        }
        return count;
      });
      assert.equal(frames, 1);
    }));
});
