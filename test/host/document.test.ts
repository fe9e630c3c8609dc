import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  baseMask,
  isMask,
  loadDocument,
  newDocument,
  paint,
  replaceMask,
  saveDocument,
  type Document,
} from '../../src/host/document.ts';
import { defaultsFrom } from '../../src/fill/defaults.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import type { MaskFile } from '../../src/protocol/messages.ts';
import { test } from './suite.ts';

const inFolder = (body: (folder: string) => Promise<void>) => async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'flux-fill-document-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const maskFile: MaskFile = { name: 'mask.png', channel: 'red', channels: ['luminance', 'red', 'blue'], at: 0 };

/** Told apart without assert's own comparison, whose account of two unequal masks takes all memory. */
const isSame = (loaded: Document | undefined, document: Document): void =>
  assert.ok(isDeepStrictEqual(loaded, document), 'the document is another');
const isNone = (loaded: Document | undefined, why?: string): void => assert.ok(loaded === undefined, why);

/** 700 × 300: tiles at both edges jut out, and some are empty. */
const painted = (): Document => {
  const document = newDocument(
    'file:///pictures/photo.jpg',
    { width: 700, height: 300 },
    defaultsFrom(() => undefined),
  );
  const mask = { width: 700, height: 300, data: new Uint8Array(700 * 300) };
  for (let x = 0; x < 200; x++) mask.data[(x % 300) * 700 + 690 - x] = 1 + (x % 255);
  document.maskUris = ['file:///pictures/mask.png'];
  replaceMask(document, 'file', maskFile, mask, initialMaskSettings.file);
  document.parameters = { ...document.parameters, prompt: 'a boat “at sea”', seed: 7 };
  document.window = { kind: 'rect', rect: { x: 1, y: 2, width: 300, height: 200 } };
  document.jobs = ['0123456789ab'];
  return document;
};

test(
  'a document is read as it was saved, its mask pixel for pixel',
  inFolder(async (folder) => {
    const document = painted();
    await saveDocument(folder, document);
    const loaded = await loadDocument(folder, document.id);
    isSame(loaded, document);
    assert.ok(loaded);
    assert.deepEqual([loaded.maskKind, loaded.maskFile], ['file', maskFile]);
    assert.ok(isDeepStrictEqual(baseMask(loaded), baseMask(document)));
    assert.equal(baseMask(loaded).data.filter((value) => value > 0).length, 200);
  }),
);

test('undo in the page brings the file of a mask back; what is painted has none', () => {
  const document = painted();
  const { generation } = document;
  paint(document, { revision: 5, generation, kind: 'painted', file: maskFile, steps: [], tiles: [] });
  assert.equal(document.maskFile, null);
  paint(document, { revision: 6, generation, kind: 'file', file: maskFile, steps: [], tiles: [] });
  assert.deepEqual([document.maskKind, document.maskFile], ['file', maskFile]);
  assert.ok(isMask(document, 'file', { ...maskFile, channels: [] }, baseMask(document)));
  assert.ok(!isMask(document, 'file', { ...maskFile, channel: 'blue' }, baseMask(document)));
});

test(
  'a later save replaces an earlier one, whose file goes once nobody can be reading it any more',
  inFolder(async (folder) => {
    const document = painted();
    await saveDocument(folder, document);
    replaceMask(document, 'painted', null, null, initialMaskSettings.painted);
    await saveDocument(folder, document);
    isSame(await loadDocument(folder, document.id), document);
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const name of await readdir(folder)) await utimes(join(folder, name), longAgo, longAgo);
    await saveDocument(folder, document);
    assert.deepEqual((await readdir(folder)).map((name) => extname(name)).sort(), ['.edits', '.json', '.mask']);
    isSame(await loadDocument(folder, document.id), document);
  }),
);

test(
  'a document that is not there, or whose description or mask is damaged, is none',
  inFolder(async (folder) => {
    const document = painted();
    isNone(await loadDocument(folder, document.id));
    await saveDocument(folder, document);
    for (const name of (await readdir(folder)).filter((each) => !each.endsWith('.edits'))) {
      const file = join(folder, name);
      const whole = await readFile(file);
      for (const damaged of [whole.subarray(0, whole.length / 2), Buffer.from('{"version":1}'), Buffer.alloc(0)]) {
        await writeFile(file, damaged);
        isNone(await loadDocument(folder, document.id), name);
      }
      await writeFile(file, whole);
      isSame(await loadDocument(folder, document.id), document);
    }
  }),
);
