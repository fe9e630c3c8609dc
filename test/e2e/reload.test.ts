/** A window that is reloaded at any step of a fill: one file, or a fill that is known as unknown; nothing is sent twice. */
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Job, JobState } from '../../src/fill/record.ts';
import { until } from '../vscode/workbench.ts';
import { openPage, openScene, paint, pictureOfFailure, results, setKey, type Scene } from './scene.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

const order: readonly JobState[] = ['prepared', 'submitting', 'submitted', 'received', 'saving', 'saved'];

const jobsIn = async (stage: 'open' | 'done'): Promise<readonly Job[]> => {
  const data = join(scene.workbench.server.dataFolder, 'data', 'User', 'globalStorage', 'flux-fill.flux-fill', 'jobs');
  const ids = await readdir(join(data, stage)).catch(() => []);
  const texts = await Promise.all(
    ids.map((id) => readFile(join(data, stage, id, 'record.json'), 'utf8').catch(() => '')),
  );
  return texts.filter((text) => text !== '').map((text) => JSON.parse(text) as Job);
};

for (const state of ['prepared', 'submitting', 'received', 'saving'] as const)
  test(`a window that is reloaded when a fill is “${state}”`, async (t) => {
    const { workbench, emulator } = scene;
    emulator.control({ readyAfter: 0 });
    const done = (await jobsIn('done')).length;
    const saved = (await results(scene)).length;
    const accepted = emulator.accepted();
    await workbench.closeAll();
    await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
    const page = await openPage(scene);
    await paint(scene, page);
    await page.locator('.generate:not([disabled])').click();
    let seen: JobState | undefined;
    while (seen === undefined) {
      const [job] = await jobsIn('open');
      if (job !== undefined && order.indexOf(job.state) >= order.indexOf(state)) seen = job.state;
    }
    await workbench.reload();
    await until('the end of the fill', async () => (await jobsIn('done')).length === done + 1);
    const job = (await jobsIn('done')).toSorted((a, b) => (a.fill.id < b.fill.id ? -1 : 1)).at(-1)!;
    t.diagnostic(`reloaded at ${seen}: ${job.state}`);
    assert.ok(job.state === 'saved' || (job.state === 'unknown' && job.taskId === undefined), job.state);
    assert.equal((await results(scene)).length - saved, job.state === 'saved' ? 1 : 0);
    assert.ok(emulator.accepted() - accepted <= 1);
  });
