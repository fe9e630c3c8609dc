import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingHttpHeaders, type RequestOptions, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { openDoor, type Door } from './door.ts';

const mintKey = randomBytes(32);
let folder: string;
let behind: Server;
let seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
let door: Door;
let host: string;
let cookie: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flux-fill-door-'));
  const socketPath = join(folder, 's');
  behind = createServer((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
    incoming.once('end', () => {
      seen.push({ method: incoming.method!, url: incoming.url!, headers: incoming.headers, body });
      response.writeHead(418, { 'x-behind': 'yes' }).end(`behind ${incoming.url}`);
    });
  });
  behind.on('upgrade', (incoming, socket) => {
    seen.push({ method: 'UPGRADE', url: incoming.url!, headers: incoming.headers, body: '' });
    if (incoming.url === '/refused') return void socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => behind.listen(socketPath, resolve));
  door = await openDoor({ socketPath, mintKey, port: 0 });
  host = `127.0.0.1:${door.port}`;
  const opened = await ask({ path: new URL(door.address).pathname, headers: { host } });
  cookie = opened.headers['set-cookie']![0].split(';')[0];
});
after(async () => {
  await door.close();
  behind.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const ask = (options: RequestOptions, body = ''): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: door.port, agent: false, ...options }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('end', () =>
        resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.once('error', reject);
    asked.end(body);
  });

/** Status of an upgrade; what is sent after it comes back when the server behind has it. */
const upgrade = (path: string, headers: IncomingHttpHeaders): Promise<{ status: number; echo: string }> =>
  new Promise((resolve, reject) => {
    const asked = request({
      ...{ host: '127.0.0.1', port: door.port, agent: false, path },
      headers: { host, connection: 'Upgrade', upgrade: 'websocket', ...headers },
    });
    asked.once('response', (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode!, echo: '' });
    });
    asked.once('upgrade', (answer, socket) => {
      socket.once('data', (chunk: Buffer) => {
        socket.destroy();
        resolve({ status: answer.statusCode!, echo: chunk.toString() });
      });
      socket.write('through');
    });
    asked.once('error', reject);
    asked.end();
  });

/** Refused by the door itself: nothing reached the server behind. */
const refused = async (options: RequestOptions, body?: string): Promise<void> => {
  seen = [];
  const { status, body: text } = await ask(options, body);
  assert.equal(status, 403, text.toString());
  assert.deepEqual(seen, []);
};

test('without the token, with a wrong one, or with the cookie of another door: 403', async () => {
  await refused({ path: '/' });
  await refused({ path: '/', headers: { cookie: `${cookie.slice(0, -1)}x` } });
  await refused({ path: '/', headers: { cookie: cookie.replace(/\d+=/, '1=') } });
  await refused({ path: `/open/${'0'.repeat(64)}` });
  await refused({ path: '/', headers: { cookie: `other=${cookie}` } });
});

test('the address sets a cookie that scripts and other sites do not get, and leads on with its query', async () => {
  const { status, headers, body } = await ask({ path: `${new URL(door.address).pathname}?folder=/a%20b&x="><b>` });
  assert.equal(status, 200);
  assert.match(headers['set-cookie']![0], /^flux-fill-\d+=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.match(body.toString(), /content="0; url=\/\?folder=\/a%20b&amp;x=%22%3E%3Cb%3E"/);
});

test('with the cookie a request passes, and the cookie stays at the door', async () => {
  seen = [];
  const { status, headers, body } = await ask({ path: '/some/path?q=1', headers: { cookie: `a=b; ${cookie}` } });
  assert.equal(status, 418);
  assert.equal(headers['x-behind'], 'yes');
  assert.equal(headers['x-frame-options'], 'SAMEORIGIN');
  assert.equal(body.toString(), 'behind /some/path?q=1');
  assert.equal(seen[0].headers.cookie, undefined);
  assert.equal(seen[0].headers.host, host);
});

test('another host name than ours is refused, with the cookie and with the token', async () => {
  for (const wrong of ['evil.example', `evil.example:${door.port}`, '127.0.0.1', `[::1]:${door.port}`, 'localhost']) {
    await refused({ path: '/', headers: { host: wrong, cookie } });
    await refused({ path: new URL(door.address).pathname, headers: { host: wrong } });
  }
  assert.equal((await ask({ path: '/', headers: { host: `localhost:${door.port}`, cookie } })).status, 418);
});

test('what another page asks for is refused although the browser adds the cookie', async () => {
  for (const site of ['same-site', 'cross-site']) {
    await refused({ path: '/', headers: { cookie, 'sec-fetch-site': site } });
  }
  for (const origin of [undefined, 'null', `http://127.0.0.1:${door.port + 1}`, `http://localhost:${door.port}`]) {
    const headers = { cookie, ...(origin === undefined ? {} : { origin }) };
    await refused({ path: '/', method: 'POST', headers }, 'x');
    await refused({ path: '/mint-key', method: 'POST', headers });
  }
  seen = [];
  const answer = await ask({ path: '/', method: 'POST', headers: { cookie, origin: `http://${host}` } }, 'a body');
  assert.equal(answer.status, 418);
  assert.equal(seen[0].body, 'a body');
});

test('/mint-key gives the 32 bytes to our own page', async () => {
  const headers = { cookie, origin: `http://${host}` };
  const { status, body } = await ask({ path: '/mint-key', method: 'POST', headers });
  assert.equal(status, 200);
  assert.deepEqual(body, mintKey);
  await refused({ path: '/mint-key', method: 'POST', headers: { origin: `http://${host}` } });
});

test('a websocket passes with cookie and origin, and with nothing less', async () => {
  const origin = `http://${host}`;
  assert.deepEqual(await upgrade('/', { cookie, origin }), { status: 101, echo: 'through' });
  assert.equal((await upgrade('/refused', { cookie, origin })).status, 404);
  seen = [];
  assert.equal((await upgrade('/', { origin })).status, 403);
  assert.equal((await upgrade('/', { cookie })).status, 403);
  assert.equal((await upgrade('/', { cookie, origin: 'http://evil.example' })).status, 403);
  assert.equal((await upgrade('/', { cookie, origin, host: 'evil.example' })).status, 403);
  assert.deepEqual(seen, []);
});

test('a wished port is taken if it is free, and another if it is not', async () => {
  const second = await openDoor({ socketPath: join(folder, 's'), mintKey, port: door.port });
  assert.notEqual(second.port, door.port);
  const { port } = second;
  await second.close();
  const third = await openDoor({ socketPath: join(folder, 's'), mintKey, port });
  assert.equal(third.port, port);
  assert.notEqual(third.address, second.address);
  await third.close();
});

test('when nothing listens behind, the answer is 502', async () => {
  const lonely = await openDoor({ socketPath: join(folder, 'nobody'), mintKey, port: 0 });
  const opened = await ask({ port: lonely.port, path: new URL(lonely.address).pathname });
  const its = opened.headers['set-cookie']![0].split(';')[0];
  assert.equal((await ask({ port: lonely.port, path: '/', headers: { cookie: its } })).status, 502);
  await lonely.close();
});

test('a closed door has ended its websockets and takes nobody in', async () => {
  const closing = await openDoor({ socketPath: join(folder, 's'), mintKey, port: 0 });
  const { origin, pathname } = new URL(closing.address);
  const opened = await ask({ port: closing.port, path: pathname });
  const asked = request({
    ...{ host: '127.0.0.1', port: closing.port, path: '/' },
    headers: {
      ...{ connection: 'Upgrade', upgrade: 'websocket', origin },
      cookie: opened.headers['set-cookie']![0].split(';')[0],
    },
  }).end();
  const [, socket] = (await once(asked, 'upgrade')) as [unknown, Duplex];
  socket.resume();
  const ended = once(socket, 'close');
  await closing.close();
  await ended;
  await assert.rejects(ask({ port: closing.port, path: pathname }), { code: 'ECONNREFUSED' });
});
