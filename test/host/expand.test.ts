/** The canvas of a document: what of the mask stays when it changes, and what is filled whatever was marked. */
import assert from 'node:assert/strict';
import { emptyMask, type Mask } from '../../src/mask/mask.ts';
import { bounds, countSet } from '../../src/mask/measure.ts';
import { defaultsFrom } from '../../src/fill/defaults.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import {
  baseMask,
  filledMask,
  isMask,
  newDocument,
  replaceMask,
  resize,
  setExpand,
  type Document,
} from '../../src/host/document.ts';
import type { MaskFile } from '../../src/protocol/messages.ts';
import { test } from './suite.ts';

const defaults = defaultsFrom(() => undefined);
const { masks } = defaults;
const image = { width: 300, height: 200 };
const expand = { left: 50, top: 0, right: 0, bottom: 20, overlap: 16 };
const border = 350 * 220 - (300 - 16) * (200 - 16);

const documentOf = (): Document => newDocument('file:///a.png', image, defaults);

const square = (x: number, y: number): Mask => {
  const mask = emptyMask(image.width, image.height);
  for (let row = 0; row < 10; row++) mask.data.fill(255, (y + row) * image.width + x, (y + row) * image.width + x + 10);
  return mask;
};

const expandTo = (document: Document, to: typeof expand | null): void => {
  const set = setExpand(document, image, 'a.png', to, masks);
  assert.ok(set.ok, JSON.stringify(set));
};

test('a larger canvas: its border is the mask, with the settings of borders; the image again has none', async () => {
  const document = documentOf();
  expandTo(document, expand);
  assert.deepEqual([document.width, document.height, document.maskKind], [350, 220, 'border']);
  assert.deepEqual(document.maskSettings, masks.border);
  assert.equal(countSet(baseMask(document)), border);
  expandTo(document, { ...expand, left: 70 });
  assert.equal(document.width, 370);
  assert.equal(document.maskKind, 'border');
  expandTo(document, null);
  assert.deepEqual([document.width, document.height, document.maskKind], [300, 200, 'painted']);
  assert.equal(countSet(baseMask(document)), 0);
});

test('what was marked on the image stays where it was, on every canvas', async () => {
  const document = documentOf();
  replaceMask(document, 'painted', null, square(100, 80), masks.painted);
  document.maskSettings = { ...document.maskSettings, feather: 3 };
  expandTo(document, expand);
  assert.equal(document.maskKind, 'painted');
  assert.equal(document.maskSettings.feather, 3);
  assert.equal(countSet(baseMask(document)), border + 100);
  assert.equal(baseMask(document).data[85 * 350 + 155], 255);
  expandTo(document, { ...expand, left: 10, top: 5 });
  assert.equal(baseMask(document).data[90 * 310 + 115], 255);
  expandTo(document, null);
  assert.deepEqual(bounds(baseMask(document)), { x: 100, y: 80, width: 10, height: 10 });
});

const fileOf = (name: string): MaskFile => ({ name, channel: 'luminance', channels: ['luminance'], at: 0 });

test('the mask that a document has already is known again, and no other', async () => {
  const document = documentOf();
  replaceMask(document, 'file', fileOf('m.png'), square(100, 80), masks.file);
  assert.ok(isMask(document, 'file', fileOf('m.png'), square(100, 80)));
  assert.ok(!isMask(document, 'file', fileOf('m.png'), square(101, 80)));
  assert.ok(!isMask(document, 'file', fileOf('n.png'), square(100, 80)));
  assert.ok(!isMask(document, 'alpha', null, square(100, 80)));
  assert.ok(!isMask(document, 'file', fileOf('m.png'), null));
});

test('a canvas that cannot be is refused, and the document stays', async () => {
  const document = documentOf();
  expandTo(document, expand);
  const codes = [
    { ...expand, left: 0, bottom: 0 },
    { ...expand, left: 29_999 },
    { ...expand, right: 50, overlap: 150 },
  ].map((to) => {
    const set = setExpand(document, image, 'a.png', to, masks);
    return set.ok ? 'taken' : set.fault.code;
  });
  assert.deepEqual(codes, ['expand.none', 'expand.tooLarge', 'expand.overlap']);
  assert.deepEqual([document.width, document.expand], [350, expand]);
});

test('what the canvas adds is filled whatever was erased, shrunk or inverted', async () => {
  const document = documentOf();
  expandTo(document, expand);
  replaceMask(document, 'painted', null, null, masks.painted);
  document.maskSettings = { grow: -40, feather: 5, invert: true, fillHoles: false };
  const { base, settings } = filledMask(document);
  assert.deepEqual(settings, { grow: 0, feather: 5, invert: false, fillHoles: false });
  assert.equal(countSet(base), 350 * 220 - 300 * 200);
});

test('an image of another size under the same address ends the canvas', async () => {
  const document = documentOf();
  expandTo(document, expand);
  resize(document, image, masks);
  assert.deepEqual(document.expand, expand);
  resize(document, { width: 301, height: 200 }, masks);
  assert.deepEqual([document.width, document.height, document.expand], [301, 200, null]);
});

test('a new document and its masks start with what the settings say', async () => {
  const chosen: Record<string, unknown> = {
    'defaults.prompt': 'a boat',
    'defaults.images': 3,
    'defaults.window': 'whole',
    'defaults.tone': false,
    'defaults.opaque': true,
    'defaults.mask.painted.grow': 7,
    'defaults.outpaint.feather': 33,
    'defaults.mask.file.feather': 9999,
  };
  const { masks, ...others } = defaultsFrom((name) => chosen[name]);
  const document = newDocument('file:///a.png', image, { ...others, masks });
  assert.equal(document.parameters.prompt, 'a boat');
  assert.deepEqual([document.images, document.window], [3, { kind: 'whole' }]);
  assert.deepEqual(document.save, { as: 'png', opaque: true, tone: false });
  assert.equal(document.maskSettings.grow, 7);
  assert.deepEqual(masks.file, initialMaskSettings.file, 'out of range counts as not set');
  const set = setExpand(document, image, 'a.png', expand, masks);
  assert.ok(set.ok);
  assert.deepEqual([document.maskKind, document.maskSettings.feather], ['border', 33]);
  assert.deepEqual(document.window, { kind: 'whole' }, 'a choice that fits every canvas stays');
});
