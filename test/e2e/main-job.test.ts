import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { changedBox, compare, decode } from './judge.ts';
import { chooseFile, openPage, openScene, paint, pictureOfFailure, setKey, untilResult, type Scene } from './scene.ts';
import { eventually } from '../waiting.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

test('by right-click: paint, prompt, sliders, Generate, and a new file beside the source', async () => {
  const { workbench, emulator, folder } = scene;
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await eventually(async () =>
    assert.equal(await page.locator('.generate').isDisabled(), true, 'nothing is marked yet'),
  );
  await paint(scene, page);
  await page.getByLabel('Prompt', { exact: true }).fill('a red fishing boat');
  await page.getByRole('slider', { name: 'Steps' }).focus();
  for (let press = 0; press < 5; press++) await workbench.page.keyboard.press('ArrowLeft');
  await page.getByRole('spinbutton', { name: 'Guidance' }).fill('30');
  await page.locator('.generate:not([aria-disabled])').waitFor();
  await page.getByLabel('Prompt', { exact: true }).press('ControlOrMeta+Enter');
  const file = await untilResult(scene, 'boats.fill-001.png');
  const submit = emulator.log.find((entry) => entry.method === 'POST')!;
  assert.equal(submit.body!.prompt, 'a red fishing boat');
  assert.equal(submit.body!.steps, 45);
  assert.equal(submit.body!.guidance, 30);
  assert.equal(submit.body!.output_format, 'png');
  await page.getByText('0 samples changed outside the mask').first().waitFor();

  const source = await decode(join(folder, 'boats.jpg'));
  const saved = await decode(file);
  const box = changedBox(source, saved);
  assert.ok(box !== null);
  // A stroke over a tenth of the stage, with its brush and growth: small, and where it was painted.
  assert.ok(
    box.right - box.left < source.width * 0.25 && box.bottom - box.top < source.height * 0.25,
    JSON.stringify(box),
  );
  assert.ok(box.left > source.width * 0.3 && box.right < source.width * 0.7, JSON.stringify(box));
});

test('from the palette, with a mask file, against a frame shifted in tone, three quarters of the size, as JPEG', async () => {
  const { workbench, emulator, folder } = scene;
  await workbench.closeAll();
  emulator.control({ tone: [12, -8, 6], scale: 0.75, format: 'jpeg' });
  await workbench.open('alps.png');
  await workbench.command('Flux Fill: Inpaint');
  const page = await openPage(scene);
  await page.getByRole('button', { name: 'From File…' }).click();
  await chooseFile(scene, 'alps-mask.png');
  await page.getByText('Mask file: alps-mask.png').first().waitFor();
  await page.locator('.generate').click();
  const file = await untilResult(scene, 'alps.fill-001.png');
  const [source, saved, mask] = await Promise.all([
    decode(join(folder, 'alps.png')),
    decode(file),
    decode(join(folder, 'alps-mask.png')),
  ]);
  const changed = compare(source, saved, (x, y) => mask.data[(y * mask.width + x) * mask.channels] === 0);
  assert.equal(changed.outside, 0);
  assert.ok(changed.inside > 0.8, `${changed.inside}`);
  emulator.control({ tone: [0, 0, 0], scale: 1 });
});

test('two files selected: the one called mask is the mask', async () => {
  const { workbench, folder } = scene;
  await workbench.closeAll();
  // A file that appears in the Explorer between two clicks would undo the selection.
  await workbench.explorerRow('alps.fill-001.png');
  await workbench.explorerMenu(['alps.png', 'alps-mask.png'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await page.getByText('Mask file: alps-mask.png').first().waitFor();
  await page.locator('.generate').click();
  const file = await untilResult(scene, 'alps.fill-002.png');
  await eventually(async () => assert.notDeepEqual(file, await readFile(join(folder, 'alps.fill-001.png'))));
});

test('by the alpha channel: what was transparent is visible and filled, everything else identical', async () => {
  const { workbench, folder } = scene;
  await workbench.closeAll();
  await workbench.explorerMenu(['sprite.png'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await page.getByRole('button', { name: 'From Alpha' }).click();
  await page.locator('.generate:not([disabled])').click();
  const file = await untilResult(scene, 'sprite.fill-001.png');
  const [source, saved] = await Promise.all([decode(join(folder, 'sprite.png')), decode(file)]);
  const alpha = (raster: typeof source, x: number, y: number) => raster.data[(y * raster.width + x) * 4 + 3];
  const changed = compare(source, saved, (x, y) => alpha(source, x, y) === 255);
  assert.equal(changed.outside, 0);
  for (let y = 0; y < source.height; y++) for (let x = 0; x < source.width; x++) assert.equal(alpha(saved, x, y), 255);
  assert.equal(alpha(source, 200, 150), 0);
});

test('the result becomes the next source, and its results are numbered on', async () => {
  const { workbench } = scene;
  const page = await openPage(scene);
  await page.getByRole('button', { name: 'Use as New Source' }).click();
  const next = await workbench.webview('.source-name:text("sprite.fill-001.png")');
  await paint(scene, next);
  await next.locator('.generate:not([disabled])').click();
  await untilResult(scene, 'sprite.fill-002.png');
});
