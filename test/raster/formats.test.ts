import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import sharp from 'sharp';
import { decode } from '../../src/raster/decode.ts';
import { readHeader } from '../../src/raster/header.ts';
import { chunk, chunksOf } from '../../src/raster/metadata/png.ts';
import { samplesOf } from '../../src/raster/vips.ts';
import { differing, filled } from './filled.ts';
import { muxedJpeg, plane, png, type PngForm } from './files.ts';

const [width, height] = [43, 29];
const size = width * height;

const values = (count: number, limit: number): number[] =>
  Array.from({ length: count }, (_, at) => (at * 2_654_435_761) % limit);

const form = (saved: Buffer): readonly number[] => [...chunksOf(saved)[0].data.subarray(8, 10)];

const shades = Buffer.from(Array.from({ length: 4 }, (_, at) => [at * 60, 255 - at * 50, at * 20]).flat());

suite('PNG sources: exact, and stored as they were where the picture fits', () => {
  const forms: readonly (readonly [string, Omit<PngForm, 'width' | 'height'>, readonly number[]])[] = [
    ['grey 1', { depth: 1, type: 0, samples: values(size, 2) }, [1, 0]],
    ['grey 2', { depth: 2, type: 0, samples: values(size, 4) }, [2, 0]],
    ['grey 4', { depth: 4, type: 0, samples: values(size, 16) }, [4, 0]],
    ['grey 8', { depth: 8, type: 0, samples: values(size, 256) }, [8, 0]],
    ['grey 16', { depth: 16, type: 0, samples: values(size, 65_536) }, [16, 0]],
    ['grey and alpha 16', { depth: 16, type: 4, samples: values(size * 2, 65_536) }, [16, 4]],
    ['RGB 16', { depth: 16, type: 2, samples: values(size * 3, 65_536) }, [16, 2]],
    ['RGBA 8', { depth: 8, type: 6, samples: values(size * 4, 256) }, [8, 6]],
    [
      'RGB 8 with a transparent colour',
      { depth: 8, type: 2, samples: values(size * 3, 3), before: [chunk('tRNS', Buffer.from([0, 1, 0, 1, 0, 1]))] },
      [8, 6],
    ],
    ['palette 2', { depth: 2, type: 3, samples: values(size, 4), before: [chunk('PLTE', shades)] }, [4, 3]],
    [
      'palette 4 with alpha',
      {
        depth: 4,
        type: 3,
        samples: values(size, 4),
        before: [chunk('PLTE', shades), chunk('tRNS', Buffer.from([128]))],
      },
      [4, 3],
    ],
  ];
  for (const [name, source, expected] of forms)
    test(name, async () => {
      const file = png({ width, height, ...source });
      const made = await filled(file, 'source', '#fff');
      assert.equal(made.extension, '.png');
      assert.deepEqual(form(made.saved), expected);
      const found = await differing(file, made);
      assert.equal(found.outside, 0);
      assert.ok(found.inside > 0);
      assert.deepEqual([made.exact, made.changedOutsideEffective], [true, 0]);
    });

  test('palette and narrow grey give way where the fill does not fit them', async () => {
    const palette = png({
      width,
      height,
      depth: 8,
      type: 3,
      samples: values(size, 4),
      before: [chunk('PLTE', shades)],
    });
    const many = png({
      width: 90,
      height: 80,
      depth: 1,
      type: 3,
      samples: values(7200, 2),
      before: [chunk('PLTE', shades.subarray(0, 6))],
    });
    const grey = png({ width, height, depth: 2, type: 0, samples: values(size, 4) });
    for (const [file, expected] of [
      [many, [8, 2]],
      [grey, [8, 0]],
      [palette, [8, 3]],
    ] as const) {
      const made = await filled(file, 'png');
      assert.deepEqual(form(made.saved), expected);
      assert.equal((await differing(file, made)).outside, 0);
    }
  });

  test('interlaced', async () => {
    const file = await sharp(png({ width, height, depth: 8, type: 2, samples: values(size * 3, 256) }))
      .png({ progressive: true })
      .toBuffer();
    assert.equal((await differing(file, await filled(file, 'png'))).outside, 0);
  });
});

suite('JPEG sources', () => {
  const samplings = { '4:4:4': [1, 1], '4:2:2': [2, 1], '4:4:0': [1, 2], '4:2:0': [2, 2], '4:1:1': [4, 1] } as const;
  for (const [name, [across, down]] of Object.entries(samplings))
    test(`${name}: decoded as libjpeg does; like the source, chroma is halved only where it was in both directions`, async () => {
      const [w, h] = [Math.ceil(96 / across), Math.ceil(64 / down)];
      const small = { width: w, height: h, across: 1, down: 1 };
      const file = await muxedJpeg(96, 64, [
        { data: plane(96, 64, 0), width: 96, height: 64, across, down },
        { data: plane(w, h, 1), ...small },
        { data: plane(w, h, 2), ...small },
      ]);
      const { image } = await decode({ name: 's', bytes: file });
      assert.deepEqual(Buffer.from(samplesOf(image)), await sharp(file).raw().toBuffer());
      if (name !== '4:2:0' && name !== '4:2:2') return;
      const like = await sharp((await filled(file, 'source')).saved).metadata();
      assert.equal(like.chromaSubsampling, name === '4:2:0' ? '4:2:0' : '4:4:4');
    });

  test('every quality level is found in the tables and written again; progressive stays', async () => {
    const picture = sharp(plane(64, 64, 0), { raw: { width: 64, height: 64, channels: 1 } }).toColourspace('srgb');
    const qualityOf = (file: Buffer): unknown => {
      const header = readHeader(file, 's');
      return header.ok && header.value.jpeg?.quality;
    };
    for (let quality = 1; quality <= 100; quality++)
      assert.equal(qualityOf(await picture.clone().jpeg({ quality }).toBuffer()), quality);
    const tables = (file: Buffer): string[] => {
      const found: string[] = [];
      for (let at = 2; file[at + 1] !== 0xda; at += 2 + file.readUInt16BE(at + 2))
        if (file[at + 1] === 0xdb) found.push(file.toString('hex', at, at + 2 + file.readUInt16BE(at + 2)));
      return found;
    };
    const source = await picture.clone().jpeg({ quality: 71, progressive: true }).toBuffer();
    const { saved } = await filled(source, 'source');
    assert.deepEqual(tables(saved).join(), tables(source).join());
    assert.equal((await sharp(saved).metadata()).isProgressive, true);
    const baseline = await filled(await picture.clone().jpeg({ quality: 50 }).toBuffer(), 'source');
    assert.equal((await sharp(baseline.saved).metadata()).isProgressive, false);
  });

  test('CMYK and YCCK become sRGB in a PNG, and that is said', async () => {
    const full = { width: 80, height: 64, across: 1, down: 1 };
    const planes = [0, 1, 2, 3].map((phase) => ({ data: plane(80, 64, phase), ...full }));
    for (const transform of [0, 2]) {
      const file = await muxedJpeg(80, 64, planes, transform);
      const made = await filled(file, 'source');
      assert.equal(made.extension, '.png');
      assert.deepEqual(
        made.warnings.map(({ code }) => code),
        ['source.cmyk'],
      );
      assert.ok(chunksOf(made.saved).some(({ type }) => type === 'sRGB'));
      // libvips' own CMYK profile stands on both sides, by different intents; inverted ink would be 60 levels off.
      const reference = await sharp(file).toColourspace('srgb').raw().toBuffer();
      const mine = await sharp(made.saved).raw().toBuffer();
      const { x, y, width: w, height: h } = made.mask;
      let sum = 0;
      mine.forEach((value, at) => {
        const [column, row] = [Math.floor(at / 3) % 80, Math.floor(at / 240)];
        const within = column >= x && column < x + w && row >= y && row < y + h;
        if (!within) sum += Math.abs(value - reference[at]);
      });
      assert.ok(sum / mine.length < 15, `${sum / mine.length}`);
    }
  });
});

test('orientation 1 to 8 is applied once, in every format', async () => {
  const picture = sharp(png({ width: 60, height: 40, depth: 8, type: 2, samples: values(7200, 256) }));
  for (let orientation = 1; orientation <= 8; orientation++)
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const bytes = await picture.clone().withMetadata({ orientation }).toFormat(format).toBuffer();
      const { image } = await decode({ name: 's', bytes });
      const { data, info } = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
      assert.deepEqual([image.width, image.height], [info.width, info.height]);
      assert.deepEqual(Buffer.from(samplesOf(image)), data, `${format} ${orientation}`);
      image.delete();
    }
});

test('GIF, still and animated, with and without transparency: the first frame as PNG, and that is said', async () => {
  const frame = (background: string) =>
    sharp({ create: { width: 50, height: 40, channels: 3, background } })
      .png()
      .toBuffer();
  const joined = [await frame('#10a020'), await frame('#a01020')];
  const animated = await sharp(joined, { join: { animated: true } })
    .gif()
    .toBuffer();
  const still = await sharp(joined[0]).gif().toBuffer();
  const clear = await sharp({ create: { width: 50, height: 40, channels: 4, background: '#0000' } })
    .gif()
    .toBuffer();
  // sharp marks a colour as transparent in every GIF; the first frame of these has none.
  for (const file of [still, animated]) file[file.indexOf('\x21\xf9\x04', 0, 'latin1') + 3] &= 0xfe;
  for (const file of [still, animated, clear]) {
    const header = readHeader(file, 's');
    assert.ok(header.ok && header.value.hasAlpha === (file === clear));
    for (const as of ['png', 'source'] as const) {
      const made = await filled(file, as);
      assert.equal(made.extension, '.png');
      assert.deepEqual(
        made.warnings.map(({ code }) => code),
        ['source.gif'],
      );
      const first = sharp(file, { page: 0 });
      const reference = file === clear ? first.ensureAlpha() : first.removeAlpha();
      assert.equal((await differing(await reference.png().toBuffer(), made)).outside, 0);
    }
  }
});

test('an opaque RGBA picture keeps its alpha channel in a lossless WebP, and is exact', async () => {
  const source = await sharp(png({ width, height, depth: 8, type: 2, samples: values(size * 3, 256) }))
    .ensureAlpha()
    .png()
    .toBuffer();
  const made = await filled(source, 'webp');
  assert.deepEqual([made.exact, made.changedOutsideEffective], [true, 0]);
  assert.equal((await differing(source, made)).outside, 0);
});

test('a picture longer than a format can hold becomes an exact PNG', async () => {
  for (const [length, as] of [
    [16_384, 'webp'],
    [65_501, 'jpeg'],
  ] as const) {
    const source = png({ width: 3, height: length, depth: 8, type: 0, samples: values(3 * length, 256) });
    const made = await filled(source, as, '#fff');
    assert.deepEqual([made.extension, made.exact, made.changedOutsideEffective], ['.png', true, 0]);
  }
});
