import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isResultOf, maskNameOf, maskNamesFor, nextNumber, resultName } from '../../src/fill/names.ts';

test('beside the source, the next number, whatever the extension', () => {
  assert.equal(resultName('a.jpg', 1, '.png'), 'a.fill-001.png');
  assert.equal(nextNumber('a.jpg', ['a.jpg', 'a.fill-001.png', 'A.FILL-007.webp', 'b.fill-009.png']), 8);
});

test('a result as a source gives its siblings', () => {
  assert.equal(resultName('a.fill-003.png', 4, '.png'), 'a.fill-004.png');
  assert.equal(nextNumber('a.fill-003.png', ['a.fill-003.png']), 4);
});

test('a number no file system counts to is part of a name', () => {
  assert.equal(nextNumber('x.png', ['x.fill-9999999999999999999999.png']), 1);
});

test('a line break in a name is part of it', () => {
  for (const end of ['\n', '\r', '\u2028']) {
    const source = `a${end}b.png`;
    const result = `a${end}b.fill-001.png`;
    assert.equal(nextNumber(source, [result]), 2);
    assert.ok(isResultOf(result, source));
  }
});

test('the name fits a file system, and the one after it is another', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }), (stem) => {
      fc.pre(!stem.includes('/'));
      const source = `${stem}.png`;
      const first = resultName(source, nextNumber(source, []), '.png');
      const second = resultName(source, nextNumber(source, [first]), '.png');
      assert.ok(new TextEncoder().encode(first).length <= 220);
      assert.notEqual(first.toLowerCase(), second.toLowerCase());
    }),
  );
});

test('a mask is looked for beside its image, and beside what a result was made from', () => {
  assert.deepEqual(maskNamesFor('a.b.jpg'), ['a.b.mask.png', 'a.b-mask.png', 'a.b_mask.png']);
  assert.deepEqual(maskNamesFor('a.fill-012.png').slice(0, 4), [
    'a.fill-012.mask.png',
    'a.fill-012-mask.png',
    'a.fill-012_mask.png',
    'a.mask.png',
  ]);
});

test('the name a mask is saved under is the first it is looked for', () => {
  for (const name of ['a.jpg', 'a.fill-001.png', '.hidden', 'ohne Endung'])
    assert.equal(maskNamesFor(name)[0], maskNameOf(name));
});
