/**
 * The two ends of the line between host and page. The page asks and gets a promise; the host checks every question and
 * answers always, also when its own code throws. Events go one way, from host to page.
 */
import * as v from 'valibot';
import { FaultError, fault } from '../fill/faults.ts';
import { pageEnvelopeSchema, pageRequests } from './messages.ts';
import type { HostEnvelope, HostEvents, PageEnvelope, PageReplies, PageRequest, PageRequestName } from './messages.ts';

/** A fault as it travels: its code and the translated sentence. */
export interface Told {
  readonly code: string;
  readonly sentence: string;
}

/** What an asked promise rejects with; `message` is the sentence for people. */
export class AskError extends Error {
  readonly code: string;

  constructor(told: Told) {
    super(told.sentence);
    this.name = 'AskError';
    this.code = told.code;
  }
}

export type Listeners = { readonly [Name in keyof HostEvents]: (value: HostEvents[Name]) => void };

export interface PageChannel {
  /** Rejects with an AskError where the host answers with a fault. */
  readonly ask: <Name extends PageRequestName>(name: Name, value: PageRequest<Name>) => Promise<PageReplies[Name]>;
  /** Takes what the window's `message` event brought; anything that is not from our host is ignored. */
  receive(message: unknown): void;
}

const hostEnvelopeSchema = v.union([
  v.object({ answer: v.number(), fault: v.object({ code: v.string(), sentence: v.string() }) }),
  v.object({ answer: v.number(), value: v.unknown() }),
  v.object({ tell: v.string(), value: v.unknown() }),
]);

/** The page's end. The host is trusted: its values are typed by the contract, only the envelope is checked. */
export const pageChannel = (post: (envelope: PageEnvelope) => void, listeners: Listeners): PageChannel => {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: AskError) => void }>();
  let last = 0;

  const ask = <Name extends PageRequestName>(name: Name, value: PageRequest<Name>): Promise<PageReplies[Name]> =>
    new Promise<unknown>((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      post({ id: last, ask: name, value });
    }) as Promise<PageReplies[Name]>;

  const receive = (message: unknown): void => {
    const parsed = v.safeParse(hostEnvelopeSchema, message);
    if (!parsed.success) return;
    const envelope = parsed.output;
    if ('tell' in envelope) {
      if (Object.hasOwn(listeners, envelope.tell))
        (listeners[envelope.tell as keyof HostEvents] as (value: unknown) => void)(envelope.value);
      return;
    }
    const asked = waiting.get(envelope.answer);
    waiting.delete(envelope.answer);
    if ('fault' in envelope) asked?.reject(new AskError(envelope.fault));
    else asked?.resolve(envelope.value);
  };

  return { ask, receive };
};

/** One handler a request; it may throw, the page then gets the fault. */
export type Handlers = {
  readonly [Name in PageRequestName]: (value: PageRequest<Name>) => PageReplies[Name] | Promise<PageReplies[Name]>;
};

const malformed = (issues: readonly v.BaseIssue<unknown>[]): FaultError =>
  new FaultError(
    fault(
      'internal',
      {},
      `message of the page: ${issues.map((i) => `${v.getDotPath(i) ?? '.'} ${i.message}`).join('; ')}`,
    ),
  );

/**
 * The host's end: takes a message of the page, checks its shape, calls the handler and posts the answer. `tellFault`
 * turns any thrown value into code and sentence (and is the place to log it). Resolves when the answer is posted; a
 * message without a usable id is dropped, since nobody waits for its answer.
 */
export const hostChannel = (
  handlers: Handlers,
  post: (envelope: HostEnvelope) => void,
  tellFault: (error: unknown) => Told,
): ((message: unknown) => Promise<void>) => {
  const reply = async (message: unknown): Promise<unknown> => {
    const envelope = v.safeParse(pageEnvelopeSchema, message);
    if (!envelope.success) throw malformed(envelope.issues);
    const value = v.safeParse(pageRequests[envelope.output.ask], envelope.output.value);
    if (!value.success) throw malformed(value.issues);
    const handler = handlers[envelope.output.ask] as (value: unknown) => unknown;
    return await handler(value.output);
  };

  return async (message) => {
    const id = v.safeParse(v.object({ id: v.number() }), message);
    if (!id.success) return;
    try {
      post({ answer: id.output.id, value: (await reply(message)) ?? null });
    } catch (error) {
      post({ answer: id.output.id, fault: tellFault(error) });
    }
  };
};
