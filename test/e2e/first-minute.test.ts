/** Someone who has just installed Flux Fill: the walkthrough, the sample, the empty list, and a report. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { themes, type Theme } from '../vscode/workbench.ts';
import { eventually, until } from '../waiting.ts';
import { openPage, openScene, paint, pictureOfFailure, type Scene } from './scene.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

test('the walkthrough explains the first steps with a picture each, in every theme', async () => {
  const { workbench } = scene;
  const { page } = workbench;
  await workbench.command('Flux Fill: Get Started');
  const steps = page.locator('.getting-started-step');
  await steps.first().waitFor();
  await eventually(async () => assert.equal(await steps.count(), 4));
  for (const theme of Object.keys(themes) as Theme[]) {
    await workbench.theme(theme);
    for (const step of ['try', 'mark', 'key', 'price']) {
      const row = page.locator(`.getting-started-step[data-step-id$="#start#${step}"]`);
      await row.locator('h3').click();
      await until(`the step ${step}`, async () => /expanded/.test((await row.getAttribute('class')) ?? ''));
      await workbench.webview('svg');
      await workbench.picture(`walkthrough-${step}-${theme}`);
    }
  }
  await workbench.theme('dark');
});

test('an empty list of fills says what to do, and its link opens the sample', async () => {
  const { workbench } = scene;
  await workbench.command('Flux Fill: Show Fills');
  const view = workbench.page.locator('.welcome-view-content', { hasText: 'No fills yet.' });
  await view.waitFor();
  await workbench.picture('no-fills');
  await view.locator('.monaco-button', { hasText: 'Open the Sample' }).click();
  await workbench.webview('.generate');
  await eventually(async () => assert.ok((await workbench.tabs()).includes('Fill: boats.jpg')));
});

test('the sample is filled without a key and without a question, and the list shows it', async () => {
  const { workbench, emulator } = scene;
  const page = await openPage(scene);
  await page.getByText('Practice: no AI, the prompt is not used, free.').first().waitFor();
  await paint(scene, page);
  await page.locator('.generate:not([disabled])').click();
  await page.getByText('0 samples changed outside the mask').first().waitFor();
  await workbench.page.locator('.pane-body .monaco-list-row', { hasText: 'boats.jpg' }).first().waitFor();
  assert.equal(emulator.log.length, 0);
  await workbench.picture('sample-filled');
});

test('a report is shown as a document before anything is done with it', async () => {
  const { workbench } = scene;
  await workbench.command('Flux Fill: Report Issue…');
  const editor = workbench.page.locator('.monaco-editor .view-lines', { hasText: 'Last lines of the log' }).first();
  await editor.waitFor();
  await eventually(async () =>
    assert.ok((await workbench.notifications()).some((text) => text.includes('Nothing was sent'))),
  );
  await workbench.picture('report');
});
