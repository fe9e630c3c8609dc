/** A result onto the clipboard and into a text, by button and by key. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import type { JobView } from '../../src/protocol/messages.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { shown, withPage, workedOff } from './driving.ts';
import { jobView, openPage, openSite, resultView } from './harness.ts';
import type { OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
  const red = sharp({ create: { width: 1024, height: 819, channels: 3, background: '#d02020' } });
  site.files.set('/red.png', { type: 'image/png', bytes: await red.png().toBuffer() });
});
after(() => site.close());

const saved = (change: Partial<JobView> = {}): JobView =>
  jobView({ state: 'saved', took: 12_000, result: resultView(), ...change });

/** With the newest result shown over its source. */
const comparing = (jobs: readonly JobView[], run: (opened: Opened) => Promise<void>, options: OpenOptions = {}) =>
  withPage(site, { ...options, state: { jobs: [...jobs] } }, async (opened) => {
    const { page } = opened;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.keyboard.press('c');
    await until('the result', () => shown(page, '.result-layer .picture'));
    await run(opened);
  });

/** The picture on the clipboard, as any other program would get it. */
const clipboard = async (page: Page): Promise<{ width: number; height: number; data: Buffer }> => {
  const address = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const reader = new FileReader();
    const read = new Promise((resolve) => reader.addEventListener('load', resolve));
    reader.readAsDataURL(await item.getType('image/png'));
    await read;
    return reader.result as string;
  });
  const { data, info } = await sharp(Buffer.from(address.split(',')[1], 'base64'))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
};

const pixels = (name: string): Promise<Buffer> => sharp(site.files.get(name)!.bytes).removeAlpha().raw().toBuffer();

const notice = (page: Page, text: string): Promise<void> =>
  page.locator('.notice .sentence', { hasText: text }).waitFor();

suite('page: a result on the clipboard', () => {
  test('by its key, pixel for pixel', () =>
    comparing([saved()], async ({ page }) => {
      await page.keyboard.press('Control+c');
      await notice(page, 'The image is on the clipboard.');
      const { width, height, data } = await clipboard(page);
      assert.deepEqual([width, height], [1024, 819]);
      await eventually(async () => assert.ok(data.equals(await pixels('/result.png'))));
    }));

  test('what takes a while says so until it is done', () =>
    comparing([saved()], async ({ page }) => {
      await page.evaluate(() => {
        const own = createImageBitmap;
        const later = async (image: ImageBitmapSource): Promise<ImageBitmap> => {
          await new Promise((resolve) => addEventListener('go-on', resolve, { once: true }));
          return own(image);
        };
        Object.assign(globalThis, { createImageBitmap: later });
      });
      await page.keyboard.press('Control+c');
      await notice(page, 'The image is on its way to the clipboard…');
      await page.evaluate(() => dispatchEvent(new Event('go-on')));
      await notice(page, 'The image is on the clipboard.');
      await eventually(async () => assert.equal(await page.locator('.notice').count(), 1));
    }));

  test('a JPEG, by its button, as the PNG that the clipboard takes', () =>
    comparing([saved({ result: resultView({ src: '/photo.jpg', name: 'boats.fill-001.jpg' }) })], async ({ page }) => {
      await page.getByRole('button', { name: 'Copy as Image' }).click();
      await notice(page, 'The image is on the clipboard.');
      await eventually(async () => assert.equal((await clipboard(page)).width, 1024));
    }));

  test('by the command of the editor, which says so where no result is compared', () =>
    comparing([saved()], async ({ page, host }) => {
      await host.tell('run', { act: 'copyImage' });
      await notice(page, 'The image is on the clipboard.');
      await page.keyboard.press('Escape');
      await host.tell('run', { act: 'copyImage' });
      await page
        .locator('.unseen[role=status]', { hasText: 'Only while a result is compared.' })
        .waitFor({ state: 'attached' });
    }));

  test('words that are selected stay what is copied', () =>
    comparing([saved()], async ({ page }) => {
      await page.locator('.result-name').selectText();
      await page.keyboard.press('Control+c');
      await until('words', async () =>
        (await page.evaluate(() => navigator.clipboard.readText())).includes('boats.fill-001.png'),
      );
      await eventually(async () => assert.equal(await page.locator('.notice').count(), 0));
    }));

  test('of variations, the one that the keyboard is on', () => {
    const one = (number: number, src: string): JobView =>
      jobView({
        id: `job${number}`,
        state: 'held',
        nextAct: 'keep',
        variation: { set: 'job1', number, of: 2 },
        result: resultView({ name: `Image ${number}`, src }),
      });
    return comparing([one(2, '/red.png'), one(1, '/result.png')], async ({ page }) => {
      await page.getByRole('button', { name: /^Image 2 of 2/ }).focus();
      await page.getByRole('button', { name: /^Image 1 of 2/ }).click();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Control+c');
      await notice(page, 'The image is on the clipboard.');
      await eventually(async () => assert.ok((await clipboard(page)).data.equals(await pixels('/red.png'))));
    });
  });

  test('where it cannot be had, a sentence says why', async () => {
    const elsewhere = saved({ result: resultView({ src: `${site.elsewhere}result.png` }) });
    const { page } = await openPage(site, { state: { jobs: [elsewhere] } });
    await page.keyboard.press('c');
    await until('the result', () => shown(page, '.result-layer .picture'));
    await page.keyboard.press('Control+c');
    await notice(page, 'does not let its pixels be read');
    await page.context().close();
    await comparing([saved()], async ({ page }) => {
      await page.evaluate(() => {
        navigator.clipboard.write = () => Promise.reject(new DOMException('no focus', 'NotAllowedError'));
      });
      await page.keyboard.press('Control+c');
      await notice(page, 'The clipboard is closed to this page.');
      await page.evaluate(() => Object.assign(globalThis, { ClipboardItem: undefined }));
      await page.keyboard.press('Control+c');
      await notice(page, 'This browser lets no page put an image on the clipboard.');
    });
  });
});

suite('page: a result dragged out', () => {
  const address = 'file:///pictures/boats.fill-001.png';

  /** Drags with the mouse from one place to another of the page, and gives what the drag carried. */
  const dragged = async (page: Page, from: string, to: string): Promise<Record<string, string>> => {
    await page.evaluate(() => {
      const seen: Record<string, string> = {};
      Object.assign(globalThis, { seen });
      addEventListener('dragstart', ({ dataTransfer }) => {
        for (const type of dataTransfer?.types ?? []) seen[type] = dataTransfer!.getData(type);
      });
    });
    const [start, end] = await Promise.all([from, to].map((place) => boxOf(page.locator(place).first())));
    await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
    await page.mouse.down();
    await page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 6 });
    await page.mouse.up();
    await workedOff(page);
    return page.evaluate(() => (globalThis as unknown as { seen: Record<string, string> }).seen);
  };

  test('carries its file as the views of the editor do, and is not taken for a mask by its own page', () =>
    comparing([saved()], async ({ page, host }) => {
      assert.deepEqual(await dragged(page, '.grip', '.stage'), {
        'application/vnd.code.uri-list': address,
        resourceurls: JSON.stringify([address]),
        'text/uri-list': address,
      });
      await eventually(async () => assert.equal(await shown(page, '.drop-hint'), false));
      assert.equal(host.asked.filter(({ name }) => name === 'maskSource').length, 0);
    }));

  test('from the filmstrip, too; what is not kept has no file to be dragged', () => {
    const one = (number: number, change: Partial<JobView>): JobView =>
      jobView({ id: `job${number}`, variation: { set: 'job1', number, of: 2 }, ...change });
    const jobs = [
      one(2, { state: 'held', nextAct: 'keep', result: resultView({ address: null }) }),
      one(1, { state: 'saved', result: resultView() }),
    ];
    return comparing(jobs, async ({ page }) => {
      const tile = (number: number): string => `.film-tile[aria-label^="Image ${number} of 2"]`;
      assert.equal((await dragged(page, tile(1), '.stage'))['text/uri-list'], address);
      assert.deepEqual(await dragged(page, tile(2), '.stage'), {});
      await page.locator(tile(2)).click();
      await until('the other', async () => !(await shown(page, '.grip')));
    });
  });
});

suite('page: a result into a text', () => {
  const asked = ({ host }: Opened) => host.asked.filter(({ name }) => name === 'result').map(({ value }) => value);

  test('by button and key; with Shift in a form to be chosen', () =>
    comparing([saved()], async (opened) => {
      const { page } = opened;
      const button = page.getByRole('button', { name: 'Insert into Text' });
      await button.click();
      await button.click({ modifiers: ['Shift'] });
      await page.locator('.stage').focus();
      await page.keyboard.press('t');
      await page.keyboard.press('Shift+T');
      await opened.host.tell('run', { act: 'insertImageAs' });
      await until('asked five times', () => asked(opened).length === 5);
      await eventually(() =>
        assert.deepEqual(
          asked(opened).map((value) => (value as { action: string }).action),
          ['insert', 'insertAs', 'insert', 'insertAs', 'insertAs'],
        ),
      );
    }));

  test('one that is not kept has no file to be named', () =>
    comparing(
      [saved({ state: 'held', nextAct: 'keep', variation: { set: 'a', number: 1, of: 2 } })],
      async (opened) => {
        await eventually(async () =>
          assert.equal(await shown(opened.page, 'button[aria-label="Insert into Text"]'), false),
        );
        await opened.page.keyboard.press('t');
        await notice(opened.page, 'Keep it first');
        assert.deepEqual(asked(opened), []);
        await opened.host.change({ jobs: [saved()] });
        await opened.page.locator('.notice').waitFor({ state: 'detached' });
      },
    ));
});
