/**
 * Runs test/host/*.test.ts inside a real extension host with @vscode/test-electron's runTests: in a desktop VS Code
 * where one can be shown and downloaded, else in the one from the npm registry (code.ts).
 */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { downloadAndUnzipVSCode, runTests, TestRunFailedError } from '@vscode/test-electron';
import { build } from 'esbuild';
import { mark } from '../host/suite.ts';
import type { Counts } from '../report.ts';
import { cache, out, root } from './places.ts';
import { releases, type Release } from './server.ts';

/** Bundles the suite and runs it in a release, with `extension` (the checkout if left out) under development. */
export async function runHostSuite(release: Release, extension: string = root): Promise<Counts> {
  const suite = await bundleSuite();
  const folder = await mkdtemp(join(tmpdir(), 'flux-fill-host-'));
  let printed = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printed += chunk.toString();
      done();
    },
  });
  try {
    const desktop = await desktopVSCode(release);
    await runTests({
      vscodeExecutablePath: desktop ?? join(import.meta.dirname, 'code.ts'),
      extensionDevelopmentPath: await underDevelopment(extension),
      extensionTestsPath: suite,
      extensionTestsEnv: { FLUX_FILL_VSCODE: release },
      launchArgs: [folder, '--disable-extensions'],
      stdout: sink,
      stderr: sink,
    }).catch((error: unknown) => {
      if (!(error instanceof TestRunFailedError)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
    await writeFile(join(out, 'host', `${release}.log`), printed);
  }
  const lines = printed
    .split('\n')
    .flatMap((line) => (line.includes(mark) ? [line.slice(line.indexOf(mark) + mark.length)] : []));
  for (const line of lines.slice(0, -1)) console.log(`  ${line}`);
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(lines.at(-1) ?? '') ?? [];
  if (passed === undefined) {
    throw new Error(`The suite in the extension host ended without a result:\n${printed.slice(-4000)}`);
  }
  return { passed: Number(passed), failed: Number(failed) };
}

/**
 * A folder of extensions, ours and the one that lends its context to the suite. VS Code takes such a folder as one path
 * under development, and in a browser it takes only one.
 */
async function underDevelopment(extension: string): Promise<string> {
  const folder = join(out, 'host', 'extensions');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await symlink(extension, join(folder, 'flux-fill'), 'junction');
  await symlink(join(root, 'test', 'host', 'context'), join(folder, 'context'), 'junction');
  return folder;
}

/** One CommonJS file that loads every test file and exports `run`, as VS Code's test entry wants it. */
async function bundleSuite(): Promise<string> {
  const here = join(root, 'test', 'host');
  const files = (await readdir(here)).filter((name) => name.endsWith('.test.ts')).sort();
  const outfile = join(out, 'host', 'suite.cjs');
  await build({
    stdin: {
      contents: `${files.map((name) => `import './${name}';`).join('\n')}\nexport { runAll as run } from './suite.ts';`,
      resolveDir: here,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    sourcemap: 'inline',
    outfile,
    logLevel: 'warning',
  });
  return outfile;
}

/** A desktop VS Code, where there is a screen and the download works; undefined sends us to the npm one. */
export async function desktopVSCode(release: Release): Promise<string | undefined> {
  if (!hasScreen()) return undefined;
  const version = release === 'lowest' ? releases.lowest.vscode : 'stable';
  try {
    return await downloadAndUnzipVSCode({ version, cachePath: join(cache, 'desktop'), timeout: 30_000 });
  } catch (error) {
    console.log(`No desktop VS Code (${error instanceof Error ? error.message : String(error)}); taking the npm one.`);
    return undefined;
  }
}

export function hasScreen(): boolean {
  return process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

if (import.meta.main) {
  const release = process.env['FLUX_FILL_VSCODE'] === 'lowest' ? 'lowest' : 'newest';
  const { failed } = await runHostSuite(release, process.argv[2]);
  process.exitCode = failed > 0 ? 1 : 0;
}
