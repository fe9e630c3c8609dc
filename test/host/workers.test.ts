/** The built worker threads, in the Node of the extension host. */
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { synthesiseInWorker } from '../../src/practice/thread.ts';
import { createEngine } from '../../src/raster/threads.ts';
import { fluxFill } from './activation.test.ts';
import { test } from './suite.ts';

/** 16 × 16 pixels of one colour with alpha 200, the first of them transparent. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAHElEQVQ4y2M4ceIEwwkKAEWaRw0YNWDUgMFkAAA5uh9mnPtHkgAAAABJRU5ErkJggg==',
  'base64',
);

const worker = (name: string): URL => pathToFileURL(`${fluxFill().extensionPath}/dist/${name}.cjs`);

test('the raster worker decodes', async () => {
  const engine = createEngine({ workerUrl: worker('raster') });
  const mask = await engine.maskFromAlpha({ name: 'a.png', bytes: png });
  await engine.dispose();
  const data = new Uint8Array(256).fill(55);
  data[0] = 255;
  assert.deepEqual(mask, { ok: true, value: { width: 16, height: 16, data } });
});

test('the practice worker fills', async () => {
  const made = Buffer.from(await synthesiseInWorker(worker('practice'))({ image: png, seed: 1 }));
  assert.equal(made.subarray(1, 4).toString(), 'PNG');
  assert.deepEqual([made.readUInt32BE(16), made.readUInt32BE(20)], [16, 16]);
});
