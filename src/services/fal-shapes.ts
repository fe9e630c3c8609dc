/**
 * Shapes of fal's answers, checked where they arrive. Sources: seeds/fal-flux-pro-fill.md (output schema),
 * facts/providers.md 2.1, 2.2, 2.4 and 2.5.
 */
import * as v from 'valibot';
import { at, texts } from './refusal.ts';

const optionalText = v.fallback(v.optional(v.pipe(v.string(), v.minLength(1))), undefined);
const optionalCount = v.fallback(v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))), undefined);

/** The answer to a submit; older documents know only the id. The id becomes a part of a path, so it is no dot segment. */
export const submittedSchema = v.object({
  request_id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\x21-\x7e]{0,199}$/)),
  status_url: optionalText,
  response_url: optionalText,
  cancel_url: optionalText,
});

const logSchema = v.object({ message: v.string(), level: optionalText });

export const statusSchema = v.object({
  status: v.pipe(v.string(), v.trim(), v.toUpperCase(), v.minLength(1)),
  queue_position: optionalCount,
  logs: v.fallback(v.optional(v.array(logSchema)), undefined),
});
export type Status = v.InferOutput<typeof statusSchema>;

/** The output schema. Only the images are needed to go on, so nothing else can spoil a paid result. */
export const resultSchema = v.object({
  images: v.pipe(v.array(v.object({ url: v.pipe(v.string(), v.minLength(1)) })), v.minLength(1)),
  seed: v.fallback(v.optional(v.pipe(v.number(), v.safeInteger())), undefined),
  has_nsfw_concepts: v.fallback(v.array(v.unknown()), []),
  timings: v.optional(v.unknown()),
});
export type FalResult = v.InferOutput<typeof resultSchema>;

export const initiatedSchema = v.object({ upload_url: v.string(), file_url: v.string() });

/** A picture of a finished task: its link, or none where it came as a data URI (`sync_mode`). */
const pictureSchema = v.object({ link: v.optional(v.string()), flagged: v.boolean() });
export type Picture = v.InferOutput<typeof pictureSchema>;

/** What polls, downloads and a cancel need, as JSON. A capability, but no key. */
export const handleSchema = v.object({
  id: v.string(),
  statusUrl: v.optional(v.string()),
  responseUrl: v.optional(v.string()),
  cancelUrl: v.optional(v.string()),
  /** Asked for. */
  images: v.number(),
  /** The result comes as data URIs. */
  inline: v.optional(v.boolean()),
  ready: v.optional(v.array(pictureSchema)),
});
export type Handle = v.InferOutput<typeof handleSchema>;

/**
 * The machine-readable category of an error, in both of fal's shapes: `type` of the first of `detail`, or `error_type`
 * beside a text, which also comes as a header. Absent in errors of what stands before fal.
 */
export const errorType = (body: unknown, headers: Headers): string | undefined => {
  const detail = at(body, 'detail');
  const first: unknown = Array.isArray(detail) ? (detail as unknown[])[0] : undefined;
  const told = texts(at(first, 'type'))[0] ?? texts(at(body, 'error_type'))[0] ?? headers.get('x-fal-error-type') ?? '';
  return /^[\w.-]{1,80}$/.test(told) ? told : undefined;
};
