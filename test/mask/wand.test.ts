import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Part } from '../../src/mask/combine.ts';
import type { Mask } from '../../src/mask/mask.ts';
import { selectRegion, selectSimilar, type Pixels } from '../../src/mask/wand.ts';
import { masks } from './arbitrary.ts';

const finish = (work: Generator<undefined, Part>): Part => {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
};

interface Size {
  readonly width: number;
  readonly height: number;
}

const besides = ({ width, height }: Size, at: number): number[] => [
  ...(at % width > 0 ? [at - 1] : []),
  ...(at % width < width - 1 ? [at + 1] : []),
  ...(at >= width ? [at - width] : []),
  ...(at < width * (height - 1) ? [at + width] : []),
];

/** Breadth first, pixel by pixel. */
const reached = (size: Size, from: readonly number[], goes: (to: number, from: number) => boolean): Set<number> => {
  const found = new Set(from);
  for (const at of found) for (const to of besides(size, at)) if (goes(to, at)) found.add(to);
  return found;
};

const selected = ({ width, height }: Size, { box, data }: Part): Set<number> => {
  const found = new Set<number>();
  data.forEach((strength, index) => {
    const x = box.x + (index % box.width);
    const y = box.y + Math.floor(index / box.width);
    assert.ok(x >= 0 && y >= 0 && x < width && y < height);
    if (strength === 255) found.add(y * width + x);
    else assert.equal(strength, 0);
  });
  return found;
};

const sorted = (found: Set<number>): number[] => [...found].sort((a, b) => a - b);

const seedIn = (size: Size) =>
  fc.record({ x: fc.integer({ min: 0, max: size.width - 1 }), y: fc.integer({ min: 0, max: size.height - 1 }) });

const images: fc.Arbitrary<Pixels> = masks(30).map(({ width, height, data }) => ({
  width,
  height,
  // Four channels that differ, so that each of them decides somewhere.
  data: Uint32Array.from(
    data,
    (value, index) => ((value << 24) | ((255 - value) << 16) | ((index % 7) << 8) | (value > 100 ? 9 : 200)) >>> 0,
  ),
}));

const channels = (pixel: number): number[] => [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255, pixel >>> 24];

suite('wand', () => {
  for (const contiguous of [true, false])
    test(`selects what a search pixel by pixel does (${contiguous ? 'connected' : 'everywhere'})`, () => {
      fc.assert(
        fc.property(
          images.chain((image) => fc.tuple(fc.constant(image), seedIn(image))),
          fc.constantFrom(0, 1, 5, 60, 255),
          ([image, seed], tolerance) => {
            const start = seed.y * image.width + seed.x;
            const wanted = channels(image.data[start]);
            const similar = (at: number): boolean =>
              channels(image.data[at]).every((value, index) => Math.abs(value - wanted[index]) <= tolerance);
            const expected = contiguous
              ? reached(image, [start], similar)
              : new Set([...image.data.keys()].filter(similar));
            const part = finish(selectSimilar(image, seed, tolerance, contiguous));
            assert.deepEqual(sorted(selected(image, part)), sorted(expected));
          },
        ),
        { numRuns: 300 },
      );
    });

  test('a comb and a spiral are followed to their ends', () => {
    const width = 61;
    const height = 41;
    const data = new Uint32Array(width * height);
    for (let x = 1; x < width; x += 2) for (let y = x % 4 === 1 ? 1 : 0; y < height - (x % 4 === 1 ? 0 : 1); y++) data[y * width + x] = 0xff; // prettier-ignore
    const part = finish(selectSimilar({ width, height, data }, { x: 0, y: 20 }, 0, true));
    const open = data.reduce((count, pixel) => count + (pixel === 0 ? 1 : 0), 0);
    assert.equal(selected({ width, height }, part).size, open);
  });

  test('gives way every few milliseconds of work', () => {
    const image = { width: 2000, height: 1000, data: new Uint32Array(2_000_000) };
    for (const contiguous of [true, false]) {
      let yields = 0;
      for (const work = selectSimilar(image, { x: 3, y: 500 }, 0, contiguous); work.next().done !== true;) yields++;
      assert.ok(yields >= 5, `${yields}`);
    }
  });
});

const bucket = (mask: Mask, seed: { x: number; y: number }, target: 255 | 0): Set<number> => {
  const start = seed.y * mask.width + seed.x;
  const marked = (at: number): boolean => mask.data[at] >= 128;
  const region = reached(mask, [start], (at) => marked(at) === marked(start));
  if (marked(start) === (target === 255)) return region;
  const distance = (at: number): number => Math.abs(mask.data[at] - target);
  return reached(
    mask,
    [...region],
    (to, from) => distance(to) !== 0 && distance(to) <= distance(from) && marked(to) !== marked(start),
  );
};

suite('bucket', () => {
  for (const target of [255, 0] as const)
    test(`the region of the mask and its soft edge, as a search pixel by pixel finds it (to ${target})`, () => {
      fc.assert(
        fc.property(
          masks(30).chain((mask) => fc.tuple(fc.constant(mask), seedIn(mask))),
          ([mask, seed]) => {
            const before = mask.data.slice();
            const part = finish(selectRegion(mask, seed, target));
            assert.deepEqual(sorted(selected(mask, part)), sorted(bucket(mask, seed, target)));
            assert.deepEqual(mask.data, before);
          },
        ),
        { numRuns: 300 },
      );
    });

  test('a ring is filled up to its ridge and no further', () => {
    const row = [0, 60, 200, 255, 130, 0, 0, 90, 250, 255, 200, 0];
    const mask = { width: row.length, height: 1, data: Uint8Array.from(row) };
    assert.deepEqual(sorted(selected(mask, finish(selectRegion(mask, { x: 5, y: 0 }, 255)))), [4, 5, 6, 7, 8]);
    assert.deepEqual(sorted(selected(mask, finish(selectRegion(mask, { x: 3, y: 0 }, 0)))), [1, 2, 3, 4]);
  });
});
