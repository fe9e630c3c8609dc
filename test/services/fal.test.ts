/** The client of fal against the schema of its document and the emulator: every field, uploads, inline results, cancel. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { failed, ok } from '../../src/fill/faults.ts';
import { initialParameters, resultFormats } from '../../src/fill/parameters.ts';
import { priceOf } from '../../src/fill/price.ts';
import { createFal, falAbilities, falOrigin, type FalDeps } from '../../src/services/fal.ts';
import { inlineLimit } from '../../src/services/fal-upload.ts';
import type { Fetch } from '../../src/services/http.ts';
import { loadSchemas } from '../servers/fal-schema.ts';
import { patientClock } from '../servers/clock.ts';
import { falBench, type FalBench } from './fal-harness.ts';
import { canary, mask, picture, requestOf, run, size, strays } from './harness.ts';

const { signal } = new AbortController();

/** A client whose calls are answered by a function, and no network. */
const answered = (fetch: Fetch, deps: Partial<FalDeps> = {}) =>
  createFal({
    baseUrl: falOrigin,
    fetch: () => fetch,
    key: () => Promise.resolve(ok(canary)),
    clock: patientClock(),
    log: () => undefined,
    ...deps,
  });

const submitted = (here: FalBench) => here.emulator.log.find(({ path }) => path.endsWith('/v1/fill'))?.body;

test('fal: every request that can be made is valid by the schema, and every field arrives', async () => {
  const schemas = loadSchemas();
  const bodies: unknown[] = [];
  const service = answered((url, init) => {
    assert.equal(url, 'https://queue.fal.run/fal-ai/flux-pro/v1/fill');
    assert.equal(init?.redirect, 'manual');
    assert.equal(new Headers(init.headers).get('authorization'), `Key ${canary}`);
    bodies.push(JSON.parse(init.body as string));
    return Promise.resolve(Response.json({ request_id: 'a1' }));
  });
  const [image, grey] = [await picture(3), await mask()];
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        prompt: fc.string({ unit: 'grapheme' }),
        steps: fc.integer({ min: 15, max: 50 }),
        guidance: fc.double({ min: 1.5, max: 100, noNaN: true }),
        seed: fc.option(fc.integer({ min: 0, max: 4_294_967_295 })),
        promptUpsampling: fc.boolean(),
        safetyTolerance: fc.integer({ min: 0, max: 6 }),
        resultFormat: fc.constantFrom(...resultFormats),
      }),
      fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      async (parameters, images) => {
        const request = { image, mask: grey, size, parameters, ...(images === undefined ? {} : { images }) };
        assert.equal((await service.submit(request, signal)).kind, 'accepted');
        const body = bodies.at(-1);
        assert.ok(schemas.submit(body), JSON.stringify(schemas.submit.errors));
        assert.deepEqual(body, {
          prompt: parameters.prompt,
          ...(parameters.seed === null ? {} : { seed: parameters.seed }),
          sync_mode: false,
          num_images: images ?? 1,
          output_format: parameters.resultFormat === 'jpeg' ? 'jpeg' : 'png',
          safety_tolerance: String(Math.max(1, parameters.safetyTolerance)),
          enhance_prompt: parameters.promptUpsampling,
          image_url: `data:image/png;base64,${image.toString('base64')}`,
          mask_url: `data:image/png;base64,${grey.toString('base64')}`,
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('fal: the price is that of started megapixels', () => {
  const cents = (width: number, height: number) => Math.round(100 * priceOf(falAbilities.price, { width, height }));
  assert.deepEqual([cents(992, 1008), cents(1024, 1024), cents(1440, 1440)], [5, 10, 15]);
});

test('fal: a fill with its seed, from a handle in JSON, under a base URL with a prefix, keeps the key at the API', async () => {
  await using here = await falBench({ prefix: '/m/x' });
  const accepted = await here.service.submit({ ...(await requestOf()), images: 2 }, signal);
  assert.ok(accepted.kind === 'accepted');
  assert.equal(accepted.cost, undefined);
  const handle: unknown = JSON.parse(JSON.stringify(accepted.handle));
  assert.deepEqual(await here.service.poll(handle, 0, signal), { kind: 'running', status: 'IN_QUEUE', queue: 0 });
  assert.deepEqual(await here.service.poll(handle, 500, signal), { kind: 'running', status: 'IN_PROGRESS' });
  const polled = await here.service.poll(handle, 1000, signal);
  assert.ok(polled.kind === 'ready');
  assert.equal(polled.seed, 7);
  const fetched = await here.service.fetch(JSON.parse(JSON.stringify(polled.handle)), signal);
  assert.ok(fetched.ok);
  assert.equal(fetched.value.length, 2);
  assert.equal((await sharp(fetched.value[1].bytes).metadata()).format, 'png');
  assert.deepEqual(strays(here.emulator.log), []);
  assert.ok(here.emulator.log.filter((e) => e.server === 'api').every((e) => e.path.startsWith('/m/x/fal-ai/')));
});

test('fal: another process goes on with a task and logs nothing of what it was asked', async () => {
  await using here = await falBench();
  const accepted = await here.service.submit(await requestOf(), signal);
  assert.ok(accepted.kind === 'accepted');
  const lines: string[] = [];
  const other = answered(globalThis.fetch, {
    baseUrl: here.emulator.url,
    memories: new Map(),
    log: (_, text) => lines.push(text),
  });
  for (let i = 0; i < 2; i++) await other.poll(accepted.handle, 0, signal);
  const polled = await other.poll(accepted.handle, 0, signal);
  assert.ok(polled.kind === 'ready' && (await other.fetch(polled.handle, signal)).ok);
  assert.ok(lines.some((line) => line.includes('logged')));
  assert.doesNotMatch(lines.join('\n'), /canary|base64|\/files\//);
});

test('fal: services made anew for each call, as jobs make them, log a line once and give up on a result that never comes', async () => {
  await using here = await falBench({ scenario: '500-result' });
  const lines: string[] = [];
  const anew = () => answered(globalThis.fetch, { baseUrl: here.emulator.url, log: (_, text) => lines.push(text) });
  const accepted = await anew().submit(await requestOf(), signal);
  assert.ok(accepted.kind === 'accepted');
  const kinds: string[] = [];
  while (kinds.at(-1) !== 'over') kinds.push((await anew().poll(accepted.handle, 0, signal)).kind);
  assert.deepEqual(kinds, ['running', 'running', ...Array.from({ length: 5 }, () => 'unanswered'), 'over']);
  assert.equal(lines.filter((line) => line.includes('INFO: step')).length, 4);
});

test('fal: the synchronous address of the document is used through its queue', async () => {
  const urls: string[] = [];
  const service = answered(
    (url) => {
      urls.push(url);
      return Promise.resolve(Response.json({ request_id: 'a1' }));
    },
    { baseUrl: 'https://fal.run' },
  );
  await service.submit(await requestOf(), signal);
  assert.deepEqual(urls, ['https://queue.fal.run/fal-ai/flux-pro/v1/fill']);
});

test('fal: a request without a mask of its own is refused before anything is sent', async () => {
  await using here = await falBench();
  const outcome = await here.service.submit({ image: await picture(4), size, parameters: initialParameters }, signal);
  assert.equal(outcome.kind, 'refused');
  assert.equal(here.emulator.log.length, 0);
});

test('fal: uploads go to the storage with the key and to the CDN without it, and expire', async () => {
  await using here = await falBench({ prefix: '/m/x' }, { upload: 'always' });
  const ran = await run(here, await requestOf());
  assert.ok(ran.fetched, ran.told);
  const { log } = here.emulator;
  const initiates = log.filter(({ path }) => path.startsWith('/m/x/storage/upload/initiate?storage_type=fal-cdn-v3'));
  assert.equal(initiates.length, 2);
  for (const { headers } of initiates)
    assert.deepEqual(JSON.parse(String(headers['x-fal-object-lifecycle'])), { expiration_duration_seconds: 86_400 });
  const puts = log.filter(({ method, server }) => method === 'PUT' && server === 'delivery');
  assert.deepEqual(
    puts.map(({ bytes }) => bytes),
    [(await picture(3)).length, (await mask()).length],
  );
  assert.deepEqual(strays(log), []);
  assert.match(String(submitted(here)?.image_url), /^http:\/\/127\.0\.0\.1:\d+\/uploads\//);
});

test('fal: by itself it uploads what is too large to be sent inside the request, and by rule never or always', async () => {
  const uploads = async (bytes: number, upload?: FalDeps['upload']): Promise<number> => {
    let count = 0;
    const service = answered(
      (url) => {
        if (new URL(url).pathname === '/storage/upload/initiate') count++;
        return Promise.resolve(
          Response.json({
            request_id: 'a1',
            upload_url: 'https://v3b.fal.media/put/a?s=1',
            file_url: 'https://v3b.fal.media/files/a.png',
          }),
        );
      },
      upload === undefined ? {} : { upload },
    );
    const request = { image: new Uint8Array(bytes), mask: new Uint8Array(300), size, parameters: initialParameters };
    assert.equal((await service.submit(request, signal)).kind, 'accepted');
    return count;
  };
  const most = (inlineLimit / 4) * 3;
  assert.deepEqual(
    [await uploads(most - 1000), await uploads(most), await uploads(most, 'never'), await uploads(9, 'always')],
    [0, 2, 0, 2],
  );
});

test('fal: in sync mode the results come inside the answer, several of them, once', async () => {
  await using here = await falBench({}, { syncMode: true });
  const ran = await run(here, { ...(await requestOf()), images: 2 });
  assert.equal(ran.all?.length, 2, ran.told);
  assert.equal((await sharp(ran.all[1].bytes).metadata()).width, size.width);
  assert.equal(submitted(here)?.sync_mode, true);
  assert.ok(here.emulator.log.every(({ server }) => server === 'api'));
  assert.equal(here.emulator.log.filter(({ path }) => /\/requests\/[^/]+$/.test(path)).length, 1);
  assert.doesNotMatch(ran.told, /iVBORw0KGgo/);
});

test('fal: in sync mode another process asks for the result anew', async () => {
  await using here = await falBench({}, { syncMode: true });
  const accepted = await here.service.submit(await requestOf(), signal);
  assert.ok(accepted.kind === 'accepted');
  let polled = await here.service.poll(accepted.handle, 0, signal);
  while (polled.kind === 'running') polled = await here.service.poll(accepted.handle, 0, signal);
  assert.ok(polled.kind === 'ready');
  const other = answered(globalThis.fetch, { baseUrl: here.emulator.url, memories: new Map() });
  const fetched = await other.fetch(JSON.parse(JSON.stringify(polled.handle)), signal);
  assert.ok(fetched.ok && fetched.value[0].type === 'image/png');
});

test('fal: what is no image in a data URI ends as a fault', async () => {
  for (const [url, code] of [
    ['data:image/png;base64,PGh0bWw+', 'service.resultType'],
    ['data:image/png;base64,iVBORw0KGgo=!', 'service.resultType'],
    ['data:image/png,raw', 'service.resultType'],
    ['data:text/html;base64,PGh0bWw+', 'service.resultType'],
    [`data:image/png;base64,${'A'.repeat(90_000_000)}`, 'service.resultSize'],
  ]) {
    const service = answered((asked) =>
      Promise.resolve(
        asked.includes('/status')
          ? Response.json({ status: 'COMPLETED' })
          : Response.json({ images: [{ url }], seed: 3 }),
      ),
    );
    const polled = await service.poll({ id: 'a1', images: 1, inline: true }, 0, signal);
    assert.ok(polled.kind === 'ready');
    const fetched = await service.fetch(polled.handle, signal);
    assert.ok(!fetched.ok);
    assert.equal(fetched.fault.code, code);
  }
});

const cancelled = async (scenario: 'slow-queue' | 'cancel-removes' | 'cancel-ignored' | 'cancel-too-late') => {
  await using here = await falBench({ scenario });
  const accepted = await here.service.submit(await requestOf(), signal);
  assert.ok(accepted.kind === 'accepted');
  const outcome = await here.service.cancel?.(JSON.parse(JSON.stringify(accepted.handle)), signal);
  assert.deepEqual(strays(here.emulator.log), []);
  const polled = await here.service.poll(accepted.handle, 20_000, signal);
  return [outcome?.ok === true && outcome.value, here.emulator.cancelled(), polled.kind];
};

test('fal: a cancel is one where the task has left the queue, and late where it runs on or is over', async () => {
  assert.deepEqual(await cancelled('slow-queue'), ['cancelled', 1, 'over']);
  assert.deepEqual(await cancelled('cancel-removes'), ['cancelled', 1, 'over']);
  assert.deepEqual(await cancelled('cancel-ignored'), ['late', 0, 'ready']);
  assert.deepEqual(await cancelled('cancel-too-late'), ['late', 0, 'running']);
});

test('fal: a cancel that cannot be asked is a fault, and one of an unknown task is late', async () => {
  const of = async (fetch: Fetch) => answered(fetch).cancel?.({ id: 'a1', images: 1 }, signal);
  const gone = await of(() => Promise.resolve(Response.json({ status: 'NOT_FOUND' }, { status: 404 })));
  assert.deepEqual(gone, ok('late'));
  const refused = await of(() => Promise.resolve(Response.json({ detail: 'x' }, { status: 401 })));
  assert.ok(refused !== undefined && !refused.ok && refused.fault.code === 'key.refused');
  const broken = await of(() => Promise.reject(new TypeError('fetch failed')));
  assert.ok(broken !== undefined && !broken.ok && broken.fault.code === 'network.broken');
});

test('fal: the account check asks for a place in the storage, puts nothing there and makes no task', async () => {
  for (const [scenario, code] of [
    ['normal', undefined],
    ['401', 'key.refused'],
    ['403-balance', 'service.credits'],
    ['upload-500', 'service.unavailable'],
  ] as const) {
    await using here = await falBench({ scenario });
    const account = await here.service.account?.(signal);
    assert.equal(account?.ok === false ? account.fault.code : undefined, code);
    assert.deepEqual(
      here.emulator.log.map(({ path }) => path),
      ['/storage/upload/initiate?storage_type=fal-cdn-v3'],
    );
    assert.equal(here.emulator.accepted(), 0);
  }
});

test('fal: without a key, or with one that no header can carry, nothing is sent', async () => {
  for (const upload of ['never', 'always'] as const)
    for (const [key, code] of [
      [failed('key.missing', { origin: 'x' }), 'key.missing'],
      [ok('canary-ключ\n'), 'key.characters'],
    ] as const) {
      const lines: string[] = [];
      const service = answered(() => assert.fail('something is sent'), {
        upload,
        key: () => Promise.resolve(key),
        log: (_, text) => lines.push(text),
      });
      const outcome = await service.submit(await requestOf(), signal);
      assert.ok(outcome.kind === 'refused');
      assert.equal(outcome.fault.code, code);
      assert.ok(!(JSON.stringify(outcome) + lines.join()).includes('ключ'));
    }
});

test('fal: a submit that is stopped while it is under way ends as unknown, one that never began as refused', async () => {
  await using here = await falBench({ scenario: 'slow-loris-submit' }, {}, 1);
  assert.equal((await here.service.submit(await requestOf(), AbortSignal.abort())).kind, 'refused');
  assert.equal(here.emulator.log.length, 0);
  const controller = new AbortController();
  const submitting = here.service.submit(await requestOf(), controller.signal);
  while (here.emulator.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  const outcome = await submitting;
  assert.ok(outcome.kind === 'unknown');
  assert.equal(outcome.fault.code, 'service.unknownOutcome');
});

test('fal: a handle of another service is refused without a request', async () => {
  await using here = await falBench();
  assert.equal((await here.service.poll({ prediction: 1 }, 0, signal)).kind, 'over');
  assert.equal((await here.service.fetch('x', signal)).ok, false);
  assert.equal((await here.service.cancel?.(undefined, signal))?.ok, false);
  assert.equal(here.emulator.log.length, 0);
});
