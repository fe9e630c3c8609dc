/** The desktop VS Code with the extension under development, apart from the person's own settings and extensions. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { desktopVSCode, hasScreen } from '../vscode/host.ts';
import { root } from '../vscode/places.ts';
import { writeSettings } from '../vscode/server.ts';

export interface Desktop {
  readonly executable: string;
  /** One that was downloaded has no sandbox helper installed with the rights it needs. */
  readonly downloaded: boolean;
}

/** `code` on the path, else one that can be downloaded; undefined where there is no screen or no download. */
export async function findDesktop(): Promise<Desktop | undefined> {
  if (!hasScreen()) return undefined;
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, process.platform === 'win32' ? 'code.cmd' : 'code'))
    .find(isExecutable);
  // In a terminal of a remote VS Code and in WSL, `code` opens a window elsewhere, without extensions under development.
  const isElsewhere = process.env['VSCODE_IPC_HOOK_CLI'] !== undefined || process.env['WSL_DISTRO_NAME'] !== undefined;
  if (onPath !== undefined && !isElsewhere) return { executable: onPath, downloaded: false };
  const executable = await desktopVSCode('newest');
  return executable === undefined ? undefined : { executable, downloaded: true };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Opens VS Code on a folder; resolves when its window is closed, or when it was ended by `signal`. */
export async function openDesktop(
  { executable, downloaded }: Desktop,
  folder: string,
  dataFolder: string,
  signal: AbortSignal,
): Promise<void> {
  await writeSettings(join(dataFolder, 'User'), quiet, true);
  const lock = join(dataFolder, 'code.lock');
  await rm(lock, { force: true });
  const child = spawn(
    executable,
    [
      `--extensionDevelopmentPath=${root}`,
      `--user-data-dir=${dataFolder}`,
      `--extensions-dir=${join(dataFolder, 'extensions')}`,
      ...['--new-window', '--wait', '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes'],
      ...(downloaded && process.platform === 'linux' ? ['--no-sandbox'] : []),
      folder,
    ],
    { stdio: 'ignore', shell: process.platform === 'win32' },
  );
  signal.addEventListener('abort', () => {
    child.kill();
    // The `code` on the path is a starter; the application, which outlives it, has written its process id here.
    void readFile(lock, 'utf8').then((pid) => process.kill(Number(pid)), nothing);
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

const nothing = (): void => undefined;

const quiet = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
};
