/**
 * FLUX.1 Fill [pro] at Replicate, and at services that are compatible with it (the seed's is one). Sources:
 * seeds/replicate-compatible-flux-fill-pro.md, Replicate's OpenAPI document, facts/providers.md section 3 and its traps.
 * Never `Prefer: wait`: it would keep the id of a paid task from us. Every address is made from the base URL; the `urls` of
 * an answer are not used, because a compatible service passes on Replicate's own, which must not see its key.
 */
import * as v from 'valibot';
import { failed, fault, ok, type Fault, type FaultArgs, type FaultCode, type Result } from '../fill/faults.ts';
import { known } from '../fill/known.ts';
import type {
  CancelOutcome,
  LostSubmit,
  PollOutcome,
  Service,
  ServiceRequest,
  SubmitOutcome,
} from '../fill/service.ts';
import { dataUri } from './data-uri.ts';
import type { ServiceDeps } from './deps.ts';
import { downloader } from './download.ts';
import { call, caps, jsonOf, retryAfter, type Answer, type Failure } from './http.ts';
import { mayHoldResult } from './origins.ts';
import { worthHiding } from './redact.ts';
import { complaint, refusal, texts, told, noAnswer } from './refusal.ts';
import { cancelAfter, compatible, replicate, type Flavour } from './replicate-flavours.ts';
import { fitting, pagesToRead } from './replicate-list.ts';
import { bodyOf, model, multipartOf } from './replicate-request.ts';
import * as shapes from './replicate-shapes.ts';
import { isTurnedAway, outcomeOf, patience, patiently, pauseAfter, turnedAway, type Attempt } from './submits.ts';

/** Milliseconds for one call, its body included. */
const deadlines = { submit: 120_000, upload: 120_000, poll: 30_000, other: 20_000 } as const;

/** A task that is "not found" so soon after the submit is only not visible yet. */
const invisible = 10_000;

/** Questions after a cancel whose answer did not say that the task has ended, and milliseconds between them. */
const cancelling = { questions: 3, pause: 1000 } as const;

const namedReset = (headers: Headers): number | undefined => {
  const seconds = Number(headers.get('ratelimit-reset')?.trim() || Number.NaN);
  return seconds >= 0 && seconds < 86_400 ? seconds * 1000 : undefined;
};

interface Question {
  /** Under the base URL. */
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly deadline: number;
  readonly hidden?: readonly string[];
}

const create = (deps: ServiceDeps, { abilities, hosts, inline, whole }: Flavour): Service => {
  const { baseUrl, clock, log } = deps;
  const origin = new URL(baseUrl).origin;
  const unknownStates = new Set<string>();

  const ask = async (question: Question, signal: AbortSignal) => {
    const key = await deps.key();
    if (!key.ok) return { keyFault: key.fault } as const;
    const { path, method = 'GET', headers, body, deadline } = question;
    const hidden = [key.value, ...(question.hidden ?? [])];
    const outcome = await call(
      deps,
      {
        url: `${baseUrl}/v1/${path}`,
        method,
        headers: { accept: 'application/json', authorization: `Bearer ${key.value}`, ...headers },
        ...known({ body }),
        deadline,
        cap: caps.json,
        hidden,
      },
      signal,
    );
    return { outcome, hidden } as const;
  };

  /** Milliseconds that the service asks to wait: by header, or in the text of the error. */
  const pause = (answer: Answer): number | undefined =>
    retryAfter(answer.headers, clock.now(), patience.longestWait) ??
    shapes.resetIn(complaint(jsonOf(answer)).reason ?? '') ??
    namedReset(answer.headers);

  /** The fault of a question that costs nothing and got no good answer. */
  const unanswered = (outcome: Answer | Failure, hidden: readonly string[]): Fault => {
    if (outcome.kind === 'failure') return outcome.fault;
    const { status } = outcome;
    if (status < 300) return fault('service.answer', { origin }, `HTTP ${status}`);
    return status < 500 && status !== 429
      ? refusal(outcome, origin, hidden)
      : fault('service.unavailable', { origin, status });
  };

  const uploadOnce = async (
    name: string,
    png: Uint8Array,
    attempt: number,
    signal: AbortSignal,
  ): Promise<Attempt<Result<string>>> => {
    const { contentType, body } = multipartOf(name, png);
    const headers = { 'content-type': contentType };
    const asked = await ask({ path: 'files', method: 'POST', headers, body, deadline: deadlines.upload }, signal);
    if ('keyFault' in asked) return { outcome: { ok: false, fault: asked.keyFault } };
    const { outcome, hidden } = asked;
    if (outcome.kind === 'answer' && isTurnedAway(outcome.status))
      return {
        outcome: { ok: false, fault: turnedAway(outcome.status, origin, attempt) },
        again: pauseAfter(attempt, pause(outcome)),
      };
    const file =
      outcome.kind === 'answer' && outcome.status < 300 ? v.safeParse(shapes.fileSchema, jsonOf(outcome)) : undefined;
    if (file === undefined || !file.success) return { outcome: { ok: false, fault: unanswered(outcome, hidden) } };
    const address = file.output.urls.get;
    return {
      outcome: mayHoldResult(address, baseUrl, hosts)
        ? ok(address)
        : failed('service.answer', { origin }, 'the address of the uploaded file'),
    };
  };

  /** A picture as the model's input: a data URI, or the address of the uploaded file. */
  const pictureOf = async (name: string, png: Uint8Array, signal: AbortSignal): Promise<Result<string>> =>
    png.length <= inline
      ? ok(dataUri(png))
      : patiently(clock, (attempt) => uploadOnce(name, png, attempt, signal), signal);

  const accepted = (answer: Answer): SubmitOutcome => {
    const reply = v.safeParse(shapes.submittedSchema, jsonOf(answer));
    if (!reply.success)
      return { kind: 'unknown', fault: fault('service.unknownAnswer', { origin }, `HTTP ${answer.status}`) };
    const { id } = reply.output;
    return { kind: 'accepted', handle: { id } satisfies shapes.Handle, taskId: id };
  };

  const submitOnce = async (
    body: string,
    hidden: readonly string[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<Attempt<SubmitOutcome>> => {
    const headers = { 'content-type': 'application/json', ...(whole ? { 'cancel-after': cancelAfter } : {}) };
    const path = `models/${model}/predictions`;
    const asked = await ask({ path, method: 'POST', headers, body, deadline: deadlines.submit, hidden }, signal);
    if ('keyFault' in asked) return { outcome: { kind: 'refused', fault: asked.keyFault } };
    return outcomeOf(asked.outcome, { origin, hidden: asked.hidden, attempt }, accepted, pause);
  };

  const submit = async (request: ServiceRequest, signal: AbortSignal): Promise<SubmitOutcome> => {
    const [image, mask] = await Promise.all([
      pictureOf('image.png', request.image, signal),
      request.mask === undefined || request.preset !== undefined
        ? undefined
        : pictureOf('mask.png', request.mask, signal),
    ]);
    if (!image.ok) return { kind: 'refused', fault: image.fault };
    if (mask?.ok === false) return { kind: 'refused', fault: mask.fault };
    const body = bodyOf(request, { image: image.value, ...known({ mask: mask?.value }) }, abilities);
    const hidden = worthHiding(request.parameters.prompt);
    return patiently(clock, (attempt) => submitOnce(body, hidden, attempt, signal), signal);
  };

  const state = (prediction: shapes.Prediction, handle: shapes.Handle, key: readonly string[]): PollOutcome => {
    const hidden = [...key, ...worthHiding(prediction.input?.prompt ?? '')];
    const { id } = handle;
    const over = (code: FaultCode, args: FaultArgs): PollOutcome => ({ kind: 'over', fault: fault(code, args) });
    const status = told(prediction.status ?? 'no state', hidden);
    const spent = prediction.metrics?.predict_time;
    const meaning = shapes.meaningOf(prediction);
    if (spent !== undefined && meaning !== 'running')
      log('info', `task ${id}: ${status} after ${spent} s of computing`);
    switch (meaning) {
      case 'ready': {
        const output = shapes.linkOf(prediction.output);
        if (output !== undefined)
          return { kind: 'ready', handle: { id, output }, ...known({ seed: shapes.seedOf(prediction) }) };
        if (shapes.isRemoved(prediction)) return over('service.resultGone', { id });
        return { kind: 'unanswered', fault: fault('service.answer', { origin }, 'an output that is no address') };
      }
      case 'failed': {
        const reason = told(texts(prediction.error)[0] ?? '', hidden) || 'no reason given';
        const moderated = shapes.moderationOf(reason);
        if (moderated === undefined) return over('service.failed', { reason });
        return over(moderated === 'request' ? 'service.moderatedRequest' : 'service.moderatedResult', {
          reasons: reason,
        });
      }
      case 'cancelled':
        return over('service.cancelled', { origin, id });
      case 'aborted':
        return over('service.aborted', { origin, id });
      case 'unknown':
        if (!unknownStates.has(status)) {
          unknownStates.add(status);
          log('info', `unknown state of a task, taken as running: ${status}`);
        }
        break;
      case 'running':
    }
    return { kind: 'running', status };
  };

  const taskPath = (id: string): string => `predictions/${encodeURIComponent(id)}`;

  const poll = async (given: unknown, age: number, signal: AbortSignal): Promise<PollOutcome> => {
    const parsed = v.safeParse(shapes.handleSchema, given);
    if (!parsed.success) return { kind: 'over', fault: fault('internal', {}, 'not a handle of this service') };
    const handle = parsed.output;
    const asked = await ask({ path: taskPath(handle.id), deadline: deadlines.poll }, signal);
    if ('keyFault' in asked) return { kind: 'unanswered', fault: asked.keyFault };
    const { outcome, hidden } = asked;
    if (outcome.kind === 'failure') return noAnswer(outcome, origin);
    const { status } = outcome;
    if (status === 404 || status === 410)
      return age < invisible
        ? { kind: 'running', status: `HTTP ${status}` }
        : { kind: 'over', fault: fault('service.taskGone', { origin, id: handle.id }) };
    if (status >= 200 && status < 300) {
      const prediction = v.safeParse(shapes.predictionSchema, jsonOf(outcome));
      return prediction.success
        ? state(prediction.output, handle, hidden)
        : { kind: 'unanswered', fault: fault('service.answer', { origin }, 'not the JSON of a task') };
    }
    const reason =
      status === 401 || status === 403
        ? fault('key.refused', { origin })
        : fault('service.noAnswer', { origin, status });
    return { kind: 'unanswered', fault: reason, ...known({ retryAfter: pause(outcome) }) };
  };

  const fetch: Service['fetch'] = async (given, signal) => {
    const parsed = v.safeParse(shapes.handleSchema, given);
    if (!parsed.success) return failed('internal', {}, 'not a handle of this service');
    const { id, output } = parsed.output;
    const freshLink = async (): Promise<Result<string>> => {
      const outcome = await poll({ id }, Number.POSITIVE_INFINITY, signal);
      if (outcome.kind === 'ready') return ok(v.parse(shapes.handleSchema, outcome.handle).output!);
      return outcome.kind === 'running' ? failed('service.resultGone', { id }) : { ok: false, fault: outcome.fault };
    };
    const keyHeaders = async (): Promise<Result<Readonly<Record<string, string>>>> => {
      const key = await deps.key();
      return key.ok ? ok({ authorization: `Bearer ${key.value}` }) : key;
    };
    const fetched = await downloader(deps, { baseUrl, hosts, keyHeaders })(id, output, freshLink, signal);
    return fetched.ok ? ok([fetched.value]) : fetched;
  };

  /** A task that did not begin is `aborted` or `canceled` free of charge; one that runs on a public model is charged. */
  const cancel = async (given: unknown, signal: AbortSignal): Promise<Result<CancelOutcome>> => {
    const parsed = v.safeParse(shapes.handleSchema, given);
    if (!parsed.success) return failed('internal', {}, 'not a handle of this service');
    const path = taskPath(parsed.output.id);
    for (let question = 0; ; question++) {
      const asked = await ask(
        question === 0
          ? { path: `${path}/cancel`, method: 'POST', deadline: deadlines.other }
          : { path, deadline: deadlines.other },
        signal,
      );
      if ('keyFault' in asked) return { ok: false, fault: asked.keyFault };
      const { outcome, hidden } = asked;
      const prediction =
        outcome.kind === 'answer' && outcome.status < 300
          ? v.safeParse(shapes.predictionSchema, jsonOf(outcome))
          : undefined;
      if (prediction === undefined || !prediction.success) return { ok: false, fault: unanswered(outcome, hidden) };
      const meaning = shapes.meaningOf(prediction.output);
      if (meaning === 'cancelled' || meaning === 'aborted') return ok('cancelled');
      if (meaning === 'ready' || meaning === 'failed' || question === cancelling.questions) return ok('late');
      await clock.sleep(cancelling.pause, signal);
    }
  };

  const recover = async (lost: LostSubmit, signal: AbortSignal) => {
    const found: shapes.Listed[] = [];
    let query: string | undefined = '';
    for (let page = 0; query !== undefined; page++) {
      // Whatever is not read could fit as well.
      if (page === pagesToRead) return ok(undefined);
      const asked = await ask({ path: `predictions${query}`, deadline: deadlines.other }, signal);
      if ('keyFault' in asked) return { ok: false, fault: asked.keyFault } as const;
      const { outcome, hidden } = asked;
      const listed =
        outcome.kind === 'answer' && outcome.status < 300 ? v.safeParse(shapes.pageSchema, jsonOf(outcome)) : undefined;
      if (listed === undefined || !listed.success || outcome.kind === 'failure')
        return { ok: false, fault: unanswered(outcome, hidden) } as const;
      const { fits, older } = fitting(listed.output.results, lost, outcome.headers, clock.now());
      found.push(...fits);
      const { next } = listed.output;
      query = older || next === undefined || !URL.canParse(next, origin) ? undefined : new URL(next, origin).search;
    }
    const [only] = found;
    return ok(found.length === 1 ? { handle: { id: only.id } satisfies shapes.Handle, taskId: only.id } : undefined);
  };

  return {
    abilities,
    submit,
    poll,
    fetch,
    ...(whole ? { cancel, recover } : {}),
    account: async (signal) => {
      // A compatible service has no account to ask: one that asks for the key first says 401 to a wrong one and 404 to a
      // good one. One that does not cannot be checked without paying.
      const path = whole ? 'account' : taskPath('flux-fill-key-check');
      const asked = await ask({ path, deadline: deadlines.other }, signal);
      if ('keyFault' in asked) return { ok: false, fault: asked.keyFault };
      const { outcome, hidden } = asked;
      if (outcome.kind === 'failure') return { ok: false, fault: outcome.fault };
      const body = jsonOf(outcome);
      const good = whole
        ? outcome.status === 200 && v.is(shapes.accountSchema, body)
        : (outcome.status === 404 || outcome.status < 300) && body !== undefined;
      return good ? ok({}) : { ok: false, fault: unanswered(outcome, hidden) };
    },
  };
};

export const createReplicate = (deps: ServiceDeps): Service => create(deps, replicate);
export const createCompatible = (deps: ServiceDeps): Service => create(deps, compatible);
