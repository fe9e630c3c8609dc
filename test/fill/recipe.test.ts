/** Recipes may come from anybody: each that is not one is refused with a sentence, and nothing it says is followed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import * as v from 'valibot';
import { format } from '../../src/fill/faults.ts';
import { initialParameters } from '../../src/fill/parameters.ts';
import {
  maskSettingsOf,
  readRecipe,
  recipeLimit,
  recipeName,
  recipeSchema,
  recipeText,
} from '../../src/fill/recipe.ts';
import { sentences } from '../../src/fill/sentences.ts';
import { root } from '../vscode/places.ts';

const sha256 = '0123456789abcdef'.repeat(4);
const good = {
  version: 1,
  source: { file: 'hero.jpg', sha256 },
  mask: { kind: 'file', file: 'masks/hero.mask.png', sha256, settings: { grow: 3 } },
  parameters: { prompt: 'a wooden bench', seed: 7 },
};

type Json = Record<string, unknown>;
/** The good one with a change; a path of keys such as `mask.file`. */
const changed = (path: string, value: unknown): string => {
  const copy = structuredClone(good) as Json;
  const keys = path.split('.');
  const last = keys.pop()!;
  const at = keys.reduce<Json>((each, key) => each[key] as Json, copy);
  if (value === undefined) delete at[last];
  else at[last] = value;
  return JSON.stringify(copy);
};

const told = (text: string): string => {
  const read = readRecipe(text, 'hero.fill.json');
  assert.ok(!read.ok, `taken: ${text.slice(0, 200)}`);
  const sentence = format(sentences[read.fault.code], read.fault.args);
  assert.doesNotMatch(sentence, /\{\w+\}/, `${read.fault.code} lacks an argument`);
  assert.ok(sentence.length < 400, sentence);
  return sentence;
};

const rect = { x: 0, y: 0, width: 10, height: 10 };
const hostile: readonly (readonly [what: string, text: string, sentence: RegExp])[] = [
  ['nothing', '', /is no valid JSON/],
  ['half a file', JSON.stringify(good).slice(0, 40), /is no valid JSON/],
  ['a list', '[]', /is no recipe/],
  ['null', 'null', /is no recipe/],
  ['a number', '7', /is no recipe/],
  ['deep nesting', '['.repeat(recipeLimit), /is no valid JSON/],
  [
    'deep nesting inside',
    changed('parameters', 'X').replace('"X"', `${'['.repeat(9999)}${']'.repeat(9999)}`),
    /“parameters” .* is a list/,
  ],
  ['a giant file', ' '.repeat(recipeLimit + 1), /too large for a recipe: at most 256 kB/],
  ['a giant prompt', changed('parameters.prompt', 'x'.repeat(10_001)), /“parameters.prompt”.* too long: at most 10000/],
  ['a later version', changed('version', 2), /later version of Flux Fill \(form 2\)/],
  ['a version that is a word', changed('version', '1'), /“version” .* must be 1; it is "1"/],
  ['no version', changed('version', undefined), /lacks “version”/],
  ['no mask', changed('mask', undefined), /lacks “mask”/],
  ['no hash', changed('source.sha256', undefined), /lacks “source.sha256”/],
  ['a hash that is none', changed('source.sha256', 'beef'), /must be a SHA-256 in lower-case hex/],
  [
    'an address as the source',
    changed('source.file', 'https://evil.example/a.png'),
    /“source.file” .* is an address \(https:\/\/evil\.example\/a\.png\).*nothing is fetched/,
  ],
  ['an address of a file', changed('mask.file', 'file:///etc/passwd'), /“mask.file” .* is an address/],
  ['an address of data', changed('mask.file', 'data:image/png;base64,AAAA'), /“mask.file” .* is an address/],
  ['an address without a scheme', changed('source.file', '//evil.example/a.png'), /“source.file” .* is an address/],
  [
    'an absolute path',
    changed('source.file', '/etc/passwd'),
    /“source.file” in .* is \/etc\/passwd. A recipe names files by paths relative to itself/,
  ],
  ['a drive', changed('source.file', 'C:\\Users\\me\\a.png'), /“source.file” .* is C:/],
  ['a share', changed('source.file', '\\\\server\\share\\a.png'), /paths relative to itself/],
  ['steps back by backslashes', changed('source.file', '..\\..\\a.png'), /paths relative to itself/],
  ['a zero byte', changed('source.file', 'a.png\0.txt'), /paths relative to itself/],
  ['an empty path', changed('source.file', ''), /paths relative to itself/],
  ['a path that is a number', changed('source.file', 5), /“source.file” .* must be string; it is 5/],
  ['a path that is a list', changed('source.file', ['a.png']), /“source.file” .* is a list/],
  ['a long path', changed('source.file', 'a/'.repeat(600)), /“source.file” .* too long/],
  [
    'a service of its own',
    changed('service', { id: 'bfl', baseUrl: 'https://evil.example' }),
    /holds “service”, which is no part of a recipe/,
  ],
  ['a key', changed('apiKey', 'secret'), /holds “apiKey”/],
  ['an address elsewhere', changed('parameters.webhook_url', 'https://evil.example'), /holds “parameters.webhook_url”/],
  ['a place to save to', changed('save', { out: '/etc/cron.d/x' }), /holds “save.out”/],
  ['a schema', changed('$schema', 'https://evil.example/schema.json'), /holds “\$schema”/],
  ['__proto__', JSON.stringify(good).replace('{', '{"__proto__":{"steps":15},'), /holds “__proto__”/],
  ['constructor', changed('constructor', { prototype: { steps: 15 } }), /holds “constructor”/],
  [
    '__proto__ inside',
    JSON.stringify(good).replace('"prompt"', '"__proto__":{"steps":15},"prompt"'),
    /holds “parameters.__proto__”/,
  ],
  ['toString', changed('mask.toString', 'x'), /holds “mask.toString”/],
  ['too many steps', changed('parameters.steps', 1e9), /“parameters.steps” .* must be at most 50; it is 1000000000/],
  ['endless steps', JSON.stringify(good).replace('"seed":7', '"steps":1e999'), /“parameters.steps”/],
  ['half a step', changed('parameters.steps', 20.5), /“parameters.steps” .* must be a whole number; it is 20.5/],
  ['steps in words', changed('parameters.steps', '50'), /“parameters.steps” .* must be number; it is "50"/],
  ['a huge seed', changed('parameters.seed', 2 ** 53), /“parameters.seed” .* must be at most 4294967295/],
  ['a negative seed', changed('parameters.seed', -1), /“parameters.seed” .* must be at least 0/],
  ['a prompt that is none', changed('parameters.prompt', { text: 'x' }), /“parameters.prompt” .* must be string/],
  ['a mask of another kind', changed('mask', { kind: 'painted' }), /“mask.kind” .* must be \(.*"file"/],
  ['a mask that is a word', changed('mask', 'alpha'), /“mask” .* must be Object/],
  ['a mask without a kind', changed('mask', {}), /“mask.kind”|lacks “mask.kind”/],
  [
    'a huge rectangle',
    changed('mask', { kind: 'rectangle', rect: { ...rect, width: 1e15 } }),
    /“mask.rect.width” .* at most 1000000/,
  ],
  [
    'a rectangle that begins outside',
    changed('mask', { kind: 'rectangle', rect: { ...rect, x: -1 } }),
    /“mask.rect.x” .* at least 0/,
  ],
  [
    'a rectangle without a side',
    changed('mask', { kind: 'rectangle', rect: { x: 0, y: 0, width: 5 } }),
    /lacks “mask.rect.height”/,
  ],
  ['a huge feather', changed('mask.settings', { feather: 1e6 }), /“mask.settings.feather” .* at most 500/],
  ['a border without a canvas', changed('mask', { kind: 'border' }), /lacks “expand”/],
  ['a huge canvas', changed('expand', { left: 1e9, top: 0, right: 0, bottom: 0 }), /“expand.left” .* at most 30000/],
  ['a window that is none', changed('window', 'everything'), /“window”/],
  ['a list in place of an object', changed('save', []), /“save” .* is a list/],
  ['a format that is none', changed('save', { as: 'exe' }), /“save.as”/],
];

suite('a recipe that is none is refused with a sentence', () => {
  for (const [what, text, sentence] of hostile) test(what, () => assert.match(told(text), sentence));
});

test('what is left out has its default, and what is written is read again', () => {
  const read = readRecipe(`\uFEFF${JSON.stringify(good)}`, 'hero.fill.json');
  assert.ok(read.ok);
  const { parameters, window, save } = read.value;
  assert.deepEqual(parameters, { ...initialParameters, prompt: 'a wooden bench', seed: 7 });
  assert.deepEqual([window, save], ['auto', { as: 'png', opaque: false, tone: true }]);
  assert.deepEqual(maskSettingsOf(read.value), { grow: 3, feather: 8, invert: false, fillHoles: false });
  assert.deepEqual(readRecipe(recipeText(read.value), 'hero.fill.json'), read);
  assert.deepEqual([recipeName('hero', 1), recipeName('hero', 2)], ['hero.fill.json', 'hero-2.fill.json']);
});

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.json({ maxDepth: 8 })), (text) => void readRecipe(text, 'x')),
  );
});

suite('the JSON Schema', () => {
  const file = join(root, 'media', 'recipe.schema.json');
  const schema = JSON.parse(readFileSync(file, 'utf8')) as object;

  test('is what the code says (npm run schema)', () => {
    const made = execFileSync(process.execPath, [join(root, 'l10n', 'recipe-schema.js'), '--print'], {
      encoding: 'utf8',
    });
    assert.equal(readFileSync(file, 'utf8'), made);
  });

  test('takes and refuses what the code takes and refuses', () => {
    const check = new Ajv({ strict: false }).compile(schema);
    /** Only what one property needs of another is said by the code alone, and what JSON cannot hold. */
    const beyond = ['a border without a canvas', '__proto__', '__proto__ inside'];
    for (const [what, text] of hostile) {
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch {
        continue;
      }
      if (!beyond.includes(what)) assert.equal(check(json), false, what);
    }
    assert.equal(check(good), true, JSON.stringify(check.errors));
    const value = fc.oneof(
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.constant('alpha'),
    );
    const paths = [
      'version',
      'source',
      'source.file',
      'mask.kind',
      'mask.settings',
      'mask.settings.grow',
      'mask.channel',
      'parameters.steps',
      'parameters.guidance',
      'parameters.seed',
      'parameters.prompt',
      'parameters.resultFormat',
      'window',
      'expand',
      'save',
      'other',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...paths), value, (path, each) => {
        const json = JSON.parse(changed(path, each)) as unknown;
        assert.equal(check(json), v.is(recipeSchema, json), JSON.stringify(json));
      }),
      { numRuns: 1000 },
    );
  });
});
