import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Counts } from '../report.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flux-fill-report-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs test files with these contents, in a process that is not itself a test, and gives the counts and the print. */
const report = async (...contents: readonly string[]): Promise<{ counts: Counts; printed: string }> => {
  const files = contents.map((_, index) => join(folder, `${index}.test.mjs`));
  await Promise.all(contents.map((content, index) => writeFile(files[index], content)));
  const main = join(folder, 'main.mjs');
  await writeFile(
    main,
    `import { runFiles } from ${JSON.stringify(new URL('../report.ts', import.meta.url).href)};
    console.log(JSON.stringify(await runFiles(${JSON.stringify(files)}, { concurrency: 2, minutes: 1, secondTry: true })));`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout: printed } = await promisify(execFile)(process.execPath, [main], { env });
  return { counts: JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Counts, printed };
};

const head = "import { test } from 'node:test';\n";

test('tests that pass and fail are counted, and what fails is told with what it printed', async () => {
  const { counts, printed } = await report(
    `${head}test('a', () => {});\ntest('b', () => {});`,
    `${head}console.log('a hint');\ntest('c', () => { throw new Error('because'); });`,
  );
  assert.deepEqual(counts, { passed: 2, failed: 1 });
  assert.match(printed, /a hint/);
  assert.match(printed, /1\.test\.mjs: c\n.*because/);
});

test('a file that ends too early is a failure', async () => {
  const { counts } = await report(`${head}test('a', () => {});\ntest('b', () => { process.exit(3); });`);
  assert.equal(counts.failed, 1);
});

test('a file without a test is a failure', async () => {
  assert.deepEqual((await report('console.log(1);')).counts, { passed: 0, failed: 1 });
});

test('a file that cannot be loaded is a failure', async () => {
  assert.deepEqual((await report('import "./missing.mjs";')).counts, { passed: 0, failed: 1 });
});

test('a skipped test is named and not counted', async () => {
  const { counts, printed } = await report(`${head}test.skip('later', () => {});\ntest('a', () => {});`);
  assert.deepEqual(counts, { passed: 1, failed: 0 });
  assert.match(printed, /0\.test\.mjs: later/);
});

/** A test that fails at its first try only: its file leaves a mark. */
const unsteady = (mark: string): string =>
  `${head}import { existsSync, writeFileSync } from 'node:fs';
  const mark = ${JSON.stringify(mark)};
  test('steady', () => {});
  test('unsteady', () => {
    if (existsSync(mark)) return;
    writeFileSync(mark, '');
    throw new Error('by chance');
  });`;

test('a single file that fails by chance runs once more, is counted once, and is named with what it said', async () => {
  const { counts, printed } = await report(unsteady(join(folder, 'mark')), `${head}test('a', () => {});`);
  assert.deepEqual(counts, { passed: 3, failed: 0 });
  assert.match(printed, /by chance/);
  assert.match(printed, /unsteady: .*0\.test\.mjs/);
});

test('two files that fail have no second try', async () => {
  const { counts } = await report(unsteady(join(folder, 'one')), unsteady(join(folder, 'two')));
  assert.deepEqual(counts, { passed: 2, failed: 2 });
});
