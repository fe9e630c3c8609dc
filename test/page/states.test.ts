/** axe in every state that a fill goes through, and in every way to look at its result; pictures of them to look at. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { violations } from './axe.ts';
import { drag, placeOf, quiet, shown, withPage } from './driving.ts';
import { jobView, resultView, openSite, themeNames } from './harness.ts';
import type { Site } from './harness.ts';
import { eventually, until } from '../waiting.ts';

const pictures = path.resolve(import.meta.dirname, '../../out/pictures');
mkdirSync(pictures, { recursive: true });

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const result = resultView();

suite('page: axe', () => {
  for (const theme of themeNames)
    test(`finds nothing in any way to compare, in the sheet, on a larger canvas (${theme})`, () =>
      withPage(site, { theme }, async ({ page, host }) => {
        const check = async (state: string): Promise<void> => {
          await page.screenshot({ path: path.join(pictures, `compare-${theme}-${state}.png`) });
          await eventually(async () => assert.deepEqual(await violations(page), [], `${theme}, ${state}`));
        };
        const at = await placeOf(page);
        await drag(page, [at(300, 300), at(400, 350), at(500, 280)]);
        await quiet(page, host);
        await page.keyboard.press('?');
        await until('sheet', () => shown(page, 'dialog'));
        await check('sheet');
        await page.keyboard.press('Escape');
        await host.change({ jobs: [jobView({ state: 'saved', took: 12_000, result })] });
        await until('there', () => shown(page, '.job'));
        await page.keyboard.press('c');
        await until('compared', () => shown(page, '.result-layer .picture'));
        for (const [key, state] of [
          ['s', 'slider'],
          ['b', 'blink'],
          ['d', 'difference'],
          ['y', 'side'],
        ]) {
          await page.keyboard.press(key);
          await until(state, async () => key !== 'd' || (await shown(page, 'canvas.difference')));
          await check(state);
        }
        await page.keyboard.press('?');
        await until('sheet', () => shown(page, 'dialog'));
        await check('sheet-over-result');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Escape');
        await page.getByRole('combobox', { name: 'Extend' }).selectOption('zoom-out-2x');
        await until('larger', () => host.state.expand !== null);
        await until('built anew', () => shown(page, '.toolbar'));
        await check('canvas');
      }));
});
