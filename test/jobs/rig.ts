/** What the tests of jobs share: a fill, a fast clock, a real place, pixel work that marks bytes, a service by script. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { fault, ok } from '../../src/fill/faults.ts';
import { initialParameters } from '../../src/fill/parameters.ts';
import { newFillId, endStates, recordVersion, type Fill, type Job } from '../../src/fill/record.ts';
import type { Abilities, PollOutcome, Service, SubmitOutcome } from '../../src/fill/service.ts';
import type { Clock, JobRaster, Place, Runner, RunnerDeps, StartInput } from '../../src/jobs/contract.ts';
import { createLedger } from '../../src/jobs/ledger.ts';
import { createRunner } from '../../src/jobs/runner.ts';
import { discard, freeName, hashFile, putFile } from '../../src/raster/save.ts';

export const side = 32;

/** A clock that runs `speed` times as fast as the real one. */
export const fastClock = (speed: number): Clock => {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * speed,
    sleep: (milliseconds, signal) =>
      wait(milliseconds / speed, undefined, { signal, ref: true }).catch(() => undefined),
  };
};

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

export const sourceBytes = Buffer.from('the source as it is');

export const makeFill = (
  folder: string,
  id = newFillId(Date.now(), Math.random),
  baseUrl = 'https://service.example',
): Fill => ({
  version: recordVersion,
  id,
  createdAt: new Date().toISOString(),
  source: {
    uri: pathToFileURL(join(folder, 'photo.png')).href,
    name: 'photo.png',
    width: side,
    height: side,
    bytes: sourceBytes.length,
    sha256: sha256(sourceBytes),
  },
  mask: { kind: 'painted', settings: { grow: 4, feather: 8, invert: false, fillHoles: false } },
  service: { id: 'bfl', baseUrl },
  parameters: { ...initialParameters, prompt: 'a red door' },
  plan: {
    window: { x: 0, y: 0, width: side, height: side },
    scaled: { width: side, height: side },
    sent: { width: side, height: side },
    scale: 1,
  },
  price: 0.05,
  save: { as: 'png', opaque: false, tone: true, note: true },
});

export const makeInput = (fill: Fill): StartInput => ({
  fill,
  source: { bytes: sourceBytes },
  base: { width: side, height: side, data: new Uint8Array(side * side).fill(255) },
});

/** What the pixel work makes of a result: enough to tell whose file it is and whether it is whole. */
export const finishedBytes = (id: string, result: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`filled by ${id}\n`), result, Buffer.from('\nend\n')]);

export const markerRaster: JobRaster = {
  prepare: async ({ source }) =>
    ok({ image: await readFile(source.path), mask: new Uint8Array(side * side).fill(255) }),
  takeWhole: () => Promise.reject(new Error('no preset is asked for here')),
  finish: async ({ source, result, out, note }) => {
    await readFile(source.path);
    const bytes = finishedBytes(note!.id, await readFile(result.path));
    await writeFile(out, bytes);
    const counts = { exact: true, changedOutsideEffective: 0, changedOutsideBase: 0 };
    return ok({ extension: '.png', bytes: bytes.length, sha256: sha256(bytes), ...counts, warnings: [] });
  },
};

const folderOf = (fill: Fill): string => fileURLToPath(new URL('.', fill.source.uri));

export const filePlace: Place = {
  name: (fill, extension) => freeName(folderOf(fill), fill.source.name, extension),
  put: async (fill, file, temporary, name) => {
    const put = await putFile(file, folderOf(fill), temporary, name);
    if (!put.ok) return put;
    return ok(put.value === 'taken' ? 'taken' : { uri: pathToFileURL(put.value.path).href });
  },
  find: async (fill, name, hash) => {
    const path = join(folderOf(fill), name);
    const found = await hashFile(path).catch(() => undefined);
    return found === hash ? pathToFileURL(path).href : undefined;
  },
  discard: (fill, temporary) => discard(join(folderOf(fill), temporary)),
  sourceState: async (fill) => {
    const found = await hashFile(fileURLToPath(fill.source.uri)).catch(() => undefined);
    if (found === fill.source.sha256) return undefined;
    return fault(found === undefined ? 'source.gone' : 'source.changed', { name: fill.source.name });
  },
};

export const abilities = (activeTasks = 24): Abilities => ({
  id: 'bfl',
  name: 'Test',
  steps: null,
  guidance: null,
  safetyTolerance: null,
  promptUpsampling: true,
  promptRequired: false,
  seed: true,
  resultFormats: ['png'],
  imagesPerCall: 1,
  cancel: false,
  webhook: false,
  alphaRequest: false,
  ownPresets: false,
  usualTime: 0,
  activeTasks,
  needsKey: true,
  price: { kind: 'image', dollars: 0.05 },
});

export const resultBytes = Buffer.from('the result of the service');

export const accepted: SubmitOutcome = { kind: 'accepted', handle: { task: 't1' }, taskId: 't1', cost: 0.05 };
export const running: PollOutcome = { kind: 'running', status: 'Pending' };
export const ready: PollOutcome = { kind: 'ready', handle: { task: 't1', link: 'l1' }, seed: 42 };

export interface Calls {
  submit: number;
  poll: number;
  fetch: number;
}

/** A service that counts its calls and does what the parts say; what is not said goes well. */
export const scriptedService = (
  parts: Partial<Service> = {},
  activeTasks?: number,
): { service: Service; calls: Calls } => {
  const calls: Calls = { submit: 0, poll: 0, fetch: 0 };
  const service: Service = {
    abilities: abilities(activeTasks),
    submit: (...given) => {
      calls.submit++;
      return parts.submit?.(...given) ?? Promise.resolve(accepted);
    },
    poll: (...given) => {
      calls.poll++;
      return parts.poll?.(...given) ?? Promise.resolve(calls.poll === 1 ? running : ready);
    },
    fetch: (...given) => {
      calls.fetch++;
      return parts.fetch?.(...given) ?? Promise.resolve(ok([{ bytes: resultBytes, type: 'image/png' }]));
    },
  };
  return { service, calls };
};

export interface Rig {
  readonly root: string;
  /** The folder of the source. */
  readonly target: string;
  readonly journal: string;
  readonly log: string[];
  deps(service: Service, parts?: Partial<RunnerDeps>): RunnerDeps;
  names(...path: string[]): Promise<string[]>;
  record(stage: string, id: string): Promise<Job>;
  /** A runner over the rig's journal; `remove` disposes it. */
  open(service: Service, parts?: Partial<RunnerDeps>): Runner;
  /** Starts a job and gives its id. */
  begin(runner: Runner, id?: string): Promise<string>;
  /** The job's record, once it is closed. */
  closed(id: string): Promise<Job>;
  /** Runs one job to its end. */
  runToEnd(service: Service, parts?: Partial<RunnerDeps>): Promise<Job>;
  remove(): Promise<void>;
}

export const makeRig = async (): Promise<Rig> => {
  const root = await mkdtemp(join(tmpdir(), 'flux-fill-jobs-'));
  const target = join(root, 'pictures');
  const journal = join(root, 'storage', 'jobs');
  await mkdir(target);
  await writeFile(join(target, 'photo.png'), sourceBytes);
  const log: string[] = [];
  const runners: Runner[] = [];
  const rig: Rig = {
    root,
    target,
    journal,
    log,
    deps: (service, parts = {}) => ({
      directory: journal,
      service: () => Promise.resolve(ok(service)),
      webhook: () => Promise.resolve(undefined),
      raster: markerRaster,
      place: filePlace,
      ledger: createLedger(join(root, 'storage', 'ledger'), () => Promise.resolve({ all: null, agents: null })),
      clock: fastClock(100),
      log: (level, text) => log.push(`${level} ${text}`),
      random: Math.random,
      ...parts,
    }),
    names: async (...path) => (await readdir(join(root, ...path)).catch(() => [])).sort(),
    record: async (stage, id) => JSON.parse(await readFile(join(journal, stage, id, 'record.json'), 'utf8')) as Job,
    open: (service, parts) => {
      const runner = createRunner(rig.deps(service, parts));
      runners.push(runner);
      return runner;
    },
    begin: async (runner, id) => {
      const started = await runner.start(makeInput(makeFill(target, id)));
      assert.ok(started.ok, JSON.stringify(started));
      assert.equal(started.value.state, 'prepared');
      return started.value.fill.id;
    },
    closed: async (id) => {
      await until(async () => (await rig.names('storage', 'jobs', 'done')).includes(id));
      return rig.record('done', id);
    },
    runToEnd: async (service, parts) => {
      const runner = rig.open(service, parts);
      const id = await rig.begin(runner);
      await reaches(runner, id, ...endStates);
      return rig.closed(id);
    },
    remove: async () => {
      await Promise.all(runners.map((runner) => runner.dispose()));
      // A write that dispose did not wait for may still end: the folder is removed again then.
      await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
  return rig;
};

/** A promise that a test resolves. */
export const gate = <T = void>() => {
  let open: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (open = resolve));
  return { promise, open };
};

/** Resolves with the job as soon as it is in one of the states; also when it is there already. */
export const reaches = (runner: Runner, id: string, ...states: Job['state'][]): Promise<Job> =>
  new Promise((resolve) => {
    const look = (job: Job): void => {
      if (job.fill.id !== id || !states.includes(job.state)) return;
      stop();
      resolve(job);
    };
    const stop = runner.onChange(look);
    const job = runner.jobs().find((one) => one.fill.id === id);
    if (job !== undefined) look(job);
  });

/** Waits until something is so; the test's own limit ends it otherwise. */
export const until = async (so: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await so())) await wait(5);
};
