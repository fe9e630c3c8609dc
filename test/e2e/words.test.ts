/** The extension in languages that are not English: a made-up one that finds what is not translated, and German. */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { pseudo, pseudoTable } from '../l10n/pseudo.ts';
import { isUntranslated, untranslated } from '../l10n/seen.ts';
import { root } from '../vscode/places.ts';
import { eventually, until } from '../waiting.ts';
import { openPage, openScene, paint, pictureOfFailure, untilResult, type Scene } from './scene.ts';

let scene: Scene | undefined;
afterEach(async (context) => {
  await pictureOfFailure(scene, context);
  await scene?.close();
  scene = undefined;
});

const tableOf = async (name: string): Promise<Record<string, string>> =>
  JSON.parse(await readFile(join(root, name), 'utf8')) as Record<string, string>;

/** The extension as it would be with a translation into the made-up language. */
const inPseudo = async (folder: string): Promise<string> => {
  for (const part of ['package.json', 'package.nls.json', 'dist', 'l10n', 'media'])
    await cp(join(root, part), join(folder, part), { recursive: true });
  const write = async (name: string, from: string): Promise<void> =>
    writeFile(join(folder, name), JSON.stringify(pseudoTable(await tableOf(from))));
  await mkdir(join(folder, 'l10n'), { recursive: true });
  await write('package.nls.qps-ploc.json', 'package.nls.json');
  await write('l10n/bundle.l10n.qps-ploc.json', 'l10n/bundle.l10n.json');
  return folder;
};

test('menus, panel, dialogs, picks and messages say nothing that a translator did not see', async (context) => {
  const home = await mkdtemp(join(tmpdir(), 'flux-fill-words-'));
  context.after(() => rm(home, { recursive: true, force: true }));
  scene = await openScene({ language: 'qps-ploc', extension: await inPseudo(join(home, 'extension')) });
  const { workbench } = scene;
  const { page: window } = workbench;
  const titles = pseudoTable(await tableOf('package.nls.json'));
  const command = (key: string): Promise<void> => workbench.command(`Flux Fill: ${titles[`command.${key}`]}`);
  const widget = window.locator('.quick-input-widget');
  const translated = async (what: string): Promise<void> => {
    await eventually(async () => {
      const texts = await widget.locator('.quick-input-title, .monaco-list-row, .quick-input-message').allInnerTexts();
      assert.ok(texts.length > 0, what);
      assert.deepEqual(texts.filter(isUntranslated), [], what);
    });
  };

  await workbench.explorerMenu(['boats.jpg'], titles['command.inpaint']);
  const page = await openPage(scene);
  await eventually(async () => assert.deepEqual(await untranslated(page), [], 'empty'));
  await paint(scene, page);
  await page.locator('.generate:not([disabled])').click();
  await window.locator('.monaco-dialog-box').waitFor();
  const dialog = window.locator('.monaco-dialog-box');
  /** What the workbench itself says is English. */
  const english = async (parts: string): Promise<string[]> =>
    (await dialog.locator(parts).allInnerTexts())
      .flatMap((text) => text.split('\n'))
      .filter((text) => isUntranslated(text) && text !== 'Cancel');
  await eventually(async () => assert.deepEqual(await english('.dialog-message, .monaco-button'), [], 'dialog'));
  await workbench.dialogButton(pseudo('Practise Without a Key'));
  await untilResult(scene, 'boats.fill-001.png');
  await page.locator('.result-bar').waitFor();
  await eventually(async () => assert.deepEqual(await untranslated(page), [], 'result'));
  await workbench.picture('words-pseudo');

  await command('chooseService');
  await widget.locator('.quick-input-title').waitFor();
  await translated('services');
  await window.keyboard.press('Escape');
  await command('showSpending');
  await widget.locator('.quick-input-title').waitFor();
  await translated('spending');
  await window.keyboard.press('Escape');
  await command('setApiKey');
  await widget.locator('.quick-input-title').waitFor();
  await translated('key');
  await window.keyboard.press('Escape');

  await workbench.explorerMenu(['not-an-image.png'], titles['command.inpaint']);
  await until('translated message', async () =>
    (await workbench.notifications()).some((text) => text.startsWith('⟦') && text.includes('not-an-image.png')),
  );

  await workbench.closeAll();
  await workbench.explorerMenu(['alps.png', 'sprite.png'], titles['command.inpaint']);
  await widget.locator('.quick-input-title').waitFor();
  await translated('several images');
  await workbench.quickPick(pseudo('Batch of {count} Images…').replace('{count}', '2'));
  await widget.locator('.quick-input-title', { hasText: pseudo('Batch: what may change?') }).waitFor();
  await translated('rules of a batch');
  await workbench.quickPick(pseudo('Alpha Channel of Each Image'));
  await widget
    .locator('.quick-input-title', { hasText: pseudo('Batch: what should be there, in all images?') })
    .waitFor();
  await window.keyboard.press('Enter');
  await dialog.waitFor();
  await workbench.dialogButton(pseudo('Practise Without a Key'));
  await dialog.locator('.monaco-button', { hasText: pseudo('Show the Plan') }).waitFor();
  const question = '.dialog-message, .dialog-message-detail, .monaco-button';
  await eventually(async () => assert.deepEqual(await english(question), [], 'question before a batch'));
  await dialog
    .locator('.monaco-button', { hasText: /^⟦[^⟧]*1/ })
    .first()
    .click();
  const show = pseudo('Show Report');
  await until('end of the batch', async () =>
    (await workbench.notifications()).some((text) => text.startsWith(pseudo('The batch has ended').slice(0, 20))),
  );
  await workbench.notificationButton(pseudo('The batch has ended').slice(0, 20), show);
  const report = await workbench.webview('h1:has-text("⟦")');
  await report.locator('td', { hasText: 'sprite.fill-001.png' }).waitFor();
  await eventually(async () =>
    assert.deepEqual(
      (await report.locator('.markdown-body').locator('h1, h2, p, th, td, li').allInnerTexts()).filter(isUntranslated),
      [],
      'report of a batch',
    ),
  );
  await workbench.picture('words-pseudo-report');
});

test('in German, commands, panel and messages are German', async () => {
  scene = await openScene({ language: 'de' });
  const { workbench } = scene;
  const titles = await tableOf('package.nls.de.json');
  const bundle = await tableOf('l10n/bundle.l10n.de.json');
  await workbench.explorerMenu(['boats.jpg'], titles['command.inpaint']);
  const page = await openPage(scene);
  await page.getByText(bundle['From File…'], { exact: true }).waitFor();
  await paint(scene, page);
  await workbench.picture('words-de');
  await page.locator('.generate:not([disabled])').click();
  await until('dialog', async () => (await workbench.dialog()).includes('Noch kein API-Schlüssel für'));
  await workbench.dialogButton(bundle['Practise Without a Key']);
  await untilResult(scene, 'boats.fill-001.png');
  await page.getByText(bundle['0 samples changed outside the mask']).first().waitFor();
});
