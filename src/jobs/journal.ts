/**
 * The journal: one folder a job. `record.json` is the Job; beside it stand `source` (a copy of the source file), `base`
 * (the base mask, deflated), `image.png` and `mask.png` (what is sent), `result` (the bytes received; of further
 * steps `result-1` and so on) and `out` (the finished file). Every file is on the disk before the step that relies on it.
 */
import { constants } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants as zlib, deflate, inflate } from 'node:zlib';
import * as v from 'valibot';
import { fault, FaultError, type Fault } from '../fill/faults.ts';
import { canvasSize } from '../fill/outpaint.ts';
import { migrateJob } from '../fill/migrate.ts';
import {
  jobSchema,
  nextActOf,
  recordVersion,
  tookOf,
  type Fill,
  type Held,
  type Job,
  type NextAct,
} from '../fill/record.ts';
import type { BaseMask, StartInput } from './contract.ts';
import { errorCode, errorReason, exists, moveFolder, syncFile, syncFolder, writeAtomic, writeSynced } from './disk.ts';
import { isAbandoned, takeLease, type Lease } from './lease.ts';
import { jobFolder } from './open.ts';

export const files = {
  record: 'record.json',
  source: 'source',
  base: 'base',
  image: 'image.png',
  mask: 'mask.png',
  result: 'result',
  out: 'out',
  /** Put there by a process that does not own the job: the person pressed Cancel in its window. */
  cancel: 'cancel',
} as const;

/** The bytes received for a step. */
export const resultFile = (step: number): string => (step === 0 ? files.result : `${files.result}-${step}`);

/** The finished file of a job that is held: its extension says to others what it is. */
export const heldFile = ({ extension }: Held): string => `${files.out}${extension}`;

/** A folder in `new/` that nobody writes any more is removed; one whose writer is not known after this long. */
const sweepAge = 60 * 60_000;

const noGuard = (): Promise<void> => Promise.resolve();

/** Writes the record whole or not at all. `guard` throws where the job is no longer ours. */
export const writeRecord = (folder: string, job: Job, guard: () => Promise<void> = noGuard): Promise<void> =>
  writeAtomic(join(folder, files.record), JSON.stringify(job), guard);

/** `newer`: written by a later version of Flux Fill, which alone can go on with it. Throws the disk's errors. */
export const readRecord = async (folder: string): Promise<Job | 'newer' | 'broken'> => {
  const text = await readFile(join(folder, files.record), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  try {
    const json: unknown = JSON.parse(text);
    const version = v.safeParse(v.object({ fill: v.object({ version: v.number() }) }), json);
    if (version.success && version.output.fill.version > recordVersion) return 'newer';
    return v.parse(jobSchema, migrateJob(json));
  } catch {
    return 'broken';
  }
};

const copySource = async (source: StartInput['source'], fill: Fill, to: string): Promise<void> => {
  if ('bytes' in source) return writeSynced(to, source.bytes);
  // Looked at first, so that a source that cannot be read is told from a journal that cannot be written.
  await stat(source.path).catch((error: unknown) => {
    const { name } = fill.source;
    const missing = errorCode(error) === 'ENOENT';
    throw new FaultError(
      missing ? fault('image.missing', { name }) : fault('image.unreadable', { name, reason: errorReason(error) }),
    );
  });
  await copyFile(source.path, to, constants.COPYFILE_FICLONE);
  await syncFile(to);
};

/** Strengths of a mask, deflated: nearly all of it is black or white. */
export const pack = promisify((data: Uint8Array, done: (error: Error | null, packed: Uint8Array) => void) =>
  deflate(data, { level: zlib.Z_BEST_SPEED }, done),
);
/** What `pack` made, of at most so many bytes. */
export const unpack = promisify(
  (data: Uint8Array, maxOutputLength: number, done: (error: Error | null, unpacked: Uint8Array) => void) =>
    inflate(data, { maxOutputLength }, done),
);

/** The base mask of a job. Throws where the file is missing, damaged or of another size than the source. */
export const readBase = async (folder: string, fill: Fill): Promise<BaseMask> => {
  const { width, height } = canvasSize(fill.source, fill.expand);
  const packed = await readFile(join(folder, files.base));
  const data = await unpack(packed, width * height);
  if (data.length !== width * height) throw new Error('the base mask in the journal has another size than its source');
  return { width, height, data };
};

/** Makes what is sent from the source that was copied into `folder`, or throws a FaultError. */
export type Prepare = (folder: string) => Promise<{ readonly image: Uint8Array; readonly mask: Uint8Array }>;

/**
 * Writes a new job, owned by this process. It becomes visible by one rename when everything it needs is on the disk;
 * until then nothing of it counts. Throws FaultErrors of `prepare` and the source, and the disk's errors; nothing is
 * left behind then.
 */
export const createJob = async (
  directory: string,
  job: Job,
  input: StartInput,
  prepare: Prepare,
): Promise<{ readonly folder: string; readonly lease: Lease }> => {
  const folder = jobFolder(directory, 'new', job.fill.id);
  await mkdir(jobFolder(directory, 'new', ''), { recursive: true });
  await mkdir(folder);
  try {
    const lease = await takeLease(folder, () => false);
    if (typeof lease === 'string') throw new Error('the new folder is not ours');
    await copySource(input.source, job.fill, join(folder, files.source));
    await writeSynced(join(folder, files.base), await pack(input.base.data));
    const { image, mask } = await prepare(folder);
    await writeSynced(join(folder, files.image), image);
    await writeSynced(join(folder, files.mask), mask);
    await writeRecord(folder, job);
    const open = jobFolder(directory, 'open', job.fill.id);
    await moveFolder(folder, open);
    return { folder: open, lease };
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
};

/**
 * Writes the job of a further image of one request, whose first is in `from`, with its bytes, owned by this process. Undefined
 * where the journal knows it already: whoever wrote it died before the first was done. Throws the disk's errors.
 */
export const createImageJob = async (
  directory: string,
  job: Job,
  from: string,
  bytes: Uint8Array,
): Promise<{ readonly folder: string; readonly lease: Lease } | undefined> => {
  const { id } = job.fill;
  const [open, done] = [jobFolder(directory, 'open', id), jobFolder(directory, 'done', id)];
  if ((await exists(open)) || (await exists(done))) return undefined;
  const folder = jobFolder(directory, 'new', id);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const lease = await takeLease(folder, () => false);
  if (typeof lease === 'string') throw new Error('the new folder is not ours');
  for (const name of [files.source, files.base]) {
    await copyFile(join(from, name), join(folder, name), constants.COPYFILE_FICLONE);
    await syncFile(join(folder, name));
  }
  await writeSynced(join(folder, files.result), bytes);
  await writeRecord(folder, job);
  await moveFolder(folder, open);
  return { folder: open, lease };
};

/** A small picture of the result, made by whoever shows it. */
export const thumbFile = (directory: string, id: string): string =>
  join(jobFolder(directory, 'done', id), 'thumb.webp');

const isHeldFile = (name: string): boolean => name.startsWith(`${files.out}.`);

/** What a job is about to lose when it has ended: everything heavy, unless it was paid for and is not saved. */
const needless = (job: Job): readonly string[] => {
  const paid = job.taskId !== undefined || job.state === 'unknown';
  const sent = [files.image, files.mask, files.out, files.cancel];
  const results = Array.from({ length: job.results }, (_, step) => resultFile(step));
  const finished = job.state === 'saved' || job.state === 'held';
  return paid && !finished ? sent : [...sent, files.source, files.result, ...results];
};

/**
 * Closes an ended job: drops what it no longer needs and moves it to `done/` by one rename. What dies in between is
 * found in `open/` and closed again. Throws the disk's errors.
 */
export const closeJob = async (directory: string, job: Job): Promise<string> => {
  const open = jobFolder(directory, 'open', job.fill.id);
  const done = jobFolder(directory, 'done', job.fill.id);
  const names = job.state === 'saved' ? (await readdir(open)).filter(isHeldFile) : [];
  await Promise.all([...needless(job), ...names].map((name) => rm(join(open, name), { force: true })));
  await moveFolder(open, done);
  return done;
};

/** The job as it goes on from where it ended; what that costs, a person has agreed to, whoever asked for the fill at first. */
const reopened = (job: Job, act: NextAct, now: number): Job => {
  const { fault: _fault, endedAt: _endedAt, saving: _saving, cancelRequested: _asked, took: _took, ...ended } = job;
  const took = act === 'keep' || act === 'save' ? tookOf(job) : null;
  const rest = { ...ended, ...(took === null ? { againAt: new Date(now).toISOString() } : { took }) };
  if (act === 'ask') return { ...rest, state: 'submitted', warnings: [] };
  const { handle: _handle, submittedAt: _submittedAt, sentAt, ...others } = rest;
  const { by: _agent, ...fill } = others.fill;
  const plain = { ...others, fill };
  const fresh = job.state === 'unknown' && sentAt !== undefined ? { ...plain, sentAt } : plain;
  return act === 'send'
    ? { ...fresh, state: 'prepared', warnings: [] }
    : { ...fresh, state: 'received', step: job.results - 1, warnings: [] };
};

/**
 * Brings a job that ended back to `open/`, where `act` is what can be done with it. False where it cannot. Killed in between it
 * is found ended in `open/` and closed again. `now`: milliseconds since 1970. Throws the disk's errors.
 */
export const reopenJob = async (directory: string, id: string, act: NextAct, now: number): Promise<boolean> => {
  const done = jobFolder(directory, 'done', id);
  const job = await readRecord(done);
  if (typeof job === 'string' || nextActOf(job) !== act) return false;
  if (!(await exists(join(done, job.held === undefined ? files.source : heldFile(job.held))))) return false;
  const open = jobFolder(directory, 'open', id);
  await moveFolder(done, open);
  await writeRecord(open, reopened(job, act, now));
  return true;
};

/**
 * Deletes a job that ended, with all that is kept of it. False where there is none, or somebody goes on with it. It is gone
 * by one rename; what dies in between is swept. Throws the disk's errors.
 */
export const deleteJob = async (directory: string, id: string): Promise<boolean> => {
  const going = jobFolder(directory, 'new', id);
  try {
    await moveFolder(jobFolder(directory, 'done', id), going);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  await rm(going, { recursive: true, force: true });
  return true;
};

/** True where the journal no longer has a job that was open, in whatever stage: somebody deleted it. */
export const isRemoved = async (directory: string, id: string): Promise<boolean> => {
  for (const stage of ['open', 'done', 'aside'] as const)
    if (await exists(jobFolder(directory, stage, id))) return false;
  return true;
};

/** Puts a job that cannot be read where it is in nobody's way, whole; the fault says which. */
export const setAside = async (directory: string, id: string): Promise<Fault> => {
  const aside = jobFolder(directory, 'aside', id);
  await moveFolder(jobFolder(directory, 'open', id), aside);
  await syncFolder(aside);
  return fault('job.record', { id, place: aside });
};

/** Removes what starts that died left in `new/`. Errors do not matter: the next start sweeps again. */
export const sweepNew = async (directory: string, now: number): Promise<void> => {
  const names = await readdir(jobFolder(directory, 'new', '')).catch(() => []);
  const sweep = async (folder: string): Promise<void> => {
    const old = (await stat(folder)).mtimeMs < now - sweepAge;
    if (old || (await isAbandoned(folder))) await rm(folder, { recursive: true, force: true });
  };
  await Promise.allSettled(names.map((name) => sweep(jobFolder(directory, 'new', name))));
};
