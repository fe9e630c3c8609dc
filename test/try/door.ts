/**
 * The door before VS Code's server. Whoever reaches that server has a shell of the person who started it, so it listens
 * on a socket only this person may open, and this proxy on 127.0.0.1 lets in a browser that brought the token.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface DoorOptions {
  /** Path of the socket that the server behind listens on. */
  readonly socketPath: string;
  /** The 32 bytes that VS Code's page asks for by POST /mint-key, its half of what encrypts stored secrets. */
  readonly mintKey: Buffer;
  /** Wished port; a free one if it is taken or 0. */
  readonly port: number;
}

export interface Door {
  /** `http://127.0.0.1:PORT/open/TOKEN`: sets the cookie, then leads to `/` with the query it was opened with. */
  readonly address: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Opens the door; the token lives as long as it does. Rejects if 127.0.0.1 has no free port. */
export async function openDoor({ socketPath, mintKey, port: wished }: DoorOptions): Promise<Door> {
  const token = randomBytes(32).toString('hex');
  const server = createServer((incoming, response) => {
    const refusal = refuse(incoming, port, token);
    if (isOpening(incoming, port, token)) letIn(incoming, response, port, token);
    else if (refusal !== undefined) response.writeHead(403, plain).end(`${refusal}\n`);
    else if (incoming.method === 'POST' && pathOf(incoming) === '/mint-key')
      response.writeHead(200, bytes).end(mintKey);
    else passOn(incoming, response, socketPath);
  });
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refusal = refuse(incoming, port, token);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n${refusal}\n`);
      return;
    }
    upgraded.add(socket.once('close', () => upgraded.delete(socket)));
    passOnUpgrade(incoming, socket, head, socketPath);
  });
  const port = await listen(server, wished).catch(() => listen(server, 0));
  return {
    address: `http://127.0.0.1:${port}/open/${token}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

const plain = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
const bytes = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' };

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0];

/** Browsers send cookies of 127.0.0.1 to every port of it; the name keeps two doors apart. */
const cookieName = (port: number): string => `flux-fill-${port}`;

const same = (one: string, other: string): boolean =>
  timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest());

/** Another name for this machine, as a page that rebinds its own name would send it, is refused. */
const isOurHost = ({ host }: IncomingHttpHeaders, port: number): boolean =>
  host === `127.0.0.1:${port}` || host === `localhost:${port}`;

function isOpening(incoming: IncomingMessage, port: number, token: string): boolean {
  return incoming.method === 'GET' && isOurHost(incoming.headers, port) && same(pathOf(incoming), `/open/${token}`);
}

/** Why a request is refused, a sentence for the person who sees it; undefined lets it pass. */
function refuse({ method, headers }: IncomingMessage, port: number, token: string): string | undefined {
  if (!isOurHost(headers, port)) return 'This address is served as 127.0.0.1 and localhost only.';
  const cookies = (headers.cookie ?? '').split(/;\s*/);
  if (!cookies.some((cookie) => same(cookie, `${cookieName(port)}=${token}`))) {
    return 'Open the whole address that npm start has printed.';
  }
  // A page on another port of this machine is of the same site, so the cookie comes with what it asks for.
  const site = headers['sec-fetch-site'];
  const reads = (method === 'GET' || method === 'HEAD') && headers.upgrade === undefined;
  const foreign =
    site === 'same-site' || site === 'cross-site' || (!reads && headers.origin !== `http://${headers.host}`);
  if (foreign) return 'This request came from another page.';
  return undefined;
}

/** A page that moves on by itself, not a redirect: a link followed from elsewhere would not take the strict cookie along. */
function letIn({ url = '' }: IncomingMessage, response: ServerResponse, port: number, token: string): void {
  const query = new URL(url, 'http://127.0.0.1').search.replaceAll('"', '%22');
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'set-cookie': `${cookieName(port)}=${token}; Path=/; HttpOnly; SameSite=Strict`,
  });
  response.end(
    `<!doctype html><title>Flux Fill</title><meta http-equiv="refresh" content="0; url=/${query.replaceAll('&', '&amp;')}">`,
  );
}

/** The cookie is ours alone: nothing behind the door sees the token. */
function headersBehind({ headers }: IncomingMessage): IncomingHttpHeaders {
  const { cookie: _, ...rest } = headers;
  return rest;
}

function passOn(incoming: IncomingMessage, response: ServerResponse, socketPath: string): void {
  const { method, url: path } = incoming;
  const onward = request({ socketPath, method, path, headers: headersBehind(incoming) }, (answer) => {
    // Nobody else's page may hold ours in a frame.
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'x-frame-options': 'SAMEORIGIN' });
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  onward.once('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, plain).end('VS Code does not answer.\n');
  });
  response.once('close', () => onward.destroy());
  incoming.pipe(onward);
}

function passOnUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, socketPath: string): void {
  const { method, url: path } = incoming;
  const onward = request({ socketPath, method, path, headers: headersBehind(incoming) });
  onward.once('upgrade', (answer, behind, rest) => {
    socket.write(`${statusLine(answer)}${answer.rawHeaders.map(headerPart).join('')}\r\n`);
    socket.write(rest);
    behind.write(head);
    behind.pipe(socket).pipe(behind);
    behind.once('error', () => socket.destroy());
    behind.once('close', () => socket.destroy());
    socket.once('close', () => behind.destroy());
  });
  onward.once('response', (answer) => socket.end(`${statusLine(answer)}Connection: close\r\n\r\n`));
  onward.once('error', () => socket.destroy());
  onward.end();
}

const statusLine = ({ statusCode, statusMessage }: IncomingMessage): string =>
  `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`;

/** Raw headers alternate between names and values. */
const headerPart = (part: string, index: number): string => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`);
