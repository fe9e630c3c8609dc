/**
 * Files for fal: as data URIs inside the request, or uploaded to its storage first. What is uploaded can be read by
 * anybody who knows its address, so that it expires after a day. Sources: facts/providers.md 2.3 and 2.5.
 */
import * as v from 'valibot';
import { failed, ok, type Fault, type Result } from '../fill/faults.ts';
import { falRefusal } from './fal-faults.ts';
import { initiatedSchema } from './fal-shapes.ts';
import { call, caps, intercepted, jsonOf, retryAfter, type Answer, type Failure, type HttpDeps } from './http.ts';
import { hostOf, isLoopback, within } from './origins.ts';
import { isTurnedAway, patience, patiently, pauseAfter, turnedAway, type Attempt } from './submits.ts';

/** `auto`: by upload what is too large for a data URI. */
export type UploadRule = 'auto' | 'always' | 'never';

/**
 * Characters of both data URIs together above which `auto` uploads. fal names no limit of its own; 10 MB is what common
 * gateways take as one request. Two images of noise at the largest window, 1440 × 1440, are 8.3 MB: what we send stays
 * private unless fal itself says that it is too large (HTTP 413).
 */
export const inlineLimit = 10_000_000;

const deadline = 120_000;

/** Seconds that an uploaded file is kept: longer than any task waits. */
const expiry = 86_400;

/** https addresses of fal's storage, the origin of the base URL, and loopback where the base is there. */
export const mayHoldUpload = (address: string, base: string): boolean => {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  const home = new URL(base);
  if (url.username !== '' || url.password !== '') return false;
  if (url.origin === home.origin) return true;
  if (isLoopback(home.hostname)) return url.protocol === 'http:' && isLoopback(url.hostname);
  return (
    url.protocol === 'https:' && url.port === '' && ['fal.media', 'fal.ai'].some((own) => within(url.hostname, own))
  );
};

/** Sends JSON with the key. */
export type Post = (
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<{ readonly outcome: Answer | Failure; readonly hidden: readonly string[] } | { readonly keyFault: Fault }>;

interface Place {
  readonly uploadUrl: string;
  readonly fileUrl: string;
}

/**
 * The storage of one base URL. `initiate` asks for a place and is free; `upload` gives the address of the uploaded file.
 * Whatever goes wrong here, no task was made.
 */
export const falStorage = (
  deps: HttpDeps,
  home: { readonly baseUrl: string; readonly storageUrl: string },
  post: Post,
) => {
  const origin = new URL(home.storageUrl).origin;

  const initiateOnce = async (name: string, attempt: number, signal: AbortSignal): Promise<Attempt<Result<Place>>> => {
    const asked = await post(
      `${home.storageUrl}/storage/upload/initiate?storage_type=fal-cdn-v3`,
      JSON.stringify({ content_type: 'image/png', file_name: name }),
      { 'x-fal-object-lifecycle': JSON.stringify({ expiration_duration_seconds: expiry }) },
      signal,
    );
    if ('keyFault' in asked) return { outcome: { ok: false, fault: asked.keyFault } };
    const { outcome, hidden } = asked;
    if (outcome.kind === 'failure') return { outcome: { ok: false, fault: outcome.fault } };
    const { status } = outcome;
    if (isTurnedAway(status))
      return {
        outcome: { ok: false, fault: turnedAway(status, origin, attempt) },
        again: pauseAfter(attempt, retryAfter(outcome.headers, deps.clock.now(), patience.longestWait)),
      };
    if (status >= 500) return { outcome: failed('service.unavailable', { origin, status }) };
    if (status < 200 || status >= 300) return { outcome: { ok: false, fault: falRefusal(outcome, origin, hidden) } };
    const reply = v.safeParse(initiatedSchema, jsonOf(outcome));
    if (!reply.success) {
      const between = intercepted(outcome, home.storageUrl);
      return { outcome: between === undefined ? failed('service.answer', { origin }) : { ok: false, fault: between } };
    }
    return { outcome: ok({ uploadUrl: reply.output.upload_url, fileUrl: reply.output.file_url }) };
  };

  const initiate = (name: string, signal: AbortSignal): Promise<Result<Place>> =>
    patiently(deps.clock, (attempt) => initiateOnce(name, attempt, signal), signal);

  const putOnce = async (
    url: string,
    png: Uint8Array,
    attempt: number,
    signal: AbortSignal,
  ): Promise<Attempt<Result<undefined>>> => {
    const outcome = await call(
      deps,
      {
        url,
        method: 'PUT',
        headers: { 'content-type': 'image/png' },
        body: new Uint8Array(png),
        deadline,
        cap: caps.json,
        hidden: [],
        capability: true,
      },
      signal,
    );
    if (outcome.kind === 'failure') {
      const again =
        outcome.why === 'broken' || outcome.why === 'timeout' ? { again: pauseAfter(attempt, undefined) } : {};
      return { outcome: { ok: false, fault: outcome.fault }, ...again };
    }
    const { status, headers } = outcome;
    if (status >= 200 && status < 300) return { outcome: ok(undefined) };
    const told = retryAfter(headers, deps.clock.now(), patience.longestWait);
    const again = status === 408 || status === 429 || status >= 500 ? { again: pauseAfter(attempt, told) } : {};
    return { outcome: failed('service.upload', { host: hostOf(url), status }), ...again };
  };

  const upload = async (name: string, png: Uint8Array, signal: AbortSignal): Promise<Result<string>> => {
    const place = await initiate(name, signal);
    if (!place.ok) return place;
    const { uploadUrl, fileUrl } = place.value;
    const stranger = [uploadUrl, fileUrl].find((address) => !mayHoldUpload(address, home.baseUrl));
    if (stranger !== undefined) return failed('service.uploadAddress', { origin, host: hostOf(stranger) });
    const put = await patiently(deps.clock, (attempt) => putOnce(uploadUrl, png, attempt, signal), signal);
    return put.ok ? ok(fileUrl) : put;
  };

  return { initiate, upload };
};
