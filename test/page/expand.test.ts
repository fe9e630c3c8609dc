import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import sharp from 'sharp';
import { presetSides } from '../../src/fill/outpaint.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import { bounds } from '../../src/mask/measure.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { drag, placeOf, quiet, shown, strength, withPage } from './driving.ts';
import { firstState, jobView, resultView, openSite } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

const { source } = firstState();
const expand = { ...presetSides('zoom-out-2x', source), overlap: 16 };
const expanded = { expand, maskKind: 'border', maskSettings: initialMaskSettings.border } as const;

suite('page: a larger canvas', () => {
  test('a preset asks for it; the page shows the image on it, its border marked, the windows and the whole price', () =>
    open({}, async ({ page, host }) => {
      await page.getByRole('combobox', { name: 'Extend' }).focus();
      await page.getByRole('combobox', { name: 'Extend' }).selectOption('zoom-out-2x');
      await until('asked', () => host.asked.some(({ name }) => name === 'expand'));
      await eventually(() => assert.deepEqual(host.state.expand, expand));
      await until('built anew', () => shown(page, '.side-fields'));
      await page.locator('.stage .picture').waitFor();
      await page.locator('.send:not([aria-busy])').waitFor();
      await eventually(async () =>
        assert.match(await page.locator('.send').innerText(), /Fills 2,048 × 1,638 in 6 steps, pixel for pixel/),
      );
      await eventually(async () =>
        assert.match(await page.locator('button.generate').innerText(), /Generate · \$0\.30/),
      );
      await eventually(async () => assert.equal(await page.locator('.window-frame').count(), 6));
      await eventually(async () => {
        const picture = await boxOf(page.locator('.stage .picture'));
        const checker = await boxOf(page.locator('.checker'));
        assert.ok(Math.abs(picture.width * 2 - checker.width) < 2);
        assert.ok(Math.abs(picture.x - checker.x - checker.width / 4) < 2);
        assert.ok(Math.abs(picture.y - checker.y - checker.height / 4) < 2);
      });
      await eventually(async () =>
        assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-keeps-focus')), 'canvas'),
      );
    }));

  test('every window has its number to be seen, also where two begin at one place', () =>
    open(
      { state: { expand: { left: 200, right: 100, top: 100, bottom: 50, overlap: 32 }, maskKind: 'border' } },
      async ({ page }) => {
        await placeOf(page);
        await eventually(async () => {
          const labels = await page.locator('.window-label').all();
          assert.equal(labels.length, 4);
          const boxes = await Promise.all(labels.map(boxOf));
          for (const [index, one] of boxes.entries())
            for (const other of boxes.slice(index + 1)) {
              const apart = one.x + one.width <= other.x || other.x + other.width <= one.x;
              assert.ok(apart || one.y + one.height <= other.y || other.y + other.height <= one.y, String(index + 1));
            }
        });
      },
    ));

  test('by pixels: a side is changed in its field, which keeps the keyboard; nothing added is the image again', () =>
    open({}, async ({ page, host }) => {
      await page.getByRole('combobox', { name: 'Extend' }).selectOption('custom');
      const left = page.getByRole('spinbutton', { name: 'Left' });
      await left.fill('300');
      await left.press('Enter');
      await until('told', () => host.state.expand?.left === 300);
      await until('shown', async () => (await page.locator('.hint', { hasText: 'Canvas 1,324 × 819' }).count()) === 1);
      await eventually(async () => assert.ok(await left.evaluate((input) => document.activeElement === input)));
      await eventually(async () => assert.equal(await left.inputValue(), '300'));
      await left.fill('0');
      await left.press('Enter');
      await until('the image again', () => host.state.expand === null);
    }));

  test('painting on the image adds to the border, which is then sent as one window', () =>
    open({ state: expanded }, async ({ page, host }) => {
      const at = await placeOf(page);
      await drag(page, [at(400, 300), at(500, 300)]);
      await until('painted', () => strength(host, 512 + 450, 409 + 300) === 255);
      await quiet(page, host);
      await page.locator('.send:not([aria-busy])').waitFor();
      await eventually(() => assert.equal(host.state.maskKind, 'painted'));
      await eventually(() => assert.deepEqual(bounds(host.mask), { x: 0, y: 0, width: 2048, height: 1638 }));
      await eventually(async () => assert.match(await page.locator('.send').innerText(), /filled at 5\d % resolution/));
      await page.keyboard.press('Control+z');
      await until('a border again', () => host.paints.at(-1)?.kind === 'border');
    }));

  test('the mask cannot be inverted there', () =>
    open({ state: expanded }, async ({ page, host }) => {
      await eventually(async () => assert.ok(await page.getByRole('checkbox', { name: 'Invert' }).isDisabled()));
      await page.locator('.stage').focus();
      await page.keyboard.press('i');
      await quiet(page, host);
      await eventually(() => assert.equal(host.state.maskSettings.invert, false));
    }));

  test('a result on its canvas lies over the image wherever that is shown', async () => {
    const red = await sharp({ create: { width: 2048, height: 1638, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer();
    site.files.set('/wide.png', { type: 'image/png', bytes: red });
    const result = resultView({ name: 'a.png', src: '/wide.png', expand });
    const jobs = [jobView({ state: 'saved', took: 12_000, result })];
    for (const state of [{ jobs }, { jobs, ...expanded }])
      await open({ state }, async ({ page }) => {
        await page.getByRole('button', { name: 'Compare' }).click();
        await until('shown', () => shown(page, '.result-layer .picture'));
        await until('laid over the image', async () => {
          const before = (await page.locator('.layer:not(.result-layer) .picture').boundingBox())!;
          const after = (await page.locator('.result-layer .picture').boundingBox())!;
          const around = Math.abs(before.x - after.x - after.width / 4) < 2;
          return Math.abs(after.width - before.width * 2) < 2 && around;
        });
      });
  });

  test('a preset can be left to a service that has its own, and to no other', () =>
    open({ state: expanded }, async ({ page, host }) => {
      const own = page.getByRole('checkbox', { name: 'Let the service extend it its own way' });
      const service = page.getByLabel('Service', { exact: true });
      await page.locator('.send:not([aria-busy])').waitFor();
      await eventually(async () => assert.ok(await own.isDisabled()));
      await eventually(async () =>
        assert.match(await page.locator('.side').innerText(), /Black Forest Labs has no way of its own/),
      );
      await service.selectOption('replicate');
      await eventually(async () => assert.match(await page.locator('button.generate').innerText(), /\$0\.30/));
      await own.check();
      await until('told', () => host.state.ownPreset);
      await eventually(async () =>
        assert.match(await page.locator('.side').innerText(), /nothing of the image stays to the last bit/),
      );
      await eventually(async () =>
        assert.match(await page.locator('.send').innerText(), /Sends the whole image; Replicate makes a new picture/),
      );
      await eventually(async () => assert.match(await page.locator('button.generate').innerText(), /\$0\.05/));
      await eventually(async () => assert.equal(await page.locator('.window-frame').count(), 1));
      await service.selectOption('bfl');
      await eventually(async () => assert.ok(!(await own.isChecked()), 'another service extends it as ever'));
      await eventually(async () => assert.match(await page.locator('button.generate').innerText(), /\$0\.30/));
      await page.getByRole('combobox', { name: 'Extend' }).selectOption('16:9');
      await until('no preset', async () => !(await own.isVisible()));
    }));

  test('a fill of several steps says which one is under way, and that the rest can be made', () =>
    open({ state: { jobs: [jobView({ step: 2, steps: 6 })] } }, async ({ page, host }) => {
      await eventually(async () => assert.match(await page.locator('.job-state').innerText(), /^Step 2 of 6 · /));
      await host.change({
        jobs: [jobView({ state: 'failed', step: 2, steps: 6, nextAct: 'continue' })],
      });
      await page.getByRole('button', { name: 'Make the Rest' }).click();
      await until('asked', () => host.asked.at(-1)?.name === 'goOn');
    }));
});
