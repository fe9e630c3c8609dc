import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { changedBox, decode } from './judge.ts';
import { openPage, openScene, pictureOfFailure, setKey, untilResult, type Scene } from './scene.ts';
import { eventually, until } from '../waiting.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

test('by keyboard alone, in the workbench: mark, undo and redo by command, prompt, Generate, compare, close', async () => {
  const { workbench, emulator, folder } = scene;
  const { keyboard } = workbench.page;
  await workbench.open('boats.jpg');
  await workbench.command('Flux Fill: Inpaint');
  const page = await openPage(scene);
  const focused = (selector: string) =>
    page.evaluate((wanted) => document.hasFocus() && document.activeElement?.matches(wanted) === true, selector);
  await until('the canvas has the keyboard', () => focused('.stage'));
  for (let step = 0; step < 4; step++) await keyboard.press('Shift+ArrowRight');
  const share = page.locator('.status .share');
  await until('marked', async () => /^Mask [\d.]+ %$/.test(await share.innerText()));
  await workbench.command('Flux Fill: Undo');
  await until('a step less', async () => page.locator('[aria-label=Redo]').isEnabled());
  await workbench.command('Flux Fill: Redo');
  await until('again', async () => !(await page.locator('[aria-label=Redo]').isEnabled()));
  await until('the keyboard is back', () => focused('.stage'));
  for (let step = 0; step < 60 && !(await focused('textarea')); step++) await keyboard.press('Tab');
  await eventually(async () => assert.ok(await focused('textarea'), 'the prompt is reached by Tab'));
  await keyboard.type('a buoy');
  await page.locator('.generate:not([aria-disabled])').waitFor();
  await workbench.command('Flux Fill: Generate');
  const file = await untilResult(scene, 'boats.fill-001.png');
  assert.equal(emulator.log.find((entry) => entry.method === 'POST')!.body!.prompt, 'a buoy');
  const box = changedBox(await decode(join(folder, 'boats.jpg')), await decode(file));
  assert.ok(box !== null);

  await page.locator('.result-layer .picture').waitFor();
  const slider = page.locator('.compare-slider');
  for (let step = 0; step < 60 && !(await focused('.compare-slider')); step++) await keyboard.press('Shift+Tab');
  await eventually(async () => assert.ok(await focused('.compare-slider'), 'the result is reached by Tab'));
  await keyboard.press('End');
  await eventually(async () => assert.equal(await slider.inputValue(), '100'));
  await keyboard.press('d');
  // The page may read the pixels of files that the editor serves: the fill is bright, and more than half is black.
  await until('difference', () =>
    page.locator('canvas.difference').evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
      let black = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at] + data[at + 1] + data[at + 2] === 0) black++;
      return width > 300 && black > data.length / 8 && black < data.length / 4;
    }),
  );
  await keyboard.press('Escape');
  await page.locator('.toolbar').waitFor();
  await workbench.command('Flux Fill: Compare On or Off');
  await page.locator('.result-bar').waitFor();
  await until('the keyboard is back with the result', () => focused('.stage'));
  await keyboard.press('Escape');
  await page.locator('.toolbar').waitFor();
});

test('commands of the panel are not offered where no panel is in front', async () => {
  const { page, open } = scene.workbench;
  const row = (title: string) => page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
  /** The list is made when the palette opens; the extension hears of another editor in front a little later. */
  const offered = (expected: boolean): Promise<void> =>
    until(`Invert Mask is ${expected ? '' : 'not '}offered`, async () => {
      await page.keyboard.press('F1');
      await page.locator('.quick-input-box input').first().fill('>Flux Fill: In');
      await row('Flux Fill: Inpaint with Mask File').waitFor();
      const listed = await row('Flux Fill: Invert Mask').isVisible();
      await page.keyboard.press('Escape');
      return listed === expected;
    });
  await offered(true);
  await open('notes.txt');
  await offered(false);
});
