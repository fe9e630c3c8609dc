import type { FaultCode } from '../fill/faults.ts';

/** Exit codes of the command line; help and README list them. */
export const exits = {
  done: 0,
  internal: 1,
  badInput: 2,
  key: 3,
  credits: 4,
  moderation: 5,
  service: 6,
  network: 7,
  timeout: 8,
  unknown: 9,
  cannotSave: 10,
  interrupted: 130,
} as const;

const exact: Partial<Record<FaultCode, number>> = {
  'money.limit': exits.credits,
  'money.agentLimit': exits.credits,
  'service.credits': exits.credits,
  'service.moderatedRequest': exits.moderation,
  'service.moderatedResult': exits.moderation,
  'service.timeout': exits.timeout,
  'service.unknownAnswer': exits.unknown,
  'service.unknownOutcome': exits.unknown,
  'service.unknownPage': exits.unknown,
  'service.unknownStatus': exits.unknown,
  'service.baseUrl': exits.badInput,
  'save.exists': exits.badInput,
  'save.notAFile': exits.badInput,
  'job.busy': exits.badInput,
  'job.removed': exits.cannotSave,
  'job.cancelled': exits.interrupted,
  'job.stopped': exits.interrupted,
  'job.interrupted': exits.interrupted,
  'job.notReady': exits.timeout,
};

const byGroup: Readonly<Record<string, number>> = {
  argument: exits.badInput,
  image: exits.badInput,
  mask: exits.badInput,
  window: exits.badInput,
  expand: exits.badInput,
  recipe: exits.badInput,
  batch: exits.badInput,
  parameter: exits.badInput,
  key: exits.key,
  service: exits.service,
  result: exits.service,
  network: exits.network,
  save: exits.cannotSave,
  journal: exits.cannotSave,
};

/** The exit code for a fault: by its code, else by the group before the dot. */
export const exitOf = (code: FaultCode): number => exact[code] ?? byGroup[code.split('.')[0]] ?? exits.internal;
