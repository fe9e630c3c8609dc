/** The image before the page is built, in the real workbench: its shell, its policy, what it says of a page that kept nothing. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { editorName } from '../../src/protocol/shell.ts';
import { eventually } from '../waiting.ts';
import { openPage, openScene, pictureOfFailure, type Scene } from './scene.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

test('the shell has asked for what was kept and shown the image, which the stage then shows; it is asked for once', async () => {
  const { workbench } = scene;
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  const seen = () =>
    page.evaluate((name) => {
      const requests = performance.getEntriesByType('resource').filter((entry) => entry.name.includes('boats.jpg'));
      // Only where the picture follows one of the shell is its first paint waited for.
      const follows = document.querySelector('.stage .picture')!.hasAttribute('elementtiming');
      const left = document.querySelectorAll('.first-picture').length;
      return { asked: name in globalThis, follows, left, requests: requests.length };
    }, editorName);
  await eventually(async () => assert.deepEqual(await seen(), { asked: true, follows: true, left: 0, requests: 1 }));
});
