/** The client of Replicate in both flavours: every field of a request, files, cancel, the list, the account, and the key. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { failed, ok } from '../../src/fill/faults.ts';
import { outpaintPresets } from '../../src/fill/outpaint.ts';
import type { LostSubmit, Service, ServiceRequest } from '../../src/fill/service.ts';
import { patienceTimes } from '../../src/jobs/poll.ts';
import { catalogue } from '../../src/services/catalogue.ts';
import type { Fetch } from '../../src/services/http.ts';
import { redact } from '../../src/services/redact.ts';
import { cancelAfter } from '../../src/services/replicate-flavours.ts';
import { meaningOf, moderationOf, resetIn, seedOf } from '../../src/services/replicate-shapes.ts';
import { fastClock } from '../servers/clock.ts';
import { loadSchemas } from '../servers/replicate-schema.ts';
import { canary, mask, picture, requestOf, run, size, strays } from './harness.ts';
import { bench, largeRequest } from './replicate-harness.ts';

const { signal } = new AbortController();
const modes = ['replicate', 'compatible'] as const;
const bases = { replicate: 'https://api.replicate.com', compatible: 'https://api.chainhub.tech/replicate' } as const;

const serviceOf = (mode: (typeof modes)[number], fetch: Fetch, baseUrl: string = bases[mode]): Service =>
  catalogue[mode].create({
    baseUrl,
    fetch: () => fetch,
    key: () => Promise.resolve(ok(canary)),
    clock: fastClock(5000),
    log: () => undefined,
  });

test('every request that can be made is valid by the schema, and every field arrives', async () => {
  const schemas = loadSchemas();
  const image = await picture(3);
  const maskBytes = await mask();
  for (const mode of modes) {
    const bodies: unknown[] = [];
    const service = serviceOf(mode, (url, init) => {
      assert.equal(url, `${bases[mode]}/v1/models/black-forest-labs/flux-fill-pro/predictions`);
      const headers = new Headers(init?.headers);
      assert.equal(headers.get('authorization'), `Bearer ${canary}`);
      assert.equal(headers.get('cancel-after'), mode === 'replicate' ? '30m' : null);
      assert.equal(headers.get('prefer'), null);
      assert.equal(init?.redirect, 'manual');
      bodies.push(JSON.parse(init.body as string));
      return Promise.resolve(Response.json({ id: 'a' }, { status: 201 }));
    });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          prompt: fc.string({ unit: 'grapheme' }),
          steps: fc.integer({ min: 15, max: 50 }),
          guidance: fc.double({ min: 1.5, max: 100, noNaN: true }),
          seed: fc.option(fc.integer({ min: 0, max: 4_294_967_295 })),
          promptUpsampling: fc.boolean(),
          safetyTolerance: fc.integer({ min: 0, max: 6 }),
          resultFormat: fc.constantFrom('png' as const, 'jpeg' as const, 'webp' as const),
        }),
        fc.option(fc.constantFrom(...outpaintPresets), { nil: undefined }),
        async (parameters, preset) => {
          const request = { image, mask: maskBytes, size, parameters, ...(preset === undefined ? {} : { preset }) };
          assert.equal((await service.submit(request, signal)).kind, 'accepted');
          const body = bodies.at(-1) as { readonly input: { readonly outpaint: string } };
          assert.ok(schemas.submit(body), JSON.stringify(schemas.submit.errors));
          const letters = (text: string): string => text.toLowerCase().replace(/outpaint|[^a-z0-9.]/g, '');
          assert.equal(letters(body.input.outpaint), preset === undefined ? 'none' : letters(preset));
          assert.deepEqual(body, {
            input: {
              image: `data:image/png;base64,${image.toString('base64')}`,
              ...(preset === undefined ? { mask: `data:image/png;base64,${maskBytes.toString('base64')}` } : {}),
              prompt: parameters.prompt,
              steps: parameters.steps,
              guidance: parameters.guidance,
              ...(parameters.seed === null ? {} : { seed: parameters.seed }),
              outpaint: body.input.outpaint,
              output_format: parameters.resultFormat === 'jpeg' ? 'jpg' : 'png',
              safety_tolerance: Math.max(1, parameters.safetyTolerance),
              prompt_upsampling: parameters.promptUpsampling,
            },
          });
        },
      ),
      { numRuns: 40 },
    );
  }
});

test('the seed, its bounds and enums are what the overlay adds to the document, whose own example is valid', () => {
  const body = { input: { image: 'x', prompt: 'y', seed: 1 } };
  assert.equal(loadSchemas(false).submit(body), false);
  const { submit, sample, path } = loadSchemas();
  assert.equal(submit(body), true);
  assert.ok(submit(sample.request), JSON.stringify(submit.errors));
  assert.equal(
    `https://api.chainhub.tech${path}`,
    `${bases.compatible}/v1/models/black-forest-labs/flux-fill-pro/predictions`,
  );
  for (const wrong of [
    { steps: 14 },
    { steps: 51 },
    { guidance: 1.4 },
    { safety_tolerance: 0 },
    { output_format: 'jpeg' },
  ])
    assert.equal(submit({ input: { ...body.input, ...wrong } }), false);
});

test('Replicate ends a task when our own patience ends', () => {
  assert.equal(Number.parseInt(cancelAfter, 10) * 60_000, patienceTimes.deadline);
  assert.match(cancelAfter, /^\d+m$/);
});

test('a fill in both flavours: seed, bytes, and no key but at the API', async () => {
  for (const mode of modes) {
    await using here = await bench(mode);
    const submitted = await here.service.submit(await requestOf(), signal);
    assert.ok(submitted.kind === 'accepted');
    await here.service.poll(submitted.handle, 0, signal);
    // A handle is JSON: another process goes on with it.
    const polled = await here.service.poll(JSON.parse(JSON.stringify(submitted.handle)), 500, signal);
    assert.ok(polled.kind === 'ready');
    assert.equal(polled.seed, 7);
    const fetched = await here.service.fetch(JSON.parse(JSON.stringify(polled.handle)), signal);
    assert.ok(fetched.ok);
    assert.equal((await sharp(fetched.value[0].bytes).metadata()).format, 'png');
    assert.deepEqual(strays(here.emulator.log), []);
    assert.ok(here.emulator.log.some((entry) => entry.server === 'delivery' && entry.status === 200));
  }
});

test('a seed that nobody asked for is read from the log of the model', async () => {
  await using here = await bench('replicate');
  const { told } = await run(here, await requestOf({ seed: null }));
  assert.match(told, /"kind":"ready","handle":\{[^}]*\},"seed":\d+/);
  assert.equal(seedOf({ logs: 'Using seed: 29433\nrunning' }), 29433);
  assert.equal(seedOf({ logs: 'seeded' }), undefined);
});

test('the service’s own presets send the image alone', async () => {
  for (const mode of modes) {
    await using here = await bench(mode);
    const ran = await run(here, { ...(await requestOf()), preset: 'zoom-out-1.5x' });
    assert.ok(ran.fetched, ran.told);
    const { input } = here.emulator.log[0].body as { readonly input: Record<string, unknown> };
    assert.equal(input.outpaint, 'Zoom out 1.5x');
    assert.ok(!('mask' in input));
  }
});

test('a large image is uploaded to Replicate, and goes as a data URI to others', async () => {
  const request = await largeRequest();
  await using here = await bench('replicate');
  assert.ok((await run(here, request)).fetched);
  const [file] = here.emulator.files();
  assert.deepEqual([file.type, file.name, file.metadata], ['image/png', 'image.png', {}]);
  assert.deepEqual(file.bytes, request.image);
  const submit = here.emulator.log.find((entry) => entry.path.endsWith('/flux-fill-pro/predictions'));
  const { input } = submit?.body as { readonly input: Record<string, string> };
  assert.equal(input.image, `${here.emulator.url}/v1/files/${file.id}`);
  assert.match(input.mask, /^data:image\/png;base64,/);
  await using other = await bench('compatible');
  assert.ok((await run(other, request)).fetched);
  assert.equal(other.emulator.files().length, 0);
});

test('the bytes of an upload arrive as they are, whatever they are', async () => {
  await using here = await bench('replicate', { scenario: '402' });
  const base = await largeRequest();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (tail) => {
      const image = Buffer.concat([base.image, Buffer.from('\r\n--\r\n'), tail]);
      await here.service.submit({ ...base, image }, signal);
      assert.deepEqual(here.emulator.files().at(-1)?.bytes, image);
    }),
    { numRuns: 10 },
  );
});

test('cancel ends a task, or comes too late, or is not there', async () => {
  await using here = await bench('replicate');
  const submitted = await here.service.submit(await requestOf(), signal);
  assert.ok(submitted.kind === 'accepted');
  assert.deepEqual(await here.service.cancel?.(submitted.handle, signal), ok('cancelled'));
  const polled = await here.service.poll(submitted.handle, 0, signal);
  assert.ok(polled.kind === 'over' && polled.fault.code === 'service.cancelled');

  const finished = await here.service.submit(await requestOf(), signal);
  assert.ok(finished.kind === 'accepted');
  while ((await here.service.poll(finished.handle, 0, signal)).kind !== 'ready');
  assert.deepEqual(await here.service.cancel?.(finished.handle, signal), ok('late'));

  here.emulator.control({ scenario: 'slow' });
  const stubborn = await here.service.submit(await requestOf(), signal);
  assert.ok(stubborn.kind === 'accepted');
  assert.deepEqual(await here.service.cancel?.(stubborn.handle, signal), ok('late'));

  const gone = await here.service.cancel?.({ id: 'nobody' }, signal);
  assert.ok(gone?.ok === false && gone.fault.code === 'service.notFound');
  assert.equal((await here.service.cancel?.('x', signal))?.ok, false);
  await using other = await bench('compatible');
  assert.ok(!('cancel' in other.service) && !('recover' in other.service));
  assert.deepEqual([here.service.abilities.cancel, other.service.abilities.cancel], [true, false]);
});

/** Loses the answers of submits, each with its own parameters, and gives what is known of the first. */
const lose = async (
  here: Awaited<ReturnType<typeof bench>>,
  requests: readonly ServiceRequest[],
): Promise<LostSubmit> => {
  const from = here.clock.now();
  for (const request of requests) assert.equal((await here.service.submit(request, signal)).kind, 'unknown');
  return { parameters: requests[0].parameters, from, to: here.clock.now() };
};

test('a submit whose answer was lost is found in the list, whatever the clock of the service shows', async () => {
  for (const ahead of [0, 3_600_000, -86_400_000]) {
    await using here = await bench('replicate', { scenario: 'accepted-but-answer-lost', ahead, pageSize: 2 }, 1);
    const lost = await lose(here, [
      await requestOf(),
      ...(await Promise.all([1, 2, 3].map((seed) => requestOf({ seed })))),
    ]);
    const found = await here.service.recover?.(lost, signal);
    assert.ok(found?.ok);
    assert.equal(found.value?.taskId, here.emulator.tasks()[0]);
    here.emulator.control({ scenario: 'normal' });
    await here.service.poll(found.value?.handle, 0, signal);
    const polled = await here.service.poll(found.value?.handle, 0, signal);
    assert.ok(polled.kind === 'ready' && (await here.service.fetch(polled.handle, signal)).ok);
    assert.deepEqual(strays(here.emulator.log), []);
    assert.ok(
      here.emulator.log.every((entry) => entry.server !== 'stranger'),
      'the next page is asked for at home',
    );
  }
});

test('a lost submit is not guessed: not between two, not of another time, prompt or seed, not of a list without end', async () => {
  await using here = await bench('replicate', { scenario: 'accepted-but-answer-lost' }, 1);
  const lost = await lose(here, [await requestOf(), await requestOf({ prompt: 'another prompt' })]);
  const none = async (what: LostSubmit) => assert.deepEqual(await here.service.recover?.(what, signal), ok(undefined));
  const hour = 3_600_000;
  await none({ ...lost, from: lost.from - hour, to: lost.to - hour });
  await none({ ...lost, from: lost.from + hour, to: lost.to + hour });
  await none({ ...lost, parameters: { ...lost.parameters, prompt: 'neither of them' } });
  await none({ ...lost, parameters: { ...lost.parameters, seed: 8 } });
  await none({ ...lost, parameters: { ...lost.parameters, seed: null } });
  const one = await here.service.recover?.(lost, signal);
  assert.ok(one?.ok && one.value?.taskId === here.emulator.tasks()[0]);

  const both = await lose(here, [await requestOf()]);
  await none({ ...both, from: lost.from });
  here.emulator.control({ pageSize: 1, scenario: 'accepted-but-answer-lost' });
  const later = await lose(here, await Promise.all([11, 12, 13, 14, 15].map((seed) => requestOf({ seed }))));
  await none({ ...later, from: lost.from });
});

test('a list that cannot be read is a fault', async () => {
  for (const [answer, code] of [
    [Response.json({ results: 7 }), 'service.answer'],
    [new Response('no', { status: 503 }), 'service.unavailable'],
    [new Response('{}', { status: 401 }), 'key.refused'],
  ] as const) {
    const service = serviceOf('replicate', () => Promise.resolve(answer));
    const { parameters } = await requestOf();
    const found = await service.recover?.({ parameters, from: 0, to: 1 }, signal);
    assert.ok(found?.ok === false);
    assert.equal(found.fault.code, code);
  }
});

test('the account tells a good key from a wrong one in both flavours, without a task', async () => {
  for (const mode of modes) {
    await using here = await bench(mode);
    assert.deepEqual(await here.service.account?.(signal), ok({}));
    await using wrong = await bench(mode, {}, 50, 'wrong');
    const refused = await wrong.service.account?.(signal);
    assert.ok(refused?.ok === false && refused.fault.code === 'key.refused');
    assert.equal(here.emulator.accepted() + wrong.emulator.accepted(), 0);
  }
  const nowhere = serviceOf('compatible', () => Promise.resolve(new Response('<html>', { status: 404 })));
  const told = await nowhere.account?.(signal);
  assert.ok(told?.ok === false && told.fault.code === 'service.notFound');
});

test('without a key, or with one that no header can carry, nothing is sent', async () => {
  for (const [key, code] of [
    [failed('key.missing', { origin: 'x' }), 'key.missing'],
    [ok('canary-ключ\n'), 'key.characters'],
  ] as const) {
    const lines: string[] = [];
    const service = catalogue.replicate.create({
      baseUrl: bases.replicate,
      fetch: () => () => Promise.reject(new Error('sent')),
      key: () => Promise.resolve(key),
      clock: fastClock(1),
      log: (_, text) => lines.push(text),
    });
    for (const request of [await requestOf(), await largeRequest()]) {
      const outcome = await service.submit(request, signal);
      assert.ok(outcome.kind === 'refused');
      assert.equal(outcome.fault.code, code);
      assert.ok(!(JSON.stringify(outcome) + lines.join()).includes('ключ'));
    }
  }
});

test('a handle of another service is refused without a request', async () => {
  await using here = await bench('replicate');
  assert.equal((await here.service.poll({ prediction: 1 }, 0, signal)).kind, 'over');
  assert.equal((await here.service.fetch('x', signal)).ok, false);
  assert.equal((await here.service.poll({ id: '../account' }, 0, signal)).kind, 'over');
  assert.equal(here.emulator.log.length, 0);
});

test('whatever addresses an answer names, the key goes only below the base URL', async () => {
  const home = Object.values(bases).map((base) => new URL(base).host);
  const host = fc.oneof(
    fc.constantFrom(
      'api.replicate.com.evil.com',
      'evilreplicate.com',
      'stream.replicate.com',
      'api.replicate.com:8443',
      'api.replicate.com@evil.com',
      'key:word@api.replicate.com',
      'x.replicate.delivery',
      'api.chainhub.tech.evil.com',
      '127.0.0.1',
      ...home,
    ),
    fc.domain(),
  );
  const address = fc
    .tuple(fc.constantFrom('https://', 'http://', '//', 'data:', 'file://', 'https:\\\\'), host, fc.webPath())
    .map((parts) => parts.join(''));
  const large = await largeRequest();
  for (const mode of modes)
    await fc.assert(
      fc.asyncProperty(fc.array(address, { minLength: 8, maxLength: 8 }), fc.boolean(), async (hostile, redirects) => {
        const base = bases[mode];
        const names: string[] = [];
        let polls = 0;
        const service = serviceOf(mode, (url, init) => {
          const carries = JSON.stringify([...new Headers(init?.headers)]).includes(canary);
          if (carries && new URL(url).origin !== new URL(base).origin) names.push(url);
          const path = url.startsWith(`${base}/v1/`) ? url.slice(base.length) : '';
          if (path.endsWith('/files'))
            return Promise.resolve(Response.json({ urls: { get: hostile[0] } }, { status: 201 }));
          const urls = { get: hostile[1], cancel: hostile[2], stream: hostile[3], web: hostile[4] };
          if (path.includes('predictions/') || path.endsWith('/predictions')) {
            if (init?.method === 'POST') return Promise.resolve(Response.json({ id: 'a', status: 'starting', urls }));
            const done = { id: 'a', status: 'succeeded', output: hostile[5], next: hostile[6], results: [], urls };
            return Promise.resolve(Response.json(polls++ === 0 ? { id: 'a', status: 'starting', urls } : done));
          }
          return Promise.resolve(
            redirects
              ? new Response(null, { status: 302, headers: { location: encodeURI(hostile[7]) } })
              : new Response('give me your key', { status: 401 }),
          );
        });
        await service.submit(large, signal);
        await service.poll({ id: 'a' }, 0, signal);
        const polled = await service.poll({ id: 'a' }, 0, signal);
        await service.cancel?.({ id: 'a' }, signal);
        await service.recover?.({ parameters: large.parameters, from: 0, to: 1 }, signal);
        if (polled.kind === 'ready') await service.fetch(polled.handle, signal);
        assert.deepEqual(names, []);
      }),
      { numRuns: 60 },
    );
});

test('words of states, of moderation, of rate limits and of tokens', () => {
  const means = (status?: string, rest: object = {}) =>
    meaningOf({ ...(status === undefined ? {} : { status }), ...rest });
  assert.equal(means(' Succeeded '), 'ready');
  assert.equal(means('SUCCESS'), 'ready');
  assert.equal(means('booting'), 'unknown');
  assert.equal(means(undefined), 'running');
  assert.equal(means(undefined, { output: ['https://a.example/x.png'] }), 'ready');
  assert.equal(means(undefined, { error: 'no' }), 'failed');
  assert.equal(moderationOf('Prediction was flagged as sensitive'), 'request');
  assert.equal(moderationOf('NSFW content detected in all outputs'), 'result');
  assert.equal(moderationOf('Generated image flagged by the safety filter'), 'result');
  assert.equal(moderationOf('Your prompt was flagged'), 'request');
  assert.equal(moderationOf('the name is case-sensitive'), undefined);
  assert.equal(moderationOf('CUDA error E0051'), undefined);
  assert.equal(resetIn('Request was throttled. Your rate limit resets in ~30s.'), 30_000);
  assert.equal(resetIn('resets in 4 seconds'), 4000);
  assert.equal(resetIn('try again in 4s'), undefined);
  assert.equal(redact('the token r8_Abc123 is not known'), 'the token [hidden] is not known');
});
