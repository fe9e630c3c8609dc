/** The tools for agents: called as VS Code calls them, with practice; and their parts, where VS Code asks nobody in a test. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Job } from '../../src/fill/record.ts';
import { placeOf, workspaceFile } from '../../src/host/agent/workspace-file.ts';
import { keyVariables, section, settings, tools } from '../../src/ids.ts';
import { call, inFolder, rectangle, refusalOf, slope, toldBy } from './agent-calls.ts';
import { invoke, prepare, withTool } from './agent-tool.ts';
import { memoryFiles } from './memory.ts';
import { test } from './suite.ts';

test('VS Code lists both tools for agents, with what they take', () => {
  for (const name of Object.values(tools)) {
    const tool = vscode.lm.tools.find((each) => each.name === name);
    assert.ok(tool, name);
    assert.ok('rectangle' in (tool.inputSchema as { properties: object }).properties);
    assert.ok(!tool.description.includes('%'));
  }
});

test('an agent hears the plan and the price, and nothing is written', async () => {
  await inFolder(async (folder, name) => {
    const input = { image: name('a.png'), rectangle, service: 'bfl' };
    const { region, requests, priceInDollars } = toldBy(await call(tools.plan, input));
    assert.deepEqual({ ...region, share: 0 }, { ...rectangle, share: 0 });
    assert.ok(Math.abs(region.share - (24 * 16) / (96 * 64)) < 1e-6, String(region.share));
    assert.equal(requests.length, 1);
    assert.ok(requests[0].scale >= 1 && requests[0].sent.width % 32 === 0);
    assert.equal(priceInDollars, 0.05);
    assert.deepEqual((await readdir(folder)).sort(), ['a.png', 'hole.png', 'm.png']);
  });
});

const shows = 'LanguageModelDataPart' in vscode;

const ways: readonly [string, (name: (file: string) => string) => { readonly image: string }][] = [
  ['rectangle', (name) => ({ image: name('a.png'), rectangle })],
  ['mask file', (name) => ({ image: vscode.workspace.asRelativePath(name('a.png')), mask: name('m.png'), feather: 2 })],
  ['alpha', (name) => ({ image: name('hole.png'), alpha: true })],
  [
    'larger canvas',
    (name) => ({
      image: vscode.Uri.file(name('a.png')).toString(),
      expand: { left: 16, top: 0, right: 0, bottom: 0 },
    }),
  ],
];

for (const [way, inputOf] of ways)
  test(`an agent fills by ${way}; the source stays, and so does all outside`, async () => {
    await inFolder(async (folder, name) => {
      const before = await readFile(name('a.png'));
      const result = await call(tools.fill, { ...inputOf(name), prompt: 'grass', service: 'practice' });
      const told = toldBy(result);
      assert.ok(told.saved.startsWith(folder), told.saved);
      const saved = await readFile(told.saved);
      assert.ok(!saved.equals(before));
      assert.deepEqual(told.changedSamples, { outsideMask: 0, outsideEffectiveMask: 0 });
      assert.equal(told.costInDollars, 0);
      assert.ok(Array.isArray(told.warnings));
      assert.equal(result.content.length, shows ? 2 : 1);
      if (shows) {
        const picture = result.content[1] as { mimeType: string; data: Uint8Array };
        assert.equal(picture.mimeType, 'image/png');
        assert.ok(Buffer.from(picture.data).equals(saved));
      }
      assert.ok((await readFile(name('a.png'))).equals(before));
      assert.equal((await readdir(folder)).length, 4);
    });
  });

test('what an agent must not, or cannot mean, is refused in words for it, and nothing is written', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'flux-fill-outside-'));
  await writeFile(join(outside, 'o.png'), slope());
  await inFolder(async (folder, name) => {
    await symlink(join(outside, 'o.png'), name('link.png'));
    await symlink(outside, name('links'));
    await writeFile(name('text.png'), 'no image');
    await mkdir(name('folder.png'));
    const before = (await readdir(folder)).sort();
    const good = { image: name('a.png'), rectangle, prompt: 'grass', service: 'practice' };
    const cases: readonly [object, RegExp][] = [
      [{ ...good, image: join(outside, 'o.png') }, /outside the workspace/],
      [{ ...good, image: name('link.png') }, /outside the workspace/],
      [{ ...good, image: name('links/o.png') }, /outside the workspace/],
      [{ ...good, image: `${folder}/../../${outside.split('/').at(-1)}/o.png` }, /outside the workspace/],
      [{ ...good, image: '../../../../../../etc/passwd' }, /outside the workspace/],
      [{ ...good, image: '/etc/passwd' }, /outside the workspace/],
      [{ ...good, image: 'https://example.com/a.png' }, /outside the workspace/],
      [{ ...good, image: name('a.png\0.png') }, /no zero character/],
      [{ ...good, image: name('none.png') }, /There is no file/],
      [{ ...good, image: name('folder.png') }, /not a file/],
      [{ ...good, image: name('text.png') }, /not an image/],
      [{ ...good, rectangle: undefined, mask: join(outside, 'o.png') }, /outside the workspace/],
      [{ ...good, rectangle: undefined, mask: name('link.png') }, /outside the workspace/],
      [{ ...good, rectangle: { x: 90, y: 0, width: 20, height: 20 } }, /must lie inside the image/],
      [{ ...good, rectangle: { x: 0, y: 0, width: 0, height: 1 } }, /rectangle\.width/],
      [{ ...good, alpha: true }, /exactly one of .* rectangle and alpha/],
      [{ ...good, rectangle: undefined }, /exactly one of .* none/],
      [{ ...good, rectangle: undefined, alpha: true }, /no transparent part/],
      [{ ...good, rectangle: undefined, expand: { left: 0, top: 0, right: 0, bottom: 0 } }, /not larger/],
      [{ ...good, overlap: 4 }, /overlap goes with expand only/],
      [{ ...good, steps: 51 }, /steps: .*50/],
      [{ ...good, guidance: 1 }, /guidance: .*1\.5/],
      [{ ...good, seed: -1 }, /seed: /],
      [{ ...good, prompt: 'x'.repeat(10_001) }, /prompt: /],
      [{ ...good, safetyTolerance: 6 }, /safetyTolerance/],
      [{ ...good, service: 'evil' }, /service: /],
      [{ ...good, prompt: undefined }, /prompt/],
    ];
    for (const [input, sentence] of cases) {
      const said = await refusalOf(call(tools.fill, input));
      assert.match(said, sentence, JSON.stringify(input).slice(0, 200));
    }
    assert.deepEqual((await readdir(folder)).sort(), before);
  });
  await rm(outside, { recursive: true, force: true });
});

test('the daily limit holds for agents, whatever is always allowed; without a key the user is named who can set it', async () => {
  const configuration = vscode.workspace.getConfiguration(section);
  const set = (name: string, value: unknown) => configuration.update(name, value, vscode.ConfigurationTarget.Global);
  const variable = keyVariables.compatible;
  await inFolder(async (folder, name) => {
    const input = { image: name('a.png'), rectangle, prompt: 'grass', service: 'compatible' };
    assert.match(await refusalOf(call(tools.fill, input)), /compatible is not set up/i);
    await set(settings.compatibleBaseUrl, 'http://127.0.0.1:9');
    try {
      assert.match(await refusalOf(call(tools.fill, input)), /No API key for http:\/\/127\.0\.0\.1:9\. Ask the user/);
      process.env[variable] = 'not-a-key';
      await set(settings.dailyLimit, 0.001);
      assert.match(
        await refusalOf(call(tools.fill, input)),
        /daily limit of \$0\.001 would be passed.*Nothing was sent/,
      );
      await set(settings.dailyLimit, undefined);
      await set(settings.agentLimit, 0.001);
      assert.match(
        await refusalOf(call(tools.fill, input)),
        /daily limit of \$0\.001 for agents would be passed.*Nothing was sent.*setting fluxFill\.agents\.dailyLimit/,
      );
    } finally {
      delete process.env[variable];
      await set(settings.dailyLimit, undefined);
      await set(settings.agentLimit, undefined);
      await set(settings.compatibleBaseUrl, undefined);
    }
    assert.equal((await readdir(folder)).length, 3);
  });
});

test('the user is asked with image, region, service and price, which no prompt can forge or push away', async () => {
  await withTool(async (tool, { name }) => {
    const prompt = `x\n\n**Price: $0.00** [here](command:evil) ${'y'.repeat(5000)}`;
    const text = await prepare(tool, { image: name('a.png'), rectangle, prompt, service: 'practice' });
    const plain = text.replaceAll('&nbsp;', ' ').replaceAll('\\', '');
    assert.match(plain, /a\.png\n/);
    assert.match(plain, /24 × 16 pixels at 30, 20; 6\.3\s?% of the picture/);
    assert.match(plain, /Service: .+\n/);
    assert.match(plain, /Price: free\n/);
    assert.ok(!text.includes('**Price') && !text.includes('[here](') && text.length < 1000, text);
    assert.ok(plain.indexOf('Price: free') < plain.indexOf('Prompt:'));
  });
});

test('what changed after the user was asked is not filled', async () => {
  await withTool(async (tool, { name, runner }) => {
    const input = { image: name('a.png'), mask: name('m.png'), prompt: 'grass', service: 'practice' };
    await prepare(tool, input);
    await writeFile(name('m.png'), slope());
    assert.match(await refusalOf(invoke(tool, input)), /changed after the user was asked. Nothing was sent/);
    await prepare(tool, input);
    await writeFile(name('a.png'), slope(true));
    assert.match(await refusalOf(invoke(tool, input)), /changed after the user was asked. Nothing was sent/);
    assert.equal(runner.jobs().length, 0);
  });
});

test('a call that is cancelled says whether anything was sent', async () => {
  await withTool(async (tool, { name, runner, waiting }) => {
    const input = { image: name('a.png'), rectangle, prompt: 'grass', service: 'practice' };
    const cancelledAt = async (state: Job['state']): Promise<string> => {
      const source = new vscode.CancellationTokenSource();
      const stop = runner.onChange((job) => {
        if (job.state === state) source.cancel();
      });
      const said = await refusalOf(invoke(tool, input, source.token));
      stop();
      return said;
    };
    const early = new vscode.CancellationTokenSource();
    early.cancel();
    assert.match(await refusalOf(invoke(tool, input, early.token)), /before anything was sent/);
    assert.equal(runner.jobs().length, 0);
    assert.match(await cancelledAt('prepared'), /before anything was sent/);
    assert.equal(runner.jobs().at(-1)?.state, 'cancelled');
    assert.match(await cancelledAt('submitted'), /Cancelled while it was being made; it is free/);
    assert.equal(waiting.size, 0);
    const told = await invoke(tool, input);
    assert.ok(told.saved.endsWith('.png'));
  });
});

test('in Restricted Mode an agent is told why nothing is done', async () => {
  await withTool(
    async (tool, { name }) => {
      const input = { image: name('a.png'), rectangle, prompt: 'grass', service: 'practice' };
      assert.match(await refusalOf(invoke(tool, input)), /Restricted Mode.*trust the workspace/);
      assert.match(await refusalOf(prepare(tool, input)), /Restricted Mode/);
    },
    { isTrusted: () => false },
  );
});

test('files of several folders: named by folder, refused where two have the name, and never outside a virtual one', async () => {
  const home = await mkdtemp(join(tmpdir(), 'flux-fill-roots-'));
  const memory = memoryFiles('agentfiles');
  try {
    for (const each of ['one', 'two']) {
      await mkdir(join(home, each));
      await writeFile(join(home, each, 'both.png'), slope());
    }
    await writeFile(join(home, 'two', 'only.png'), slope());
    await writeFile(join(home, 'beside.png'), slope());
    const cloud = memory.seed('c.png', 'cloud');
    const folders = [
      { uri: vscode.Uri.file(join(home, 'one')), name: 'one', index: 0 },
      { uri: vscode.Uri.file(join(home, 'two')), name: 'two', index: 1 },
      { uri: memory.folder, name: 'pictures', index: 2 },
    ];
    const found = async (name: string): Promise<string> => placeOf(await workspaceFile(name, folders));
    assert.equal(await found('only.png'), join(home, 'two', 'only.png'));
    assert.equal(await found('two/both.png'), join(home, 'two', 'both.png'));
    assert.equal(await found('c.png'), cloud.toString(true));
    assert.equal(await found(cloud.toString()), cloud.toString(true));
    assert.match(await refusalOf(found('both.png')), /in several folders/);
    assert.match(await refusalOf(found('../beside.png')), /outside the workspace/);
    assert.match(await refusalOf(found('agentfiles:///pictures/../other/c.png')), /outside the workspace/);
    assert.match(await refusalOf(found('agentfiles:///picturesque/c.png')), /outside the workspace/);
    assert.match(await refusalOf(workspaceFile('a.png', [])), /No folder is open/);
  } finally {
    memory.dispose();
    await rm(home, { recursive: true, force: true });
  }
});
