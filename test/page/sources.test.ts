/** Where the mask comes from: what is dropped, pasted, chosen and offered, as the host hears of it. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { raise } from '../../src/fill/faults.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import type { MaskFile, PageRequest } from '../../src/protocol/messages.ts';
import { eventually, until } from '../waiting.ts';
import { violations } from './axe.ts';
import { shown, withPage, workedOff } from './driving.ts';
import { openSite, themeNames } from './harness.ts';
import type { FakeHost, OpenOptions, Opened, Site } from './harness.ts';

const pictures = path.resolve(import.meta.dirname, '../../out/pictures');
mkdirSync(pictures, { recursive: true });

let site: Site;
before(async () => {
  site = await openSite();
});
after(() => site.close());

const open = (options: OpenOptions, run: (opened: Opened) => Promise<void>): Promise<void> =>
  withPage(site, options, run);

interface Dragged {
  readonly files?: readonly { readonly name: string; readonly type: string; readonly bytes: readonly number[] }[];
  readonly data?: Readonly<Record<string, string>>;
}

/** What a browser sends while something is dragged over the stage, dropped on it or pasted. */
const send = (page: Page, type: string, dragged: Dragged, shift = false): Promise<void> =>
  page.locator('.stage').evaluate(
    (stage, { type, dragged, shift }) => {
      const transfer = new DataTransfer();
      for (const { name, type, bytes } of dragged.files ?? [])
        transfer.items.add(new File([Uint8Array.from(bytes)], name, { type }));
      for (const [kind, text] of Object.entries(dragged.data ?? {})) transfer.setData(kind, text);
      const common = { bubbles: true, cancelable: true };
      stage.dispatchEvent(
        type === 'paste'
          ? new ClipboardEvent(type, { ...common, clipboardData: transfer })
          : new DragEvent(type, { ...common, dataTransfer: transfer, shiftKey: shift }),
      );
    },
    { type, dragged, shift },
  );

/** Drags over the stage as often as it takes to see the hint, which hides by itself: browsers repeat the event, too. */
const dragOver = (page: Page, dragged: Dragged, hint: RegExp, shift = false): Promise<void> =>
  eventually(async () => {
    await send(page, 'dragover', dragged, shift);
    assert.match(await page.locator('.drop-hint:visible').innerText({ timeout: 1000 }), hint);
  });

const asked = (host: FakeHost): PageRequest<'maskSource'>[] =>
  host.asked.filter(({ name }) => name === 'maskSource').map(({ value }) => value as PageRequest<'maskSource'>);

const untilAsked = async (host: FakeHost, count = 1): Promise<PageRequest<'maskSource'>> => {
  await until('the host is asked for a mask', () => asked(host).length === count);
  return asked(host).at(-1)!;
};

const untilNotice = (page: Page, text: RegExp): Promise<void> =>
  page.locator('.notice .sentence', { hasText: text }).waitFor();

const png = { name: 'hole.png', type: 'image/png', bytes: [137, 80, 78, 71, 1, 2, 3] };
const editorList = 'application/vnd.code.uri-list';

suite('page: images that are dropped', () => {
  test('a file of the operating system comes as its bytes', () =>
    open({}, async ({ page, host }) => {
      await send(page, 'drop', { files: [png] });
      const { kind, ...rest } = (await untilAsked(host)) as Extract<PageRequest<'maskSource'>, { kind: 'bytes' }>;
      assert.equal(kind, 'bytes');
      assert.deepEqual({ ...rest, bytes: [...rest.bytes] }, { name: 'hole.png', bytes: png.bytes });
    }));

  test('a file of the Explorer comes as its address, whatever its scheme and whatever else is told of it', () =>
    open({}, async ({ page, host }) => {
      const remote = 'vscode-remote://ssh/home/a%20b.png';
      await send(page, 'drop', { data: { [editorList]: `${remote}\r\n`, 'text/uri-list': 'file:///other.png' } });
      assert.deepEqual(await untilAsked(host), { kind: 'uri', uri: remote });
      await send(page, 'drop', { data: { 'text/uri-list': '# of a file manager\r\nfile:///pictures/a.png\r\n' } });
      assert.deepEqual(await untilAsked(host, 2), { kind: 'uri', uri: 'file:///pictures/a.png' });
    }));

  test('what cannot be a mask is refused in a sentence, and the host is not asked', () =>
    open({}, async ({ page, host }) => {
      await send(page, 'drop', { files: [{ name: 'a.pdf', type: 'application/pdf', bytes: [1] }] });
      await untilNotice(page, /a\.pdf is not an image/);
      await send(page, 'drop', { files: [png, png] });
      await untilNotice(page, /one image at a time/);
      await send(page, 'drop', { data: { [editorList]: 'file:///a.png\r\nfile:///b.png' } });
      await send(page, 'drop', { data: { 'text/uri-list': 'https://example.org/a.png' } });
      await untilNotice(page, /Only files can be dropped/);
      assert.deepEqual(asked(host), []);
    }));

  test('one that is too large is not even read', () =>
    open({}, async ({ page, host }) => {
      await page.locator('.stage').evaluate((stage) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(96 * 1024 * 1024 + 1)], 'vast.png', { type: 'image/png' }));
        stage.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
      });
      await untilNotice(page, /vast\.png has 100\.7 MB; 100\.7 MB is the most/);
      assert.deepEqual(asked(host), []);
    }));

  test('while something is dragged over it the page says that Shift is needed, and falls silent again', () =>
    open({}, async ({ page }) => {
      const hint = page.locator('.drop-hint');
      await dragOver(page, { files: [png] }, /Hold Shift and drop/);
      await dragOver(page, { files: [png] }, /^Drop to take/, true);
      await send(page, 'dragleave', {});
      await hint.waitFor({ state: 'hidden' });
      await dragOver(page, { data: { [editorList]: 'file:///a.png' } }, /^Drop to take/, true);
      await send(page, 'drop', { data: { 'text/plain': 'x' } });
      await hint.waitFor({ state: 'hidden' });
      await send(page, 'dragenter', { data: { 'text/plain': 'words' } });
      await workedOff(page);
      await eventually(async () => assert.equal(await hint.isVisible(), false, 'words are nothing for the canvas'));
      await dragOver(page, { files: [png] }, /Hold Shift and drop/);
      await hint.waitFor({ state: 'hidden' });
    }));
});

suite('page: images that are pasted', () => {
  test('a picture on the clipboard comes as its bytes, and the host asks what it is; words are refused', () =>
    open({}, async ({ page, host }) => {
      const pasted = () => host.asked.filter(({ name }) => name === 'pasted');
      await send(page, 'paste', { files: [{ ...png, name: 'image.png' }] });
      await until('the host is asked', () => pasted().length === 1);
      const { name, bytes } = pasted()[0].value as PageRequest<'pasted'>;
      assert.deepEqual([name, [...bytes]], ['image from the clipboard', png.bytes]);
      await send(page, 'paste', { data: { 'text/plain': 'words' } });
      await untilNotice(page, /no image on the clipboard/);
      await send(page, 'paste', { files: [{ name: 'a.pdf', type: 'application/pdf', bytes: [1] }] });
      assert.equal(pasted().length, 1);
      assert.deepEqual(asked(host), []);
    }));

  test('words go where the person types', () =>
    open({}, async ({ page, host }) => {
      const prevented = await page.getByLabel('Prompt', { exact: true }).evaluate((field) => {
        const transfer = new DataTransfer();
        transfer.setData('text/plain', 'words');
        transfer.items.add(new File([Uint8Array.of(1)], 'image.png', { type: 'image/png' }));
        const event = new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: transfer });
        field.dispatchEvent(event);
        return event.defaultPrevented;
      });
      assert.equal(prevented, false);
      await eventually(async () => assert.equal(await page.locator('.notice').count(), 0));
      assert.deepEqual(asked(host), []);
    }));
});

suite('page: masks that are offered', () => {
  const photo: MaskFile = { name: 'photo.png', channel: 'luminance', channels: ['luminance', 'red', 'blue'], at: 3 };
  const tell = (host: FakeHost, file: MaskFile): Promise<void> => {
    host.revision += 1;
    host.generation += 1;
    const { revision, generation } = host;
    return host.tell('mask', {
      revision,
      generation,
      file,
      kind: 'file',
      settings: initialMaskSettings.file,
      tiles: [],
    });
  };
  const choice = (page: Page) => page.getByRole('combobox', { name: 'Channel' });

  test('the channels of a file that has several; another one is read from the same file', () =>
    open({}, async ({ page, host }) => {
      await eventually(async () => assert.equal(await choice(page).isVisible(), false));
      await tell(host, photo);
      await choice(page).waitFor();
      await eventually(async () =>
        assert.deepEqual(await choice(page).locator('option').allInnerTexts(), ['Luminance', 'Red', 'Blue']),
      );
      await choice(page).selectOption('Blue');
      assert.deepEqual(await untilAsked(host), { kind: 'channel', channel: 'blue' });
      await tell(host, { ...photo, name: 'grey.png', channels: ['luminance'] });
      await choice(page).waitFor({ state: 'hidden' });
      await tell(host, { ...photo, name: 'of an old fill.png', at: null });
      await until('another file', () => shown(page, '.file-name:text("of an old fill.png")'));
      await eventually(async () =>
        assert.equal(await choice(page).isVisible(), false, 'what cannot be read again has no choice'),
      );
    }));

  test('a channel that cannot be had leaves the choice as it was', () =>
    open({ handlers: { maskSource: () => raise('mask.gone', { name: 'photo.png' }) } }, async ({ page, host }) => {
      await tell(host, photo);
      await choice(page).selectOption('Red');
      await page.locator('.notice.error').waitFor();
      await until('the choice is back', async () => (await choice(page).inputValue()) === 'luminance');
    }));

  test('a channel that was chosen survives a reload of the page, and undo', () =>
    open({ state: { maskKind: 'file', maskFile: { ...photo, channel: 'red' } } }, async ({ page, host }) => {
      await eventually(async () => assert.equal(await choice(page).inputValue(), 'red'));
      await page.reload();
      await choice(page).waitFor();
      await eventually(async () => assert.equal(await choice(page).inputValue(), 'red'));
      await page.getByRole('button', { name: 'Paint', exact: true }).click();
      await until('painted', () => host.paints.at(-1)?.kind === 'painted');
      await page.locator('.stage').focus();
      await page.keyboard.press('Control+z');
      await until('the file with its channel is back at the host', () => host.paints.at(-1)?.file?.channel === 'red');
      await eventually(() => assert.deepEqual(host.paints.at(-1)!.file, { ...photo, channel: 'red' }));
      await eventually(async () => assert.equal(await choice(page).inputValue(), 'red'));
    }));

  test('the last mask only where there is one; the mask file beside the image until it is the mask', () =>
    open({}, async ({ page, host }) => {
      const last = page.getByRole('button', { name: 'Last Mask' });
      const offer = page.locator('.mask-offer');
      await eventually(async () => assert.equal((await last.isVisible()) || (await offer.isVisible()), false));
      await host.change({ lastMask: true, beside: 'boats.mask.png' });
      await last.click();
      assert.deepEqual(await untilAsked(host), { kind: 'last' });
      await eventually(async () => assert.match(await offer.innerText(), /boats\.mask\.png lies beside the image\./));
      await page.getByRole('button', { name: 'Use boats.mask.png' }).click();
      assert.deepEqual(await untilAsked(host, 2), { kind: 'beside' });
      await tell(host, { ...photo, name: 'boats.mask.png' });
      await offer.waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'From Luminance' }).click();
      assert.deepEqual(await untilAsked(host, 3), { kind: 'image' });
    }));

  test('a mask that is the mask already is said to be', () =>
    open({ state: { lastMask: true }, handlers: { maskSource: () => ({ outcome: 'same' }) } }, async ({ page }) => {
      await page.getByRole('button', { name: 'Last Mask' }).click();
      const said = page.locator('.notice', { hasText: 'It is the mask already.' });
      await said.waitFor();
      await page.getByRole('button', { name: 'Last Mask' }).click();
      await eventually(async () => assert.equal(await said.count(), 1, 'not once more for each try'));
    }));

  test('the mask is saved, and under which name is said', () =>
    open({}, async ({ page, host }) => {
      await page.getByRole('button', { name: 'Save Mask As…' }).click();
      await untilNotice(page, /saved as boats\.mask\.png/);
      await eventually(() => assert.equal(host.asked.filter(({ name }) => name === 'saveMask').length, 1));
    }));

  for (const theme of themeNames)
    test(`axe finds nothing in what is offered, nor in the hint over a drag (${theme})`, () =>
      open({ theme, width: theme === 'dark' ? 420 : 1280 }, async ({ page, host }) => {
        await tell(host, photo);
        await host.change({ lastMask: true, beside: 'boats.mask.png' });
        await page.locator('.mask-offer').waitFor();
        await eventually(async () => assert.deepEqual(await violations(page), []));
        await dragOver(page, { files: [png] }, /Hold Shift and drop/);
        await page.screenshot({ path: path.join(pictures, `mask-sources-${theme}.png`) });
        await dragOver(page, { files: [png] }, /Hold Shift and drop/);
        await eventually(async () => assert.deepEqual(await violations(page), []));
      }));
});
