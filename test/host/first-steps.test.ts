import assert from 'node:assert/strict';
import { homedir, hostname } from 'node:os';
import * as vscode from 'vscode';
import { commands } from '../../src/ids.ts';
import { worthHiding } from '../../src/services/redact.ts';
import { fluxFill } from './activation.test.ts';
import { eventually, until } from '../waiting.ts';
import { test } from './suite.ts';

const tabs = (): vscode.Tab[] => vscode.window.tabGroups.all.flatMap((group) => group.tabs);

test('Open Sample opens the panel on a copy of the sample, and no second one', async () => {
  await fluxFill().activate();
  await vscode.commands.executeCommand(commands.openSample);
  await vscode.commands.executeCommand(commands.openSample);
  const open = (): vscode.Tab[] => tabs().filter(({ label }) => label.endsWith('boats.jpg'));
  await eventually(() => assert.equal(open().length, 1));
  await vscode.window.tabGroups.close(open());
});

test('Report Issue shows facts without names of this machine, and sends nothing', async () => {
  await fluxFill().activate();
  // The question below the document waits for an answer that a test does not give.
  void vscode.commands.executeCommand(commands.reportIssue);
  const shown = (): vscode.TextDocument | undefined =>
    vscode.workspace.textDocuments.find((document) => document.isUntitled && document.getText().includes('## Facts'));
  await until('the report', () => shown() !== undefined);
  const text = shown()!.getText();
  assert.match(text, /- Flux Fill \d+\.\d+\.\d+\n/);
  assert.ok(text.includes(vscode.version) && text.includes(process.platform));
  assert.match(text, /- Services: bfl \((no )?key\)/);
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  for (const secret of worthHiding(hostname(), homedir(), ...folders)) assert.ok(!text.includes(secret), secret);
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
});
