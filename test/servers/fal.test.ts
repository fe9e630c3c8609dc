/** The emulator of fal itself: it refuses what fal or our design would, and fal's own client completes its jobs there. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import { ApiError, createFalClient, ValidationError } from '@fal-ai/client';
import sharp from 'sharp';
import { mask, picture, size } from '../services/harness.ts';
import { start, type Emulator, type Report } from './fal.ts';
import { loadSchemas } from './fal-schema.ts';

const key = 'test-key';
const endpoint = 'fal-ai/flux-pro/v1/fill';
const uri = (png: Buffer): string => `data:image/png;base64,${png.toString('base64')}`;
const bodyOf = async () => ({ prompt: 'x', image_url: uri(await picture(3)), mask_url: uri(await mask()) });
const json = { authorization: `Key ${key}`, 'content-type': 'application/json' };

const submit = (emulator: Pick<Emulator, 'url'>, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(`${emulator.url}/${endpoint}`, { method: 'POST', headers: json, body: JSON.stringify(body), ...init });

const told = async (answer: Response): Promise<Record<string, unknown>> =>
  (await answer.json()) as Record<string, unknown>;

test('the schema is that of the document', () => {
  const { input } = loadSchemas();
  assert.deepEqual(
    input.map(({ name, required, initial }) => [name, required, initial]),
    [
      ['prompt', true, undefined],
      ['seed', false, undefined],
      ['sync_mode', false, false],
      ['num_images', false, 1],
      ['output_format', false, 'jpeg'],
      ['safety_tolerance', false, '2'],
      ['enhance_prompt', false, false],
      ['image_url', true, undefined],
      ['mask_url', true, undefined],
    ],
  );
});

test('a task goes through the queue, its result has the shape of the document, and its links need no key', async () => {
  await using emulator = await start();
  const task = await told(await submit(emulator, { ...(await bodyOf()), seed: 4, num_images: 2 }));
  const ask = async (url: unknown) => fetch(String(url), { headers: json });
  assert.equal(String(task.status_url), `${emulator.url}/fal-ai/flux-pro/requests/${String(task.request_id)}/status`);
  const states = [];
  for (let i = 0; i < 3; i++) states.push(await told(await ask(`${String(task.status_url)}?logs=1`)));
  assert.deepEqual(
    states.map(({ status, queue_position: queue, logs }) => [status, queue, Array.isArray(logs)]),
    [
      ['IN_QUEUE', 0, false],
      ['IN_PROGRESS', undefined, true],
      ['COMPLETED', undefined, true],
    ],
  );
  const result = await told(await ask(task.response_url));
  const { result: check } = loadSchemas();
  assert.ok(check(result), JSON.stringify(check.errors));
  const [first, second] = await Promise.all(
    (result.images as { url: string }[]).map(async ({ url }) => Buffer.from(await (await fetch(url)).arrayBuffer())),
  );
  const { width, height, format } = await sharp(first).metadata();
  assert.deepEqual([width, height, format], [size.width, size.height, 'jpeg']);
  assert.ok(!first.equals(second));
});

test('wrong keys, methods, paths, types, fields and values are errors, and make no task', async () => {
  await using emulator = await start();
  const good = await bodyOf();
  const statuses: [number, Promise<Response>][] = [
    [401, submit(emulator, good, { headers: { 'content-type': 'application/json' } })],
    [401, submit(emulator, good, { headers: { ...json, authorization: `Bearer ${key}` } })],
    [405, submit(emulator, undefined, { method: 'PUT' })],
    [422, submit(emulator, good, { headers: { ...json, 'content-type': 'text/plain' } })],
    [422, submit(emulator, 'x', { body: '{' })],
    [422, submit(emulator, { ...good, prompt: undefined })],
    [422, submit(emulator, { ...good, mask_url: undefined })],
    [422, submit(emulator, { ...good, steps: 20 })],
    [422, submit(emulator, { ...good, safety_tolerance: 2 })],
    [422, submit(emulator, { ...good, safety_tolerance: '0' })],
    [422, submit(emulator, { ...good, output_format: 'webp' })],
    [422, submit(emulator, { ...good, num_images: 5 })],
    [422, submit(emulator, { ...good, num_images: 0 })],
    [422, submit(emulator, { ...good, seed: 1.5 })],
    [422, submit(emulator, { ...good, sync_mode: 'true' })],
    [404, fetch(`${emulator.url}/fal-ai/flux-pro/v1/fill/requests/x/status`, { headers: json })],
    [404, fetch(`${emulator.url}/fal-ai/flux-pro/requests/x/status`, { headers: json })],
    [404, fetch(`${emulator.url}/fal-ai/flux-pro/requests/x/cancel`, { headers: json, method: 'PUT' })],
    [405, fetch(`${emulator.url}/fal-ai/flux-pro/requests/x/cancel`, { headers: json, method: 'POST', body: '' })],
    [422, fetch(`${emulator.url}/storage/upload/initiate`, { headers: json, method: 'POST', body: '{}' })],
  ];
  for (const [i, [status, answer]] of statuses.entries()) assert.equal((await answer).status, status, `case ${i}`);
  assert.equal(emulator.accepted(), 0);
});

test('pictures that do not fit make a task that fails in its result', async () => {
  await using emulator = await start();
  const good = await bodyOf();
  const small = await sharp(await mask())
    .resize(8, 8)
    .toColourspace('b-w')
    .png()
    .toBuffer();
  for (const change of [
    { mask_url: uri(small) },
    { image_url: uri(await picture(4)) },
    { mask_url: uri(await picture(3)) },
    { image_url: 'https://images.example/knight.jpeg' },
    { image_url: 'data:image/png;base64,AAAA' },
  ]) {
    const task = await told(await submit(emulator, { ...good, ...change }));
    for (let i = 0; i < 3; i++) await fetch(String(task.status_url), { headers: json });
    const answer = await fetch(String(task.response_url), { headers: json });
    assert.equal(answer.status, 422);
    assert.match(JSON.stringify(await answer.json()), new RegExp(`"loc":\\["body","${Object.keys(change)[0]}"\\]`));
  }
});

test('an upload takes the announced type without a key, and only then the file is there', async () => {
  await using emulator = await start();
  const initiate = async () =>
    told(
      await fetch(`${emulator.url}/storage/upload/initiate?storage_type=fal-cdn-v3`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ content_type: 'image/png', file_name: 'a.png' }),
      }),
    );
  const put = async (headers: Record<string, string>) => {
    const place = await initiate();
    return (await fetch(String(place.upload_url), { method: 'PUT', headers, body: 'x' })).status;
  };
  assert.equal(await put({ 'content-type': 'image/png' }), 200);
  assert.equal(await put({ 'content-type': 'image/jpeg' }), 403);
  assert.equal(await put({ 'content-type': 'image/png', authorization: `Key ${key}` }), 400);
});

test('it runs as a program whose scenario is switched over HTTP', async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('fal.ts', import.meta.url)), '--port', '0', '--key', key],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let url = '';
  for await (const line of createInterface(child.stdout)) {
    url = line;
    break;
  }
  await fetch(`${url}/__control`, { method: 'POST', body: JSON.stringify({ scenario: '403-balance' }) });
  assert.equal((await submit({ url }, await bodyOf())).status, 403);
  const report = (await (await fetch(`${url}/__log`)).json()) as Report;
  assert.deepEqual([report.accepted, report.log.length, report.log[0].status], [0, 1, 403]);
  child.kill();
  await ended;
});

/** fal's own client, whose addresses are fixed: its requests to fal go to the emulator instead. */
const clientOf = (emulator: Emulator, onFailure: () => void = () => undefined) => {
  const toEmulator: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    try {
      return await fetch(url.replace(/^https:\/\/(?:queue\.fal\.run|rest\.fal\.ai)/, emulator.url), init);
    } catch (error) {
      onFailure();
      throw error;
    }
  };
  return createFalClient({ credentials: key, fetch: toEmulator });
};

test("fal's client: a fill with uploaded files, which reach the CDN without the key", async () => {
  await using emulator = await start({ lenient: true });
  const statuses: string[] = [];
  const { data, requestId } = await clientOf(emulator).subscribe(endpoint, {
    input: {
      prompt: 'a knight',
      image_url: new Blob([new Uint8Array(await picture(3))], { type: 'image/png' }),
      mask_url: new Blob([new Uint8Array(await mask())], { type: 'image/png' }),
      num_images: 2,
      output_format: 'png',
      safety_tolerance: '5',
      seed: 11,
    },
    pollInterval: 10,
    logs: true,
    onQueueUpdate: ({ status }) => statuses.push(status),
  });
  assert.deepEqual(statuses, ['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED']);
  assert.match(requestId, /^[0-9a-f-]{36}$/);
  assert.equal(data.seed, 11);
  assert.equal(data.images.length, 2);
  for (const { url } of data.images) {
    const { width, height, format } = await sharp(await (await fetch(url)).arrayBuffer()).metadata();
    assert.deepEqual([width, height, format], [size.width, size.height, 'png']);
  }
  assert.deepEqual(emulator.unknownFields, []);
  const atCdn = emulator.log.filter(({ server }) => server === 'delivery');
  assert.deepEqual(
    atCdn.map(({ method, status }) => `${method} ${status}`),
    ['PUT 200', 'PUT 200', 'GET 200', 'GET 200'],
  );
  assert.ok(atCdn.every(({ headers }) => headers.authorization === undefined));
});

test("fal's client: data URIs in and out, and fields that the document does not know", async () => {
  await using emulator = await start({ lenient: true });
  const input = { ...(await bodyOf()), sync_mode: true, guidance_scale: 3.5 };
  const { data } = await clientOf(emulator).subscribe(endpoint, { input, pollInterval: 10 });
  assert.match(data.images[0].url, /^data:image\/jpeg;base64,/);
  assert.deepEqual(emulator.unknownFields, ['guidance_scale']);
});

test("fal's client: a cancel takes a task out of the queue", async () => {
  await using emulator = await start({ lenient: true, scenario: 'slow-queue' });
  const client = clientOf(emulator);
  const { request_id: requestId } = await client.queue.submit(endpoint, { input: await bodyOf() });
  await client.queue.cancel(endpoint, { requestId });
  assert.equal(emulator.cancelled(), 1);
  await assert.rejects(client.queue.result(endpoint, { requestId }), (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 499);
    return true;
  });
});

test("fal's client, where it is wrong: the reason of a failure is not in its message", async () => {
  await using emulator = await start({ lenient: true, scenario: 'moderated-prompt' });
  await assert.rejects(
    clientOf(emulator).subscribe(endpoint, { input: await bodyOf(), pollInterval: 10 }),
    (error: unknown) => {
      assert.ok(error instanceof ValidationError);
      assert.equal(error.message, 'Unprocessable Entity');
      assert.equal(error.fieldErrors[0].type, 'content_policy_violation');
      return true;
    },
  );
});

test("fal's client, where it is wrong: a submit whose answer is lost is sent again, and paid twice", async () => {
  await using emulator = await start({ lenient: true, scenario: 'accepted-but-answer-lost' });
  const client = clientOf(emulator, () => emulator.control({ scenario: 'normal' }));
  await client.queue.submit(endpoint, { input: await bodyOf() });
  assert.equal(emulator.accepted(), 2);
});
