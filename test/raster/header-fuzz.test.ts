import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { readHeader } from '../../src/raster/header.ts';

const codes = [
  'image.empty',
  'image.notAnImage',
  'image.unsupported',
  'image.animated',
  'image.truncated',
  'image.tooLarge',
];

const check = (bytes: Uint8Array): void => {
  const before = bytes.slice();
  const header = readHeader(bytes, 'x');
  assert.deepEqual(bytes, before);
  if (!header.ok) return assert.ok(codes.includes(header.fault.code), header.fault.code);
  const { width, height, orientation } = header.value;
  assert.ok(width > 0 && height > 0 && Number.isInteger(width) && Number.isInteger(height));
  assert.ok(orientation >= 1 && orientation <= 8);
};

const picture = sharp({ create: { width: 9, height: 7, channels: 4, background: '#8040c080' } })
  .withExif({ IFD0: { Orientation: '6' } })
  .withMetadata({ icc: 'p3' });
const seeds = await Promise.all([
  picture.clone().png().toBuffer(),
  picture.clone().jpeg().toBuffer(),
  picture.clone().webp().toBuffer(),
  picture.clone().webp({ lossless: true }).toBuffer(),
]);

suite('hostile headers', () => {
  test('any bytes end in a header or a named fault', () => {
    const starts = [
      '',
      '\x89PNG\r\n\x1a\n\0\0\0\rIHDR',
      '\xff\xd8\xff\xe1',
      'RIFF\xff\xff\xff\xffWEBPVP8X',
      'RIFF....WEBP',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 }), (start, rest) =>
        check(Uint8Array.from([...Buffer.from(start, 'latin1'), ...rest])),
      ),
      { numRuns: 3000 },
    );
  });

  test('so does a real file with bytes changed and its end cut off', () => {
    const changes = fc.array(fc.tuple(fc.nat(2000), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...seeds), changes, fc.nat(2000), (seed, changed, length) => {
        const bytes = Uint8Array.from(seed);
        for (const [at, value] of changed) if (at < bytes.length) bytes[at] = value;
        check(bytes.subarray(0, length));
      }),
      { numRuns: 5000 },
    );
  });

  test('a long run of nothing is read through once', () => {
    for (const start of ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\0\0\0\0'])
      for (const value of [0, 0xff])
        check(Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(4_000_000, value)]));
  });
});
