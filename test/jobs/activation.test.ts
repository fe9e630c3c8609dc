/** Activation reads one index, whatever the history holds: one folder listing, and no file. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { newFillId, type Job } from '../../src/fill/record.ts';
import { root } from '../vscode/places.ts';
import { makeFill } from './rig.ts';

/** What the built extension asks of the disk until half a second after its first call, with so many fills in its history. */
const callsWith = async (count: number): Promise<readonly string[]> => {
  const storage = await mkdtemp(join(tmpdir(), 'flux-fill-activation-'));
  for (let index = 0; index < count; index++) {
    const fill = makeFill(storage, newFillId(1_700_000_000_000 + index, Math.random));
    const folder = join(storage, 'jobs', 'done', fill.id);
    await mkdir(folder, { recursive: true });
    const job: Job = { fill, state: 'saved', step: 0, results: 1, warnings: [], endedAt: fill.createdAt };
    await writeFile(join(folder, 'record.json'), JSON.stringify(job));
    await writeFile(join(folder, 'thumb.webp'), 'a');
  }
  await writeFile(join(storage, 'prompts.json'), '[]');
  const child = join(root, 'test', 'bench', 'activation-child.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [child, join(root, 'dist', 'extension.cjs'), storage]);
  await rm(storage, { recursive: true });
  return (JSON.parse(stdout.trim().split('\n').at(-1)!) as { calls: string[] }).calls;
};

test('activation lists one folder and reads no file, with nothing in the history and with 500 fills', async () => {
  assert.deepEqual(await callsWith(0), ['readdir']);
  assert.deepEqual(await callsWith(500), ['readdir']);
});
