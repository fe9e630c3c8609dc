/** Composes the rooms for a terminal: undici as transport, the key of the environment, a journal of its own. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { failed, fault, ok, type Fault, type Result } from '../fill/faults.ts';
import { checkPrompt } from '../fill/fit.ts';
import type { Fill, ServiceId } from '../fill/record.ts';
import type { Abilities, Service } from '../fill/service.ts';
import { keyVariables } from '../ids.ts';
import type { Clock, Log, Runner } from '../jobs/contract.ts';
import { createLedger } from '../jobs/ledger.ts';
import { createRunner } from '../jobs/runner.ts';
import { createPractice, practiceAbilities, practiceKey, practiceUrl, synthesiseInWorker } from '../practice/index.ts';
import { fileStore } from '../practice/store.ts';
import type { Engine } from '../raster/engine.ts';
import { createEngine } from '../raster/threads.ts';
import { createBfl } from '../services/bfl.ts';
import { catalogue } from '../services/catalogue.ts';
import type { Fetch } from '../services/http.ts';
import { checkBaseUrl } from '../services/origins.ts';
import type { ServiceArguments } from './args.ts';
import { ledgerFolder, readLimit } from './money.ts';
import { createPlace } from './place.ts';
import { createTransport, type Transport } from './transport.ts';

export interface House {
  readonly engine: Engine;
  readonly runner: Runner;
  /** Folder of everything that is kept between runs. */
  readonly state: string;
  readonly jobsFolder: string;
  /** The service's key of the environment, which belongs to the origin of the base URL that was named. */
  readonly key: (service: Fill['service']) => Result<string>;
  readonly service: (id: ServiceId, baseUrl: string) => Service;
  /** HTTP requests made so far. */
  readonly requests: () => number;
  /** Removes what is half written now: for a process that ends at once. */
  readonly abandon: () => void;
  readonly close: () => Promise<void>;
}

const clock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    await wait(milliseconds, undefined, { signal }).catch(() => undefined);
  },
};

export const abilitiesOf = (id: ServiceId): Abilities =>
  id === 'practice' ? practiceAbilities : catalogue[id].abilities;

export const needsKey = (fill: Fill): boolean => abilitiesOf(fill.service.id).needsKey;

export interface Chosen {
  readonly abilities: Abilities;
  readonly baseUrl: string;
}

/** What was asked for and the service has not: nothing is left out silently. */
const lackOf = ({ named, parameters, send }: ServiceArguments, abilities: Abilities): Fault | undefined => {
  const service = abilities.name;
  const lacks = (option: string, able: boolean): Fault | undefined =>
    named.includes(option) && !able ? fault('parameter.unsupported', { service, name: `--${option}` }) : undefined;
  const { safetyTolerance: range, resultFormats } = abilities;
  const { safetyTolerance, resultFormat, prompt } = parameters;
  if (!resultFormats.includes(resultFormat))
    return fault('parameter.choice', { name: '--format', choices: resultFormats.join(', '), value: resultFormat });
  if (range !== null && (safetyTolerance < range.min || safetyTolerance > range.max))
    return fault('parameter.range', { name: '--safety', min: range.min, max: range.max, value: safetyTolerance });
  const prompted = checkPrompt(prompt, abilities);
  if (!prompted.ok) return prompted.fault;
  return (
    lacks('steps', abilities.steps !== null) ??
    lacks('guidance', abilities.guidance !== null) ??
    lacks('safety', range !== null) ??
    lacks('upsample', abilities.promptUpsampling) ??
    lacks('seed', abilities.seed) ??
    lacks('own-preset', abilities.ownPresets) ??
    (send === 'alpha' ? lacks('send', abilities.alphaRequest) : undefined)
  );
};

/** The service that was asked for: its abilities, and its base URL checked. */
export const chosenService = (asked: ServiceArguments): Result<Chosen> => {
  const { service, baseUrl } = asked;
  const abilities = abilitiesOf(service);
  const lack = lackOf(asked, abilities);
  return lack === undefined ? placeOfService(service, baseUrl) : { ok: false, fault: lack };
};

/** Where a service is asked: its own address, or another one. */
export const placeOfService = (service: ServiceId, baseUrl: string | undefined): Result<Chosen> => {
  const abilities = abilitiesOf(service);
  if (service === 'practice')
    return baseUrl === undefined
      ? ok({ abilities, baseUrl: practiceUrl })
      : failed('argument.unknown', { reason: 'practice has no --base-url' });
  const own = baseUrl ?? catalogue[service].baseUrl;
  if (own === undefined) return failed('argument.unknown', { reason: `${service} needs a --base-url` });
  const checked = checkBaseUrl(own);
  return checked.ok ? ok({ abilities, baseUrl: checked.value }) : checked;
};

const transportOf = (): Result<Transport> => {
  try {
    return ok(createTransport());
  } catch (error) {
    return failed('argument.proxy', {
      reason: (error instanceof Error ? error.message : String(error)).replace(/\.$/, ''),
    });
  }
};

export const openHouse = (given: {
  readonly state: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Folder of the built files, for the worker threads. */
  readonly workers: URL;
  readonly log: Log;
}): Result<House> => {
  const { state, environment, workers, log } = given;
  const opened = transportOf();
  if (!opened.ok) return opened;
  const transport = opened.value;
  const engine = createEngine({ workerUrl: new URL('raster.cjs', workers) });
  const place = createPlace();
  const closing = new AbortController();

  const key = ({ id, baseUrl }: Fill['service']): Result<string> => {
    if (id === 'practice') return ok(practiceKey);
    const variable = keyVariables[id];
    const value = environment[variable]?.trim() ?? '';
    return value === '' ? failed('key.missingVariable', { origin: new URL(baseUrl).origin, variable }) : ok(value);
  };

  let practice: ReturnType<typeof createPractice> | undefined;
  const practiceFetch: Fetch = (input, init) => {
    practice ??= createPractice({
      synthesise: synthesiseInWorker(new URL('practice.cjs', workers), closing.signal),
      store: fileStore(join(state, 'practice')),
      now: () => clock.now(),
    });
    return practice(new Request(input, init));
  };

  const openService = (id: ServiceId, baseUrl: string): Service =>
    id === 'practice'
      ? createBfl({
          abilities: practiceAbilities,
          baseUrl,
          fetch: () => practiceFetch,
          key: () => Promise.resolve(ok(practiceKey)),
          clock,
          log,
        })
      : catalogue[id].create({
          baseUrl,
          fetch: () => transport.fetch,
          key: () => Promise.resolve(key({ id, baseUrl })),
          clock,
          log,
        });

  const jobsFolder = join(state, 'jobs');
  const runner = createRunner({
    directory: jobsFolder,
    service: (fill) => Promise.resolve(ok(openService(fill.service.id, fill.service.baseUrl))),
    webhook: () => Promise.resolve(undefined),
    raster: engine,
    place,
    ledger: createLedger(ledgerFolder(state), async () => ({ all: await readLimit(state), agents: null })),
    clock,
    log,
    random: Math.random,
  });

  return ok({
    engine,
    runner,
    state,
    jobsFolder,
    key,
    service: openService,
    requests: transport.requests,
    abandon: place.abandon,
    close: async () => {
      await runner.dispose();
      closing.abort();
      await engine.dispose();
      await transport.close();
    },
  });
};
