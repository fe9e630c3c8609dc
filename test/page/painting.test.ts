import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { emptyMask } from '../../src/mask/mask.ts';
import { bounds, countSet } from '../../src/mask/measure.ts';
import { tilesOf } from '../../src/mask/tiles.ts';
import type { MaskFile } from '../../src/protocol/messages.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { drag, overlay, placeOf, quiet, shown, strength, withPage } from './driving.ts';
import { openSite } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

suite('page: painting', () => {
  for (const pixelRatio of [1, 1.25])
    for (const zoom of ['fit', 'close'] as const)
      test(`what is painted is what the host gets (${zoom}, pixel ratio ${pixelRatio})`, () =>
        open({ pixelRatio }, async ({ page, host }) => {
          if (zoom === 'close') {
            const box = await boxOf(page.locator('.stage'));
            await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
            for (let notch = 0; notch < 8; notch++) await page.mouse.wheel(0, -100);
            await until('zoomed in', async () => parseFloat(await page.locator('.status .zoom').innerText()) > 200);
          }
          const at = await placeOf(page);
          const path = [at(480, 400), at(520, 420), at(560, 390)];
          await drag(page, path);
          await until('painted', () => strength(host, 560, 390) === 255);
          await quiet(page, host);
          for (const [x, y] of [
            [480, 400],
            [520, 420],
            [560, 390],
          ])
            await eventually(() => assert.equal(strength(host, x, y), 255, `${x}, ${y} is painted`));
          await eventually(() => assert.equal(strength(host, 480, 400 - 60), 0));
          const box = bounds(host.mask)!;
          const brush = 34;
          assert.ok(Math.abs(box.x - (480 - brush / 2)) <= 2 && Math.abs(box.x + box.width - (560 + brush / 2)) <= 2);
          const revisions = host.paints.map((paint) => paint.revision);
          assert.deepEqual(
            revisions,
            [...revisions].sort((a, b) => a - b),
          );
          await eventually(() => assert.equal(host.paints.at(-1)!.kind, 'painted'));

          const mine = await overlay(page);
          await page.waitForFunction(() => {
            const { view } = JSON.parse(sessionStorage.getItem('kept') ?? '{}') as { view?: { scale: number } };
            const { transform } = document.querySelector<HTMLElement>('.stage .picture')!.style;
            const scale = parseFloat(transform.slice('matrix('.length)) * devicePixelRatio;
            return view !== undefined && Math.abs(view.scale / scale - 1) < 1e-4;
          });
          await page.reload();
          await page.waitForSelector('.stage .picture');
          await quiet(page, host);
          await page.mouse.move(0, 0);
          await eventually(async () =>
            assert.ok(
              (await overlay(page)) === mine,
              'the page made anew from what the host has shows the same pixels',
            ),
          );
        }));

  test('a long stroke is told while it lasts', () =>
    open({}, async ({ page, host }) => {
      const at = await placeOf(page);
      await page.mouse.move(at(100, 100).x, at(100, 100).y);
      await page.mouse.down();
      let x = 100;
      await until('tiles came before the pointer was lifted', async () => {
        x = x > 900 ? 100 : x + 5;
        await page.mouse.move(at(x, 200).x, at(x, 200).y);
        return host.paints.length > 0;
      });
      await page.mouse.up();
    }));

  test('right button and eraser take away, undo and redo bring back, also at the host', () =>
    open({}, async ({ page, host }) => {
      const at = await placeOf(page);
      const painted = [at(200, 200), at(400, 200)];
      await drag(page, painted);
      await until('painted', () => strength(host, 400, 200) === 255);
      await quiet(page, host);
      const full = countSet(host.mask);
      await drag(page, [at(300, 150), at(300, 250)], 'right');
      await until('taken away', () => strength(host, 300, 200) === 0);
      await quiet(page, host);
      await page.keyboard.press('Control+z');
      await until('undone at the host', () => countSet(host.mask) === full);
      await page.keyboard.press('Control+Shift+z');
      await until('redone', () => strength(host, 300, 200) === 0);
      await page.keyboard.press('Control+z');
      await page.keyboard.press('e');
      await drag(page, [at(220, 150), at(220, 250)]);
      await until('erased', () => strength(host, 220, 200) === 0);
      await page.keyboard.press('Delete');
      await until('cleared', () => countSet(host.mask) === 0);
      const generate = page.getByRole('button', { name: /^Generate/ });
      await until('nothing to fill', async () => (await generate.getAttribute('aria-disabled')) === 'true');
      await page.getByRole('button', { name: 'Undo' }).click();
      await until('back again', () => strength(host, 300, 200) === 255);
    }));

  test('a cleared mask is told at once, without another stroke', () =>
    open({}, async ({ page, host }) => {
      const at = await placeOf(page);
      await drag(page, [at(200, 200), at(400, 200)]);
      await until('painted', () => strength(host, 400, 200) === 255);
      await quiet(page, host);
      await page.getByRole('button', { name: 'Clear the mask' }).click();
      await until('cleared', () => countSet(host.mask) === 0);
    }));

  test('a rectangle is exact, is a kind of its own and brings its own settings', () =>
    open({}, async ({ page, host }) => {
      await page.keyboard.press('r');
      await page.keyboard.press('1');
      await until('at 100 %', async () => (await page.locator('.status .zoom').innerText()) === '100 %');
      const at = await placeOf(page);
      await drag(page, [at(300, 250), at(420, 330)]);
      await until('painted', () => host.paints.length > 0);
      await eventually(() => assert.deepEqual(bounds(host.mask), { x: 300, y: 250, width: 120, height: 80 }));
      await eventually(() => assert.equal(host.paints[0].kind, 'rectangle'));
      await until('settings followed', () => host.state.maskSettings.grow === 0);
      await eventually(() => assert.equal(host.state.maskSettings.feather, 8));
      await page.keyboard.press('Control+z');
      await until('settings are back', () => host.state.maskSettings.grow === 4);
    }));

  test('Escape takes the open stroke back', () =>
    open({}, async ({ page, host }) => {
      const at = await placeOf(page);
      await page.mouse.move(at(200, 200).x, at(200, 200).y);
      await page.mouse.down();
      await page.mouse.move(at(300, 200).x, at(300, 200).y, { steps: 5 });
      await page.keyboard.press('Escape');
      await page.mouse.up();
      await quiet(page, host);
      await until('taken back', () => countSet(host.mask) === 0);
    }));

  test('arrow keys, Shift and Enter paint without a mouse', () =>
    open({}, async ({ page, host }) => {
      await page.locator('.stage').focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await until('a dot', () => countSet(host.mask) > 500);
      const dot = countSet(host.mask);
      for (let step = 0; step < 6; step++) await page.keyboard.press('Shift+ArrowDown');
      await until('a line', () => countSet(host.mask) > dot * 1.5);
      await page.keyboard.press('Control+z');
      await page.keyboard.press('r');
      await page.keyboard.press('Enter');
      for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowLeft');
      for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowUp');
      const line = countSet(host.mask);
      await page.keyboard.press('Enter');
      await until('a rectangle', () => countSet(host.mask) > line + 1000);
    }));

  test('wheel zooms at the pointer; Space, middle button and the hand move', () =>
    open({}, async ({ page }) => {
      const at = await placeOf(page);
      const near = at(700, 300);
      // Wheel events carry whole CSS pixels.
      const pointer = { x: Math.round(near.x), y: Math.round(near.y) };
      const origin = at(0, 0);
      const step = at(1, 1).x - origin.x;
      const point = { x: (pointer.x - origin.x) / step, y: (pointer.y - origin.y) / step };
      await page.mouse.move(pointer.x, pointer.y);
      for (let notch = 0; notch < 5; notch++) await page.mouse.wheel(0, -100);
      await until('zoomed', async () => parseFloat(await page.locator('.status .zoom').innerText()) > 150);
      await until('the point stays under the pointer', async () => {
        const there = (await placeOf(page))(point.x, point.y);
        return Math.hypot(there.x - pointer.x, there.y - pointer.y) <= 1;
      });
      const moved = async (gesture: () => Promise<void>): Promise<void> => {
        const from = (await placeOf(page))(0, 0);
        await gesture();
        await until('moved', async () => {
          const to = (await placeOf(page))(0, 0);
          return Math.abs(to.x - from.x - 40) <= 1 && Math.abs(to.y - from.y - 30) <= 1;
        });
      };
      const move = async (button: 'left' | 'middle'): Promise<void> => {
        await page.mouse.move(400, 400);
        await page.mouse.down({ button });
        await page.mouse.move(440, 430, { steps: 3 });
        await page.mouse.up({ button });
      };
      await moved(() => move('middle'));
      await moved(async () => {
        await page.locator('.stage').focus();
        await page.keyboard.down(' ');
        await move('left');
        await page.keyboard.up(' ');
      });
      await page.keyboard.press('h');
      await moved(() => move('left'));
      await page.keyboard.press('0');
      await until('fitted', async () => Math.abs((await placeOf(page))(0, 0).x - at(0, 0).x) < 1);
    }));

  test('a mask of the host appears, with its settings, and can be taken back', () =>
    open({}, async ({ page, host }) => {
      const at = await placeOf(page);
      await drag(page, [at(200, 200), at(400, 200)]);
      await until('painted', () => strength(host, 400, 200) === 255);
      await quiet(page, host);
      const mine = countSet(host.mask);
      const other = emptyMask(host.mask.width, host.mask.height);
      other.data.fill(255, 1024 * 400, 1024 * 500);
      const settings = { grow: 0, feather: 8, invert: false, fillHoles: false };
      const file: MaskFile = { name: 'hole.png', channel: 'luminance', channels: [], at: 0 };
      await host.tell('mask', {
        revision: 50,
        generation: 7,
        file,
        kind: 'file',
        settings,
        tiles: tilesOf(other),
      });
      await host.change({ maskKind: 'file', maskFile: file, maskSettings: settings });
      await until('file is shown', () => shown(page, '.file-name'));
      await eventually(async () =>
        assert.equal(await page.getByRole('button', { name: 'From File…' }).getAttribute('aria-pressed'), 'true'),
      );
      await until('measured', async () => (await page.locator('.status .share').innerText()) === 'Mask 12.2 %');
      await page.locator('.stage').focus();
      await page.keyboard.press('Control+z');
      await until('taken back', () => countSet(host.mask) === mine);
      await eventually(() => assert.ok(host.revision > 50));
    }));
});
