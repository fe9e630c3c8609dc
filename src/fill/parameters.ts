/**
 * The parameters of a fill with their ranges and defaults, written once. The form, the checks of a request, the command
 * line and the service files read them from here.
 * Source: seeds/bfl-fill-openapi.md (FluxProFillInputs), reference page for `webp`.
 */
import * as v from 'valibot';
import { fault, type Fault } from './faults.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly initial: number;
}

/** Steps of the diffusion, whole numbers. */
export const steps: Range = { min: 15, max: 50, step: 1, initial: 50 };

/** Guidance strength. The schema's default is 60; the guide's examples use 30. */
export const guidance: Range = { min: 1.5, max: 100, step: 0.5, initial: 60 };

/** Moderation tolerance: 0 is the strictest. */
export const safetyTolerance: Range = { min: 0, max: 6, step: 1, initial: 2 };

/** Seeds we draw ourselves are 32-bit unsigned; the schema sets no bounds. */
export const seed: Range = { min: 0, max: 4_294_967_295, step: 1, initial: 0 };

/** Formats a service can be asked for. PNG by default: a JPEG answer adds loss for nothing. */
export const resultFormats = ['png', 'jpeg', 'webp'] as const;
export type ResultFormat = (typeof resultFormats)[number];

const integer = (range: Range) => v.pipe(v.number(), v.integer(), v.minValue(range.min), v.maxValue(range.max));

/** Characters of a prompt; longer than any service reads. */
export const promptLimit = 10_000;

export const parametersSchema = v.object({
  prompt: v.pipe(v.string(), v.maxLength(promptLimit)),
  steps: integer(steps),
  guidance: v.pipe(v.number(), v.minValue(guidance.min), v.maxValue(guidance.max)),
  /** The seed asked for; null lets one be drawn for each run. */
  seed: v.nullable(integer(seed)),
  promptUpsampling: v.boolean(),
  safetyTolerance: integer(safetyTolerance),
  resultFormat: v.picklist(resultFormats),
});

export type Parameters = v.InferOutput<typeof parametersSchema>;

export const initialParameters: Parameters = {
  prompt: '',
  steps: steps.initial,
  guidance: guidance.initial,
  seed: null,
  promptUpsampling: false,
  safetyTolerance: safetyTolerance.initial,
  resultFormat: 'png',
};

const inRange = (name: string, value: number, range: Range, whole: boolean): Fault | undefined => {
  if (whole && !Number.isInteger(value)) return fault('parameter.integer', { name, value });
  if (!(value >= range.min && value <= range.max))
    return fault('parameter.range', { name, min: range.min, max: range.max, value });
  return undefined;
};

/** The first parameter that a service would refuse, as a fault; undefined when all are within their ranges. */
export const checkParameters = (parameters: Parameters): Fault | undefined =>
  inRange('Steps', parameters.steps, steps, true) ??
  inRange('Guidance', parameters.guidance, guidance, false) ??
  inRange('Safety tolerance', parameters.safetyTolerance, safetyTolerance, true) ??
  (parameters.seed === null ? undefined : inRange('Seed', parameters.seed, seed, true)) ??
  (resultFormats.includes(parameters.resultFormat)
    ? undefined
    : fault('parameter.choice', {
        name: 'Format',
        choices: resultFormats.join(', '),
        value: String(parameters.resultFormat),
      }));
