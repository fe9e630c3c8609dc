/** Hostile addresses of fal's answers: the key goes to fal's own hosts only, files and results only where they belong. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ok } from '../../src/fill/faults.ts';
import { createFal } from '../../src/services/fal.ts';
import { mayHoldUpload } from '../../src/services/fal-upload.ts';
import { patientClock } from '../servers/clock.ts';
import { canary, mask, picture, requestOf } from './harness.ts';

const { signal } = new AbortController();

const hosts = [
  'queue.fal.run',
  'rest.fal.ai',
  'v3b.fal.media',
  'evil.example',
  'queue.fal.run.evil.example',
  'queue-fal.run',
  'evilfal.run',
  'user.fal.ai',
  'queue.fаl.run',
  'fal.media.evil.example',
  '127.0.0.1',
  '[::1]',
  '169.254.169.254',
  'gw.example',
];

/** Mostly the plain one, so that often a single thing is wrong with an address. */
const mostly = (plain: string, ...others: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const built = fc
  .tuple(
    mostly('https://', 'http://', 'ftp://', '//', 'https:\\\\', 'wss://'),
    mostly('', 'user@', 'user:pw@', 'queue.fal.run@', 'queue.fal.run%2F@', 'queue.fal.run\\@'),
    fc.constantFrom(...hosts),
    mostly('', ':443', ':8443', ':80', '.'),
    mostly('/requests/a1/status', '', '/requests/a1', '/fal-ai/flux-pro/requests/a1/cancel', '/%2e%2e/x', '?x#y'),
  )
  .map((parts) => parts.join(''));

const hostile = fc.oneof(
  { weight: 6, arbitrary: built },
  { weight: 1, arbitrary: fc.webUrl() },
  { weight: 1, arbitrary: fc.string() },
);

const answersOf = (named: readonly string[]) => {
  const [statusUrl, responseUrl, cancelUrl, image, uploadUrl, fileUrl] = named;
  return (url: string, method: string): Response => {
    const { pathname, searchParams } = new URL(url);
    if (pathname.endsWith('/storage/upload/initiate'))
      return Response.json({ upload_url: uploadUrl, file_url: fileUrl });
    if (method === 'POST')
      return Response.json({
        request_id: 'a1',
        status_url: statusUrl,
        response_url: responseUrl,
        cancel_url: cancelUrl,
      });
    if (method === 'PUT') return Response.json({ status: 'CANCELLATION_REQUESTED' }, { status: 202 });
    if (searchParams.has('logs')) return Response.json({ status: 'COMPLETED' });
    return Response.json({ images: [{ url: image || 'nowhere' }], seed: 1 });
  };
};

for (const [baseUrl, own, keyed, open] of [
  [
    'https://queue.fal.run',
    'https://v3b.fal.media/put/a?s=1',
    /^https:\/\/(?:(?:[\w-]+\.)*fal\.run|rest\.fal\.ai)$/,
    /^https:\/\/(?:[\w-]+\.)*fal\.(?:media|ai|run)$/,
  ],
  [
    'https://gw.example/x',
    'https://gw.example/put',
    /^https:\/\/gw\.example$/,
    /^https:\/\/[\w.-]+\.[a-z][\w-]*(?::\d+)?$/,
  ],
  [
    'http://127.0.0.1:9',
    'http://127.0.0.1:8/put',
    /^http:\/\/127\.0\.0\.1:9$/,
    /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?::\d+)?$/,
  ],
] as const)
  test(`fal: the key for ${baseUrl} stays there, whatever addresses are named`, async () => {
    const request = { ...(await requestOf()), image: await picture(3), mask: await mask() };
    let uploads = 0;
    const place = fc.oneof({ weight: 1, arbitrary: fc.constant(own) }, { weight: 2, arbitrary: hostile });
    const addresses = fc.tuple(hostile, hostile, hostile, hostile, place, place);
    await fc.assert(
      fc.asyncProperty(addresses, fc.boolean(), async (named, byUpload) => {
        const answer = answersOf(named);
        const lines: string[] = [];
        const service = createFal({
          baseUrl,
          upload: byUpload ? 'always' : 'never',
          fetch: () => (url, init) => {
            const { origin, username, password } = new URL(url);
            const headers = JSON.stringify(init?.headers);
            assert.deepEqual([username, password], ['', '']);
            if (headers.includes(canary)) assert.match(origin, keyed, `the key goes to ${url}`);
            else assert.match(origin, open, `${init?.method} ${url}`);
            if (init?.method === 'PUT' && !headers.includes(canary)) {
              uploads++;
              assert.ok(mayHoldUpload(url, baseUrl));
            }
            assert.equal(init?.redirect, 'manual');
            return Promise.resolve(answer(url, init.method ?? 'GET'));
          },
          key: () => Promise.resolve(ok(canary)),
          clock: patientClock(),
          log: (_, text) => lines.push(text),
        });
        const accepted = await service.submit(request, signal);
        const handle = accepted.kind === 'accepted' ? accepted.handle : { id: 'a1', images: 1, statusUrl: named[0] };
        if (!byUpload) assert.equal(accepted.kind, 'accepted');
        const polled = await service.poll(handle, 0, signal);
        assert.equal(polled.kind, 'ready');
        if (polled.kind === 'ready') await service.fetch(polled.handle, signal);
        await service.cancel?.(handle, signal);
        assert.ok(!lines.join('\n').includes(canary));
      }),
      { numRuns: 300 },
    );
    assert.ok(uploads > 0, 'no place for an upload was ever trusted');
  });

test('fal: places that may hold an upload', () => {
  const may = (address: string, base = 'https://queue.fal.run'): boolean => mayHoldUpload(address, base);
  assert.ok(may('https://v3b.fal.media/files/b/x?sig=1') && may('https://rest.fal.ai/x'));
  for (const address of [
    'http://v3.fal.media/x',
    'https://v3.fal.media:8443/x',
    'https://u:p@v3.fal.media/x',
    'https://xfal.media/x',
    'https://fal.media.evil.example/x',
    'https://storage.googleapis.com/x',
    'http://127.0.0.1:1/x',
    'nonsense',
  ])
    assert.ok(!may(address), address);
  assert.ok(may('http://127.0.0.1:8/x', 'http://127.0.0.1:9') && !may('https://evil.example/x', 'http://127.0.0.1:9'));
  assert.ok(
    may('https://gw.example/put', 'https://gw.example/x') && !may('https://evil.example/x', 'https://gw.example'),
  );
});
