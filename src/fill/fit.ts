/** Parameters as a service takes them. The person's own values stay in the document, for the next service. */
import { failed, ok, type Result } from './faults.ts';
import type { Parameters, Range } from './parameters.ts';
import type { Abilities } from './service.ts';

const into = (value: number, range: Range | null): number =>
  range === null ? value : Math.min(range.max, Math.max(range.min, value));

/** Numbers go to the nearest end of the service's range; a format that it has not becomes its first one (PNG). */
export const fitTo = (abilities: Abilities, parameters: Parameters): Parameters => ({
  ...parameters,
  steps: into(parameters.steps, abilities.steps),
  guidance: into(parameters.guidance, abilities.guidance),
  safetyTolerance: into(parameters.safetyTolerance, abilities.safetyTolerance),
  promptUpsampling: parameters.promptUpsampling && abilities.promptUpsampling,
  resultFormat: abilities.resultFormats.includes(parameters.resultFormat)
    ? parameters.resultFormat
    : abilities.resultFormats[0],
});

/** Fault parameter.prompt where the service needs one. */
export const checkPrompt = (prompt: string, { promptRequired, name }: Abilities): Result<void> =>
  promptRequired && prompt.trim() === '' ? failed('parameter.prompt', { service: name }) : ok(undefined);
