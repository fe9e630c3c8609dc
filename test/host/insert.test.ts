/** Images inserted into texts: where the cursor was, in the form of the language, by the way from the document. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/ids.ts';
import { fluxFill } from './activation.test.ts';
import { until } from '../waiting.ts';
import { test } from './suite.ts';

const write = (uri: vscode.Uri, text: string): Thenable<void> => vscode.workspace.fs.writeFile(uri, Buffer.from(text));

const inFolder = (body: (folder: vscode.Uri) => Promise<void>) => async (): Promise<void> => {
  await fluxFill().activate();
  const home = await mkdtemp(join(tmpdir(), 'flux-fill-insert-'));
  try {
    await body(vscode.Uri.file(home));
  } finally {
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(home, { recursive: true, force: true });
  }
};

const at = (line: number, character: number): vscode.Selection =>
  new vscode.Selection(line, character, line, character);

test(
  'Markdown at the cursor of the text that a panel covers; its words are selected',
  inFolder(async (folder) => {
    const image = vscode.Uri.joinPath(folder, 'my images', 'hero [1].fill-001.png');
    await write(image, 'no picture, so its name says what it is');
    const file = vscode.Uri.joinPath(folder, 'docs', 'guide.md');
    await write(file, 'one\ntwo three\n');
    const editor = await vscode.window.showTextDocument(file);
    editor.selection = at(1, 4);
    await vscode.commands.executeCommand(commands.openSample);
    await until('the panel in front', () => vscode.window.activeTextEditor === undefined);
    await vscode.commands.executeCommand(commands.insertImage, image);
    const after = vscode.window.activeTextEditor!;
    assert.equal(
      after.document.getText(),
      String.raw`one
two ![hero [1]](../my%20images/hero%20%5B1%5D.fill-001.png)three
`,
    );
    assert.equal(after.document.getText(after.selection), 'hero [1]');
  }),
);

test(
  'HTML in a page; a text without a file names it from the workspace',
  inFolder(async (folder) => {
    const image = vscode.Uri.joinPath(folder, 'a "b" & c.png');
    await write(image, '');
    const page = vscode.Uri.joinPath(folder, 'index.html');
    await write(page, '<p></p>');
    const editor = await vscode.window.showTextDocument(page);
    editor.selection = at(0, 3);
    await vscode.commands.executeCommand(commands.insertImage, image);
    assert.equal(
      editor.document.getText(),
      '<p><img src="a%20%22b%22%20%26%20c.png" alt="a &quot;b&quot; &amp; c"></p>',
    );
    const [root] = vscode.workspace.workspaceFolders!;
    const there = vscode.Uri.joinPath(root.uri, 'pictures', 'boats.png');
    await write(there, '');
    const untitled = await vscode.workspace.openTextDocument({ language: 'markdown', content: '' });
    await vscode.window.showTextDocument(untitled);
    await vscode.commands.executeCommand(commands.insertImage, there);
    assert.equal(untitled.getText(), '![boats](pictures/boats.png)');
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }),
);

test(
  'where no text is open, the path is on the clipboard',
  inFolder(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const [root] = vscode.workspace.workspaceFolders!;
    const image = vscode.Uri.joinPath(root.uri, 'pictures', 'boats.png');
    await write(image, '');
    await vscode.commands.executeCommand(commands.insertImage, image);
    assert.equal(await vscode.env.clipboard.readText(), 'pictures/boats.png');
  }),
);
