/** The workbench behind a company's proxy: VS Code's own fetch, its settings, and a private certificate authority. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { makeAuthority, type Authority } from '../servers/authority.ts';
import { start, type Emulator } from '../servers/bfl.ts';
import { secureNames } from '../servers/hosts.ts';
import { startProxy, type Proxy } from '../servers/proxy.ts';
import { writeSettings } from '../vscode/server.ts';
import { eventually, until } from '../waiting.ts';
import { canary, openPage, openScene, paint, pictureOfFailure, setKey, untilResult, type Scene } from './scene.ts';

const prompt = 'a canary in a red boat';
const credentials = 'ann:s3cret-of-ann';

let authority: Authority & AsyncDisposable;
let emulator: Emulator;
let proxy: Proxy & AsyncDisposable;
let scene: Scene;
before(async () => {
  authority = await makeAuthority(secureNames);
  emulator = await start({ key: canary, readyAfter: 300, tls: authority.issued });
  proxy = await startProxy(emulator.places, { credentials });
  scene = await openScene({
    running: emulator,
    // VS Code takes these two from the settings of the user only.
    userSettings: { 'http.proxy': proxy.url.replace('//', `//${credentials}@`), 'http.systemCertificatesNode': true },
    // Where Node takes the certificates of the system from, which is how a company has them on its machines.
    env: { SSL_CERT_FILE: authority.file },
  });
  await setKey(scene);
});
after(async () => {
  await scene?.close();
  await proxy?.stop();
  await authority?.[Symbol.asyncDispose]();
});
afterEach((context) => pictureOfFailure(scene, context));

const toService = (): string[] => proxy.asked.map(({ target }) => target).filter((target) => /example/.test(target));

test('a job goes through http.proxy with an authority of the system: saved, and the key is only inside the tunnel', async () => {
  const { workbench } = scene;
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await paint(scene, page);
  await page.getByLabel('Prompt', { exact: true }).fill(prompt);
  await page.locator('.generate').click();
  await untilResult(scene, 'boats.fill-001.png');
  assert.deepEqual(new Set(toService()), new Set(secureNames.map((name) => `${name}:443`)));
  assert.equal(emulator.log.filter(({ method }) => method === 'POST').length, 1);
  assert.ok(proxy.seen().length > 10_000);
  for (const secret of [canary, prompt, 'iVBORw0KGgo']) assert.ok(!proxy.seen().includes(secret), secret);
});

/** The button shows these settings, which the sentence and the guide name, and no others. */
const opensSettings = async (button: string, names: readonly string[]): Promise<void> => {
  const { page: window } = scene.workbench;
  const page = await openPage(scene);
  await page.getByRole('button', { name: button }).first().click();
  const titles = window.locator('.settings-editor .setting-item-title');
  await eventually(async () =>
    assert.deepEqual(
      (await titles.allInnerTexts()).map((title) => title.replace(/\s*\(.*|Experimental/gs, '')).sort(),
      names,
    ),
  );
  await window.keyboard.press('Escape');
  await window.keyboard.press('Escape');
  await titles.first().waitFor({ state: 'hidden' });
};

test('a proxy that refuses: nothing is sent, and the sentence names the machine, the setting and what it costs', async () => {
  proxy.control({ manner: 'refuse' });
  proxy.drop();
  const page = await openPage(scene);
  await page.locator('.generate').click();
  const fault = page.locator('.job-fault', { hasText: 'The proxy let nothing through' }).first();
  const text = await fault.innerText();
  assert.match(text, /from the remote machine \S+ \(127\.0\.0\.1:\d+\) to api\.example\.com \(HTTP 403\)/);
  assert.ok(text.includes(hostname()));
  assert.match(text, /Check the settings http\.proxy .* nothing is charged\. You can send it again\./);
  assert.equal(emulator.log.filter(({ method }) => method === 'POST').length, 1);
  await opensSettings('Open the Proxy Setting', ['Http: No Proxy', 'Http: Proxy', 'Http: Proxy Support']);
  proxy.control({ manner: 'serve' });
  await page.locator('.generate').click();
  await untilResult(scene, 'boats.fill-002.png');
});

test('a certificate of an authority that nobody here knows: nothing is sent, and the settings that decide are a click away', async () => {
  await using unknown = await makeAuthority(secureNames);
  const impostor = await start({ key: canary, tls: unknown.issued });
  proxy.control({ places: impostor.places });
  proxy.drop();
  try {
    const page = await openPage(scene);
    await page.locator('.generate').click();
    const fault = page.locator('.job-fault', { hasText: 'The certificate of api.example.com is not trusted' });
    await eventually(async () =>
      assert.match(await fault.innerText(), /the setting http\.systemCertificates .* nothing is charged/),
    );
    assert.deepEqual(impostor.log, []);
    await opensSettings('Open the Certificate Setting', [
      'Http: System Certificates',
      'Http: System Certificates Node',
    ]);
  } finally {
    proxy.control({ places: emulator.places });
    await impostor.stop();
  }
});

test('a proxy that wants to know who asks: said in a sentence of its own', async () => {
  proxy.control({ credentials: 'ann:changed' });
  proxy.drop();
  await scene.workbench.command('Flux Fill: Check Key and Credits');
  await until('sentence', async () =>
    (await scene.workbench.notifications()).some((text) =>
      /The proxy asks for a user and a password .*, or does not accept those it got\. .* the setting http\.proxy, as http:\/\/user:password@/.test(
        text,
      ),
    ),
  );
});

test('a base URL that cannot be used is what the panel shows, not a missing key', async () => {
  const folder = join(scene.workbench.server.dataFolder, 'data', 'Machine');
  await writeSettings(folder, { 'fluxFill.bfl.baseUrl': 'ftp://user:secret@nowhere' }, false);
  const page = await openPage(scene);
  await page.getByText(/^The base URL ftp:\/\/nowhere\S* cannot be used/).waitFor();
  await eventually(async () => assert.equal(await page.getByText('No API key yet.').isVisible(), false));
  await page.getByRole('button', { name: 'Open the Setting' }).click();
  await scene.workbench.page.locator('.settings-editor .setting-item-title', { hasText: 'Base Url' }).first().waitFor();
  await scene.workbench.picture('proxy-setting');
});
