/**
 * Nothing outside the effective mask changes by a single step: real photos and every form a PNG can have, eight shapes of
 * mask, noise coming back; judged by sharp's decoding. And what comes back unchanged gives the source back. The functions of
 * the worker are called in this process.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { planWindow } from '../../src/fill/plan.ts';
import { effectiveMask } from '../../src/mask/effective.ts';
import { emptyMask, type Mask, type Settings } from '../../src/mask/mask.ts';
import { bounds } from '../../src/mask/measure.ts';
import { fillRectangle } from '../../src/mask/strokes.ts';
import { finish, prepare } from '../../src/raster/work.ts';
import { photos, type Picture } from '../bench/photos.ts';

let folder = '';
let pictures: Picture[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exact-'));
  pictures = await photos(160);
});
after(() => rm(folder, { recursive: true }));

type Shape = (x: number, y: number, width: number, height: number) => number;

const within = (x: number, y: number, width: number, height: number, radius: number): boolean =>
  Math.hypot(x - width * 0.45, y - height * 0.55) < radius * Math.min(width, height);

const shapes: Readonly<Record<string, Shape>> = {
  disc: (x, y, width, height) => (within(x, y, width, height, 0.3) ? 255 : 0),
  rectangle: (x, y, width, height) => (x > width / 5 && x < width / 2 && y > height / 3 ? 255 : 0),
  'one pixel': (x, y, width, height) => (x === width - 7 && y === height >> 1 ? 255 : 0),
  border: (x, y, width, height) => (Math.min(x, y, width - 1 - x, height - 1 - y) < 5 ? 255 : 0),
  donut: (x, y, width, height) => (within(x, y, width, height, 0.4) && !within(x, y, width, height, 0.2) ? 255 : 0),
  islands: (x, y) => (x % 40 < 9 && y % 50 < 13 ? 255 : 0),
  gradient: (x, _y, width) => Math.max(0, Math.round((255 * (x - 20)) / (width - 20))),
  full: () => 255,
};

const maskOf = (shape: Shape, width: number, height: number): Mask => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, at) =>
    shape(at % width, Math.floor(at / width), width, height),
  ),
});

const plain: Settings = { grow: 0, feather: 0, invert: false, fillHoles: false };
const soft: Settings = { grow: 2, feather: 5, invert: false, fillHoles: false };

/** One pixel has no room for a feather. */
const settingsFor = (name: string): Settings => (name === 'one pixel' ? plain : soft);

type Size = { readonly width: number; readonly height: number };

/** What a service answers; absent: it gives back what was sent. */
type Answer = (size: Size) => Promise<Uint8Array>;

const noise: Answer = ({ width, height }) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, (_value, at) => (at * 2_654_435_761) >>> 24),
    { raw: { width, height, channels: 3 } },
  )
    .png()
    .toBuffer();

const fill = async (bytes: Uint8Array, base: Mask, settings: Settings, answer?: Answer) => {
  const source = { name: 'source', bytes };
  const box = bounds(effectiveMask(base, settings));
  assert.ok(box);
  const plan = planWindow(base, box);
  const returned = answer
    ? await answer(plan.sent)
    : (await prepare({ source, base, settings, plan, fromAlpha: false, opaque: false })).image;
  const result = { name: 'result', bytes: returned };
  const out = join(folder, 'out');
  const rest = { fromAlpha: false, as: 'png', opaque: false, out } as const;
  return { plan, ...(await finish({ source, base, settings, plan, result, ...rest })), out };
};

/** The samples in their own depth, upright, as sharp's libvips decodes them; 16 bit as Uint16Array. */
const samples = async (input: string | Uint8Array) => {
  const { depth } = await sharp(input).metadata();
  const wide = depth === 'ushort';
  const upright = sharp(input).rotate();
  const grey = (await sharp(input).stats()).channels.length < 3;
  const { data, info } = await (wide ? upright.toColourspace(grey ? 'grey16' : 'rgb16') : upright)
    .raw({ depth: wide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const view = wide ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : new Uint8Array(data);
  return { view, wide, ...info };
};

/** Checks one fill; gives the share of samples inside the effective mask that are new. */
const check = async (bytes: Uint8Array, base: Mask, settings: Settings, why: string): Promise<number> => {
  const made = await fill(bytes, base, settings, noise);
  const [one, two] = [await samples(bytes), await samples(made.out)];
  assert.deepEqual(
    [two.width, two.height, two.channels, two.wide],
    [one.width, one.height, one.channels, one.wide],
    why,
  );
  const effective = effectiveMask(base, settings);
  let [outside, inside, all] = [0, 0, 0];
  for (let at = 0; at < one.view.length; at++) {
    const differs = one.view[at] === two.view[at] ? 0 : 1;
    const strength = effective.data[Math.floor(at / one.channels)];
    if (strength === 0) outside += differs;
    else if (strength > 127) {
      inside += differs;
      all += 1;
    }
  }
  assert.equal(outside, 0, why);
  assert.equal(made.changedOutsideEffective, 0, why);
  return inside / all;
};

const pngOf = ({ data, width, height }: Picture): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

suite('0 samples differ outside the effective mask', () => {
  test('twelve photos, eight shapes', async () => {
    for (const [index, picture] of pictures.entries()) {
      const bytes =
        index % 2 === 0
          ? await pngOf(picture)
          : await sharp(await pngOf(picture))
              .jpeg()
              .toBuffer();
      for (const [name, shape] of Object.entries(shapes)) {
        const base = maskOf(shape, picture.width, picture.height);
        const share = await check(bytes, base, index % 3 === 0 ? plain : settingsFor(name), `${picture.name}, ${name}`);
        assert.ok(share > 0.8, `${picture.name}, ${name}: ${share} is new inside`);
      }
    }
  });

  test('every form of the samples, eight shapes', async () => {
    for (const [form, bytes] of Object.entries(await forms()))
      for (const [name, shape] of Object.entries(shapes)) {
        const { width, height } = await samples(bytes);
        const share = await check(bytes, maskOf(shape, width, height), settingsFor(name), `${form}, ${name}`);
        assert.ok(share > 0.5, `${form}, ${name}: ${share} is new inside`);
      }
  });
});

/** 16 bits with low bytes of their own. */
const wideSamples = (length: number): Uint16Array =>
  new Uint16Array(length).map((_, at) => ((at * 40_503) ^ (at >> 3)) & 0xffff);

const forms = async (): Promise<Record<string, Buffer>> => {
  const photo = pictures[6];
  const { width, height } = photo;
  const image = await pngOf(photo);
  const wide = (channels: 1 | 2 | 3 | 4) =>
    sharp(wideSamples(width * height * channels), { raw: { width, height, channels } })
      .toColourspace(channels < 3 ? 'grey16' : 'rgb16')
      .png()
      .toBuffer();
  const alpha = await sharp(image).ensureAlpha().raw().toBuffer();
  for (let at = 3; at < alpha.length; at += 4) alpha[at] = at % 5 === 0 ? 0 : (at * 31) & 0xff;
  return {
    'RGB 16': await wide(3),
    'RGBA 16': await wide(4),
    'grey 16': await wide(1),
    'grey 8': await sharp(image).greyscale().png().toBuffer(),
    'RGBA 8, colour under alpha 0': await sharp(alpha, { raw: { width, height, channels: 4 } })
      .png()
      .toBuffer(),
    palette: await sharp(image).png({ palette: true, colours: 50 }).toBuffer(),
    'Display P3': await sharp(image).withIccProfile('p3').png().toBuffer(),
    'orientation 6': await sharp(image).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    'WebP, lossless': await sharp(image).webp({ lossless: true }).toBuffer(),
  };
};

suite('a window that comes back unchanged', () => {
  test('gives the source back, sample for sample, wherever the mask lies and whatever is padded', async () => {
    const size = fc.tuple(fc.integer({ min: 256, max: 360 }), fc.integer({ min: 256, max: 360 }));
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(size, fc.tuple(unit, unit, unit, unit), fc.nat(11), async ([width, height], place, index) => {
        const { data, ...photo } = pictures[index];
        const picture = sharp(data, { raw: { width: photo.width, height: photo.height, channels: 3 } });
        const bytes = await picture.resize(width, height, { fit: 'fill' }).png().toBuffer();
        const x = Math.floor(place[0] * (width - 1));
        const y = Math.floor(place[1] * (height - 1));
        const base = emptyMask(width, height);
        const box = {
          x,
          y,
          width: 1 + Math.floor(place[2] * (width - x - 1)),
          height: 1 + Math.floor(place[3] * (height - y - 1)),
        };
        fillRectangle(base, box, 'paint');
        const made = await fill(bytes, base, soft);
        assert.equal(made.plan.scale, 1);
        assert.deepEqual(made.warnings, []);
        assert.deepEqual((await samples(made.out)).view, (await samples(bytes)).view);
      }),
      { numRuns: 12 },
    );
  });

  test('changes nothing in a whole picture that is masked to its edges', async () => {
    const picture = pictures[2];
    const bytes = await sharp(await pngOf(picture))
      .resize(300, 270, { fit: 'fill' })
      .png()
      .toBuffer();
    const made = await fill(bytes, maskOf(shapes['border'], 300, 270), plain);
    assert.deepEqual((await samples(made.out)).view, (await samples(bytes)).view);
  });
});

test('nothing is taken for exact that is not: a planted change outside is seen by this judge', async () => {
  const bytes = await pngOf(pictures[0]);
  const { view } = await samples(bytes);
  const planted = view.slice();
  planted[17] ^= 1;
  const { width, height } = pictures[0];
  const other = join(folder, 'planted.png');
  await writeFile(
    other,
    await sharp(planted, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
  assert.notDeepEqual((await samples(other)).view, view);
});
