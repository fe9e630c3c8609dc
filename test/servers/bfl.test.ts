/** The emulator itself: it refuses what the real service would, and what our design promises never to send. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import sharp from 'sharp';
import { mask, picture, size } from '../services/harness.ts';
import { start, type Emulator, type Report } from './bfl.ts';
import { loadSchemas } from './bfl-schema.ts';

const bodyOf = async () => ({
  image: (await picture(3)).toString('base64'),
  mask: (await mask()).toString('base64'),
  prompt: 'x',
});

const submit = (emulator: Pick<Emulator, 'url'>, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(`${emulator.url}/v1/flux-pro-1.0-fill`, {
    method: 'POST',
    headers: { 'x-key': 'test-key', 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });

test('the answers have the shapes of the schema, and a link works without a key until it ends', async () => {
  const emulator = await start();
  const schemas = loadSchemas();
  const answer = await submit(emulator, { ...(await bodyOf()), seed: 4, output_format: 'png' });
  assert.equal(answer.status, 200);
  const told = (await answer.json()) as { id: string; polling_url: string };
  assert.ok(schemas.submitted(told), JSON.stringify(schemas.submitted.errors));
  const poll = async () =>
    (await (await fetch(told.polling_url, { headers: { 'x-key': 'test-key' } })).json()) as {
      status: string;
      result?: { sample: string };
    };
  assert.equal((await poll()).status, 'Pending');
  const sample = (await poll()).result?.sample ?? '';
  const { width, height, format } = await sharp(await (await fetch(sample)).arrayBuffer()).metadata();
  assert.deepEqual([width, height, format], [size.width, size.height, 'png']);
  const past = new URL(sample);
  past.searchParams.set('se', '2020-01-01T00:00:00Z');
  assert.equal((await fetch(past)).status, 403);
  past.searchParams.set('sig', 'forged');
  assert.equal((await fetch(past)).status, 403);
  const hook = await submit(emulator, { ...(await bodyOf()), webhook_url: 'https://h.example/' });
  const hooked: unknown = await hook.json();
  assert.ok(schemas.submitted(hooked) && !('polling_url' in (hooked as object)));
  await emulator.stop();
});

test('wrong keys, methods, types, fields, values and pictures are errors, and make no task', async () => {
  const emulator = await start();
  const good = await bodyOf();
  const raw = { ...size, channels: 3 as const };
  const colour = await sharp(Buffer.alloc(size.width * size.height * 3, 255), { raw })
    .png()
    .toBuffer();
  const grey = await sharp(Buffer.alloc(size.width * size.height, 128), { raw: { ...size, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  const small = await sharp(await mask())
    .resize(8, 8)
    .toColourspace('b-w')
    .png()
    .toBuffer();
  const statuses: [number, Promise<Response>][] = [
    [403, submit(emulator, good, { headers: { 'content-type': 'application/json' } })],
    [405, submit(emulator, undefined, { method: 'PUT' })],
    [422, submit(emulator, good, { headers: { 'x-key': 'test-key', 'content-type': 'text/plain' } })],
    [422, submit(emulator, 'x', { body: '{' })],
    [422, submit(emulator, { mask: good.mask })],
    [422, submit(emulator, { ...good, grow_mask: 4 })],
    [422, submit(emulator, { ...good, steps: 14 })],
    [422, submit(emulator, { ...good, steps: '20' })],
    [422, submit(emulator, { ...good, output_format: 'gif' })],
    [422, submit(emulator, { ...good, webhook_url: 'not a url' })],
    [422, submit(emulator, { ...good, image: `data:image/png;base64,${good.image}` })],
    [422, submit(emulator, { ...good, image: (await picture(4)).toString('base64') })],
    [422, submit(emulator, { image: good.image })],
    [422, submit(emulator, { ...good, mask: small.toString('base64') })],
    [422, submit(emulator, { ...good, mask: colour.toString('base64') })],
    [422, submit(emulator, { ...good, mask: grey.toString('base64') })],
    [404, fetch(`${emulator.url}/v1/other`, { headers: { 'x-key': 'test-key' } })],
  ];
  for (const [i, [status, answer]] of statuses.entries()) assert.equal((await answer).status, status, `case ${i}`);
  assert.equal(emulator.accepted(), 0);
  await emulator.stop();
});

test('a 422 echoes the request as the real service does, in the shape of the schema', async () => {
  const emulator = await start();
  const answer = await submit(emulator, { prompt: 'echo me' });
  const told: unknown = await answer.json();
  const { refused } = loadSchemas();
  assert.ok(refused(told), JSON.stringify(refused.errors));
  assert.match(JSON.stringify(told), /"loc":\["body","image"\].*echo me/);
  await emulator.stop();
});

test('it runs as a program whose scenario is switched over HTTP', async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('bfl.ts', import.meta.url)), '--port', '0', '--key', 'k'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let url = '';
  for await (const line of createInterface(child.stdout)) {
    url = line;
    break;
  }
  await fetch(`${url}/__control`, { method: 'POST', body: JSON.stringify({ scenario: '402' }) });
  const headers = { 'x-key': 'k', 'content-type': 'application/json' };
  assert.equal((await submit({ url }, await bodyOf(), { headers })).status, 402);
  const report = (await (await fetch(`${url}/__log`)).json()) as Report;
  assert.deepEqual([report.accepted, report.log.length, report.log[0].status], [0, 1, 402]);
  child.kill();
  await ended;
});
