import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { raise } from '../../src/fill/faults.ts';
import { isShownFirst } from '../../src/protocol/shell.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { violations } from './axe.ts';
import { drag, placeOf, quiet, shown, withPage } from './driving.ts';
import { firstState, jobView, resultView, openPage, openSite, themeNames } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

const pictures = path.resolve(import.meta.dirname, '../../out/pictures');
mkdirSync(pictures, { recursive: true });

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

/** Where the upright picture's top left quarter is stored, by EXIF orientation (Exif 2.3, tag 274): column, row. */
const stored: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [0, 0],
  [0, 1],
  [1, 1],
  [1, 0],
];

/** A picture of 90 × 60 when upright, blue, its top left quarter red. */
const turned = async (format: 'jpeg' | 'png' | 'webp', orientation: number): Promise<Uint8Array> => {
  const [width, height] = orientation >= 5 ? [60, 90] : [90, 60];
  const quarter = { width: width / 2, height: height / 2, channels: 3, background: '#ff0000' } as const;
  const [column, row] = stored[orientation];
  return sharp({ create: { width, height, channels: 3, background: '#0000ff' } })
    .composite([{ input: { create: quarter }, left: (column * width) / 2, top: (row * height) / 2 }])
    .withMetadata({ orientation })
    .toFormat(format, format === 'png' ? {} : { quality: 100 })
    .toBuffer();
};

suite('page: images and states', () => {
  test('a document that cannot be opened says why and can be tried again', async () => {
    let tries = 0;
    const opened = openPage(site, {
      handlers: { ready: () => (++tries === 1 ? raise('image.truncated', { name: 'x' }) : raise('image.empty')) },
    });
    const never = assert.rejects(opened);
    const pages = () => site.browser.contexts().flatMap((context) => context.pages());
    await until('a page', () => pages().length > 0);
    const page = pages()[0];
    await until('said', async () => (await page.locator('[role=alert]').count()) === 1);
    await page.getByRole('button', { name: 'Try Again' }).click();
    await until('tried again', () => tries === 2);
    await page.context().close();
    await never;
  });

  test('the image is seen before the page is built, until the stage shows it, and is asked for once', async () => {
    const page = await site.browser.newPage({ viewport: { width: 1280, height: 800 } });
    try {
      await page.route('**/page.js', () => undefined);
      await page.goto(`${site.url}?picture=/photo.jpg`, { waitUntil: 'commit' });
      const picture = page.locator('.first-picture');
      await until('seen', () =>
        picture.evaluate((image) => (image as HTMLImageElement).complete && image.getBoundingClientRect().width > 400),
      );
      await eventually(async () => assert.ok(await picture.isVisible()));
    } finally {
      await page.close();
    }
    await open({}, async ({ page }) => {
      await eventually(async () => assert.equal(await page.locator('.first-picture').count(), 0));
      await eventually(async () => assert.equal(await page.locator('.stage .picture').count(), 1));
      const asked = await page.evaluate(
        () => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/photo.jpg')).length,
      );
      assert.equal(asked, 1, 'asked for once');
    });
  });

  test('what is seen first lies where the stage then shows it; a small image, which it would enlarge, waits for the stage', async () => {
    const photo = firstState().source;
    const part = (x: number, y: number, width: number, height: number): number[] => {
      const scale = Math.min(width / photo.width, height / photo.height);
      return [x + (width - photo.width * scale) / 2, y + (height - photo.height * scale) / 2, photo.width * scale];
    };
    for (const [width, height, pixelRatio] of [
      [1280, 800, 1],
      [1280, 800, 2],
      [2000, 1100, 1],
      [800, 700, 1],
      [420, 900, 1],
      [640, 400, 2],
    ]) {
      const context = await site.browser.newContext({ viewport: { width, height }, deviceScaleFactor: pixelRatio });
      const page = await context.newPage();
      await page.route('**/page.js', () => undefined);
      await page.goto(`${site.url}?picture=/photo.jpg`, { waitUntil: 'commit' });
      await page.waitForFunction(() => {
        const styles = [...document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')];
        const picture = document.querySelector<HTMLImageElement>('.first-picture');
        return styles.every(({ sheet }) => sheet !== null) && picture?.complete && picture.naturalWidth > 0;
      });
      const first = await boxOf(page.locator('.first-picture'));
      await context.close();
      await open({ width, height, pixelRatio }, async ({ page }) => {
        await placeOf(page);
        const then = await boxOf(page.locator('.stage .picture'));
        const off = part(first.x, first.y, first.width, first.height).map((value, index) =>
          Math.abs(value - [then.x, then.y, then.width][index]),
        );
        assert.ok(Math.max(...off) <= 4, `${width} × ${height} at ${pixelRatio}: ${off.join(', ')}`);
      });
    }
    assert.equal(isShownFirst({ width: 128, height: 128, orientation: 1, format: 'png' }), false);
    assert.equal(isShownFirst(photo), true);
  });

  test('it stays until the stage shows it, where nothing was kept of the page', async () => {
    const page = await site.browser.newPage({ viewport: { width: 1280, height: 800 } });
    try {
      await page.addInitScript(() =>
        Object.assign(globalThis, {
          acquireVsCodeApi: () => ({ postMessage: () => {}, getState: () => undefined, setState: () => {} }),
        }),
      );
      await page.goto(`${site.url}?picture=/photo.jpg`);
      await page.waitForSelector('.opening [role=status]');
      await eventually(async () => assert.equal(await page.locator('.first-picture').count(), 1));
    } finally {
      await page.close();
    }
  });

  test('a picture that does not come, or cannot be shown, does not keep the page from being built', async () => {
    for (const manner of ['silent', 'broken', 'unobserved'] as const) {
      const page = await site.browser.newPage({ viewport: { width: 1280, height: 800 } });
      try {
        await page.addInitScript(() =>
          Object.assign(globalThis, {
            acquireVsCodeApi: () => ({ postMessage: () => {}, getState: () => undefined, setState: () => {} }),
          }),
        );
        if (manner === 'unobserved')
          await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'PerformanceObserver'));
        await page.route(
          ({ pathname }) => pathname === '/odd.jpg',
          (route) => (manner === 'broken' ? route.fulfill({ body: 'no picture' }) : undefined),
        );
        await page.goto(`${site.url}?picture=/odd.jpg`, { waitUntil: 'commit' });
        await page.waitForSelector('.opening [role=status]');
      } finally {
        await page.close();
      }
    }
  });

  test('a page that comes back does not show the whole image before its own view', async () => {
    const page = await site.browser.newPage({ viewport: { width: 1280, height: 800 } });
    try {
      await page.addInitScript(() =>
        Object.assign(globalThis, {
          acquireVsCodeApi: () => ({ postMessage: () => {}, getState: () => ({}), setState: () => {} }),
        }),
      );
      await page.route('**/page.js', () => undefined);
      await page.goto(`${site.url}?picture=/photo.jpg`, { waitUntil: 'commit' });
      await page.waitForSelector('#texts', { state: 'attached' });
      const seen = await page.locator('.first-picture').isVisible();
      assert.equal(seen, false, 'at no moment');
    } finally {
      await page.close();
    }
  });

  test('around a fitted image there is room for its handles, at every pixel ratio', () =>
    open({ width: 640, height: 400, pixelRatio: 2 }, async ({ page }) => {
      await placeOf(page);
      const stage = await boxOf(page.locator('.stage'));
      await page.mouse.move(stage.x + stage.width / 2, stage.y + stage.height / 2);
      await eventually(async () => {
        const handles = await page.locator('.canvas-handle').all();
        assert.equal(handles.length, 8);
        // What is seen of a handle reaches 14 px away from the corner or the middle of the side that it stands at.
        for (const handle of handles) {
          const { y } = await handle.evaluate((element) => element.getBoundingClientRect());
          assert.ok(y - 14 >= stage.y && y + 14 <= stage.y + stage.height, `${y} in ${JSON.stringify(stage)}`);
        }
      });
    }));

  test('an image the browser cannot show is said, and the form still works', async () => {
    site.files.set('/broken.png', { type: 'image/png', bytes: new Uint8Array(10) });
    await open({ state: { source: { ...firstState().source, src: '/broken.png' } } }, async ({ page }) => {
      await until('said', async () => /cannot be shown here/.test(await page.locator('.stage-note').innerText()));
      await page.getByRole('textbox', { name: 'Prompt' }).fill('still usable');
    });
  });

  for (const format of ['jpeg', 'png', 'webp'] as const)
    test(`${format} of every orientation stands upright`, async () => {
      const upright = { ...firstState().source, width: 90, height: 60, format };
      await open({ width: 900, height: 600, state: { source: upright } }, async ({ page, host }) => {
        for (let orientation = 1; orientation <= 8; orientation++) {
          const src = `/turned-${orientation}.${format}`;
          site.files.set(src, { type: `image/${format}`, bytes: await turned(format, orientation) });
          await host.change({ source: { ...upright, src, orientation } });
          await page.waitForSelector(`.stage .picture[src$="${src}"]`);
          await eventually(async () => {
            const box = await boxOf(page.locator('.checker'));
            const picture = await boxOf(page.locator('.stage .picture'));
            for (const side of ['x', 'y', 'width', 'height'] as const)
              assert.ok(Math.abs(box[side] - picture[side]) < 1, `${format} ${orientation} lies on its place`);
            const { data, info } = await sharp(await page.screenshot())
              .raw()
              .toBuffer({ resolveWithObject: true });
            const redAt = (x: number, y: number): boolean => {
              const column = Math.round(box.x + box.width * x);
              const row = Math.round(box.y + box.height * y);
              const index = (row * info.width + column) * info.channels;
              return data[index] > 180 && data[index + 2] < 80;
            };
            const corners = [redAt(0.25, 0.25), redAt(0.75, 0.25), redAt(0.25, 0.75), redAt(0.75, 0.75)];
            assert.deepEqual(corners, [true, false, false, false], `${format} ${orientation}`);
          });
        }
      });
    });

  test('nothing overflows at 420 px, at 2000 px, or at 200 % zoom, and all of it can be reached', async () => {
    for (const [width, height] of [
      [420, 900],
      [640, 400],
      [2000, 1000],
    ])
      await open(
        {
          width,
          height,
          state: { jobs: [jobView({ state: 'failed', fault: { code: 'internal', sentence: 'x'.repeat(200) } })] },
        },
        async ({ page }) => {
          await page.locator('.job').waitFor();
          await eventually(async () => {
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.ok(wide <= 0, `${width}: ${wide} px too wide`);
            const side = await page
              .locator('.side-scroll')
              .evaluate((element) => element.scrollWidth - element.clientWidth);
            assert.ok(side <= 0, `${width}: form ${side} px too wide`);
          });
          await page.getByRole('button', { name: /^Generate/ }).scrollIntoViewIfNeeded();
          const stage = await boxOf(page.locator('.stage'));
          assert.ok(stage.width >= 300 && stage.height >= 200);
          await page.screenshot({ path: path.join(pictures, `page-width-${width}.png`), fullPage: true });
        },
      );
  });

  test('reduced motion stills the progress bar', async () => {
    const animation = (page: Page) =>
      page.locator('.job-progress').evaluate((bar) => getComputedStyle(bar).animationName);
    await open({ state: { jobs: [jobView({})] } }, async ({ page }) => {
      await eventually(async () => assert.equal(await animation(page), 'passing'));
      await page.evaluate(() => document.body.classList.add('vscode-reduce-motion'));
      await eventually(async () => assert.equal(await animation(page), 'none'));
    });
    await open({ reducedMotion: true, state: { jobs: [jobView({})] } }, async ({ page }) => {
      await eventually(async () => assert.equal(await animation(page), 'none'));
    });
  });

  test('a message that is dismissed by keyboard leads to the next one, and at last back to where the keyboard was', () =>
    open({}, async ({ page, host }) => {
      await host.tell('notice', { level: 'info', sentence: 'The first.' });
      await host.tell('notice', { level: 'info', sentence: 'The second.' });
      const focused = (selector: string) => page.locator(`${selector}:focus`).count();
      await page.locator('.notice').nth(1).waitFor();
      await page.locator('.stage').focus();
      await page.getByRole('button', { name: 'Dismiss' }).first().focus();
      await page.keyboard.press('Enter');
      await eventually(async () => assert.equal(await focused('.notice .dismiss'), 1));
      await eventually(async () => assert.equal(await page.locator('.notice .sentence').innerText(), 'The second.'));
      await page.keyboard.press('Enter');
      await eventually(async () => assert.equal(await focused('.stage'), 1));
      await host.tell('notice', { level: 'info', sentence: 'The third.' });
      await page.getByLabel('Prompt', { exact: true }).focus();
      await page.getByRole('button', { name: 'Dismiss' }).focus();
      await page.evaluate(() => document.querySelector('textarea')!.remove());
      await page.keyboard.press('Enter');
      await eventually(async () => assert.equal(await focused('.stage'), 1, 'where the keyboard was is gone'));
    }));

  for (const theme of themeNames)
    test(`axe finds nothing in the main states (${theme})`, () =>
      open({ theme }, async ({ page, host }) => {
        const check = async (state: string): Promise<void> => {
          await page.screenshot({ path: path.join(pictures, `page-${theme}-${state}.png`) });
          await eventually(async () => assert.deepEqual(await violations(page), [], `${theme}, ${state}`));
        };
        await check('empty');
        const at = await placeOf(page);
        await drag(page, [at(300, 300), at(400, 350), at(500, 280)]);
        await quiet(page, host);
        await page.locator('summary').click();
        await host.change({
          jobs: [
            jobView({}),
            jobView({
              id: 'job2',
              state: 'failed',
              seed: 4,
              fault: { code: 'key.refused', sentence: 'The key was refused.' },
            }),
          ],
        });
        for (const level of ['error', 'warning', 'info'] as const)
          await host.tell('notice', { level, sentence: `This is the sentence of an ${level}.` });
        await until('notices', async () => (await page.locator('.notice').count()) === 3);
        await check('running');
        for (let left = 3; left > 0; left--) await page.getByRole('button', { name: 'Dismiss' }).first().click();
        const result = resultView();
        await host.change({
          jobs: [
            jobView({
              state: 'saved',
              took: 12_000,
              cost: 0.05,
              seed: 5,
              result,
              warnings: ['It was smaller.'],
            }),
          ],
        });
        await until('compared', () => shown(page, '.result-layer .picture'));
        await check('result');
        await page.keyboard.press('Escape');
        const service = page.getByRole('combobox', { name: 'Service', exact: true });
        await host.tell('parameters', {
          parameters: { ...host.parameters, safetyTolerance: 0, resultFormat: 'webp' },
        });
        await service.selectOption('fal');
        await page.getByText('fal has no WebP').waitFor();
        await page.getByText('fal has no WebP').scrollIntoViewIfNeeded();
        await check('fal');
        await page.getByRole('slider', { name: 'Steps' }).scrollIntoViewIfNeeded();
        await page.screenshot({ path: path.join(pictures, `page-${theme}-fal-above.png`) });
        await service.selectOption('compatible');
        await page.getByText('No base URL yet.').waitFor();
        await check('compatible');
        await service.selectOption('practice');
        await page.getByRole('spinbutton', { name: 'Steps' }).fill('99');
        await until('practice', () => shown(page, '.banner'));
        await check('practice');
      }));
});
