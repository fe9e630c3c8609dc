/**
 * `npm start`: opens VS Code with Flux Fill on a sample workspace, the desktop one or one in the browser.
 * `npm start -- --unattended --out DIR`: does a fill by itself there and leaves the result and pictures in DIR.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cache, root } from '../vscode/places.ts';
import { startBehindDoor } from './browser.ts';
import { findDesktop, openDesktop } from './desktop.ts';
import { makeSample } from './sample.ts';
import { fillUnattended } from './unattended.ts';

const usage = 'Usage: npm start [-- --unattended --out DIR]';
const advice =
  'Right-click boats.jpg, choose Flux Fill: Inpaint, paint, and Generate.\n' +
  'No key is needed: choose "Practise Without a Key" when it asks.';

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const { unattended, out } = options();
  if (unattended !== (out !== undefined)) throw new Error(usage);
  const ended = new AbortController();
  // A terminal sends Ctrl+C to npm and to us, and npm passes it on: it may come twice.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ended.abort());
  build();
  if (out === undefined) await attended(ended.signal);
  else console.log(`saved: ${await fillUnattended(resolve(out), ended.signal)}`);
}

function options(): { unattended: boolean; out?: string } {
  try {
    return parseArgs({ options: { unattended: { type: 'boolean', default: false }, out: { type: 'string' } } }).values;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${usage}`, { cause: error });
  }
}

function build(): void {
  const { status } = spawnSync(process.execPath, ['esbuild.js'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('The build failed.');
}

async function attended(ended: AbortSignal): Promise<void> {
  const home = join(cache, 'try');
  await mkdir(home, { recursive: true, mode: 0o700 });
  const folder = join(home, 'sample');
  await makeSample(folder);
  const desktop = await findDesktop();
  if (ended.aborted) return;
  if (desktop !== undefined) {
    console.log(`VS Code opens ${folder}. ${advice}\nCtrl+C ends it.`);
    return openDesktop(desktop, folder, join(home, 'desktop'), ended);
  }
  const server = await startBehindDoor(join(home, 'browser'));
  try {
    console.log(`VS Code is open on ${folder}. ${advice}\nCtrl+C ends it. Open in a browser:\n`);
    console.log(`  ${server.url}?folder=${encodeURIComponent(folder)}\n`);
    if (!ended.aborted) await once(ended, 'abort');
  } finally {
    await server.stop();
  }
}
