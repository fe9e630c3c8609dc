import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { amplifiedDifference } from '../../src/page/compare/difference.ts';
import type { PanelState, ResultView } from '../../src/protocol/messages.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { placeOf, shown, withPage } from './driving.ts';
import { firstState, jobView, resultView, openPage, openSite } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

const pictures = path.resolve(import.meta.dirname, '../../out/pictures');
mkdirSync(pictures, { recursive: true });

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const result = resultView();
const jobsOf = (change: Partial<ResultView> = {}) => [
  jobView({ state: 'saved', took: 12_000, result: { ...result, ...change } }),
];

const compare = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await until('compared', () => shown(page, '.result-layer .picture'));
};

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

const opened = (run: (opened: Opened) => Promise<void>, state: Partial<PanelState> = {}): Promise<void> =>
  open({ state: { jobs: jobsOf(), ...state } }, async (all) => {
    await compare(all.page);
    await run(all);
  });

const said = (page: Page, what: RegExp): Promise<void> =>
  until(`said ${what}`, async () => what.test(await page.locator('.unseen[role=status]').innerText()));

const clip = (page: Page): Promise<string> =>
  page.locator('.result-layer').evaluate((layer) => (layer as HTMLElement).style.clipPath);

/** The pixels of the difference as they were worked out, and how many image pixels a pixel shows. */
const difference = async (page: Page) => {
  const canvas = page.locator('canvas.difference');
  const url = await canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  return sharp(Buffer.from(url.split(',')[1], 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true });
};

const photoSize = { width: 1024, height: 819 };

/** The photo with a rectangle of 100 × 50 at 300, 200 made two levels redder, as PNG. */
const almostSame = async (): Promise<Uint8Array> => {
  const raw = await sharp(site.files.get('/photo.jpg')!.bytes).removeAlpha().raw().toBuffer();
  for (let y = 200; y < 250; y++)
    for (let x = 300; x < 400; x++) {
      const at = (y * photoSize.width + x) * 3;
      raw[at] += raw[at] < 128 ? 2 : -2;
    }
  return sharp(raw, { raw: { ...photoSize, channels: 3 } })
    .png()
    .toBuffer();
};

suite('difference', () => {
  const pixel = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));

  test('is black where both are equal, and nowhere else', () => {
    fc.assert(
      fc.property(pixel, pixel, (a, b) => {
        const [red, green, blue, alpha] = amplifiedDifference(Uint8ClampedArray.from(a), Uint8ClampedArray.from(b));
        const same = a[3] === b[3] && (a[3] === 0 || a.every((value, index) => value === b[index]));
        // Colours of the faintest pixels differ by less than the eye or the canvas can hold.
        if (same || Math.min(a[3], b[3]) > 15) assert.equal(red + green + blue === 0, same);
        assert.equal(alpha, 255);
      }),
    );
  });

  test('makes a level eight times as bright, to white at most; another alpha counts for every colour', () => {
    const of = (a: readonly number[], b: readonly number[]) => [
      ...amplifiedDifference(Uint8ClampedArray.from(a), Uint8ClampedArray.from(b)),
    ];
    assert.deepEqual(of([10, 20, 30, 255], [11, 18, 130, 255]), [8, 16, 255, 255]);
    assert.deepEqual(of([0, 0, 0, 255], [0, 0, 0, 250]), [40, 40, 40, 255]);
    assert.deepEqual(of([200, 0, 0, 0], [0, 90, 0, 0]), [0, 0, 0, 255]);
  });
});

suite('page: ways to compare', () => {
  test('each has a button and a key, is said, and only one is pressed', () =>
    opened(async ({ page }) => {
      for (const [name, key, sentence] of [
        ['Blink', 'b', /before and after in turn/],
        ['Difference', 'd', /what is equal is black/],
        ['Side by Side', 'y', /one view for both/],
        ['Slider', 's', /left of the divider/],
      ] as const) {
        const button = page.getByRole('button', { name, exact: true });
        await page.keyboard.press(key);
        await said(page, sentence);
        await eventually(async () => assert.equal(await button.getAttribute('aria-pressed'), 'true', name));
        await eventually(async () => assert.equal(await page.locator('.compare-modes [aria-pressed=true]').count(), 1));
        await page.getByRole('button', { name: 'Slider', exact: true }).click();
        await button.click();
        await eventually(async () => assert.equal(await button.getAttribute('aria-pressed'), 'true', name));
        await eventually(async () =>
          assert.match((await button.getAttribute('title')) ?? '', new RegExp(`\\(${key.toUpperCase()}\\)`)),
        );
      }
    }));

  test('the difference of a JPEG and a PNG of it is black but where it was changed, at 100 % and fitted', () =>
    open({}, async ({ page, host }) => {
      site.files.set('/almost.png', { type: 'image/png', bytes: await almostSame() });
      await host.change({ jobs: jobsOf({ src: '/almost.png' }) });
      await compare(page);
      await page.keyboard.press('d');
      await page.keyboard.press('1');
      await until('at 100 %', async () => (await page.locator('.status .zoom').innerText()) === '100 %');
      await until('drawn', async () => {
        const { data } = await difference(page);
        return data.some((value, index) => index % 4 < 3 && value > 0);
      });
      await eventually(async () => {
        const box = await boxOf(page.locator('canvas.difference'));
        const origin = (await placeOf(page))(0, 0);
        const { data, info } = await difference(page);
        let inside = 0;
        for (let at = 0; at < data.length; at += 4) {
          const x = ((at / 4) % info.width) + Math.round(box.x - origin.x);
          const y = Math.floor(at / 4 / info.width) + Math.round(box.y - origin.y);
          const changed = x >= 300 && x < 400 && y >= 200 && y < 250;
          if (changed) inside++;
          assert.deepEqual([...data.subarray(at, at + 4)], [changed ? 16 : 0, 0, 0, 255], `${x}, ${y}`);
        }
        assert.equal(inside, 5000);
      });
      await page.keyboard.press('0');
      await page.keyboard.press('-');
      await until('as small as it is seen', async () => {
        const { info: now } = await difference(page);
        const seen = (await page.locator('.checker').boundingBox())!;
        return now.width < photoSize.width && Math.abs(now.width - seen.width) < 2;
      });
      await eventually(async () => {
        const small = await difference(page);
        const coloured = small.data.filter((value, index) => index % 4 === 0 && value > 0).length;
        const share = coloured / (small.data.length / 4);
        assert.ok(Math.abs(share - 5000 / (1024 * 819)) < 0.001, `${share}`);
      });
      await page.keyboard.down('o');
      await until(
        'the original',
        async () => !(await shown(page, 'canvas.difference')) && / 100%/.test(await clip(page)),
      );
      await page.keyboard.up('o');
      await until('the difference', () => shown(page, 'canvas.difference'));
    }));

  test('a picture whose pixels may not be read is said to be one, and can be compared all the same', async () => {
    const { page } = await openPage(site, { state: { jobs: jobsOf({ src: `${site.elsewhere}result.png` }) } });
    await compare(page);
    await page.keyboard.press('d');
    await said(page, /does not let its pixels be read/);
    await eventually(async () => assert.ok(await shown(page, '.compare-note')));
    await page.keyboard.press('s');
    await until('no note', async () => !(await shown(page, '.compare-note')));
    await page.context().close();
  });

  test('blinking changes by itself, stands still elsewhere, and is switched by hand', () =>
    opened(async ({ page }) => {
      await page.clock.install();
      await page.keyboard.press('b');
      const seen = async (milliseconds: number): Promise<string[]> => {
        const views: string[] = [];
        for (let gone = 0; gone < milliseconds; gone += 250) {
          await page.clock.runFor(250);
          const now = await clip(page);
          if (views.at(-1) !== now) views.push(now);
        }
        return views;
      };
      await page.clock.pauseAt(new Date(Date.now() + 3_600_000));
      assert.ok((await seen(2000)).length >= 4);
      await page.getByRole('textbox', { name: 'Prompt' }).focus();
      assert.equal((await seen(2000)).length, 1);
      await page.locator('.stage').focus();
      assert.ok((await seen(2000)).length >= 4);
      const before = await clip(page);
      await page.keyboard.press(' ');
      await eventually(async () => assert.notEqual(await clip(page), before));
      assert.equal((await seen(2000)).length, 1, 'switched by hand, it stays');
      await page.getByRole('button', { name: 'Go On Blinking' }).click();
      assert.ok((await seen(2000)).length >= 4);
      await page.getByRole('button', { name: 'Stop Blinking' }).click();
      assert.equal((await seen(2000)).length, 1);
    }));

  test('where motion is unwanted, blinking waits for Space, which says what is seen', () =>
    open({ reducedMotion: true, state: { jobs: jobsOf() } }, async ({ page }) => {
      await compare(page);
      await page.keyboard.press('b');
      await page.getByRole('button', { name: 'Go On Blinking' }).waitFor();
      await page.keyboard.press(' ');
      await said(page, /^Before$/);
      await eventually(async () => assert.match(await clip(page), / 100%/));
      await page.getByRole('button', { name: 'Switch Between Before and After' }).click();
      await said(page, /^After$/);
      await eventually(async () => assert.match(await clip(page), / 0%/));
    }));

  test('side by side, both show the same part, zoomed and moved in either', () =>
    opened(async ({ page }) => {
      await page.keyboard.press('y');
      const stage = await boxOf(page.locator('.stage'));
      const half = Math.floor(stage.width / 2);
      const boxes = async () => ({
        left: await boxOf(page.locator('.layer:not(.result-layer) .picture')),
        right: await boxOf(page.locator('.result-layer .picture')),
      });
      const together = async (): Promise<boolean> => {
        const { left, right } = await boxes();
        return (
          Math.abs(right.x - left.x - half) < 0.5 &&
          Math.abs(right.y - left.y) < 0.5 &&
          Math.abs(right.width - left.width) < 0.5
        );
      };
      await until('fitted into a half', async () => {
        const { left } = await boxes();
        return (await together()) && left.x >= stage.x && left.x + left.width <= stage.x + half;
      });
      const right = await boxOf(page.locator('.result-layer .picture'));
      const pointer = { x: Math.round(right.x + right.width * 0.4), y: Math.round(right.y + right.height * 0.6) };
      await page.mouse.move(pointer.x, pointer.y);
      for (let notch = 0; notch < 4; notch++) await page.mouse.wheel(0, -100);
      await until('zoomed at the pointer', async () => {
        const now = (await boxes()).right;
        const x = now.x + ((pointer.x - right.x) / right.width) * now.width;
        const y = now.y + ((pointer.y - right.y) / right.height) * now.height;
        return now.width > right.width * 1.5 && Math.hypot(x - pointer.x, y - pointer.y) < 1.5 && together();
      });
      const from = await boxOf(page.locator('.layer:not(.result-layer) .picture'));
      await page.mouse.down();
      await page.mouse.move(pointer.x - half, pointer.y + 20, { steps: 6 });
      await page.mouse.up();
      await until('moved over the line between them', async () => {
        const { left } = await boxes();
        return left.x < from.x - 50 && (await together());
      });
      await page.keyboard.press('0');
      await page.keyboard.press('s');
      await until('fitted into the whole', async () => {
        const { left } = await boxes();
        return left.width > half && Math.abs(left.x - (await boxes()).right.x) < 0.5;
      });
    }));

  test('C goes to the newest result and back; without one it says so', () =>
    open({}, async ({ page, host }) => {
      await page.keyboard.press('c');
      await said(page, /no result to compare/);
      await host.change({ jobs: jobsOf() });
      await until('there', () => shown(page, '.job'));
      await page.keyboard.press('c');
      await until('compared', () => shown(page, '.result-layer .picture'));
      await page.keyboard.press('c');
      await until('back', () => shown(page, '.toolbar'));
    }));

  test('a key that is for another time says so, once nobody is typing', () =>
    open({ state: { jobs: jobsOf() } }, async ({ page }) => {
      await page.locator('.stage').focus();
      await page.keyboard.press('q');
      await said(page, /The mask alone is shown/);
      await page.keyboard.press('t');
      await said(page, /^Only while a result is compared\./);
      await page.keyboard.press('c');
      await until('compared', () => shown(page, '.result-layer .picture'));
      await page.keyboard.press('e');
      await said(page, /^Not while a result is compared\./);
      await page.keyboard.press('Escape');
      await until('back', () => shown(page, '.toolbar'));
    }));

  test('a result on a larger canvas, made anew as a whole, goes through all of them', async () => {
    const expand = { left: 256, right: 256, top: 0, bottom: 0, overlap: 8 };
    const wide = await sharp(await almostSame())
      .extend({ left: 256, right: 256, background: '#204060' })
      .png()
      .toBuffer();
    site.files.set('/wider.png', { type: 'image/png', bytes: wide });
    const jobs = jobsOf({ src: '/wider.png', expand, whole: true });
    for (const canvas of [null, expand])
      await open({ state: { jobs, expand: canvas, source: firstState().source } }, async ({ page }) => {
        await compare(page);
        await eventually(async () => assert.match(await page.locator('.figure').innerText(), /Made anew as a whole/));
        for (const key of ['y', 'b', 'd', '0', '-', '-', '-']) await page.keyboard.press(key);
        await until('what is new is bright, what is kept black', async () => {
          const { data, info } = await difference(page);
          const at = (x: number): number => {
            const place = (Math.floor(info.height * 0.7) * info.width + Math.floor(info.width * x)) * 4;
            return data[place] + data[place + 1] + data[place + 2];
          };
          return at(0.05) > 300 && at(0.95) > 300 && at(0.5) === 0;
        });
        await page.screenshot({
          path: path.join(pictures, `compare-wider-${canvas === null ? 'image' : 'canvas'}.png`),
        });
      });
  });
});
