/**
 * FLUX.1 Fill [pro] at Black Forest Labs. Sources: seeds/bfl-fill-openapi.md (FluxProFillInputs and its answers),
 * the reference page (webp, cost, megapixels), facts/providers.md section 1 and its traps.
 */
import * as v from 'valibot';
import { failed, fault, ok, type Fault, type FaultArgs, type Result } from '../fill/faults.ts';
import { guidance, resultFormats, safetyTolerance, steps } from '../fill/parameters.ts';
import { known } from '../fill/known.ts';
import {
  fluxTime,
  type Abilities,
  type PollOutcome,
  type Service,
  type ServiceRequest,
  type SubmitOutcome,
} from '../fill/service.ts';
import * as shapes from './bfl-shapes.ts';
import { downloader } from './download.ts';
import { call, caps, intercepted, jsonOf, retryAfter, type Answer } from './http.ts';
import { hostOf, mayReceiveKey, within, type Hosts } from './origins.ts';
import type { ServiceDeps } from './deps.ts';
import { worthHiding } from './redact.ts';
import { refusal, told, noAnswer } from './refusal.ts';
import { outcomeOf, patience, patiently, type Attempt } from './submits.ts';

export const bflOrigin = 'https://api.bfl.ai';

/** Addresses by region; `global` fails over between regions (docs.bfl.ml, integration guidelines). */
export const bflRegions = { global: bflOrigin, eu: 'https://api.eu.bfl.ai', us: 'https://api.us.bfl.ai' } as const;

export const bflAbilities: Abilities = {
  id: 'bfl',
  name: 'Black Forest Labs',
  steps,
  guidance,
  safetyTolerance,
  promptUpsampling: true,
  promptRequired: false,
  seed: true,
  resultFormats,
  imagesPerCall: 1,
  cancel: false,
  webhook: true,
  alphaRequest: true,
  ownPresets: false,
  usualTime: fluxTime,
  activeTasks: 24,
  needsKey: true,
  price: { kind: 'image', dollars: 0.05 },
};

/** Milliseconds for one call, its body included. */
const deadlines = { submit: 120_000, poll: 30_000, account: 20_000 } as const;

/** A task that is "not found" so soon after the submit is only not visible yet (facts/providers.md 1.3). */
const invisible = 10_000;

const dollarsPerCredit = 0.01;

/** Every host of bfl.ai, because polling addresses are regional; and its delivery store at Azure (facts/providers.md 1.1). */
export const bflHosts: Hosts = {
  own: (hostname) => within(hostname, 'bfl.ai'),
  results: (hostname) => /^bfldelivery[a-z0-9]*\.blob\.core\.windows\.net$/.test(hostname),
};

const bodyOf = (request: ServiceRequest, abilities: Abilities): string => {
  const { parameters, mask, webhook } = request;
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return JSON.stringify({
    image: base64(request.image),
    ...(mask === undefined ? {} : { mask: base64(mask) }),
    prompt: parameters.prompt,
    steps: parameters.steps,
    prompt_upsampling: parameters.promptUpsampling,
    ...(parameters.seed === null ? {} : { seed: parameters.seed }),
    guidance: parameters.guidance,
    output_format: abilities.resultFormats.includes(parameters.resultFormat)
      ? parameters.resultFormat
      : abilities.resultFormats[0],
    safety_tolerance: parameters.safetyTolerance,
    ...(webhook === undefined ? {} : { webhook_url: webhook.url }),
    ...(webhook?.secret === undefined ? {} : { webhook_secret: webhook.secret }),
  });
};

const dollars = (credits: number | undefined): number | undefined =>
  credits === undefined ? undefined : Math.round(credits * dollarsPerCredit * 1e6) / 1e6;

const percent = (progress: unknown): number | undefined => {
  if (typeof progress !== 'number' || !(progress >= 0)) return undefined;
  return Math.min(100, Math.round(progress <= 1 ? progress * 100 : progress));
};

/** The service as jobs see it. Its own `abilities` make the same client serve practice (practice/index.ts). */
export const createBfl = (deps: ServiceDeps & { readonly abilities?: Abilities }): Service => {
  const { baseUrl, clock, abilities = bflAbilities } = deps;
  const origin = new URL(baseUrl).origin;
  const unknownStates = new Set<string>();

  const ask = async (
    url: string,
    deadline: number,
    signal: AbortSignal,
    submit?: { readonly body: string; readonly hidden: readonly string[] },
  ) => {
    const key = await deps.key();
    if (!key.ok) return { keyFault: key.fault } as const;
    const hidden = [key.value, ...(submit?.hidden ?? [])];
    const outcome = await call(
      deps,
      {
        url,
        method: submit === undefined ? 'GET' : 'POST',
        headers: {
          accept: 'application/json',
          'x-key': key.value,
          ...(submit === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(submit === undefined ? {} : { body: submit.body }),
        deadline,
        cap: caps.json,
        hidden,
      },
      signal,
    );
    return { outcome, hidden } as const;
  };

  /**
   * A page with 2xx is most likely a login page that came before the service, but a gateway behind it can have passed the
   * request on: nobody can say, and a fill that is called free and is not would be paid twice. So it is unknown.
   */
  const accepted = (answer: Answer): SubmitOutcome => {
    const reply = v.safeParse(shapes.submittedSchema, jsonOf(answer));
    if (!reply.success) {
      const code = intercepted(answer, origin) === undefined ? 'service.unknownAnswer' : 'service.unknownPage';
      return { kind: 'unknown', fault: fault(code, { origin }, `HTTP ${answer.status}`) };
    }
    const { id, polling_url: pollingUrl, cost, input_mp, output_mp } = reply.output;
    const handle: shapes.Handle = { id, ...known({ pollingUrl }) };
    return {
      kind: 'accepted',
      handle,
      taskId: id,
      ...known({ cost: dollars(cost), inputMegapixels: input_mp, outputMegapixels: output_mp }),
    };
  };

  const submitOnce = async (
    body: string,
    hidden: readonly string[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<Attempt<SubmitOutcome>> => {
    const asked = await ask(`${baseUrl}/v1/flux-pro-1.0-fill`, deadlines.submit, signal, { body, hidden });
    if ('keyFault' in asked) return { outcome: { kind: 'refused', fault: asked.keyFault } };
    return outcomeOf(asked.outcome, { origin, hidden: asked.hidden, attempt }, accepted, (answer) =>
      retryAfter(answer.headers, clock.now(), patience.longestWait),
    );
  };

  const submit = (request: ServiceRequest, signal: AbortSignal): Promise<SubmitOutcome> => {
    const body = bodyOf(request, abilities);
    const hidden = worthHiding(request.parameters.prompt, request.webhook?.secret ?? '');
    return patiently(clock, (attempt) => submitOnce(body, hidden, attempt, signal), signal);
  };

  const state = (polled: shapes.Polled, handle: shapes.Handle, age: number, hidden: readonly string[]): PollOutcome => {
    const tell = (text: string): string => told(text, hidden);
    const over = (code: Fault['code'], args: FaultArgs): PollOutcome => ({ kind: 'over', fault: fault(code, args) });
    const reasons = shapes.moderationReasons(polled.details).map(tell).join(', ') || 'no reason given';
    const status = polled.status.trim().toLowerCase();
    switch (status) {
      case 'ready': {
        const ready = v.safeParse(shapes.readySchema, polled.result);
        if (!ready.success)
          return { kind: 'unanswered', fault: fault('service.answer', { origin }, 'Ready without a sample') };
        const { sample, seed } = ready.output;
        const next: shapes.Handle = { ...handle, ready: { sample } };
        return { kind: 'ready', handle: next, ...known({ seed, cost: dollars(polled.cost) }) };
      }
      case 'error':
      case 'failed':
        return over('service.failed', { reason: tell(shapes.failureReason(polled) ?? 'no reason given') });
      case 'request moderated':
        return over('service.moderatedRequest', { reasons });
      case 'content moderated':
        return over('service.moderatedResult', { reasons });
      case 'task not found':
        if (age >= invisible) return over('service.taskGone', { origin, id: handle.id });
        break;
      default:
        if (status !== 'pending' && !unknownStates.has(status)) {
          unknownStates.add(status);
          deps.log('info', `unknown state of a task, taken as running: ${tell(polled.status)}`);
        }
    }
    return { kind: 'running', status: tell(polled.status), ...known({ progress: percent(polled.progress) }) };
  };

  const pollAddress = (handle: shapes.Handle): string =>
    handle.pollingUrl ?? `${baseUrl}/v1/get_result?id=${encodeURIComponent(handle.id)}`;

  const poll = async (given: unknown, age: number, signal: AbortSignal): Promise<PollOutcome> => {
    const parsed = v.safeParse(shapes.handleSchema, given);
    if (!parsed.success) return { kind: 'over', fault: fault('internal', {}, 'not a handle of this service') };
    const handle = parsed.output;
    const address = pollAddress(handle);
    if (!mayReceiveKey(address, baseUrl, bflHosts))
      return { kind: 'over', fault: fault('service.pollingAddress', { origin, host: hostOf(address) }) };

    const asked = await ask(address, deadlines.poll, signal);
    if ('keyFault' in asked) return { kind: 'unanswered', fault: asked.keyFault };
    const { outcome, hidden } = asked;
    if (outcome.kind === 'failure') return noAnswer(outcome, origin);

    const { status } = outcome;
    const between = intercepted(outcome, address);
    if (between !== undefined) return { kind: 'unanswered', fault: between };
    const polled = v.safeParse(shapes.polledSchema, jsonOf(outcome));
    if (status === 404 || status === 410)
      return age < invisible
        ? { kind: 'running', status: `HTTP ${status}` }
        : { kind: 'over', fault: fault('service.taskGone', { origin, id: handle.id }) };
    if (status === 200 || status === 202) {
      if (polled.success) return state(polled.output, handle, age, hidden);
      if (status === 202) return { kind: 'running', status: 'HTTP 202' };
      return { kind: 'unanswered', fault: fault('service.answer', { origin }, 'not the JSON of a task') };
    }
    const again = retryAfter(outcome.headers, clock.now(), patience.milliseconds);
    const reason =
      status === 401 || status === 403
        ? fault('key.refused', { origin })
        : fault('service.noAnswer', { origin, status });
    return { kind: 'unanswered', fault: reason, ...known({ retryAfter: again }) };
  };

  return {
    abilities,
    submit,
    poll,
    fetch: async (given, signal) => {
      const parsed = v.safeParse(shapes.handleSchema, given);
      if (!parsed.success) return failed('internal', {}, 'not a handle of this service');
      const { id, ready } = parsed.output;
      const freshLink = async (): Promise<Result<string>> => {
        const outcome = await poll(parsed.output, Number.POSITIVE_INFINITY, signal);
        if (outcome.kind === 'ready') return ok(v.parse(shapes.handleSchema, outcome.handle).ready!.sample);
        return outcome.kind === 'running' ? failed('service.resultGone', { id }) : { ok: false, fault: outcome.fault };
      };
      const fetched = await downloader(deps, { baseUrl, hosts: bflHosts })(id, ready?.sample, freshLink, signal);
      return fetched.ok ? ok([fetched.value]) : fetched;
    },
    account: async (signal) => {
      const asked = await ask(`${baseUrl}/v1/credits`, deadlines.account, signal);
      if ('keyFault' in asked) return { ok: false, fault: asked.keyFault };
      const { outcome, hidden } = asked;
      if (outcome.kind === 'failure') return { ok: false, fault: outcome.fault };
      const between = intercepted(outcome, baseUrl);
      if (between !== undefined) return { ok: false, fault: between };
      if (outcome.status >= 400 && outcome.status < 500 && outcome.status !== 429)
        return { ok: false, fault: refusal(outcome, origin, hidden) };
      if (outcome.status !== 200) return failed('service.unavailable', { origin, status: outcome.status });
      const reply = v.safeParse(shapes.creditsSchema, jsonOf(outcome));
      return reply.success ? ok({ credits: reply.output.credits }) : failed('service.answer', { origin });
    },
  };
};
