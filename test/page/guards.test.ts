import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { emptyMask } from '../../src/mask/mask.ts';
import { countSet } from '../../src/mask/measure.ts';
import { tilesOf } from '../../src/mask/tiles.ts';
import type { MaskFile } from '../../src/protocol/messages.ts';
import { boxOf, eventually, until } from '../waiting.ts';
import { drag, placeOf, quiet, shown, strength, withPage, workedOff } from './driving.ts';
import { firstState, jobView, resultView, openSite } from './harness.ts';
import type { FakeHost, OpenOptions, Opened, Site } from './harness.ts';

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

const settings = { grow: 0, feather: 8, invert: false, fillHoles: false };

const hole: MaskFile = { name: 'hole.png', channel: 'luminance', channels: ['luminance'], at: 0 };

/** A mask file of one band comes from the host. */
const tellFile = async (page: Page, host: FakeHost): Promise<void> => {
  const band = emptyMask(host.mask.width, host.mask.height);
  band.data.fill(255, 1024 * 400, 1024 * 500);
  host.mask.data.set(band.data);
  Object.assign(host, { revision: 50, generation: 7 });
  await host.tell('mask', {
    revision: 50,
    generation: 7,
    file: hole,
    kind: 'file',
    settings,
    tiles: tilesOf(band),
  });
  await until('file is shown', () => shown(page, '.file-name'));
};

const sourceOf = ({ paints }: FakeHost) => {
  const { generation, kind, file } = paints.at(-1)!;
  return { generation, kind, file };
};

suite('page: where the mask comes from', () => {
  test('Paint keeps a mask file and goes on on it; undo brings its name back to the host', () =>
    open({}, async ({ page, host }) => {
      await tellFile(page, host);
      const all = countSet(host.mask);
      await page.getByRole('button', { name: 'Paint', exact: true }).click();
      await until('told', () => host.paints.length === 1);
      assert.deepEqual(host.paints[0].tiles, []);
      await eventually(() => assert.deepEqual(sourceOf(host), { generation: 7, kind: 'painted', file: null }));
      assert.ok(!host.asked.some(({ name }) => name === 'maskSource'));
      await eventually(() => assert.equal(countSet(host.mask), all));
      await page.locator('.stage').focus();
      await page.keyboard.press('Control+z');
      await until('a file again', () => host.paints.length === 2);
      await eventually(() => assert.deepEqual(sourceOf(host), { generation: 7, kind: 'file', file: hole }));
      await eventually(async () => assert.equal(await page.locator('.file-name').innerText(), 'Mask file: hole.png'));
    }));

  test('a stroke over a mask file makes it painted, with its settings; undo and redo follow', () =>
    open({}, async ({ page, host }) => {
      await tellFile(page, host);
      const at = await placeOf(page);
      await drag(page, [at(300, 100), at(400, 100)]);
      await until('painted', () => strength(host, 400, 100) === 255);
      await eventually(() => assert.deepEqual(sourceOf(host), { generation: 7, kind: 'painted', file: null }));
      assert.ok(!host.asked.some(({ name }) => name === 'maskSettings'), 'settings of the file stay');
      await quiet(page, host);
      await page.keyboard.press('Control+z');
      await until('undone', () => strength(host, 400, 100) === 0);
      await eventually(() => assert.deepEqual(sourceOf(host), { generation: 7, kind: 'file', file: hole }));
      await page.keyboard.press('Control+z');
      await until('before the file', () => countSet(host.mask) === 0);
      await eventually(() => assert.deepEqual(sourceOf(host), { generation: 7, kind: 'painted', file: null }));
      await page.keyboard.press('Control+Shift+z');
      await until('the file again', () => sourceOf(host).file?.name === 'hole.png');
    }));

  test('Escape takes back what the host has heard of the open stroke already', () =>
    open({}, async ({ page, host }) => {
      const at = await placeOf(page);
      await page.mouse.move(at(200, 200).x, at(200, 200).y);
      await page.mouse.down();
      await page.mouse.move(at(300, 200).x, at(300, 200).y, { steps: 5 });
      await until('heard', () => countSet(host.mask) > 0);
      await page.keyboard.press('Escape');
      await until('taken back', () => countSet(host.mask) === 0);
      await page.mouse.up();
    }));
});

suite('page: Generate waits', () => {
  const painted = async (page: Page): Promise<void> => {
    const at = await placeOf(page);
    await drag(page, [at(400, 300), at(600, 500)]);
    const generate = page.getByRole('button', { name: /^Generate/ });
    await until('ready', async () => (await generate.getAttribute('aria-disabled')) === null);
  };
  const asked = (host: FakeHost): boolean => host.asked.some(({ name }) => name === 'generate');

  test('for a start that was under way when the page was built', () =>
    open({ state: { starting: true } }, async ({ page, host }) => {
      const at = await placeOf(page);
      await drag(page, [at(400, 300), at(600, 500)]);
      const button = page.getByRole('button', { name: /^Starting…/ });
      await eventually(async () => assert.equal(await button.getAttribute('aria-disabled'), 'true'));
      await page.keyboard.press('Control+Enter');
      await host.change({ starting: false });
      await until('free', () => shown(page, 'button.generate:not([aria-disabled])'));
      assert.ok(!asked(host));
    }));

  test('for every number that does not fit, also when the click on it leaves the field', () =>
    open({}, async ({ page, host }) => {
      await painted(page);
      const generate = page.locator('button.generate');
      for (const [name, bad, sentence] of [
        ['Guidance', '1000', /Guidance must be/],
        ['Seed', '-3', /A seed is a whole number/],
        ['Grow', '', /Grow must be/],
      ] as const) {
        const field = page.getByRole('spinbutton', { name });
        const good = await field.inputValue();
        await field.fill(bad);
        await generate.click({ force: true });
        await eventually(async () => assert.equal(await field.inputValue(), bad));
        await eventually(async () => assert.equal(await generate.getAttribute('aria-disabled'), 'true'));
        await eventually(async () => assert.match(await page.locator('.reason').innerText(), sentence));
        await field.press('Escape');
        await eventually(async () => assert.equal(await field.inputValue(), good));
        await until('free', async () => (await generate.getAttribute('aria-disabled')) === null);
      }
      assert.ok(!asked(host));
    }));

  test('for a prompt that is too long, of which nothing is cut', () =>
    open({}, async ({ page, host }) => {
      await painted(page);
      const prompt = page.getByRole('textbox', { name: 'Prompt' });
      await prompt.fill('a'.repeat(10_001));
      await until('said', async () => /10,001 characters; 10,000/.test(await page.locator('.reason').innerText()));
      await eventually(async () => assert.equal((await prompt.inputValue()).length, 10_001));
      await page.keyboard.press('Control+Enter');
      await workedOff(page);
      assert.ok(!asked(host) && host.parameters.prompt === '');
      await prompt.fill('a'.repeat(10_000));
      await until('fits', () => host.parameters.prompt.length === 10_000);
      await until('free', () => shown(page, 'button.generate:not([aria-disabled])'));
    }));

  test('no longer than a minute for a host that is gone; longer for a person at a host that lives', () => {
    let gone = true;
    const never = new Promise<never>(() => {});
    const handlers: OpenOptions['handlers'] = {
      generate: () => never,
      ping: () => (gone ? never : null),
    };
    return open({ handlers }, async ({ page, host }) => {
      await painted(page);
      await quiet(page, host);
      const generate = page.locator('button.generate');
      const count = (wanted: string): number => host.asked.filter(({ name }) => name === wanted).length;
      await page.clock.install();
      for (const round of [1, 2]) {
        await page.keyboard.press('Control+Enter');
        await until('asked', () => count('generate') === round);
        await page.clock.runFor(51_000);
        await until('probed', () => count('ping') === round);
        await page.clock.runFor(10_000);
        await until('free', async () => (await generate.getAttribute('aria-disabled')) === null);
        await eventually(async () =>
          assert.match(await page.locator('.notice.error').innerText(), /does not answer\. Close this panel/),
        );
        await page.getByRole('button', { name: 'Dismiss' }).click();
      }
      gone = false;
      await page.keyboard.press('Control+Enter');
      await until('asked', () => count('generate') === 3);
      await page.clock.runFor(51_000);
      for (const probes of [3, 4]) {
        await until('probed', () => count('ping') === probes);
        await quiet(page, host);
        await page.clock.runFor(11_000);
        await eventually(async () => assert.equal(await generate.getAttribute('aria-disabled'), 'true'));
        await page.clock.runFor(40_000);
      }
      await eventually(async () => assert.equal(await generate.getAttribute('aria-disabled'), 'true'));
      await eventually(async () => assert.equal(await page.locator('.notice').count(), 0));
    });
  });
});

suite('page: what a result says', () => {
  const result = resultView({ name: `${'long-'.repeat(40)}.jpg`, exact: false });
  const saved = jobView({ state: 'saved', took: 12_000, result });

  test('a compressed one does not promise what it cannot hold; long names take one line; the mask shows the fill', () =>
    open(
      { state: { jobs: [saved], source: { ...firstState().source, name: result.name } } },
      async ({ page, host }) => {
        const at = await placeOf(page);
        await page.keyboard.press('r');
        await drag(page, [at(300, 200), at(500, 400)]);
        await quiet(page, host);
        await page.getByRole('button', { name: 'Compare' }).click();
        await until('shown', () => shown(page, '.result-layer .picture'));
        await eventually(async () =>
          assert.equal(
            await page.locator('.figure').innerText(),
            '0 samples changed outside the mask before JPEG compression',
          ),
        );
        await eventually(async () =>
          assert.match((await page.locator('.figure').getAttribute('title')) ?? '', /changes a little everywhere/),
        );
        for (const selector of ['.source-name', '.result-name', '.job-state']) {
          const name = page.locator(selector);
          await eventually(async () => assert.equal(await name.getAttribute('title'), result.name));
          await eventually(async () => assert.ok((await name.boundingBox())!.height < 30, selector));
        }
        await eventually(async () => {
          const stage = await boxOf(page.locator('.stage'));
          const share = Number(await page.getByRole('slider', { name: /Before and after/ }).inputValue());
          const edge = ((at(300, 0).x - stage.x) / stage.width) * 100;
          assert.ok(share <= edge && share > edge - 3, `${share} for ${edge}`);
        });
      },
    ));

  test('stands upright whatever the orientation of its source', async () => {
    const upright = await sharp({ create: { width: 90, height: 60, channels: 3, background: '#0000ff' } })
      .composite([
        { input: { create: { width: 45, height: 30, channels: 3, background: '#ff0000' } }, left: 0, top: 0 },
      ])
      .webp({ lossless: true })
      .toBuffer();
    const turned = await sharp(upright)
      .rotate(180)
      .withMetadata({ orientation: 3 })
      .webp({ lossless: true })
      .toBuffer();
    site.files.set('/upright.webp', { type: 'image/webp', bytes: upright });
    site.files.set('/turned.webp', { type: 'image/webp', bytes: turned });
    const source = {
      ...firstState().source,
      src: '/turned.webp',
      width: 90,
      height: 60,
      orientation: 3,
      format: 'webp',
    } as const;
    const job = { ...saved, result: { ...result, name: 'a.webp', src: '/upright.webp' } };
    await open({ state: { source, jobs: [job] } }, async ({ page }) => {
      await page.getByRole('button', { name: 'Compare' }).click();
      await until('shown', () => shown(page, '.result-layer .picture'));
      const picture = page.locator('.result-layer .picture');
      await eventually(async () =>
        assert.match(await picture.evaluate((image) => image.style.transform), /matrix\(1, 0, 0, 1, 0, 0\)$/),
      );
      await page.getByRole('slider', { name: /Before and after/ }).focus();
      await page.keyboard.press('Home');
      await eventually(async () => {
        const box = await boxOf(page.locator('.checker'));
        const { data, info } = await sharp(await page.screenshot())
          .raw()
          .toBuffer({ resolveWithObject: true });
        const at = (x: number, y: number): number =>
          (Math.round(box.y + box.height * y) * info.width + Math.round(box.x + box.width * x)) * info.channels;
        assert.ok(data[at(0.3, 0.3)] > 180 && data[at(0.75, 0.75)] < 80);
      });
    });
  });

  test('one that found no place can be saved again', () =>
    open({ state: { jobs: [jobView({ state: 'failed', nextAct: 'save' })] } }, async ({ page, host }) => {
      await page.getByRole('button', { name: 'Save Again' }).click();
      await until('asked', () => host.asked.at(-1)?.name === 'goOn');
      await eventually(() => assert.deepEqual(host.asked.at(-1)!.value, { jobId: 'job0000001', act: 'save' }));
      await host.change({ jobs: [jobView({ state: 'failed' })] });
      await until('no more', async () => !(await page.getByRole('button', { name: 'Save Again' }).isVisible()));
    }));
});
