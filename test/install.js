/**
 * What the commands of a fresh clone share: they start on the machine's own Node (20 or newer), install what is missing,
 * and hand over to TypeScript on the Node that package.json names.
 */
import { spawn, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');
const shell = process.platform === 'win32';

const writtenAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Installs the packages of the lock file unless they are there; says whether they are now. */
export const install = () => {
  // npm writes the second file at the end of an installation.
  if (writtenAt(join(root, 'node_modules', '.package-lock.json')) >= writtenAt(join(root, 'package-lock.json'))) {
    return true;
  }
  console.error('Installing the packages of the lock file; this is done once.');
  // Warnings of packages that want a newer Node speak of the one that starts this, and none of them runs on it.
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', ['ci', ...quiet], { cwd: root, shell, stdio: 'inherit' });
  if (error !== undefined) console.error(error.message);
  return status === 0;
};

/** Runs a script of this folder with the arguments of this process; gives its exit code, null if a signal ended it. */
export const run = (script) => {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const args = [join(import.meta.dirname, script), ...process.argv.slice(2)];
  const child = spawn(join(bin, 'node'), args, { cwd: root, env, shell, stdio: 'inherit' });
  // A terminal sends Ctrl+C to the child as well; its end is ours.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((done) => {
    child.once('error', (error) => {
      console.error(error.message);
      done(1);
    });
    child.once('close', done);
  });
};
