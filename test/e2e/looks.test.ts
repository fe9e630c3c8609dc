/** The panel in the four themes of VS Code: pictures for people, and axe for what can be measured. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { themes, type Theme } from '../vscode/workbench.ts';
import { violations } from '../page/axe.ts';
import { eventually } from '../waiting.ts';
import { openPage, openScene, paint, pictureOfFailure, setKey, untilResult, type Scene } from './scene.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

test('marked and described, at work, and with its result, in every theme', async () => {
  const { workbench, emulator } = scene;
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await paint(scene, page);
  await page.getByLabel('Prompt', { exact: true }).fill('a red fishing boat');
  emulator.control({ readyAfter: 600_000 });
  const names = Object.keys(themes) as Theme[];
  for (const theme of names) {
    await workbench.theme(theme);
    await eventually(async () => assert.deepEqual(await violations(page), [], `marked, ${theme}`));
    await workbench.picture(`look-marked-${theme}`);
  }
  await page.locator('.generate:not([disabled])').click();
  await page.getByText('The service is working…').first().waitFor();
  for (const theme of names) {
    await workbench.theme(theme);
    await eventually(async () => assert.deepEqual(await violations(page), [], `at work, ${theme}`));
    await workbench.picture(`look-working-${theme}`);
  }
  emulator.control({ readyAfter: 0 });
  await untilResult(scene, 'boats.fill-001.png');
  await page.getByText('0 samples changed outside the mask').first().waitFor();
  for (const theme of names) {
    await workbench.theme(theme);
    await eventually(async () => assert.deepEqual(await violations(page), [], `result, ${theme}`));
    await workbench.picture(`look-result-${theme}`);
  }
});
