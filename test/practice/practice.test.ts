/** The practice service through the client of BFL: states, survival of a restart, and what it refuses. */
import assert from 'node:assert/strict';
import test from 'node:test';
import sharp from 'sharp';
import { ok } from '../../src/fill/faults.ts';
import { initialParameters } from '../../src/fill/parameters.ts';
import type { Service } from '../../src/fill/service.ts';
import {
  createPractice,
  practiceAbilities,
  practiceKey,
  practiceUrl,
  synthesiseInWorker,
  type PracticeStore,
  type Synthesise,
} from '../../src/practice/index.ts';
import { createBfl } from '../../src/services/bfl.ts';
import { loadSchemas } from '../servers/bfl-schema.ts';
import { fastClock, type TestClock } from '../servers/clock.ts';
import { mask, picture, requestOf, run, size } from '../services/harness.ts';

const { signal } = new AbortController();
const inWorker = synthesiseInWorker(new URL('../../src/practice/worker.ts', import.meta.url));

const memory = (files = new Map<string, Uint8Array>()) => ({
  files,
  get: (name: string) => Promise.resolve(files.get(name)),
  put: (name: string, bytes: Uint8Array) => Promise.resolve(void files.set(name, bytes)),
  delete: (name: string) => Promise.resolve(void files.delete(name)),
});

const open = (store: PracticeStore, clock: TestClock, synthesise: Synthesise = inWorker) => {
  const practice = createPractice({ synthesise, store, now: () => clock.now() });
  const service: Service = createBfl({
    abilities: practiceAbilities,
    baseUrl: practiceUrl,
    fetch: () => (url, init) => practice(new Request(url, init)),
    key: () => Promise.resolve(ok(practiceKey)),
    clock,
    log: () => undefined,
  });
  return { practice, service };
};

const post = (body: unknown, key = practiceKey): Request =>
  new Request(`${practiceUrl}/v1/flux-pro-1.0-fill`, {
    method: 'POST',
    headers: { 'x-key': key, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('a fill goes from Pending to an image, costs nothing and keeps what the mask keeps', async () => {
  const clock = fastClock(20);
  const { service } = open(memory(), clock);
  const request = await requestOf({ resultFormat: 'webp' });
  const ran = await run({ service, clock }, request);
  assert.ok(ran.fetched, ran.told);
  assert.equal(ran.fetched.type, 'image/png');
  assert.ok(ran.states.includes('Pending'));
  assert.match(ran.told, /"cost":0/);
  assert.match(ran.told, /"seed":7/);
  const before = await sharp(request.image).raw().toBuffer();
  const after = await sharp(ran.fetched.bytes).removeAlpha().raw().toBuffer();
  const hole = await sharp(await mask())
    .extractChannel(0)
    .raw()
    .toBuffer();
  for (let i = 0; i < size.width * size.height; i++)
    if (hole[i] === 0) assert.deepEqual(after.subarray(i * 3, i * 3 + 3), before.subarray(i * 3, i * 3 + 3));
});

test('alpha alone is a mask', async () => {
  const clock = fastClock(20);
  const { service } = open(memory(), clock);
  const request = { image: await picture(4), size, parameters: initialParameters };
  const ran = await run({ service, clock }, request);
  assert.ok(ran.fetched, ran.told);
  assert.equal((await sharp(ran.fetched.bytes).stats()).isOpaque, true);
});

test('a task survives the end of the process: another one makes the same fill', async () => {
  const clock = fastClock(20);
  const store = memory();
  const dying = open(store, clock, () => new Promise(() => undefined));
  const submitted = await dying.service.submit(await requestOf(), signal);
  assert.ok(submitted.kind === 'accepted');
  assert.equal((await dying.service.poll(submitted.handle, 100, signal)).kind, 'running');

  const results: Uint8Array[] = [];
  for (const files of [new Map(store.files), new Map(store.files)]) {
    const { service } = open(memory(files), clock);
    for (;;) {
      const polled = await service.poll(submitted.handle, 60_000, signal);
      if (polled.kind === 'ready') {
        const fetched = await service.fetch(polled.handle, signal);
        assert.ok(fetched.ok);
        results.push(fetched.value[0].bytes);
        break;
      }
      assert.equal(polled.kind, 'running', JSON.stringify(polled));
      await clock.sleep(500, signal);
    }
  }
  assert.deepEqual(results[0], results[1]);
});

test('a fill that cannot be made ends in Error with its reason', async () => {
  const clock = fastClock(20);
  const { service } = open(memory(), clock, () => Promise.reject(new Error('out of paint')));
  const ran = await run({ service, clock }, await requestOf());
  assert.equal(ran.fault?.code, 'service.failed');
  assert.equal(ran.fault.args.reason, 'out of paint');
});

test('a worker that cannot read the image says so', async () => {
  await assert.rejects(inWorker({ image: new Uint8Array(40), seed: 1 }), Error);
});

test('bad requests get 422 in the shape of the real service, with the field', async () => {
  const { practice } = open(memory(), fastClock(1));
  const schemas = loadSchemas();
  const image = (await picture(3)).toString('base64');
  const good = { image, mask: (await mask()).toString('base64') };
  const small = (
    await sharp(await mask())
      .resize(10, 10)
      .png()
      .toBuffer()
  ).toString('base64');
  const bad: [string, unknown][] = [
    ['', '{'],
    ['image', { mask: good.mask }],
    ['image', { ...good, image: 'AAAA' }],
    ['image', { ...good, image: 'not base64!' }],
    ['mask', { image }],
    ['mask', { ...good, mask: small }],
    ['mask', { ...good, mask: 7 }],
    ['steps', { ...good, steps: 14 }],
    ['steps', { ...good, steps: 20.5 }],
    ['guidance', { ...good, guidance: 101 }],
    ['seed', { ...good, seed: 'x' }],
    ['output_format', { ...good, output_format: 'gif' }],
    ['safety_tolerance', { ...good, safety_tolerance: 7 }],
    ['grow_mask', { ...good, grow_mask: 4 }],
  ];
  for (const [field, body] of bad) {
    const answer = await practice(post(body));
    const told = (await answer.json()) as { detail: [{ loc: string[] }] };
    assert.equal(answer.status, 422, field);
    assert.ok(schemas.refused(told), JSON.stringify(told));
    assert.equal(told.detail[0].loc[1] ?? '', field);
  }
  const fine = await practice(post({ ...good, mask: good.mask, prompt: null, seed: null }));
  assert.equal(fine.status, 200);
  assert.ok(schemas.submitted(await fine.json()));
});

test('without the key nothing is told; unknown tasks and addresses are not found', async () => {
  const { practice } = open(memory(), fastClock(1));
  assert.equal((await practice(post({}, 'other'))).status, 403);
  const get = async (path: string, key = practiceKey): Promise<number> =>
    (await practice(new Request(practiceUrl + path, { headers: { 'x-key': key } }))).status;
  assert.equal(await get('/v1/get_result?id=x', 'other'), 403);
  assert.equal(await get('/v1/get_result?id=../index'), 404);
  assert.equal(await get(`/v1/get_result?id=${crypto.randomUUID()}`), 404);
  assert.equal(await get(`/results/${crypto.randomUUID()}.png`), 404);
  assert.equal(await get('/v1/other'), 404);
  assert.equal(await get('/v1/credits'), 200);
});

test('tasks older than a day are thrown away at the next submit', async () => {
  let now = 0;
  const store = memory();
  const practice = createPractice({
    synthesise: ({ image }) => Promise.resolve(image),
    store,
    now: () => now,
  });
  const body = { image: (await picture(4)).toString('base64') };
  const first = (await (await practice(post(body))).json()) as { id: string };
  const mine = (): string[] => [...store.files.keys()].filter((name) => name.startsWith(first.id));
  while (!mine().includes(`${first.id}.result`)) await new Promise((resolve) => setImmediate(resolve));
  now = 25 * 3_600_000;
  await practice(post(body));
  assert.deepEqual(mine(), []);
});
