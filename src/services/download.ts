/**
 * Downloads a result by its link: from trusted places, within the life of the link, without the key (except where the
 * service itself keeps the result behind it).
 */
import { failed, fault, ok, type Result } from '../fill/faults.ts';
import type { Fetched } from '../fill/service.ts';
import { call, caps, intercepted, retryAfter, type Answer, type Failure, type HttpDeps } from './http.ts';
import { hostOf, mayHoldResult, mayReceiveKey, type Hosts } from './origins.ts';

/** Milliseconds: one attempt, and the time after which no other begins. */
const deadlines = { attempt: 120_000, all: 120_000 } as const;
const attempts = 3;
const hops = 3;
const longestWait = 30_000;

/** The end of a signed link's life in milliseconds since 1970: `se` of an Azure shared access signature. */
export const linkEnd = (link: string): number | undefined => {
  const text = URL.canParse(link) ? new URL(link).searchParams.get('se') : null;
  const end = Date.parse(text ?? '');
  return Number.isNaN(end) ? undefined : end;
};

/** The media type that the first bytes tell, for the formats a service can send. */
export const sniff = (bytes: Uint8Array): string | undefined => {
  const starts = (text: string, at = 0): boolean =>
    Array.from(text).every((char, i) => bytes[at + i] === char.charCodeAt(0));
  if (starts('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (starts('\xff\xd8\xff')) return 'image/jpeg';
  return starts('RIFF') && starts('WEBP', 8) ? 'image/webp' : undefined;
};

type Download = { readonly kind: 'got'; readonly fetched: Fetched } | { readonly kind: 'dead' } | Failed;
interface Failed {
  readonly kind: 'failed';
  readonly result: { readonly ok: false; readonly fault: ReturnType<typeof fault> };
  /** Milliseconds until it may be tried again; absent = it would end the same way. */
  readonly again?: number;
}

const stop = (failure: Failed['result'], again?: number): Failed =>
  again === undefined ? { kind: 'failed', result: failure } : { kind: 'failed', result: failure, again };

export interface Place {
  readonly baseUrl: string;
  readonly hosts: Hosts;
  /** The headers that carry the key, for results that the service's own host gives to nobody else (401). */
  readonly keyHeaders?: () => Promise<Result<Readonly<Record<string, string>>>>;
}

/**
 * Makes the download of one service. `link` is the result's address where it is known; `freshLink` asks the service for
 * it. A link that is past its `se` is asked for again before it is used; a dead one (403, 404, 410) is asked for again
 * once and tried even if it is unchanged. Broken, cut and turned-away downloads are tried up to 3 times.
 */
export const downloader = (deps: HttpDeps, place: Place) => {
  const judge = (answer: Answer, link: string): Download => {
    const { status, headers, bytes } = answer;
    const host = hostOf(link);
    const between = intercepted(answer, link);
    if (between !== undefined) return stop({ ok: false, fault: between }, 2000);
    if (status === 403 || status === 404 || status === 410) return { kind: 'dead' };
    if (status !== 200) {
      const wait = status === 408 || status === 429 || status >= 500;
      return stop(
        failed('service.noAnswer', { origin: host, status }),
        wait ? (retryAfter(headers, deps.clock.now(), longestWait) ?? 2000) : undefined,
      );
    }
    const told = (headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase();
    const type = sniff(bytes) ?? (told.startsWith('image/') && bytes.length > 0 ? told : undefined);
    return type === undefined
      ? stop(failed('service.resultType', { type: /^[\w.+-]+\/[\w.+-]+$/.test(told) ? told : 'something' }))
      : { kind: 'got', fetched: { bytes, type } };
  };

  const get = (
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer | Failure> =>
    call(
      deps,
      {
        url,
        method: 'GET',
        headers: { accept: 'image/*', ...headers },
        deadline: deadlines.attempt,
        cap: caps.result,
        hidden: Object.values(headers),
        capability: true,
      },
      signal,
    );

  /** Asks without the key first; with it only where the host shares it and asked for it. */
  const ask = async (url: string, signal: AbortSignal): Promise<Answer | Failure> => {
    const outcome = await get(url, {}, signal);
    if (outcome.kind === 'failure' || outcome.status !== 401 || place.keyHeaders === undefined) return outcome;
    if (!mayReceiveKey(url, place.baseUrl, place.hosts)) return outcome;
    const headers = await place.keyHeaders();
    return headers.ok ? get(url, headers.value, signal) : outcome;
  };

  const follow = async (link: string, signal: AbortSignal): Promise<Answer | Failure> => {
    let url = link;
    for (let hop = 0; ; hop++) {
      if (!mayHoldResult(url, place.baseUrl, place.hosts)) {
        const host = hostOf(url);
        // A redirect to a stranger can be the login page of a network, and is gone when the person has logged in.
        const why =
          hop === 0
            ? fault('service.resultAddress', { host })
            : fault('service.redirect', { origin: hostOf(link), host });
        return { kind: 'failure', why: 'redirect', sent: hop > 0, fault: why };
      }
      const outcome = await ask(url, signal);
      if (outcome.kind === 'answer' || outcome.location === undefined || hop === hops) return outcome;
      url = outcome.location;
    }
  };

  const once = async (link: string, signal: AbortSignal): Promise<Download> => {
    const outcome = await follow(link, signal);
    if (outcome.kind === 'answer') return judge(outcome, link);
    const passing = outcome.why === 'broken' || outcome.why === 'timeout' || outcome.why === 'unreachable';
    return stop({ ok: false, fault: outcome.fault }, passing ? 1000 : undefined);
  };

  const patiently = async (link: string, end: number, signal: AbortSignal): Promise<Download> => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await once(link, signal);
      if (outcome.kind !== 'failed' || outcome.again === undefined || attempt === attempts) return outcome;
      const wait = outcome.again * attempt;
      if (deps.clock.now() + wait > end || signal.aborted) return outcome;
      await deps.clock.sleep(wait, signal);
    }
  };

  return async (
    id: string,
    link: string | undefined,
    freshLink: () => Promise<Result<string>>,
    signal: AbortSignal,
  ): Promise<Result<Fetched>> => {
    const end = deps.clock.now() + deadlines.all;
    const askAgain = async (): Promise<Result<string>> => {
      for (let attempt = 1; ; attempt++) {
        const fresh = await freshLink();
        if (fresh.ok || !passing(fresh.fault.code) || attempt === attempts || signal.aborted) return fresh;
        await deps.clock.sleep(1000 * attempt, signal);
      }
    };

    let current: Result<string> = link === undefined ? await askAgain() : ok(link);
    if (link !== undefined && (linkEnd(link) ?? Number.POSITIVE_INFINITY) < deps.clock.now()) {
      const fresh = await askAgain();
      if (fresh.ok) current = fresh;
    }
    for (let asked = 0; ; asked++) {
      if (!current.ok) return current;
      const outcome = await patiently(current.value, end, signal);
      if (outcome.kind === 'got') return ok(outcome.fetched);
      if (outcome.kind === 'failed') return outcome.result;
      if (asked === 1) return failed('service.resultGone', { id });
      current = await askAgain();
    }
  };
};

/** Whether a download that failed so may work when it is tried again. */
export const passing = (code: string): boolean =>
  code.startsWith('network.') || /^service\.(?:noAnswer|answer|redirect)$/.test(code);
