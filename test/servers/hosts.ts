/** The three servers of an emulator on 127.0.0.1: its API, the place of its results, and a stranger to no key. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';

const names = ['api', 'delivery', 'stranger'] as const;
type HostName = (typeof names)[number];

export interface Entry {
  readonly server: HostName;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Bytes of the body. */
  readonly bytes: number;
  /** The body of a submit as it was parsed. */
  readonly body?: Readonly<Record<string, unknown>>;
  status: number;
}

export type Handle = (request: IncomingMessage, response: ServerResponse, url: URL, entry: Entry) => Promise<unknown>;

export interface OpenHosts {
  readonly urls: Readonly<Record<HostName, string>>;
  /** Where `secureNames` are, as `startProxy` takes them. */
  readonly places: Readonly<Record<string, string>>;
  readonly log: readonly Entry[];
  readonly stop: () => Promise<void>;
}

export const read = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

const listen = async (server: Server, port: number): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** Names of a secure API and delivery, which only a proxy finds; example.com is nobody's (RFC 2606). */
export const secureNames = ['api.example.com', 'delivery.example.com'] as const;

export interface Tls {
  readonly key: Buffer;
  readonly cert: Buffer;
}

const stranger: Handle = (_request, response) => Promise.resolve(response.writeHead(200).end('{}'));

/**
 * `port` is the API's; 0 takes a free one. Requests under `/__` are not logged. With `tls`, API and delivery speak it, under
 * `secureNames`.
 */
export const openHosts = async (
  handles: { readonly api: Handle; readonly delivery: Handle },
  port: number,
  tls?: Tls,
): Promise<OpenHosts> => {
  const log: Entry[] = [];
  const serve = (name: HostName, handle: Handle) => {
    const listener: RequestListener = (request, response) => {
      const { method = '', url: path = '/', headers } = request;
      const entry: Entry = { server: name, method, path, headers, bytes: 0, status: 0 };
      if (!path.startsWith('/__')) log.push(entry);
      response.on('close', () => (entry.status = response.headersSent ? response.statusCode : 0));
      handle(request, response, new URL(path, 'http://emulator'), entry).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(599);
        response.end(String(error));
      });
    };
    return tls === undefined || name === 'stranger' ? createServer(listener) : createTlsServer(tls, listener);
  };
  const all = { ...handles, stranger };
  const servers = names.map((name) => serve(name, all[name]));
  const addresses = await Promise.all(servers.map((server, i) => listen(server, i === 0 ? port : 0)));
  const [api, delivery, strange] = addresses.map((address, i) =>
    tls === undefined || i === 2 ? address : `https://${secureNames[i]}`,
  );
  return {
    urls: { api, delivery, stranger: strange },
    places: Object.fromEntries(secureNames.map((name, i) => [`${name}:443`, addresses[i]])),
    log,
    stop: async () => {
      for (const server of servers) server.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
};
