import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { createKeys } from '../../src/host/keys.ts';
import { secrets } from '../../src/ids.ts';
import { bflOrigin } from '../../src/services/bfl.ts';
import { test } from './suite.ts';

/** A SecretStorage of this VS Code: that of an extension that is there only for it. */
const storage = async (): Promise<vscode.SecretStorage> => {
  const helper = vscode.extensions.getExtension<vscode.ExtensionContext>('flux-fill.test-context');
  assert(helper, 'the extension with the context is there');
  return (await helper.activate()).secrets;
};

const elsewhere = 'https://example.org';
const none = (): undefined => undefined;

test('a key is kept, told to its own origin only, and cleared', async () => {
  const kept = await storage();
  const keys = createKeys(kept, {}, none);
  await kept.store(secrets.key(elsewhere), 'a-key');
  assert.deepEqual(await keys.get(elsewhere), { ok: true, value: 'a-key' });
  assert.deepEqual(await keys.get(bflOrigin), { ok: true, value: undefined });
  assert.equal(await keys.has(elsewhere), true);
  await keys.clear(elsewhere);
  assert.deepEqual(await keys.get(elsewhere), { ok: true, value: undefined });
  assert.equal(await keys.has(elsewhere), false);
});

test('the key in the environment counts for the service itself, after one that was set', async () => {
  const kept = await storage();
  const keys = createKeys(kept, { BFL_API_KEY: ' from-environment ' }, none);
  assert.deepEqual(await keys.get(bflOrigin), { ok: true, value: 'from-environment' });
  assert.deepEqual(await keys.get(elsewhere), { ok: true, value: undefined });
  assert.equal(await keys.stored(bflOrigin), false, 'what is in the environment cannot be cleared');
  await kept.store(secrets.key(bflOrigin), 'set');
  assert.deepEqual(await keys.get(bflOrigin), { ok: true, value: 'set' });
  assert.equal(await keys.stored(bflOrigin), true);
  await keys.clear(bflOrigin);
  assert.equal(await keys.stored(bflOrigin), false);
  assert.deepEqual(await keys.get(bflOrigin), { ok: true, value: 'from-environment' });
});

test('every service has its own variable, for its own hosts only; the compatible one for the origin that is set', async () => {
  const environment = { FAL_KEY: 'f', REPLICATE_API_TOKEN: 'r', FLUX_FILL_COMPATIBLE_KEY: 'c' };
  const keys = createKeys(await storage(), environment, () => elsewhere);
  const found = async (origin: string): Promise<unknown> => {
    const key = await keys.get(origin);
    return key.ok ? key.value : key.fault;
  };
  assert.equal(await found('https://queue.fal.run'), 'f');
  assert.equal(await found('https://rest.fal.ai'), 'f');
  assert.equal(await found('https://api.replicate.com'), 'r');
  assert.equal(await found(elsewhere), 'c');
  for (const origin of [
    bflOrigin,
    'https://fal.ai',
    'http://queue.fal.run',
    'https://replicate.com',
    `${elsewhere}:8443`,
  ])
    assert.equal(await found(origin), undefined, origin);
});

test('all hosts of a service share one key, and no other has it', async () => {
  const kept = await storage();
  const keys = createKeys(kept, {}, none);
  await kept.store(secrets.key('https://queue.fal.run'), 'fal-key');
  assert.deepEqual(await keys.get('https://rest.fal.ai'), { ok: true, value: 'fal-key' });
  for (const origin of [bflOrigin, 'https://api.replicate.com', elsewhere])
    assert.equal(await keys.has(origin), false, origin);
  await keys.clear('https://rest.fal.ai');
  assert.equal(await keys.has('https://queue.fal.run'), false);
});

test('a webhook secret is kept apart from the key', async () => {
  const kept = await storage();
  const keys = createKeys(kept, {}, none);
  await kept.store(secrets.webhookSecret(elsewhere), 'a-secret');
  assert.equal(await keys.webhookSecret(elsewhere), 'a-secret');
  assert.equal(await keys.has(elsewhere), false);
  await kept.delete(secrets.webhookSecret(elsewhere));
});

test('a change of a key is told', async () => {
  const kept = await storage();
  const keys = createKeys(kept, {}, none);
  const told = new Promise((resolve) => {
    const listening = keys.onDidChange((event) => {
      listening.dispose();
      resolve((event as vscode.SecretStorageChangeEvent).key);
    });
  });
  await kept.store(secrets.key(elsewhere), 'a-key');
  assert.equal(await told, secrets.key(elsewhere));
  await keys.clear(elsewhere);
});
