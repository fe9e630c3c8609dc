/** Images that come without a folder: judged first, then written where the person says, never over another file. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { FaultError } from '../../src/fill/faults.ts';
import { askMeaning, saveNewImage } from '../../src/host/new-image.ts';
import { memoryFiles } from './memory.ts';
import { test } from './suite.ts';

/** A PNG as far as its header goes. */
const png = (width: number, height: number): Uint8Array => {
  const bytes = Buffer.alloc(57);
  bytes.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.set([8, 2], 24);
  bytes.write('IDAT', 37, 'latin1');
  return new Uint8Array(bytes);
};

type Dialog = (options: vscode.SaveDialogOptions) => vscode.Uri | undefined;

/** Answers the save dialog instead of a person; gives what it was opened with. */
const answering = async (dialog: Dialog, body: () => Promise<void>): Promise<vscode.SaveDialogOptions[]> => {
  const asked: vscode.SaveDialogOptions[] = [];
  const usual = vscode.window.showSaveDialog;
  vscode.window.showSaveDialog = async (options = {}) => {
    asked.push(options);
    return dialog(options);
  };
  try {
    await body();
  } finally {
    vscode.window.showSaveDialog = usual;
  }
  return asked;
};

interface Place {
  readonly folder: vscode.Uri;
  readonly storage: string;
  readonly names: () => Promise<string[]>;
}

const on = (scheme: 'memory' | 'file', body: (place: Place) => Promise<void>) => async (): Promise<void> => {
  const home = await mkdtemp(join(tmpdir(), 'flux-fill-new-'));
  const memory = memoryFiles('flux-fill-new');
  try {
    const folder = scheme === 'memory' ? memory.folder : vscode.Uri.file(join(home, 'pictures'));
    await vscode.workspace.fs.createDirectory(folder);
    const names = async () => (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name).sort();
    await body({ folder, storage: join(home, 'storage'), names });
    assert.deepEqual(await readdir(join(home, 'storage')).catch(() => []), [], 'nothing is left in the storage');
  } finally {
    memory.dispose();
    await rm(home, { recursive: true, force: true });
  }
};

const given = { name: 'image from the clipboard', bytes: png(40, 30) };

for (const scheme of ['memory', 'file'] as const) {
  test(
    `${scheme}: a new image gets the name that was chosen, or one that is free beside it, and the ending of what it is`,
    on(scheme, async ({ folder, storage, names }) => {
      const at = (name: string): vscode.Uri => vscode.Uri.joinPath(folder, name);
      await vscode.workspace.fs.writeFile(at('Pasted.png'), Buffer.from('mine'));
      const saved: (vscode.Uri | undefined)[] = [];
      const asked = await answering(
        ({ defaultUri }) => defaultUri,
        async () => void saved.push(await saveNewImage(given, folder, storage)),
      );
      assert.equal(asked[0].defaultUri?.path, at('pasted-2.png').path, 'a free name is proposed');
      // The dialog of VS Code asks whether the file may be replaced; whatever is answered, it stays.
      await answering(
        () => at('Pasted.png'),
        async () => void saved.push(await saveNewImage(given, folder, storage)),
      );
      await answering(
        () => at('shot.jpg'),
        async () => void saved.push(await saveNewImage(given, folder, storage)),
      );
      assert.deepEqual(
        saved.map((uri) => uri?.path.split('/').pop()),
        ['pasted-2.png', 'Pasted-3.png', 'shot.jpg.png'],
      );
      assert.deepEqual(await names(), ['Pasted-3.png', 'Pasted.png', 'pasted-2.png', 'shot.jpg.png']);
      assert.equal(Buffer.from(await vscode.workspace.fs.readFile(at('Pasted.png'))).toString(), 'mine');
      assert.deepEqual(new Uint8Array(await vscode.workspace.fs.readFile(at('pasted-2.png'))), given.bytes);
    }),
  );

  test(
    `${scheme}: what is no image or a bomb is refused before anything is asked or written`,
    on(scheme, async ({ folder, storage, names }) => {
      const refused: string[] = [];
      const asked = await answering(
        () => vscode.Uri.joinPath(folder, 'a.png'),
        async () => {
          for (const bytes of [png(60_000, 60_000), Buffer.from('words'), new Uint8Array()])
            await saveNewImage({ name: 'x', bytes }, folder, storage).catch((error: unknown) => {
              refused.push(error instanceof FaultError ? error.fault.code : String(error));
            });
        },
      );
      assert.deepEqual(refused, ['image.tooLarge', 'image.notAnImage', 'image.empty']);
      assert.deepEqual([asked.length, await names()], [0, []]);
    }),
  );

  test(
    `${scheme}: a dialog that is closed writes nothing`,
    on(scheme, async ({ folder, storage, names }) => {
      await answering(
        () => undefined,
        async () => assert.equal(await saveNewImage(given, folder, storage), undefined),
      );
      assert.deepEqual(await names(), []);
    }),
  );
}

test('a folder that cannot be written is said, and nothing is left', async () => {
  const memory = memoryFiles('flux-fill-new-read-only', true);
  const storage = await mkdtemp(join(tmpdir(), 'flux-fill-new-'));
  try {
    await answering(
      () => vscode.Uri.joinPath(memory.folder, 'a.png'),
      async () => {
        await assert.rejects(saveNewImage(given, memory.folder, storage), (error: unknown) => {
          return error instanceof FaultError && error.fault.code.startsWith('save.');
        });
      },
    );
    assert.deepEqual(await readdir(storage), []);
  } finally {
    memory.dispose();
    await rm(storage, { recursive: true });
  }
});

test('what is pasted is offered as a mask first where it has the size or the shape of the image', async () => {
  const usual = vscode.window.showQuickPick;
  const offered: string[][] = [];
  const replaced = async (items: readonly vscode.QuickPickItem[]): Promise<vscode.QuickPickItem> => {
    offered.push(items.map(({ label }) => label));
    return items[0];
  };
  vscode.window.showQuickPick = replaced as unknown as typeof usual;
  try {
    const source = { name: 'boats.jpg', width: 1024, height: 819 };
    const canvas = { width: 1536, height: 819 };
    const meanings = [];
    for (const image of [source, canvas, { width: 512, height: 410 }, { width: 1024, height: 768 }])
      meanings.push(await askMeaning(image, source, canvas));
    assert.deepEqual(meanings, ['mask', 'mask', 'mask', 'image']);
    assert.deepEqual(offered[0], ['Use as Mask', 'New Image']);
    assert.deepEqual(offered[3], ['New Image', 'Use as Mask']);
  } finally {
    vscode.window.showQuickPick = usual;
  }
});
