import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correctTone } from '../../../src/raster/tone/correct.ts';
import { photos } from '../../bench/photos.ts';
import { qualityOf } from '../../bench/seam-measure.ts';

test('a shift that rises and falls across the window is bridged over the hole', async () => {
  const picture = (await photos(512))[4];
  const { width, height, data } = picture;
  const hole = Uint8Array.from({ length: width * height }, (_, at) =>
    Math.hypot((at % width) - width / 2, Math.floor(at / width) - height / 2) < 0.26 * Math.min(width, height) ? 1 : 0,
  );
  const shifted = data.map((value, at) => {
    const [x, y] = [(Math.floor(at / 3) % width) / width, Math.floor(at / 3 / width) / height];
    const moved = value + 10 * Math.sin(x * Math.PI * 1.5) * Math.cos(y * Math.PI);
    return Math.max(0, Math.min(255, Math.round(moved)));
  });
  correctTone(data, shifted, hole, picture);
  const { edge, change } = qualityOf(shifted, data, hole, picture);
  assert.ok(change < 0.1 && edge < 0.1, JSON.stringify({ edge, change }));
});
