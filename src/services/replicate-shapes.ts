/**
 * Shapes of Replicate's answers, read leniently: services that are compatible with it leave fields out and spell states
 * their own way. Sources: seeds/replicate-compatible-flux-fill-pro.md, facts/providers.md 3.
 */
import * as v from 'valibot';
import { texts } from './refusal.ts';

const text = v.pipe(v.string(), v.minLength(1));
const optional = <S extends v.GenericSchema>(schema: S) => v.fallback(v.optional(schema), undefined);

/** An id that is one segment of a path and no way out of it. */
const idSchema = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.integer())]),
  v.transform(String),
  v.regex(/^(?!\.+$)[\w.~:-]{1,200}$/),
);

export const submittedSchema = v.object({ id: idSchema });

export const predictionSchema = v.object({
  status: optional(text),
  output: v.optional(v.unknown()),
  error: v.optional(v.unknown()),
  logs: optional(v.string()),
  data_removed: optional(v.boolean()),
  /** The echo of the request. */
  input: optional(v.object({ prompt: optional(v.string()), seed: optional(v.pipe(v.number(), v.integer())) })),
  /** Seconds. */
  metrics: optional(v.object({ predict_time: optional(v.number()) })),
});
export type Prediction = v.InferOutput<typeof predictionSchema>;

export type Meaning = 'running' | 'ready' | 'failed' | 'cancelled' | 'aborted' | 'unknown';

const meanings: Readonly<Record<string, Meaning>> = {
  starting: 'running',
  processing: 'running',
  succeeded: 'ready',
  failed: 'failed',
  canceled: 'cancelled',
  aborted: 'aborted',
  // Not Replicate's own spellings.
  success: 'ready',
  completed: 'ready',
  failure: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
};

/** What the state of a prediction means; one without a state is judged by its output and its error. */
export const meaningOf = ({ status, output, error }: Prediction): Meaning => {
  if (status !== undefined) return meanings[status.trim().toLowerCase()] ?? 'unknown';
  if (linkOf(output) !== undefined) return 'ready';
  return texts(error).length > 0 ? 'failed' : 'running';
};

/** The address of the result: a text, or the first of a list; the model makes one image. */
export const linkOf = (output: unknown): string | undefined => texts(output).find((link) => link !== '');

/** True where the output was there and is no longer: Replicate removes it an hour after the run. */
export const isRemoved = ({ output, data_removed }: Prediction): boolean =>
  data_removed === true || (output ?? '') === '' || (Array.isArray(output) && output.length === 0);

/** The seed of the run: as it was asked for, or as the model's log tells it. */
export const seedOf = ({ input, logs }: Prediction): number | undefined => {
  const logged = /\bseed\b\D{0,3}(\d{1,10})\b/i.exec(logs ?? '')?.[1];
  return input?.seed ?? (logged === undefined ? undefined : Number(logged));
};

/**
 * Whether the text of a failure tells of moderation, which has no code: of the request, or of the result. Texts that leave
 * it open ("The input or output was flagged as sensitive", E005) count as the request, whose advice fits both.
 */
export const moderationOf = (reason: string): 'request' | 'result' | undefined => {
  if (
    !/nsfw|\bflagged\b|(?<!case[- ])\bsensitive\b|moderat|\bE005\b|content policy|safety (?:filter|check)/i.test(reason)
  )
    return undefined;
  const ofResult = /content moderated|nsfw|\boutput\b|\bresult\b|\bgenerated\b/i.test(reason);
  return ofResult && !/\binput\b|\bprompt\b|\brequest\b/i.test(reason) ? 'result' : 'request';
};

/** Milliseconds that a 429 asks for in its text: "Your rate limit resets in ~30s." (facts/providers.md 3.2). */
export const resetIn = (text: string): number | undefined => {
  const seconds = /\bresets? in ~?\s*(\d{1,5}(?:\.\d+)?)\s*s/i.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
};

export const fileSchema = v.object({ urls: v.object({ get: text }) });

/** Type and name of the account; neither is shown. */
export const accountSchema = v.object({ username: text });

const listedSchema = v.object({
  id: idSchema,
  model: v.string(),
  created_at: v.string(),
  source: optional(v.string()),
  input: optional(v.object({ prompt: optional(v.string()), seed: optional(v.number()) })),
});
export type Listed = v.InferOutput<typeof listedSchema>;

/** A page of the list of predictions, the newest first; entries that cannot be read are left out. */
export const pageSchema = v.object({
  next: optional(v.string()),
  results: v.pipe(
    v.array(v.unknown()),
    v.transform((entries) =>
      entries.flatMap((entry) => {
        const read = v.safeParse(listedSchema, entry);
        return read.success ? [read.output] : [];
      }),
    ),
  ),
});

/** What a poll and a download need, as JSON, without the key. */
export const handleSchema = v.object({ id: idSchema, output: v.optional(v.string()) });
export type Handle = v.InferOutput<typeof handleSchema>;
