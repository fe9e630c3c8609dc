import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrompts, sortedFor, withPrompt } from '../../src/host/prompts.ts';
import { test } from './suite.ts';

test('prompts: those of this image first, newest first, each once', () => {
  let entries: ReturnType<typeof withPrompt> = [];
  for (const [prompt, image] of [
    ['a', 'one'],
    ['b', 'two'],
    ['c', 'one'],
    ['a', 'two'],
    ['a', 'one'],
    ['d', 'two'],
  ] as const)
    entries = withPrompt(entries, { prompt, image });
  assert.equal(entries.length, 5);
  assert.deepEqual(sortedFor(entries, 'one'), { own: ['a', 'c'], others: ['d', 'b'] });
  assert.deepEqual(sortedFor(entries, 'three'), { own: [], others: ['d', 'a', 'c', 'b'] });
  for (let number = 0; number < 500; number++) entries = withPrompt(entries, { prompt: String(number), image: 'one' });
  assert.equal(entries.length, 200);
});

test('prompts: two windows that note at the same time, and a file that is damaged', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'flux-fill-prompts-'));
  const file = join(folder, 'prompts.json');
  const read = async (): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));
  try {
    const [one, two] = [createPrompts(folder), createPrompts(folder)];
    await one.note('a', 'x');
    await two.note('b', 'x');
    await one.note(' ', 'x');
    assert.deepEqual(await read(), [
      { prompt: 'b', image: 'x' },
      { prompt: 'a', image: 'x' },
    ]);
    await writeFile(file, '[{');
    await one.note('c', 'x');
    assert.deepEqual(await read(), [{ prompt: 'c', image: 'x' }]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
