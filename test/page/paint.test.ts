import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { decodeTile, tilesOfEdit } from '../../src/mask/edits.ts';
import { effectiveMask } from '../../src/mask/effective.ts';
import { emptyMask } from '../../src/mask/mask.ts';
import type { Box, Mask, Settings } from '../../src/mask/mask.ts';
import { bounds, coverage, isEmpty } from '../../src/mask/measure.ts';
import { rectanglePart } from '../../src/mask/shapes.ts';
import { applyTiles, readTile, tilesOf } from '../../src/mask/tiles.ts';
import { drawOverlay, lookFor, overlayColours, sample } from '../../src/page/canvas/overlay.ts';
import { createPainting } from '../../src/page/canvas/paint.ts';
import type { MaskSide, News, Painting } from '../../src/page/canvas/paint.ts';
import { createPreview } from '../../src/page/canvas/preview.ts';
import { unpackEdit } from '../../src/protocol/edits.ts';

const size = { width: 700, height: 520 };
const plain: Settings = { grow: 0, feather: 0, invert: false, fillHoles: false };
const side: MaskSide = { kind: 'painted', file: null, settings: plain };
const brush = { size: 40, hardness: 1, mode: 'paint' } as const;

const decoded = (tiles: News['tiles']) =>
  tiles.map(({ index, data }) => ({ index, data: data === null ? null : decodeTile(data) }));

const equal = (a: Mask, b: Mask, what: string): void =>
  assert.equal(Buffer.compare(a.data, b.data), 0, `${what} differs`);

const painted = () => createPainting(size, [], side);

const mark = (painting: Painting, box: Box): Box | null => painting.combine(rectanglePart(box, size)!, 'add');

suite('painting', () => {
  test('the tiles taken rebuild the mask, each changed tile once', () => {
    const painting = painted();
    painting.stroke({ x: 20, y: 20 }, { x: 600, y: 400 }, brush);
    mark(painting, { x: 650, y: 480, width: 200, height: 200 });
    const got = emptyMask(size.width, size.height);
    const indexes: number[] = [];
    while (painting.hasNews()) {
      const { tiles } = painting.takeNews(2);
      assert.ok(tiles.length <= 2);
      indexes.push(...tiles.map((tile) => tile.index));
      applyTiles(got, decoded(tiles));
    }
    assert.equal(new Set(indexes).size, indexes.length);
    assert.ok(indexes.length < 9, 'only touched tiles are sent');
    equal(got, painting.base, 'what the host has');
  });

  test('what could not be sent is sent again, in its order', () => {
    const painting = painted();
    painting.stroke({ x: 20, y: 20 }, { x: 20, y: 20 }, brush);
    painting.commit();
    painting.stroke({ x: 320, y: 20 }, { x: 320, y: 20 }, brush);
    const news = painting.takeNews(64);
    assert.deepEqual([news.steps.length, news.tiles.map(({ index }) => index)], [1, [1]]);
    assert.equal(painting.hasNews(), false);
    painting.returnNews(news);
    assert.deepEqual(painting.takeNews(64), news);
    painting.abandon();
    assert.deepEqual(painting.takeNews(64).tiles, [{ index: 1, data: null }], 'what was told of it is taken back');
  });

  test('an ended edit is told by its patches, and no tile with it', () => {
    const painting = painted();
    painting.stroke({ x: 250, y: 20 }, { x: 260, y: 20 }, brush);
    assert.equal(painting.takeNews(1).tiles.length, 1);
    painting.commit();
    const { steps, tiles } = painting.takeNews(64);
    assert.deepEqual(tiles, []);
    assert.equal(steps.length, 1);
    assert.deepEqual(
      tilesOfEdit(unpackEdit(steps[0].edit), 'after'),
      [0, 1].map((index) => readTile(painting.base, index)),
    );
  });

  test('undo and redo restore every byte, kind and settings, and tell the host', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 8 }), (actions) => {
        const painting = painted();
        const states: { data: Uint8Array; side: MaskSide }[] = [{ data: painting.base.data.slice(), side }];
        const host = emptyMask(size.width, size.height);
        actions.forEach((action, index) => {
          const at = { x: 60 + index * 80, y: 50 + index * 50 };
          if (action === 0) painting.clear();
          else if (action === 1) mark(painting, { x: index * 60, y: 10, width: 90, height: 300 });
          else if (action === 2) painting.stroke(at, { x: 300, y: 300 }, { ...brush, mode: 'erase' });
          else painting.stroke(at, { x: at.x + action * 30, y: 200 }, brush);
          painting.setSide({
            kind: action === 1 ? 'rectangle' : 'painted',
            file: null,
            settings: { ...plain, grow: action },
          });
          if (painting.commit()) states.push({ data: painting.base.data.slice(), side: painting.side() });
        });
        for (let index = states.length - 2; index >= 0; index--) {
          assert.notEqual(painting.undo(), undefined);
          assert.equal(Buffer.compare(painting.base.data, states[index].data), 0);
        }
        assert.equal(painting.undo(), undefined);
        for (const state of states.slice(1)) {
          painting.redo();
          assert.equal(Buffer.compare(painting.base.data, state.data), 0);
          assert.deepEqual(painting.side(), state.side);
        }
        assert.equal(painting.redo(), undefined);
        for (const { edit } of painting.takeNews(1000).steps) applyTiles(host, tilesOfEdit(unpackEdit(edit), 'after'));
        equal(host, painting.base, 'what the host has');
      }),
      { numRuns: 25 },
    );
  });

  test('an edit that changes nothing is no edit; an abandoned one leaves nothing', () => {
    const painting = painted();
    painting.clear();
    assert.equal(painting.commit(), false);
    painting.stroke({ x: 100, y: 100 }, { x: 100, y: 100 }, brush);
    assert.notEqual(painting.abandon(), null);
    assert.equal(bounds(painting.base), null);
    assert.equal(painting.canUndo(), false);
  });

  test('a moved mask is the same pixels elsewhere, what leaves the image comes back with undo or abandon', () => {
    const painting = painted();
    painting.stroke({ x: 100, y: 100 }, { x: 400, y: 100 }, { ...brush, hardness: 0.3 });
    painting.commit();
    const before = painting.base.data.slice();
    const drag = (): void => {
      const part = painting.lift()!;
      const { x, y } = part.box;
      painting.move(part, { x, y }, { x: x - 900, y });
      painting.move(part, { x: x - 900, y }, { x: x - 50, y: y + 300 });
    };
    drag();
    painting.abandon();
    assert.equal(Buffer.compare(painting.base.data, before), 0);
    drag();
    assert.equal(painting.commit(), true);
    for (const y of [90, 100, 119])
      assert.deepEqual(
        painting.base.data.slice((y + 300) * 700, (y + 300) * 700 + 600),
        before.slice(y * 700 + 50, y * 700 + 650),
      );
    painting.undo();
    assert.equal(Buffer.compare(painting.base.data, before), 0);
    assert.equal(painted().lift(), null);
  });

  test('settings of one slider join to one edit; another edit between them parts them', () => {
    const painting = painted();
    for (const grow of [1, 2, 3]) {
      const before = painting.side();
      painting.setSide({ ...before, settings: { ...before.settings, grow } });
      painting.commitSide(before, 'grow');
    }
    mark(painting, { x: 0, y: 0, width: 9, height: 9 });
    painting.commit();
    const before = painting.side();
    painting.setSide({ ...before, settings: { ...before.settings, grow: 9 } });
    painting.commitSide(before, 'grow');
    painting.undo();
    assert.equal(painting.side().settings.grow, 3);
    painting.undo();
    painting.undo();
    assert.equal(painting.side().settings.grow, 0);
    assert.equal(painting.canUndo(), false);
    assert.deepEqual(Object.keys(painting.side()).sort(), ['file', 'kind', 'settings']);
  });

  test('a mask that was emptied comes back with the edit that emptied it, and is not taken for empty', () => {
    const painting = painted();
    mark(painting, { x: 10, y: 10, width: 100, height: 100 });
    painting.commit();
    const marked = painting.base.data.slice();
    painting.clear();
    painting.abandon();
    assert.equal(painting.isBlank(), false);
    painting.stroke({ x: 50, y: 50 }, { x: 200, y: 50 }, brush);
    painting.commit();
    painting.undo();
    assert.equal(Buffer.compare(painting.base.data, marked), 0);
  });

  test('a mask of the host replaces everything and can be taken back', () => {
    const painting = painted();
    painting.stroke({ x: 100, y: 100 }, { x: 400, y: 100 }, brush);
    painting.commit();
    const mine = painting.base.data.slice();
    const other = emptyMask(size.width, size.height);
    other.data.fill(200, 700 * 500);
    painting.replace(tilesOf(other));
    painting.setSide({ kind: 'file', file: null, settings: plain });
    painting.commit();
    equal(painting.base, other, 'the new mask');
    assert.deepEqual(painting.takeNews(1000).tiles, [], 'no tile of it goes back to the host');
    painting.undo();
    assert.equal(Buffer.compare(painting.base.data, mine), 0);
    assert.equal(painting.side().kind, 'painted');
  });
});

suite('preview', () => {
  const all: Settings[] = [
    plain,
    { grow: 4, feather: 8, invert: false, fillHoles: false },
    { grow: -7, feather: 0, invert: true, fillHoles: false },
    { grow: 30, feather: 60, invert: false, fillHoles: true },
    { grow: 0, feather: 12, invert: true, fillHoles: true },
  ];

  test('ends at the effective mask of the engine, bounds and share included, after strokes and new settings', () => {
    const painting = painted();
    const preview = createPreview(painting.base, plain);
    for (const settings of all) {
      preview.set(settings);
      for (const [from, to] of [
        [
          { x: 90, y: 90 },
          { x: 240, y: 300 },
        ],
        [
          { x: 240, y: 300 },
          { x: 420, y: 80 },
        ],
        [
          { x: 420, y: 80 },
          { x: 90, y: 90 },
        ],
      ] as const) {
        preview.touch(painting.stroke(from, to, { size: 12, hardness: 0.5, mode: 'paint' }), true);
      }
      preview.touch(painting.stroke({ x: 500, y: 400 }, { x: 520, y: 400 }, brush), false);
      preview.touch(painting.stroke({ x: 160, y: 160 }, { x: 160, y: 160 }, { ...brush, mode: 'erase' }), false);
      let slices = 0;
      while (preview.stale()) {
        preview.work(() => true, { x: 300, y: 300, width: 100, height: 100 });
        slices++;
      }
      assert.ok(slices <= 60, 'every slice makes headway');
      const expected = effectiveMask(painting.base, settings);
      equal(preview.mask, expected, JSON.stringify(settings));
      const measure = preview.measure();
      assert.deepEqual(measure.bounds, bounds(expected));
      assert.equal(measure.coverage, coverage(expected));
    }
  });

  test('frames in which nothing changed do not begin the work anew', () => {
    const painting = painted();
    for (const settings of all) {
      const preview = createPreview(painting.base, settings);
      let slices = 0;
      while (preview.stale() && slices < 100) {
        preview.touch([], false);
        preview.work(() => true, null);
        slices++;
      }
      assert.ok(slices <= 60, `${slices} slices`);
      equal(preview.mask, effectiveMask(painting.base, settings), JSON.stringify(settings));
    }
  });

  test('holes are filled in slices, and begun anew where the mask changes meanwhile', () => {
    const painting = painted();
    const settings = { ...plain, fillHoles: true };
    painting.stroke({ x: 90, y: 90 }, { x: 600, y: 400 }, brush);
    const preview = createPreview(painting.base, settings);
    for (let slice = 0; slice < 5; slice++) preview.work(() => true, null);
    assert.ok(isEmpty(preview.mask), 'no slice does all of it');
    preview.touch(painting.stroke({ x: 90, y: 400 }, { x: 600, y: 90 }, brush), false);
    while (preview.stale()) preview.work(() => true, null);
    equal(preview.mask, effectiveMask(painting.base, settings), 'effective mask');
  });

  test('a small stroke is right at once, without a slice of work', () => {
    const painting = painted();
    const settings = all[1];
    const preview = createPreview(painting.base, settings);
    while (preview.stale()) preview.work(() => false, null);
    preview.touch(painting.stroke({ x: 300, y: 200 }, { x: 350, y: 230 }, { ...brush, size: 10 }), true);
    assert.equal(preview.stale(), false);
    equal(preview.mask, effectiveMask(painting.base, settings), 'effective mask');
  });

  test('a stroke too big for one frame shows itself at once all the same', () => {
    const painting = painted();
    const preview = createPreview(painting.base, all[1]);
    while (preview.stale()) preview.work(() => false, null);
    preview.touch(painting.stroke({ x: 60, y: 60 }, { x: 600, y: 460 }, { ...brush, size: 100 }), true);
    assert.equal(preview.mask.data[260 * 700 + 330], 255);
    assert.equal(preview.stale(), true);
  });

  test('full and empty are told apart', () => {
    const painting = painted();
    const preview = createPreview(painting.base, plain);
    while (preview.stale()) preview.work(() => false, null);
    assert.deepEqual(preview.measure(), { bounds: null, coverage: 0, empty: true, full: false });
    preview.set({ ...plain, invert: true });
    while (preview.stale()) preview.work(() => false, null);
    assert.equal(preview.measure().full, true);
    assert.equal(preview.measure().coverage, 1);
  });
});

suite('overlay', () => {
  const painting = painted();
  const preview = createPreview(painting.base, plain);
  preview.touch([mark(painting, { x: 100, y: 100, width: 200, height: 100 })!], false);
  preview.touch([mark(painting, { x: 401, y: 301, width: 1, height: 1 })!], false);
  while (preview.stale()) preview.work(() => false, null);
  const look = lookFor(false, 1);

  const alphaAt = (out: Uint8ClampedArray, width: number, x: number, y: number): number => out[(y * width + x) * 4 + 3];

  test('shows each mask pixel where the view puts it, edged by a light and a dark line', () => {
    const region = { x: 0, y: 0, width: 400, height: 300 };
    const view = { scale: 1, x: 10, y: 20 };
    const out = drawOverlay(preview.mask, preview.quarter, view, region, look);
    const at = (x: number, y: number) => [...out.slice((y * 400 + x) * 4, (y * 400 + x) * 4 + 3)];
    assert.equal(alphaAt(out, 400, 108, 150), 0);
    assert.deepEqual(at(109, 150), [0, 0, 0]);
    assert.equal(alphaAt(out, 400, 109, 150), 190);
    assert.deepEqual(at(110, 150), [255, 255, 255]);
    assert.deepEqual(at(111, 150), [...overlayColours.magenta]);
    assert.equal(alphaAt(out, 400, 309, 150), 235);
    assert.equal(alphaAt(out, 400, 310, 150), 190);
  });

  test('a part drawn alone equals the same part of the whole', () => {
    for (const view of [
      { scale: 0.13, x: 31, y: 7 },
      { scale: 0.7, x: -20, y: 3 },
      { scale: 3, x: -400, y: -350 },
    ]) {
      const region = { x: 0, y: 0, width: 300, height: 200 };
      const part = { x: 41, y: 17, width: 120, height: 90 };
      const whole = drawOverlay(preview.mask, preview.quarter, view, region, look);
      const cut = drawOverlay(preview.mask, preview.quarter, view, part, look);
      for (let y = 0; y < part.height; y++) {
        const from = ((part.y + y) * region.width + part.x) * 4;
        assert.deepEqual(
          cut.slice(y * part.width * 4, (y + 1) * part.width * 4),
          whole.slice(from, from + part.width * 4),
        );
      }
    }
  });

  test('a single masked pixel is never lost when zoomed far out', () => {
    for (const scale of [0.5, 0.3, 0.2, 0.1, 0.05]) {
      const region = { x: 0, y: 0, width: Math.ceil(700 * scale), height: Math.ceil(520 * scale) };
      const strengths = sample(preview.mask, preview.quarter, { scale, x: 0, y: 0 }, region);
      const x = Math.floor(401.5 * scale);
      const y = Math.floor(301.5 * scale);
      const near = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => strengths[(y + dy) * region.width + x + dx]));
      assert.ok(Math.max(...near) > 0, `lost at ${scale}`);
    }
  });
});
