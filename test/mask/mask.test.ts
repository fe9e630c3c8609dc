import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { clipBox, expandBox, joinBoxes } from '../../src/mask/box.ts';
import { emptyMask } from '../../src/mask/mask.ts';
import { bounds, coverage, isEmpty, isFull, islands } from '../../src/mask/measure.ts';
import {
  maskChannels,
  maskFromAlpha,
  maskFromChannel,
  maskFromLuminance,
  maskFromPixels,
  readMask,
  usableChannels,
} from '../../src/mask/sources.ts';
import { applyTiles, readTile, tileBox, tileCount, tileSide, tilesOf, tilesTouching } from '../../src/mask/tiles.ts';
import { boxIn, masks } from './arbitrary.ts';

suite('sources', () => {
  test('grey stays what it is, with and without colour channels', () => {
    const levels = Uint8Array.from({ length: 256 }, (_, level) => level);
    const colours = Uint8Array.from({ length: 768 }, (_, at) => Math.floor(at / 3));
    assert.deepEqual(maskFromLuminance(levels, 1, 16, 16).data, levels);
    assert.deepEqual(maskFromLuminance(colours, 3, 16, 16).data, levels);
  });

  test('luminance is the Rec. 709 luma, rounded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (pixel) => {
        const exact = 0.2126 * pixel[0] + 0.7152 * pixel[1] + 0.0722 * pixel[2];
        assert.ok(Math.abs(maskFromLuminance(pixel, 4, 1, 1).data[0] - exact) <= 0.51);
      }),
    );
  });

  test('transparent is white', () => {
    assert.deepEqual([...maskFromAlpha(Uint8Array.of(9, 0, 9, 255, 9, 100), 2, 3, 1).data], [255, 0, 155]);
  });

  test('alpha counts only if it varies and the luminance does not', () => {
    const both = Uint8Array.of(10, 10, 10, 255, 20, 20, 20, 0);
    const alphaOnly = Uint8Array.of(10, 10, 10, 255, 10, 10, 10, 0);
    const neither = Uint8Array.of(10, 10, 10, 7, 10, 10, 10, 7);
    assert.deepEqual([...maskFromPixels(both, 4, 2, 1).data], [10, 20]);
    assert.deepEqual([...maskFromPixels(alphaOnly, 4, 2, 1).data], [0, 255]);
    assert.deepEqual([...maskFromPixels(neither, 4, 2, 1).data], [10, 10]);
    assert.deepEqual([...maskFromPixels(Uint8Array.of(5, 5, 5, 5, 5, 5), 3, 2, 1).data], [5, 5]);
  });
});

suite('channels', () => {
  const taken = (pixels: readonly number[], channels: number): (number | undefined)[] =>
    maskChannels.map((channel) => maskFromChannel(Uint8Array.from(pixels), channels, 1, 1, channel)?.data[0]);
  test('each is taken as it is, alpha turned round; grey is all colours, and no alpha is none', () => {
    assert.deepEqual(taken([255, 100, 30, 200], 4), [128, 55, 255, 100, 30]);
    assert.deepEqual(taken([255, 100, 30], 3), [128, undefined, 255, 100, 30]);
    assert.deepEqual(taken([70, 200], 2), [70, 55, 70, 70, 70]);
    assert.deepEqual(taken([70], 1), [70, undefined, 70, 70, 70]);
  });
});

suite('reading', () => {
  const pixels = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }))
    .chain(([channels, width]) =>
      fc.tuple(
        fc.constant(channels),
        fc.constant(width),
        fc.uint8Array({ minLength: channels * width, maxLength: channels * width, max: 3 }),
      ),
    );

  test('a channel is offered where it is not the same everywhere; colours only of a picture with colour', () => {
    fc.assert(
      fc.property(pixels, ([channels, width, data]) => {
        const offered = usableChannels(data, channels);
        const grey =
          channels < 3 ||
          [...data.keys()].every((at) => {
            const first = at - (at % channels);
            return at % channels > 2 || data[at] === data[first];
          });
        for (const channel of maskChannels) {
          const mask = maskFromChannel(data, channels, width, 1, channel);
          const differs = mask !== undefined && new Set(mask.data).size > 1;
          const isColour = channel !== 'luminance' && channel !== 'alpha';
          // Colours of one luminance still differ, so luminance may be offered where it is flat, and never the other way.
          if (channel === 'luminance') assert.ok(offered.includes(channel) || !differs);
          else assert.equal(offered.includes(channel), differs && !(isColour && grey), channel);
        }
      }),
    );
  });

  test('without a name the usual channel is taken and said; with one that is', () => {
    fc.assert(
      fc.property(pixels, ([channels, width, data]) => {
        const usual = readMask(data, channels, width, 1)!;
        assert.deepEqual(usual.data, maskFromPixels(data, channels, width, 1).data);
        assert.deepEqual(readMask(data, channels, width, 1, usual.channel), usual);
      }),
    );
    assert.equal(readMask(Uint8Array.of(1, 2, 3), 3, 1, 1, 'alpha'), undefined);
    assert.equal(readMask(Uint8Array.of(9, 9, 9, 0, 9, 9, 9, 255), 4, 2, 1)!.channel, 'alpha');
  });
});

suite('measure', () => {
  test('islands are the parts that touch nowhere, not even at a corner', () => {
    fc.assert(
      fc.property(masks(12), (mask) => {
        const { width, height } = mask;
        const left = new Set([...mask.data.keys()].filter((at) => mask.data[at] > 0));
        let parts = 0;
        for (const start of left) {
          parts += 1;
          const waiting = [start];
          left.delete(start);
          for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
            for (const dy of [-1, 0, 1])
              for (const dx of [-1, 0, 1]) {
                const [x, y] = [(at % width) + dx, Math.floor(at / width) + dy];
                const next = y * width + x;
                if (x >= 0 && x < width && y >= 0 && y < height && left.delete(next)) waiting.push(next);
              }
        }
        assert.equal(islands(mask), parts);
      }),
      { numRuns: 1000 },
    );
  });

  test('bounds and coverage agree with a look at every pixel', () => {
    fc.assert(
      fc.property(masks(20), (mask) => {
        const set = [...mask.data.keys()].filter((at) => mask.data[at] > 0);
        const columns = set.map((at) => at % mask.width);
        const rows = set.map((at) => Math.floor(at / mask.width));
        const [x, y] = [Math.min(...columns), Math.min(...rows)];
        const expected =
          set.length === 0 ? null : { x, y, width: Math.max(...columns) - x + 1, height: Math.max(...rows) - y + 1 };
        assert.deepEqual(bounds(mask), expected);
        assert.equal(coverage(mask), set.length / mask.data.length);
        assert.equal(isEmpty(mask), set.length === 0);
        assert.equal(isFull(mask), set.length === mask.data.length);
      }),
      { numRuns: 300 },
    );
  });
});

suite('tiles', () => {
  test('a mask is its tiles, and empty ones are left out', () => {
    const mask = emptyMask(tileSide * 2 + 3, tileSide + 1);
    mask.data[mask.data.length - 1] = 9;
    mask.data[tileSide] = 200;
    const tiles = tilesOf(mask);
    assert.deepEqual(
      tiles.map((tile) => tile.index),
      [1, 5],
    );
    assert.ok(tiles.every((tile) => tile.data?.length === tileSide * tileSide));
    const copy = emptyMask(mask.width, mask.height);
    applyTiles(copy, tiles);
    assert.deepEqual(copy, mask);
    applyTiles(copy, [{ index: 1, data: null }]);
    assert.equal(copy.data[tileSide], 0);
    assert.deepEqual(readTile(copy, 1), { index: 1, data: null });
  });

  test('a tile that does not exist is not written', () => {
    const mask = emptyMask(10, 10);
    const data = new Uint8Array(tileSide * tileSide).fill(1);
    applyTiles(mask, [
      { index: 1, data },
      { index: -1, data },
    ]);
    assert.ok(isEmpty(mask));
  });

  test('the tiles touching a box are those that share a pixel with it', () => {
    const size = { width: 1000, height: 700 };
    fc.assert(
      fc.property(boxIn(size), (box) => {
        const expected = Array.from({ length: tileCount(size) }, (_, index) => index).filter((index) => {
          const tile = tileBox(size, index);
          return (
            Math.max(tile.x, box.x) < Math.min(tile.x + tile.width, box.x + box.width) &&
            Math.max(tile.y, box.y) < Math.min(tile.y + tile.height, box.y + box.height)
          );
        });
        assert.deepEqual(tilesTouching(size, box), expected);
      }),
    );
  });
});

suite('boxes', () => {
  const box = { x: 2, y: 3, width: 4, height: 5 };

  test('clip keeps what lies inside the image', () => {
    assert.deepEqual(clipBox(expandBox(box, 3), { width: 5, height: 9 }), { x: 0, y: 0, width: 5, height: 9 });
    assert.equal(clipBox(box, { width: 2, height: 9 }), null);
  });

  test('join holds both', () => {
    assert.deepEqual(joinBoxes(box, { x: 0, y: 7, width: 1, height: 6 }), { x: 0, y: 3, width: 6, height: 10 });
    assert.deepEqual(joinBoxes(null, box), box);
    assert.equal(joinBoxes(null, null), null);
  });
});
