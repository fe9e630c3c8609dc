/**
 * A complete VS Code from the npm registry alone: the package code-server carries the workbench, the extension host and
 * the webviews. It is fetched once into .cache/, pinned by version and hash, and started without code-server's wrapper.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keyVariables } from '../../src/ids.ts';
import { cache } from './places.ts';

const run = promisify(execFile);

/** `vscode` is the version the package carries; `node` the one its extension host has on desktops, null: ours. */
export const releases = {
  newest: {
    vscode: '1.139.1',
    codeServer: '4.139.1',
    integrity: 'sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==',
    node: null,
  },
  /** The lowest that package.json admits (engines.vscode). */
  lowest: {
    vscode: '1.100.3',
    codeServer: '4.100.3',
    integrity: 'sha512-q/Fh2DOxCRNhC/WiG/6sAhSKnj7ZACTVBaeeZ+rWjol//0FCbl/qg1ln5ecZ99jYcfqMxZZAyWcN+YBIo0DgpA==',
    node: '20.19.0',
  },
} as const;

export type Release = keyof typeof releases;

export interface Installed {
  /** Folder of the server, with out/server-main.js in it. */
  readonly folder: string;
  /** The Node that runs it. */
  readonly node: string;
}

/**
 * Makes sure that a release is in the cache. Everything is made in a folder of this process and renamed when it is
 * whole, so an interrupted run leaves nothing that looks finished, and two runs at once do not meet.
 */
export async function provide(release: Release, log: (line: string) => void = console.error): Promise<Installed> {
  const { vscode, codeServer, integrity, node } = releases[release];
  const home = join(cache, `vscode-${vscode}`);
  const installed = {
    folder: join(home, 'package', 'lib', 'vscode'),
    node: node === null ? process.execPath : join(home, 'node', 'node_modules', 'node', 'bin', 'node'),
  };
  if (existsSync(home)) return installed;

  await mkdir(cache, { recursive: true });
  await removeLeftovers();
  log(`Fetching VS Code ${vscode} from the npm registry; this is done once.`);
  const part = `${home}.part-${process.pid}`;
  await mkdir(part);
  try {
    const packed = join(part, `code-server-${codeServer}.tgz`);
    await npm(['pack', `code-server@${codeServer}`, '--pack-destination', part], part);
    const hash = `sha512-${createHash('sha512')
      .update(await readFile(packed))
      .digest('base64')}`;
    if (hash !== integrity)
      throw new Error(`code-server ${codeServer} has the hash ${hash}, expected was ${integrity}`);
    await run('tar', ['-xzf', packed, '-C', part]);
    await rm(packed);
    await npm(['install', '--omit=dev', '--ignore-scripts'], join(part, 'package', 'lib', 'vscode'));
    if (node !== null) {
      await mkdir(join(part, 'node'));
      await writeFile(
        join(part, 'node', 'package.json'),
        JSON.stringify({ private: true, allowScripts: { node: true } }),
      );
      await npm(['install', '--no-package-lock', `node@${node}`], join(part, 'node'));
    }
    await rename(part, home).catch((error: unknown) => {
      if (!existsSync(home)) throw error;
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return installed;
}

async function npm(args: readonly string[], cwd: string): Promise<void> {
  // Settings that npm hands to the scripts it runs must not steer an npm inside another folder.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(local_prefix|global|omit|include)|package_)/i.test(name),
    ),
  );
  const quiet = ['--silent', '--no-audit', '--no-fund'];
  await run('npm', [...args, ...quiet], { cwd, env, shell: process.platform === 'win32', maxBuffer: 1 << 26 });
}

/** Removes what a run that died left half made. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(cache)) {
    const owner = /\.part-(\d+)$/.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner))) await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export interface ServerOptions {
  readonly release?: Release;
  /** Holds settings, storage and logs of the server; a temporary folder, removed at the end, if left out. */
  readonly dataFolder?: string;
  /** Settings of the user and of the machine, over the quiet ones of a test. */
  readonly userSettings?: Readonly<Record<string, unknown>>;
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  /** Folder of an extension that is installed before the start, as a user has it. */
  readonly extension?: string;
  /** A package that VS Code itself installs before the start. */
  readonly vsix?: string;
  /** The address of the page may name an extension under development and a suite to run. */
  readonly development?: boolean;
  /** Settings that stand in the data folder stay as they are, as does what a person has changed there. */
  readonly keepSettings?: boolean;
  /** Where to listen instead of a port of 127.0.0.1: a path that nobody else may open. */
  readonly socketPath?: string;
  /** Environment over ours. No API key of the person who runs the tests gets in. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Server {
  /** `http://127.0.0.1:PORT/`; with a socket, the path of the socket. */
  readonly url: string;
  readonly pid: number;
  readonly dataFolder: string;
  /** What the server has printed so far. */
  readonly printed: () => string;
  /** Process ids of the extension hosts that run now. */
  readonly extensionHosts: () => Promise<number[]>;
  readonly stop: () => Promise<void>;
}

const quietSettings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.commandCenter': false,
  'git.enabled': false,
  // A tooltip would lie over what a test wants to click next.
  'workbench.hover.delay': 600_000,
  'explorer.compactFolders': false,
  // A reveal that comes late would undo the selection that a test has just made.
  'explorer.autoReveal': false,
  'files.simpleDialog.enable': true,
};

/** Starts the server of a release on 127.0.0.1 at a free port. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { folder, node } = await provide(options.release ?? 'newest');
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'flux-fill-vscode-')));
  const keep = options.keepSettings ?? false;
  await writeSettings(join(dataFolder, 'data', 'User'), { ...quietSettings, ...options.userSettings }, keep);
  await writeSettings(join(dataFolder, 'data', 'Machine'), options.machineSettings ?? {}, keep);

  if (options.vsix !== undefined) {
    const install = ['--install-extension', options.vsix, '--server-data-dir', dataFolder];
    await run(node, [join(folder, 'out', 'server-main.js'), ...install, '--accept-server-license-terms']);
  } else if (options.extension !== undefined) await installExtension(options.extension, join(dataFolder, 'extensions'));

  const env = { ...process.env, ...options.env };
  for (const name of [...Object.values(keyVariables), 'NODE_OPTIONS', 'NODE_TEST_CONTEXT']) {
    if (options.env?.[name] === undefined) delete env[name];
  }
  const child = spawn(
    node,
    [
      join(folder, 'out', 'server-main.js'),
      ...(options.socketPath === undefined
        ? ['--host', '127.0.0.1', '--port', '0']
        : ['--socket-path', options.socketPath]),
      ...['--without-connection-token', '--accept-server-license-terms'],
      ...['--server-data-dir', dataFolder, '--disable-telemetry'],
      // Without it no extension under development is taken from the address; with it, no dialog is shown before 1.101.
      ...(options.development === true ? ['--enable-smoke-test-driver'] : []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env },
  );
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));

  const stop = async (): Promise<void> => {
    await end(child);
    process.off('exit', killChild);
    if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const at = await listening(child, () => printed);
    const pid = child.pid!;
    return {
      url: options.socketPath ?? `http://127.0.0.1:${at}/`,
      pid,
      dataFolder,
      printed: () => printed,
      extensionHosts: () => childrenOf(pid, 'extensionHost'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Copies what a package of the extension holds to where the server looks for installed ones. */
async function installExtension(from: string, extensions: string): Promise<void> {
  const manifest = await readFile(join(from, 'package.json'), 'utf8');
  const { publisher, name, version } = JSON.parse(manifest) as { publisher: string; name: string; version: string };
  const to = join(extensions, `${publisher}.${name}-${version}`);
  const texts = (await readdir(from)).filter((file) => /^package\.nls(\..+)?\.json$/.test(file));
  for (const part of ['package.json', ...texts, 'dist', 'l10n', 'media']) {
    if (existsSync(join(from, part))) await cp(join(from, part), join(to, part), { recursive: true });
  }
}

/** `keep` leaves a file that is there alone. */
export async function writeSettings(
  folder: string,
  settings: Readonly<Record<string, unknown>>,
  keep: boolean,
): Promise<void> {
  const file = join(folder, 'settings.json');
  if (keep && existsSync(file)) return;
  await mkdir(folder, { recursive: true });
  await writeFile(file, JSON.stringify(settings, undefined, 2));
}

function listening(child: ChildProcess, printed: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const at = /Extension host agent listening on (.+)\n/.exec(printed())?.[1];
      if (at !== undefined) resolve(at);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`VS Code's server ended before it listened:\n${printed()}`)));
  });
}

/**
 * Ends the server; its children end with it, as they notice the closed channel. A file watcher on a machine that has no
 * more watchers to give does not notice, and would keep the output of the server open.
 */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const children = await childrenOf(child.pid, 'extensionHost', 'fileWatcher');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(hard);
  for (const pid of children) {
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  }
}

/** The processes of a server that are of one of these types, by id. */
async function childrenOf(server: number, ...types: readonly string[]): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,args='], { maxBuffer: 1 << 24 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    const type = /--type=(\w+)/.exec(command ?? '')?.[1] ?? '';
    return Number(parent) === server && types.includes(type) ? [Number(pid)] : [];
  });
}
