import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMask } from '../../src/mask/mask.ts';
import { fillRectangle } from '../../src/mask/strokes.ts';
import { countChanged, savedFile, savedImage } from '../../src/raster/verify.ts';
import { imageOf, startVips, type Samples } from '../../src/raster/vips.ts';

const vips = await startVips();
const [width, height, bands] = [40, 900, 3];
/** The base mask is smaller still. */
const effective = emptyMask(width, height);
fillRectangle(effective, { x: 12, y: 304, width: 16, height: 92 }, 'paint');
const base = emptyMask(width, height);
fillRectangle(base, { x: 16, y: 340, width: 8, height: 8 }, 'paint');

/** Counts after a change of one step at some pixels; the saved raster is read from a file while it is compared. */
const countAfter = (make: () => Samples, ...at: readonly (readonly [number, number])[]) => {
  const before = make();
  const after = before.slice();
  for (const [x, y] of at) after[(y * width + x) * bands + ((x + y) % bands)] ^= 1;
  const file = imageOf(vips, after, width, height).pngsaveBuffer({ bitdepth: after instanceof Uint16Array ? 16 : 8 });
  const pristine = imageOf(vips, before, width, height);
  return countChanged({
    pristine,
    saved: savedFile(vips, file),
    effective,
    base,
  });
};

const eight = (): Uint8Array => Uint8Array.from({ length: width * height * bands }, (_, at) => (at * 31) & 255);
const sixteen = (): Uint16Array =>
  Uint16Array.from({ length: width * height * bands }, (_, at) => (at * 4_099) & 0xffff);

for (const make of [eight, sixteen])
  test(`${make.name} bits: every planted change of one step is counted, wherever it is`, async () => {
    const counted = (outsideEffective: number, outsideBase: number) => ({ outsideEffective, outsideBase });
    assert.deepEqual(await countAfter(make), counted(0, 0));
    assert.deepEqual(await countAfter(make, [18, 342]), counted(0, 0));
    assert.deepEqual(await countAfter(make, [12, 304]), counted(0, 1));
    assert.deepEqual(await countAfter(make, [11, 304]), counted(1, 1));
    assert.deepEqual(await countAfter(make, [0, 0]), counted(1, 1));
    assert.deepEqual(await countAfter(make, [39, 899]), counted(1, 1));
    assert.deepEqual(await countAfter(make, [7, 350], [32, 350], [18, 342], [13, 395]), counted(2, 3));
    assert.deepEqual(await countAfter(make, [5, 100], [12, 304], [30, 899], [31, 511]), counted(3, 4));
  });

test('another size, depth or number of bands differs everywhere', async () => {
  const pristine = imageOf(vips, eight(), width, height);
  for (const other of [pristine.crop(0, 0, width, height - 1), pristine.cast('ushort'), pristine.extractBand(0)]) {
    const all = width * height * bands;
    const counts = await countChanged({ pristine, saved: savedImage(other), effective, base });
    assert.deepEqual(counts, { outsideEffective: all, outsideBase: all });
  }
});
