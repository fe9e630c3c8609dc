/** Whatever dies, a result whose id reached the disk ends saved, once; and what was never told of is not sent again. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import {
  openPage,
  jobsIn,
  openScene,
  paint,
  pictureOfFailure,
  reached,
  results,
  setKey,
  untilPanelKept,
  untilResult,
  type Scene,
} from './scene.ts';
import { eventually, until } from '../waiting.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
  await setKey(scene);
});
/** Milliseconds within which nothing is ready here. */
const never = 600_000;
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

const untilAllDone = (): Promise<void> =>
  until('end of every job', async () => (await jobsIn(scene, 'open')).length === 0);

/** Marks something in a fresh panel of boats.jpg and presses Generate. */
const generate = async (): Promise<void> => {
  await scene.workbench.closeAll();
  await scene.workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await paint(scene, page);
  await page.locator('.generate:not([disabled])').click();
};

const name = (number: number): string => `boats.fill-00${number}.png`;

test('a window that is reloaded while the service works shows the panel again and saves the result, once', async () => {
  const { workbench, emulator } = scene;
  emulator.control({ readyAfter: never });
  await reached(scene, 'submitted', generate);
  await untilPanelKept(scene);
  await workbench.reload();
  const page = await openPage(scene);
  await page.locator('.status .share', { hasText: /^Mask \d/ }).waitFor();
  emulator.control({ readyAfter: 0 });
  await untilResult(scene, name(1));
  await page.locator('.job-state', { hasText: `Saved ${name(1)}` }).waitFor();
  await untilAllDone();
  await eventually(async () => assert.deepEqual(await results(scene), [name(1)]));
  assert.equal(emulator.accepted(), 1);
});

test('an extension host that is killed while the service works: another one saves the result, once', async () => {
  const { workbench, emulator } = scene;
  emulator.control({ readyAfter: never });
  await reached(scene, 'submitted', generate);
  await workbench.killExtensionHost();
  emulator.control({ readyAfter: 0 });
  await untilResult(scene, name(2));
  await untilAllDone();
  await eventually(async () => assert.deepEqual(await results(scene), [name(1), name(2)]));
  assert.equal(emulator.accepted(), 2);
});

test('killed while the result is put into the image: the bytes are on the disk, and it is saved once', async () => {
  const { workbench, emulator } = scene;
  emulator.control({ readyAfter: 0 });
  await reached(scene, 'received', generate);
  await workbench.killExtensionHost();
  await untilResult(scene, name(3));
  await untilAllDone();
  await eventually(async () => assert.deepEqual(await results(scene), [name(1), name(2), name(3)]));
  assert.equal(emulator.accepted(), 3);
});

test('no temporary file is left beside the source', async () => {
  await eventually(async () =>
    assert.deepEqual(
      (await readdir(scene.folder)).filter((one) => one.startsWith('.')),
      [],
    ),
  );
});

test('killed while the request is on its way: the outcome is unknown, and it is not sent again', async () => {
  // VS Code starts no fourth extension host within five minutes: a fresh one for this death.
  await scene.close();
  scene = await openScene();
  await setKey(scene);
  const { workbench, emulator } = scene;
  emulator.control({ scenario: 'slow-loris-submit' });
  await generate();
  await until(
    'submit at the emulator',
    async () => emulator.log.filter((entry) => entry.method === 'POST').length === 1,
  );
  await workbench.killExtensionHost();
  await untilAllDone();
  const unknown = (await jobsIn(scene, 'done')).filter((job) => job.state === 'unknown');
  assert.equal(unknown.length, 1);
  assert.equal(emulator.log.filter((entry) => entry.method === 'POST').length, 1);
  await eventually(async () => assert.deepEqual(await results(scene), []));
});

test('a fill of unknown outcome is sent again by the person only, who is told that it may cost twice', async () => {
  const { workbench, emulator } = scene;
  emulator.control({ scenario: 'normal', readyAfter: 0 });
  const posts = (): number => emulator.log.filter((entry) => entry.method === 'POST').length;
  await workbench.closeAll();
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await workbench.command('Flux Fill: Show Fills');
  // The side bar cuts the end of a row off: what it begins with is what everybody reads.
  await workbench.page.locator('.monaco-list-row[aria-label^="boats.jpg, Outcome unknown · "]').waitFor();
  await workbench.command('Notifications: Clear All Notifications');
  const again = page.getByRole('button', { name: 'Send Again…' });
  await again.click();
  await eventually(async () =>
    assert.match(
      await workbench.dialog(),
      /may have been accepted and charged[^]*\$0\.05, perhaps for the second time/,
    ),
  );
  await workbench.picture('send-again');
  await workbench.dialogButton('Cancel');
  assert.equal(posts(), 1);
  await again.click();
  await workbench.dialog();
  await workbench.dialogButton('Send Again');
  await untilResult(scene, name(1));
  await untilAllDone();
  assert.equal(posts(), 2);
  await eventually(async () => assert.deepEqual(await results(scene), [name(1)]));
});

test('killed at a random moment: what was accepted is saved once, or known as unknown', async (t) => {
  const { workbench, emulator } = scene;
  emulator.control({ readyAfter: 1_000 });
  const before = { accepted: emulator.accepted(), saved: (await results(scene)).length };
  const unknown = async (): Promise<number> =>
    (await jobsIn(scene, 'done')).filter((job) => job.state === 'unknown').length;
  const unknownBefore = await unknown();
  await generate();
  const moment = Math.random() * 3_000;
  await new Promise((resolve) => setTimeout(resolve, moment));
  await workbench.killExtensionHost();
  await untilAllDone();
  const saved = (await results(scene)).length - before.saved;
  const ended = saved + (await unknown()) - unknownBefore;
  t.diagnostic(`killed after ${Math.round(moment)} ms: ${saved} saved`);
  assert.ok(ended <= 1 && emulator.accepted() - before.accepted <= ended, `${saved} saved, ${ended} ended`);
});
