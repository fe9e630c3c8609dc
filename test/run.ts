/**
 * The whole test run: checks, unit tests, the suite inside the extension host, and the end-to-end tests. Arguments choose
 * suites by name. The last line is `N passed, N failed`.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { checks, ground, type Check } from './checks/checks.ts';
import { runFiles, seconds, type Counts } from './report.ts';
import { runHostSuite } from './vscode/host.ts';
import { root } from './vscode/places.ts';

const suites: Readonly<Record<string, () => Promise<Counts>>> = {
  checks: () => runChecks(checks),
  unit: () => runFiles(filesOf('**/*.test.ts', 'host/**', 'e2e/**'), { concurrency: 2, minutes: 10, secondTry: true }),
  host: () => runHostSuite('newest'),
  lowest: () => runHostSuite('lowest'),
  e2e: () => runFiles(filesOf('e2e/*.test.ts'), { concurrency: 2, minutes: 15, secondTry: true }),
  kills: () => {
    process.env['FLUX_FILL_KILLS'] = '300';
    return runFiles(filesOf('{jobs,cli}/kill.test.ts'), { concurrency: 1, minutes: 60 });
  },
  fuzz: () => {
    process.env['FLUX_FILL_FUZZ'] = '10000';
    return runFiles(filesOf('raster/fuzz.test.ts'), { concurrency: 1, minutes: 60 });
  },
};
const usual = ['checks', 'unit', 'host', 'lowest', 'e2e'];

const total = await runSuites(process.argv.length > 2 ? process.argv.slice(2) : usual);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function runSuites(names: readonly string[]): Promise<Counts> {
  const total = { passed: 0, failed: 0 };
  const all: typeof suites = { ground: () => runChecks(ground), ...suites };
  for (const name of ['ground', ...names]) {
    console.log(`${name}:`);
    const started = performance.now();
    const { passed, failed } = await counts(name, all[name]);
    total.passed += passed;
    total.failed += failed;
    console.log(`${name}: ${passed} passed, ${failed} failed in ${seconds(performance.now() - started)}\n`);
  }
  return total;
}

/** A suite that does not exist, breaks off or holds no test is one failure. */
async function counts(name: string, suite: (() => Promise<Counts>) | undefined): Promise<Counts> {
  const failure = (why: unknown): Counts => {
    console.log('  ✖', why);
    return { passed: 0, failed: 1 };
  };
  if (suite === undefined) return failure(`There is no suite ${name}; there are ${Object.keys(suites).join(', ')}.`);
  try {
    const result = await suite();
    return result.passed + result.failed > 0 ? result : failure('There is no test in it.');
  } catch (error) {
    return failure(error);
  }
}

async function runChecks(list: readonly Check[]): Promise<Counts> {
  const results = await Promise.all(
    list.map(async ({ name, run }) => {
      const faults = await run();
      console.log(`  ${faults.length === 0 ? '✔' : '✖'} ${name}`);
      for (const fault of faults) console.log(fault.replaceAll(/^/gm, '    '));
      return faults.length === 0;
    }),
  );
  const passed = results.filter(Boolean).length;
  return { passed, failed: results.length - passed };
}

/** Test files by a pattern in test/, without those that match the others. */
function filesOf(pattern: string, ...without: readonly string[]): string[] {
  const folder = join(root, 'test');
  return globSync(pattern, { cwd: folder, exclude: without })
    .sort()
    .map((file) => join(folder, file));
}
