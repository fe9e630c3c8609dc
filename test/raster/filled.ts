import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import sharp from 'sharp';
import { initialParameters } from '../../src/fill/parameters.ts';
import { planWindow } from '../../src/fill/plan.ts';
import { recordVersion, type Fill, type SaveChoice } from '../../src/fill/record.ts';
import { emptyMask } from '../../src/mask/mask.ts';
import { fillRectangle } from '../../src/mask/strokes.ts';
import type { Finished } from '../../src/raster/engine.ts';
import { readHeader } from '../../src/raster/header.ts';
import { createEngine } from '../../src/raster/threads.ts';

const engine = createEngine({ workerUrl: new URL('../../src/raster/worker.ts', import.meta.url) });
export const folder = await mkdtemp(join(tmpdir(), 'flux-fill-formats-'));
after(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

const none = { grow: 0, feather: 0, invert: false, fillHoles: false };

export interface Filled extends Finished {
  readonly path: string;
  readonly saved: Buffer;
  readonly note: Fill;
  readonly mask: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

let count = 0;

/** One fill of a rectangle through the engine, without a service: what comes back is noise, or a flat colour. */
export const filled = async (
  source: Buffer,
  as: SaveChoice,
  colour = 'noise',
  prompt = 'a “cat” & <dog> 🐈\nsecond line',
): Promise<Filled> => {
  const header = readHeader(source, 'source');
  assert.ok(header.ok, JSON.stringify(header));
  const { width, height } = header.value;
  const base = emptyMask(width, height);
  const mask = {
    x: Math.floor(width / 4),
    y: Math.floor(height / 3),
    width: Math.ceil(width / 3),
    height: Math.ceil(height / 4),
  };
  fillRectangle(base, mask, 'paint');
  const plan = planWindow(base, mask);
  const data = Buffer.from(
    Uint8Array.from({ length: plan.sent.width * plan.sent.height * 3 }, (_, at) => (at * 2_654_435_761) >>> 24),
  );
  const bytes =
    colour === 'noise'
      ? await sharp(data, { raw: { ...plan.sent, channels: 3 } })
          .png()
          .toBuffer()
      : await sharp({ create: { ...plan.sent, channels: 3, background: colour } })
          .png()
          .toBuffer();
  count += 1;
  const out = join(folder, `out-${count}`);
  const note: Fill = {
    version: recordVersion,
    id: '0123456789abcdefghi',
    createdAt: '2026-11-21T08:00:00.000Z',
    source: { uri: 'file:///secret/place/s', name: 's', width, height, bytes: source.length, sha256: 'ab'.repeat(32) },
    mask: { kind: 'rectangle', settings: none },
    service: { id: 'bfl', baseUrl: 'https://api.bfl.ai' },
    parameters: { ...initialParameters, prompt },
    plan,
    price: 0.05,
    save: { as, opaque: false, tone: true, note: true, out: { path: '/secret/place/o', overwrite: true } },
  };
  const made = await engine.finish({
    source: { name: 'source', bytes: source },
    base,
    settings: none,
    fromAlpha: false,
    plan,
    result: { name: 'result', bytes },
    as,
    opaque: false,
    out,
    note,
  });
  assert.ok(made.ok, JSON.stringify(made));
  // Noise is another picture, and said to be one: that is not what these tests are about.
  const warnings = made.value.warnings.filter(({ code }) => code !== 'result.otherPicture');
  return { ...made.value, warnings, path: out, saved: await readFile(out), note, mask };
};

/** Samples outside and inside the mask that differ, by sharp's decoding of both, upright and at 16 bits. */
export const differing = async (source: Buffer, { saved, mask }: Filled) => {
  const raw = async (input: Buffer, options = {}) =>
    sharp(input, options).autoOrient().raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  const [before, now] = [await raw(source), await raw(saved)];
  assert.deepEqual(
    [now.info.width, now.info.height, now.info.channels],
    [before.info.width, before.info.height, before.info.channels],
  );
  const { width, channels } = now.info;
  const found = { outside: 0, inside: 0 };
  for (let at = 0; at < before.data.length; at += 2) {
    if (before.data.readUInt16LE(at) === now.data.readUInt16LE(at)) continue;
    const pixel = Math.floor(at / 2 / channels);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const within = x >= mask.x && x < mask.x + mask.width && y >= mask.y && y < mask.y + mask.height;
    found[within ? 'inside' : 'outside'] += 1;
  }
  return found;
};
