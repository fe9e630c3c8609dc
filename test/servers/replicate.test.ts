/** The emulator of Replicate itself: it refuses what the real service would, and the vendor's own client works with it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test, mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import Replicate from 'replicate';
import sharp from 'sharp';
import { canary, mask, picture, size } from '../services/harness.ts';
import { largeRequest } from '../services/replicate-harness.ts';
import { loadSchemas } from './replicate-schema.ts';
import { start, type Emulator, type Mode, type Report } from './replicate.ts';

const model = 'black-forest-labs/flux-fill-pro';
const path = `/v1/models/${model}/predictions`;
const dataUri = (bytes: Buffer): string => `data:image/png;base64,${bytes.toString('base64')}`;

const inputOf = async () => ({
  image: dataUri(await picture(3)),
  mask: dataUri(await mask()),
  prompt: 'x',
  output_format: 'png',
});

const json = { authorization: 'Bearer test-key', 'content-type': 'application/json' };

const submit = (emulator: Pick<Emulator, 'url'>, input: object, init: RequestInit = {}): Promise<Response> =>
  fetch(emulator.url + path, { method: 'POST', headers: json, body: JSON.stringify({ input }), ...init });

test('the answers of Replicate have the shape of its document, and a result is there without a key', async () => {
  const emulator = await start();
  const { prediction } = loadSchemas();
  const valid = (told: unknown): void => assert.ok(prediction(told), JSON.stringify(prediction.errors));
  const answer = await submit(emulator, { ...(await inputOf()), seed: 4 });
  assert.equal(answer.status, 201);
  const created = (await answer.json()) as { status: string; urls: { get: string } };
  valid(created);
  assert.equal(created.status, 'starting');
  const poll = async () => {
    const told = (await (await fetch(created.urls.get, { headers: json })).json()) as {
      status: string;
      output: string;
    };
    valid(told);
    return told;
  };
  assert.equal((await poll()).status, 'processing');
  const { status, output } = await poll();
  assert.equal(status, 'succeeded');
  const { width, height, format } = await sharp(await (await fetch(output)).arrayBuffer()).metadata();
  assert.deepEqual([width, height, format], [size.width, size.height, 'png']);
  assert.equal((await fetch(output.replace(/.{32}\/out/, `${'x'.repeat(32)}/out`))).status, 404);
  await emulator.stop();
});

test('the compatible service answers as its document’s example does, and has no more than that', async () => {
  const emulator = await start({ mode: 'compatible' });
  const { sample } = loadSchemas();
  const answer = await submit(emulator, { ...(await inputOf()), ...{ outpaint: 'None', steps: 50, guidance: 60 } });
  assert.equal(answer.status, 200);
  const told = (await answer.json()) as { readonly id: string; readonly urls: Record<string, string> };
  assert.deepEqual(Object.keys(told).sort(), Object.keys(sample.answer).sort());
  const example = sample.answer.urls as Record<string, string>;
  for (const [name, url] of Object.entries(told.urls)) assert.equal(new URL(url).host, new URL(example[name]).host);
  for (const [method, other] of [
    ['GET', '/v1/predictions'],
    ['POST', '/v1/files'],
    ['GET', '/v1/account'],
    ['POST', `/v1/predictions/${told.id}/cancel`],
  ])
    assert.equal((await fetch(emulator.url + other, { method, headers: json })).status, 404, other);
  for (const headers of [{ 'cancel-after': '5m' }, { prefer: 'wait' }])
    assert.equal((await submit(emulator, await inputOf(), { headers: { ...json, ...headers } })).status, 400);
  await emulator.stop();
});

test('wrong keys, methods, types, headers, fields, values and pictures are errors, and make no task', async () => {
  for (const mode of ['replicate', 'compatible'] satisfies Mode[]) {
    const emulator = await start({ mode });
    const good = await inputOf();
    const small = await sharp(await mask())
      .resize(8, 8)
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const large = await largeRequest();
    const withHeaders = (more: Record<string, string>) => submit(emulator, good, { headers: { ...json, ...more } });
    const statuses: [number, Promise<Response>][] = [
      [401, withHeaders({ authorization: 'Token test-key' })],
      [401, withHeaders({ authorization: 'Bearer wrong' })],
      [405, submit(emulator, good, { method: 'PUT' })],
      [415, withHeaders({ 'content-type': 'text/plain' })],
      [400, withHeaders({ prefer: 'wait=61' })],
      [400, withHeaders({ 'cancel-after': 'soon' })],
      [400, submit(emulator, {}, { body: '{' })],
      [422, submit(emulator, good, { body: JSON.stringify({ input: good, version: 'x' }) })],
      [422, submit(emulator, { image: good.image, mask: good.mask })],
      [422, submit(emulator, { ...good, aspect_ratio: '1:1' })],
      [422, submit(emulator, { ...good, steps: 14 })],
      [422, submit(emulator, { ...good, steps: '20' })],
      [422, submit(emulator, { ...good, guidance: 1 })],
      [422, submit(emulator, { ...good, safety_tolerance: 0 })],
      [422, submit(emulator, { ...good, output_format: 'jpeg' })],
      [422, submit(emulator, { ...good, outpaint: 'left' })],
      [422, submit(emulator, { ...good, outpaint: 'Left outpaint' })],
      [422, submit(emulator, { ...good, image: good.image.slice('data:image/png;base64,'.length) })],
      [422, submit(emulator, { ...good, image: 'https://example.com/x.png' })],
      [422, submit(emulator, { ...good, image: dataUri(await picture(4)) })],
      [422, submit(emulator, { ...good, mask: dataUri(small) })],
      [404, fetch(`${emulator.url}/v1/other`, { headers: json })],
    ];
    if (mode === 'replicate')
      statuses.push([
        422,
        submit(emulator, {
          ...good,
          image: dataUri(Buffer.from(large.image)),
          mask: dataUri(Buffer.from(large.mask!)),
        }),
      ]);
    for (const [i, [status, answer]] of statuses.entries())
      assert.equal((await answer).status, status, `${mode}, case ${i}`);
    assert.equal(emulator.accepted(), 0);
    await emulator.stop();
  }
});

test('files are multipart with a name and JSON metadata, and end after an hour', async () => {
  const emulator = await start();
  const post = (body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(`${emulator.url}/v1/files`, {
      method: 'POST',
      body,
      headers: { authorization: json.authorization, ...headers },
    });
  const form = (entries: Record<string, Blob | string>, name?: string): FormData => {
    const data = new FormData();
    for (const [key, value] of Object.entries(entries))
      if (value instanceof Blob) data.append(key, value, name ?? 'image.png');
      else data.append(key, value);
    return data;
  };
  const content = new Blob([new Uint8Array(await picture(3))], { type: 'image/png' });
  for (const bad of [
    form({ metadata: '{}' }),
    form({ content: 'text without a name' }),
    form({ content, metadata: '{' }),
    form({ content, extra: 'x' }),
    form({ content }, 'x'.repeat(256)),
  ])
    assert.equal((await post(bad)).status, 422);
  assert.equal((await post('{}', { 'content-type': 'application/json' })).status, 422);
  const made = await post(form({ content, metadata: '{"a":1}' }));
  assert.equal(made.status, 201);
  const file = (await made.json()) as { urls: { get: string }; created_at: string; expires_at: string; size: number };
  assert.equal(Date.parse(file.expires_at) - Date.parse(file.created_at), 3_600_000);
  assert.equal(file.size, content.size);
  assert.equal((await submit(emulator, { ...(await inputOf()), image: file.urls.get })).status, 201);
  emulator.control({ ahead: 3_700_000 });
  assert.equal((await submit(emulator, { ...(await inputOf()), image: file.urls.get })).status, 422);
  await emulator.stop();
});

test('it runs as a program whose scenario is switched over HTTP', async () => {
  const program = fileURLToPath(new URL('replicate.ts', import.meta.url));
  const child = spawn(process.execPath, [program, '--port', '0', '--key', 'k', '--mode', 'compatible'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let url = '';
  for await (const line of createInterface(child.stdout)) {
    url = line;
    break;
  }
  assert.ok(url.endsWith('/replicate'));
  const control = new URL(url).origin;
  await fetch(`${control}/__control`, { method: 'POST', body: JSON.stringify({ scenario: '402' }) });
  const headers = { ...json, authorization: 'Bearer k' };
  assert.equal((await submit({ url }, await inputOf(), { headers })).status, 402);
  const report = (await (await fetch(`${control}/__log`)).json()) as Report;
  assert.deepEqual([report.accepted, report.log.length, report.log[0].status], [0, 1, 402]);
  child.kill();
  await ended;
});

/** The vendor's own client, npm `replicate`. */
const vendor = (emulator: Emulator, more: object = {}): Replicate =>
  new Replicate({ auth: canary, baseUrl: `${emulator.url}/v1`, ...more });

test('the vendor’s client makes the same fill: uploads, submit, polls, result', async () => {
  const emulator = await start({ key: canary, lenient: true });
  const input = {
    image: await picture(3),
    mask: await mask(),
    prompt: 'x',
    steps: 20,
    guidance: 30,
    seed: 7,
    outpaint: 'None',
    output_format: 'png',
  };
  const states: string[] = [];
  const output: unknown = await vendor(emulator).run(
    model,
    { input, wait: { mode: 'poll', interval: 5 } },
    ({ status }) => states.push(status),
  );
  assert.deepEqual(states, ['starting', 'processing', 'succeeded']);
  assert.ok(typeof output === 'string');
  const bytes = await (await fetch(output)).arrayBuffer();
  const { width, height } = await sharp(bytes).metadata();
  assert.deepEqual([width, height], [size.width, size.height]);
  assert.equal(emulator.files().length, 2);
  assert.deepEqual(emulator.unknown, []);
  const account = await vendor(emulator).accounts.current();
  assert.equal(account.username, 'acme');
  const { results } = await vendor(emulator).predictions.list();
  assert.deepEqual(
    results.map(({ id }) => id),
    emulator.tasks(),
  );
  await emulator.stop();
});

test('the vendor’s client cancels a task', async () => {
  const emulator = await start({ key: canary });
  const created = await vendor(emulator).predictions.create({ model, input: await inputOf() });
  await vendor(emulator).predictions.cancel(created.id);
  assert.equal((await vendor(emulator).predictions.get(created.id)).status, 'canceled');
  await emulator.stop();
});

test('the vendor’s client repeats a 429 six times without a pause, whatever it is told to wait', async () => {
  const emulator = await start({ key: canary, scenario: '429-text' });
  const input = await inputOf();
  // No timer of the client ever runs out: had it slept once, it would never end.
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await vendor(emulator).predictions.create({ model, input });
    emulator.control({ scenario: '429' });
    await assert.rejects(vendor(emulator).predictions.create({ model, input }), /429/);
  } finally {
    mock.timers.reset();
  }
  assert.equal(emulator.log.length, 3 + 6);
  await emulator.stop();
});

test('the vendor’s client, waiting as it does by default, takes a task that still runs for done', async () => {
  const emulator = await start({ key: canary });
  const output = await vendor(emulator).run(model, { input: await inputOf() });
  assert.equal(output, null);
  // Accepted, to be charged, and never asked for again.
  assert.equal(emulator.accepted(), 1);
  assert.equal(emulator.log.length, 1);
  assert.equal(emulator.log[0].headers.prefer, 'wait');
  await emulator.stop();
});

test('the vendor’s client asks for an aborted task for ever', async () => {
  const emulator = await start({ key: canary, scenario: 'aborted' });
  const created = await vendor(emulator).predictions.create({ model, input: await inputOf() });
  const states: string[] = [];
  await vendor(emulator).wait(created, { interval: 1 }, ({ status }) => {
    states.push(status);
    return Promise.resolve(states.length === 20);
  });
  assert.deepEqual(
    states,
    Array.from({ length: 20 }, () => 'aborted'),
  );
  await emulator.stop();
});

test('the vendor’s client with data URIs sends itself, its token included, instead of the input', async () => {
  const emulator = await start({ key: canary, lenient: true });
  const client = vendor(emulator, { fileEncodingStrategy: 'data-uri' });
  await assert.rejects(client.predictions.create({ model, input: { prompt: 'x', image: await picture(3) } }), /422/);
  const sent = JSON.stringify(emulator.log[0].body);
  assert.ok(sent.includes(canary), 'the token is in the body');
  assert.ok(!sent.includes('data:image/png'), 'the image is not');
  assert.equal(emulator.accepted(), 0);
  await emulator.stop();
});
