/** The page that takes a new image from the clipboard. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { PasteTold } from '../../src/protocol/paste.ts';
import { texts } from '../../src/protocol/texts.ts';
import { pseudo, pseudoTable } from '../l10n/pseudo.ts';
import { untranslated } from '../l10n/seen.ts';
import { eventually, until } from '../waiting.ts';
import { violations } from './axe.ts';
import { openSite, themeNames, type Site, type ThemeName } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
  const bundle = await build({
    entryPoints: [path.resolve(import.meta.dirname, '../../src/page/paste/main.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
  });
  site.files.set('/paste.js', { type: 'text/javascript', bytes: bundle.outputFiles[0].contents });
});
after(() => site.close());

interface Opened {
  readonly page: Page;
  /** Names and lengths of the images that were handed over. */
  readonly sent: { readonly name: string; readonly length: number }[];
  readonly tell: (told: PasteTold) => Promise<void>;
}

interface Options {
  readonly theme?: ThemeName;
  /** What is on the clipboard before the page opens. */
  readonly clipboard?: 'image' | 'words';
  readonly allowed?: boolean;
}

const open = async ({ theme, clipboard, allowed = true }: Options, run: (opened: Opened) => Promise<void>) => {
  const context = await site.browser.newContext({ viewport: { width: 900, height: 600 } });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  const sent: Opened['sent'][number][] = [];
  await page.exposeFunction('toHost', (name: string, length: number) => void sent.push({ name, length }));
  await page.addInitScript((refused) => {
    const outside = globalThis as unknown as { toHost: (name: string, length: number) => void };
    const post = ({ name, bytes }: { name: string; bytes: Uint8Array }): void => outside.toHost(name, bytes.length);
    Object.assign(globalThis, { acquireVsCodeApi: () => ({ postMessage: post }) });
    if (refused) navigator.clipboard.read = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  }, !allowed);
  await page.route(
    (url) => url.pathname === '/',
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace('/page.js', '/paste.js') });
    },
  );
  try {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    if (clipboard !== undefined) {
      await page.goto(`${site.url}page.css`);
      await page.evaluate(async (kind) => {
        const bitmap = new OffscreenCanvas(8, 6);
        bitmap.getContext('2d')!.fillRect(0, 0, 4, 4);
        const type = kind === 'image' ? 'image/png' : 'text/plain';
        const blob = kind === 'image' ? await bitmap.convertToBlob() : new Blob(['words'], { type });
        await navigator.clipboard.write([new ClipboardItem({ [type]: blob })]);
      }, clipboard);
    }
    await page.goto(`${site.url}?theme=${theme ?? 'dark'}`);
    await page.locator('.new-image button').waitFor();
    await run({ page, sent, tell: (told) => page.evaluate((message) => window.postMessage(message, '*'), told) });
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
};

const paste = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.of(1, 2, 3)], 'image.png', { type: 'image/png' }));
    document.activeElement!.dispatchEvent(
      new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: transfer }),
    );
  });

const said = (page: Page, text: string): Promise<void> => page.getByRole('status').filter({ hasText: text }).waitFor();

suite('page: a new image from the clipboard', () => {
  test('an image that is there is handed over by itself, once', () =>
    open({ clipboard: 'image' }, async ({ page, sent }) => {
      await said(page, 'Choose where it is saved.');
      await paste(page);
      await until('handed over', () => sent.length > 0);
      await eventually(() => assert.equal(sent[0].name, 'image from the clipboard'));
      await eventually(() => assert.ok(sent[0].length > 50, 'a whole PNG'));
      await eventually(() => assert.equal(sent.length, 1, 'a second one waits until the first has its place'));
    }));

  test('where none is there it says so, and takes the next that is pasted', () =>
    open({ clipboard: 'words' }, async ({ page, sent }) => {
      await said(page, 'There is no image on the clipboard.');
      await paste(page);
      await until('handed over', () => sent.length === 1);
      await eventually(() => assert.equal(sent[0].length, 3));
    }));

  test('where the clipboard may not be read it waits for a paste; an image that was not taken is asked for again', () =>
    open({ allowed: false, clipboard: 'image' }, async ({ page, sent, tell }) => {
      await page.getByText('press Ctrl+V here').waitFor();
      await page.keyboard.press('Control+v');
      await until('handed over', () => sent.length === 1);
      await tell({ problem: 'It has 3,600 MP.' });
      await said(page, 'It has 3,600 MP.');
      await paste(page);
      await until('handed over again', () => sent.length === 2);
    }));

  test('says nothing that a translator did not see', async () => {
    const usual = site.speech;
    site.speech = { texts: pseudoTable(texts), language: 'en' };
    try {
      await open({ clipboard: 'words' }, async ({ page }) => {
        await said(page, pseudo('There is no image on the clipboard.'));
        await eventually(async () => assert.deepEqual(await untranslated(page), []));
      });
    } finally {
      site.speech = usual;
    }
  });

  for (const theme of themeNames)
    test(`has names, roles and contrast in ${theme}, with the button in focus`, () =>
      open({ theme, clipboard: 'words' }, async ({ page }) => {
        await said(page, 'There is no image on the clipboard.');
        await eventually(async () => assert.deepEqual(await violations(page), []));
        await eventually(async () =>
          assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Paste'),
        );
      }));
});
