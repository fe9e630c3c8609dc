/**
 * A forward proxy on 127.0.0.1 as companies run them: CONNECT tunnels and requests in absolute form (RFC 9110, 9.3.6 and
 * RFC 9112, 3.2.2), with or without Basic authentication, and with the faults that such proxies have. It knows names that
 * no name server knows, so that what reaches them went through it.
 */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * `serve` opens tunnels; `refuse` answers 403 with an HTML page; `hang` never answers a CONNECT; `close` ends the
 * connection instead of answering; `cut` opens the tunnel and ends it at the first byte; `deaf` opens it and answers
 * nothing.
 */
export type Manner = 'serve' | 'refuse' | 'hang' | 'close' | 'cut' | 'deaf';

export interface Settings {
  readonly manner: Manner;
  /** `user:password` that must be brought; undefined: nobody is asked. */
  readonly credentials: string | undefined;
  /** Where names are, as `{'api.example.com:443': 'http://127.0.0.1:PORT'}`; others are taken as they are. */
  readonly places: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly method: string;
  /** `host:port` of a CONNECT, the whole address otherwise. */
  readonly target: string;
  readonly authorization: string | undefined;
}

export interface Proxy {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** What was asked for, in order, with every manner. */
  readonly asked: readonly Asked[];
  /** Tunnels and forwarded requests that were let through. */
  readonly served: () => number;
  /** All bytes that went through tunnels and in plain requests, as latin1: what the owner of the proxy can read. */
  readonly seen: () => string;
  control(change: Partial<Settings>): void;
  /** Ends every connection that stands. */
  drop(): void;
  stop(): Promise<void>;
}

export const startProxy = async (
  places: Readonly<Record<string, string>> = {},
  given: Partial<Settings> = {},
): Promise<Proxy & AsyncDisposable> => {
  let settings: Settings = { manner: 'serve', credentials: undefined, places, ...given };
  const asked: Asked[] = [];
  const sockets = new Set<Duplex>();
  let served = 0;
  let seen = '';

  const keep = (socket: Duplex): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const read = (part: Buffer): void => {
    seen += part.toString('latin1');
  };
  const placeOf = (host: string): URL => new URL(settings.places[host] ?? `http://${host}`);

  /** Notes the request; true where it may pass. */
  const enter = (request: IncomingMessage): boolean => {
    const authorization = request.headers['proxy-authorization'];
    asked.push({ method: request.method!, target: request.url!, authorization });
    const { credentials } = settings;
    return credentials === undefined || authorization === `Basic ${Buffer.from(credentials).toString('base64')}`;
  };

  const page = '<!doctype html><title>Blocked</title><h1>This site is blocked</h1>';
  const say = (socket: Duplex, status: string, headers: readonly string[], body = ''): void => {
    socket.end(
      [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${body.length}`, 'Connection: close', '', body].join('\r\n'),
    );
  };

  const tunnel = (socket: Duplex, head: Buffer, target: string): void => {
    const { hostname, port } = placeOf(target);
    const far = connect(Number(port), hostname, () => {
      served++;
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.write(head);
      socket.on('data', read).pipe(far);
      far.on('data', read).pipe(socket);
    });
    keep(far);
    far.on('error', () => say(socket, '502 Bad Gateway', []));
    far.on('close', () => socket.destroy());
    socket.on('close', () => far.destroy());
  };

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const passes = enter(request);
    if (settings.manner === 'close') return void request.socket.destroy();
    if (settings.manner === 'hang') return;
    if (!passes) return void response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
    if (settings.manner === 'refuse') return void response.writeHead(403, { 'content-type': 'text/html' }).end(page);
    const { host, pathname, search } = new URL(request.url!);
    const { hostname, port } = placeOf(host);
    const { 'proxy-authorization': _secret, ...headers } = request.headers;
    const onwards = forward({ hostname, port, path: pathname + search, method: request.method, headers }, (answer) => {
      served++;
      response.writeHead(answer.statusCode!, answer.headers);
      answer.on('data', read).pipe(response);
    });
    onwards.on('error', () => response.writeHead(502).end());
    request.on('data', read).pipe(onwards);
  });
  server.on('connection', (socket: Socket) => keep(socket));
  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const passes = enter(request);
    const { manner } = settings;
    if (manner === 'close') return void socket.destroy();
    if (manner === 'hang') return;
    if (!passes) return say(socket, '407 Proxy Authentication Required', ['Proxy-Authenticate: Basic realm="proxy"']);
    if (manner === 'refuse') return say(socket, '403 Forbidden', ['Content-Type: text/html'], page);
    if (manner === 'serve') return tunnel(socket, head, request.url!);
    served++;
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (manner === 'cut') socket.once('data', () => socket.end());
    else socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    drop();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    served: () => served,
    seen: () => seen,
    control: (change) => (settings = { ...settings, ...change }),
    drop,
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
