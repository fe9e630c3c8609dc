/**
 * FLUX.1 Fill [pro] at fal, by its queue: the synchronous address of seeds/fal-flux-pro-fill.md gives no id to come back
 * to. Sources: that document, facts/providers.md section 2 and its traps.
 */
import * as v from 'valibot';
import { failed, fault, ok, type Fault, type Result } from '../fill/faults.ts';
import { known } from '../fill/known.ts';
import { safetyTolerance } from '../fill/parameters.ts';
import {
  fluxTime,
  type Abilities,
  type CancelOutcome,
  type Fetched,
  type Service,
  type ServiceRequest,
  type SubmitOutcome,
} from '../fill/service.ts';
import { dataUri, dataUriLength } from './data-uri.ts';
import type { ServiceDeps } from './deps.ts';
import { downloader, passing } from './download.ts';
import { falRefusal } from './fal-faults.ts';
import * as shapes from './fal-shapes.ts';
import { createTasks, decodeDataUri, type Memories } from './fal-tasks.ts';
import { falStorage, inlineLimit, type UploadRule } from './fal-upload.ts';
import { call, caps, intercepted, jsonOf, retryAfter, type Answer, type CallRequest } from './http.ts';
import { within, type Hosts } from './origins.ts';
import { worthHiding } from './redact.ts';
import { outcomeOf, patience, patiently, type Attempt } from './submits.ts';

export const falOrigin = 'https://queue.fal.run';

/** Where files are uploaded to when the base URL is fal's own; under another base URL its storage is expected there. */
const storageOrigin = 'https://rest.fal.ai';

/** A key goes to fal's run hosts and to its storage API, not to the rest of fal.ai. Results lie on its public CDN. */
export const falHosts: Hosts = {
  own: (hostname) => within(hostname, 'fal.run') || hostname === new URL(storageOrigin).hostname,
  results: (hostname) => within(hostname, 'fal.media'),
};

export const falAbilities: Abilities = {
  id: 'fal',
  name: 'fal',
  steps: null,
  guidance: null,
  safetyTolerance: { ...safetyTolerance, min: 1 },
  promptUpsampling: true,
  promptRequired: true,
  seed: true,
  resultFormats: ['png', 'jpeg'],
  imagesPerCall: 4,
  cancel: true,
  webhook: false,
  alphaRequest: false,
  ownPresets: false,
  usualTime: fluxTime,
  /** New accounts run 2 at once and let the rest wait. Jobs keep two back, and what waits with us is cancelled for sure. */
  activeTasks: 4,
  needsKey: true,
  price: { kind: 'megapixel', dollars: 0.05 },
};

/** Milliseconds for one call, its body included. */
const deadlines = { submit: 120_000, poll: 30_000, result: 120_000, storage: 30_000 } as const;

/** Bytes of an answer that carries up to four results as data URIs. */
const inlineCap = 2 * caps.result;

const between = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

const imagesOf = (request: ServiceRequest): number => between(request.images ?? 1, 1, falAbilities.imagesPerCall);

const bodyOf = (request: ServiceRequest, files: { readonly image: string; readonly mask: string }, inline: boolean) => {
  const { parameters } = request;
  const { min, max } = falAbilities.safetyTolerance!;
  return JSON.stringify({
    prompt: parameters.prompt,
    ...(parameters.seed === null ? {} : { seed: parameters.seed }),
    sync_mode: inline,
    num_images: imagesOf(request),
    output_format: parameters.resultFormat === 'jpeg' ? 'jpeg' : 'png',
    safety_tolerance: String(between(parameters.safetyTolerance, min, max)),
    enhance_prompt: parameters.promptUpsampling,
    image_url: files.image,
    mask_url: files.mask,
  });
};

/** What a service of fal is made from. */
export interface FalDeps extends ServiceDeps {
  /** How images are sent; absent: `auto`. */
  readonly upload?: UploadRule;
  /** Results come inside the answer and are not kept in the request history of fal. */
  readonly syncMode?: boolean;
  /** Absent: what this process remembers of its tasks. */
  readonly memories?: Memories;
}

/** The service as jobs see it. */
export const createFal = (deps: FalDeps): Service => {
  const { clock, upload = 'auto', syncMode = false } = deps;
  // The address that the document names answers with the result itself: a submit there could not be gone on with.
  const baseUrl = deps.baseUrl === 'https://fal.run' ? falOrigin : deps.baseUrl;
  const { origin, hostname } = new URL(baseUrl);

  const ask = async (
    request: Omit<CallRequest, 'hidden' | 'cap'> & Partial<Pick<CallRequest, 'hidden' | 'cap'>>,
    signal: AbortSignal,
  ) => {
    const key = await deps.key();
    if (!key.ok) return { keyFault: key.fault } as const;
    const hidden = [key.value, ...(request.hidden ?? [])];
    const headers = { accept: 'application/json', authorization: `Key ${key.value}`, ...request.headers };
    const outcome = await call(deps, { cap: caps.json, ...request, headers, hidden }, signal);
    return { outcome, hidden } as const;
  };

  const storage = falStorage(
    deps,
    { baseUrl, storageUrl: falHosts.own(hostname) ? storageOrigin : baseUrl },
    (url, body, headers, signal) =>
      ask(
        {
          url,
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json', ...headers },
          deadline: deadlines.storage,
        },
        signal,
      ),
  );

  const tasks = createTasks(deps, baseUrl, falHosts, (url, method, inline, hidden, signal) =>
    ask(
      {
        url,
        method,
        headers: {},
        hidden,
        ...(inline ? { deadline: deadlines.result, cap: inlineCap } : { deadline: deadlines.poll }),
      },
      signal,
    ),
  );

  const accepted = (answer: Answer, request: ServiceRequest, hidden: readonly string[]): SubmitOutcome => {
    const reply = v.safeParse(shapes.submittedSchema, jsonOf(answer));
    if (!reply.success) {
      const code = intercepted(answer, origin) === undefined ? 'service.unknownAnswer' : 'service.unknownPage';
      return { kind: 'unknown', fault: fault(code, { origin }, `HTTP ${answer.status}`) };
    }
    const { request_id: id, status_url, response_url, cancel_url } = reply.output;
    const handle: shapes.Handle = {
      id,
      images: imagesOf(request),
      inline: syncMode,
      ...known({ statusUrl: status_url, responseUrl: response_url, cancelUrl: cancel_url }),
    };
    tasks.begin(handle, hidden);
    return { kind: 'accepted', handle, taskId: id };
  };

  const submitOnce = async (
    request: ServiceRequest,
    body: string,
    hidden: readonly string[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<Attempt<SubmitOutcome | 'too large'>> => {
    const asked = await ask(
      {
        url: `${baseUrl}/fal-ai/flux-pro/v1/fill`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        deadline: deadlines.submit,
        hidden,
      },
      signal,
    );
    if ('keyFault' in asked) return { outcome: { kind: 'refused', fault: asked.keyFault } };
    const { outcome, hidden: secrets } = asked;
    if (outcome.kind === 'answer' && outcome.status === 413) return { outcome: 'too large' };
    if (outcome.kind === 'answer' && (outcome.status === 403 || outcome.status === 407 || outcome.status === 511))
      return { outcome: { kind: 'refused', fault: falRefusal(outcome, origin, secrets) } };
    return outcomeOf(
      outcome,
      { origin, hidden: secrets, attempt },
      (answer) => accepted(answer, request, hidden),
      (answer) => retryAfter(answer.headers, clock.now(), patience.longestWait),
    );
  };

  const uploaded = async (
    image: Uint8Array,
    mask: Uint8Array,
    signal: AbortSignal,
  ): Promise<Result<{ image: string; mask: string }>> => {
    const imageUrl = await storage.upload('image.png', image, signal);
    if (!imageUrl.ok) return imageUrl;
    const maskUrl = await storage.upload('mask.png', mask, signal);
    return maskUrl.ok ? ok({ image: imageUrl.value, mask: maskUrl.value }) : maskUrl;
  };

  const submit = async (request: ServiceRequest, signal: AbortSignal): Promise<SubmitOutcome> => {
    const { image, mask, parameters } = request;
    if (mask === undefined)
      return { kind: 'refused', fault: fault('internal', {}, 'fal takes a mask of its own only') };
    const quoted = worthHiding(parameters.prompt);
    const large = dataUriLength(image.length) + dataUriLength(mask.length) > inlineLimit;
    const ways = { never: [false], always: [true], auto: large ? [true] : [false, true] }[upload];
    for (const byUpload of ways) {
      const files: Result<{ image: string; mask: string }> = byUpload
        ? await uploaded(image, mask, signal)
        : ok({ image: dataUri(image), mask: dataUri(mask) });
      if (!files.ok) return { kind: 'refused', fault: files.fault };
      const body = bodyOf(request, files.value, syncMode);
      const hidden = [...quoted, ...(byUpload ? Object.values(files.value) : [])];
      const outcome = await patiently(clock, (attempt) => submitOnce(request, body, hidden, attempt, signal), signal);
      if (outcome !== 'too large') return outcome;
    }
    return { kind: 'refused', fault: fault('service.badRequest', { origin, reason: 'HTTP 413, too large' }) };
  };

  /** The pictures of a finished task: those that can be had now, unless a missing one may come when it is asked again. */
  const fetchAll = async (handle: shapes.Handle, signal: AbortSignal): Promise<Result<readonly Fetched[]>> => {
    const download = downloader(deps, { baseUrl, hosts: falHosts });
    const pictures: Fetched[] = [];
    let missing: Fault | undefined;
    for (const [i, { link, flagged }] of (handle.ready ?? []).entries()) {
      const freshLink = (): Promise<Result<string>> => tasks.freshLink(handle, i, signal);
      const inline = async (): Promise<Result<Fetched>> => {
        const uri = await tasks.inlineResult(handle, i, signal);
        return uri.ok ? decodeDataUri(uri.value) : uri;
      };
      const got = link === undefined ? await inline() : await download(handle.id, link, freshLink, signal);
      if (got.ok) pictures.push({ ...got.value, ...(flagged ? { flagged } : {}) });
      else if (passing(got.fault.code)) return got;
      else {
        deps.log('warn', `image ${i + 1} of ${handle.ready!.length} cannot be fetched: ${got.fault.code}`);
        missing ??= got.fault;
      }
    }
    if (pictures.length === 0)
      return missing === undefined ? failed('internal', {}, 'not ready') : { ok: false, fault: missing };
    tasks.forget(handle);
    return ok(pictures);
  };

  const withHandle = <T>(given: unknown, use: (handle: shapes.Handle) => Promise<T>): Promise<T | undefined> => {
    const parsed = v.safeParse(shapes.handleSchema, given);
    return parsed.success ? use(parsed.output) : Promise.resolve(undefined);
  };
  const notOurs = 'not a handle of this service';

  return {
    abilities: falAbilities,
    submit,
    poll: async (given, age, signal) =>
      (await withHandle(given, (handle) => tasks.poll(handle, age, signal))) ?? {
        kind: 'over',
        fault: fault('internal', {}, notOurs),
      },
    fetch: async (given, signal) =>
      (await withHandle(given, (handle) => fetchAll(handle, signal))) ?? failed('internal', {}, notOurs),
    cancel: async (given, signal): Promise<Result<CancelOutcome>> =>
      (await withHandle(given, (handle) => tasks.cancel(handle, signal))) ?? failed('internal', {}, notOurs),
    /**
     * Asks the storage for a place and puts nothing there: free, and the one call known to refuse a wrong key and a locked
     * account alike (github.com/fal-ai/fal/issues/1147). The state of a request can be asked without a key, and the
     * balance only with a key of the scope ADMIN (docs: platform APIs).
     */
    account: async (signal) => {
      const place = await storage.initiate('key-check.png', signal);
      return place.ok ? ok({}) : place;
    },
  };
};
