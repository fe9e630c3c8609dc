import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands, extensionId, section, settings } from '../../src/ids.ts';
import { test } from './suite.ts';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when: string }[]>>;
  };
}

export function fluxFill(): vscode.Extension<unknown> {
  const extension = vscode.extensions.getExtension(extensionId);
  assert(extension, 'the extension is there');
  return extension;
}

test('the extension activates', async () => {
  await fluxFill().activate();
  assert.equal(fluxFill().isActive, true);
});

test('every command of the table is registered', async () => {
  await fluxFill().activate();
  const registered = await vscode.commands.getCommands(true);
  assert.deepEqual(
    Object.values(commands).filter((id) => !registered.includes(id)),
    [],
  );
});

test('no command is registered that the table does not know', async () => {
  await fluxFill().activate();
  const ours = (await vscode.commands.getCommands(true)).filter((id) => /^fluxFill\.(?!panel\.|fills\.)/.test(id));
  assert.deepEqual(ours.sort(), Object.values(commands).sort());
});

test('the manifest VS Code read holds the same commands, with titles in plain words', () => {
  const contributed = (fluxFill().packageJSON as Manifest).contributes.commands;
  assert.deepEqual(contributed.map(({ command }) => command).sort(), Object.values(commands).sort());
  for (const { title } of contributed) assert.doesNotMatch(title, /%/);
});

test('the menus are shown on the images we take, and on no other file', () => {
  const { menus } = (fluxFill().packageJSON as Manifest).contributes;
  for (const place of ['explorer/context', 'editor/title']) {
    const entry = menus[place].find(({ command }) => command === commands.inpaint);
    const [, pattern, flags] = /resourceExtname =~ \/(.+)\/(\w*)$/.exec(entry!.when) ?? [];
    const extension = new RegExp(pattern, flags);
    assert.deepEqual(
      ['.png', '.JPG', '.jpeg', '.WebP', '.gif', '.apng', '.png2', 'png', '', '.xpng'].filter((name) =>
        extension.test(name),
      ),
      ['.png', '.JPG', '.jpeg', '.WebP', '.gif'],
      place,
    );
  }
});

test('every setting has a default', () => {
  const configuration = vscode.workspace.getConfiguration(section);
  for (const name of Object.values(settings)) {
    assert.notEqual(configuration.inspect(name)?.defaultValue, undefined, name);
  }
});
