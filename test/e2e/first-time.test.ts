/** A person without a key, and what bad input gets: a clear sentence, a panel that still works, nothing lost. */
import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import sharp from 'sharp';
import { compare, decode } from './judge.ts';
import {
  chooseFile,
  openPage,
  openScene,
  paint,
  pictureOfFailure,
  results,
  setKey,
  untilResult,
  type Scene,
} from './scene.ts';
import { eventually, until } from '../waiting.ts';

let scene: Scene;
before(async () => {
  scene = await openScene();
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

const inpaint = async (file: string) => {
  await scene.workbench.closeAll();
  await scene.workbench.explorerMenu([file], 'Flux Fill: Inpaint');
  return openPage(scene);
};

test('what is not an image is named, and nothing opens', async () => {
  const { workbench } = scene;
  await workbench.explorerMenu(['not-an-image.png'], 'Flux Fill: Inpaint');
  await until('notification', async () =>
    (await workbench.notifications()).some((text) => text.includes('not-an-image.png is not an image')),
  );
  await eventually(async () => assert.deepEqual(await workbench.tabs(), []));
});

test('a mask of another size names both sizes and offers to scale it', async () => {
  const { workbench } = scene;
  const page = await inpaint('alps.png');
  await page.getByRole('button', { name: 'From File…' }).click();
  await chooseFile(scene, 'small-mask.png');
  const text = await workbench.dialog();
  assert.match(text, /450 × 320/);
  assert.match(text, /900 × 640/);
  await workbench.dialogButton('Scale the Mask');
  await page.getByText('Mask file: small-mask.png').first().waitFor();
  await eventually(async () => assert.equal(await page.locator('.generate').isDisabled(), false));
});

test('the first Generate without a key offers a key or practice, and goes on with what is chosen', async () => {
  const { workbench, emulator } = scene;
  const page = await openPage(scene);
  await page.locator('.generate').click();
  await eventually(async () => assert.match(await workbench.dialog(), /No API key for http:\/\/127\.0\.0\.1/));
  await workbench.picture('no-key');
  await workbench.dialogButton('Practise Without a Key');
  await page.getByText('Practice: no AI, the prompt is not used, free.').first().waitFor();
  assert.equal(emulator.log.length, 0);
});

test('practice fills without a key, without the network, and only inside the mask', async () => {
  const { workbench, emulator, folder } = scene;
  const page = await openPage(scene);
  const saved = await decode(await untilResult(scene, 'alps.fill-001.png'));
  await page.getByText('0 samples changed outside the mask').first().waitFor();
  await workbench.picture('practice');
  const source = await decode(join(folder, 'alps.png'));
  const mask = await decode(join(folder, 'alps-mask.png'));
  // The scaled mask is as coarse as two pixels: judged where it is surely black.
  const black = (x: number, y: number): boolean =>
    [-3, 0, 3].every((dx) =>
      [-3, 0, 3].every((dy) => {
        const at = (Math.max(0, Math.min(639, y + dy)) * 900 + Math.max(0, Math.min(899, x + dx))) * mask.channels;
        return mask.data[at] === 0;
      }),
    );
  assert.equal(compare(source, saved, black).outside, 0);
  assert.equal(emulator.log.length, 0);
});

test('once there is a key, another image starts with the real service', async () => {
  await setKey(scene);
  const page = await inpaint('boats.jpg');
  await page.getByText('API key is set.').first().waitFor();
  await eventually(async () => assert.equal(await page.getByLabel('Service', { exact: true }).inputValue(), 'bfl'));
});

test('a key that is refused is said, and the panel works on', async () => {
  const { emulator } = scene;
  const page = await openPage(scene);
  await setKey(scene, 'another-key');
  await paint(scene, page);
  await page.locator('.generate:not([disabled])').click();
  await page.getByText('refused the API key').first().waitFor();
  assert.equal(emulator.accepted(), 0);
  await setKey(scene);
  await page.locator('.generate:not([disabled])').click();
  await untilResult(scene, 'boats.fill-001.png');
});

test('moderation shows its reasons', async () => {
  const { workbench, emulator } = scene;
  emulator.control({ scenario: 'moderated-request' });
  const page = await inpaint('boats.jpg');
  await page.locator('.generate:not([disabled])').click();
  await page.getByText('The service declined the request:').first().waitFor();
  await workbench.picture('moderated');
  emulator.control({ scenario: 'normal' });
});

test('cancel tells the truth, and the result is kept', async () => {
  const { emulator } = scene;
  emulator.control({ readyAfter: 600_000 });
  const page = await inpaint('boats.jpg');
  await page.locator('.generate:not([disabled])').click();
  await page.getByText('The service is working…').first().waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('The job may still be billed').first().waitFor();
  emulator.control({ readyAfter: 0 });
  await untilResult(scene, 'boats.fill-002.png');
  emulator.control({ readyAfter: 300 });
});

test('a source that is deleted while the job runs: the result is saved, with a warning', async () => {
  const { emulator, folder } = scene;
  emulator.control({ readyAfter: 600_000 });
  const page = await inpaint('sprite.png');
  await paint(scene, page, { x: 0.3, y: 0.3 }, { x: 0.35, y: 0.3 });
  await page.locator('.generate:not([disabled])').click();
  await page.getByText('The service is working…').first().waitFor();
  await rm(join(folder, 'sprite.png'));
  emulator.control({ readyAfter: 0 });
  await untilResult(scene, 'sprite.fill-001.png');
  await page.getByText('sprite.png was deleted or moved while the job ran').first().waitFor();
  emulator.control({ readyAfter: 300 });
});

test('an image that changed on disk is shown anew before anything is sent', async () => {
  const { emulator, folder } = scene;
  const page = await inpaint('boats.jpg');
  const accepted = emulator.accepted();
  await writeFile(join(folder, 'boats.jpg'), await sharp(join(folder, 'boats.jpg')).negate().jpeg().toBuffer());
  await page.locator('.generate:not([disabled])').click();
  await page.getByText('boats.jpg changed on disk').first().waitFor();
  assert.equal(emulator.accepted(), accepted);
  const before = (await results(scene)).length;
  await page.locator('.generate:not([disabled])').click();
  await untilResult(scene, 'boats.fill-003.png');
  await eventually(async () => assert.equal((await results(scene)).length, before + 1));
  await until('a folder without temporary files', async () =>
    (await readdir(folder)).every((name) => !name.endsWith('.tmp')),
  );
});
