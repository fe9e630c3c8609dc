/** What the journal costs a job, and what an activation loads and reads with no jobs behind it and with 500. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { fastClock, makeRig, reaches, ready, scriptedService } from '../jobs/rig.ts';
import { root } from '../vscode/places.ts';

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

/** One write that reaches the disk, on the same disk in the same run: what a journal is made of. */
const plainWrite = async (folder: string): Promise<number> => {
  const times: number[] = [];
  for (let index = 0; index < 50; index++) {
    const began = performance.now();
    const file = await open(join(folder, `plain-${index}`), 'wx');
    await file.writeFile('x'.repeat(1500));
    await file.sync();
    await file.close();
    times.push(performance.now() - began);
  }
  return median(times);
};

const journalCost = async (): Promise<void> => {
  const rig = await makeRig();
  const { service } = scriptedService({ poll: () => Promise.resolve(ready) });
  const runner = rig.open(service, { clock: fastClock(10_000) });
  const times: number[] = [];
  for (let index = 0; index < 40; index++) {
    const began = performance.now();
    const id = await rig.begin(runner);
    await reaches(runner, id, 'saved');
    await rig.closed(id);
    times.push(performance.now() - began);
  }
  const write = await plainWrite(rig.root);
  await rig.remove();
  const job = median(times);
  console.log(
    `a job whose service answers at once and whose pixels cost nothing: ${job.toFixed(1)} ms (n = ${times.length}), ` +
      `${(job / write).toFixed(0)} x a synced write of 1.5 kB (${write.toFixed(2)} ms)`,
  );
};

interface Activation {
  readonly modules: readonly string[];
  readonly calls: readonly string[];
  readonly milliseconds: number;
}

const activation = async (jobs: number): Promise<Activation> => {
  const storage = await mkdtemp(join(tmpdir(), 'flux-fill-activation-'));
  for (let index = 0; index < jobs; index++) {
    const folder = join(storage, 'jobs', 'done', `endedjob${String(index).padStart(4, '0')}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'record.json'), '{}');
  }
  const child = join(import.meta.dirname, 'activation-child.ts');
  const text = execFileSync(process.execPath, [child, join(root, 'dist', 'extension.cjs'), storage], {
    encoding: 'utf8',
  });
  await rm(storage, { recursive: true });
  return JSON.parse(text.trim().split('\n').at(-1)!) as Activation;
};

execFileSync(process.execPath, ['esbuild.js'], { cwd: root });
await journalCost();
const bundle = readFileSync(join(root, 'dist', 'extension.cjs'));
console.log(`extension.cjs: ${bundle.length} bytes, ${gzipSync(bundle).length} gzipped`);
for (const jobs of [0, 500]) {
  const runs = [await activation(jobs), await activation(jobs), await activation(jobs)];
  const [{ modules, calls }] = runs;
  const own = modules.filter((name) => !name.startsWith('node:') && !name.endsWith('extension.cjs'));
  console.log(
    `${String(jobs).padStart(3)} old jobs: ${median(runs.map((run) => run.milliseconds)).toFixed(0)} ms, ` +
      `${modules.length} modules (${own.length === 0 ? 'the bundle and Node itself' : own.join(', ')}), ` +
      `calls to the disk: ${calls.join(', ') || 'none'}`,
  );
}
