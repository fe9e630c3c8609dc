/** The .vsix as `npm run package` makes it, out of a copy of the checkout: the build of the tests stays as it is. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import JSZip from 'jszip';
import { root } from '../vscode/places.ts';

const run = promisify(execFile);

const left = ['node_modules', 'dist', 'out', '.cache', '.git'];

/** Packs into a folder of the caller's, and gives the path of the package. */
export const pack = async (folder: string): Promise<string> => {
  const checkout = join(folder, 'checkout');
  const vsix = join(folder, 'flux-fill.vsix');
  await mkdir(checkout, { recursive: true });
  const wanted = (path: string): boolean => !left.includes(relative(root, path).split(sep)[0]) && !/\.vsix$/.test(path);
  await cp(root, checkout, { recursive: true, filter: wanted });
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'), 'junction');
  await run('npm', ['run', 'package', '--', '--out', vsix], {
    cwd: checkout,
    shell: process.platform === 'win32',
    maxBuffer: 1 << 24,
  });
  return vsix;
};

/** Files of the extension inside a .vsix, by their paths in it. */
export const filesIn = async (vsix: string): Promise<Map<string, Buffer>> => {
  const zip = await JSZip.loadAsync(await readFile(vsix));
  const entries = Object.values(zip.files).filter(({ dir, name }) => !dir && name.startsWith('extension/'));
  return new Map(
    await Promise.all(
      entries.map(async (entry) => [entry.name.slice('extension/'.length), await entry.async('nodebuffer')] as const),
    ),
  );
};
