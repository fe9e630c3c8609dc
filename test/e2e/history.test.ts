/** The history in the real workbench: what was made is found, compared, used, made again, copied and deleted. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Frame } from 'playwright-core';
import { root } from '../vscode/places.ts';
import { eventually, until } from '../waiting.ts';
import {
  canary,
  journal,
  openPage,
  openScene,
  paint,
  pictureOfFailure,
  results,
  setKey,
  untilResult,
  type Scene,
} from './scene.ts';

let scene: Scene;
before(async () => {
  scene = await openScene({ viewport: { width: 1500, height: 950 } });
  await scene.workbench.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

const done = (): Promise<string[]> => readdir(join(journal(scene), 'done')).catch(() => []);

const openHistory = async (): Promise<Frame> => {
  await scene.workbench.command('Flux Fill: History of Fills');
  return scene.workbench.webview('.history');
};

const press = (page: Frame, name: string): Promise<void> =>
  page.getByRole('complementary', { name: 'The chosen fill' }).getByRole('button', { name, exact: true }).click();

test('a fill stands in the history with a small picture, its prompt, seed and price', async () => {
  const { workbench } = scene;
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const panel = await openPage(scene);
  await paint(scene, panel);
  await panel.getByRole('textbox', { name: 'Prompt' }).fill(`a sailor's hat & "$HOME"`);
  await panel.getByRole('spinbutton', { name: 'Seed' }).fill('4711');
  await panel.getByRole('button', { name: /^Generate · \$0\.05/ }).click();
  await untilResult(scene, 'boats.fill-001.png');
  await until('end of the job', async () => (await done()).length === 1);
  const page = await openHistory();
  await page.getByText('1 fill', { exact: true }).waitFor();
  await until('small picture', async () => (await page.locator('.card img:visible').count()) === 1);
  const details = page.getByRole('complementary');
  for (const text of [`a sailor's hat & "$HOME"`, '4711', '$0.05', 'Saved as boats.fill-001.png', 'Black Forest Labs'])
    await eventually(async () => assert.ok((await details.innerText()).includes(text), text));
  await workbench.picture('history');
});

test('copied as a command line, the real command line takes it for the same fill', async () => {
  const { workbench, emulator } = scene;
  const page = await openHistory();
  await press(page, 'Copy as Command Line');
  let line = '';
  await until('command line on the clipboard', async () => {
    line = await workbench.page.evaluate(() => navigator.clipboard.readText());
    return line.startsWith('flux-fill ');
  });
  const bin = await mkdtemp(join(tmpdir(), 'flux-fill-bin-'));
  await symlink(join(root, 'dist', 'cli.js'), join(bin, 'flux-fill'));
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, BFL_API_KEY: canary, XDG_STATE_HOME: bin };
  const { stdout } = await promisify(execFile)('sh', ['-c', `${line} --dry-run --json`], { env });
  await rm(bin, { recursive: true });
  const said = JSON.parse(stdout) as { parameters: { prompt: string; seed: number }; price: number; service: string };
  assert.deepEqual(
    [said.parameters.prompt, said.parameters.seed, said.price, said.service],
    [`a sailor's hat & "$HOME"`, 4711, 0.05, 'bfl'],
  );
  assert.ok(line.includes(`--base-url=${emulator.url}`), line);
});

test('saved as a recipe with its painted mask beside it, the command line runs it', async () => {
  const { workbench, folder, emulator } = scene;
  await press(await openHistory(), 'Save as Recipe');
  await workbench.page.locator('.tab[data-resource-name="boats.fill.json"]').waitFor();
  const args = ['run', 'boats.fill.json', '--dry-run', '--json', '--base-url', emulator.url];
  const env = { ...process.env, XDG_STATE_HOME: folder };
  const cli = join(root, 'dist', 'cli.js');
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], { cwd: folder, env });
  const said = JSON.parse(stdout) as { parameters: { prompt: string; seed: number }; price: number };
  assert.deepEqual(
    [said.parameters.prompt, said.parameters.seed, said.price],
    [`a sailor's hat & "$HOME"`, 4711, 0.05],
  );
  await eventually(async () => assert.ok((await readdir(folder)).includes('boats.fill.mask.png')));
});

test('compared, the result stands over its image; its settings and mask are taken again', async () => {
  const { workbench } = scene;
  await press(await openHistory(), 'Compare with the Image');
  let panel = await openPage(scene);
  await until('result', async () => (await panel.locator('.result-name').innerText()) === 'boats.fill-001.png');
  await panel.getByRole('button', { name: 'Close', exact: true }).click();
  await panel.getByRole('button', { name: 'Clear the mask' }).click();
  await panel.getByText('No mask yet').first().waitFor();
  await panel.getByRole('textbox', { name: 'Prompt' }).fill('something else');
  await panel.getByRole('spinbutton', { name: 'Seed' }).fill('1');
  await until(
    'prompt at the host',
    async () => (await panel.getByRole('textbox', { name: 'Prompt' }).inputValue()) !== '',
  );
  await press(await openHistory(), 'Prompt');
  panel = await openPage(scene);
  const prompt = panel.getByRole('textbox', { name: 'Prompt' });
  await until('prompt', async () => (await prompt.inputValue()).startsWith('a sailor'));
  await eventually(async () => assert.equal(await panel.getByRole('spinbutton', { name: 'Seed' }).inputValue(), '1'));
  await press(await openHistory(), 'All Settings and Mask');
  panel = await openPage(scene);
  await until('seed', async () => (await panel.getByRole('spinbutton', { name: 'Seed' }).inputValue()) === '4711');
  await until('mask', async () => /Mask \d/.test(await panel.locator('.share').innerText()));
  await workbench.picture('history-used');
  // The page of the panel was gone while the history was in front: the message waits for it.
  await press(await openHistory(), 'Mask');
  panel = await openPage(scene);
  await panel.locator('.notice', { hasText: 'It is the mask already.' }).waitFor();
});

test('made again after the price was agreed to; deleted, it is gone and its file stays', async () => {
  const { workbench, emulator } = scene;
  await press(await openHistory(), 'Make Again…');
  await eventually(async () =>
    assert.match(await workbench.dialog(), /Make this fill of boats\.jpg again\?[^]*about \$0\.05/),
  );
  await workbench.dialogButton('Cancel');
  assert.equal(emulator.accepted(), 1);
  await press(await openHistory(), 'Make Again…');
  await workbench.dialog();
  await workbench.dialogButton('Make Again');
  await untilResult(scene, 'boats.fill-002.png');
  await until('two fills', async () => (await done()).length === 2);
  assert.equal(emulator.accepted(), 2);
  const page = await openHistory();
  await page.getByText('2 fills', { exact: true }).waitFor();
  await press(page, 'Delete from History');
  await page.getByText('1 fill', { exact: true }).waitFor();
  await eventually(async () => assert.equal((await done()).length, 1));
  await eventually(async () => assert.deepEqual(await results(scene), ['boats.fill-001.png', 'boats.fill-002.png']));
});
