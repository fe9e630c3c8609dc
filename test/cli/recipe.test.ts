/** `flux-fill run`: a recipe is made again, a file that changed is said, and nothing outside its folder is read. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import sharp from 'sharp';
import { compare, decode } from '../e2e/judge.ts';
import { home, isOutside, nothingSent, prompt, size, viewOf, type Home } from './rig.ts';

const hash = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

const rect = { x: 120, y: 80, width: 90, height: 70 };

const writeMask = (file: string): Promise<unknown> =>
  sharp({ create: { ...size, channels: 3, background: '#000' } })
    .composite([
      { input: { create: { width: 90, height: 70, channels: 3, background: '#fff' } }, left: rect.x, top: rect.y },
    ])
    .png()
    .toFile(file);

interface Recipe {
  version: number;
  source: { file: string; sha256: string };
  mask: object;
  parameters: object;
}

/** A recipe of the photo, in a folder of its own, whose mask lies one step up. */
const recipeOf = async (here: Home): Promise<Recipe> => {
  await mkdir(join(here.folder, 'recipes'), { recursive: true });
  await writeMask(join(here.folder, 'photo.mask.png'));
  return {
    version: 1,
    source: { file: '../photo.png', sha256: await hash(here.photo) },
    mask: { kind: 'file', file: '../photo.mask.png', sha256: await hash(join(here.folder, 'photo.mask.png')) },
    parameters: { prompt, seed: 41 },
  };
};
const put = async (here: Home, recipe: unknown, name = 'recipes/photo.fill.json'): Promise<string> => {
  await writeFile(join(here.folder, name), JSON.stringify(recipe, undefined, 2));
  return name;
};

suite('flux-fill run', { concurrency: 2 }, () => {
  test('makes what the recipe says, the same as the options do', async () => {
    await using here = await home({ content: 'fill' });
    const name = await put(here, await recipeOf(here));
    const dry = await here.run(['run', name, '--dry-run', '--base-url', here.emulator.url]);
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stderr, /sends .*, \$0\.05/);
    nothingSent(here.emulator);
    const ended = await here.run(['run', name, '--base-url', here.emulator.url, '--json']);
    assert.equal(ended.code, 0, ended.stderr);
    const { path, seed, changedOutsideEffective } = viewOf(ended);
    assert.equal(path, join(here.folder, 'photo.fill-001.png'));
    assert.deepEqual([seed, changedOutsideEffective], [41, 0]);
    const { outside, inside } = compare(await decode(here.photo), await decode(path), isOutside);
    assert.equal(outside, 0);
    assert.ok(inside > 0.9, String(inside));
    const same = await here.run(
      [
        'photo.png',
        '--mask',
        'photo.mask.png',
        '--prompt',
        prompt,
        '--seed',
        '41',
        '--base-url',
        here.emulator.url,
      ].slice(),
    );
    const [one, two] = here.emulator.log.filter(({ method }) => method === 'POST').map(({ body }) => body!);
    assert.deepEqual(one, two, same.stderr);
  });

  test('a rectangle, the alpha channel and a border', async () => {
    await using here = await home({ content: 'fill' });
    const { source, ...rest } = await recipeOf(here);
    await put(here, { ...rest, source, mask: { kind: 'rectangle', rect } });
    const marked = await here.run(['run', 'recipes/photo.fill.json', '--base-url', here.emulator.url]);
    assert.equal(marked.code, 0, marked.stderr);
    const expand = { left: 0, top: 0, right: 80, bottom: 0 };
    await put(here, { ...rest, source, expand, mask: { kind: 'border' } });
    const grown = await here.run(['run', 'recipes/photo.fill.json', '--base-url', here.emulator.url, '--json']);
    assert.equal(grown.code, 0, grown.stderr);
    assert.deepEqual(viewOf(grown).canvas, { width: size.width + 80, height: size.height });
    await put(here, { ...rest, source, mask: { kind: 'alpha' } });
    const opaque = await here.run(['run', 'recipes/photo.fill.json', '--base-url', here.emulator.url]);
    assert.equal(opaque.code, 2);
    assert.match(opaque.stderr, /photo\.png has no transparent part/);
  });

  test('an image or a mask that changed is refused, used or noted, as is said', async () => {
    await using here = await home();
    const name = await put(here, await recipeOf(here));
    const recipe = join(here.folder, name);
    const before = await readFile(recipe, 'utf8');
    await sharp(await readFile(here.photo))
      .negate()
      .png()
      .toFile(here.photo);
    const args = ['run', name, '--base-url', here.emulator.url];
    const refused = await here.run(args);
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /\.\.\/photo\.png is no longer the file that photo\.fill\.json was made for.*--use-changed/,
    );
    nothingSent(here.emulator);
    assert.equal((await here.run([...args, '--use-changed', '--dry-run'])).code, 0);
    assert.equal((await here.run([...args, '--update-recipe', '--dry-run'])).code, 0);
    assert.equal(await readFile(recipe, 'utf8'), before);
    const updated = await here.run([...args, '--update-recipe']);
    assert.equal(updated.code, 0, updated.stderr);
    assert.equal((JSON.parse(await readFile(recipe, 'utf8')) as Recipe).source.sha256, await hash(here.photo));
    assert.equal((await here.run([...args, '--dry-run'])).code, 0);
    await writeFile(join(here.folder, 'photo.mask.png'), 'no mask any more');
    const mask = await here.run(args);
    assert.match(mask.stderr, /photo\.mask\.png is no longer the file/);
  });

  test('a recipe that cannot be written is said, and nothing is sent', async () => {
    await using here = await home();
    // The temporary name beside it is longer than a file system takes.
    const name = `recipes/${'x'.repeat(240)}.fill.json`;
    const good = await recipeOf(here);
    await put(here, { ...good, source: { ...good.source, sha256: '0'.repeat(64) } }, name);
    const ended = await here.run(['run', name, '--update-recipe', '--base-url', here.emulator.url]);
    assert.equal(ended.code, 10, ended.stderr);
    assert.match(ended.stderr, /x\.fill\.json could not be written: ENAMETOOLONG/);
    nothingSent(here.emulator);
  });

  test('hostile recipes: nothing is sent, and nothing outside the folder is read', async () => {
    await using here = await home();
    const good = await recipeOf(here);
    await copyFile(here.photo, join(here.folder, '..', 'outside.png'));
    await symlink(join(here.folder, '..', 'outside.png'), join(here.folder, 'link.png'));
    await symlink(join(here.folder, '..'), join(here.folder, 'up'));
    const named = (file: string): unknown => ({ ...good, source: { ...good.source, file } });
    for (const [recipe, sentence] of [
      [named('https://evil.example/photo.png'), /is an address .*nothing is fetched/],
      [named('/etc/hostname'), /paths relative to itself/],
      [
        named('../../outside.png'),
        /names \.\.\/\.\.\/outside\.png, which lies outside of images\. Nothing there is read/,
      ],
      [named('../../there-is-none.png'), /lies outside of images/],
      [named('../link.png'), /lies outside of images/],
      [named('../up/outside.png'), /lies outside of images/],
      [named('..'), /lies outside of images/],
      [named('../recipes'), /is a folder or a device/],
      [named('../photo.png/x'), /is no longer there|no file/],
      [{ ...good, mask: { kind: 'file', file: '../link.png', sha256: good.source.sha256 } }, /lies outside of images/],
      [{ ...good, mask: { kind: 'rectangle', rect: { ...rect, width: 999_999 } } }, /must lie inside the image/],
      [{ ...good, expand: { left: 30_000, top: 30_000, right: 0, bottom: 0 } }, /too large: at most/],
      [{ ...good, window: { ...rect, x: 900_000 } }, /must lie inside the image/],
      [{ ...good, parameters: { prompt, steps: 1e12 } }, /must be at most 50/],
      [{ ...good, parameters: { prompt: [prompt] } }, /is a list/],
      [{ ...good, service: { id: 'bfl', baseUrl: here.emulator.strangerUrl } }, /no part of a recipe/],
    ] as const) {
      await put(here, recipe);
      const ended = await here.run([
        'run',
        'recipes/photo.fill.json',
        '--base-url',
        here.emulator.url,
        '--use-changed',
      ]);
      assert.equal(ended.code, 2, `${JSON.stringify(recipe)}: ${ended.stderr}`);
      assert.match(ended.stderr, sentence);
      assert.ok(ended.stderr.trim().split('\n').length === 1, ended.stderr);
    }
    await writeFile(join(here.folder, 'giant.fill.json'), ' '.repeat(300_000));
    assert.match((await here.run(['run', 'giant.fill.json'])).stderr, /too large for a recipe/);
    assert.match((await here.run(['run', 'recipes'])).stderr, /is a folder or a device/);
    assert.match((await here.run(['run', '/dev/zero'])).stderr, /is a folder or a device/);
    assert.match((await here.run(['run', 'none.fill.json'])).stderr, /no file none\.fill\.json/);
    assert.match(
      (await here.run(['run', 'recipes/photo.fill.json', '--prompt', 'x'])).stderr,
      /--prompt does not go with/,
    );
    nothingSent(here.emulator);
  });
});
