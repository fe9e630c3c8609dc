/**
 * What undici tells of the requests and connections of this process, by the diagnostics channels that Node's own fetch,
 * VS Code's and the package share (nodejs/undici, docs/api/DiagnosticsChannel.md). Where another fetch runs, nothing is
 * told, and nothing is concluded.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/**
 * So many lost connections of one call are a loop. undici 7 repeats a CONNECT that the proxy closes at once and without
 * end, in VS Code's fetch too: 4,900 times in 4 s at half a core (measured in 1.139.1; github.com/microsoft/vscode/issues/326765).
 */
const loop = 20;

export interface Wire {
  /** True only where it is certain that no part of the request left this process. */
  readonly unsent: () => boolean;
  readonly stop: () => void;
}

/** Watches one request, from before its fetch; `onLoop` is called where its connection is lost again and again. */
export const watchWire = (url: string, method: string, onLoop: () => void): Wire => {
  const { origin, hostname, pathname, search } = new URL(url);
  const made = new Set<object>();
  let left = false;
  let lost = 0;

  const isOurs = (request: object): boolean =>
    'origin' in request &&
    'path' in request &&
    'method' in request &&
    String(request.origin) === origin &&
    request.path === pathname + search &&
    request.method === method;
  const requestOf = (message: unknown): object | undefined => {
    const request = (message as { readonly request?: unknown } | undefined)?.request;
    return typeof request === 'object' && request !== null ? request : undefined;
  };

  const listeners: Readonly<Record<string, (message: unknown) => void>> = {
    'undici:request:create': (message) => {
      const request = requestOf(message);
      if (request !== undefined && isOurs(request)) made.add(request);
    },
    'undici:client:sendHeaders': (message) => {
      const request = requestOf(message);
      if (request !== undefined && made.has(request)) left = true;
    },
    'undici:client:connectError': (message) => {
      const { connectParams, error } = message as {
        readonly connectParams?: { readonly hostname?: string };
        readonly error?: { readonly code?: string };
      };
      if (connectParams?.hostname !== hostname || error?.code !== 'UND_ERR_SOCKET') return;
      lost++;
      if (lost === loop) onLoop();
    },
  };
  for (const [name, listener] of Object.entries(listeners)) subscribe(name, listener);
  return {
    unsent: () => made.size > 0 && !left,
    stop: () => {
      for (const [name, listener] of Object.entries(listeners)) unsubscribe(name, listener);
    },
  };
};
