/** Images leave by the clipboard and into texts, and come in by the clipboard, in the real workbench. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import sharp from 'sharp';
import { openPage, openScene, paint, pictureOfFailure, setKey, untilResult, type Scene } from './scene.ts';
import { boxOf, eventually, until } from '../waiting.ts';

let scene: Scene;
before(async () => {
  scene = await openScene({ viewport: { width: 1600, height: 950 } });
  await mkdir(join(scene.folder, 'docs'));
  await writeFile(join(scene.folder, 'docs', 'guide.md'), '# Guide\n\nBefore  after\n');
  await scene.workbench.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

const pixels = (file: string | Buffer): Promise<Buffer> => sharp(file).removeAlpha().raw().toBuffer();

/** The picture on the clipboard, as any other program would get it; null where there is none. */
const clipboard = async (): Promise<Buffer | null> => {
  const address = await scene.workbench.page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    if (item === undefined || !item.types.includes('image/png')) return null;
    const reader = new FileReader();
    const read = new Promise((resolve) => reader.addEventListener('load', resolve));
    reader.readAsDataURL(await item.getType('image/png'));
    await read;
    return reader.result as string;
  });
  return address === null ? null : Buffer.from(address.split(',')[1], 'base64');
};

const forgetClipboard = (): Promise<void> =>
  scene.workbench.page.evaluate(() => navigator.clipboard.writeText('words'));

test('a result is copied by its key and from the palette, and read back pixel for pixel', async () => {
  const { workbench, folder } = scene;
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await paint(scene, page);
  await page.getByRole('textbox', { name: 'Prompt' }).fill('a red boat [left] & a "sail"');
  await page.locator('.generate:not([disabled])').click();
  await untilResult(scene, 'boats.fill-001.png');
  await until('result', async () => (await page.locator('.result-name').innerText()) === 'boats.fill-001.png');
  const made = await pixels(join(folder, 'boats.fill-001.png'));
  await page.locator('.stage').press('ControlOrMeta+c');
  await page.getByText('The image is on the clipboard.').waitFor();
  await eventually(async () => assert.ok((await pixels((await clipboard())!)).equals(made)));
  await forgetClipboard();
  await workbench.command('Flux Fill: Copy Result as Image');
  await until('image on the clipboard', async () => (await clipboard()) !== null);
  await eventually(async () => assert.ok((await pixels((await clipboard())!)).equals(made)));
});

test('from the history, too', async () => {
  const { workbench, folder } = scene;
  await forgetClipboard();
  await workbench.command('Flux Fill: History of Fills');
  const page = await workbench.webview('.history');
  await page.getByRole('button', { name: 'Copy as Image' }).click();
  await page.getByText('The image is on the clipboard.').waitFor();
  await eventually(async () =>
    assert.ok((await pixels((await clipboard())!)).equals(await pixels(join(folder, 'boats.fill-001.png')))),
  );
});

test('a result is inserted where the cursor was, and the Markdown shows it', async () => {
  const { workbench, folder } = scene;
  const guide = join(folder, 'docs', 'guide.md');
  await workbench.open('docs/guide.md');
  await workbench.page.locator('.view-line', { hasText: 'Before' }).click();
  for (const key of ['Home', ...Array<string>(7).fill('ArrowRight')]) await workbench.page.keyboard.press(key);
  await workbench.page.locator('.tab', { hasText: 'Fill: boats.jpg' }).click();
  const page = await openPage(scene);
  const insert = page.getByRole('button', { name: 'Insert into Text' });
  await until('the result', async () => {
    if (await insert.isVisible()) return true;
    await page.locator('.job-actions').getByRole('button', { name: 'Compare' }).first().click({ timeout: 5000 });
    return false;
  });
  await insert.click();
  await workbench.page.locator('.view-line', { hasText: 'boats.fill-001.png' }).waitFor();
  await workbench.page.keyboard.press('ControlOrMeta+s');
  const text = '![a red boat [left] & a "sail"](../boats.fill-001.png)';
  await until('text on the disk', async () => (await readFile(guide, 'utf8')).includes(`Before ${text} after`));
  await workbench.command('Markdown: Open Preview');
  const preview = await workbench.webview('.markdown-body img');
  const image = preview.locator('.markdown-body img');
  await eventually(async () => assert.equal(await image.getAttribute('alt'), 'a red boat [left] & a "sail"'));
  const { width } = await sharp(join(folder, 'boats.fill-001.png')).metadata();
  await until('picture in the preview', async () =>
    image.evaluate((element, width) => (element as HTMLImageElement).naturalWidth === width, width),
  );
  await workbench.picture('inserted');
});

test('from the palette a result is chosen, and in a language that has no form of its own the form, too', async () => {
  const { workbench } = scene;
  await workbench.closeAll();
  await workbench.open('notes.txt');
  const line = workbench.page.locator('.view-line').first();
  await line.click();
  await workbench.page.keyboard.press('ControlOrMeta+Home');
  const inserted = (text: string): Promise<void> =>
    until(text, async () => (await line.innerText()).replaceAll('\u00a0', ' ').startsWith(text));
  const words = 'a red boat [left] &amp; a &quot;sail&quot;';
  await workbench.command('Flux Fill: Insert Image into Text');
  await workbench.quickPick('boats.fill-001.png');
  await workbench.quickPick('HTML');
  await inserted(`<img src="boats.fill-001.png" alt="${words}">plain text`);
  await workbench.page.keyboard.press('Escape');
  await workbench.page.keyboard.press('ControlOrMeta+Home');
  await workbench.explorerMenu(['alps.png'], 'Flux Fill: Insert Image into Text');
  await workbench.quickPick('Path Only');
  await inserted('alps.png<img ');
  await workbench.page.keyboard.press('ControlOrMeta+z');
  await workbench.page.keyboard.press('ControlOrMeta+z');
  await inserted('plain text');
});

test('dragged with Shift into a text it is named there, without Shift it is opened', async () => {
  const { workbench } = scene;
  const { page: window } = workbench;
  await workbench.closeAll();
  await workbench.open('boats.jpg');
  await workbench.command('Flux Fill: Inpaint');
  const page = await openPage(scene);
  await page.locator('.job-actions').getByRole('button', { name: 'Compare' }).first().click();
  await page.locator('.grip').waitFor();
  await workbench.command('View: Split Editor Right');
  await writeFile(join(scene.folder, 'docs', 'dragged.md'), '\n');
  await workbench.open('docs/dragged.md');
  const drag = async (shift: boolean): Promise<void> => {
    const grip = await boxOf(page.locator('.grip'));
    const target = await boxOf(window.locator('.view-lines'));
    await window.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
    await window.mouse.down();
    await window.mouse.move(target.x + 60, target.y + 100, { steps: 10 });
    if (shift) await window.keyboard.down('Shift');
    await window.mouse.move(target.x + 60, target.y + 10, { steps: 10 });
    await window.mouse.up();
    if (shift) await window.keyboard.up('Shift');
  };
  await drag(true);
  await window.locator('.view-line', { hasText: /^!\[.*\]\(\.\.\/boats\.fill-001\.png\)/ }).waitFor();
  await workbench.picture('dragged');
  await drag(false);
  await window.locator('.tab[data-resource-name="boats.fill-001.png"]').waitFor();
});

/** Puts a picture of this size on the clipboard, as a screenshot would. */
const fillClipboard = (width: number, height: number): Promise<void> =>
  scene.workbench.page.evaluate(
    async ([width, height]) => {
      window.focus();
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext('2d')!;
      context.fillStyle = '#20a060';
      context.fillRect(0, 0, width, height);
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })]);
    },
    [width, height] as const,
  );

/** Answers VS Code's own save dialog, once it proposes a name. */
const saveAs = async (proposed: string, name: string): Promise<void> => {
  const field = scene.workbench.page.locator('.quick-input-widget input[type="text"]');
  await until('the name that is proposed', async () => (await field.inputValue()).endsWith(proposed));
  await scene.workbench.quickInput(join(scene.folder, name));
};

test('a picture on the clipboard becomes a new file with a panel of its own', async () => {
  const { workbench, folder } = scene;
  await workbench.closeAll();
  await fillClipboard(320, 200);
  await workbench.command('Flux Fill: New Image from Clipboard');
  await saveAs('/pasted.png', 'shot.png');
  await workbench.webview('.source-name:text("shot.png")');
  const { data, info } = await sharp(join(folder, 'shot.png')).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, ...data.subarray(0, 3)], [320, 200, 0x20, 0xa0, 0x60]);
  await eventually(async () =>
    assert.deepEqual(
      (await workbench.tabs()).map((title) => title.trim()),
      ['Fill: shot.png'],
      'the page that read the clipboard is gone',
    ),
  );
});

test('pasted into a panel it is the mask or a new image, as the person says', async () => {
  const { workbench, folder } = scene;
  const page = await workbench.webview('.source-name:text("shot.png")');
  /** From above; the pick keeps rows of an earlier one until it has drawn its own. */
  const rows = (): Promise<string[]> =>
    workbench.page
      .locator('.quick-input-widget .monaco-list-row:visible')
      .evaluateAll((shown) =>
        shown
          .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
          .map((row) => row.querySelector('.label-name')?.textContent ?? ''),
      );
  const offered = async (...labels: readonly string[]): Promise<void> => {
    await page.locator('.stage').press('ControlOrMeta+v');
    await workbench.page.locator('.quick-input-title', { hasText: 'What is the image from the clipboard?' }).waitFor();
    await until(labels.join(', '), async () => (await rows()).join() === labels.join());
  };
  await fillClipboard(160, 100);
  await offered('Use as Mask', 'New Image');
  await workbench.page.keyboard.press('Escape');
  await fillClipboard(100, 100);
  await offered('New Image', 'Use as Mask');
  await workbench.quickPick('New Image');
  await saveAs('/pasted.png', 'shot.png');
  // The dialog asks whether the file that is there may go; it stays all the same.
  const dialog = workbench.page.locator('.quick-input-widget', { hasText: 'Are you sure you want to overwrite it?' });
  await dialog.locator('.monaco-button', { hasText: 'OK' }).click();
  await workbench.webview('.source-name:text("shot-2.png")');
  await eventually(async () => assert.equal((await sharp(join(folder, 'shot.png')).metadata()).width, 320));
  await eventually(async () => assert.equal((await sharp(join(folder, 'shot-2.png')).metadata()).width, 100));
});
