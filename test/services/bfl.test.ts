/** The client of BFL against its schema and the emulator: every field, both shapes of the answer, and the account. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { failed, ok } from '../../src/fill/faults.ts';
import { initialParameters, resultFormats } from '../../src/fill/parameters.ts';
import { bflAbilities, createBfl } from '../../src/services/bfl.ts';
import { loadSchemas } from '../servers/bfl-schema.ts';
import { fastClock } from '../servers/clock.ts';
import { bench, canary, mask, picture, requestOf, run, size, strays } from './harness.ts';

const { signal } = new AbortController();

test('every request that can be made is valid by the schema, and every field arrives', async () => {
  const schemas = loadSchemas();
  const bodies: unknown[] = [];
  const service = createBfl({
    abilities: bflAbilities,
    baseUrl: 'http://127.0.0.1:9/m/x',
    fetch: () => (url, init) => {
      assert.equal(url, 'http://127.0.0.1:9/m/x/v1/flux-pro-1.0-fill');
      assert.equal(init?.redirect, 'manual');
      bodies.push(JSON.parse(init.body as string));
      return Promise.resolve(Response.json({ id: 'a', polling_url: 'http://127.0.0.1:9/poll' }));
    },
    key: () => Promise.resolve(ok(canary)),
    clock: fastClock(1),
    log: () => undefined,
  });
  const image = await picture(3);
  const maskBytes = await mask();
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
      fc.option(fc.record({ url: fc.webUrl(), secret: fc.string() }), { nil: undefined }),
      fc.boolean(),
      async (parameters, webhook, withMask) => {
        await service.submit(
          {
            image,
            size,
            parameters,
            ...(withMask ? { mask: maskBytes } : {}),
            ...(webhook === undefined ? {} : { webhook }),
          },
          signal,
        );
        const body = bodies.at(-1) as Record<string, unknown>;
        assert.ok(schemas.submit(body), JSON.stringify(schemas.submit.errors));
        assert.deepEqual(body, {
          image: image.toString('base64'),
          ...(withMask ? { mask: maskBytes.toString('base64') } : {}),
          prompt: parameters.prompt,
          steps: parameters.steps,
          prompt_upsampling: parameters.promptUpsampling,
          ...(parameters.seed === null ? {} : { seed: parameters.seed }),
          guidance: parameters.guidance,
          output_format: parameters.resultFormat,
          safety_tolerance: parameters.safetyTolerance,
          ...(webhook === undefined ? {} : { webhook_url: webhook.url, webhook_secret: webhook.secret }),
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('webp is what the reference page adds to the OpenAPI text', () => {
  const body = { image: 'AAAA', output_format: 'webp' };
  assert.equal(loadSchemas(false).submit(body), false);
  assert.equal(loadSchemas().submit(body), true);
});

test('a fill with a mask: cost in dollars, megapixels, seed, and no key at the delivery', async () => {
  await using here = await bench({ prefix: '/m/x' });
  const submitted = await here.service.submit(await requestOf(), signal);
  assert.ok(submitted.kind === 'accepted');
  assert.equal(submitted.cost, 0.05);
  assert.equal(submitted.inputMegapixels, 0.01);
  assert.equal(submitted.outputMegapixels, 0.01);
  await here.service.poll(submitted.handle, 0, signal);
  // A handle is JSON: another process goes on with it.
  const polled = await here.service.poll(JSON.parse(JSON.stringify(submitted.handle)), 500, signal);
  assert.ok(polled.kind === 'ready');
  assert.equal(polled.seed, 7);
  const fetched = await here.service.fetch(JSON.parse(JSON.stringify(polled.handle)), signal);
  assert.ok(fetched.ok);
  assert.equal((await sharp(fetched.value[0].bytes).metadata()).format, 'png');
  assert.deepEqual(strays(here.emulator.log), []);
  assert.ok(here.emulator.log.filter((e) => e.server === 'api').every((e) => e.path.startsWith('/m/x/v1/')));
  assert.ok(here.emulator.log.some((e) => e.server === 'delivery' && e.status === 200));
});

test('a fill by alpha sends one RGBA image and no mask', async () => {
  await using here = await bench();
  const ran = await run(here, { image: await picture(4), size, parameters: initialParameters });
  assert.ok(ran.fetched, ran.told);
  assert.ok(here.emulator.log[0].body !== undefined && !('mask' in here.emulator.log[0].body));
});

test('with a webhook the answer has no polling_url and the task is asked for by its id at the base', async () => {
  await using here = await bench({ prefix: '/p' });
  const request = { ...(await requestOf()), webhook: { url: 'https://hooks.example/x', secret: 'canary-HOOK-secret' } };
  const ran = await run(here, request);
  assert.ok(ran.fetched, ran.told);
  assert.match(here.emulator.log[1].path, /^\/p\/v1\/get_result\?id=/);
  assert.ok(!(here.lines.join() + ran.told).includes('canary-HOOK-secret'));
});

test('the formats asked for are the formats that come', async () => {
  await using here = await bench();
  for (const resultFormat of resultFormats) {
    const ran = await run(here, await requestOf({ resultFormat }));
    assert.equal(ran.fetched?.type, `image/${resultFormat}`, ran.told);
  }
});

test('a frame shifted in tone, at three quarters of the size, as JPEG comes as it is', async () => {
  await using here = await bench({ content: 'fill', tone: [12, -6, 9], scale: 0.75, format: 'jpeg' });
  const ran = await run(here, await requestOf());
  assert.ok(ran.fetched, ran.told);
  const { width, height, format } = await sharp(ran.fetched.bytes).metadata();
  assert.deepEqual([width, height, format], [72, 48, 'jpeg']);
});

test('the account tells the credits, and a wrong key is refused', async () => {
  await using here = await bench();
  const account = await here.service.account?.(signal);
  assert.deepEqual(account, { ok: true, value: { credits: 123.5 } });
  const wrong = createBfl({
    abilities: bflAbilities,
    baseUrl: here.emulator.url,
    fetch: () => globalThis.fetch,
    key: () => Promise.resolve(ok('wrong')),
    clock: here.clock,
    log: () => undefined,
  });
  const refused = await wrong.account?.(signal);
  assert.ok(refused !== undefined && !refused.ok);
  assert.equal(refused.fault.code, 'key.refused');
});

test('without a key, or with one that no header can carry, nothing is sent', async () => {
  await using here = await bench();
  for (const [key, code] of [
    [failed('key.missing', { origin: 'x' }), 'key.missing'],
    [ok('canary-ключ\n'), 'key.characters'],
  ] as const) {
    const lines: string[] = [];
    const service = createBfl({
      abilities: bflAbilities,
      baseUrl: here.emulator.url,
      fetch: () => globalThis.fetch,
      key: () => Promise.resolve(key),
      clock: here.clock,
      log: (_, text) => lines.push(text),
    });
    const outcome = await service.submit(await requestOf(), signal);
    assert.ok(outcome.kind === 'refused');
    assert.equal(outcome.fault.code, code);
    assert.ok(!(JSON.stringify(outcome) + lines.join()).includes('ключ'));
  }
  assert.equal(here.emulator.log.length, 0);
});

test('a submit that is stopped while it is under way ends as unknown, one that never began as refused', async () => {
  await using here = await bench({ scenario: 'slow-loris-submit' }, 1);
  const stopped = AbortSignal.abort();
  assert.equal((await here.service.submit(await requestOf(), stopped)).kind, 'refused');
  assert.equal(here.emulator.log.length, 0);
  const controller = new AbortController();
  const submitting = here.service.submit(await requestOf(), controller.signal);
  while (here.emulator.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  const outcome = await submitting;
  assert.ok(outcome.kind === 'unknown');
  assert.equal(outcome.fault.code, 'service.unknownOutcome');
});

test('a handle of another service is refused without a request', async () => {
  await using here = await bench();
  const polled = await here.service.poll({ prediction: 1 }, 0, signal);
  assert.equal(polled.kind, 'over');
  assert.equal((await here.service.fetch('x', signal)).ok, false);
  assert.equal(here.emulator.log.length, 0);
});
