/** Origins, redaction and the failures of a call, against real sockets. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import { Agent, fetch as undiciFetch, ProxyAgent, type RequestInit } from 'undici';
import { linkEnd, sniff } from '../../src/services/download.ts';
import { bflHosts } from '../../src/services/bfl.ts';
import { call, retryAfter, type CallRequest, type Fetch } from '../../src/services/http.ts';
import { checkBaseUrl, mayHoldResult, mayReceiveKey } from '../../src/services/origins.ts';
import { redact, safeUrl } from '../../src/services/redact.ts';
import { fastClock } from '../servers/clock.ts';
import { startProxy } from '../servers/proxy.ts';

const bfl = 'https://api.bfl.ai';
const pem = readFileSync(new URL('../fixtures/self-signed.pem', import.meta.url));

test('a base URL is https, or http on loopback, and keeps its path prefix', () => {
  const good: Record<string, string> = {
    'https://api.bfl.ai': 'https://api.bfl.ai',
    ' https://API.bfl.ai/ ': 'https://api.bfl.ai',
    'https://proxy.corp.com:8443/bfl/': 'https://proxy.corp.com:8443/bfl',
    'http://127.0.0.1:9/m/x': 'http://127.0.0.1:9/m/x',
    'http://localhost:8080': 'http://localhost:8080',
    'http://[::1]:8080/': 'http://[::1]:8080',
  };
  for (const [text, base] of Object.entries(good)) assert.deepEqual(checkBaseUrl(text), { ok: true, value: base });
  const bad = [
    '',
    'api.bfl.ai',
    'http://api.bfl.ai',
    'http://192.168.0.7',
    'http://127.0.0.1.evil.com',
    'http://localhost.evil.com',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'https://user:pass@api.bfl.ai',
    'https://api.bfl.ai?x=1',
    'https://api.bfl.ai#x',
  ];
  for (const text of bad) {
    const checked = checkBaseUrl(text);
    assert.ok(!checked.ok && checked.fault.code === 'service.baseUrl', text);
    assert.ok(!JSON.stringify(checked).includes('pass@'));
  }
});

test('the key goes to its own origin, and for BFL to the hosts of bfl.ai', () => {
  const yes: [string, string][] = [
    [bfl, 'https://api.bfl.ai/v1/get_result?id=1'],
    [bfl, 'https://api.eu4.bfl.ai/v1/get_result?id=1'],
    [bfl, 'https://gateway.bfl.ai/x'],
    [bfl, 'https://bfl.ai/x'],
    ['https://api.us.bfl.ai', 'https://api.bfl.ai:443/x'],
    ['http://127.0.0.1:9/m/x', 'http://127.0.0.1:9/v1/get_result'],
  ];
  const no: [string, string][] = [
    [bfl, 'http://api.bfl.ai/x'],
    [bfl, 'https://api.bfl.ai:8443/x'],
    [bfl, 'https://api.bfl.ai.evil.com/x'],
    [bfl, 'https://evilbfl.ai/x'],
    [bfl, 'https://api.bfl.ai@evil.com/x'],
    [bfl, 'https://user@api.bfl.ai/x'],
    [bfl, 'https://bfl.ai./x'],
    [bfl, 'https://evil.com/https://api.bfl.ai/'],
    [bfl, 'https://api.bfl.ml/x'],
    [bfl, '//api.bfl.ai/x'],
    ['https://api.bfl.ai:8443', 'https://eu.bfl.ai/x'],
    ['http://127.0.0.1:9', 'http://localhost:9/x'],
    ['http://127.0.0.1:9', 'http://127.0.0.1:10/x'],
    ['http://127.0.0.1:9', 'https://127.0.0.1:9/x'],
    ['http://127.0.0.1:9', 'http://127.0.0.2:9/x'],
    ['https://proxy.corp.com', 'https://api.bfl.ai/x'],
  ];
  for (const [base, address] of yes) assert.ok(mayReceiveKey(address, base, bflHosts), `${base} -> ${address}`);
  for (const [base, address] of no) assert.ok(!mayReceiveKey(address, base, bflHosts), `${base} -> ${address}`);
});

test('no host that only looks like BFL is trusted', () => {
  const label = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  fc.assert(
    fc.property(label, label, fc.integer({ min: 1, max: 65_535 }), (a, b, port) => {
      for (const host of [
        `bfl.ai.${a}.com`,
        `${a}bfl.ai`,
        `bfl-ai.${b}.com`,
        `bfl.ai${a}.com`,
        `${a}.bflai.${b}`,
        `x${a}-bfl.ai`,
      ])
        for (const where of [`https://${host}/`, `https://bfl.ai@${host}/`, `https://${host}:${port}/bfl.ai`])
          assert.ok(!mayReceiveKey(where, bfl, bflHosts) && !mayHoldResult(where, bfl, bflHosts), where);
      assert.equal(mayReceiveKey(`https://${a}.bfl.ai:${port}/`, bfl, bflHosts), port === 443);
    }),
  );
});

test('a result comes from delivery hosts, its own origin, or a place of the same kind as the base', () => {
  const own = 'http://127.0.0.1:9';
  const corp = 'https://proxy.corp.com/bfl';
  const yes: [string, string][] = [
    [bfl, 'https://delivery-eu1.bfl.ai/results/a/sample.jpeg?sig=x'],
    [bfl, 'https://delivery.us.bfl.ai/a'],
    [bfl, 'https://bfldeliveryprod.blob.core.windows.net/a'],
    [own, 'http://127.0.0.1:10/a'],
    [own, 'http://localhost:10/a'],
    [own, 'https://delivery-eu1.bfl.ai/a'],
    [corp, 'https://cdn.corp.com/a'],
    [corp, 'https://proxy.corp.com/a'],
    ['https://practice.invalid', 'https://practice.invalid/results/a.png'],
  ];
  const no: [string, string][] = [
    [bfl, 'http://delivery-eu1.bfl.ai/a'],
    [bfl, 'https://blob.core.windows.net/a'],
    [bfl, 'https://evil.blob.core.windows.net/a'],
    [bfl, 'https://cdn.corp.com/a'],
    [bfl, 'https://127.0.0.1/a'],
    [bfl, 'data:image/png;base64,AAAA'],
    [bfl, 'file:///etc/passwd'],
    [own, 'http://192.168.0.1/a'],
    [own, 'http://169.254.169.254/latest'],
    [own, 'https://cdn.corp.com/a'],
    [corp, 'http://cdn.corp.com/a'],
    [corp, 'https://10.0.0.1/a'],
    [corp, 'https://[fd00::1]/a'],
    [corp, 'https://localhost/a'],
    [corp, 'https://intranet/a'],
    [corp, 'https://db.internal/a'],
    [corp, 'https://2130706433/a'],
    [corp, 'https://user@cdn.corp.com/a'],
  ];
  for (const [base, address] of yes) assert.ok(mayHoldResult(address, base, bflHosts), `${base} -> ${address}`);
  for (const [base, address] of no) assert.ok(!mayHoldResult(address, base, bflHosts), `${base} -> ${address}`);
});

test('nothing secret survives redaction, wherever it stands', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9-]{12,40}$/);
  const base64 = fc
    .uint8Array({ minLength: 60, maxLength: 3000 })
    .map((bytes) => Buffer.from(bytes).toString('base64'));
  fc.assert(
    fc.property(secret, base64, fc.string(), (key, data, noise) => {
      const texts = [
        `${noise}${key}${noise}`,
        `{"x-key":"${key}"}`,
        `https://a.bfl.ai/v1/get_result?id=${key}&x=${noise}`,
        JSON.stringify({ detail: [{ loc: ['body'], msg: 'no', input: { image: data, prompt: key } }] }),
        `{"detail":[{"input":{"image":"${data}","prompt":"${key}"`,
        `image=${data} sig=${key}`,
      ];
      for (const text of texts) {
        const safe = redact(text, [key]);
        assert.ok(!safe.includes(key), safe);
        assert.ok(!safe.includes(data.slice(0, 60)), safe);
        assert.ok(safe.length <= 301);
      }
    }),
  );
  const unlisted = [
    'x-key: abcdef123456',
    '"X-Key":"abcdef123456"',
    'authorization: Bearer abcdef123456',
    'https://d.bfl.ai/a.png?se=2026&sig=abcdef123456',
    'sig=abcdef123456&sp=r',
    'bfl_abcdef123456',
    '0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f:abcdef1234567890abcdef1234567890',
    'https://abcdef123456:x@host/',
    '"webhook_secret": "abcdef123456"',
  ];
  for (const text of unlisted) assert.ok(!redact(text).includes('abcdef123456'), redact(text));
  assert.equal(redact('Mask is 3x3, image is 4x4'), 'Mask is 3x3, image is 4x4');
  assert.equal(safeUrl('https://u:p@h.x/a/b?c=d#e'), 'https://h.x/a/b?[…]');
});

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

const closing = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

const ask = (url: string, change: Partial<CallRequest> = {}, speed = 1) =>
  call(
    { fetch: () => globalThis.fetch, clock: fastClock(speed), log: () => undefined },
    { url, method: 'GET', headers: {}, deadline: 30_000, cap: 1000, hidden: [], ...change },
    new AbortController().signal,
  );

test('a refused connection and an unknown name were certainly not sent', async () => {
  const server = createTcpServer();
  const port = await listening(server);
  await closing(server);
  const refused = await ask(`http://127.0.0.1:${port}/`);
  assert.ok(refused.kind === 'failure');
  assert.deepEqual([refused.why, refused.sent, refused.fault.code], ['unreachable', false, 'network.unreachable']);
  assert.equal(refused.fault.args.cause, 'ECONNREFUSED');
  const nowhere = await ask('https://no-such-host.invalid/');
  assert.ok(nowhere.kind === 'failure');
  assert.deepEqual([nowhere.why, nowhere.sent], ['unreachable', false]);
});

test('a certificate that nobody vouches for is named and nothing is sent', async () => {
  let requests = 0;
  const server = createTlsServer({ key: pem, cert: pem }, (_, response) => {
    requests++;
    response.end();
  });
  const port = await listening(server);
  const failure = await ask(`https://127.0.0.1:${port}/`);
  assert.ok(failure.kind === 'failure');
  assert.deepEqual([failure.why, failure.sent, failure.fault.code], ['certificate', false, 'network.certificate']);
  assert.match(String(failure.fault.args.cause), /SELF_SIGNED/);
  assert.equal(requests, 0);
  await closing(server);
});

test('speaking TLS to a plain server was not sent; a silent server times out as sent', async () => {
  const server = createTcpServer((socket) => socket.on('error', () => undefined).resume());
  const port = await listening(server);
  const silent = await ask(`http://127.0.0.1:${port}/`, { deadline: 20_000 }, 4);
  assert.ok(silent.kind === 'failure');
  assert.deepEqual([silent.why, silent.sent, silent.fault.args.seconds], ['timeout', true, 20]);
  await closing(server);
  const plain = createServer((_, response) => response.end());
  const other = await listening(plain);
  const tls = await ask(`https://127.0.0.1:${other}/`);
  assert.ok(tls.kind === 'failure');
  assert.deepEqual([tls.why, tls.sent], ['unreachable', false]);
  await closing(plain);
});

test('a handshake that never ends is over at the deadline, and was certainly not sent; nor is a request beside it', async () => {
  const server = createTcpServer((socket) => socket.on('error', () => undefined).resume());
  const port = await listening(server);
  const outcomes = await Promise.all(
    ['a', 'a', 'b'].map((path) =>
      ask(`https://127.0.0.1:${port}/${path}`, { method: 'POST', body: 'x', deadline: 20_000 }, 100),
    ),
  );
  for (const silent of outcomes) {
    assert.ok(silent.kind === 'failure');
    assert.deepEqual([silent.why, silent.sent, silent.fault.code], ['timeout', false, 'network.timeout']);
  }
  await closing(server);
});

test('of two equal requests the one that was sent makes neither certain', async () => {
  let first = true;
  const server = createTlsServer({ key: pem, cert: pem }).on('connection', (socket: Socket) => {
    if (!first) socket.pause();
    first = false;
  });
  const port = await listening(server);
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const trusting: Fetch = (input, init) =>
    undiciFetch(input, { ...(init as RequestInit), dispatcher }) as unknown as Promise<Response>;
  const request = { url: `https://127.0.0.1:${port}/`, method: 'POST', headers: {}, body: 'x' } as const;
  const deps = { fetch: () => trusting, clock: fastClock(4), log: () => undefined };
  const outcomes = await Promise.all(
    [1, 2].map(() => call(deps, { ...request, deadline: 20_000, cap: 9, hidden: [] }, new AbortController().signal)),
  );
  for (const outcome of outcomes) assert.ok(outcome.kind === 'failure' && outcome.sent);
  await dispatcher.destroy();
  await closing(server);
});

test('a proxy that closes every CONNECT is given up after a few, though undici would go on without end', async () => {
  await using proxy = await startProxy({}, { manner: 'close' });
  const dispatcher = new ProxyAgent(proxy.url);
  // As VS Code's fetch does it.
  const proxied: Fetch = (input, init) =>
    undiciFetch(input, { ...(init as RequestInit), dispatcher }) as unknown as Promise<Response>;
  const outcome = await call(
    { fetch: () => proxied, clock: fastClock(1), log: () => undefined },
    { url: 'https://api.example.com/', method: 'POST', headers: {}, body: 'x', deadline: 50_000, cap: 9, hidden: [] },
    new AbortController().signal,
  );
  assert.ok(outcome.kind === 'failure');
  assert.deepEqual([outcome.why, outcome.sent, outcome.fault.code], ['unreachable', false, 'network.proxy']);
  assert.ok(proxy.asked.length < 30, `${proxy.asked.length} times`);
  await dispatcher.destroy();
});

test('a SOCKS proxy that the fetch of VS Code cannot take is named, and nothing was sent', async () => {
  // As VS Code does it: the address of http.proxy is handed to undici, whatever its scheme.
  const fetchThrough: Fetch = async (input, init) => {
    const dispatcher = new ProxyAgent('socks4a://127.0.0.1:1080');
    return (await undiciFetch(input, { ...(init as RequestInit), dispatcher })) as unknown as Response;
  };
  const outcome = await call(
    { fetch: () => fetchThrough, clock: fastClock(1), log: () => undefined },
    { url: 'https://x.invalid/', method: 'POST', headers: {}, deadline: 30_000, cap: 1, hidden: [] },
    new AbortController().signal,
  );
  assert.ok(outcome.kind === 'failure');
  assert.deepEqual([outcome.why, outcome.sent, outcome.fault.code], ['unreachable', false, 'network.socks']);
});

test('a body is read to its cap and no further, announced or not; the status of an error counts without it', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/announced') response.setHeader('content-length', 1001);
    if (request.url === '/refused') response.statusCode = 422;
    response.write(Buffer.alloc(1000));
    response.end(request.url === '/fits' ? '' : 'x');
  });
  const port = await listening(server);
  const fits = await ask(`http://127.0.0.1:${port}/fits`);
  assert.ok(fits.kind === 'answer' && fits.bytes.length === 1000);
  for (const path of ['announced', 'chunked']) {
    const failure = await ask(`http://127.0.0.1:${port}/${path}`);
    assert.ok(failure.kind === 'failure' && failure.why === 'size', path);
  }
  const refused = await ask(`http://127.0.0.1:${port}/refused`);
  assert.ok(refused.kind === 'answer' && refused.status === 422 && refused.bytes.length === 0);
  await closing(server);
});

test('a fetch that never settles and ignores its signal still ends at the deadline', async () => {
  const outcome = await call(
    { fetch: () => () => new Promise(() => undefined), clock: fastClock(1000), log: () => undefined },
    { url: 'https://x.invalid/', method: 'GET', headers: {}, deadline: 5000, cap: 1, hidden: [] },
    new AbortController().signal,
  );
  assert.ok(outcome.kind === 'failure' && outcome.why === 'timeout');
});

test('the fetch is read at call time', async () => {
  const answers = ['a', 'b'];
  const deps = {
    fetch: () => {
      const text = answers.shift();
      return () => Promise.resolve(new Response(text));
    },
    clock: fastClock(1),
    log: () => undefined,
  };
  const request: CallRequest = {
    url: 'https://x.invalid/',
    method: 'GET',
    headers: {},
    deadline: 9e3,
    cap: 9,
    hidden: [],
  };
  for (const expected of ['a', 'b']) {
    const answer = await call(deps, request, new AbortController().signal);
    assert.ok(answer.kind === 'answer');
    assert.equal(new TextDecoder().decode(answer.bytes), expected);
  }
});

test('Retry-After is seconds or a date, never negative, never more than the cap', () => {
  const wait = (value?: string): number | undefined =>
    retryAfter(new Headers(value === undefined ? {} : { 'retry-after': value }), Date.UTC(2026, 0, 1), 60_000);
  assert.equal(wait(), undefined);
  assert.equal(wait('soon'), undefined);
  assert.equal(wait('3'), 3000);
  assert.equal(wait('86400'), 60_000);
  assert.equal(wait('Thu, 01 Jan 2026 00:00:05 GMT'), 5000);
  assert.equal(wait('Thu, 01 Jan 2015 00:00:05 GMT'), 0);
});

test('the end of a link and the type of a file are read from themselves', () => {
  assert.equal(linkEnd('https://d.bfl.ai/a?se=2026-01-01T00%3A00%3A00Z&sig=x'), Date.UTC(2026, 0, 1));
  assert.equal(linkEnd('https://d.bfl.ai/a?sig=x'), undefined);
  assert.equal(sniff(Buffer.from('RIFF\0\0\0\0WEBPVP8 ')), 'image/webp');
  assert.equal(sniff(Buffer.from('<html>')), undefined);
  assert.equal(sniff(new Uint8Array()), undefined);
});
