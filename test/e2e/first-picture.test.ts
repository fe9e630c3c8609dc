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

test('the shell has asked for what was kept, and the stage shows the element of the shell', async () => {
  const { workbench } = scene;
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  const seen = () =>
    page.evaluate((name) => {
      // A picture that the page asked for itself is decoded aside.
      const { decoding } = document.querySelector<HTMLImageElement>('.stage .picture')!;
      return { asked: name in globalThis, decoding };
    }, editorName);
  await eventually(async () => assert.deepEqual(await seen(), { asked: true, decoding: 'auto' }));
});
