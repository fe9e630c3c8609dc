/**
 * The fault table: what each of 20 faults ends in, after how long by the job's clock, and after how many submits. Jobs with
 * their journal, through the client of each service, against its strict emulator; the disk is a real one.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { failed, fault, ok, type FaultCode } from '../../src/fill/faults.ts';
import { endStates, nextActOf, type Job, type JobState, type NextAct } from '../../src/fill/record.ts';
import type { Clock, JobRaster, RunnerDeps } from '../../src/jobs/contract.ts';
import { catalogue, type RemoteId } from '../../src/services/catalogue.ts';
import { start as startBfl, type Settings } from '../servers/bfl.ts';
import { start as startFal } from '../servers/fal.ts';
import { start as startReplicate } from '../servers/replicate.ts';
import { mask, picture, size } from '../services/harness.ts';
import { fastClock, filePlace, makeFill, makeInput, makeRig, markerRaster, reaches, type Rig } from './rig.ts';

interface Emulator {
  readonly url: string;
  readonly log: readonly { readonly method: string }[];
  accepted(): number;
  stop(): Promise<unknown>;
}

type Scenario = NonNullable<Settings['scenario']>;
type Emulated = Partial<Pick<Settings, 'scenario' | 'readyAfter'>>;

/** What the emulator of another service calls the same fault. */
const ofFal: Partial<Record<Scenario, string>> = {
  '502': '500',
  '402': '403-balance',
  '403': '401',
  'moderated-content': 'moderated-result',
};
const ofReplicate: Partial<Record<Scenario, string>> = {
  '502': '500',
  '403': '401',
  '429-retry-after': '429-header',
  'moderated-content': 'failed-result-moderated',
};

const named = ({ scenario, ...settings }: Emulated, names: Partial<Record<Scenario, string>>) => ({
  ...settings,
  key: 'k',
  ...(scenario === undefined ? {} : { scenario: (names[scenario] ?? scenario) as never }),
});

const emulators: Readonly<Record<RemoteId, (settings: Emulated) => Promise<Emulator>>> = {
  bfl: (settings) => startBfl(named(settings, {})),
  fal: (settings) => startFal(named(settings, ofFal)),
  replicate: (settings) => startReplicate({ ...named(settings, ofReplicate), mode: 'replicate' }),
  compatible: (settings) => startReplicate({ ...named(settings, ofReplicate), mode: 'compatible' }),
};

interface Scene {
  readonly rig: Rig;
}

interface Row {
  readonly fault: string;
  readonly settings?: Emulated;
  readonly parts?: (scene: Scene) => Partial<RunnerDeps>;
  /** Milliseconds of the job's clock in one of the wall's; slow enough for deadlines not to strike by themselves. */
  readonly speed?: number;
  readonly fetch?: () => typeof globalThis.fetch;
  readonly end: JobState;
  readonly code?: FaultCode;
  readonly submits: number;
  readonly tasks?: number;
  /** What the person can do then; absent: nothing is left. */
  readonly next?: NextAct;
  /** The service whose list tells what came of the submit: there the job is saved. */
  readonly foundBy?: RemoteId;
}

const [image, white] = await Promise.all([picture(3), mask()]);
const raster: JobRaster = { ...markerRaster, prepare: () => Promise.resolve(ok({ image, mask: white })) };

/** The first calls find no network, as on a machine that is offline. */
const offlineFor =
  (calls: number, from: number): (() => typeof globalThis.fetch) =>
  () => {
    let count = 0;
    return (input, init) => {
      count++;
      if (count <= from || count > from + calls) return globalThis.fetch(input, init);
      const cause = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
      return Promise.reject(new TypeError('fetch failed', { cause }));
    };
  };

const place = (put: RunnerDeps['place']['put']) => (): Partial<RunnerDeps> => ({ place: { ...filePlace, put } });

const rows: readonly Row[] = [
  { fault: 'none', end: 'saved', submits: 1, tasks: 1 },
  { fault: 'offline at the submit', fetch: offlineFor(1, 0), end: 'failed', code: 'network.unreachable', submits: 0 },
  { fault: 'offline for a while, then back', fetch: offlineFor(6, 1), end: 'saved', submits: 1, tasks: 1 },
  {
    fault: 'connection lost before the answer',
    settings: { scenario: 'reset-before-answer' },
    end: 'unknown',
    code: 'service.unknownOutcome',
    submits: 1,
    next: 'send',
  },
  {
    fault: 'accepted, answer lost',
    settings: { scenario: 'accepted-but-answer-lost' },
    end: 'unknown',
    code: 'service.unknownOutcome',
    submits: 1,
    tasks: 1,
    next: 'send',
    foundBy: 'replicate',
  },
  {
    fault: 'server error at the submit',
    settings: { scenario: '502' },
    end: 'unknown',
    code: 'service.unknownStatus',
    submits: 1,
    next: 'send',
  },
  {
    fault: 'submit never answered',
    settings: { scenario: 'slow-loris-submit' },
    speed: 400,
    end: 'unknown',
    code: 'service.unknownOutcome',
    submits: 1,
    next: 'send',
  },
  { fault: 'busy (429) twice', settings: { scenario: '429-retry-after' }, end: 'saved', submits: 3, tasks: 1 },
  { fault: 'busy (429) always', settings: { scenario: '429' }, end: 'failed', code: 'service.busy', submits: 5 },
  { fault: 'out of service (503) once', settings: { scenario: '503-once' }, end: 'saved', submits: 2, tasks: 1 },
  { fault: 'no credits', settings: { scenario: '402' }, end: 'failed', code: 'service.credits', submits: 1 },
  { fault: 'key refused', settings: { scenario: '403' }, end: 'failed', code: 'key.refused', submits: 1 },
  {
    fault: 'connection lost while polling',
    settings: { scenario: 'reset-while-polling' },
    end: 'saved',
    submits: 1,
    tasks: 1,
  },
  {
    fault: 'told to slow down while polling',
    settings: { scenario: '429-while-polling' },
    end: 'saved',
    submits: 1,
    tasks: 1,
  },
  {
    fault: 'web page instead of answers while polling',
    settings: { scenario: 'not-json-while-polling' },
    end: 'saved',
    submits: 1,
    tasks: 1,
  },
  {
    fault: 'declined after it was made',
    settings: { scenario: 'moderated-content' },
    end: 'failed',
    code: 'service.moderatedResult',
    submits: 1,
    tasks: 1,
  },
  {
    fault: 'never ready',
    settings: { readyAfter: 3_600_000 },
    speed: 4_000,
    end: 'failed',
    code: 'service.timeout',
    submits: 1,
    tasks: 1,
    next: 'ask',
  },
  { fault: 'link dead, a second one works', settings: { scenario: 'dead-link' }, end: 'saved', submits: 1, tasks: 1 },
  {
    fault: 'link dead for good',
    settings: { scenario: 'dead-link-always' },
    end: 'failed',
    code: 'service.resultGone',
    submits: 1,
    tasks: 1,
    next: 'ask',
  },
  { fault: 'download cut off once', settings: { scenario: 'truncated' }, end: 'saved', submits: 1, tasks: 1 },
  {
    fault: 'folder of the source gone',
    parts: ({ rig }) => ({
      raster: {
        ...raster,
        finish: async (input) => {
          const finished = await raster.finish(input);
          await rm(rig.target, { recursive: true });
          return finished;
        },
      },
    }),
    end: 'failed',
    code: 'save.noFolder',
    submits: 1,
    tasks: 1,
    next: 'save',
  },
  {
    fault: 'disk full where the result goes',
    parts: place(() => Promise.resolve(failed('save.full', { name: 'photo.fill-001.png' }))),
    end: 'failed',
    code: 'save.full',
    submits: 1,
    tasks: 1,
    next: 'save',
  },
  {
    fault: 'folder read-only',
    parts: place(() => Promise.resolve(failed('save.readOnly', { folder: 'pictures' }))),
    end: 'failed',
    code: 'save.readOnly',
    submits: 1,
    tasks: 1,
    next: 'save',
  },
  {
    fault: 'folder locked by another program',
    parts: place(() => Promise.resolve(failed('save.failed', { name: 'photo.fill-001.png', reason: 'EBUSY' }))),
    end: 'failed',
    code: 'save.failed',
    submits: 1,
    tasks: 1,
    next: 'save',
  },
  {
    fault: 'name taken at the last moment',
    parts: ({ rig }) => ({
      place: {
        ...filePlace,
        put: async (fill, file, temporary, name) => {
          const other = join(rig.target, 'photo.fill-001.png');
          await writeFile(other, 'of somebody else', { flag: 'wx' }).catch(() => undefined);
          return filePlace.put(fill, file, temporary, name);
        },
      },
    }),
    end: 'saved',
    submits: 1,
    tasks: 1,
  },
  {
    fault: 'source replaced meanwhile',
    parts: ({ rig }) => ({
      raster: {
        ...raster,
        finish: async (input) => {
          await writeFile(join(rig.target, 'new.png'), 'another picture');
          await rename(join(rig.target, 'new.png'), join(rig.target, 'photo.png'));
          return raster.finish(input);
        },
      },
    }),
    end: 'saved',
    submits: 1,
    tasks: 1,
  },
  {
    fault: 'journal cannot be written before the submit',
    parts: ({ rig }) => ({
      webhook: async () => {
        const [id] = await rig.names('storage', 'jobs', 'open');
        const record = join(rig.journal, 'open', id, 'record.json');
        await rm(record);
        await mkdir(join(record, 'in the way'), { recursive: true });
        return undefined;
      },
    }),
    end: 'failed',
    code: 'journal.write',
    submits: 0,
  },
  {
    fault: 'engine out of memory',
    parts: () => ({
      raster: { ...raster, finish: () => Promise.resolve({ ok: false, fault: fault('worker.memory') }) },
    }),
    end: 'failed',
    code: 'worker.memory',
    submits: 1,
    tasks: 1,
    next: 'save',
  },
  {
    fault: 'clock set on by a day while it runs',
    parts: () => {
      const clock = fastClock(20);
      let added = 0;
      const jumping: Clock = {
        now: () => clock.now() + added,
        sleep: async (milliseconds, signal) => {
          await clock.sleep(milliseconds, signal);
          added = 24 * 3_600_000;
        },
      };
      return { clock: jumping };
    },
    end: 'saved',
    submits: 1,
    tasks: 1,
  },
];

/** A clock whose speed may change: as many times the real one as `speed` says when it is looked at. */
const changingClock = (speed: () => number): Clock => {
  let real = Date.now();
  let now = real;
  const look = (): number => {
    const next = Date.now();
    now += (next - real) * speed();
    real = next;
    return now;
  };
  return {
    now: look,
    sleep: (milliseconds, signal) => {
      look();
      return wait(milliseconds / speed(), undefined, { signal }).catch(() => undefined);
    },
  };
};

const runRow = async (
  id: RemoteId,
  row: Row,
): Promise<{ job: Job; seconds: number; submits: number; tasks: number; files: string[] }> => {
  const [rig, emulator] = await Promise.all([makeRig(), emulators[id](row.settings ?? {})]);
  // The request has its time to be answered, however busy the machine is; what is waited for after it goes faster.
  const clock = changingClock(() => (emulator.accepted() > 0 ? (row.speed ?? 20) : 20));
  const fetcher = row.fetch?.() ?? globalThis.fetch;
  const service = catalogue[id].create({
    baseUrl: emulator.url,
    fetch: () => fetcher,
    key: () => Promise.resolve(ok('k')),
    clock,
    log: () => undefined,
  });
  const began = clock.now();
  const runner = rig.open(service, { clock, raster, ...row.parts?.({ rig }) });
  const { plan, ...fill } = makeFill(rig.target);
  const started = await runner.start(makeInput({ ...fill, plan: { ...plan, sent: size } }));
  assert.ok(started.ok);
  const job = await reaches(runner, fill.id, ...endStates);
  const seconds = (clock.now() - began) / 1000;
  const posts = emulator.log.filter(({ method }) => method === 'POST').length;
  const files = await rig.names('pictures');
  const whole = job.saved === undefined || (await readFile(join(rig.target, job.saved.name))).includes('\nend\n');
  assert.ok(whole, `${row.fault}: the file is cut`);
  await rig.remove();
  await emulator.stop();
  return { job, seconds, submits: posts, tasks: emulator.accepted(), files };
};

suite(`${rows.length - 1} faults: end state, time and submits of each`, { concurrency: 4 }, () => {
  for (const id of Object.keys(emulators) as RemoteId[])
    test(catalogue[id].abilities.name, async (t) => {
      const lines: string[] = [];
      for (const row of rows) {
        const found = row.foundBy === id;
        const { job, seconds, submits, tasks, files } = await runRow(id, row);
        const told = [job.state, job.fault?.code, submits, tasks, nextActOf(job)];
        const [end, code, next] = found ? ['saved'] : [row.end, row.code, row.next];
        assert.deepEqual(told, [end, code, row.submits, row.tasks ?? 0, next], row.fault);
        assert.equal(files.filter((name) => /fill-00/.test(name)).length >= 1, end === 'saved', files.join());
        assert.ok(!files.some((name) => name.startsWith('.')), `${row.fault}: ${files.join()}`);
        lines.push(
          [
            row.fault.padEnd(46),
            (code ?? end).padEnd(24),
            `${seconds.toFixed(1)} s`.padStart(9),
            `${submits} submits`,
          ].join(' '),
        );
      }
      t.diagnostic(`\n${lines.join('\n')}`);
    });
});
