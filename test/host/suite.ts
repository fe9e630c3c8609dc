/**
 * A test runner for inside the extension host: tests one after the other, a line each, and the sum at the end. The mark
 * before every line tells our lines from all that VS Code prints.
 */

export const mark = 'flux-fill suite | ';

interface Test {
  readonly name: string;
  readonly body: () => Promise<void> | void;
}

const tests: Test[] = [];
/** Milliseconds after which a test counts as failed. */
const limit = 180_000;

/** Adds a test; called by the test files while they load. */
export function test(name: string, body: Test['body']): void {
  tests.push({ name, body });
}

/** Runs what was added; throws if anything failed or nothing was there, which is what VS Code's test entry expects. */
export async function runAll(): Promise<void> {
  let failed = 0;
  for (const { name, body } of tests) {
    const started = performance.now();
    try {
      await inTime(body);
      say(`✔ ${name} (${Math.round(performance.now() - started)} ms)`);
    } catch (error) {
      failed += 1;
      say(`✖ ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  say(`${tests.length - failed} passed, ${failed} failed`);
  if (failed > 0 || tests.length === 0) throw new Error(`${failed} of ${tests.length} tests failed`);
}

function say(text: string): void {
  for (const line of text.split('\n')) console.log(mark + line);
}

async function inTime(body: Test['body']): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limit / 1000} s`)), limit);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}
