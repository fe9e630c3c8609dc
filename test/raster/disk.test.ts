/** The file system of the WebAssembly module is that of this machine: what it writes there, anybody may find. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { mock, test } from 'node:test';
import sharp from 'sharp';
import { decode, fromSrgb, ownProfile, toEightBitRgb } from '../../src/raster/decode.ts';
import { imageOf, samplesOf, startVips } from '../../src/raster/vips.ts';

test('an image with a profile writes in the folder for temporary files only, and leaves nothing there', async () => {
  const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#c84' } })
    .withIccProfile('p3')
    .png()
    .toBuffer();
  const written: string[] = [];
  const { openSync } = fs;
  mock.method(fs, 'openSync', (path: fs.PathLike, flags: fs.OpenMode, mode?: fs.Mode) => {
    const writes =
      typeof flags === 'string' ? flags !== 'r' : (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) > 0;
    if (writes) written.push(String(path));
    return openSync(path, flags, mode);
  });
  const vips = await startVips();
  const { image } = await decode({ name: 'p3.png', bytes });
  const sent = samplesOf(toEightBitRgb(vips, image));
  const back = samplesOf(fromSrgb(imageOf(vips, Uint8Array.from(sent), 40, 30), ownProfile(vips, image)!, 8));
  mock.restoreAll();
  assert.ok(
    samplesOf(image).every((level, at) => Math.abs(level - back[at]) <= 1),
    'there and back',
  );
  assert.ok(written.length > 0);
  for (const path of written) {
    assert.ok(path.startsWith(tmpdir()), path);
    assert.ok(!fs.existsSync(path), path);
  }
});
