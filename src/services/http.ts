/**
 * Calls to services: deadlines, caps on what is read, trusted origins, and typed failures. The transport is a `fetch`
 * read at call time, because inside VS Code the host's own one carries the user's proxy and certificates and drops any
 * dispatcher it is given; deadlines are therefore abort signals (facts/vscode.md 0 and 2.6).
 */
import { fault, type Fault } from '../fill/faults.ts';
import { hostOf } from './origins.ts';
import { redact, safeUrl } from './redact.ts';
import { watchWire } from './wire.ts';

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** Milliseconds; `sleep` resolves at once when the signal aborts. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface HttpDeps {
  /** Gives the fetch of this moment. */
  readonly fetch: () => Fetch;
  readonly clock: Clock;
  readonly log: (level: 'error' | 'warn' | 'info' | 'debug', text: string) => void;
}

/** Bytes of an answer that are read: some services echo the pictures they were sent, in base64. */
export const caps = { json: 20_000_000, result: 64_000_000 } as const;

export interface CallRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Milliseconds for the whole call, the body included. */
  readonly deadline: number;
  /** Bytes of the body that are read at most. */
  readonly cap: number;
  /** Strings that must not reach a log. */
  readonly hidden: readonly string[];
  /** The address itself opens what lies there, so that logs and faults show its origin only. */
  readonly capability?: boolean;
}

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export interface Failure {
  readonly kind: 'failure';
  readonly why: 'stopped' | 'timeout' | 'unreachable' | 'certificate' | 'broken' | 'size' | 'redirect';
  /** False only where it is certain that the service did not get the request. */
  readonly sent: boolean;
  readonly fault: Fault;
  /** Where a redirect points, absolute. */
  readonly location?: string;
}

/** Settles with the promise, or rejects when the signal aborts, even if the promise never hears of it. */
const until = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(new DOMException('aborted', 'AbortError'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });

class TooLarge extends Error {}
class Truncated extends Error {}

const readBody = async (response: Response, cap: number, signal: AbortSignal): Promise<Uint8Array> => {
  const announced = Number(response.headers.get('content-length') ?? Number.NaN);
  if (announced > cap) throw new TooLarge();
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    while (reader !== undefined) {
      const { done, value } = await until(reader.read(), signal);
      if (done) break;
      length += value.length;
      if (length > cap) throw new TooLarge();
      parts.push(value);
    }
  } finally {
    reader?.cancel().catch(() => undefined);
  }
  if (!response.headers.has('content-encoding') && announced > length) throw new Truncated();
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

interface Cause {
  readonly code: string;
  /** Where it went wrong: before there was a connection, at a proxy on the way, or later. */
  readonly at: 'connecting' | 'proxy' | 'later';
}

/** undici's codes for a proxy that opened no tunnel, and Chromium's. */
const aboutProxy = /^(?:UND_ERR_PRX_|ERR_PROXY_|ERR_TUNNEL_|ERR_MANDATORY_PROXY_)/;

/** Node's words for a handshake that the other side cut: the request comes after it. */
const cutHandshake = /before secure TLS connection was established/;

/** What lies under `TypeError: fetch failed`; Electron's fetch names it in the message as `net::ERR_…`. */
const causeOf = (error: unknown, url: string): Cause => {
  if (error instanceof Truncated) return { code: 'truncated', at: 'later' };
  const messages: string[] = [];
  const codes: string[] = [];
  const { port, protocol } = new URL(url);
  const ownPort = Number(port || (protocol === 'https:' ? 443 : 80));
  let connecting = false;
  let proxy = false;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    messages.push(at.message);
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
    // Several addresses of one name, tried one after another, fail together (net.autoSelectFamily).
    if (at instanceof AggregateError) connecting = true;
    if ('syscall' in at && (at.syscall === 'connect' || at.syscall === 'getaddrinfo')) connecting = true;
    if (connecting && 'port' in at && typeof at.port === 'number') proxy ||= at.port !== ownPort;
  }
  const text = messages.join(' ');
  // Ports that no fetch connects to (WHATWG Fetch, 2.9).
  if (/\bbad port\b/.test(text)) return { code: 'blocked port', at: 'connecting' };
  // Ours are all http or https: it is the proxy's, which VS Code hands to undici as socks: or socks4a:.
  if (/\bInvalid URL protocol\b/.test(text)) return { code: 'ERR_PROXY_SOCKS', at: 'connecting' };
  const code = codes.at(-1) ?? /net::(ERR_\w+)/.exec(text)?.[1] ?? 'connection lost';
  const answered = /Proxy response \((\d{3})\)/.exec(text)?.[1];
  if (answered !== undefined) return { code: `HTTP ${answered}`, at: 'proxy' };
  if (proxy || [...codes, code].some((each) => aboutProxy.test(each))) return { code, at: 'proxy' };
  return { code, at: connecting || neverConnected.has(code) || cutHandshake.test(text) ? 'connecting' : 'later' };
};

const neverConnected = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_NAME_NOT_RESOLVED',
  'ERR_CONNECTION_REFUSED',
  'ERR_INTERNET_DISCONNECTED',
  'ERR_ADDRESS_UNREACHABLE',
  'ERR_CONNECTION_TIMED_OUT',
]);

/** How a proxy says that it wants to know who asks. */
const asksWho = /^(?:HTTP 407|ERR_PROXY_AUTH_\w+)$/;

/** OpenSSL's verification errors as Node names them, and Chromium's. */
const aboutCertificate = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET|DECRYPT)/.test(code);

/** An address as logs and faults show it. */
const shown = (url: string, request: CallRequest): string =>
  request.capability === true ? `${new URL(url).origin}/[…]` : safeUrl(url);

const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);

/** Why a call was ended from here, where it was. */
interface Ended {
  readonly stopped: boolean;
  readonly late: boolean;
  readonly looping: boolean;
  /** Nothing of the request left this process. */
  readonly unsent: boolean;
}

const explain = (error: unknown, request: CallRequest, { stopped, late, looping, unsent }: Ended): Failure => {
  const host = hostOf(request.url);
  const detail = `${request.method} ${shown(request.url, request)}`;
  if (stopped)
    return { kind: 'failure', why: 'stopped', sent: true, fault: fault('network.stopped', { host }, detail) };
  if (late)
    return {
      kind: 'failure',
      why: 'timeout',
      sent: !unsent,
      fault: fault('network.timeout', { host, seconds: seconds(request.deadline) }, detail),
    };
  if (error instanceof TooLarge)
    return {
      kind: 'failure',
      why: 'size',
      sent: true,
      fault: fault('service.resultSize', { limit: Math.round(request.cap / 1_000_000) }, detail),
    };
  const { code: cause, at }: Cause = looping ? { code: 'UND_ERR_SOCKET', at: 'proxy' } : causeOf(error, request.url);
  const failure = (why: Failure['why'], sent: boolean, code: Fault['code']): Failure => ({
    kind: 'failure',
    why,
    sent,
    fault: fault(code, { host, cause: redact(cause, request.hidden) }, detail),
  });
  if (aboutCertificate(cause)) return failure('certificate', false, 'network.certificate');
  if (cause === 'ERR_PROXY_SOCKS') return failure('unreachable', false, 'network.socks');
  if (at === 'proxy')
    return failure('unreachable', looping && !unsent, asksWho.test(cause) ? 'network.proxyAuth' : 'network.proxy');
  if (at === 'connecting') return failure('unreachable', false, 'network.unreachable');
  return failure('broken', !unsent, 'network.broken');
};

/** A header that no fetch accepts would come back inside its error message, so it is found before. */
const sendable = (headers: Readonly<Record<string, string>>): boolean =>
  Object.values(headers).every((value) => /^[\x20-\x7e]*$/.test(value));

/**
 * One call. Redirects are never followed: a 3xx is a failure that names its target. Never throws; every failure says
 * whether the request may have reached the service.
 */
export const call = async (deps: HttpDeps, request: CallRequest, signal: AbortSignal): Promise<Answer | Failure> => {
  const host = hostOf(request.url);
  if (signal.aborted)
    return { kind: 'failure', why: 'stopped', sent: false, fault: fault('network.stopped', { host }) };
  if (!sendable(request.headers))
    return { kind: 'failure', why: 'unreachable', sent: false, fault: fault('key.characters', { origin: host }) };

  const deadline = new AbortController();
  const finished = new AbortController();
  void deps.clock.sleep(request.deadline, finished.signal).then(() => {
    if (!finished.signal.aborted) deadline.abort();
  });
  const looping = new AbortController();
  const either = AbortSignal.any([signal, deadline.signal, looping.signal]);
  const wire = watchWire(request.url, request.method, () => looping.abort());
  const began = deps.clock.now();
  const line = (what: string): string =>
    `${request.method} ${shown(request.url, request)} -> ${what} (${deps.clock.now() - began} ms)`;
  try {
    const response = await until(
      deps.fetch()(request.url, {
        method: request.method,
        headers: request.headers,
        redirect: 'manual',
        signal: either,
        ...(request.body === undefined ? {} : { body: request.body }),
      }),
      either,
    );
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      response.body?.cancel().catch(() => undefined);
      const target = response.headers.get('location') ?? '';
      const location = URL.canParse(target, request.url) ? new URL(target, request.url).href : undefined;
      deps.log('warn', line(`redirect to ${location === undefined ? 'an unknown address' : shown(location, request)}`));
      return {
        kind: 'failure',
        why: 'redirect',
        sent: true,
        fault: fault('service.redirect', {
          origin: new URL(request.url).origin,
          host: location === undefined ? '?' : hostOf(location),
        }),
        ...(location === undefined ? {} : { location }),
      };
    }
    // The status of an error counts, however long its body is.
    const bytes = await readBody(response, request.cap, either).catch((error: unknown) => {
      if (error instanceof TooLarge && response.status >= 400) return new Uint8Array();
      throw error;
    });
    deps.log('debug', line(`HTTP ${response.status}, ${bytes.length} bytes`));
    return { kind: 'answer', status: response.status, headers: response.headers, bytes };
  } catch (error) {
    const failure = explain(error, request, {
      stopped: signal.aborted,
      late: deadline.signal.aborted,
      looping: looping.signal.aborted,
      unsent: wire.unsent(),
    });
    deps.log('warn', line(`${failure.fault.code} ${failure.fault.args.cause ?? ''}`.trim()));
    return failure;
  } finally {
    wire.stop();
    finished.abort();
  }
};

/** Milliseconds to wait as `Retry-After` says, in seconds or as an HTTP date (RFC 9110, 10.2.3), at most `most`. */
export const retryAfter = (headers: Headers, now: number, most: number): number | undefined => {
  const text = headers.get('retry-after')?.trim() ?? '';
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return text === '' || Number.isNaN(wait) ? undefined : Math.min(most, Math.max(0, wait));
};

const isPage = ({ headers, bytes }: Answer): boolean =>
  /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(headers.get('content-type') ?? '') ||
  /^\s*<(?:!doctype html|html)\b/i.test(new TextDecoder().decode(bytes.subarray(0, 200)));

/**
 * The fault of an answer that somebody on the way gave in place of the service: a network that wants a login first (511,
 * RFC 6585, 6), or an HTML page where no service sends one. A page that comes with
 * 429 or a 5xx is not judged here: gateways of the services themselves answer with such pages.
 */
export const intercepted = (answer: Answer, url: string): Fault | undefined => {
  const { status } = answer;
  const page = status < 500 && status !== 429 && isPage(answer);
  return page || status === 511 ? fault('network.page', { host: hostOf(url), status }) : undefined;
};

/** JSON of an answer, or undefined where it is none. */
export const jsonOf = (answer: Answer): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.bytes));
  } catch {
    return undefined;
  }
};
