/** Tools for agents in the real workbench: what the person is asked, and that a folder nobody trusts gets nothing done. */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { tools } from '../../src/ids.ts';
import { root } from '../vscode/places.ts';
import { eventually, until } from '../waiting.ts';
import { openPage, openScene, pictureOfFailure, setKey, type Scene } from './scene.ts';

interface Told {
  readonly trusted: boolean;
  readonly outcomes: readonly { readonly text?: string; readonly refused?: string }[];
}

let scene: Scene;
let home: string;
let caller: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'flux-fill-agent-'));
  caller = join(home, 'extensions', 'flux-fill.caller-1.0.0');
  await mkdir(join(home, 'extensions'), { recursive: true });
  await cp(join(root, 'test', 'e2e', 'caller'), caller, { recursive: true });
  scene = await openScene({
    dataFolder: home,
    userSettings: {
      'security.workspace.trust.enabled': true,
      'security.workspace.trust.startupPrompt': 'never',
      'security.workspace.trust.banner': 'never',
    },
  });
});
after(async () => {
  await scene?.close();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});
afterEach((context) => pictureOfFailure(scene, context));

const begin = async (calls: readonly { readonly tool: string; readonly input: object }[]): Promise<void> => {
  await rm(join(caller, 'told.json'), { force: true });
  await writeFile(join(caller, 'asked.json'), JSON.stringify(calls));
  await scene.workbench.command('Call the Tools');
};

const told = async (): Promise<Told> => {
  let text: string | undefined;
  await until('outcome of the calls', async () => {
    text = await readFile(join(caller, 'told.json'), 'utf8').catch(() => undefined);
    return text !== undefined;
  });
  return JSON.parse(text!) as Told;
};

const rectangle = { x: 200, y: 150, width: 120, height: 90 };
const fill = { tool: tools.fill, input: { image: 'alps.png', rectangle, prompt: 'a lake' } };

test('in Restricted Mode the tools refuse whoever calls them, no recipe is run, and nothing of the folder counts', async () => {
  const { workbench, folder, emulator } = scene;
  await mkdir(join(folder, '.vscode'));
  await writeFile(
    join(folder, '.vscode', 'settings.json'),
    JSON.stringify({ 'fluxFill.defaults.prompt': 'of the folder' }),
  );
  await workbench.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
  const before = (await readdir(folder)).sort();
  await begin([fill, { ...fill, tool: tools.plan }, { ...fill, input: { ...fill.input, service: 'practice' } }]);
  // VS Code leaves the tools out of its own chat by their condition; to other extensions it names them all the same.
  const { trusted, outcomes } = await told();
  assert.equal(trusted, false);
  for (const { refused } of outcomes) assert.match(refused ?? '', /Restricted Mode/);

  const source = { file: 'alps.png', sha256: '0'.repeat(64) };
  const recipe = { version: 1, source, mask: { kind: 'alpha' }, parameters: { prompt: 'a lake' } };
  await writeFile(join(folder, 'alps.fill.json'), JSON.stringify(recipe));
  await workbench.explorerMenu(['alps.fill.json'], 'Flux Fill: Run Recipe');
  await until('word of the restriction', async () =>
    (await workbench.notifications()).some((text) => text.includes('Recipes are not run in Restricted Mode.')),
  );
  await rm(join(folder, 'alps.fill.json'));

  // A person's own fill is theirs to make; what the folder says of it does not count.
  await workbench.explorerMenu(['sprite.png'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await eventually(async () => assert.equal(await page.locator('textarea').first().inputValue(), ''));
  await workbench.closeAll();
  await eventually(async () => assert.deepEqual((await readdir(folder)).sort(), before));
  assert.deepEqual(emulator.log, []);
});

test('once trusted, the person is asked with image, region, service and price', async () => {
  const { workbench, folder, emulator } = scene;
  const { page } = workbench;
  await workbench.command('Workspaces: Manage Workspace Trust');
  await page
    .locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ })
    .first()
    .click();
  await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor({ state: 'hidden' });
  await workbench.closeAll();
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const panel = await openPage(scene);
  await until(
    'prompt of the folder',
    async () => (await panel.locator('textarea').first().inputValue()) === 'of the folder',
  );
  await setKey(scene);

  await begin([fill]);
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.waitFor();
  await workbench.picture('agent-confirmation');
  const text = (await workbench.dialog()).replaceAll('\u00a0', ' ');
  for (const part of [
    'Fill a part of alps.png?',
    'Image: alps.png',
    '120 × 90 pixels at 200, 150',
    'Service: Black Forest Labs',
    'Price: $0.05',
    'Agents may spend $2.00 on a day; $2.00 is left for today.',
    'Prompt: a lake',
  ])
    assert.ok(text.includes(part), `${part} is not in: ${text}`);
  const submits = (): number => emulator.log.filter(({ method }) => method === 'POST').length;
  await workbench.dialogButton('Cancel');
  const { outcomes: cancelled } = await told();
  assert.notEqual(cancelled[0].refused, undefined);
  assert.equal(submits(), 0);

  await begin([fill]);
  await dialog.waitFor();
  await dialog.locator('.monaco-button', { hasText: /^(Yes|OK)$/ }).click();
  const { trusted, outcomes } = await told();
  assert.equal(trusted, true);
  assert.match(outcomes[0].text ?? JSON.stringify(outcomes), /alps\.fill-001\.png/);
  assert.equal(submits(), 1);
  await eventually(async () => assert.ok((await readdir(folder)).includes('alps.fill-001.png')));

  await begin([fill]);
  await dialog.waitFor();
  await eventually(async () =>
    assert.match((await workbench.dialog()).replaceAll('\u00a0', ' '), /\$1\.95 is left for today/),
  );
  await workbench.dialogButton('Cancel');
  await told();
});
