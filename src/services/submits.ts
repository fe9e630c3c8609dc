/** What every submit of a paid request shares: repeats where nothing was accepted, and what a broken call means. */
import { fault, type Fault } from '../fill/faults.ts';
import type { SubmitOutcome } from '../fill/service.ts';
import type { Answer, Clock, Failure } from './http.ts';
import { refusal } from './refusal.ts';

/** Repeats of a call that was turned away (429, 503): at most so many attempts, and so many milliseconds of waiting. */
export const patience = { attempts: 5, milliseconds: 60_000, longestWait: 30_000 } as const;

export interface Attempt<T> {
  readonly outcome: T;
  /** Milliseconds after which it may be tried again; absent: the outcome stands. */
  readonly again?: number;
}

export const isTurnedAway = (status: number): status is 429 | 503 => status === 429 || status === 503;

/**
 * The pause after the n-th attempt (from 1) that was turned away, in milliseconds: what the service told, at least half a
 * second and at most `longestWait`; else 2 s, 4 s, 8 s, a quarter shorter or longer.
 */
export const pauseAfter = (attempt: number, asked: number | undefined): number =>
  asked === undefined
    ? 2000 * 2 ** (attempt - 1) * (0.75 + Math.random() / 2)
    : Math.min(patience.longestWait, Math.max(asked, 500));

/** The fault of a call that was turned away `attempts` times. */
export const turnedAway = (status: 429 | 503, origin: string, attempts: number): Fault =>
  status === 429 ? fault('service.busy', { origin, attempts }) : fault('service.unavailable', { origin, status });

/** Calls `once` until its outcome stands or the patience is used up; then the last outcome. */
export const patiently = async <T>(
  clock: Clock,
  once: (attempt: number) => Promise<Attempt<T>>,
  signal: AbortSignal,
): Promise<T> => {
  let waited = 0;
  for (let attempt = 1; ; attempt++) {
    const { outcome, again } = await once(attempt);
    if (again === undefined || attempt === patience.attempts || waited + again > patience.milliseconds) return outcome;
    waited += again;
    await clock.sleep(again, signal);
    if (signal.aborted) return outcome;
  }
};

/** A submit without an answer: refused only where the service certainly did not take it. */
const unanswered = ({ why, sent, fault: cause }: Failure, origin: string): SubmitOutcome => {
  if (why === 'redirect' || !sent) return { kind: 'refused', fault: cause };
  if (why === 'size') return { kind: 'unknown', fault: fault('service.unknownAnswer', { origin }, cause.detail) };
  const detail = [cause.code, cause.args.cause, cause.detail].filter(Boolean).join(' ');
  return { kind: 'unknown', fault: fault('service.unknownOutcome', { origin }, detail) };
};

/**
 * What came of the n-th attempt (from 1) of a submit. `accepted` reads a 2xx; `pause` the milliseconds that a 429 or 503
 * asks for, where it does; `hidden` are strings that must not reach a fault.
 */
export const outcomeOf = (
  outcome: Answer | Failure,
  {
    origin,
    hidden,
    attempt,
  }: { readonly origin: string; readonly hidden: readonly string[]; readonly attempt: number },
  accepted: (answer: Answer) => SubmitOutcome,
  pause: (answer: Answer) => number | undefined,
): Attempt<SubmitOutcome> => {
  if (outcome.kind === 'failure') return { outcome: unanswered(outcome, origin) };
  const { status } = outcome;
  if (status >= 200 && status < 300) return { outcome: accepted(outcome) };
  if (isTurnedAway(status))
    return {
      outcome: { kind: 'refused', fault: turnedAway(status, origin, attempt) },
      again: pauseAfter(attempt, pause(outcome)),
    };
  if ((status >= 400 && status < 500) || status === 511)
    return { outcome: { kind: 'refused', fault: refusal(outcome, origin, hidden) } };
  return { outcome: { kind: 'unknown', fault: fault('service.unknownStatus', { origin, status }) } };
};
