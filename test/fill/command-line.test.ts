/** What is copied as a command line is read by the command line, and asks for the same fill. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { readArguments, type FillArguments } from '../../src/cli/args.ts';
import { commandWords, needsMaskFile, shellLine } from '../../src/fill/command-line.ts';
import { guidance, resultFormats, steps } from '../../src/fill/parameters.ts';
import { saveChoices, serviceIds, type Fill } from '../../src/fill/record.ts';
import { makeFill } from '../jobs/rig.ts';

const image = "/home/a b/it's/photo.png";
const mask = '/storage/base mask.png';

const argumentsOf = (words: readonly string[]): FillArguments => {
  const read = readArguments(words);
  assert.ok(read.ok && read.value.verb === 'fill', JSON.stringify(read));
  return read.value.fill;
};

const wordsOf = (fill: Fill): readonly string[] => {
  const words = commandWords(fill, { image, mask, baseUrl: 'https://api.bfl.ai' });
  assert.ok(words.ok);
  return words.value;
};

const prompts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom("-5'\n$HOME `x` \\", '--out=/etc', ''),
);

const fills = fc
  .record({
    prompt: prompts.filter((text) => !text.includes('\0')),
    steps: fc.integer(steps),
    guidance: fc.integer({ min: 3, max: guidance.max }),
    seed: fc.nat(4_294_967_295),
    safetyTolerance: fc.integer({ min: 0, max: 6 }),
    promptUpsampling: fc.boolean(),
    resultFormat: fc.constantFrom(...resultFormats),
    service: fc.constantFrom(...serviceIds),
    settings: fc.record({
      grow: fc.integer({ min: -500, max: 500 }),
      feather: fc.integer({ min: 0, max: 500 }),
      invert: fc.boolean(),
      fillHoles: fc.boolean(),
    }),
    kind: fc.constantFrom('painted' as const, 'file' as const, 'alpha' as const),
    as: fc.constantFrom(...saveChoices),
    opaque: fc.boolean(),
    tone: fc.boolean(),
    note: fc.boolean(),
    alpha: fc.boolean(),
  })
  .map((given): Fill => {
    const { service, settings, kind, as, opaque, tone, note, alpha, ...parameters } = given;
    return {
      ...makeFill('/home'),
      parameters,
      service: { id: service, baseUrl: 'https://other.example/m' },
      mask: { kind, settings },
      save: { as, opaque, tone, note },
      ...(alpha ? { send: 'alpha' as const } : {}),
    };
  });

suite('a fill as a command line', () => {
  test('is read, and says the same', () => {
    fc.assert(
      fc.property(fills, (fill) => {
        const read = argumentsOf(wordsOf(fill));
        assert.equal(read.image, image);
        assert.deepEqual(read.parameters, fill.parameters);
        const { invert, fillHoles, ...numbers } = fill.mask.settings;
        assert.deepEqual(read.settings, {
          ...numbers,
          ...(invert ? { invert } : {}),
          ...(fillHoles ? { fillHoles } : {}),
        });
        assert.deepEqual(
          read.mask,
          fill.mask.kind === 'alpha' ? { kind: 'alpha' } : { kind: 'file', path: mask, channel: 'luminance' },
        );
        assert.deepEqual(read.window, { kind: 'rect', rect: fill.plan.window });
        assert.equal(read.service, fill.service.id);
        assert.equal(read.baseUrl, fill.service.id === 'practice' ? undefined : fill.service.baseUrl);
        assert.deepEqual(
          [read.opaque, read.tone, read.note, read.send],
          [fill.save.opaque, fill.save.tone, fill.save.note, fill.send ?? 'mask'],
        );
      }),
    );
  });

  test('passes a real shell unchanged', { skip: process.platform === 'win32' }, () => {
    fc.assert(
      fc.property(fills, (fill) => {
        const words = wordsOf(fill);
        const line = shellLine(words, 'posix').replace(/^flux-fill/, `printf '%s\\0'`);
        const printed = execFileSync('sh', ['-c', line]).toString('utf8').split('\0').slice(0, -1);
        assert.deepEqual(printed, [...words]);
      }),
      { numRuns: 40 },
    );
  });

  test('PowerShell takes no word for an expression', () => {
    assert.equal(shellLine(["a 'b'", '--rect=1,2', 'plain'], 'powershell'), "flux-fill 'a ''b''' '--rect=1,2' plain");
  });

  test('says a larger canvas, a preset of the service, and several windows', () => {
    const expand = { left: 10, top: 20, right: 30, bottom: 0, overlap: 16 };
    const border = { kind: 'border' as const, settings: makeFill('/home').mask.settings };
    const outpaint: Fill = { ...makeFill('/home'), expand, mask: border };
    assert.ok(!needsMaskFile(outpaint));
    const { mask: read, overlap } = argumentsOf(wordsOf({ ...outpaint, further: [outpaint.plan] }));
    assert.deepEqual(read, {
      kind: 'border',
      by: { kind: 'sides', sides: { left: 10, top: 20, right: 30, bottom: 0 } },
    });
    assert.equal(overlap, 16);
    const own = argumentsOf(wordsOf({ ...makeFill('/home'), mask: border, preset: 'make-square' }));
    assert.equal(own.ownPreset, 'make-square');
  });

  test('is refused where no call says it', () => {
    const expand = { left: 10, top: 0, right: 0, bottom: 0, overlap: 16 };
    const painted = commandWords({ ...makeFill('/home'), expand }, { image, mask });
    assert.equal(!painted.ok && painted.fault.code, 'history.noCommand');
    const without = commandWords(makeFill('/home'), { image });
    assert.equal(!without.ok && without.fault.code, 'history.noMask');
  });

  test('names another file where it is not to be a PNG, never the source', () => {
    const jpeg = { ...makeFill('/home').save, as: 'source' as const };
    const fill: Fill = { ...makeFill('/home'), save: jpeg };
    const source = { ...fill.source, name: 'photo.jpg' };
    const words = commandWords({ ...fill, source }, { image: '/home/photo.jpg', mask });
    assert.ok(words.ok);
    assert.equal(argumentsOf(words.value).out, '/home/photo.again.jpg');
  });
});
