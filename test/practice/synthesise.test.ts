/** The practice fill: what it keeps, what it may know, and that it continues texture. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { fillPng } from '../../src/practice/fill-png.ts';
import { synthesise } from '../../src/practice/synthesise.ts';

const stripes = (width: number, height: number): Uint8Array => {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const x = i % width;
    const y = Math.floor(i / width);
    rgb.set([(x + y) % 12 < 6 ? 220 : 40, x % 8 < 4 ? 180 : 60, 90], i * 3);
  }
  return rgb;
};

const square = (width: number, height: number, from: number, to: number): Uint8Array =>
  Uint8Array.from({ length: width * height }, (_, i) => {
    const x = (i % width) / width;
    const y = Math.floor(i / width) / height;
    return Number(x >= from && x < to && y >= from && y < to);
  });

test('outside the hole nothing changes, whatever the sizes and the hole', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.nat({ max: 3599 }), { maxLength: 400 }),
      fc.nat(),
      (width, height, marks, seed) => {
        const rgb = stripes(width, height);
        const hole = new Uint8Array(width * height);
        for (const mark of marks) hole[mark % hole.length] = 255;
        const made = synthesise({ width, height, rgb }, hole, seed);
        assert.equal(made.length, rgb.length);
        for (let i = 0; i < hole.length; i++)
          if (hole[i] === 0) assert.deepEqual(made.subarray(i * 3, i * 3 + 3), rgb.subarray(i * 3, i * 3 + 3));
      },
    ),
    { numRuns: 40 },
  );
});

test('what stood in the hole has no influence', () => {
  for (const [width, height] of [
    [40, 40],
    [64, 64],
    [301, 207],
  ]) {
    const rgb = stripes(width, height);
    const hole = square(width, height, 0.3, 0.6);
    const blank = rgb.slice();
    hole.forEach((value, i) => value === 1 && blank.fill(99, i * 3, i * 3 + 3));
    assert.deepEqual(
      synthesise({ width, height, rgb }, hole, 1),
      synthesise({ width, height, rgb: blank }, hole, 1),
      `${width}x${height}`,
    );
  }
});

test('a seed gives the same fill again, another seed another one', () => {
  const [width, height] = [160, 120];
  const rgb = stripes(width, height).map((value, i) => value + ((i * 2_654_435_761) >>> 27));
  const hole = square(width, height, 0.3, 0.7);
  const fill = (seed: number): Uint8Array => synthesise({ width, height, rgb }, hole, seed);
  assert.deepEqual(fill(5), fill(5));
  assert.notDeepEqual(fill(5), fill(6));
});

test('a regular texture goes on through the hole', () => {
  const [width, height] = [192, 144];
  const rgb = stripes(width, height);
  const hole = square(width, height, 0.35, 0.65);
  const made = synthesise({ width, height, rgb }, hole, 3);
  let wrong = 0;
  let count = 0;
  for (let i = 0; i < hole.length; i++)
    if (hole[i] === 1) {
      count++;
      if (Math.abs(made[i * 3] - rgb[i * 3]) > 40 || Math.abs(made[i * 3 + 1] - rgb[i * 3 + 1]) > 40) wrong++;
    }
  assert.ok(wrong / count < 0.02, `${wrong} of ${count} pixels break the pattern`);
});

test('masks that cover all, touch the border or leave a strip are filled without failing', () => {
  const [width, height] = [64, 48];
  const rgb = stripes(width, height);
  for (const hole of [
    new Uint8Array(width * height).fill(1),
    square(width, height, 0, 0.5),
    Uint8Array.from({ length: width * height }, (_, i) => Number(i % width > 3)),
    Uint8Array.from({ length: width * height }, (_, i) => Number(i % 2)),
  ])
    assert.equal(synthesise({ width, height, rgb }, hole, 1).length, rgb.length);
});

test('PNG in, opaque PNG of the same size out; by mask and by alpha the same pixels are filled', async () => {
  const [width, height] = [80, 60];
  const rgb = stripes(width, height);
  const hole = square(width, height, 0.4, 0.6);
  const rgba = Buffer.alloc(hole.length * 4);
  hole.forEach((value, i) => rgba.set([...rgb.subarray(i * 3, i * 3 + 3), value === 1 ? 0 : 255], i * 4));
  const raw = { width, height };
  const image = await sharp(rgb, { raw: { ...raw, channels: 3 } })
    .png()
    .toBuffer();
  const alpha = await sharp(rgba, { raw: { ...raw, channels: 4 } })
    .png()
    .toBuffer();
  const mask = await sharp(
    hole.map((value) => value * 255),
    { raw: { ...raw, channels: 1 } },
  )
    .toColourspace('b-w')
    .png()
    .toBuffer();
  const [byMask, byAlpha] = await Promise.all([fillPng({ image, mask, seed: 2 }), fillPng({ image: alpha, seed: 2 })]);
  const pixels = await sharp(byMask).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([pixels.info.width, pixels.info.height], [width, height]);
  assert.equal((await sharp(byMask).stats()).isOpaque, true);
  hole.forEach((value, i) => {
    if (value === 0) assert.deepEqual([...pixels.data.subarray(i * 3, i * 3 + 3)], [...rgb.subarray(i * 3, i * 3 + 3)]);
  });
  assert.deepEqual(await sharp(byAlpha).removeAlpha().raw().toBuffer(), pixels.data);
  await assert.rejects(fillPng({ image, mask: await sharp(mask).resize(40, 30).png().toBuffer(), seed: 1 }), /size/);
  await assert.rejects(fillPng({ image: image.subarray(0, 60), mask, seed: 1 }));
});
