import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { initialParameters } from '../../src/fill/parameters.ts';
import { initialMaskSettings, recordVersion, type Fill } from '../../src/fill/record.ts';
import { createPlace, hashBytes } from '../../src/host/place.ts';
import { memoryFiles } from './memory.ts';
import { test } from './suite.ts';

const place = createPlace();
const text = 'the pixels of the source';
const made = Buffer.from('the finished file');
const temporary = '.flux-fill-job.tmp';

const fillOf = async (source: vscode.Uri): Promise<Fill> => ({
  version: recordVersion,
  id: '0123456789ab',
  createdAt: '2026-01-01T00:00:00.000Z',
  source: {
    uri: source.toString(),
    name: 'photo.jpg',
    width: 4,
    height: 4,
    bytes: text.length,
    sha256: await hashBytes(new Uint8Array(Buffer.from(text))),
  },
  mask: { kind: 'painted', settings: initialMaskSettings.painted },
  service: { id: 'practice', baseUrl: '' },
  parameters: initialParameters,
  plan: {
    window: { x: 0, y: 0, width: 4, height: 4 },
    scaled: { width: 4, height: 4 },
    sent: { width: 4, height: 4 },
    scale: 1,
  },
  price: 0,
  save: { as: 'png', opaque: false, tone: true, note: true },
});

interface Scene {
  readonly fill: Fill;
  readonly folder: vscode.Uri;
  /** The finished file on this machine, waiting to be put. */
  readonly file: string;
  readonly names: () => Promise<string[]>;
}

/** A source on a file system of its own, and a finished file. */
const on = (scheme: 'memory' | 'file', body: (scene: Scene) => Promise<void>) => async (): Promise<void> => {
  const home = await mkdtemp(join(tmpdir(), 'flux-fill-place-'));
  const memory = memoryFiles('flux-fill-memory');
  try {
    const file = join(home, 'finished');
    await writeFile(file, made);
    const folder = scheme === 'memory' ? memory.folder : vscode.Uri.file(join(home, 'pictures'));
    const source = vscode.Uri.joinPath(folder, 'photo.jpg');
    await vscode.workspace.fs.writeFile(source, Buffer.from(text));
    const names = async () => (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name).sort();
    await body({ fill: await fillOf(source), folder, file, names });
  } finally {
    memory.dispose();
    await rm(home, { recursive: true, force: true });
  }
};

for (const scheme of ['memory', 'file'] as const) {
  test(
    `${scheme}: a result is put once under its name, and the second finds the name taken`,
    on(scheme, async ({ fill, folder, file, names }) => {
      const name = await place.name(fill, '.png');
      assert.deepEqual(name, { ok: true, value: 'photo.fill-001.png' });
      const uri = vscode.Uri.joinPath(folder, 'photo.fill-001.png');
      assert.deepEqual(await place.put(fill, file, temporary, 'photo.fill-001.png'), {
        ok: true,
        value: { uri: uri.toString() },
      });
      await writeFile(file, 'another file');
      assert.deepEqual(await place.put(fill, file, temporary, 'photo.fill-001.png'), { ok: true, value: 'taken' });
      assert.equal(Buffer.from(await vscode.workspace.fs.readFile(uri)).toString(), made.toString());
      assert.deepEqual(await place.name(fill, '.png'), { ok: true, value: 'photo.fill-002.png' });
      await place.discard(fill, temporary);
      assert.deepEqual(await names(), ['photo.fill-001.png', 'photo.jpg']);
    }),
  );

  test(
    `${scheme}: a result is found by its name and hash only`,
    on(scheme, async ({ fill, folder, file }) => {
      await place.put(fill, file, temporary, 'photo.fill-001.png');
      const hash = await hashBytes(new Uint8Array(made));
      const uri = vscode.Uri.joinPath(folder, 'photo.fill-001.png').toString();
      assert.equal(await place.find(fill, 'photo.fill-001.png', hash), uri);
      assert.equal(await place.find(fill, 'photo.fill-001.png', hash.replace(/^./, 'x')), undefined);
      assert.equal(await place.find(fill, 'photo.fill-002.png', hash), undefined);
    }),
  );

  test(
    `${scheme}: what a run that died left is removed, and nothing else`,
    on(scheme, async ({ fill, folder, names }) => {
      await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, temporary), made);
      await place.discard(fill, temporary);
      await place.discard(fill, temporary);
      assert.deepEqual(await names(), ['photo.jpg']);
    }),
  );

  test(
    `${scheme}: a source that changed or went is told from one that is as it was`,
    on(scheme, async ({ fill }) => {
      const source = vscode.Uri.parse(fill.source.uri);
      assert.equal(await place.sourceState(fill), undefined);
      await vscode.workspace.fs.writeFile(source, Buffer.from(text.toUpperCase()));
      assert.equal((await place.sourceState(fill))?.code, 'source.changed');
      await vscode.workspace.fs.delete(source);
      assert.equal((await place.sourceState(fill))?.code, 'source.gone');
    }),
  );

  test(
    `${scheme}: a folder that can be written is left as it was`,
    on(scheme, async ({ fill, names }) => {
      assert.equal((await place.check(vscode.Uri.parse(fill.source.uri))).ok, true);
      assert.deepEqual(await names(), ['photo.jpg']);
    }),
  );
}

test(
  'a folder that is gone is told before anything is spent',
  on('file', async ({ folder }) => {
    const checked = await place.check(vscode.Uri.joinPath(folder, 'gone', 'photo.jpg'));
    assert.equal(checked.ok ? 'written' : checked.fault.code, 'save.noFolder');
  }),
);

test('a read-only file system is told before anything is spent', async () => {
  const memory = memoryFiles('flux-fill-read-only', true);
  try {
    const checked = await place.check(memory.seed('photo.jpg', text));
    assert.equal(checked.ok ? 'written' : checked.fault.code, 'save.readOnly');
  } finally {
    memory.dispose();
  }
});
