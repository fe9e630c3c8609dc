/** A whole fill of an image on a file system in memory, by panel and commands and by an agent's tool: nothing of it is on a disk. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands, panelViewType, section, settings } from '../../src/ids.ts';
import { readNote } from '../../src/raster/note.ts';
import { fluxFill } from './activation.test.ts';
import { marked, rectangle, refusalOf, slope } from './agent-calls.ts';
import { invoke, withTool } from './agent-tool.ts';
import { memoryFiles } from './memory.ts';
import { until } from '../waiting.ts';
import { test } from './suite.ts';

type Memory = ReturnType<typeof memoryFiles>;

/** An image with its mask, and a result of earlier under the first free name. */
const withPictures = async (
  scheme: string,
  body: (memory: Memory, photo: vscode.Uri) => Promise<void>,
): Promise<void> => {
  await fluxFill().activate();
  const memory = memoryFiles(scheme);
  try {
    const photo = memory.seed('photo.png', slope());
    memory.seed('photo.mask.png', marked());
    memory.seed('photo.fill-001.png', 'of earlier');
    await body(memory, photo);
  } finally {
    memory.dispose();
  }
};

const read = async (memory: Memory, name: string): Promise<Uint8Array> =>
  new Uint8Array(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(memory.folder, name)));

const names = async ({ folder }: Memory): Promise<string[]> =>
  (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name).sort();

/** The second result, made by a rename that may not overwrite; what stood there before is as it was. */
const checkFilled = async (memory: Memory): Promise<void> => {
  assert.deepEqual(await names(memory), ['photo.fill-001.png', 'photo.fill-002.png', 'photo.mask.png', 'photo.png']);
  const note = readNote(await read(memory, 'photo.fill-002.png'));
  assert.equal(note?.service.id, 'practice');
  assert.ok(Buffer.from(await read(memory, 'photo.png')).equals(Buffer.from(slope())));
  assert.equal(Buffer.from(await read(memory, 'photo.fill-001.png')).toString(), 'of earlier');
  const made = memory.acts.filter(({ name }) => name.startsWith('photo.'));
  assert.deepEqual(made, [{ act: 'rename', name: 'photo.fill-002.png', overwrite: false }]);
};

test('a fill by commands and panel, of a file system in memory', async () => {
  await withPictures('cloudpanel', async (memory, photo) => {
    const service = (value: unknown) =>
      vscode.workspace
        .getConfiguration(section)
        .update(settings.defaultService, value, vscode.ConfigurationTarget.Global);
    await service('practice');
    try {
      const mask = vscode.Uri.joinPath(memory.folder, 'photo.mask.png');
      await vscode.commands.executeCommand(commands.inpaint, photo, [photo, mask]);
      // The page takes a command once it stands; that the folder can be written is tried first of all.
      await until('a first act', async () => {
        await vscode.commands.executeCommand(commands.generate);
        return memory.acts.length > 0;
      });
      await until('the result', async () => (await names(memory)).includes('photo.fill-002.png'));
      await checkFilled(memory);
    } finally {
      const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
      const isOurs = ({ input }: vscode.Tab): boolean =>
        input instanceof vscode.TabInputWebview && input.viewType.endsWith(panelViewType);
      await vscode.window.tabGroups.close(tabs.filter(isOurs));
      await service(undefined);
    }
  });
});

test('a fill by the tool for agents, of a folder in memory and nowhere else', async () => {
  await withPictures('cloudagent', async (memory) => {
    const folders = [{ uri: memory.folder, name: 'pictures', index: 0 }];
    await withTool(
      async (tool, { name }) => {
        const input = { image: 'photo.png', prompt: 'grass', service: 'practice' };
        const told = await invoke(tool, { ...input, mask: 'photo.mask.png' });
        assert.equal(told.saved, vscode.Uri.joinPath(memory.folder, 'photo.fill-002.png').toString(true));
        assert.deepEqual(told.changedSamples, { outsideMask: 0, outsideEffectiveMask: 0 });
        await checkFilled(memory);
        const outside = { ...input, image: name('a.png'), rectangle };
        assert.match(await refusalOf(invoke(tool, outside)), /no file|outside the workspace/);
      },
      { folders: () => folders },
    );
  });
});
