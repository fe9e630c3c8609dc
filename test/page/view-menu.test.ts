import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { effectiveMask } from '../../src/mask/effective.ts';
import { gridLines } from '../../src/page/canvas/grid.ts';
import { overlayColours } from '../../src/page/canvas/overlay.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { violations } from './axe.ts';
import { drag, overlay, placeOf, quiet, strength, withPage } from './driving.ts';
import { firstState, openSite } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

const small = { width: 300, height: 300 };

/** Pixels of two colours in turn. */
const squares = (): Promise<Buffer> => {
  const data = Buffer.alloc(small.width * small.height * 3);
  for (let y = 0; y < small.height; y++)
    for (let x = 0; x < small.width; x++) data[(y * small.width + x) * 3 + ((x + y) % 2 === 0 ? 0 : 2)] = 200;
  return sharp(data, { raw: { ...small, channels: 3 } })
    .png()
    .toBuffer();
};

const menuButton = (page: Page) => page.getByRole('button', { name: 'How the mask is shown' });
const menu = (page: Page) => page.getByRole('group', { name: 'How the mask is shown' });

const stroke = async ({ page, host }: Opened): Promise<void> => {
  const at = await placeOf(page);
  await drag(page, [at(480, 400), at(560, 420)]);
  await until('painted', () => strength(host, 520, 410) === 255);
  await quiet(page, host);
};

/** RGBA of the overlay's canvas, or of the grid's. */
const pixelsOf = async (page: Page, selector: string): Promise<{ data: Buffer; width: number; height: number }> => {
  const address = await page.locator(selector).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
  const { data, info } = await sharp(Buffer.from(address.split(',')[1], 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
};

suite('page: how the mask is shown', () => {
  test('the menu opens, is walked through and closed by keyboard, and the keyboard is back where it was', () =>
    open({}, async (opened) => {
      const { page } = opened;
      await stroke(opened);
      await menuButton(page).focus();
      await eventually(async () => assert.equal(await menuButton(page).getAttribute('aria-expanded'), 'false'));
      await page.keyboard.press('Enter');
      await until('open', () => menu(page).isVisible());
      await until('said', async () => (await menuButton(page).getAttribute('aria-expanded')) === 'true');
      const first = page.getByRole('radio', { name: 'Magenta' });
      await until('in the menu', () => first.evaluate((each) => document.activeElement === each));
      const before = await overlay(page);
      await page.keyboard.press('ArrowRight');
      await until('chosen', () => page.getByRole('radio', { name: 'Green' }).isChecked());
      await until('another colour', async () => (await overlay(page)) !== before);
      await page.keyboard.press('Tab');
      await page.keyboard.press('End');
      await eventually(async () =>
        assert.equal(await page.getByRole('slider', { name: 'Opacity' }).getAttribute('aria-valuetext'), '100 %'),
      );
      await page.keyboard.press('Escape');
      await until('closed', async () => !(await menu(page).isVisible()));
      await until('said', async () => (await menuButton(page).getAttribute('aria-expanded')) === 'false');
      await until('back', () => menuButton(page).evaluate((each) => document.activeElement === each));
    }));

  test('every colour, opacity and pattern changes what is seen, never the mask or what the host hears', () =>
    open({}, async (opened) => {
      const { page, host } = opened;
      await stroke(opened);
      const mask = host.mask.data.slice();
      const asked = host.asked.length;
      const seen = new Set([await overlay(page)]);
      await menuButton(page).click();
      const choose = async (run: () => Promise<void>): Promise<void> => {
        const count = seen.size;
        await run();
        await until('another picture', async () => seen.add(await overlay(page)).size > count);
      };
      for (const name of ['Green', 'Blue', 'Yellow', 'White', 'Black', 'Magenta'])
        if (name !== 'Magenta') await choose(() => page.getByRole('radio', { name }).check());
      for (const name of ['Solid', 'Outline']) await choose(() => page.getByRole('radio', { name }).check());
      await page.getByRole('radio', { name: 'Stripes' }).check();
      await choose(() => page.getByRole('slider', { name: 'Opacity' }).fill('90'));
      await page.getByRole('button', { name: 'Reset' }).click();
      await until('as at first', async () => [...seen][0] === (await overlay(page)));
      await eventually(() => assert.deepEqual(host.mask.data, mask));
      await eventually(() => assert.equal(host.asked.length, asked));
    }));

  test('Q shows the effective mask alone, sample for sample, and Q the image again; it stays after a reload', () =>
    open({ height: 1000, width: 1500 }, async (opened) => {
      const { page, host } = opened;
      await page.keyboard.press('1');
      await until('at 100 %', async () => (await page.locator('.status .zoom').innerText()) === '100 %');
      await stroke(opened);
      const before = await overlay(page);
      await page.keyboard.press('q');
      await until('the mask alone', async () => (await overlay(page)) !== before);
      await until('said', async () => /mask alone/.test(await page.locator('.unseen[role=status]').innerText()));
      await eventually(async () => {
        const { data, width } = await pixelsOf(page, 'canvas.overlay');
        const { x, y } = await page
          .locator('.checker')
          .evaluate((element) => new DOMMatrix(element.style.transform))
          .then(({ e, f }) => ({ x: e, y: f }));
        const effective = effectiveMask(host.mask, host.state.maskSettings);
        let differing = 0;
        for (let iy = 0; iy < host.mask.height; iy++)
          for (let ix = 0; ix < host.mask.width; ix++) {
            const at = ((y + iy) * width + x + ix) * 4;
            const strengthThere = effective.data[iy * host.mask.width + ix];
            if (data[at] !== strengthThere || data[at + 1] !== strengthThere || data[at + 3] !== 255) differing++;
          }
        assert.equal(differing, 0);
      });
      const alone = await overlay(page);
      await page.waitForFunction(() => /"maskOnly":true/.test(sessionStorage.getItem('kept') ?? ''));
      await page.reload();
      await page.waitForSelector('.stage .picture');
      await until('kept', async () => (await overlay(page)) === alone);
      await page.locator('.stage').focus();
      await page.keyboard.press('q');
      await until('over the image', async () => (await overlay(page)) === before);
    }));

  test('the colours stay apart for people who cannot tell red from green, or blue from yellow', () => {
    // Severity 1.0 of Machado, Oliveira and Fernandes 2009 (protan, deutan, tritan), on linear light.
    const kinds = [
      [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
      [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
      [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
    ];
    const linear = (value: number): number =>
      value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    const encoded = (value: number): number => 255 * Math.max(0, Math.min(1, value)) ** (1 / 2.2);
    for (const matrix of kinds) {
      const seen = Object.values(overlayColours).map((colour) => {
        const light = colour.map(linear);
        return [0, 3, 6].map((row) =>
          encoded(matrix[row] * light[0] + matrix[row + 1] * light[1] + matrix[row + 2] * light[2]),
        );
      });
      for (const [index, one] of seen.entries())
        for (const other of seen.slice(index + 1)) {
          const distance = Math.hypot(...one.map((value, channel) => value - other[channel]));
          assert.ok(distance > 60, `${one.map(Math.round).join()} and ${other.map(Math.round).join()}: ${distance}`);
        }
    }
  });

  test('transparent parts lie over a checkerboard', async () => {
    const clear = await sharp({ create: { ...small, channels: 4, background: '#00000000' } })
      .png()
      .toBuffer();
    site.files.set('/clear.png', { type: 'image/png', bytes: clear });
    const source = { ...firstState().source, src: '/clear.png', format: 'png', hasAlpha: true, ...small } as const;
    await open({ state: { source } }, async ({ page }) => {
      await placeOf(page);
      const box = await boxOf(page.locator('.checker'));
      const clip = { x: Math.ceil(box.x) + 4, y: Math.ceil(box.y) + 4, width: 64, height: 64 };
      const colours = async (): Promise<string[]> => {
        const data = await sharp(await page.screenshot({ clip }))
          .removeAlpha()
          .raw()
          .toBuffer();
        const count = new Map<string, number>();
        for (let at = 0; at < data.length; at += 3) {
          const colour = data.subarray(at, at + 3).join();
          count.set(colour, (count.get(colour) ?? 0) + 1);
        }
        return [...count].filter(([, places]) => places > 64 * 64 * 0.4).map(([colour]) => colour);
      };
      await until('two colours, half of the places each', async () => (await colours()).length === 2);
    });
  });

  test('at 420 px the menu lies in the panel, and the bars do not overlap', () =>
    open({ width: 420, height: 800 }, async ({ page }) => {
      await menuButton(page).click();
      const box = await boxOf(menu(page));
      assert.ok(box.x >= 0 && box.x + box.width <= 420 && box.y + box.height <= 800, JSON.stringify(box));
      await page.keyboard.press('Escape');
      await eventually(async () => {
        const boxes = await page
          .locator('.toolbar .icon-button, .toolbar input, .status span:not(:empty)')
          .evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().toJSON() as DOMRect));
        for (const [index, one] of boxes.entries())
          for (const other of boxes.slice(index + 1))
            assert.ok(
              one.right <= other.left + 1 ||
                other.right <= one.left + 1 ||
                one.bottom <= other.top + 1 ||
                other.bottom <= one.top + 1,
              JSON.stringify([one, other]),
            );
      });
    }));

  for (const theme of ['dark', 'high-contrast-light'] as const)
    test(`axe finds nothing in the open menu and at the window's border (${theme})`, () => {
      const large = { ...firstState().source, width: 3000, height: 2400 };
      return open(
        { theme, state: { source: large, window: { kind: 'rect', rect: { x: 0, y: 0, width: 512, height: 512 } } } },
        async (opened) => {
          const { page, host } = opened;
          const at = await placeOf(page);
          await drag(page, [at(300, 300), at(500, 300)]);
          await quiet(page, host);
          await menuButton(page).click();
          await until('a border', async () => (await page.locator('.window-border').count()) === 1);
          await eventually(async () => assert.deepEqual(await violations(page), []));
        },
      );
    });
});

suite('pixel grid', () => {
  test('lines are the first device pixels of image pixels', () => {
    assert.deepEqual(gridLines(10, 8, 3, 1000), [10, 18, 26, 34]);
    assert.deepEqual(gridLines(0, 8.5, 4, 1000), [0, 8, 17, 25, 34]);
    assert.deepEqual(gridLines(-20, 8, 100, 30), [4, 12, 20, 28]);
  });

  /** What the screen shows of the stage, away from its edge, as rows of RGB. */
  const shot = async (
    page: Page,
  ): Promise<{ data: Buffer; width: number; height: number; left: number; top: number }> => {
    const ratio = await page.evaluate(() => devicePixelRatio);
    const box = await boxOf(page.locator('.stage'));
    const whole = await page.screenshot({ scale: 'device' });
    const left = Math.round(box.x * ratio) + 8;
    const top = Math.round(box.y * ratio) + 8;
    const width = Math.floor(box.width * ratio) - 16;
    const height = Math.floor(box.height * ratio) - 16;
    const data = await sharp(whole).removeAlpha().extract({ left, top, width, height }).raw().toBuffer();
    return { data, width, height, left, top };
  };

  /** Columns (or rows) of a picture where `differs` holds for most of the places along it. */
  const linesOf = (length: number, along: number, differs: (at: number, place: number) => boolean): number[] =>
    Array.from({ length }, (_, at) => at).filter((at) => {
      let count = 0;
      for (let place = 0; place < along; place++) if (differs(at, place)) count++;
      return count > along * 0.6;
    });

  for (const pixelRatio of [1, 1.25, 2])
    test(`lies on the borders of pixels, as image and mask do, at whole and other scales (pixel ratio ${pixelRatio})`, async () => {
      const screen = await openSite(pixelRatio);
      try {
        screen.files.set('/squares.png', { type: 'image/png', bytes: await squares() });
        const squared = { ...firstState().source, src: '/squares.png', format: 'png', ...small } as const;
        await withPage(screen, { state: { source: squared } }, async ({ page, host }) => {
          await eventually(async () => assert.equal(await page.evaluate(() => devicePixelRatio), pixelRatio));
          const zoom = async (): Promise<number> =>
            parseFloat((await page.locator('.status .zoom').innerText()).replace(',', ''));
          await page.locator('.stage').focus();
          await page.keyboard.press('1');
          for (const least of [1000, 3200]) {
            await until('enlarged', async () => {
              await page.keyboard.press('+');
              return (await zoom()) >= least;
            });
            await quiet(page, host);
            await until('a grid', async () => (await page.locator('canvas.pixel-grid').getAttribute('width')) !== '0');
            const lined = await shot(page);
            await menuButton(page).click();
            const tick = page.getByRole('checkbox', { name: 'Pixel grid from 800 %' });
            await tick.uncheck();
            await page.keyboard.press('Escape');
            await until('no grid', async () => (await page.locator('canvas.pixel-grid').getAttribute('width')) === '0');
            const bare = await shot(page);
            await menuButton(page).click();
            await tick.check();
            await page.keyboard.press('Escape');

            const { width, height } = bare;
            const isLine = (x: number, y: number): boolean => {
              const at = (y * width + x) * 3;
              return [0, 1, 2].some((channel) => lined.data[at + channel] !== bare.data[at + channel]);
            };
            const isRed = (x: number, y: number): boolean =>
              bare.data[(y * width + x) * 3] > bare.data[(y * width + x) * 3 + 2];
            const columns = linesOf(width, height, isLine);
            const rows = linesOf(height, width, (y, x) => isLine(x, y));
            assert.ok(columns.length > 10 && rows.length > 8, `${columns.length} ${rows.length}`);
            const borders = linesOf(width, height, (x, y) => x > 0 && isRed(x, y) !== isRed(x - 1, y));
            const across = linesOf(height, width, (y, x) => y > 0 && isRed(x, y) !== isRed(x, y - 1));
            const inside = (found: number[]): number[] => found.filter((at) => at > 0);
            assert.deepEqual(inside(columns), borders);
            assert.deepEqual(inside(rows), across);
          }

          await page.keyboard.press('r');
          const box = await boxOf(page.locator('.stage'));
          const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
          const side = 32 / pixelRatio;
          await drag(page, [
            { x, y },
            { x: x + 4 * side, y: y + 3 * side },
          ]);
          await until('marked', () => host.paints.length > 0);
          await page.getByRole('spinbutton', { name: 'Feather' }).fill('0');
          await page.mouse.move(5, 5);
          await quiet(page, host);
          const grid = await pixelsOf(page, 'canvas.pixel-grid');
          const marks = await pixelsOf(page, 'canvas.overlay');
          const edges: number[][] = [[], []];
          for (let at = 0; at < marks.width * marks.height; at++)
            if (marks.data[at * 4 + 3] === 235)
              [at % marks.width, Math.floor(at / marks.width)].forEach((place, axis) => edges[axis].push(place));
          const onGrid = (px: number, py: number): boolean => grid.data[(py * grid.width + px) * 4 + 3] > 0;
          const [first, last] = [Math.min(...edges[0]), Math.max(...edges[0]) + 1];
          const [upper, lower] = [Math.min(...edges[1]), Math.max(...edges[1]) + 1];
          for (const column of [first, last])
            assert.ok(
              [1, 2, 3].every((py) => onGrid(column, upper + py)),
              `${column}`,
            );
          for (const row of [upper, lower])
            assert.ok(
              [1, 2, 3].every((px) => onGrid(first + px, row)),
              `${row}`,
            );
          assert.equal((last - first) % 32, 0);
        });
      } finally {
        await screen.close();
      }
    });
});
