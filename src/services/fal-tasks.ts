/** Tasks in fal's queue: their state, their result, their end. Sources: facts/providers.md 2.2 and 2.4. */
import * as v from 'valibot';
import { failed, fault, ok, type Fault, type Result } from '../fill/faults.ts';
import { known } from '../fill/known.ts';
import type { CancelOutcome, Fetched, PollOutcome } from '../fill/service.ts';
import { sniff } from './download.ts';
import { taskFault } from './fal-faults.ts';
import * as shapes from './fal-shapes.ts';
import { caps, intercepted, jsonOf, retryAfter, type Answer, type Failure, type HttpDeps } from './http.ts';
import { hostOf, mayReceiveKey, type Hosts } from './origins.ts';
import { at, told } from './refusal.ts';

/** A task that is not found so soon after the submit is only not visible yet. */
const invisible = 10_000;

/** Answers in a row, in place of a result, that are fal's and name no reason: then nobody goes on asking by himself. */
const mostRefusals = 6;

/** Lines of a task's log that are passed on at once. */
const mostLines = 50;

const longestPause = 60_000;

/** fal itself knows COMPLETED only, also for failures; the others are said by services that imitate it. */
const ended = new Set(['COMPLETED', 'FAILED', 'ERROR', 'CANCELLED', 'CANCELED']);

/** The picture of a data URI, at most as large as one that is downloaded. */
export const decodeDataUri = (uri: string): Result<Fetched> => {
  const comma = uri.indexOf(',');
  const head = /^data:([\w.+-]+\/[\w.+-]+);base64$/.exec(uri.slice(0, Math.max(0, Math.min(comma, 100))));
  if (head === null) return failed('service.resultType', { type: 'something' });
  if (((uri.length - comma) / 4) * 3 > caps.result)
    return failed('service.resultSize', { limit: Math.round(caps.result / 1_000_000) });
  const text = uri.slice(comma + 1);
  const bytes = new Uint8Array(/^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : []);
  const type = sniff(bytes);
  return type === undefined ? failed('service.resultType', { type: head[1] }) : ok({ bytes, type });
};

/** A text without the paths of addresses: everybody who knows those of fal's files can open them. */
const withoutPaths = (text: string): string => text.replace(/\bhttps?:\/\/[^\s"'<>\\]+/gi, hostOf);

/** Calls with the key: gives the answer, or the fault of a key that cannot be had. */
export type Ask = (
  url: string,
  method: 'GET' | 'PUT',
  inline: boolean,
  hidden: readonly string[],
  signal: AbortSignal,
) => Promise<{ readonly outcome: Answer | Failure; readonly hidden: readonly string[] } | { readonly keyFault: Fault }>;

/** What this process remembers of a task; another one goes on without. */
export interface Memory {
  /** Strings of the request that its log may repeat; absent where another process sent it. */
  readonly hidden?: readonly string[];
  /** Lines of its log that were passed on. */
  lines: number;
  refusals: number;
  /** Data URIs of a result that may be given only once. */
  urls?: readonly string[];
}

/** By base URL and id. Services are made anew for each call, so that the process remembers. */
export type Memories = Map<string, Memory>;
const processMemories: Memories = new Map();

/** Tasks remembered at once; the oldest go first. */
const mostMemories = 100;

type Unanswered = Extract<PollOutcome, { kind: 'unanswered' }>;
type Over = Extract<PollOutcome, { kind: 'over' }>;

export const createTasks = (
  deps: HttpDeps & { readonly memories?: Memories },
  baseUrl: string,
  hosts: Hosts,
  ask: Ask,
) => {
  const { origin } = new URL(baseUrl);
  const { memories = processMemories } = deps;
  const unknownStates = new Set<string>();

  const remember = (id: string, memory: Memory): Memory => {
    memories.set(`${baseUrl} ${id}`, memory);
    if (memories.size > mostMemories) memories.delete(memories.keys().next().value!);
    return memory;
  };
  const memoryOf = (id: string): Memory => memories.get(`${baseUrl} ${id}`) ?? remember(id, { lines: 0, refusals: 0 });
  const forget = ({ id }: shapes.Handle): void => void memories.delete(`${baseUrl} ${id}`);
  const hiddenOf = (id: string): readonly string[] => memoryOf(id).hidden ?? [];

  /** Whether an address that fal named may get the key, and is about this task. */
  const trusted = (address: string, id: string): boolean =>
    mayReceiveKey(address, baseUrl, hosts) &&
    `${new URL(address).pathname}/`.includes(`/requests/${encodeURIComponent(id)}/`);

  /** The address that fal named, or else the one its documents give, where `v1/fill` is left out. */
  const addressOf = ({ id }: shapes.Handle, named: string | undefined, suffix: '' | '/status' | '/cancel'): string =>
    named !== undefined && trusted(named, id)
      ? named
      : `${baseUrl}/fal-ai/flux-pro/requests/${encodeURIComponent(id)}${suffix}`;

  /** Remembers a task that was accepted just now. */
  const begin = (handle: shapes.Handle, hidden: readonly string[]): void => {
    remember(handle.id, { hidden, lines: 0, refusals: 0 });
    for (const named of [handle.statusUrl, handle.responseUrl, handle.cancelUrl])
      if (named !== undefined && !trusted(named, handle.id))
        deps.log('warn', `an address of task ${handle.id} is not used: the key is not sent there`);
  };

  const noAnswer = (answer: Answer): Unanswered => ({
    kind: 'unanswered',
    fault:
      answer.status === 401 || answer.status === 403
        ? fault('key.refused', { origin })
        : fault('service.noAnswer', { origin, status: answer.status }),
    ...known({ retryAfter: retryAfter(answer.headers, deps.clock.now(), longestPause) }),
  });

  const notUnderstood = (detail: string): Unanswered => ({
    kind: 'unanswered',
    fault: fault('service.answer', { origin }, detail),
  });

  const askFor = async (
    handle: shapes.Handle,
    url: string,
    inline: boolean,
    signal: AbortSignal,
  ): Promise<{ kind: 'answer'; answer: Answer; hidden: readonly string[] } | Unanswered> => {
    const asked = await ask(url, 'GET', inline, hiddenOf(handle.id), signal);
    if ('keyFault' in asked) return { kind: 'unanswered', fault: asked.keyFault };
    const { outcome, hidden } = asked;
    if (outcome.kind === 'answer') {
      const between = intercepted(outcome, url);
      return between === undefined
        ? { kind: 'answer', answer: outcome, hidden }
        : { kind: 'unanswered', fault: between };
    }
    return outcome.why === 'size'
      ? notUnderstood('the answer is too long')
      : { kind: 'unanswered', fault: outcome.fault };
  };

  const tellLogs = (id: string, logs: shapes.Status['logs'], hidden: readonly string[]): void => {
    const memory = memoryOf(id);
    const lines = (logs ?? []).slice(memory.lines);
    memory.lines += lines.length;
    if (lines.length > 0 && memory.hidden === undefined)
      deps.log('debug', `task ${id} logged ${lines.length} lines; another process knows what to hide in them`);
    else
      for (const { level, message } of lines.slice(0, mostLines))
        deps.log('debug', `task ${id}: ${told(level ?? 'log', hidden)}: ${told(withoutPaths(message), hidden)}`);
  };

  type State =
    | { readonly kind: 'state'; readonly state: shapes.Status; readonly hidden: readonly string[] }
    | { readonly kind: 'gone'; readonly status: number }
    | Unanswered;

  const stateOf = async (handle: shapes.Handle, signal: AbortSignal): Promise<State> => {
    const url = new URL(addressOf(handle, handle.statusUrl, '/status'));
    url.searchParams.set('logs', '1');
    const asked = await askFor(handle, url.href, false, signal);
    if (asked.kind !== 'answer') return asked;
    const { answer, hidden } = asked;
    if (answer.status === 404 || answer.status === 410) return { kind: 'gone', status: answer.status };
    if (answer.status !== 200 && answer.status !== 202) return noAnswer(answer);
    const state = v.safeParse(shapes.statusSchema, jsonOf(answer));
    if (!state.success) return notUnderstood('not the JSON of a state');
    tellLogs(handle.id, state.output.logs, hidden);
    return { kind: 'state', state: state.output, hidden };
  };

  type Outcome = { readonly kind: 'result'; readonly result: shapes.FalResult } | Over | Unanswered;

  /** The result of a task that has ended, or why there is none. */
  const resultOf = async (handle: shapes.Handle, signal: AbortSignal): Promise<Outcome> => {
    const asked = await askFor(handle, addressOf(handle, handle.responseUrl, ''), handle.inline === true, signal);
    if (asked.kind !== 'answer') return asked;
    const { answer, hidden } = asked;
    const body = jsonOf(answer);
    if (answer.status === 200) {
      const result = v.safeParse(shapes.resultSchema, body);
      if (result.success) return { kind: 'result', result: result.output };
    }
    const why = answer.status === 200 ? undefined : taskFault(answer, origin, hidden);
    if (why !== undefined) return { kind: 'over', fault: why };

    const passes = [401, 403, 408, 429].includes(answer.status);
    const fals = answer.status === 200 ? at(body, 'images') : at(body, 'detail');
    const memory = memoryOf(handle.id);
    memory.refusals = passes || fals === undefined ? 0 : memory.refusals + 1;
    const unanswered = answer.status === 200 ? notUnderstood('no images in the result') : noAnswer(answer);
    if (memory.refusals < mostRefusals) return unanswered;
    const isGone = answer.status === 404 || answer.status === 410;
    return {
      kind: 'over',
      fault: isGone ? fault('service.taskGone', { origin, id: handle.id }) : unanswered.fault,
    };
  };

  const ready = (
    handle: shapes.Handle,
    { images, seed, has_nsfw_concepts: nsfw, timings }: shapes.FalResult,
  ): PollOutcome => {
    const hidden = hiddenOf(handle.id);
    if (timings !== undefined) deps.log('debug', `task ${handle.id}: timings ${told(JSON.stringify(timings), hidden)}`);
    if (images.length !== handle.images)
      deps.log('warn', `task ${handle.id}: ${images.length} images where ${handle.images} were asked for`);
    const urls = images.map(({ url }) => url);
    const isInline = (url: string): boolean => /^data:/i.test(url);
    if (urls.some(isInline)) memoryOf(handle.id).urls = urls;
    const pictures: shapes.Picture[] = urls.map((url, i) => ({
      ...(isInline(url) ? {} : { link: url }),
      flagged: nsfw[i] === true,
    }));
    const next: shapes.Handle = { ...handle, ready: pictures };
    return { kind: 'ready', handle: next, ...known({ seed }) };
  };

  /**
   * Asks for the state, and when the task has ended for its result too: fal calls a failed task COMPLETED and says only
   * there that it failed. So it ends as `over`, and nobody tries for half an hour to download what will never be.
   */
  const poll = async (handle: shapes.Handle, age: number, signal: AbortSignal): Promise<PollOutcome> => {
    const asked = await stateOf(handle, signal);
    if (asked.kind === 'unanswered') return asked;
    if (asked.kind === 'gone')
      return age < invisible
        ? { kind: 'running', status: `HTTP ${asked.status}` }
        : { kind: 'over', fault: fault('service.taskGone', { origin, id: handle.id }) };
    const { status, queue_position: queue } = asked.state;
    if (ended.has(status)) {
      const outcome = await resultOf(handle, signal);
      if (outcome.kind === 'over') forget(handle);
      return outcome.kind === 'result' ? ready(handle, outcome.result) : outcome;
    }
    const word = told(status, asked.hidden);
    if (status === 'IN_QUEUE') return { kind: 'running', status: word, ...known({ queue }) };
    if (status !== 'IN_PROGRESS' && !unknownStates.has(word)) {
      unknownStates.add(word);
      deps.log('info', `unknown state of a task, taken as running: ${word}`);
    }
    return { kind: 'running', status: word };
  };

  /**
   * Asks for the end of a task. fal takes a waiting one out of its queue; to a running one it sends a signal that the model
   * may ignore. So `cancelled` is said only where the task is gone afterwards, or has ended by the cancel.
   */
  const cancel = async (handle: shapes.Handle, signal: AbortSignal): Promise<Result<CancelOutcome>> => {
    const url = addressOf(handle, handle.cancelUrl, '/cancel');
    const asked = await ask(url, 'PUT', false, hiddenOf(handle.id), signal);
    if ('keyFault' in asked) return { ok: false, fault: asked.keyFault };
    const { outcome } = asked;
    if (outcome.kind === 'failure') return { ok: false, fault: outcome.fault };
    const { status } = outcome;
    if (status === 400 || status === 404) return ok('late');
    if (status < 200 || status >= 300) return { ok: false, fault: noAnswer(outcome).fault };
    const after = await stateOf(handle, signal);
    if (after.kind === 'gone') return ok('cancelled');
    if (after.kind === 'unanswered' || !ended.has(after.state.status)) return ok('late');
    return ok((await resultOf(handle, signal)).kind === 'over' ? 'cancelled' : 'late');
  };

  /** The address of the n-th image as fal tells it now. */
  const freshLink = async (handle: shapes.Handle, i: number, signal: AbortSignal): Promise<Result<string>> => {
    const outcome = await resultOf(handle, signal);
    if (outcome.kind !== 'result') return { ok: false, fault: outcome.fault };
    const url = outcome.result.images.at(i)?.url;
    return url === undefined ? failed('service.resultGone', { id: handle.id }) : ok(url);
  };

  /** The data URI of the n-th image: as it came with the poll, or asked for again. */
  const inlineResult = async (handle: shapes.Handle, i: number, signal: AbortSignal): Promise<Result<string>> => {
    const held = memoryOf(handle.id).urls?.at(i);
    return held === undefined ? freshLink(handle, i, signal) : ok(held);
  };

  return { begin, poll, cancel, freshLink, inlineResult, forget };
};
