/** The .vsix in a fresh VS Code that installs it itself: the main job with practice, and with a key behind a proxy. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { pack } from '../packaging/pack.ts';
import { makeAuthority } from '../servers/authority.ts';
import { start } from '../servers/bfl.ts';
import { secureNames } from '../servers/hosts.ts';
import { startProxy } from '../servers/proxy.ts';
import { eventually } from '../waiting.ts';
import { changedBox, decode } from './judge.ts';
import { canary, openPage, openScene, paint, pictureOfFailure, setKey, untilResult, type Scene } from './scene.ts';

let home: string;
let vsix: string;
let scene: Scene | undefined;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'flux-fill-vsix-'));
  vsix = await pack(home);
});
afterEach(async (context) => {
  await pictureOfFailure(scene, context);
  await scene?.close();
  scene = undefined;
});
after(() => rm(home, { recursive: true, force: true }));

/** Marks, describes and generates, and judges what came of it. */
const fill = async ({ folder }: Scene): Promise<void> => {
  const page = await openPage(scene!);
  await paint(scene!, page);
  await page.getByLabel('Prompt', { exact: true }).fill('a red fishing boat');
  await page.locator('.generate').click();
  const saved = await decode(await untilResult(scene!, 'boats.fill-001.png'));
  await page.getByText('0 samples changed outside the mask').first().waitFor();
  const box = changedBox(await decode(join(folder, 'boats.jpg')), saved);
  assert.ok(box !== null && box.right - box.left < saved.width * 0.25, JSON.stringify(box));
};

test('installed from the package, practice fills without a key and without the network', async () => {
  scene = await openScene({ vsix, settings: { 'fluxFill.defaults.service': 'practice' } });
  const { dataFolder } = scene.workbench.server;
  await eventually(async () =>
    assert.ok((await readdir(join(dataFolder, 'extensions'))).includes('flux-fill.flux-fill-0.1.0')),
  );
  await scene.workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  await fill(scene);
  assert.equal(scene.emulator.log.length, 0);
});

test('installed from the package, a key of Black Forest Labs works behind a proxy with a private authority', async () => {
  await using authority = await makeAuthority(secureNames);
  const emulator = await start({ key: canary, readyAfter: 300, tls: authority.issued });
  await using proxy = await startProxy(emulator.places, { credentials: 'ann:s3cret-of-ann' });
  scene = await openScene({
    vsix,
    running: emulator,
    userSettings: {
      'http.proxy': proxy.url.replace('//', '//ann:s3cret-of-ann@'),
      'http.systemCertificatesNode': true,
    },
    env: { SSL_CERT_FILE: authority.file },
  });
  await setKey(scene);
  await scene.workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  await fill(scene);
  assert.equal(emulator.log.filter(({ method }) => method === 'POST').length, 1);
  assert.ok(proxy.served() > 0 && !proxy.seen().includes(canary));
});
