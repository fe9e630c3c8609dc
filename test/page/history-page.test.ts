/** The page of the history, with a list as the host tells it. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { build } from 'esbuild';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { groupsOf, matching, nextCard } from '../../src/page/history/groups.ts';
import type { HistoryEntry, HistoryMessage, HistoryTold } from '../../src/protocol/history.ts';
import { violations } from './axe.ts';
import { texts } from '../../src/protocol/texts.ts';
import { pseudo } from '../l10n/pseudo.ts';
import { untranslated } from '../l10n/seen.ts';
import { eventually, until } from '../waiting.ts';
import { cramped, speeches } from './fits.ts';
import { openSite, themeNames, type Site, type ThemeName } from './harness.ts';

const root = path.resolve(import.meta.dirname, '../..');
const pictures = path.join(root, 'out/pictures');
mkdirSync(pictures, { recursive: true });

let site: Site;
before(async () => {
  site = await openSite();
  const bundle = await build({
    entryPoints: [path.join(root, 'src/page/history/main.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
  });
  site.files.set('/history.js', { type: 'text/javascript', bytes: bundle.outputFiles[0].contents });
  site.files.set('/history.css', { type: 'text/css', bytes: await readFile(path.join(root, 'media/history.css')) });
});
after(() => site.close());

const noon = new Date(2026, 10, 27, 12).getTime();

const entry = (number: number, change: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id: `fill${number}`,
  image: `file:///pictures/${number % 3}.png`,
  name: `${['boats', 'alps', 'sprite'][number % 3]}.png`,
  folder: 'site/images',
  at: noon - number * 5 * 60 * 60_000,
  state: 'saved',
  outcome: `Saved as x.fill-00${number}.png`,
  prompt: ['a red boat with white sails', 'morning fog over the valley', ''][number % 3],
  service: 'Black Forest Labs',
  seed: 1000 + number,
  steps: 50,
  guidance: 60,
  seconds: 12.4,
  cost: 0.05,
  variation: null,
  thumb: '/result.png',
  address: `file:///pictures/${number}.fill-001.png`,
  acts: [
    'compare',
    'open',
    'openImage',
    'retry',
    'copyImage',
    'insert',
    'copy',
    'useAll',
    'usePrompt',
    'useSeed',
    'useMask',
    'delete',
  ],
  goOn: null,
  ...change,
});

const some: readonly HistoryEntry[] = [
  entry(0),
  entry(1, {
    state: 'held',
    outcome: 'Made; not kept yet',
    variation: { number: 3, of: 8 },
    address: null,
    acts: [
      'compare',
      'keep',
      'openImage',
      'retry',
      'copyImage',
      'copy',
      'useAll',
      'usePrompt',
      'useSeed',
      'useMask',
      'delete',
    ],
  }),
  entry(2),
  entry(3, {
    state: 'failed',
    outcome: 'The folder is full.',
    thumb: null,
    acts: ['goOn', 'openImage', 'retry', 'copy', 'useAll', 'delete'],
    goOn: 'Save Again',
  }),
  ...[4, 5, 6, 7, 8, 9, 10].map((number) => entry(number)),
];

interface Opened {
  readonly page: Page;
  readonly sent: HistoryMessage[];
  readonly tell: (told: HistoryTold) => Promise<void>;
}

const open = async (
  entries: readonly HistoryEntry[] | null,
  run: (opened: Opened) => Promise<void>,
  { theme = 'dark', width = 1280, height = 800 }: { theme?: ThemeName; width?: number; height?: number } = {},
): Promise<void> => {
  const context = await site.browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce' });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  const sent: HistoryMessage[] = [];
  await page.exposeFunction('toHost', (message: HistoryMessage) => void sent.push(message));
  await page.addInitScript(() => {
    const outside = globalThis as unknown as { toHost: (message: unknown) => void };
    Object.assign(globalThis, {
      acquireVsCodeApi: () => ({ postMessage: (m: unknown) => outside.toHost(m), getState: () => null, setState() {} }),
    });
  });
  // The shell of the panel's page, with the other script and one more style sheet.
  await page.route(
    (url) => url.pathname === '/',
    async (route) => {
      const response = await route.fetch();
      const shell = (await response.text())
        .replace('/page.js', '/history.js')
        .replace(
          '<link rel="stylesheet" href="/page.css">',
          '<link rel="stylesheet" href="/page.css"><link rel="stylesheet" href="/history.css">',
        );
      await route.fulfill({ response, body: shell });
    },
  );
  const tell = (told: HistoryTold): Promise<void> => page.evaluate((message) => window.postMessage(message, '*'), told);
  try {
    await page.goto(`${site.url}?theme=${theme}`);
    await until('ready', () => sent.some((message) => message.do === 'ready'));
    if (entries !== null) {
      await tell({ tell: 'entries', entries, image: null, limitMegabytes: 2000 });
      await until('listed', async () => (await page.locator('.count').innerText()) !== '');
    }
    await run({ page, sent, tell });
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
};

const last = ({ sent }: Opened): HistoryMessage | undefined => sent.findLast((message) => message.do === 'act');

suite('history: in groups', () => {
  const entries = fc.array(
    fc
      .record({ number: fc.nat(20), at: fc.nat(1_000_000_000) })
      .map(({ number, at }) => entry(number, { at, id: `${number} ${at}` })),
  );

  test('each entry stands in one group, in its order', () => {
    fc.assert(
      fc.property(entries, fc.constantFrom('time' as const, 'image' as const), (all, by) => {
        const groups = groupsOf(all, by, String);
        assert.equal(groups.flatMap((group) => group.entries).length, all.length);
        for (const group of groups)
          assert.deepEqual(
            [...group.entries],
            all.filter((each) => group.entries.includes(each)),
          );
      }),
    );
  });

  test('a search finds every word, anywhere, in any case', () => {
    assert.deepEqual(
      matching(some, 'RED images').map(({ id }) => id),
      ['fill0', 'fill3', 'fill6', 'fill9'],
    );
    assert.deepEqual(
      matching(some, '1004').map(({ id }) => id),
      ['fill4'],
    );
    assert.equal(matching(some, '  ').length, some.length);
    assert.deepEqual(matching(some, 'red nothing'), []);
  });

  test('arrow keys stay among the cards, and go up and down to what lies nearest', () => {
    const places = [0, 1, 2, 3, 4].map((at) => ({ x: (at % 3) * 100, y: Math.floor(at / 3) * 100 }));
    assert.deepEqual(
      ['ArrowRight', 'ArrowDown', 'End', 'ArrowUp', 'ArrowLeft', 'Home'].map((key) => nextCard(places, 2, key)),
      [3, 4, 4, 2, 1, 0],
    );
  });
});

suite('history: the page', () => {
  test('says that nothing is there yet, and what is kept', () =>
    open([], async ({ page }) => {
      await page.getByText('No fills yet.').waitFor();
      await page.getByText('Up to 2,000 MB are kept').waitFor();
    }));

  test('lists by day or by image, searches, and keeps a choice that is still shown', () =>
    open(some, async ({ page }) => {
      await eventually(async () => assert.equal(await page.locator('.card').count(), some.length));
      await eventually(async () => assert.equal(await page.locator('.count').innerText(), '11 fills'));
      await page.getByRole('combobox', { name: 'Grouped by' }).selectOption('image');
      await eventually(async () => assert.equal(await page.locator('.group').count(), 3));
      await page.getByRole('searchbox').fill('fog');
      await until('found', async () => (await page.locator('.count').innerText()) === '4 of 11 fills');
      await page.getByRole('searchbox').fill('nothing like it');
      await page.getByText('No fill matches.').waitFor();
    }));

  test('shows how one was made, and hands on what is to be done with it', () =>
    open(some, async (opened) => {
      const { page } = opened;
      await page.getByRole('button', { name: /^alps\.png.*not kept/ }).click();
      const details = page.getByRole('complementary', { name: 'The chosen fill' });
      for (const text of ['morning fog over the valley', '1001', 'Image 3 of 8', '$0.05'])
        await eventually(async () => assert.ok((await details.innerText()).includes(text), text));
      for (const [name, act] of [
        ['Keep', 'keep'],
        ['Compare with the Image', 'compare'],
        ['Make Again…', 'retry'],
        ['Copy as Command Line', 'copy'],
        ['All Settings and Mask', 'useAll'],
        ['Prompt', 'usePrompt'],
        ['Seed', 'useSeed'],
        ['Mask', 'useMask'],
        ['Delete…', 'delete'],
      ] as const) {
        await details.getByRole('button', { name, exact: true }).click();
        await until(act, () => last(opened)?.do === 'act' && (last(opened) as { act: string }).act === act);
        await eventually(() => assert.deepEqual(last(opened), { do: 'act', act, id: 'fill1' }));
      }
    }));

  test('by keyboard alone: one card is reached by Tab, arrows go on, Enter compares, Delete deletes and the next is chosen', () =>
    open(some, async (opened) => {
      const { page, tell } = opened;
      await eventually(async () => assert.equal(await page.locator('.card[tabindex="0"]').count(), 1));
      await page.locator('.card[tabindex="0"]').focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await until('compare', () => last(opened) !== undefined);
      await eventually(() => assert.deepEqual(last(opened), { do: 'act', act: 'compare', id: 'fill1' }));
      await page.keyboard.press('Delete');
      await until('delete', () => (last(opened) as { act: string }).act === 'delete');
      const entries = some.filter(({ id }) => id !== 'fill1');
      await tell({ tell: 'entries', entries, image: null, limitMegabytes: 2000 });
      await until('gone', async () => (await page.locator('.count').innerText()) === '10 fills');
      await eventually(async () =>
        assert.equal(await page.evaluate(() => (document.activeElement as HTMLElement).dataset['id']), 'fill2'),
      );
    }));

  test('an image is copied from the bytes that the host hands over, by button and by key; why not is said', () =>
    open(some, async (opened) => {
      const { page, sent, tell } = opened;
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      const asked = () => sent.filter((message) => message.do === 'act' && message.act === 'copyImage').length;
      const status = (text: string): Promise<void> =>
        page.getByRole('complementary').getByRole('status').filter({ hasText: text }).waitFor();
      await page.getByRole('button', { name: 'Copy as Image' }).click();
      await until('asked', () => asked() === 1);
      await eventually(() => assert.deepEqual(last(opened), { do: 'act', act: 'copyImage', id: 'fill0' }));
      await page.evaluate(async () => {
        const image = new Uint8Array(await (await fetch('/result.png')).arrayBuffer());
        window.postMessage({ tell: 'image', id: 'fill0', image }, '*');
      });
      await status('The image is on the clipboard.');
      const types = () => page.evaluate(async () => (await navigator.clipboard.read()).flatMap((item) => item.types));
      await eventually(async () => assert.deepEqual(await types(), ['image/png']));
      await page.locator('.card[data-id="fill2"]').click();
      await until(
        'no word of the other',
        async () => (await page.locator('.details [role=status]').textContent()) === '',
      );
      await page.keyboard.press('Control+c');
      await until('asked by key', () => asked() === 2);
      await tell({ tell: 'image', id: 'fill2', image: 'sprite.fill-002.png is no longer there.' });
      await status('could not be copied: sprite.fill-002.png is no longer there.');
    }));

  test('a saved result is dragged out as its file; what is not kept is not', () =>
    open(some, async ({ page }) => {
      const draggable = (id: string) => page.locator(`.card[data-id="${id}"]`).getAttribute('draggable');
      await eventually(async () =>
        assert.deepEqual([await draggable('fill0'), await draggable('fill1')], ['true', 'false']),
      );
      const transfer = await page.evaluateHandle(() => new DataTransfer());
      await page.locator('.card[data-id="fill0"]').dispatchEvent('dragstart', { dataTransfer: transfer });
      await eventually(async () =>
        assert.equal(
          await transfer.evaluate((data) => data.getData('text/uri-list')),
          'file:///pictures/0.fill-001.png',
        ),
      );
    }));

  test('asks for small pictures that are missing when they come into sight, once', () => {
    const many = Array.from({ length: 500 }, (_, number) =>
      entry(number, { thumb: number % 2 === 0 ? null : '/result.png' }),
    );
    return open(many, async ({ page, sent, tell }) => {
      await until('asked', () => sent.some((message) => message.do === 'thumbs'));
      const asked = () => sent.flatMap((message) => (message.do === 'thumbs' ? message.ids : []));
      await eventually(() => assert.ok(asked().length < 100, `${asked().length} of 500 are in sight`));
      await eventually(() => assert.equal(new Set(asked()).size, asked().length));
      const [id] = asked();
      await tell({ tell: 'thumb', id, src: '/photo.jpg' });
      await until(
        'shown',
        async () => (await page.locator(`.card[data-id="${id}"] img`).getAttribute('src')) === '/photo.jpg',
      );
      await page.locator('.card').last().scrollIntoViewIfNeeded();
      await until('asked for more', () => asked().includes('fill498'));
    });
  });

  test('only those of one image, until all are wanted', () =>
    open(null, async ({ page, tell }) => {
      await tell({ tell: 'entries', entries: some, image: 'file:///pictures/1.png', limitMegabytes: 2000 });
      await page.getByText('Only alps.png').waitFor();
      await eventually(async () => assert.equal(await page.locator('.card').count(), 4));
      await page.getByRole('button', { name: 'Show All Images' }).click();
      await until('all', async () => (await page.locator('.card').count()) === 11);
    }));

  for (const theme of themeNames)
    test(`has names, roles and contrast in ${theme}`, () =>
      open(
        some,
        async ({ page }) => {
          await page.getByRole('button', { name: /^alps\.png.*not kept/ }).click();
          await eventually(async () => assert.deepEqual(await violations(page), []));
          await page.screenshot({ path: path.join(pictures, `history-${theme}.png`) });
        },
        { theme },
      ));

  // 640 px wide is a window of 1280 px at 200 %.
  for (const [language, width] of [
    ['pseudo', 1280],
    ['pseudo', 640],
    ['de', 640],
    ['zh-cn', 1280],
  ] as const)
    test(`nothing is untranslated or cut off: ${language}, ${width} px wide`, async () => {
      site.speech = await speeches[language]();
      // What the host says is translated by it; what people wrote stays as it is.
      const told = some.map(({ outcome, goOn, ...each }) => ({
        ...each,
        name: 'boats.jpg',
        // Of one name, as logos in two folders are.
        folder: each.image.replace(/\D/g, ''),
        prompt: each.prompt === '' ? '' : pseudo(each.prompt),
        outcome: pseudo(outcome),
        goOn: goOn === null ? null : pseudo(goOn),
      }));
      try {
        await open(
          told,
          async ({ page }) => {
            const check = async (state: string): Promise<void> => {
              await page.screenshot({ path: path.join(pictures, `history-${language}-${width}-${state}.png`) });
              if (language === 'pseudo')
                await eventually(async () =>
                  assert.deepEqual(
                    (await untranslated(page)).filter((text) => !/, 2026\b/.test(text)),
                    [],
                    `untranslated, ${state}`,
                  ),
                );
              await eventually(async () => assert.deepEqual(await cramped(page), [], `cramped, ${state}`));
              await eventually(async () => assert.deepEqual(await violations(page), [], `axe, ${state}`));
            };
            await check('days');
            for (const at of [0, 1, 3]) {
              await page.locator('.card').nth(at).click();
              await check(`card-${at}`);
            }
            await page.locator('select').selectOption('image');
            await check('images');
            await page.getByRole('searchbox').fill('nothing like it');
            await until('none', async () => (await page.locator('.card').count()) === 0);
            await check('none');
          },
          { width },
        );
      } finally {
        site.speech = { texts, language: 'en' };
      }
    });
});
