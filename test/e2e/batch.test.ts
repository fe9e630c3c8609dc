/** A batch and a recipe, from the Explorer to the report, in the real workbench. */
import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import sharp from 'sharp';
import { violations } from '../page/axe.ts';
import { eventually, until } from '../waiting.ts';
import {
  chooseFile,
  openPage,
  openScene,
  pictureOfFailure,
  results,
  setKey,
  untilResult,
  type Scene,
} from './scene.ts';

const small = { width: 256, height: 288 };

let spoiling = true;
let scene: Scene;
before(async () => {
  scene = await openScene({
    emulator: {
      scenarioOf: ({ width, height }) =>
        spoiling && width === small.width && height === small.height ? 'moderated-content' : undefined,
    },
  });
  const { folder } = scene;
  for (const name of ['one', 'two']) {
    await copyFile(join(folder, 'alps.png'), join(folder, `${name}.png`));
    await copyFile(join(folder, 'alps-mask.png'), join(folder, `${name}.mask.png`));
  }
  await sharp(join(folder, 'alps.png'))
    .resize({ ...small, fit: 'fill' })
    .png()
    .toFile(join(folder, 'withheld.png'));
  const hole = `<svg width="256" height="288"><rect width="256" height="288"/><rect x="90" y="90" width="60" height="60" fill="#fff"/></svg>`;
  await sharp(Buffer.from(hole)).removeAlpha().png().toFile(join(folder, 'withheld.mask.png'));
  const recipe = {
    version: 1,
    mask: { kind: 'rectangle', rect: { x: 9, y: 9, width: 90, height: 90 } },
    parameters: {},
  };
  const source = { file: 'alps.png', sha256: '0'.repeat(64) };
  await writeFile(join(folder, 'changed.fill.json'), JSON.stringify({ ...recipe, source }));
  const outside = { ...source, file: '../../../etc/hostname' };
  await writeFile(join(folder, 'hostile.fill.json'), JSON.stringify({ ...recipe, source: outside, steps: 1e9 }));
  await writeFile(join(folder, 'outside.fill.json'), JSON.stringify({ ...recipe, source: outside }));
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

const batchOf = async (files: readonly string[]): Promise<string> => {
  const { workbench } = scene;
  await workbench.explorerMenu(files, 'Flux Fill: Batch…');
  await workbench.quickPick('Mask Beside Each Image');
  await workbench.page.locator('.quick-input-title', { hasText: 'what should be there' }).waitFor();
  await workbench.quickInput('a hut in the snow');
  return workbench.dialog();
};

test('a batch: planned, confirmed once, filled, reported; a second run does only what is missing', async () => {
  const { workbench, emulator } = scene;
  const files = ['boats.jpg', 'not-an-image.png', 'one.png', 'two.png', 'withheld.png'];
  const asked = await batchOf(files);
  await workbench.picture('batch-asked');
  assert.match(asked, /Fill 3 of 5 images\? Price of all: \$0\.15\./);
  assert.match(asked, /Black Forest Labs · a hut in the snow/);
  assert.match(asked, /Not filled: 2/);
  assert.match(asked, /boats\.jpg: There is no mask beside boats\.jpg, such as boats\.mask\.png/);
  assert.match(asked, /^not-an-image\.png is not an image/m);
  assert.equal(emulator.accepted(), 0);
  await workbench.dialogButton('Fill 3 for $0.15');
  const said = 'The batch has ended: 2 saved · 1 failed · 2 that cannot be filled. Cost: $0.10.';
  await until('end of the batch', async () => (await workbench.notifications()).some((text) => text.includes(said)));
  await eventually(async () => assert.deepEqual(await results(scene), ['one.fill-001.png', 'two.fill-001.png']));
  assert.equal(emulator.accepted(), 3);
  await workbench.notificationButton(said, 'Show Report');
  const report = await workbench.webview('h1:has-text("Batch of 5 images")');
  await report.getByText('2 saved · 1 failed · 2 that cannot be filled').waitFor();
  await report
    .locator('tr', { hasText: 'withheld.png' })
    .filter({ hasText: 'withheld it: Derivative Works Filter' })
    .waitFor();
  await report
    .locator('tr', { hasText: 'boats.jpg' })
    .filter({ hasText: 'There is no mask beside boats.jpg' })
    .waitFor();
  await report.locator('tr', { hasText: 'one.png' }).filter({ hasText: 'one.fill-001.png' }).waitFor();
  await workbench.picture('batch-report');
  // The colours are VS Code's own, behind a frame that axe does not see through.
  const wrong = (await violations(report, '.markdown-body')).filter((line) => !line.startsWith('color-contrast'));
  assert.deepEqual(wrong, []);

  spoiling = false;
  const again = await batchOf(files);
  assert.match(again, /Fill 1 of 5 images\? Price of all: \$0\.05\./);
  assert.match(again, /Done already: 2/);
  await workbench.dialogButton('Fill 1 for $0.05');
  await untilResult(scene, 'withheld.fill-001.png');
  await until('end of the second run', async () =>
    (await workbench.notifications()).some((text) =>
      text.includes('1 saved · 2 that cannot be filled · 2 done already'),
    ),
  );
  assert.equal(emulator.accepted(), 4);
});

test('a recipe: saved from the panel, completed, run after its price is confirmed, and refused where it is hostile', async () => {
  const { workbench, folder, emulator } = scene;
  const { page } = workbench;
  await workbench.closeAll();
  await workbench.explorerMenu(['alps.png'], 'Flux Fill: Inpaint with Mask File…');
  await chooseFile(scene, 'alps-mask.png');
  const panel = await openPage(scene);
  await panel.getByText('Mask file: alps-mask.png').first().waitFor();
  await panel.getByLabel('Prompt', { exact: true }).fill('a lake');
  await panel.getByLabel('Prompt', { exact: true }).blur();
  await panel.getByRole('combobox', { name: 'Service' }).selectOption('practice');
  await workbench.command('Flux Fill: Save as Recipe');
  await page.locator('.tab[data-resource-name="alps.fill.json"]').waitFor();
  await until('where it will run', async () =>
    (await workbench.notifications()).some((text) =>
      text.includes(
        'alps.fill.json is saved. It names no service: Run Recipe uses the one of your settings, Black Forest',
      ),
    ),
  );
  const file = join(folder, 'alps.fill.json');
  const recipe = JSON.parse(await readFile(file, 'utf8')) as {
    source: { file: string; sha256: string };
    mask: { kind: string; file: string };
    parameters: { prompt: string };
  };
  assert.equal(recipe.source.file, 'alps.png');
  assert.deepEqual([recipe.mask.kind, recipe.mask.file, recipe.parameters.prompt], ['file', 'alps-mask.png', 'a lake']);

  const before = emulator.accepted();
  await workbench.command('Flux Fill: Run Recipe');
  const asked = await workbench.dialog();
  await workbench.picture('recipe-asked');
  assert.match(asked, /Fill alps\.png as alps\.fill\.json says\?/);
  assert.match(asked, /a lake\s+What may change: mask file alps-mask\.png\.\s+Black Forest Labs · \$0\.05/);
  assert.equal(emulator.accepted(), before);
  await workbench.dialogButton('Fill: $0.05');
  await untilResult(scene, 'alps.fill-001.png');
  assert.equal(emulator.accepted(), before + 1);

  await workbench.explorerMenu(['changed.fill.json'], 'Flux Fill: Run Recipe');
  await eventually(async () =>
    assert.match(await workbench.dialog(), /alps\.png is no longer the file that changed\.fill\.json was made for/),
  );
  await workbench.dialogButton('Cancel');

  const refused = (sentence: string): Promise<void> =>
    until(sentence, async () => (await workbench.notifications()).some((text) => text.includes(sentence)));
  await workbench.explorerMenu(['outside.fill.json'], 'Flux Fill: Run Recipe');
  await refused('outside.fill.json names ../../../etc/hostname, which lies outside of workspace.');
  await workbench.open('hostile.fill.json');
  // What VS Code knows of recipes by the schema: it marks what is no part of one.
  await page.locator('.squiggly-warning').first().waitFor();
  await workbench.command('Flux Fill: Run Recipe');
  await refused('hostile.fill.json holds “steps”, which is no part of a recipe.');
  assert.equal(emulator.accepted(), before + 1);
});

test('in Restricted Mode no recipe is run', async () => {
  await scene.close();
  scene = await openScene({
    userSettings: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' },
  });
  const { workbench, folder, emulator } = scene;
  const source = { file: 'alps.png', sha256: '0'.repeat(64) };
  const recipe = { version: 1, source, mask: { kind: 'alpha' }, parameters: { prompt: 'a lake' } };
  await writeFile(join(folder, 'alps.fill.json'), JSON.stringify(recipe));
  await workbench.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
  await workbench.explorerMenu(['alps.fill.json'], 'Flux Fill: Run Recipe');
  await until('word of the restriction', async () =>
    (await workbench.notifications()).some((text) => text.includes('Recipes are not run in Restricted Mode.')),
  );
  assert.deepEqual(emulator.log, []);
});
