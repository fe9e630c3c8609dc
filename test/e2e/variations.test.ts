/** Eight variations in the real workbench: they come in over a reload, one failure loses none, and the person keeps some. */
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Frame } from 'playwright-core';
import { thumbFile } from '../../src/jobs/journal.ts';
import { eventually, until } from '../waiting.ts';
import {
  journal,
  openPage,
  openScene,
  paint,
  pictureOfFailure,
  results,
  setKey,
  untilPanelKept,
  untilResult,
  type Scene,
} from './scene.ts';

let scene: Scene;
before(async () => {
  scene = await openScene({
    viewport: { width: 1700, height: 1000 },
    // Of eight from 1000 on, three are ready at once, the others once they are let go.
    emulator: { readyAfter: 600_000, readyAfterOf: (seed) => (seed < 1003 ? 0 : undefined) },
  });
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

const jobsIn = (stage: 'open' | 'done'): Promise<string[]> => readdir(join(journal(scene), stage)).catch(() => []);

const ready = async (page: Frame): Promise<number> =>
  (
    await page.locator('.film-tile').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('aria-label')))
  ).filter((label) => /: (ready|kept)/.test(label ?? '')).length;

const seeds = (page: Frame): Promise<string[]> => page.locator('.film-note').allInnerTexts();

test('reloaded in the middle of eight variations: the filmstrip fills, and nothing is there twice', async () => {
  const { workbench, emulator } = scene;
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  let page = await openPage(scene);
  await paint(scene, page);
  await page.getByRole('textbox', { name: 'Prompt' }).fill('a red boat');
  await page.getByRole('spinbutton', { name: 'Seed' }).fill('1000');
  await page.getByRole('spinbutton', { name: 'Images' }).fill('8');
  await page.getByRole('button', { name: /^Generate · \$0\.40/ }).click();
  await until('three ready', async () => (await ready(page)) === 3);
  await until('eight submits', async () => emulator.accepted() === 8);
  await untilPanelKept(scene);
  // As if the window had been closed before the first small pictures were made.
  await until('three small pictures', async () => (await page.locator('.film-tile img:visible').count()) === 4);
  for (const id of await jobsIn('done')) await rm(thumbFile(journal(scene), id));
  await workbench.reload();
  page = await openPage(scene);
  await eventually(async () => assert.equal(await page.locator('.film-item').count(), 9));
  emulator.control({ readyAfter: 0 });
  await until('eight ready', async () => (await ready(page)) === 8);
  await until('end of every job', async () => (await jobsIn('open')).length === 0);
  await eventually(async () =>
    assert.deepEqual(await seeds(page), ['Original', ...Array.from({ length: 8 }, (_, at) => `Seed ${1000 + at}`)]),
  );
  await until('eight thumbnails', async () => (await page.locator('.film-tile img:visible').count()) === 9);
  await workbench.picture('variations');
  assert.equal(emulator.accepted(), 8);
  await eventually(async () => assert.equal((await jobsIn('done')).length, 8));
  await eventually(async () => assert.deepEqual(await results(scene), [], 'nothing is saved unasked'));
});

test('what is kept stands beside the source; the rest is deleted after a question', async () => {
  const { workbench } = scene;
  const page = await openPage(scene);
  await page.getByRole('button', { name: 'Keep image 4: save it beside the original' }).click();
  await untilResult(scene, 'boats.fill-001.png');
  await page.getByText('1 kept').waitFor();
  await page.getByRole('button', { name: 'Keep image 2: save it beside the original' }).click();
  await untilResult(scene, 'boats.fill-002.png');
  await page.getByText('2 kept').waitFor();
  await page.getByRole('button', { name: 'Delete Those Not Kept' }).click();
  await eventually(async () => assert.match(await workbench.dialog(), /Delete 6 results that are not kept\?/));
  await workbench.dialogButton('Cancel');
  await eventually(async () => assert.equal((await jobsIn('done')).length, 8));
  await page.getByRole('button', { name: 'Delete Those Not Kept' }).click();
  await workbench.dialog();
  await workbench.dialogButton('Delete');
  await until('two left', async () => (await jobsIn('done')).length === 2);
  await until('two tiles', async () => (await page.locator('.film-item').count()) === 3);
  await eventually(async () => assert.deepEqual(await results(scene), ['boats.fill-001.png', 'boats.fill-002.png']));
});

test('a prompt of an earlier fill is taken again', async () => {
  const { workbench } = scene;
  const page = await openPage(scene);
  const prompt = page.getByRole('textbox', { name: 'Prompt' });
  await prompt.fill('');
  await page.getByRole('button', { name: 'Recent Prompts…' }).click();
  await workbench.quickPick('a red boat');
  await until('prompt', async () => (await prompt.inputValue()) === 'a red boat');
});
