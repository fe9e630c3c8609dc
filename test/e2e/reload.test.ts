/** A window that is reloaded at any step of a fill: one file, or a fill that is known as unknown; nothing is sent twice. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { jobsIn, openPage, openScene, paint, pictureOfFailure, reached, results, setKey, type Scene } from './scene.ts';
import { eventually, until } from '../waiting.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

for (const state of ['prepared', 'submitting', 'received', 'saving'] as const)
  test(`a window that is reloaded when a fill is “${state}”`, async (t) => {
    const { workbench, emulator } = scene;
    emulator.control({ readyAfter: 0 });
    const done = (await jobsIn(scene, 'done')).length;
    const saved = (await results(scene)).length;
    const accepted = emulator.accepted();
    await workbench.closeAll();
    await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
    const page = await openPage(scene);
    await paint(scene, page);
    const seen = await reached(scene, state, () => page.locator('.generate:not([disabled])').click());
    await workbench.reload();
    await until('the end of the fill', async () => (await jobsIn(scene, 'done')).length === done + 1);
    const job = (await jobsIn(scene, 'done')).toSorted((a, b) => (a.fill.id < b.fill.id ? -1 : 1)).at(-1)!;
    t.diagnostic(`reloaded at ${seen}: ${job.state}`);
    assert.ok(job.state === 'saved' || (job.state === 'unknown' && job.taskId === undefined), job.state);
    await eventually(async () => assert.equal((await results(scene)).length - saved, job.state === 'saved' ? 1 : 0));
    assert.ok(emulator.accepted() - accepted <= 1);
  });
