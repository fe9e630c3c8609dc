/** Every word of the page goes through its table of texts, and it fits where a language needs 40 % more room. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pseudo } from '../l10n/pseudo.ts';
import { untranslated } from '../l10n/seen.ts';
import { eventually, until } from '../waiting.ts';
import { violations } from './axe.ts';
import { drag, placeOf, quiet, shown, withPage } from './driving.ts';
import { cramped, speeches } from './fits.ts';
import { firstState, jobView, resultView, openSite } from './harness.ts';
import type { Site } from './harness.ts';

const pictures = path.resolve(import.meta.dirname, '../../out/pictures');
mkdirSync(pictures, { recursive: true });

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const result = resultView({ changedOutsideBase: 3 });

const sentence = pseudo('The proxy let nothing through. Check the settings http.proxy and http.noProxy.');

suite('page: words', () => {
  // 640 px wide is a window of 1280 px at 200 %.
  for (const [language, width, height] of [
    ['pseudo', 1280, 800],
    ['pseudo', 640, 900],
    ['de', 1280, 800],
    ['de', 640, 900],
    ['zh-cn', 1280, 800],
  ] as const)
    test(`nothing is untranslated or cut off in any state: ${language}, ${width} px wide`, async () => {
      site.speech = await speeches[language]();
      await withPage(site, { width, height }, async ({ page, host }) => {
        const check = async (state: string): Promise<void> => {
          await page.screenshot({ path: path.join(pictures, `words-${language}-${width}-${state}.png`) });
          if (language === 'pseudo')
            await eventually(async () => assert.deepEqual(await untranslated(page), [], `untranslated, ${state}`));
          await eventually(async () => assert.deepEqual(await cramped(page), [], `cramped, ${state}`));
        };
        await check('empty');
        const at = await placeOf(page);
        for (const tool of ['r', 'l', 'Shift+L', 'w', 'g', 'v', 'h', 'e', 'b']) {
          await page.keyboard.press(tool);
          if (language === 'pseudo')
            await eventually(async () => assert.deepEqual(await untranslated(page), [], `untranslated, tool ${tool}`));
          await eventually(async () => assert.deepEqual(await cramped(page), [], `cramped, tool ${tool}`));
        }
        await drag(page, [at(300, 300), at(400, 350), at(500, 280)]);
        await quiet(page, host);
        for (const summary of await page.locator('summary').all()) await summary.click();
        await check('marked');
        await page.keyboard.press('?');
        await until('sheet', () => shown(page, 'dialog'));
        await check('keys');
        await page.keyboard.press('Escape');
        await host.tell('notice', { level: 'error', sentence });
        const { services } = firstState();
        for (const service of services) {
          await host.change({
            service: { ...service, problem: service.problem === null ? null : sentence },
            services: services.map((each) => ({ ...each, problem: each.problem === null ? null : sentence })),
          });
          await check(`service-${service.abilities.id}`);
        }
        await host.change({
          service: services[0],
          services: services.map((each) => ({ ...each, problem: each.problem === null ? null : sentence })),
          jobs: [
            jobView({ id: 'a', state: 'submitted', queue: 3 }),
            jobView({ id: 'b', state: 'prepared', waiting: true }),
            jobView({ id: 'c', state: 'failed', fault: { code: 'network.proxy', sentence }, nextAct: 'ask' }),
            jobView({ id: 'd', state: 'unknown', fault: { code: 'internal', sentence }, nextAct: 'send' }),
            jobView({ id: 'e', state: 'submitted', cancelRequested: true, step: 2, steps: 3 }),
            jobView({ id: 'f', state: 'saved', seed: 7, cost: 0.05, warnings: [sentence], result }),
          ],
        });
        await until('jobs', async () => (await page.locator('.job').count()) === 6);
        await check('jobs');
        await page.keyboard.press('c');
        await until('compared', () => shown(page, '.result-layer .picture'));
        for (const key of ['s', 'b', 'd', 'y']) {
          await page.keyboard.press(key);
          await check(`compare-${key}`);
        }
        await eventually(async () => assert.deepEqual(await violations(page), []));
        const images = Array.from({ length: 4 }, (_, at) =>
          jobView({
            id: `v${at}`,
            state: at === 3 ? 'failed' : at === 2 ? 'submitted' : 'held',
            variation: { set: 'v0', number: at + 1, of: 4 },
            seed: 7 + at,
            ...(at < 2 ? { nextAct: 'keep', thumb: '/result.png', result: { ...result, name: 'result.png' } } : {}),
            ...(at === 3 ? { fault: { code: 'internal', sentence } } : {}),
          }),
        );
        await host.change({ jobs: images.reverse() });
        await until('filmstrip', async () => (await page.locator('.film-tile').count()) >= 4);
        await check('film');
        for (const tile of await page.locator('.film-tile').all()) {
          await tile.click();
          await check('film-tile');
        }
        await eventually(async () => assert.deepEqual(await violations(page), []));
      });
    });
});
