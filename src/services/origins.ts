/** Which addresses a service's base URL, key and results may have. */
import { failed, ok, type Result } from '../fill/faults.ts';
import { redact, safeUrl } from './redact.ts';

/** Names and addresses of this machine; `host` as URL.hostname gives it. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

const bare = (url: URL): boolean => url.username === '' && url.password === '';

/** A name that public DNS can know: no IP address, no name of this machine or of a local network. */
const publicName = (host: string): boolean =>
  /^(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*$/.test(host) &&
  !/(?:^|\.)(?:localhost|local|internal|lan|home|intranet|localdomain|home\.arpa|test|invalid|example)$/.test(host);

const parse = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/**
 * A base URL (everything before `/v1/`) as it is used: https, or http on loopback; without user, query and fragment; the
 * path prefix stays, the slash at its end goes. Anything else is `service.baseUrl`.
 */
export const checkBaseUrl = (text: string): Result<string> => {
  const url = parse(text.trim());
  const usable =
    url !== undefined &&
    bare(url) &&
    url.search === '' &&
    url.hash === '' &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
  return usable
    ? ok(url.origin + url.pathname.replace(/\/+$/, ''))
    : failed('service.baseUrl', { url: url === undefined ? redact(text) : safeUrl(text) });
};

/** The hosts of one service, as its own file knows them. Both are asked for https addresses on the default port only. */
export interface Hosts {
  /** Hosts of the service itself, which share its key: its regions, its polling and upload addresses. */
  readonly own: (hostname: string) => boolean;
  /** Hosts besides those where the service keeps its results; they never get a key. */
  readonly results: (hostname: string) => boolean;
}

/** True for `domain` and every host under it. */
export const within = (hostname: string, domain: string): boolean =>
  hostname === domain || hostname.endsWith(`.${domain}`);

const secure = (url: URL): boolean => url.protocol === 'https:' && url.port === '';
const isOwn = (url: URL, hosts: Hosts): boolean => secure(url) && hosts.own(url.hostname);

/**
 * Whether the key of `base` may be sent to `address`: the same scheme, host and port; where `base` is one of the
 * service's own hosts, every other of them.
 */
export const mayReceiveKey = (address: string, base: string, hosts: Hosts): boolean => {
  const url = parse(address);
  const home = new URL(base);
  if (url === undefined || !bare(url)) return false;
  return url.origin === home.origin || (isOwn(home, hosts) && isOwn(url, hosts));
};

/**
 * Whether a result may be downloaded from `address` (never with a key): the service's own hosts and those of its
 * results, the origin of the base URL, any http origin on loopback when the base is on loopback, and any https host with
 * a public name when the base is somebody else's https service.
 */
export const mayHoldResult = (address: string, base: string, hosts: Hosts): boolean => {
  const url = parse(address);
  const home = new URL(base);
  if (url === undefined || !bare(url)) return false;
  if (url.origin === home.origin || isOwn(url, hosts) || (secure(url) && hosts.results(url.hostname))) return true;
  if (isLoopback(home.hostname)) return url.protocol === 'http:' && isLoopback(url.hostname);
  return !isOwn(home, hosts) && url.protocol === 'https:' && publicName(url.hostname);
};

export const hostOf = (address: string): string => {
  const url = parse(address);
  return url === undefined ? redact(address) : url.host || url.protocol;
};
