/** Which entry of the list of predictions is the task of a submit whose answer never came. */
import type { LostSubmit } from '../fill/service.ts';
import { model } from './replicate-request.ts';
import type { Listed } from './replicate-shapes.ts';

/** Pages of the list that are read at most, 100 predictions each (OpenAPI, predictions.list). */
export const pagesToRead = 5;

/** Milliseconds: the Date header tells whole seconds, and time passes between it and our reading of it. */
const margin = 5_000;

/** Milliseconds that the service's clock is allowed to differ where it does not tell its time. */
const unknownSkew = 60_000;

/**
 * The entries that can be the lost task: of this model, made by the API in its time, and of its prompt and seed where the
 * list still tells the input. `older`: the list has reached the time before it. `now` is our own clock at the answer; the service's
 * is read from its Date header (RFC 9110, 6.6.1).
 */
export const fitting = (
  entries: readonly Listed[],
  { parameters, from, to }: LostSubmit,
  headers: Headers,
  now: number,
): { readonly fits: readonly Listed[]; readonly older: boolean } => {
  const theirs = Date.parse(headers.get('date') ?? '');
  const [skew, play] = Number.isNaN(theirs) ? [0, unknownSkew] : [theirs - now, margin];
  const earliest = from + skew - play;
  const latest = to + skew + play;
  const fits = entries.filter((entry) => {
    const createdAt = Date.parse(entry.created_at);
    const { prompt, seed } = entry.input ?? {};
    return (
      entry.model === model &&
      entry.source !== 'web' &&
      createdAt >= earliest &&
      createdAt <= latest &&
      // Where the input is told, a missing seed means that none was asked for.
      (prompt === undefined || (prompt === parameters.prompt && (seed ?? null) === parameters.seed))
    );
  });
  return { fits, older: entries.some((entry) => Date.parse(entry.created_at) < earliest) };
};
