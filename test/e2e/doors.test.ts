/** Every door into the product, and what shows of a job when nobody looks at its panel. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { decode } from './judge.ts';
import { chooseFile, openPage, openScene, paint, pictureOfFailure, setKey, untilResult, type Scene } from './scene.ts';
import { eventually, until } from '../waiting.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

test('the icon on the image preview', async () => {
  const { workbench } = scene;
  await workbench.open('alps.png');
  await workbench.page.locator('.editor-actions').getByRole('button', { name: 'Flux Fill: Inpaint' }).click();
  const page = await openPage(scene);
  await eventually(async () => assert.equal(await page.locator('.source-name').innerText(), 'alps.png'));
});

test('to a larger canvas, by right-click: filled around the image, which stays as it is', async () => {
  const { workbench, folder, emulator } = scene;
  emulator.control({ content: 'fill' });
  await workbench.closeAll();
  await workbench.explorerMenu(['alps.png'], 'Flux Fill: Outpaint');
  await openPage(scene);
  const page = await workbench.webview('.side-fields:not([hidden])');
  await page.getByText('Canvas 1,350 × 960. What it adds is filled.').waitFor();
  await page.getByRole('combobox', { name: 'Extend' }).selectOption('right');
  const right = await workbench.webview('.send:has-text("1,376 × 640")');
  await workbench.picture('outpaint-before');
  await right.locator('.generate:not([aria-disabled])').click();
  const saved = await decode(await untilResult(scene, 'alps.fill-001.png'));
  await right.getByText('0 samples changed outside the mask').first().waitFor();
  await right.locator('.result-layer .picture').waitFor();
  await workbench.picture('outpaint-after');
  const source = await decode(join(folder, 'alps.png'));
  assert.deepEqual([saved.width, saved.height], [1350, 640]);
  let differing = 0;
  for (let y = 0; y < 640; y++)
    differing += Number(
      source.data.compare(saved.data, y * 1350 * 3, (y * 1350 + 884) * 3, y * 900 * 3, (y * 900 + 884) * 3) !== 0,
    );
  assert.equal(differing, 0);
});

test('the list of fills: state, time and price of each, Cancel, and the result', async () => {
  const { workbench, emulator } = scene;
  const { page } = workbench;
  const results = (await readdir(scene.folder)).length;
  emulator.control({ readyAfter: 600_000 });
  await workbench.closeAll();
  await workbench.explorerMenu(['shape.png'], 'Flux Fill: Inpaint');
  const panel = await openPage(scene);
  await paint(scene, panel);
  await panel.locator('.generate:not([disabled])').click();
  await page.locator('.statusbar-item', { hasText: 'Fill: 1' }).click();
  const list = page.locator('.pane', { has: page.locator('.pane-header[aria-label*="Flux Fill: Fills"]') });
  const row = list.locator('.monaco-list-row', { hasText: 'shape.png' });
  await row.filter({ hasText: /\d:\d\d · \$0\.05 · The service is working…/ }).waitFor();
  await workbench.picture('fills-running');
  await row.hover();
  await row.getByRole('button', { name: 'Cancel' }).click();
  await row.filter({ hasText: 'Cancel was asked for; if a result comes, it is kept.' }).waitFor();
  emulator.control({ readyAfter: 0 });
  await row.filter({ hasText: 'Saved as shape.fill-001.png' }).waitFor();
  await row.hover();
  await row.getByRole('button', { name: 'Open Result' }).click();
  await page.locator('.tab[data-resource-name="shape.fill-001.png"]').waitFor();
  await eventually(async () => assert.equal((await readdir(scene.folder)).length, results + 1));
});

test('no entry in the menu of a file that is no image', async () => {
  const { workbench } = scene;
  const entries = await workbench.explorerMenuEntries(['notes.txt']);
  assert.deepEqual(
    entries.filter((entry) => entry.includes('Flux Fill')),
    [],
  );
});

test('with a mask file, by right-click', async () => {
  const { workbench } = scene;
  await workbench.closeAll();
  await workbench.explorerMenu(['alps.png'], 'Flux Fill: Inpaint with Mask File…');
  await chooseFile(scene, 'alps-mask.png');
  const page = await openPage(scene);
  await page.getByText('Mask file: alps-mask.png').first().waitFor();
});

test('with the alpha channel, by right-click', async () => {
  const { workbench } = scene;
  await workbench.closeAll();
  await workbench.explorerMenu(['sprite.png'], 'Flux Fill: Inpaint Using Alpha Channel');
  const page = await openPage(scene);
  await page.getByRole('button', { name: 'From Alpha', pressed: true }).waitFor();
});

test('two files of which none is called mask: the one that is black and white is', async () => {
  const { workbench } = scene;
  await workbench.closeAll();
  await workbench.explorerMenu(['alps.png', 'shape.png'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await page.getByText('Mask file: shape.png').first().waitFor();
});

test('two photos, of which none looks like a mask: a batch of both is offered, one alone, or that one is the mask', async () => {
  const { workbench } = scene;
  const { page } = workbench;
  const rows = page.locator('.quick-input-widget .monaco-list-row .quick-input-list-row:first-child .label-name');
  await workbench.closeAll();
  await workbench.explorerMenu(['alps.png', 'boats.jpg'], 'Flux Fill: Inpaint');
  await page.locator('.quick-input-title', { hasText: '2 images are selected: what is filled?' }).waitFor();
  await eventually(async () =>
    assert.deepEqual(
      (await rows.allInnerTexts()).map((text) => text.replaceAll('\u00a0', ' ')),
      ['Batch of 2 Images…', 'Only boats.jpg', 'alps.png Is the Mask', 'boats.jpg Is the Mask'],
    ),
  );
  await workbench.picture('two-photos');
  await workbench.quickPick('Batch of 2 Images…');
  await page.locator('.quick-input-title', { hasText: 'Batch: what may change?' }).waitFor();
  await page.keyboard.press('Escape');

  await workbench.explorerMenu(['alps.png', 'boats.jpg', 'sprite.png'], 'Flux Fill: Inpaint');
  await page.locator('.quick-input-title', { hasText: '3 images are selected: what is filled?' }).waitFor();
  await workbench.quickPick('Only sprite.png');
  await openPage(scene);
  await eventually(async () => assert.ok((await workbench.tabs()).includes('Fill: sprite.png')));
  // A selection of several would count for the next right-click, too.
  await (await workbench.explorerRow('notes.txt')).click();
});

test('the key is checked for nothing, and the credits are told', async () => {
  const { workbench, emulator } = scene;
  const before = emulator.accepted();
  await workbench.command('Flux Fill: Check Key and Credits');
  await until('credits', async () =>
    (await workbench.notifications()).some((text) => text.includes('accepts the API key. Credits left:')),
  );
  assert.equal(emulator.accepted(), before);
});

test('a job whose panel is hidden shows in the status bar and as a notification that can cancel', async () => {
  const { workbench, emulator } = scene;
  emulator.control({ readyAfter: 600_000 });
  await workbench.closeAll();
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await paint(scene, page);
  await page.getByLabel('Prompt', { exact: true }).fill('a heron in the reeds');
  await page.locator('.generate:not([disabled])').click();
  await page.getByText('The service is working…').first().waitFor();
  await workbench.page.locator('.statusbar-item', { hasText: 'Fill: 1' }).waitFor();
  await workbench.closeAll();
  await until('notification', async () =>
    (await workbench.notifications()).some((text) => text.includes('Filling boats.jpg')),
  );
  await workbench.picture('hidden-job');
  await workbench.notificationButton('Filling boats.jpg', 'Cancel');
  emulator.control({ readyAfter: 0 });
  await untilResult(scene, 'boats.fill-001.png');
  await workbench.page.locator('.statusbar-item', { hasText: 'Fill: 1' }).waitFor({ state: 'detached' });
  await until('word of the saved file', async () =>
    (await workbench.notifications()).some((text) => text.includes('is saved as boats.fill-001.png')),
  );
});

test('the settings of a result are used again, in the panel that is open', async () => {
  const { workbench } = scene;
  await workbench.explorerMenu(['alps.png'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await workbench.explorerMenu(['boats.fill-001.png'], 'Flux Fill: Use Settings From This Image');
  await until('prompt', async () => {
    const prompt = await page.getByLabel('Prompt', { exact: true }).inputValue();
    return prompt === 'a heron in the reeds';
  });
  await eventually(async () => assert.equal(await page.locator('.source-name').innerText(), 'alps.png'));
  await workbench.explorerMenu(['alps-mask.png'], 'Flux Fill: Use Settings From This Image');
  await until('word that there are none', async () =>
    (await workbench.notifications()).some((text) => text.includes('alps-mask.png does not say how it was made.')),
  );
});

test('a result takes the place of its source, which is not lost', async () => {
  const { workbench, emulator, folder } = scene;
  emulator.control({ readyAfter: 100 });
  const original = await readFile(join(folder, 'sprite.png'));
  await workbench.closeAll();
  await workbench.explorerMenu(['sprite.png'], 'Flux Fill: Inpaint Using Alpha Channel');
  const page = await openPage(scene);
  await page.getByRole('button', { name: 'From Alpha', pressed: true }).waitFor();
  await page.locator('.generate:not([aria-disabled])').click();
  const result = await untilResult(scene, 'sprite.fill-001.png');
  await page.getByRole('button', { name: 'Replace Source…' }).click();
  await eventually(async () =>
    assert.match(await workbench.dialog(), /Replace sprite\.png with sprite\.fill-001\.png\?/),
  );
  await workbench.dialogButton('Replace');
  await until('the result under the name of its source', async () => {
    const now = await readFile(join(folder, 'sprite.png')).catch(() => Buffer.alloc(0));
    return now.equals(result);
  });
  await until('the result under its own name no longer', async () => {
    return !(await readdir(folder)).includes('sprite.fill-001.png');
  });
  const kept = (await readdir(folder)).find((name) => name.startsWith('sprite.original-'));
  if (kept !== undefined)
    await eventually(async () => assert.ok((await readFile(join(folder, kept))).equals(original)));
  await page.locator('.result-bar').waitFor({ state: 'hidden' });
  await workbench.picture('doors-replaced');
});
