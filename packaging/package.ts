/** Makes the .vsix with vsce, and puts pages into it that stand alone. `--out FILE`; flux-fill-VERSION.vsix if left out. */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createVSIX } from '@vscode/vsce';
import JSZip from 'jszip';
import { packagedPage } from './page.ts';

const root = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const { out } = parseArgs({
  options: { out: { type: 'string', default: join(root, `flux-fill-${version}.vsix`) } },
}).values;

await createVSIX({
  cwd: root,
  packagePath: out,
  dependencies: false,
  allowMissingRepository: true,
  rewriteRelativeLinks: false,
});

const zip = await JSZip.loadAsync(await readFile(out));
for (const name of ['extension/readme.md', 'extension/changelog.md'])
  zip.file(name, packagedPage(await zip.file(name)!.async('string')));
await writeFile(
  out,
  await zip.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE', compressionOptions: { level: 9 } }),
);
