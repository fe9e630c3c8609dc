import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { JobView } from '../../src/protocol/messages.ts';
import { eventually, until } from '../waiting.ts';
import { violations } from './axe.ts';
import { drag, placeOf, shown, withPage } from './driving.ts';
import { jobView, resultView, openSite, themeNames } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

const pictures = path.resolve(import.meta.dirname, '../../out/pictures');
mkdirSync(pictures, { recursive: true });

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const result = resultView({ name: 'Image 1' });

const one = (number: number, change: Partial<JobView> = {}): JobView =>
  jobView({ id: `job${number}`, variation: { set: 'job1', number, of: 8 }, seed: 100 + number, ...change });

const held = (number: number, change: Partial<JobView> = {}): JobView =>
  one(number, {
    state: 'held',
    nextAct: 'keep',
    thumb: '/result.png',
    result: { ...result, name: `Image ${number}`, src: `/result.png?${number}` },
    ...change,
  });

const refused = { code: 'service.moderatedResult', sentence: 'The service made an image and withheld it.' };

/** Eight as the host tells them, newest first. */
const eight = (...changed: readonly JobView[]): JobView[] =>
  Array.from({ length: 8 }, (_, at) => changed.find(({ id }) => id === `job${at + 1}`) ?? one(at + 1)).reverse();

const open = (jobs: readonly JobView[], run: (opened: Opened) => Promise<void>, options: OpenOptions = {}) =>
  withPage(site, { ...options, state: { jobs, ...options.state } }, run);

const labels = ({ page }: Opened): Promise<string[]> =>
  page.locator('.film-tile').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('aria-label') ?? ''));

suite('filmstrip', () => {
  test('fills as the images come, each in its place, none twice; the first is shown at once', () =>
    open(eight(), async (opened) => {
      const { page, host } = opened;
      await eventually(async () => assert.equal((await labels(opened)).length, 9));
      await host.change({ jobs: eight(held(5)) });
      await until('shown', () => shown(page, '.result-layer .picture'));
      await eventually(async () => assert.equal(await page.locator('.result-name').innerText(), 'Image 5'));
      await host.change({ jobs: eight(held(5), held(2), one(3, { state: 'failed', fault: refused })) });
      await until('filled', async () => (await page.locator('.film-title').innerText()).startsWith('2 of 8 ready'));
      await eventually(async () =>
        assert.equal(await page.locator('.film-title').innerText(), '2 of 8 ready · 1 failed'),
      );
      await eventually(async () => {
        const names = await labels(opened);
        assert.deepEqual(
          names.map((name) => name.split(':')[0]),
          ['Original', ...Array.from({ length: 8 }, (_, at) => `Image ${at + 1} of 8`)],
        );
        assert.match(names[3], /Failed\. Seed 103\. The service made an image and withheld it\./);
        assert.match(names[5], /ready\. Seed 105/);
      });
      await eventually(async () =>
        assert.equal(await page.locator('.result-name').innerText(), 'Image 5', 'what the person looks at stays'),
      );
    }));

  test('images that one request has yet to give have their places, and keep them when they come', () => {
    const asking = one(1, { images: 4 });
    const further = (number: number): JobView => held(number, { seed: 101 });
    return open([asking], async (opened) => {
      await eventually(async () => assert.equal((await labels(opened)).length, 5));
      await opened.host.change({ jobs: [further(3), further(2), asking] });
      await until('two came', async () => (await labels(opened)).filter((name) => /ready/.test(name)).length === 2);
      await eventually(async () => assert.equal((await labels(opened)).length, 5));
      await opened.host.change({ jobs: [further(4), further(3), further(2), further(1)] });
      await until('all came', async () => (await labels(opened)).filter((name) => /ready/.test(name)).length === 4);
      await eventually(async () => assert.equal((await labels(opened)).length, 5));
    });
  });

  test('keeps and deletes, one or all that are not kept', () =>
    open(eight(held(1), held(2), held(3)), async ({ page, host }) => {
      await page.getByRole('button', { name: 'Keep image 2: save it beside the original' }).click();
      await until('asked', () => host.asked.at(-1)?.name === 'goOn');
      await eventually(() => assert.deepEqual(host.asked.at(-1)?.value, { jobId: 'job2', act: 'keep' }));
      await page.getByRole('button', { name: 'Delete image 3' }).click();
      await until('deleted', () => host.asked.at(-1)?.name === 'remove');
      await eventually(() => assert.deepEqual(host.asked.at(-1)?.value, { jobIds: ['job3'] }));
      const saved = { ...result, name: 'boats.fill-001.png' };
      await host.change({
        jobs: eight(held(1), held(2, { state: 'saved', nextAct: null, result: saved })).filter(
          ({ id }) => id !== 'job3',
        ),
      });
      await page.getByText('1 kept').waitFor();
      await page.getByRole('button', { name: 'Delete Those Not Kept' }).click();
      await until('deleted', () => host.asked.at(-1)?.name === 'remove');
      await eventually(() => assert.deepEqual(host.asked.at(-1)?.value, { jobIds: ['job1'] }));
    }));

  test('C comes back to the one that was kept or looked at last, until a new fill has a result', () =>
    open(eight(held(1), held(2), held(3)), async ({ page, host }) => {
      const compares = async (name: string): Promise<void> => {
        await page.locator('.stage').focus();
        await page.keyboard.press('c');
        await eventually(async () => assert.equal(await page.locator('.result-name').innerText(), name));
        await until('shown', () => shown(page, '.result-layer .picture'));
      };
      const back = async (): Promise<void> => {
        await page.keyboard.press('c');
        await until('back', () => shown(page, '.toolbar'));
      };
      await compares('Image 3');
      await back();
      await page.getByRole('button', { name: 'Keep image 2: save it beside the original' }).click();
      const saved = { ...result, name: 'boats.fill-001.png' };
      const kept = eight(held(1), held(2, { state: 'saved', nextAct: null, result: saved }), held(3));
      await host.change({ jobs: kept });
      await page.getByText('1 kept').waitFor();
      await compares('boats.fill-001.png');
      await back();
      await page.locator('.film-tile').nth(1).click();
      await eventually(async () => assert.equal(await page.locator('.result-name').innerText(), 'Image 1'));
      await page.locator('.stage').focus();
      await back();
      await compares('Image 1');
      const other = { set: 'other', number: 1, of: 2 };
      await host.change({ jobs: [held(9, { id: 'job9', variation: other }), ...kept] });
      await back();
      await compares('Image 9');
    }));

  test('by keyboard alone: choose, show, keep, delete; the one beside a deleted one is shown then', () =>
    open(eight(held(1), held(2), held(3)), async ({ page, host }) => {
      await page.locator('.film-tile').first().focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await until('shown', () => shown(page, '.result-layer .picture'));
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('k');
      await until('kept', () => host.asked.at(-1)?.name === 'goOn');
      await eventually(() => assert.deepEqual(host.asked.at(-1)?.value, { jobId: 'job2', act: 'keep' }));
      await page.keyboard.press(']');
      await until('next', async () => (await page.locator('.result-name').innerText()) === 'Image 2');
      await page.locator('.stage').focus();
      await page.keyboard.press('Delete');
      await until('deleted', () => host.asked.at(-1)?.name === 'remove');
      await eventually(() => assert.deepEqual(host.asked.at(-1)?.value, { jobIds: ['job2'] }));
      await until('the next one', async () => (await page.locator('.result-name').innerText()) === 'Image 3');
      await eventually(async () => assert.equal(await page.locator('.film-tile[tabindex="0"]').count(), 1));
    }));

  test('what is kept stays in view, although it has no file while it is written', () =>
    open(eight(held(1), held(2), held(3)), async ({ page, host }) => {
      const name = page.locator('.result-name');
      await page.locator('.film-tile').nth(2).click();
      await until('shown', async () => (await name.innerText()) === 'Image 2');
      await page.locator('.compare-slider').fill('30');
      await page.locator('.stage').focus();
      await page.keyboard.press('k');
      await until('kept', () => host.asked.at(-1)?.name === 'goOn');
      await host.change({ jobs: eight(held(1), one(2, { state: 'saving' }), held(3)) });
      await page.locator('.film-tile[aria-label^="Image 2 of 8: being made"]').waitFor();
      await eventually(async () => assert.equal(await name.innerText(), 'Image 2'));
      const small = page.locator('.film-tile').nth(2).locator('img');
      await eventually(async () => assert.ok(await small.isVisible(), 'its small picture stays'));
      // It never leaves the stage, nor does the divider move.
      await page.locator('.result-layer .picture').evaluate((image) => image.setAttribute('data-seen', ''));
      const file = { ...result, name: 'photo.fill-001.png', src: '/result.png?saved' };
      let come = (): void => {};
      await page.route(/result\.png\?saved/, async (route) => {
        await new Promise<void>((resolve) => (come = resolve));
        await route.continue();
      });
      await host.change({ jobs: eight(held(1), one(2, { state: 'saved', result: file }), held(3)) });
      await until('the kept one', async () => (await name.innerText()) === 'photo.fill-001.png');
      const seen = page.locator('.result-layer .picture[data-seen]');
      await eventually(async () => assert.equal(await seen.count(), 1));
      await eventually(async () => assert.equal(await page.locator('.compare-slider').inputValue(), '30'));
      come();
      await until('from its file', async () => (await seen.count()) === 0);
      await page.keyboard.press('Escape');
      await page.locator('.toolbar').waitFor();
      await page.keyboard.press('c');
      await until('the kept one again', async () => (await name.innerText()) === 'photo.fill-001.png');
    }));

  test('an image is compared with another one, and with the original again', () =>
    open(eight(held(1), held(2)), async ({ page }) => {
      await page.getByRole('button', { name: /^Image 2 of 8/ }).click();
      await until('shown', () => shown(page, '.result-layer .picture'));
      const before = () =>
        page.locator('.stage .layer:not(.result-layer) .picture').evaluate((image) => (image as HTMLImageElement).src);
      await eventually(async () => assert.match(await before(), /photo/));
      const pin = page.getByRole('button', { name: 'Compare the others with image 1' });
      await pin.click();
      await until('pinned', async () => /result\.png\?1$/.test(await before()));
      await eventually(async () => assert.equal(await page.locator('.tag.before').innerText(), 'Image 1'));
      await pin.click();
      await until('the original', async () => /photo/.test(await before()));
      await pin.click();
      await until('pinned', async () => /result\.png\?1$/.test(await before()));
      await page.locator('.stage').focus();
      await page.keyboard.press('Escape');
      await until('the original', async () => /photo/.test(await before()));
    }));

  test('a long seed is readable in a wide font, and the strip keeps its shape', () => {
    const seeds = [4294967295, 7, 4294967294, 4294967294];
    return open(
      seeds.map((seed, at) => held(at + 1, { seed })),
      async ({ page }) => {
        await page.locator('.film-item').nth(4).waitFor();
        await page.evaluate(() => {
          document.body.style.fontFamily = 'Verdana, "DejaVu Sans", sans-serif';
          document.body.style.letterSpacing = '0.12em';
        });
        await eventually(async () => {
          const items = await page.locator('.film-item:not([data-state="original"])').evaluateAll((elements) =>
            elements.map((element) => {
              const note = element.querySelector('.film-note')!;
              return {
                text: note.textContent,
                cut: note.scrollWidth > note.clientWidth || note.scrollHeight > note.clientHeight,
                size: [element.clientWidth, element.clientHeight],
                acts: element.querySelector('.film-acts')!.getBoundingClientRect().top,
              };
            }),
          );
          assert.deepEqual(
            items.map(({ text }) => text.replace(/ \(.*/, '')),
            seeds.map((seed) => `Seed ${seed}`),
          );
          for (const { text, cut, size, acts } of items) {
            assert.equal(cut, false, text);
            assert.deepEqual(size, items[0].size, text);
            assert.equal(acts, items[0].acts, text);
          }
          assert.equal(items[0].size[0], 96);
          assert.ok(items[0].size[1] <= 172, `no more than four lines of words: ${items[0].size[1]}`);
        });
        await page.screenshot({ path: path.join(pictures, 'filmstrip-wide-font.png') });
      },
    );
  });

  test('is gone when nothing is left to choose, and one image has none', async () => {
    const kept = one(1, { state: 'saved', result });
    for (const job of [kept, jobView({})])
      await open([job], async ({ page }) => {
        await page.locator('.job').waitFor();
        assert.ok(!(await shown(page, '.film')));
      });
  });

  for (const theme of themeNames)
    test(`has names, roles and contrast in ${theme}`, () =>
      open(
        eight(
          held(1),
          held(2, { state: 'saved', nextAct: null }),
          held(3),
          one(4, { state: 'failed', fault: refused }),
          one(5, { state: 'prepared', waiting: true }),
          one(6, { progress: 40 }),
        ),
        async ({ page }) => {
          await eventually(async () => assert.deepEqual(await violations(page), []));
          await page.screenshot({ path: path.join(pictures, `filmstrip-${theme}.png`) });
          await page.getByRole('button', { name: /^Image 3 of 8/ }).click();
          await until('shown', () => shown(page, '.result-layer .picture'));
          await eventually(async () => assert.deepEqual(await violations(page), []));
          await page.screenshot({ path: path.join(pictures, `filmstrip-${theme}-compared.png`) });
        },
        { theme },
      ));
});

suite('images', () => {
  test('the button says the price of the whole, the row above in how many requests', () =>
    open([], async ({ page, host }) => {
      const at = await placeOf(page);
      await page.keyboard.press('r');
      await drag(page, [at(300, 200), at(500, 400)]);
      const images = page.getByRole('spinbutton', { name: 'Images' });
      await images.fill('8');
      await page.getByRole('button', { name: /^Generate · \$0\.40/ }).waitFor();
      await eventually(async () =>
        assert.match(await page.locator('.sends').innerText(), /8 images in 8 requests, with consecutive seeds/),
      );
      await until('told', () => host.asked.some(({ name }) => name === 'images'));
      await eventually(() => assert.equal(host.state.images, 8));
      await page.getByRole('combobox', { name: 'Service' }).selectOption('fal');
      await until('two requests', async () => /8 images in 2 requests/.test(await page.locator('.sends').innerText()));
      await images.fill('9');
      await until('said', async () => /whole number from 1 to 8/.test(await page.locator('.reason').innerText()));
      await eventually(async () => assert.equal(await page.locator('.generate').getAttribute('aria-disabled'), 'true'));
      await eventually(() => assert.equal(host.state.images, 8));
    }));

  test('recent prompts are asked for by a button, and the one that was taken stands in the field', () =>
    open([], async ({ page, host }) => {
      await page.getByRole('button', { name: 'Recent Prompts…' }).click();
      await until('asked', () => host.asked.at(-1)?.name === 'recentPrompts');
      await host.tell('parameters', { parameters: { ...host.parameters, prompt: 'a red door' } });
      await until(
        'taken',
        async () => (await page.getByRole('textbox', { name: 'Prompt' }).inputValue()) === 'a red door',
      );
    }));
});
