import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { test } from 'node:test';
import fc from 'fast-check';
import { chunk, chunksOf } from '../../../src/raster/metadata/png.ts';
import { add, filters, subtract } from '../../../src/raster/png/filter.ts';
import { plainPng, readSamples } from '../../../src/raster/png/read.ts';
import { startDeflating, writePng } from '../../../src/raster/png/write.ts';
import { stripRows } from '../../../src/raster/strips.ts';
import { imageOf, openImage, samplesOf, startVips, type Samples } from '../../../src/raster/vips.ts';

const vips = await startVips();
const colourTypes = [0, 4, 2, 6];
const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => Math.imul(at, 0x9e3779b1) >>> 24);

interface Kind {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly wide: boolean;
}

const samplesFor = ({ width, height, bands, wide }: Kind): Samples => {
  const bytes = noise(width * height * bands * (wide ? 2 : 1));
  return wide ? new Uint16Array(bytes.buffer) : bytes;
};

const pngOf = ({ width, height, bands, wide }: Kind, rows: Uint8Array): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([wide ? 16 : 8, colourTypes[bands - 1]], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', new Uint8Array()),
  ]);
};

/** By another decoder. */
const byVips = (file: Uint8Array): Samples => samplesOf(openImage(vips, file));

const kinds = [1, 2, 3, 4].flatMap((bands) =>
  [false, true].flatMap((wide) =>
    [
      [1, 1],
      [7, stripRows],
      [64, 2 * stripRows + 5],
    ].map(([width, height]): Kind => ({ width, height, bands, wide })),
  ),
);

test('any row by any filter is read as another decoder reads it', async () => {
  for (const kind of kinds) {
    const length = kind.width * kind.bands * (kind.wide ? 2 : 1) + 1;
    const rows = noise(length * kind.height);
    for (let y = 0; y < kind.height; y++) rows[y * length] = (y * 7 + 3) % 5;
    const file = pngOf(kind, deflateSync(rows));
    const png = plainPng(file);
    assert.ok(png);
    assert.deepEqual(await readSamples(png), byVips(file), JSON.stringify(kind));
  }
});

test('what is written in strips is one sound stream of the same samples, begun beforehand or not', async () => {
  for (const kind of kinds) {
    const samples = samplesFor(kind);
    const image = imageOf(vips, samples, kind.width, kind.height);
    const file = await writePng(image, new Map());
    assert.deepEqual(byVips(file), samples, JSON.stringify(kind));
    const png = plainPng(file);
    assert.ok(png);
    assert.deepEqual(await readSamples(png), samples);
    const begun = startDeflating(image, samples, [{ x: 0, y: stripRows, width: 1, height: 1 }]);
    assert.equal(begun.has(stripRows), false);
    assert.deepEqual(await writePng(image, begun), file);
  }
});

test('four bytes at a time are added and taken off as one by one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), fc.nat(3), (one, two, skip) => {
      const length = Math.min(one.length, two.length);
      const [row, above] = [one, two].map((bytes) =>
        Uint8Array.from([...Array(skip).keys(), ...bytes.slice(0, length)]).subarray(skip),
      );
      const out = new Uint8Array(length);
      subtract(row, above, out);
      assert.deepEqual(
        out,
        row.map((value, at) => value - above[at]),
      );
      add(out, above);
      assert.deepEqual(out, row);
    }),
  );
});

test('files that are not plain, not whole or not sound are left to libvips', async () => {
  const kind: Kind = { width: 5, height: 3, bands: 3, wide: false };
  const rows = Buffer.concat(Array.from({ length: 3 }, () => Buffer.concat([Buffer.of(filters.up), noise(15)])));
  const file = pngOf(kind, deflateSync(rows));
  const [header, data, end] = chunksOf(file);
  const start = file.subarray(0, 8);
  const made = (...parts: Uint8Array[]): Buffer => Buffer.concat([start, ...parts]);
  const headed = (at: number, value: number): Buffer => {
    const changed = Buffer.from(header.data);
    changed[at] = value;
    return made(chunk('IHDR', changed), data.whole, end.whole);
  };
  const broken = Buffer.from(data.whole);
  broken[10] ^= 1;
  assert.ok(plainPng(made(header.whole, chunk('teXt', noise(4)), data.whole, end.whole)));
  for (const [what, bytes] of Object.entries({
    palette: headed(9, 3),
    '4 bits': headed(8, 4),
    interlaced: headed(12, 1),
    'transparent colour': made(header.whole, chunk('tRNS', noise(6)), data.whole, end.whole),
    'an unknown chunk that must be understood': made(header.whole, chunk('ABCD', noise(6)), data.whole, end.whole),
    'a wrong checksum': made(header.whole, broken, end.whole),
    'no end': made(header.whole, data.whole),
    'no header': made(data.whole, end.whole),
    nothing: Buffer.alloc(0),
  }))
    assert.equal(plainPng(bytes), undefined, what);

  const sum = deflateSync(rows);
  sum[sum.length - 1] ^= 1;
  const unknown = Buffer.from(rows);
  unknown[16] = 5;
  for (const [what, stream] of Object.entries({
    'a row too few': deflateSync(rows.subarray(16)),
    'a byte too few': deflateSync(rows.subarray(1)),
    'a byte too many': deflateSync(Buffer.concat([rows, Buffer.of(0)])),
    'far too much': deflateSync(Buffer.alloc(1 << 24)),
    'an unknown filter': deflateSync(unknown),
    'a wrong sum': sum,
    'a cut stream': deflateSync(rows).subarray(0, -5),
    nothing: Buffer.alloc(0),
    junk: Buffer.from(noise(50)),
  })) {
    const png = plainPng(pngOf(kind, stream));
    assert.ok(png);
    await assert.rejects(() => readSamples(png), what);
  }
});
