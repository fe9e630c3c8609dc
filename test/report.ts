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

/** How many files run at once, and the minutes after which a file that hangs is ended. */
export interface Pace {
  readonly concurrency: number;
  readonly minutes: number;
}

/** Counts tests; a file that crashes, and a file without a test, are a failure each. Skipped tests are named, not counted. */
export async function runFiles(files: readonly string[], { concurrency, minutes }: Pace): Promise<Counts> {
  const printed = new Map<string, string>();
  const broken = new Set<string>();
  let passed = 0;
  let failed = 0;

  const fail = (file: string, name: string, why: string): void => {
    failed += 1;
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
      else passed += 1;
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
  return { passed, failed };
}

/** `1.2 s` */
export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
