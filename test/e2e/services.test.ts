/** One panel, four services: nothing is typed again, every service gets what it takes, and no key reaches another. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import sharp from 'sharp';
import { start as startFal, type Emulator as Fal } from '../servers/fal.ts';
import type { Entry } from '../servers/hosts.ts';
import { start as startReplicate, type Emulator as Replicate } from '../servers/replicate.ts';
import { eventually, until } from '../waiting.ts';
import { changedBox, decode } from './judge.ts';
import { canary, openPage, openScene, paint, pictureOfFailure, setKey, untilResult, type Scene } from './scene.ts';

const keys = {
  bfl: canary,
  fal: 'canary-58b0c2-fal:9e1d',
  replicate: 'r8_canary-7f3e21-replicate',
  compatible: 'sk-canary-c4a917-compatible',
} as const;

let scene: Scene;
let fal: Fal;
let replicate: Replicate;
let compatible: Replicate;
before(async () => {
  fal = await startFal({ key: keys.fal });
  replicate = await startReplicate({ key: keys.replicate });
  compatible = await startReplicate({ key: keys.compatible, mode: 'compatible' });
  scene = await openScene({
    settings: {
      'fluxFill.fal.baseUrl': fal.url,
      'fluxFill.fal.upload': 'always',
      'fluxFill.replicate.baseUrl': replicate.url,
      'fluxFill.compatible.baseUrl': compatible.url,
      'fluxFill.defaults.resultFormat': 'webp',
    },
    userSettings: { 'fluxFill.defaults.safetyTolerance': 0 },
  });
  await sharp(join(scene.folder, 'boats.jpg')).resize(480).jpeg().toFile(join(scene.folder, 'harbour.jpg'));
});
after(async () => {
  await scene?.close();
  await Promise.all([fal, replicate, compatible].map((each) => each?.stop()));
});
afterEach((context) => pictureOfFailure(scene, context));

const submits = (log: readonly Entry[]): Readonly<Record<string, unknown>>[] =>
  log.flatMap(({ method, body }) => (method === 'POST' && body !== undefined ? [body] : []));

const inputOf = (emulator: Replicate): Readonly<Record<string, unknown>> =>
  submits(emulator.log).at(-1)!.input as Readonly<Record<string, unknown>>;

test('one panel, four services, without typing anything again', async () => {
  const { workbench, emulator, folder } = scene;
  await workbench.explorerMenu(['harbour.jpg'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await paint(scene, page);
  const prompt = 'a red fishing boat';
  await page.getByLabel('Prompt', { exact: true }).fill(prompt);
  const service = page.getByLabel('Service', { exact: true });
  const source = await decode(join(folder, 'harbour.jpg'));

  const fill = async (number: number): Promise<void> => {
    await page.locator('.generate:not([aria-disabled])').click();
    const saved = await decode(await untilResult(scene, `harbour.fill-00${number}.png`));
    await page.getByText(`Saved harbour.fill-00${number}.png`).first().waitFor();
    await page.getByText('0 samples changed outside the mask').first().waitFor();
    assert.ok(changedBox(source, saved) !== null);
  };

  await setKey(scene);
  await fill(1);
  const [first] = submits(emulator.log);
  assert.equal(first.safety_tolerance, 0);
  assert.equal(first.output_format, 'webp');

  // By the command, which acts on the panel in front.
  await workbench.command('Flux Fill: Choose Service');
  await workbench.page.locator('.quick-input-title', { hasText: 'fills of this image' }).waitFor();
  await workbench.picture('services-choose');
  await workbench.quickPick('fal');
  await page.getByText('fal: no API key yet.').first().waitFor();
  await eventually(async () => assert.equal(await service.inputValue(), 'fal'));
  await eventually(async () => assert.ok(await page.getByRole('slider', { name: 'Steps' }).isDisabled()));
  await page.locator('summary').click();
  await setKey(scene, keys.fal, 'fal', fal.url);
  await fill(2);
  const [asked] = submits(fal.log).filter((body) => 'mask_url' in body);
  assert.equal(asked.prompt, prompt);
  assert.equal(asked.safety_tolerance, '1', 'the nearest that fal takes');
  assert.equal(asked.output_format, 'png', 'fal has no WebP');
  assert.match(String(asked.image_url), /^http:/, 'uploaded, as the setting says');

  await service.selectOption('replicate');
  await setKey(scene, keys.replicate, 'Replicate', replicate.url);
  await fill(3);
  assert.equal(inputOf(replicate).prompt, prompt);
  assert.equal(inputOf(replicate).safety_tolerance, 1);

  await service.selectOption('compatible');
  await setKey(scene, keys.compatible, 'Replicate-compatible', compatible.url);
  await fill(4);
  assert.equal(inputOf(compatible).prompt, prompt);

  await service.selectOption('bfl');
  await until('what was set first', async () => (await page.getByLabel('Ask the service for').inputValue()) === 'webp');
  await eventually(async () => assert.equal(await page.getByLabel('Prompt', { exact: true }).inputValue(), prompt));
  await eventually(async () =>
    assert.equal(await page.getByRole('slider', { name: 'Safety tolerance' }).inputValue(), '0'),
  );
});

test('a canvas is left to the service that has its own way, and the file is its whole picture', async () => {
  const { workbench, folder } = scene;
  await workbench.closeAll();
  await workbench.explorerMenu(['harbour.jpg'], 'Flux Fill: Outpaint');
  const page = await openPage(scene);
  await page.getByLabel('Service', { exact: true }).selectOption('replicate');
  await page.getByRole('checkbox', { name: 'Let the service extend it its own way' }).check();
  await page.getByText('Replicate makes a new picture').first().waitFor();
  await workbench.picture('services-own-preset');
  await page.locator('.generate:not([aria-disabled])').click();
  const saved = await decode(await untilResult(scene, 'harbour.fill-005.png'));
  const asked = inputOf(replicate);
  assert.deepEqual([asked.outpaint, 'mask' in asked], ['Zoom out 1.5x', false]);
  const source = await decode(join(folder, 'harbour.jpg'));
  assert.deepEqual([saved.width, saved.height], [source.width, source.height], 'as the emulator made it');
  await page.getByText('Made anew as a whole').first().waitFor();
  await workbench.picture('services-own-result');

  await page.getByRole('button', { name: 'Use as New Source' }).click();
  const next = await workbench.webview('.source-name:text("harbour.fill-005.png")');
  await eventually(async () =>
    assert.equal(await next.getByLabel('Service', { exact: true }).inputValue(), 'replicate', 'as it was made'),
  );
});

test('the key of each service is checked for nothing', async () => {
  const { workbench } = scene;
  const accepted = (): number => fal.accepted() + replicate.accepted() + compatible.accepted();
  const before = accepted();
  const page = await openPage(scene);
  for (const [id, { url }] of Object.entries({ fal, replicate, compatible })) {
    await page.getByLabel('Service', { exact: true }).selectOption(id);
    const said = `${new URL(url).origin} accepts the API key.`;
    await workbench.command('Flux Fill: Check Key and Credits');
    await until(said, async () => (await workbench.notifications()).some((text) => text.includes(said)));
  }
  assert.equal(accepted(), before);
});

test('no key is found at another service, nor at the places of results and uploads', () => {
  const logs = { bfl: scene.emulator.log, fal: fal.log, replicate: replicate.log, compatible: compatible.log };
  for (const [id, log] of Object.entries(logs) as [keyof typeof keys, readonly Entry[]][]) {
    const holding = (key: string): readonly Entry[] => log.filter((entry) => JSON.stringify(entry).includes(key));
    assert.ok(holding(keys[id]).length > 0, `${id}: the canary is the key that is sent`);
    assert.ok(holding(keys[id]).every((entry) => entry.server === 'api' && !entry.path.includes(keys[id])));
    for (const other of Object.keys(keys) as (keyof typeof keys)[])
      if (other !== id) assert.deepEqual(holding(keys[other]), [], `${other}'s key at ${id}`);
  }
});

test('without a panel, the chosen service is the one that new images start with', async () => {
  const { workbench } = scene;
  await workbench.closeAll();
  await workbench.command('Flux Fill: Choose Service');
  await workbench.page.locator('.quick-input-title', { hasText: 'new images start with' }).waitFor();
  await workbench.quickPick('fal');
  // The person's next look at the list shows what counts by now.
  await until('setting', async () => {
    await workbench.command('Flux Fill: Choose Service');
    const row = workbench.page.locator('.quick-input-widget .monaco-list-row', { hasText: '(chosen)' });
    await row.waitFor();
    const chosen = await row.innerText();
    await workbench.page.keyboard.press('Escape');
    return chosen.startsWith('fal');
  });
  await workbench.explorerMenu(['alps.png'], 'Flux Fill: Inpaint');
  const page = await openPage(scene);
  await eventually(async () => assert.equal(await page.getByLabel('Service', { exact: true }).inputValue(), 'fal'));
});
