/** The emulator of BFL judged by somebody else's client, npm `@ai-sdk/black-forest-labs`, and what that client gets wrong. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createBlackForestLabs } from '@ai-sdk/black-forest-labs';
import sharp from 'sharp';
import { canary, mask, picture, size, strays } from '../services/harness.ts';
import { start, type Emulator, type Settings } from './bfl.ts';

const api = 'https://api.bfl.ai';
const delivery = 'https://delivery-eu1.bfl.ai';

/** The emulator under the names of the real hosts: the client takes no addresses of this machine from an answer. */
const disguise =
  (emulator: Emulator): typeof fetch =>
  async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const answer = await fetch(url.replace(api, emulator.url).replace(delivery, emulator.deliveryUrl), init);
    if (!answer.headers.get('content-type')?.includes('json')) return answer;
    const text = (await answer.text()).replaceAll(emulator.url, api).replaceAll(emulator.deliveryUrl, delivery);
    return new Response(text, { status: answer.status, headers: { 'content-type': 'application/json' } });
  };

interface Wish {
  readonly size?: `${number}x${number}`;
  readonly pollTimeoutMillis?: number;
}

/** One fill by the client, which rejects where that gives up. */
const fill = async (emulator: Emulator, { size: asked, pollTimeoutMillis = 60_000 }: Wish = {}) => {
  const client = createBlackForestLabs({ apiKey: canary, baseURL: `${api}/v1`, fetch: disguise(emulator) });
  const file = async (bytes: Buffer) => ({
    type: 'file' as const,
    mediaType: 'image/png',
    data: new Uint8Array(bytes),
  });
  return client.image('flux-pro-1.0-fill').doGenerate({
    prompt: 'x',
    n: 1,
    size: asked,
    aspectRatio: undefined,
    seed: 7,
    files: [await file(await picture(3))],
    mask: await file(await mask()),
    providerOptions: { blackForestLabs: { steps: 20, outputFormat: 'png', pollIntervalMillis: 1, pollTimeoutMillis } },
  });
};

const emulated = async (settings: Partial<Settings> & { readonly lenient?: boolean } = {}) => {
  const emulator = await start({ key: canary, ...settings });
  return { emulator, [Symbol.asyncDispose]: () => emulator.stop() };
};

test('the client makes a fill and tells its seed and cost', async () => {
  await using here = await emulated();
  const { images, providerMetadata } = await fill(here.emulator);
  const [bytes] = images as Uint8Array[];
  const { width, height, format } = await sharp(bytes).metadata();
  assert.deepEqual([width, height, format], [size.width, size.height, 'png']);
  const told = (providerMetadata?.blackForestLabs.images as Record<string, unknown>[])[0];
  assert.deepEqual([told.seed, told.cost], [7, 5]);
});

test('asked for a size it sends fields that a fill does not have', async () => {
  await using strict = await emulated();
  await assert.rejects(fill(strict.emulator, { size: '96x64' }), /additional properties/);
  await using lenient = await emulated({ lenient: true });
  await fill(lenient.emulator, { size: '96x64' });
  assert.deepEqual([...lenient.emulator.unknown].sort(), ['aspect_ratio', 'height', 'width']);
});

test('it sends its key to the delivery, because that is a host of bfl.ai', async () => {
  await using here = await emulated();
  await fill(here.emulator);
  assert.equal(strays(here.emulator.log).length, 1);
});

test('it asks for a moderated request until its time is over, and its reasons are lost', async () => {
  await using here = await emulated({ scenario: 'moderated-request' });
  await assert.rejects(fill(here.emulator, { pollTimeoutMillis: 20 }), /timed out/);
  assert.equal(here.emulator.log.filter(({ method }) => method === 'GET').length, 20);
});

test('it takes other states of the service for an answer that is no JSON', async () => {
  for (const scenario of ['moderated-content', 'unknown-states'] as const) {
    await using here = await emulated({ scenario });
    await assert.rejects(fill(here.emulator), /Invalid JSON response/);
  }
});
