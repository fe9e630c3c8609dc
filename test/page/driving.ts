/** What the tests of the page do and wait for, as a person would. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { openPage } from './harness.ts';
import type { FakeHost, OpenOptions, Opened, Site } from './harness.ts';
import { until } from '../waiting.ts';

/** Opens a page, runs, and holds that nothing was thrown or blocked in it. */
export const withPage = async (
  site: Site,
  options: OpenOptions,
  run: (opened: Opened) => Promise<void>,
): Promise<void> => {
  const opened = await openPage(site, options);
  try {
    await run(opened);
    assert.deepEqual(opened.errors, []);
  } finally {
    await opened.page.context().close();
  }
};

/** Where image pixels lie on the screen, in CSS pixels, once the picture is laid out and lies still for two frames. */
export const placeOf = async (page: Page): Promise<(x: number, y: number) => { x: number; y: number }> => {
  const picture = page.locator('.stage .picture').first();
  const read = () =>
    picture.evaluate(async (element) => {
      const image = element as HTMLImageElement;
      const place = (): string => `${image.style.transform} ${JSON.stringify(image.getBoundingClientRect())}`;
      const first = place();
      for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
      const { x, y, width, height } = image.getBoundingClientRect();
      const still = first.startsWith('matrix') && first === place();
      return { still, x, y, width, height, columns: image.naturalWidth, rows: image.naturalHeight };
    });
  let box = await read();
  await until('the picture lies still', async () => box.still || (box = await read()).still);
  return (x, y) => ({ x: box.x + (x / box.columns) * box.width, y: box.y + (y / box.rows) * box.height });
};

export const drag = async (
  page: Page,
  points: readonly { x: number; y: number }[],
  button: 'left' | 'right' = 'left',
) => {
  await page.mouse.move(points[0].x, points[0].y);
  await page.mouse.down({ button });
  for (const point of points.slice(1)) await page.mouse.move(point.x, point.y, { steps: 4 });
  await page.mouse.up({ button });
};

export const overlay = (page: Page): Promise<string> =>
  page.locator('canvas.overlay').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

/** Gives back once the page has worked off all input that came before, and the host has heard of it. */
export const workedOff = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => setTimeout(resolve));
  });

/** Gives back where the host has heard everything, the mask is worked out, and the page draws nothing more. */
export const quiet = async (page: Page, host: FakeHost): Promise<void> => {
  const seen = { asked: -1, picture: '' };
  await until('the page is quiet', async () => {
    await workedOff(page);
    const now = { asked: host.asked.length, picture: await overlay(page) };
    const same = now.asked === seen.asked && now.picture === seen.picture;
    Object.assign(seen, now);
    if (!same) await sleep(120);
    return same && (await page.locator('.send[aria-busy]').count()) === 0;
  });
};

/** Gives back once Generate can be pressed, by key too: not before the mask is worked out. */
export const free = (page: Page): Promise<void> => page.locator('button.generate:not([aria-disabled])').waitFor();

export const strength = (host: FakeHost, x: number, y: number): number => host.mask.data[y * host.mask.width + x];

export const shown = (page: Page, selector: string): Promise<boolean> => page.locator(selector).first().isVisible();
