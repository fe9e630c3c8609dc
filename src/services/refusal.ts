/** What a service's error answer means, whatever it is written in. Sources: facts/providers.md 1.4, 2.4 and 3.2. */
import { fault, type Fault } from '../fill/faults.ts';
import { intercepted, jsonOf, type Answer, type Failure } from './http.ts';
import type { PollOutcome } from '../fill/service.ts';
import { redact } from './redact.ts';

/** The texts of a value that should be a text or a list of them. */
export const texts = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
};

export const at = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? (value as unknown[])[0] : undefined);

interface Complaint {
  readonly field?: string;
  readonly reason?: string;
}

const complained = (field: string | undefined, reason: string | undefined): Complaint => ({
  ...(field === undefined || field === '' ? {} : { field }),
  ...(reason === undefined ? {} : { reason }),
});

/**
 * The first complaint of an error body: FastAPI's `detail` (a list or a text), Replicate's `invalid_fields`, else `error`,
 * `errors`, `message` or the `title` of a problem. Only names and messages are taken; `input`, which echoes the request,
 * is not.
 */
export const complaint = (body: unknown): Complaint => {
  const invalid = firstOf(at(body, 'invalid_fields'));
  if (invalid !== undefined)
    return complained(texts(at(invalid, 'field'))[0]?.replace(/^input\./, ''), texts(at(invalid, 'description'))[0]);
  const detail = at(body, 'detail');
  const first = firstOf(detail);
  if (first !== undefined) {
    const where = at(first, 'loc');
    const field = (Array.isArray(where) ? (where as unknown[]) : [])
      .filter((part) => typeof part === 'number' || (typeof part === 'string' && part !== 'body'))
      .join('.');
    return complained(field, texts(at(first, 'msg') ?? first)[0]);
  }
  const reason = [detail, at(detail, 'message'), at(body, 'error'), at(at(body, 'error'), 'message')]
    .concat([at(body, 'errors'), at(body, 'message'), at(body, 'title')])
    .flatMap(texts)
    .find((text) => text.trim() !== '');
  return complained(undefined, reason);
};

/** A text of the service as a part of a sentence of ours: redacted, without the full stop. */
export const told = (text: string, hidden: readonly string[]): string => redact(text, hidden).replace(/[.\s]+$/, '');

/** What an error of the service means, by its status; `hidden` never reaches the fault. */
export const refusal = (answer: Answer, origin: string, hidden: readonly string[]): Fault => {
  const between = intercepted(answer, origin);
  // Also a page is an answer to an address that does not exist: the base URL is the likelier reason.
  if (between !== undefined && answer.status !== 404 && answer.status !== 405) return between;
  const { field, reason: given } = complaint(jsonOf(answer));
  const reason = told(given ?? `HTTP ${answer.status}`, hidden);
  const detail = `HTTP ${answer.status}: ${reason}`;
  switch (answer.status) {
    case 401:
    case 403:
      return fault('key.refused', { origin }, detail);
    case 402:
      return fault('service.credits', { origin }, detail);
    case 404:
    case 405:
      return fault('service.notFound', { origin }, detail);
    default:
      return field === undefined
        ? fault('service.badRequest', { origin, reason }, detail)
        : fault('service.invalid', { origin, field: redact(field, hidden), reason }, detail);
  }
};

/** What a question that got no answer is worth: the task goes on. */
export const noAnswer = ({ why, fault: cause }: Failure, origin: string): PollOutcome => ({
  kind: 'unanswered',
  fault: why === 'size' ? fault('service.answer', { origin }, 'the answer is too long') : cause,
});
