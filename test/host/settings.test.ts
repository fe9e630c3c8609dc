/** Settings take effect where they are meant to, and what a workspace says of money, addresses and safety counts for nothing. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { baseUrlOf } from '../../src/host/addresses.ts';
import { agentLimit, dailyLimit, defaultsFor, notesFills, storageLimit } from '../../src/host/defaults.ts';
import { newDocument } from '../../src/host/document.ts';
import { section, settings, tools } from '../../src/ids.ts';
import { readNote } from '../../src/raster/note.ts';
import { call, inFolder, rectangle, toldBy } from './agent-calls.ts';
import { test } from './suite.ts';

const folder = (): vscode.Uri => vscode.workspace.workspaceFolders![0].uri;

/** The workspace's own settings, written as a repository brings them, until `isSo`; gone afterwards. */
const withWorkspaceSettings = async (
  values: Readonly<Record<string, unknown>>,
  isSo: () => boolean,
  body: () => Promise<void>,
): Promise<void> => {
  const own = join(folder().fsPath, '.vscode');
  const seen = (wanted: boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (isSo() !== wanted) return;
        listener.dispose();
        resolve();
      };
      const listener = vscode.workspace.onDidChangeConfiguration(look);
      look();
    });
  await mkdir(own, { recursive: true });
  const named = Object.fromEntries(Object.entries(values).map(([name, value]) => [`${section}.${name}`, value]));
  await writeFile(join(own, 'settings.json'), JSON.stringify(named));
  try {
    await seen(true);
    await body();
  } finally {
    await rm(own, { recursive: true, force: true });
    await seen(false);
  }
};

test('a workspace sets what a new image starts with: panel document and agent tools follow', async () => {
  const values = {
    [settings.defaultPrompt]: 'a wooden bench',
    [settings.defaultSteps]: 20,
    [settings.defaultWindow]: 'whole',
    [settings.paintedGrow]: 11,
    [settings.rectangleGrow]: 6,
    [settings.rectangleFeather]: 3,
    [settings.fileFeather]: 9999,
    [settings.outpaintOverlap]: 2,
    [settings.outpaintFeather]: 5,
    [settings.defaultTone]: false,
    [settings.defaultOpaque]: true,
  };
  const isSo = (): boolean => defaultsFor(folder()).parameters.steps === 20;
  await withWorkspaceSettings(values, isSo, async () => {
    const defaults = defaultsFor(folder());
    const document = newDocument('file:///a.png', { width: 9, height: 9 }, defaults);
    assert.equal(document.parameters.prompt, 'a wooden bench');
    assert.deepEqual(document.window, { kind: 'whole' });
    assert.deepEqual(document.save, { as: 'png', opaque: true, tone: false });
    assert.equal(document.maskSettings.grow, 11);
    assert.equal(defaults.masks.file.feather, 8, 'what is out of range counts as not set');
    await inFolder(async (_, name) => {
      const asked = { image: name('a.png'), prompt: 'grass', service: 'practice' };
      const { saved } = toldBy(await call(tools.fill, { ...asked, rectangle }));
      const note = readNote(await readFile(saved))!;
      assert.deepEqual([note.mask.settings.grow, note.mask.settings.feather, note.parameters.steps], [6, 3, 20]);
      assert.deepEqual(note.save, { as: 'png', opaque: true, tone: false, note: true });
      const told = toldBy(await call(tools.plan, { ...asked, rectangle, grow: 0 }));
      assert.deepEqual(
        told.requests[0].sent,
        toldBy(await call(tools.plan, { ...asked, rectangle, window: 'whole' })).requests[0].sent,
      );
      assert.equal(told.region.width, rectangle.width, 'what is said counts more');
      const expand = { left: 16, top: 0, right: 0, bottom: 0 };
      const wider = toldBy(await call(tools.fill, { ...asked, expand }));
      const made = readNote(await readFile(wider.saved))!;
      assert.deepEqual([made.expand?.overlap, made.mask.settings.feather], [2, 5]);
    });
  });
});

test('what a workspace says of addresses, services, money, safety, number and note counts for nothing', async () => {
  const values = {
    [settings.defaultSteps]: 21,
    [settings.defaultSafetyTolerance]: 6,
    [settings.defaultService]: 'practice',
    [settings.defaultImages]: 8,
    [settings.saveNote]: false,
    [settings.dailyLimit]: 1000,
    [settings.agentLimit]: 1000,
    [settings.storageLimit]: 1,
    [settings.bflBaseUrl]: 'https://evil.example',
    [settings.bflRegion]: 'us',
    [settings.falUpload]: 'always',
  };
  const isSo = (): boolean => defaultsFor(folder()).parameters.steps === 21;
  await withWorkspaceSettings(values, isSo, async () => {
    const { parameters, service, images } = defaultsFor(folder());
    assert.deepEqual([parameters.safetyTolerance, service, images], [2, 'bfl', 1]);
    assert.deepEqual([notesFills(), dailyLimit(), agentLimit(), storageLimit()], [true, null, 2, 2000]);
    assert.deepEqual(baseUrlOf('bfl'), { ok: true, value: 'https://api.bfl.ai' });
    const configuration = vscode.workspace.getConfiguration(section, folder());
    assert.equal(configuration.get(settings.falUpload), 'auto');
  });
});

test('what is the person’s to set cannot be set in a workspace, and what they set takes effect', async () => {
  const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration(section);
  for (const name of [settings.defaultSafetyTolerance, settings.saveNote, settings.defaultImages, settings.dailyLimit])
    await assert.rejects(
      Promise.resolve(configuration().update(name, 1, vscode.ConfigurationTarget.Workspace)),
      /Workspace Settings/,
      name,
    );
  const set = (name: string, value: unknown) => configuration().update(name, value, vscode.ConfigurationTarget.Global);
  try {
    await set(settings.defaultSafetyTolerance, 1);
    await set(settings.defaultImages, 3);
    await set(settings.saveNote, false);
    assert.equal(defaultsFor(folder()).parameters.safetyTolerance, 1);
    assert.equal(defaultsFor(folder()).images, 3);
    await inFolder(async (_, name) => {
      const asked = { image: name('a.png'), rectangle, prompt: 'grass', service: 'practice' };
      const { saved } = toldBy(await call(tools.fill, asked));
      assert.equal(readNote(await readFile(saved)), undefined);
    });
  } finally {
    for (const name of [settings.defaultSafetyTolerance, settings.defaultImages, settings.saveNote])
      await set(name, undefined);
  }
});
