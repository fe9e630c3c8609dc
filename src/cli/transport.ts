/**
 * The command line's transport: undici, with the proxies of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) and its
 * own deadlines off, because each call brings its own. Inside the editor VS Code's fetch is used instead.
 */
import {
  Agent,
  EnvHttpProxyAgent,
  Pool,
  fetch as undiciFetch,
  type Dispatcher,
  type RequestInit as UndiciInit,
} from 'undici';
import type { Fetch } from '../services/http.ts';
import { isLoopback } from '../services/origins.ts';

export interface Transport {
  readonly fetch: Fetch;
  /** Requests made so far. */
  readonly requests: () => number;
  readonly close: () => Promise<void>;
}

const noDeadlines = { headersTimeout: 0, bodyTimeout: 0 } as const;

/**
 * Milliseconds for what no call's signal reaches, because connections are shared: name, connection and TLS together, and
 * a proxy's answer to CONNECT.
 */
const shared = { connect: 10_000, tunnel: 30_000 };

/** Stands for a SOCKS proxy, which is not spoken to: undici's client for it is an experiment, and warns of itself. */
const socks = 'http://socks.invalid';

/** A proxy as people write it, like curl: http where no scheme is named. */
const addressOf = (...names: readonly string[]): string | undefined => {
  const text = names.map((name) => process.env[name]?.trim()).find((value) => value !== undefined && value !== '');
  if (text !== undefined && /^socks[a-z0-9]*:/i.test(text)) return socks;
  return text === undefined || /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
};

/** Fails before there is a connection, and only for what the proxy would be asked for (NO_PROXY, practice). */
const refuseSocks = (_asked: object, done: (error: Error, socket: null) => void): void =>
  done(Object.assign(new Error('a SOCKS proxy'), { code: 'ERR_PROXY_SOCKS' }), null);

/**
 * The connections to one proxy. undici takes a connection that the proxy closes for one to be opened anew, and repeats
 * the CONNECT at once and without end (13,000 times in 3 s, measured; github.com/nodejs/undici/issues/3897, mended in undici 8,
 * which needs a newer Node than we do). So a tunnel that was not opened is an error with a code of its own, as it is there.
 */
const proxyPool =
  (deadlines: typeof shared) =>
  (proxy: URL, options: object): Dispatcher => {
    const connecting = proxy.origin === socks ? { connect: refuseSocks } : {};
    const pool = new Pool(proxy.origin, { ...options, ...connecting, headersTimeout: deadlines.tunnel });
    const open: (asked: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData> = pool.connect.bind(pool);
    const connect: typeof open = (asked) =>
      open(asked).catch((cause: unknown) => {
        throw Object.assign(new Error('the proxy opened no tunnel', { cause }), { code: 'UND_ERR_PRX_CONN' });
      });
    return Object.assign(pool, { connect });
  };

/**
 * This machine's own addresses are reached directly: what is meant for them, a key too, must not leave the machine. An
 * empty NO_PROXY asks for the proxy there as well. Throws where the address of a proxy cannot be read.
 */
export const createTransport = (deadlines: typeof shared = shared): Transport => {
  const options = { ...noDeadlines, connectTimeout: deadlines.connect };
  const direct = new Agent(options);
  const httpProxy = addressOf('http_proxy', 'HTTP_PROXY');
  const httpsProxy = addressOf('https_proxy', 'HTTPS_PROXY');
  const proxied = new EnvHttpProxyAgent({
    ...options,
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    requestTls: { timeout: deadlines.connect },
    proxyTls: { timeout: deadlines.connect },
    clientFactory: proxyPool(deadlines),
  });
  const everything = (process.env['no_proxy'] ?? process.env['NO_PROXY']) === '';
  const dispatcherFor = (url: string): Dispatcher =>
    isLoopback(new URL(url).hostname) && !everything ? direct : proxied;
  let count = 0;
  return {
    fetch: async (input, init) => {
      count += 1;
      const dispatcher = dispatcherFor(input);
      return (await undiciFetch(input, { ...(init as UndiciInit), dispatcher })) as unknown as Response;
    },
    requests: () => count,
    close: async () => {
      await Promise.all([direct.destroy(), proxied.destroy()]);
    },
  };
};
