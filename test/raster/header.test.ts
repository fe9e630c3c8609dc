import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { readHeader, type Header } from '../../src/raster/header.ts';
import { orientationOf } from '../../src/raster/header/exif.ts';

const canvas = (channels: 3 | 4 = 3): Sharp =>
  sharp({ create: { width: 40, height: 30, channels, background: { r: 200, g: 90, b: 10, alpha: 0.5 } } });

const headerOf = async (image: Sharp): Promise<Header> => {
  const read = readHeader(await image.toBuffer(), 'x');
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
};

const faultOf = (bytes: Uint8Array): unknown => {
  const read = readHeader(bytes, 'cat.png');
  return read.ok ? read.value : [read.fault.code, read.fault.args];
};

suite('header', () => {
  test('PNG: size, depth, channels and colour of every colour type', async () => {
    const common = { format: 'png', width: 40, height: 30, orientation: 1, hasProfile: false, lossless: true };
    const rgb = { ...common, bits: 8, channels: 3, colour: 'rgb', hasAlpha: false };
    assert.deepEqual(await headerOf(canvas().png()), rgb);
    assert.deepEqual(await headerOf(canvas(4).png()), { ...rgb, channels: 4, hasAlpha: true });
    assert.deepEqual(await headerOf(canvas().png({ palette: true })), { ...rgb, colour: 'palette' });
    assert.deepEqual(await headerOf(canvas(4).png({ palette: true })), {
      ...rgb,
      channels: 4,
      hasAlpha: true,
      colour: 'palette',
    });
    assert.deepEqual(await headerOf(canvas().toColourspace('rgb16').png()), { ...rgb, bits: 16 });
    assert.deepEqual(await headerOf(canvas().toColourspace('b-w').png()), { ...rgb, channels: 1, colour: 'grey' });
  });

  test('JPEG: size, colour, quality and chroma', async () => {
    const header = await headerOf(canvas().jpeg({ quality: 83, chromaSubsampling: '4:4:4' }));
    assert.deepEqual([header.format, header.width, header.height, header.channels], ['jpeg', 40, 30, 3]);
    assert.ok(Math.abs(header.jpeg!.quality - 83) <= 1, `${header.jpeg!.quality}`);
    assert.equal(header.jpeg!.halvedChroma, false);
    assert.equal((await headerOf(canvas().jpeg({ chromaSubsampling: '4:2:0' }))).jpeg!.halvedChroma, true);
    assert.equal((await headerOf(canvas().toColourspace('b-w').jpeg())).colour, 'grey');
    assert.equal((await headerOf(canvas().toColourspace('cmyk').jpeg())).colour, 'cmyk');
  });

  test('WebP: lossy, lossless, with alpha', async () => {
    const lossy = await headerOf(canvas().webp());
    assert.deepEqual([lossy.width, lossy.height, lossy.lossless, lossy.hasAlpha], [40, 30, false, false]);
    const lossless = await headerOf(canvas(4).webp({ lossless: true }));
    assert.deepEqual([lossless.width, lossless.height, lossless.lossless, lossless.hasAlpha], [40, 30, true, true]);
    const extended = await headerOf(canvas(4).webp());
    assert.deepEqual([extended.width, extended.height, extended.lossless, extended.hasAlpha], [40, 30, false, true]);
  });

  test('orientation and profile are found in all three formats, and turn the size', async () => {
    const tagged = canvas().withMetadata({ orientation: 6, icc: 'p3' });
    for (const image of [tagged.clone().png(), tagged.clone().jpeg(), tagged.clone().webp()]) {
      const header = await headerOf(image);
      const told = [header.orientation, header.width, header.height, header.hasProfile];
      assert.deepEqual(told, [6, 30, 40, true], header.format);
    }
  });

  test('a real photo from a phone', async () => {
    const bytes = await readFile(new URL('../../node_modules/jpeg-exif/test/IMG_0001.JPG', import.meta.url));
    const read = readHeader(bytes, 'x');
    const meta = await sharp(bytes).metadata();
    assert.ok(read.ok);
    assert.equal(read.value.orientation, meta.orientation);
    assert.deepEqual([read.value.width, read.value.height], [meta.autoOrient.width, meta.autoOrient.height]);
  });

  test('the first bytes are enough, except for a WebP whose orientation stands at its end', async () => {
    const noise = sharp({
      create: {
        width: 300,
        height: 300,
        channels: 3,
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
        background: 'red',
      },
    });
    const webp = await noise.clone().withMetadata({ orientation: 6 }).webp().toBuffer();
    assert.deepEqual(faultOf(webp.subarray(0, 500)), ['image.truncated', { name: 'cat.png' }]);
    const png = await noise.clone().png().toBuffer();
    assert.ok(readHeader(png.subarray(0, 500), 'x').ok);
  });

  test('what is not taken is named', async () => {
    const tiff = await canvas().tiff().toBuffer();
    const avif = await canvas().avif().toBuffer();
    const named = (format: string) => ['image.unsupported', { name: 'cat.png', format }];
    assert.deepEqual(faultOf(tiff), named('TIFF'));
    assert.deepEqual(faultOf(avif), named('AVIF'));
    const text = (content: string): Uint8Array => Buffer.from(content, 'latin1');
    assert.deepEqual(faultOf(text('\0\0\0\x18ftypheic\0\0\0\0')), named('HEIC'));
    assert.deepEqual(faultOf(text('\xff\x0a\0\0')), named('JPEG XL'));
    assert.deepEqual(faultOf(text('8BPS\0\x01')), named('Photoshop'));
    assert.deepEqual(faultOf(text('\0\0\x01\0\x01\0')), named('icon'));
    assert.deepEqual(faultOf(text('BM\x36\0\0\0\0\0\0\0\x36\0\0\0')), named('BMP'));
    assert.deepEqual(faultOf(text('<?xml version="1.0"?>\n<svg xmlns="x">')), named('SVG'));
    assert.deepEqual(faultOf(text('Once upon a time <svg')), ['image.notAnImage', { name: 'cat.png' }]);
    assert.deepEqual(faultOf(new Uint8Array()), ['image.empty', { name: 'cat.png' }]);
  });

  test('animations are refused', async () => {
    const frames = await sharp({ create: { width: 4, height: 8, channels: 3, background: 'red', pageHeight: 4 } })
      .composite([
        {
          input: await sharp({ create: { width: 4, height: 4, channels: 3, background: 'blue' } })
            .png()
            .toBuffer(),
          top: 4,
          left: 0,
        },
      ])
      .webp()
      .toBuffer();
    assert.deepEqual(faultOf(frames), ['image.animated', { name: 'cat.png' }]);
  });

  test('a bomb is judged by its header', async () => {
    const png = await canvas().png().toBuffer();
    png.writeUInt32BE(60_000, 16);
    png.writeUInt32BE(60_000, 20);
    assert.deepEqual(faultOf(png), [
      'image.tooLarge',
      { name: 'cat.png', width: 60_000, height: 60_000, megapixels: 3600, limit: 120 },
    ]);
    png.writeUInt32BE(12_000, 16);
    png.writeUInt32BE(12_000, 20);
    assert.equal((faultOf(png) as unknown[])[0], 'image.tooLarge');
    png.writeUInt32BE(8_000, 20);
    assert.ok(readHeader(png, 'x').ok);
  });

  test('orientations that make no sense are 1', () => {
    const exif = (orientation: number): Uint8Array => {
      const bytes = Buffer.from('II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0', 'latin1');
      bytes.writeUInt16LE(orientation, 18);
      return bytes;
    };
    assert.deepEqual(
      [1, 8, 0, 9, 6].map((value) => orientationOf(exif(value))),
      [1, 8, 1, 1, 6],
    );
    assert.equal(orientationOf(exif(6).subarray(0, 15)), 1);
  });
});
