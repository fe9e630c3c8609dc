/** Shapes of BFL's answers, checked where they arrive. Sources: seeds/bfl-fill-openapi.md, facts/providers.md 1.2 to 1.5. */
import * as v from 'valibot';
import { at, texts } from './refusal.ts';

const optionalNumber = v.fallback(v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))), undefined);
const optionalText = v.fallback(v.optional(v.pipe(v.string(), v.minLength(1))), undefined);

/** AsyncResponse, and AsyncWebhookResponse, which has no polling_url. */
export const submittedSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,200}$/)),
  polling_url: optionalText,
  /** Credits; 1 credit = $0.01. */
  cost: optionalNumber,
  input_mp: optionalNumber,
  output_mp: optionalNumber,
});

/** ResultResponse. Some clients saw `state` for `status`. */
export const polledSchema = v.pipe(
  v.object({
    status: optionalText,
    state: optionalText,
    result: v.optional(v.unknown()),
    progress: v.optional(v.unknown()),
    details: v.optional(v.unknown()),
    cost: optionalNumber,
  }),
  v.transform(({ status, state, ...rest }) => ({ ...rest, status: status ?? state ?? '' })),
  v.check(({ status }) => status !== ''),
);
export type Polled = v.InferOutput<typeof polledSchema>;

export const readySchema = v.object({
  sample: v.pipe(v.string(), v.minLength(1)),
  seed: v.fallback(v.optional(v.pipe(v.number(), v.integer())), undefined),
});

export const creditsSchema = v.object({ credits: v.pipe(v.number(), v.finite()) });

/** What a poll and a download need, as JSON. A capability, but no key. */
export const handleSchema = v.object({
  id: v.string(),
  pollingUrl: v.optional(v.string()),
  ready: v.optional(v.object({ sample: v.string() })),
});
export type Handle = v.InferOutput<typeof handleSchema>;

/** The reasons of a moderation as the service names them; empty where it names none. */
export const moderationReasons = (details: unknown): string[] => texts(at(details, 'Moderation Reasons'));

/** A text that says why a task failed, wherever the service put it. */
export const failureReason = (polled: Polled): string | undefined =>
  [polled.details, at(polled.details, 'error'), at(polled.details, 'message'), at(polled.details, 'reason')]
    .concat([polled.result, at(polled.result, 'error'), at(polled.result, 'message')])
    .flatMap(texts)[0];
