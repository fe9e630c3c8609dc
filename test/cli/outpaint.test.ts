/** Outpainting from the command line: in one step, in several, and when one of several fails. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite, test } from 'node:test';
import sharp from 'sharp';
import { decode, type Raster } from '../e2e/judge.ts';
import { home, nothingSent, prompt, size, viewOf, type Home } from './rig.ts';

interface Sides {
  readonly left: number;
  readonly top: number;
}

/** Samples of `saved` that differ from `source`, which lies in it at `left, top`, further than `inset` from its border. */
const differing = (source: Raster, saved: Raster, { left, top }: Sides, inset: Sides): number => {
  let count = 0;
  for (let y = inset.top; y < source.height - inset.top; y++)
    for (let x = inset.left; x < source.width - inset.left; x++)
      for (let band = 0; band < source.channels; band++) {
        const from = (y * source.width + x) * source.channels + band;
        const to = ((y + top) * saved.width + x + left) * saved.channels + band;
        if (source.data[from] !== saved.data[to]) count++;
      }
  return count;
};

const writeWide = async (here: Home): Promise<string> => {
  const file = join(here.folder, 'wide.png');
  await sharp(here.photo).resize(1500, 1000, { fit: 'fill' }).png().toFile(file);
  return file;
};

const pause = async (so: () => boolean): Promise<void> => {
  while (!so()) await sleep(10);
};

/** How much the emulator's waves move the samples of the columns from `x` on: the spread in the liveliest of them. */
const spread = ({ data, width, height, channels }: Raster, x: number): number =>
  Math.max(
    ...Array.from({ length: 60 }, (_, column) => {
      const values = Array.from({ length: height }, (_, y) => data[(y * width + x + column) * channels]);
      const mean = values.reduce((sum, value) => sum + value, 0) / height;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / height);
    }),
  );

suite('flux-fill: outpaint', { concurrency: 3 }, () => {
  test('--expand: a larger file, the image in it untouched but for the overlap, the new area filled', async () => {
    await using here = await home({ content: 'fill' });
    const args = ['photo.png', '--expand', '60,0,40,20', '--base-url', here.emulator.url, '--json'];
    const ended = await here.run([...args, '--prompt', prompt]);
    assert.equal(ended.code, 0, ended.stderr);
    const view = viewOf(ended);
    assert.deepEqual(view.canvas, { width: 520, height: 320 });
    assert.equal(view.steps.length, 1);
    assert.deepEqual([view.changedOutsideEffective, here.submits()], [0, 1]);
    const [source, saved] = [await decode(here.photo), await decode(view.path!)];
    assert.deepEqual([saved.width, saved.height, saved.channels], [520, 320, 3]);
    assert.equal(differing(source, saved, { left: 60, top: 0 }, { left: 16, top: 16 }), 0);
    assert.ok(differing(source, saved, { left: 60, top: 0 }, { left: 0, top: 0 }) > 0, 'the overlap is made anew');
    const sent = here.emulator.log.find(({ method }) => method === 'POST')!.body!;
    const mask = await decode(Buffer.from(String(sent['mask']), 'base64'));
    const white = (x: number, y: number): boolean => mask.data[(y * mask.width + x) * mask.channels] === 255;
    assert.deepEqual([white(75, 100), white(76, 100), white(463, 100), white(464, 100)], [true, false, false, true]);
    assert.deepEqual([white(200, 0), white(200, 283), white(200, 284)], [false, false, true]);
  });

  test('what is sent under the mask continues the image: no dark band', async () => {
    await using here = await home({ content: 'fill' });
    const ended = await here.run(['photo.png', '--outpaint', 'right', '--base-url', here.emulator.url]);
    assert.equal(ended.code, 0, ended.stderr);
    const sent = here.emulator.log.find(({ method }) => method === 'POST')!.body!;
    const image = await decode(Buffer.from(String(sent['image']), 'base64'));
    const mean = (x: number): number => {
      let sum = 0;
      for (let y = 0; y < size.height; y++) sum += image.data[(y * image.width + x) * 3 + 1];
      return sum / size.height;
    };
    assert.ok(Math.abs(mean(size.width - 2) - mean(size.width + 4)) < 12);
    for (let x = size.width; x < size.width * 1.5; x += 10) assert.ok(mean(x) > 20, `dark at ${x}`);
  });

  test('--aspect in two steps: each sent pixel for pixel, priced and paid together, one file', async () => {
    await using here = await home({ content: 'fill' });
    const wide = await writeWide(here);
    const args = ['wide.png', '--aspect', '2:1', '--base-url', here.emulator.url, '--json'];
    const dry = JSON.parse((await here.run([...args, '--dry-run'])).stdout) as { price: number; steps: unknown[] };
    assert.deepEqual([dry.price, dry.steps.length], [0.1, 2]);
    nothingSent(here.emulator);
    const ended = await here.run(args);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /canvas 2000 × 1000, 2 steps, .*\$0\.10/);
    assert.match(ended.stderr, /step 2 of 2: submitted/);
    const view = viewOf(ended);
    assert.deepEqual([view.steps.length, here.submits(), view.cost], [2, 2, 0.1]);
    assert.equal(view.changedOutsideEffective, 0);
    const [source, saved] = [await decode(wide), await decode(view.path!)];
    assert.deepEqual([saved.width, saved.height], [2000, 1000]);
    assert.equal(differing(source, saved, { left: 250, top: 0 }, { left: 16, top: 0 }), 0);
    // The emulator's waves are on both sides.
    for (const x of [0, 180, 1760, 1940]) assert.ok(spread(saved, x) > 40, `nothing was filled from ${x}`);
    assert.deepEqual([...(await here.names())].sort(), ['photo.png', 'wide.fill-001.png', 'wide.png']);
  });

  test('a step that is refused: what was made is kept, and resume makes the rest', async () => {
    await using here = await home({ content: 'fill', readyAfter: 3_600_000 });
    const wide = await writeWide(here);
    const begun = here.start(['wide.png', '--aspect', '2:1', '--base-url', here.emulator.url]);
    await pause(() => here.emulator.accepted() === 1);
    here.emulator.control({ readyAfter: 0, scenario: '402' });
    const refused = await begun.ended;
    assert.equal(refused.code, 4, refused.stderr);
    const [, id] = /1 of 2 steps are made and kept\. “flux-fill resume ([0-9a-z]+)”/.exec(refused.stderr)!;
    assert.deepEqual([...(await here.names())].sort(), ['photo.png', 'wide.png']);
    here.emulator.control({ scenario: 'normal' });
    assert.equal((await here.run(['resume', id], { BFL_API_KEY: '' })).code, 3, 'it needs a key');
    const resumed = await here.run(['resume', id]);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(here.emulator.accepted(), 2);
    const [source, saved] = [await decode(wide), await decode(join(here.folder, 'wide.fill-001.png'))];
    assert.equal(differing(source, saved, { left: 250, top: 0 }, { left: 16, top: 0 }), 0);
  });

  test('--window whole: one step at a lower resolution, and it says so', async () => {
    await using here = await home({ content: 'fill' });
    await writeWide(here);
    const args = ['wide.png', '--outpaint', 'zoom-out-2x', '--window', 'whole', '--base-url', here.emulator.url];
    const ended = await here.run([...args, '--dry-run']);
    assert.match(ended.stderr, /canvas 3000 × 2000, window 3000 × 2000 .*filled at 40 % resolution, \$0\.05/);
  });

  test('alpha: the new area is opaque, the image keeps its own', async () => {
    await using here = await home({ content: 'fill' });
    const sprite = join(here.folder, 'sprite.png');
    const { data } = await decode(here.photo);
    const rgba = Buffer.alloc(size.width * size.height * 4);
    for (let i = 0; i < size.width * size.height; i++) {
      data.copy(rgba, i * 4, i * 3, i * 3 + 3);
      rgba[i * 4 + 3] = i % size.width > 200 ? 255 : 0;
    }
    await sharp(rgba, { raw: { ...size, channels: 4 } })
      .png()
      .toFile(sprite);
    const args = ['sprite.png', '--outpaint', 'left', '--base-url', here.emulator.url, '--json'];
    const ended = await here.run(args);
    assert.equal(ended.code, 0, ended.stderr);
    const [source, saved] = [await decode(sprite), await decode(viewOf(ended).path!)];
    assert.equal(saved.channels, 4);
    assert.equal(differing(source, saved, { left: 210, top: 0 }, { left: 16, top: 0 }), 0);
    for (let y = 0; y < saved.height; y++)
      for (let x = 0; x < 200; x++) assert.equal(saved.data[(y * saved.width + x) * 4 + 3], 255);
  });

  test('a tiny image is extended as well, with a smaller overlap', async () => {
    await using here = await home({ content: 'fill' });
    const tiny = join(here.folder, 'tiny.png');
    await sharp(here.photo).resize(3, 40, { fit: 'fill' }).png().toFile(tiny);
    const ended = await here.run(['tiny.png', '--expand', '20,0,0,8', '--base-url', here.emulator.url, '--json']);
    assert.equal(ended.code, 0, ended.stderr);
    const [source, saved] = [await decode(tiny), await decode(viewOf(ended).path!)];
    assert.deepEqual([saved.width, saved.height], [23, 48]);
    assert.equal(differing(source, saved, { left: 20, top: 0 }, { left: 0, top: 0 }), 0);
  });

  test('bad input ends with 2 before anything is sent', async () => {
    await using here = await home();
    for (const [args, said] of [
      [['--expand', '1,2,3'], /four whole numbers/],
      [['--expand', '0,0,0,0'], /not larger/],
      [['--expand', '40000,0,0,0'], /too large/],
      [['--aspect', '16x9'], /width:height/],
      [['--outpaint', 'up'], /--outpaint must be one of zoom-out-1\.5x/],
      [['--outpaint', 'left', '--rect', '1,1,5,5'], /exactly one of/],
      [['--outpaint', 'left', '--overlap', '500'], /--overlap must be between 0 and 256/],
      [['--aspect', '7:5'], /not larger/],
    ] as const) {
      const ended = await here.run(['photo.png', ...args, '--base-url', here.emulator.url]);
      assert.equal(ended.code, 2, `${args.join(' ')}: ${ended.stderr}`);
      assert.match(ended.stderr, said);
    }
    nothingSent(here.emulator);
  });
});
