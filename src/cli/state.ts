import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/**
 * The folder of the command line's own journal, by the conventions of the system (XDG Base Directory Specification: a
 * relative path in XDG_STATE_HOME is ignored).
 */
export const stateFolder = (
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string => {
  const home = homedir();
  if (platform === 'win32') return join(environment.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'flux-fill');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'flux-fill');
  const given = environment.XDG_STATE_HOME ?? '';
  return join(isAbsolute(given) ? given : join(home, '.local', 'state'), 'flux-fill');
};

/**
 * Makes a folder and those above it, readable by its owner only. Not by Node's own recursive way, which never ends where a
 * file system answers ENOENT to every mkdir (/proc). Throws the disk's errors.
 */
export const makeFolder = async (folder: string): Promise<void> => {
  const make = (): Promise<unknown> => mkdir(folder, { mode: 0o700 });
  try {
    await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await make();
  }
};
