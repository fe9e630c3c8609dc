/** A canary key is looked for wherever it could leak to: 0 hits but at the service it belongs to. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { canary, openPage, openScene, paint, pictureOfFailure, setKey, untilResult, type Scene } from './scene.ts';
import { eventually } from '../waiting.ts';

let scene: Scene;
const messages: string[] = [];
const elsewhere: string[] = [];

before(async () => {
  scene = await openScene({ settings: { 'fluxFill.bfl.sendMask': 'alpha' } });
  const { context, page } = scene.workbench;
  await context.exposeBinding('noteMessage', (_, text: string) => void messages.push(text));
  await context.addInitScript(() => {
    addEventListener('message', (event) => {
      const note = (globalThis as unknown as { noteMessage?: (text: string) => void }).noteMessage;
      try {
        note?.(JSON.stringify(event.data));
      } catch {
        note?.('a message that is no JSON');
      }
    });
  });
  page.on('request', (request) =>
    elsewhere.push(`${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ''}`),
  );
  await scene.workbench.reload();
  await setKey(scene);
});
after(() => scene?.close());
afterEach((context) => pictureOfFailure(scene, context));

const filesBelow = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

const holders = async (folder: string): Promise<string[]> => {
  const found: string[] = [];
  const needles = [canary, Buffer.from(canary).toString('base64').replace(/=+$/, '')];
  for (const file of await filesBelow(folder)) {
    const text = (await readFile(file).catch(() => Buffer.alloc(0))).toString('latin1');
    if (needles.some((needle) => text.includes(needle))) found.push(file);
  }
  return found;
};

test('the key reaches its service, and is nowhere else', async () => {
  const { workbench, emulator, folder } = scene;
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await paint(scene, page);
  await page.locator('.generate:not([disabled])').click();
  await untilResult(scene, 'boats.fill-001.png');
  const submit = emulator.log.find((entry) => entry.method === 'POST')!;
  assert.ok(!('mask' in submit.body!), 'the mask is in the alpha channel, as the setting says');
  // Errors are where keys leak: one refusal that echoes the whole request, one hostile address each.
  for (const scenario of ['422-echo', 'hostile-polling', 'hostile-result', 'redirect'] as const) {
    emulator.control({ scenario });
    const failures = await page.locator('.job-fault:visible').count();
    await page.locator('.generate:not([disabled])').click();
    await page.locator('.job-fault:visible').nth(failures).waitFor();
  }

  const withKey = emulator.log.filter((entry) => JSON.stringify(entry.headers).includes(canary));
  assert.ok(withKey.length > 0, 'the canary is the key that is sent');
  assert.deepEqual(
    withKey.filter((entry) => entry.server !== 'api'),
    [],
  );
  assert.ok(emulator.log.every((entry) => !entry.path.includes(canary)));
  assert.deepEqual(await holders(workbench.server.dataFolder), []);
  assert.deepEqual(await holders(folder), []);
  assert.ok(messages.length > 0, 'messages of the page were seen');
  assert.deepEqual(
    messages.filter((text) => text.includes('canary-')),
    [],
  );
  assert.deepEqual(
    elsewhere.filter((text) => text.includes(canary)),
    [],
  );
  assert.ok(!workbench.server.printed().includes(canary));
});

test('the service is named before its key is cleared; then the key is gone', async () => {
  const { workbench, emulator } = scene;
  emulator.control({ scenario: 'normal' });
  const accepted = emulator.accepted();
  await workbench.command('Flux Fill: Clear API Key');
  const stored = workbench.page.locator('.quick-input-widget .monaco-list-row');
  await stored.filter({ hasText: 'API key is set' }).first().waitFor();
  await eventually(async () => assert.equal(await stored.count(), 1, 'only what is stored is offered'));
  await workbench.quickPick('Black Forest Labs');
  await workbench.page
    .getByText(/The API key for .* is cleared/)
    .first()
    .waitFor();
  await workbench.command('Flux Fill: Clear API Key');
  await workbench.page.getByText('No API key is stored.').first().waitFor();
  const page = await openPage(scene);
  await page.getByText('No API key yet.').first().waitFor();
  await page.locator('.generate:not([disabled])').click();
  await eventually(async () => assert.match(await workbench.dialog(), /No API key for/));
  await workbench.dialogButton('Cancel');
  assert.equal(emulator.accepted(), accepted);
});
