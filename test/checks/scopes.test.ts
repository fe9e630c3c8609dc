/** What a workspace may set: nothing that says where images and keys go, or what may be spent. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../vscode/places.ts';

const { contributes } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  contributes: { configuration: { properties: Record<string, { scope?: string }> } };
};
const scopes = Object.entries(contributes.configuration.properties);

test('addresses, uploads, services and money are settings of the person or the machine', () => {
  const guarded = scopes.filter(([name]) => /^fluxFill\.(bfl|fal|replicate|compatible|money)\.|\.service$/.test(name));
  assert.ok(guarded.length >= 11);
  for (const [name, { scope }] of guarded) assert.match(scope ?? '', /^(machine|application)$/, name);
});

test('a workspace sets only what a new image starts with and how it is saved', () => {
  const open = scopes.filter(([, { scope }]) => scope !== 'machine' && scope !== 'application').map(([name]) => name);
  assert.deepEqual(
    open.filter((name) => !/^fluxFill\.(defaults|save)\./.test(name)),
    [],
  );
});
