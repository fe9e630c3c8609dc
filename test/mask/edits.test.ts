import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { decodeTile, encodeTile } from '../../src/mask/edits.ts';
import { tileSide } from '../../src/mask/tiles.ts';

const pixels = tileSide * tileSide;

const tileOf = (runs: readonly (readonly [number, number])[]): Uint8Array => {
  const data = new Uint8Array(pixels);
  let at = 0;
  for (const [value, length] of runs) {
    data.fill(value, at, Math.min(pixels, at + length));
    at = Math.min(pixels, at + length);
  }
  return data;
};

const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 40_000 })), {
  maxLength: 50,
});

suite('edits: the runs of a tile', () => {
  test('come back as they were, wherever the pixels begin in memory', () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 0, max: 3 }), (given, offset) => {
        const data = tileOf(given);
        const shifted = new Uint8Array(pixels + 4).subarray(offset, offset + pixels);
        shifted.set(data);
        const encoded = encodeTile(shifted);
        assert.deepEqual(decodeTile(encoded), data);
        assert.deepEqual(encoded, encodeTile(data), 'the same tile has one form');
      }),
    );
    assert.equal(decodeTile(encodeTile(null)), null);
  });

  test('noise costs no more than its pixels, a flat tile a handful of bytes', () => {
    const noise = Uint8Array.from({ length: pixels }, (_, index) => (index * 7919) % 251);
    assert.equal(encodeTile(noise).length, pixels);
    assert.deepEqual(decodeTile(encodeTile(noise)), noise);
    assert.ok(encodeTile(new Uint8Array(pixels).fill(255)).length <= 4);
  });

  test('bytes that are no tile are told from one', () => {
    const whole = encodeTile(tileOf([[255, 1000]]));
    assert.throws(() => decodeTile(whole.subarray(0, whole.length - 2)), RangeError);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        try {
          assert.equal(decodeTile(bytes)!.length, pixels);
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
      }),
    );
  });
});
