/** Runs test files, each in a process of its own, and tells of it: a line a file, and everything about what failed. */
import { once } from 'node:events';
import { relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { root } from './vscode/places.ts';

/** What a test prints behind it is shown whether or not the test fails. */
export const figure = '  » ';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export interface Pace {
  /** How many files run at once. */
  readonly concurrency: number;
  /** After which a file that hangs is ended. */
  readonly minutes: number;
  /**
   * A single file that failed runs once more, alone. What passes then is named as unsteady, in the open: whoever reads it
   * mends it. Two files that fail are no accident.
   */
  readonly secondTry?: boolean;
}

/** Counts tests; a file that crashes, and a file without a test, are a failure each. Skipped tests are named, not counted. */
export async function runFiles(files: readonly string[], pace: Pace): Promise<Counts> {
  const counts = await countsOfFiles(files, pace);
  const broken = files.filter((file) => (counts.get(file)?.failed ?? 0) > 0);
  if (pace.secondTry === true && broken.length === 1) {
    console.log(`  ↻ ${relative(root, broken[0])}: once more, alone`);
    const second = (await countsOfFiles(broken, pace)).get(broken[0]);
    if (second?.failed === 0) {
      console.log(`  ⚠ unsteady: ${relative(root, broken[0])} failed as told above, and passed at the second try`);
      counts.set(broken[0], second);
    }
  }
  return [...counts.values()].reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }), none);
}

const none: Counts = { passed: 0, failed: 0 };

async function countsOfFiles(files: readonly string[], { concurrency, minutes }: Pace): Promise<Map<string, Counts>> {
  const printed = new Map<string, string>();
  const broken = new Set<string>();
  const counts = new Map<string, Counts>();
  const add = (file: string, { passed, failed }: Counts): void => {
    const before = counts.get(file) ?? none;
    counts.set(file, { passed: before.passed + passed, failed: before.failed + failed });
  };

  const fail = (file: string, name: string, why: string): void => {
    add(file, { passed: 0, failed: 1 });
    if (!broken.has(file)) process.stdout.write(printed.get(file) ?? '');
    broken.add(file);
    console.log(`  ✖ ${relative(root, file)}: ${name}\n${why.replaceAll(/^/gm, '    ')}`);
  };

  const print = ({ file = '', message }: { readonly file?: string | undefined; readonly message: string }): void => {
    if (broken.has(file) || message.startsWith(figure)) process.stdout.write(message);
    else printed.set(file, (printed.get(file) ?? '') + message);
  };

  const stream = run({ files, concurrency, timeout: minutes * 60_000 })
    .on('test:stdout', print)
    .on('test:stderr', print)
    .on('test:pass', ({ file = '', name, details, skip, todo }) => {
      if (details.type === 'suite') return;
      if (name === file) fail(file, 'the file', 'There is no test in it.');
      else if (skip !== undefined || todo !== undefined) console.log(`  ﹣ ${relative(root, file)}: ${name}`);
      else add(file, { passed: 1, failed: 0 });
    })
    .on('test:fail', ({ file = '', name, details }) => {
      if (details.type === 'suite') return;
      const why = details.error.cause ?? details.error;
      fail(file, name === file ? 'the file' : name, typeof why === 'string' ? why : inspect(why));
    })
    .on('test:summary', ({ file, counts, success, duration_ms }) => {
      if (file === undefined) return;
      console.log(`  ${success ? '✔' : '✖'} ${relative(root, file)}: ${counts.passed} in ${seconds(duration_ms)}`);
    });
  stream.resume();
  await once(stream, 'end');
  return counts;
}

/** `1.2 s` */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
