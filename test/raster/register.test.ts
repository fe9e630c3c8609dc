/** What came back, measured, scaled and moved into place: called in this process, without a worker. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { limits, type Plan } from '../../src/fill/plan.ts';
import { isSamePicture, shiftOf } from '../../src/raster/context.ts';
import { register } from '../../src/raster/register.ts';
import { startVips, type Vips } from '../../src/raster/vips.ts';
import { photos, type Picture } from '../bench/photos.ts';

let vips: Vips;
let pictures: Picture[];
before(async () => {
  [vips, pictures] = await Promise.all([startVips(), photos(384)]);
});

const planOf = (width: number, height: number): Plan => {
  const up = (value: number) => Math.ceil(value / limits.multiple) * limits.multiple;
  const scaled = { width, height };
  return { window: { x: 0, y: 0, ...scaled }, scaled, sent: { width: up(width), height: up(height) }, scale: 1 };
};

const png = (data: Uint8Array, width: number, height: number): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

/** A disc in the middle of about a fifth of the window. */
const discIn = (width: number, height: number): Uint8Array =>
  Uint8Array.from({ length: width * height }, (_, at) =>
    Math.hypot((at % width) - width / 2, Math.floor(at / width) - height / 2) < Math.min(width, height) / 4 ? 255 : 0,
  );

/** Waves that can be sampled at any size: places run from 0 to 1, pixels are sampled at their centres. */
const waves = (width: number, height: number, shift = { x: 0, y: 0 }): Uint8Array =>
  Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const at = Math.floor(index / 3);
    const x = ((at % width) + 0.5 - shift.x) / width;
    const y = (Math.floor(at / width) + 0.5 - shift.y) / height;
    return Math.round(128 + 50 * Math.sin(60 * x + 17 * y + (index % 3)) + 40 * Math.cos(23 * x - 71 * y));
  });

/** The shift of `made` against `ideal` in pixels, to first order (Lucas and Kanade), away from the borders. */
const phaseOf = (ideal: Uint8Array, made: Uint8Array, width: number, height: number) => {
  let [xx, xy, yy, xt, yt] = [0, 0, 0, 0, 0];
  for (let y = 8; y < height - 8; y++)
    for (let x = 8; x < width - 8; x++) {
      const value = (column: number, row: number) => ideal[(row * width + column) * 3 + 1];
      const gx = (value(x + 1, y) - value(x - 1, y)) / 2;
      const gy = (value(x, y + 1) - value(x, y - 1)) / 2;
      const t = made[(y * width + x) * 3 + 1] - value(x, y);
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
      xt += gx * t;
      yt += gy * t;
    }
  const determinant = xx * yy - xy * xy;
  return { x: -(yy * xt - xy * yt) / determinant, y: -(xx * yt - xy * xt) / determinant };
};

test('the measure of phases finds a known shift', () => {
  const found = phaseOf(waves(640, 480), waves(640, 480, { x: 0.2, y: -0.1 }), 640, 480);
  assert.ok(Math.abs(found.x - 0.2) < 0.02 && Math.abs(found.y + 0.1) < 0.02, JSON.stringify(found));
});

test('a scaled return lies within a tenth of a pixel, whatever its size', async () => {
  const plan = planOf(960, 704);
  const { width, height } = plan.sent;
  const source = waves(width, height);
  const hole = discIn(width, height);
  for (const share of [0.5, 0.75, 0.84375, 1.0625, 4 / 3, 2]) {
    const size = { width: Math.round(width * share), height: Math.round(height * share) };
    const result = { name: 'result', bytes: await png(waves(size.width, size.height), size.width, size.height) };
    const { rgb, isSamePicture: same, warnings } = await register(vips, result, plan, source, hole);
    const { x, y } = phaseOf(source, rgb, width, height);
    assert.ok(Math.hypot(x, y) <= 0.05, `${share}: ${x.toFixed(3)}, ${y.toFixed(3)}`);
    assert.deepEqual([same, warnings], [true, []]);
    const away = rgb.reduce((sum, value, at) => sum + Math.abs(value - source[at]), 0) / rgb.length;
    assert.ok(away < 1.5, `${share}: ${away.toFixed(2)} levels`);
  }
});

/** `frame` moved by whole pixels, its border repeated, and something else inside the hole. */
const answer = ({ data, width, height }: Picture, hole: Uint8Array, x: number, y: number): Uint8Array =>
  Uint8Array.from(data, (_, index) => {
    const at = Math.floor(index / 3);
    const column = Math.max(0, Math.min(width - 1, (at % width) - x));
    const row = Math.max(0, Math.min(height - 1, Math.floor(at / width) - y));
    if (hole[row * width + column] !== 0) return (index * 2_654_435_761) >>> 24;
    return Math.min(255, data[(row * width + column) * 3 + (index % 3)] + 7);
  });

test('what came back moved by whole pixels is moved back, with other content inside', async () => {
  for (const [index, [x, y]] of [
    [3, -2],
    [-1, 0],
    [0, 8],
    [-7, -5],
    [1, 1],
  ].entries()) {
    const picture = pictures[index];
    const hole = discIn(picture.width, picture.height);
    const plan = planOf(picture.width, picture.height);
    const bytes = await png(answer(picture, hole, x, y), picture.width, picture.height);
    const { rgb } = await register(vips, { name: 'result', bytes }, plan, picture.data, hole);
    let wrong = 0;
    for (let row = 12; row < picture.height - 12; row++)
      for (let at = row * picture.width + 12; at < (row + 1) * picture.width - 12; at++)
        if (hole[at] === 0 && rgb[at * 3] !== Math.min(255, picture.data[at * 3] + 7)) wrong += 1;
    assert.equal(wrong, 0, picture.name);
  }
});

test('what lies in its place stays there: every photo, soft and shifted in tone', async () => {
  for (const picture of pictures) {
    const { width, height } = picture;
    const hole = discIn(width, height);
    const soft = await sharp(answer(picture, hole, 0, 0), { raw: { width, height, channels: 3 } })
      .blur(0.9)
      .jpeg({ quality: 80 })
      .toBuffer();
    const returned = new Uint8Array(await sharp(soft).raw().toBuffer());
    assert.deepEqual(shiftOf(picture.data, returned, hole, picture), { x: 0, y: 0 }, picture.name);
    assert.equal(isSamePicture(picture.data, returned, hole, picture), true, picture.name);
  }
});

test('flat and periodic surroundings prove no shift', () => {
  const size = { width: 320, height: 256 };
  const hole = discIn(size.width, size.height);
  const paint = (level: (x: number, y: number) => number) =>
    Uint8Array.from({ length: size.width * size.height * 3 }, (_, index) =>
      level(Math.floor(index / 3) % size.width, Math.floor(index / 3 / size.width)),
    );
  const noise = (index: number) => ((index * 2_654_435_761) >>> 24) % 3;
  const flat = paint(() => 120);
  const stripes = (from: number) => paint((x) => ((x + from) % 8 < 4 ? 60 : 190));
  const checks = (from: number) => paint((x, y) => ((Math.floor((x + from) / 6) + Math.floor(y / 6)) % 2 ? 60 : 190));
  for (const [source, returned] of [
    [flat, flat.map((value, index) => value + noise(index))],
    [stripes(0), stripes(2)],
    [checks(0), checks(3)],
  ])
    assert.deepEqual(shiftOf(source, returned, hole, size), { x: 0, y: 0 });
});

test('another picture is taken as it is, with a warning, and so is one of another shape', async () => {
  for (const [index, picture] of pictures.slice(0, 6).entries()) {
    const { width, height } = picture;
    const hole = discIn(width, height);
    const plan = { ...planOf(width, height), sent: { width, height } };
    const other = pictures[(index + 7) % pictures.length];
    const strange = await sharp(other.data, { raw: { width: other.width, height: other.height, channels: 3 } })
      .resize(width, height, { fit: 'fill' })
      .negate()
      .png()
      .toBuffer();
    const found = await register(vips, { name: 'result', bytes: strange }, plan, picture.data, hole);
    assert.equal(found.isSamePicture, false, picture.name);
    assert.deepEqual(
      found.warnings.map(({ code }) => code),
      ['result.otherPicture'],
    );
    assert.deepEqual(Buffer.from(found.rgb), await sharp(strange).raw().toBuffer());
    const wide = await sharp(strange)
      .resize(width, Math.round(height / 2), { fit: 'fill' })
      .png()
      .toBuffer();
    assert.deepEqual(
      (await register(vips, { name: 'result', bytes: wide }, plan, picture.data, hole)).warnings.map(
        ({ code }) => code,
      ),
      ['result.otherShape'],
    );
  }
});
