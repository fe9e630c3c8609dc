/** What ships: the files of the .vsix, their size, and what activation loads of them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { languages } from '../checks/translations.ts';
import { figure } from '../report.ts';
import { root } from '../vscode/places.ts';
import { filesIn, pack } from './pack.ts';

const run = promisify(execFile);

const print = (line: string): void => console.log(`${figure}${line}`);

const limits = { vsix: 4_000_000, 'dist/extension.cjs': 300_000 } as const;

let home: string;
let vsix: string;
let files: Map<string, Buffer>;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'flux-fill-package-'));
  vsix = await pack(home);
  files = await filesIn(vsix);
});
after(() => rm(home, { recursive: true, force: true }));

const text = (name: string): string => files.get(name)!.toString('utf8');

test('the package and the main bundle stay within their limits', async () => {
  const { size } = await stat(vsix);
  const bytes = [...files].map(([name, content]) => [name, content.length] as const).sort((a, b) => b[1] - a[1]);
  print(`.vsix: ${size} bytes of ${limits.vsix}`);
  for (const [name, length] of bytes.slice(0, 6)) print(`${name}: ${length} bytes`);
  assert.ok(size <= limits.vsix, `${size}`);
  assert.ok(files.get('dist/extension.cjs')!.length <= limits['dist/extension.cjs']);
});

test('nothing ships but what runs, what it shows and what it says of itself', () => {
  const shipped = [
    /^package(\.nls(\.[a-z-]+)?)?\.json$/,
    /^(readme|changelog|THIRD-PARTY-NOTICES)\.md$/,
    /^LICENSE\.txt$/,
    /^packaging\/licenses\/[\w.-]+\.txt$/,
    /^dist\/(extension|raster|practice)\.cjs$/,
    /^dist\/(page|history|paste)\.js$/,
    /^dist\/texts\.json$/,
    /^dist\/vips\/vips(-node\.cjs|\.wasm)$/,
    /^l10n\/bundle\.l10n(\.[a-z-]+)?\.json$/,
    /^media\/((page|history)\.css|icon\.png|panel-(dark|light)\.svg|recipe\.schema\.json)$/,
    /^media\/(walkthrough|sample)\/[\w-]+\.(svg|md|jpg)$/,
  ];
  assert.deepEqual(
    [...files.keys()].filter((name) => !shipped.some((pattern) => pattern.test(name))),
    [],
  );
  for (const [name, content] of files) {
    assert.ok(!content.includes('sourceMappingURL=') || name.endsWith('.wasm'), `source map of ${name}`);
    assert.ok(!content.includes(root) && !content.includes(home), `a path of this machine in ${name}`);
  }
});

test('every file that the manifest and the licences name is there', () => {
  const manifest = text('package.json');
  const named = [...manifest.matchAll(/"(?:\.\/)?((?:dist|media|l10n)\/[^"*]+\.\w+)"/g)].map(([, name]) => name);
  const licences = [...text('THIRD-PARTY-NOTICES.md').matchAll(/`(packaging\/licenses\/[^`]+)`/g)].map(
    ([, name]) => name,
  );
  assert.ok(named.length >= 3 && licences.length >= 2);
  // The command line is for those who have the sources.
  const elsewhere = ['dist/cli.js'];
  assert.deepEqual(
    [...named, ...licences].filter((name) => !files.has(name) && !elsewhere.includes(name)),
    [],
  );
});

test('the pages of the package stand alone: no picture, link or anchor in them leads nowhere', () => {
  for (const name of ['readme.md', 'changelog.md']) {
    const page = text(name);
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
    const targets = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    const dead = targets.filter((target) =>
      target.startsWith('#') ? !anchors.includes(target.slice(1)) : !target.startsWith('https://'),
    );
    assert.deepEqual(dead, [], name);
    assert.ok(!page.includes('!['), `a picture in ${name}`);
  }
  assert.match(text('readme.md'), /Inpaint \(`docs\/inpaint\.md`\)/);
  assert.match(text('readme.md'), /\[dashboard\.bfl\.ai\]\(https:\/\/dashboard\.bfl\.ai\)/);
});

test('every language ships whole: its manifest and its sentences', () => {
  for (const language of languages)
    for (const name of [`package.nls.${language}.json`, `l10n/bundle.l10n.${language}.json`])
      assert.ok(files.has(name), name);
});

test('the icon is a PNG of 256 × 256, and the page of the Marketplace has what it shows', async () => {
  const manifest = JSON.parse(text('package.json')) as Record<string, unknown>;
  const { format, width, height } = await sharp(files.get('media/icon.png')).metadata();
  assert.deepEqual([manifest['icon'], format, width, height], ['media/icon.png', 'png', 256, 256]);
  assert.equal(manifest['pricing'], 'Free');
  assert.match((manifest['galleryBanner'] as { color: string }).color, /^#[0-9a-f]{6}$/);
  assert.ok((manifest['categories'] as string[]).includes('Machine Learning'));
  assert.ok((manifest['keywords'] as string[]).length <= 30);
});

test('activation loads the main bundle and modules of Node, and no codec is in that bundle', async () => {
  const folder = join(home, 'extension');
  for (const [name, content] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const bundle = join(folder, 'dist', 'extension.cjs');
  const child = join(root, 'test', 'bench', 'activation-child.ts');
  const { stdout } = await run(process.execPath, [child, bundle, join(home, 'storage')]);
  const { modules } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { modules: string[] };
  print(`loaded at activation: ${modules.map((name) => name.replace(`${folder}/`, '')).join(', ')}`);
  assert.deepEqual(
    modules.filter((name) => !isBuiltin(name)),
    [bundle],
  );
  const meta = await readFile(join(home, 'checkout', 'dist', 'meta.json'), 'utf8');
  const inputs = JSON.parse(meta) as Record<string, string[]>;
  assert.deepEqual(
    inputs['extension.cjs'].filter((name) =>
      /jimp|vips|undici|pngjs|jpeg-js|src\/raster\/(worker|vips|decode|encode)\.ts/.test(name),
    ),
    [],
  );
});
