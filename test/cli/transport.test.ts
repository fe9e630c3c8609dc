/** The command line's transport through a real proxy and in front of servers that do not answer: no fault is waited for without end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { readFileSync } from 'node:fs';
import { afterEach, suite, test } from 'node:test';
import { createTransport } from '../../src/cli/transport.ts';
import { call, type Answer, type Failure } from '../../src/services/http.ts';
import { fastClock } from '../servers/clock.ts';
import { startProxy, type Manner } from '../servers/proxy.ts';

const key = 'canary-KEY-through-the-tunnel';
const pem = readFileSync(new URL('../fixtures/self-signed.pem', import.meta.url));

const listening = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const variables = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'];
const environment = (given: Readonly<Record<string, string>>): void => {
  for (const name of variables) delete process.env[name];
  Object.assign(process.env, given);
};
afterEach(() => environment({}));

/** One POST with a key by a transport of its own that waits for connections and tunnels no longer than half a second. */
const post = async (url: string, deadline = 20_000): Promise<Answer | Failure> => {
  const transport = createTransport({ connect: 500, tunnel: 500 });
  try {
    return await call(
      { fetch: () => transport.fetch, clock: fastClock(1), log: () => undefined },
      { url, method: 'POST', headers: { 'x-key': key }, body: 'a picture', deadline, cap: 1000, hidden: [key] },
      new AbortController().signal,
    );
  } finally {
    await transport.close();
  }
};

const told = (outcome: Answer | Failure): unknown[] => {
  assert.ok(outcome.kind === 'failure', JSON.stringify(outcome));
  return [outcome.fault.code, outcome.sent, outcome.fault.args['cause']];
};

suite('through a proxy', () => {
  const faults: Record<Exclude<Manner, 'serve'>, readonly unknown[]> = {
    refuse: ['network.proxy', false, 'HTTP 403'],
    hang: ['network.proxy', false, 'UND_ERR_HEADERS_TIMEOUT'],
    close: ['network.proxy', false, 'UND_ERR_SOCKET'],
    cut: ['network.unreachable', false, 'ECONNRESET'],
    deaf: ['network.unreachable', false, 'UND_ERR_CONNECT_TIMEOUT'],
  };
  for (const manner of Object.keys(faults) as (keyof typeof faults)[])
    test(`that does ${manner}: one CONNECT, nothing was sent, and it ends by itself`, async () => {
      await using proxy = await startProxy({}, { manner });
      environment({ HTTPS_PROXY: proxy.url });
      assert.deepEqual(told(await post('https://api.example.com/v1/x')), faults[manner]);
      assert.deepEqual(
        proxy.asked.map(({ method, target }) => [method, target]),
        [['CONNECT', 'api.example.com:443']],
      );
      assert.ok(!proxy.seen().includes(key));
    });

  test('that asks for a user and a password: said as such, and served once they are there', async () => {
    const server = createTlsServer({ key: pem, cert: pem }, (_request, response) => response.end('never'));
    const place = await listening(server);
    await using proxy = await startProxy({ 'api.example.com:443': place }, { credentials: 'ann:p@ss' });
    environment({ HTTPS_PROXY: proxy.url });
    assert.deepEqual(told(await post('https://api.example.com/')), ['network.proxyAuth', false, 'HTTP 407']);
    assert.equal(proxy.served(), 0);
    environment({ HTTPS_PROXY: proxy.url.replace('//', '//ann:p%40ss@') });
    // The tunnel stands; the certificate in it is nobody's.
    assert.equal(told(await post('https://api.example.com/'))[0], 'network.certificate');
    assert.equal(proxy.served(), 1);
    server.close();
  });

  test('that is not there: it is the proxy that is named', async () => {
    const proxy = await startProxy();
    await proxy.stop();
    environment({ HTTPS_PROXY: proxy.url });
    assert.deepEqual(told(await post('https://api.example.com/')), ['network.proxy', false, 'ECONNREFUSED']);
  });

  test('named without a scheme, as curl takes it; NO_PROXY goes by it', async () => {
    await using proxy = await startProxy({}, { manner: 'refuse' });
    environment({ HTTPS_PROXY: proxy.url.replace('http://', ''), NO_PROXY: '.fill.invalid' });
    assert.equal(told(await post('https://api.example.com/'))[0], 'network.proxy');
    assert.equal(told(await post('https://api.fill.invalid/'))[0], 'network.unreachable');
    assert.equal(proxy.asked.length, 1);
  });

  test('that answers a plain request in absolute form, with a login page or in place of the origin', async () => {
    const origin = createServer((_request, response) => response.end('from the origin'));
    const place = new URL(await listening(origin));
    await using proxy = await startProxy({ 'plain.example.com': place.href });
    const ask = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(proxy.url);
        request({ hostname, port, path: 'http://plain.example.com/x', headers: { host: 'plain.example.com' } })
          .on('response', (answer) => {
            let text = `${answer.statusCode} `;
            answer.setEncoding('utf8').on('data', (part) => (text += part));
            answer.on('end', () => resolve(text));
          })
          .on('error', reject)
          .end();
      });
    assert.equal(await ask(), '200 from the origin');
    proxy.control({ manner: 'refuse' });
    assert.match(await ask(), /^403 <!doctype html>/);
    proxy.control({ credentials: 'ann:p' });
    assert.match(await ask(), /^407 /);
    origin.close();
  });
});

suite('without a proxy', () => {
  test('a server that takes the connection and never does the handshake: not sent', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => undefined).resume());
    const { port } = new URL(await listening(server));
    assert.deepEqual(told(await post(`https://127.0.0.1:${port}/`)), [
      'network.unreachable',
      false,
      'UND_ERR_CONNECT_TIMEOUT',
    ]);
    server.close();
  });

  test('a server that cuts the handshake off: not sent', async () => {
    const server = createTcpServer((socket) => socket.once('data', () => socket.end()));
    const { port } = new URL(await listening(server));
    assert.deepEqual(told(await post(`https://127.0.0.1:${port}/`)), ['network.unreachable', false, 'ECONNRESET']);
    server.close();
  });

  test('headers that never come, and a body that never ends, are over at the deadline of the call: perhaps sent', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/body') response.writeHead(200).write('a part');
    });
    const url = await listening(server);
    for (const path of ['/headers', '/body'])
      assert.deepEqual(told(await post(url + path, 400)), ['network.timeout', true, undefined]);
    server.closeAllConnections();
    server.close();
  });
});
