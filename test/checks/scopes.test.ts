/** What a workspace may set: nothing that says where images and keys go, what may be spent, or how strict the moderation is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../vscode/places.ts';
import { openSettings, settingFaults, type SettingManifest } from './settings.ts';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as SettingManifest;
const { properties } = manifest.contributes.configuration;

test('addresses, uploads, services, money, safety and the note are settings of the person or the machine', () => {
  const guarded = Object.entries(properties).filter(([name]) =>
    /^fluxFill\.(bfl|fal|replicate|compatible|money|agents|history|save)\.|\.(service|images|safetyTolerance)$/.test(
      name,
    ),
  );
  assert.ok(guarded.length >= 15);
  for (const [name, { scope }] of guarded) assert.match(String(scope), /^(machine|application)$/, name);
});

test('a workspace sets only what a new image starts with, and in Restricted Mode not that', () => {
  const open = openSettings(manifest);
  assert.ok(open.length >= 15);
  for (const name of open) assert.match(name, /^fluxFill\.defaults\./);
  const { untrustedWorkspaces } = manifest.capabilities;
  assert.deepEqual([...untrustedWorkspaces.restrictedConfigurations!].sort(), [...open].sort());
});

test('a setting with another range, without scope or description, and one that is not restricted are found', () => {
  const changed = (change: (manifest: SettingManifest) => void): string => {
    const copy = structuredClone(manifest);
    change(copy);
    return settingFaults(copy).join('\n');
  };
  const setting = ({ contributes }: SettingManifest, name: string): Record<string, unknown> =>
    contributes.configuration.properties[name];
  assert.equal(
    changed(() => undefined),
    '',
  );
  assert.match(
    changed((other) => (setting(other, 'fluxFill.defaults.steps')['maximum'] = 51)),
    /defaults\.steps .*out of date/,
  );
  assert.match(
    changed((other) => delete setting(other, 'fluxFill.defaults.tone')['scope']),
    /defaults\.tone says no scope/,
  );
  assert.match(
    changed((other) => delete setting(other, 'fluxFill.defaults.tone')['markdownDescription']),
    /no markdownDescription/,
  );
  assert.match(
    changed((other) => (setting(other, 'fluxFill.defaults.tone')['order'] = 20)),
    /same order/,
  );
  assert.match(
    changed((other) => (setting(other, 'fluxFill.history.storageLimit')['scope'] = 'resource')),
    /restrictedConfigurations/,
  );
});
