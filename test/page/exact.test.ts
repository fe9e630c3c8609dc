/** What is painted is what the host gets, byte for byte, beside a mask made anew from the same movements of the pointer. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { emptyMask } from '../../src/mask/mask.ts';
import { bounds, countSet } from '../../src/mask/measure.ts';
import { strokeSegment } from '../../src/mask/strokes.ts';
import { drawnView, toImage, uprightMatrix, type View } from '../../src/page/canvas/view.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { withPage } from './driving.ts';
import { firstState, openSite } from './harness.ts';
import type { FakeHost, OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The view as the page keeps it, once it is that of the picture on the screen. */
const viewOf = async (page: Page): Promise<View> => {
  let view: View | undefined;
  await until('the view is kept', async () => {
    view = await page.evaluate(() => {
      const kept = JSON.parse(sessionStorage.getItem('kept') ?? '{}') as { view?: View };
      const { transform } = document.querySelector<HTMLElement>('.stage .picture')!.style;
      const [scale, , , , x, y] = /^matrix\(([^)]+)/.exec(transform)![1].split(',').map(Number);
      const near = (mine: number, shown: number): boolean => Math.abs(mine - shown * devicePixelRatio) <= 0.51;
      const { view } = kept;
      return view !== undefined &&
        Math.abs(view.scale / devicePixelRatio / scale - 1) < 1e-4 &&
        near(view.x, x) &&
        near(view.y, y)
        ? view
        : undefined;
    });
    return view !== undefined;
  });
  return view!;
};

/** The mask that a stroke through these places of the screen makes. */
const expected = async (page: Page, { mask }: FakeHost, path: readonly Place[], brush: number): Promise<Uint8Array> => {
  const view = drawnView(await viewOf(page));
  const { x, y, ratio } = await page.evaluate(() => {
    const corner = document.querySelector('.stage')!.getBoundingClientRect();
    return { x: corner.x, y: corner.y, ratio: devicePixelRatio };
  });
  const made = emptyMask(mask.width, mask.height);
  const points = path.map((place) => toImage(view, { x: (place.x - x) * ratio, y: (place.y - y) * ratio }));
  points.forEach((point, index) =>
    strokeSegment(made, points[Math.max(0, index - 1)], point, { size: brush, hardness: 1, mode: 'paint' }),
  );
  return made.data;
};

/** Whole pixels of the screen: the pointer is nowhere between them. */
const stroke = async (page: Page, path: readonly Place[]): Promise<void> => {
  await page.mouse.move(path[0].x, path[0].y);
  await page.mouse.down();
  for (const { x, y } of path.slice(1)) await page.mouse.move(x, y);
  await page.mouse.up();
};

const zooms = ['fit', '33 %', '100 %', '400 %'] as const;

const zoomTo = async (page: Page, zoom: (typeof zooms)[number]): Promise<void> => {
  const percent = async (): Promise<number> => parseFloat(await page.locator('.status .zoom').innerText());
  await page.locator('.stage').focus();
  await page.keyboard.press(zoom === 'fit' ? '0' : '1');
  if (zoom === 'fit') return;
  await until('at 100 %', async () => (await percent()) === 100);
  const key = zoom === '33 %' ? '-' : '+';
  const there = (now: number): boolean => (zoom === '33 %' ? now <= 33 : now >= 400);
  while (zoom !== '100 %' && !there(await percent())) {
    const before = await percent();
    await page.keyboard.press(key);
    await until('zoomed', async () => (await percent()) !== before);
  }
};

suite('page: the mask of the host is what was painted', () => {
  for (const pixelRatio of [1, 1.25, 2])
    test(`byte for byte at every zoom, pixel ratio ${pixelRatio}`, () =>
      open({ pixelRatio, width: 900, height: 600 }, async ({ page, host }) => {
        for (const zoom of zooms) {
          const brush = Number(await page.getByRole('spinbutton', { name: 'Brush size' }).inputValue());
          await zoomTo(page, zoom);
          const box = await boxOf(page.locator('.stage'));
          const path = Array.from({ length: 24 }, (_, index) => ({
            x: Math.round(box.x + box.width / 2 + 90 * Math.sin(index / 4)),
            y: Math.round(box.y + box.height / 2 + 70 * Math.cos(index / 3)),
          }));
          await stroke(page, path);
          const mask = await expected(page, host, path, brush);
          assert.ok(
            mask.some((value) => value > 0),
            zoom,
          );
          await until(`the same bytes at ${zoom}`, () => Buffer.compare(host.mask.data, mask) === 0);
          await page.keyboard.press('Delete');
          await until('cleared', () => countSet(host.mask) === 0);
        }
      }));
});

const upright = { width: 96, height: 64 } as const;
/** A red spot off every axis of the picture. */
const spot = { x: 70, y: 12, side: 8 } as const;

const isSpot = (x: number, y: number): boolean =>
  x >= spot.x && x < spot.x + spot.side && y >= spot.y && y < spot.y + spot.side;

/** The picture as a file that says it has to be turned; libvips agrees on what it then shows. */
const turnedFile = async (format: 'jpeg' | 'png' | 'webp', orientation: number): Promise<Uint8Array> => {
  const [width, height] = orientation >= 5 ? [upright.height, upright.width] : [upright.width, upright.height];
  const [a, b, c, d, e, f] = uprightMatrix(orientation, upright);
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const red = isSpot(a * (x + 0.5) + c * (y + 0.5) + e, b * (x + 0.5) + d * (y + 0.5) + f);
      pixels.set(red ? [255, 0, 0] : [0, 0, 255], (y * width + x) * 3);
    }
  const options = { jpeg: { quality: 100, chromaSubsampling: '4:4:4' }, webp: { lossless: true }, png: {} }[format];
  const file = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .toFormat(format, options)
    .toBuffer();
  const { data, info } = await sharp(file).rotate().removeAlpha().raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [upright.width, upright.height]);
  const at = ((spot.y + 4) * info.width + spot.x + 4) * 3;
  assert.ok(data[at] > 200 && data[at + 2] < 50, `${format} ${orientation} is made as it says`);
  return file;
};

/** The middle of the red spot on the screen, once it is drawn. */
const spotOn = async (page: Page): Promise<Place> => {
  let place: Place | undefined;
  await until('the spot is seen', async () => (place = await findSpot(page)) !== undefined);
  return place!;
};

const findSpot = async (page: Page): Promise<Place | undefined> => {
  const stage = await boxOf(page.locator('.stage'));
  const { data, info } = await sharp(await page.screenshot())
    .raw()
    .toBuffer({ resolveWithObject: true });
  const found: Place[] = [];
  for (let y = Math.ceil(stage.y); y < stage.y + stage.height - 1; y++)
    for (let x = Math.ceil(stage.x); x < stage.x + stage.width - 1; x++) {
      const at = (y * info.width + x) * info.channels;
      if (data[at] > 200 && data[at + 1] < 60 && data[at + 2] < 60) found.push({ x, y });
    }
  if (found.length < 50) return undefined;
  const middle = (values: readonly number[]): number => Math.round((Math.min(...values) + Math.max(...values)) / 2);
  return { x: middle(found.map(({ x }) => x)), y: middle(found.map(({ y }) => y)) };
};

suite('page: what is painted lands where it was painted', () => {
  for (const format of ['jpeg', 'png', 'webp'] as const)
    test(`on ${format} of every orientation`, () => {
      const source = { ...firstState().source, ...upright, format };
      return open({ width: 900, height: 600, state: { source } }, async ({ page, host }) => {
        for (let orientation = 1; orientation <= 8; orientation++) {
          const src = `/spot-${orientation}.${format}`;
          site.files.set(src, { type: `image/${format}`, bytes: await turnedFile(format, orientation) });
          await host.change({ source: { ...source, src, orientation } });
          await page.waitForSelector(`.stage .picture[src$="${src}"]`);
          await page.mouse.move(0, 0);
          const place = await spotOn(page);
          await page.locator('.stage').focus();
          await stroke(page, [place, place]);
          await until('painted', () => countSet(host.mask) > 0);
          await eventually(() => {
            const { x, y, width, height } = bounds(host.mask)!;
            const off = Math.hypot(x + width / 2 - (spot.x + 4), y + height / 2 - (spot.y + 4));
            assert.ok(off <= 1, `${format} ${orientation}: ${off} px off`);
          });
          await page.keyboard.press('Delete');
          await until('cleared', () => countSet(host.mask) === 0);
        }
      });
    });
});
