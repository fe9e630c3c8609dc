/** The life of paid requests: journals them, runs them, and goes on with what an earlier process left. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultOf, fault, FaultError, failed, ok, type Fault } from '../fill/faults.ts';
import { canvasSize } from '../fill/outpaint.ts';
import { endingAt, endStates, type Job } from '../fill/record.ts';
import type { Live, Runner, RunnerDeps, StartInput } from './contract.ts';
import { journalFault, errorCode, errorReason, exists } from './disk.ts';
import { advance, lose, Stopped, type Context, type Entry } from './entry.ts';
import { createJob, deleteJob, files, isRemoved, readRecord, reopenJob, setAside, sweepNew } from './journal.ts';
import { lastRenewal, leaseTimes, releaseLease, removeLease, renewLease, takeLease, type Lease } from './lease.ts';
import { jobFolder, openJobs } from './open.ts';
import { pixelWork, rasterInput } from './request.ts';
import { createSlots } from './slots.ts';
import { live } from './steps.ts';

/** Milliseconds that a request on its way gets to tell its id, and that a step gets to stop, when the runner is disposed. */
const disposeTimes = { sending: 3_000, stopping: 1_000 } as const;

/** Calls each listener; one that throws hurts nobody else. */
const createEvent = <T extends readonly unknown[]>(failing: (error: unknown) => void) => {
  const listeners = new Set<(...args: T) => void>();
  const fire = (...args: T): void => {
    for (const listener of [...listeners]) {
      try {
        listener(...args);
      } catch (error) {
        failing(error);
      }
    }
  };
  const on = (listener: (...args: T) => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return { fire, on };
};

/**
 * A runner over the journal in `deps.directory`. Nothing is read or written before it is asked to.
 * Any number of runners, in any number of processes, may share one journal: each job has one owner at a time.
 */
export const createRunner = (deps: RunnerDeps): Runner => {
  const logThrown = (error: unknown): void => deps.log('error', `a listener threw: ${errorReason(error)}`);
  const changes = createEvent<[job: Job, live: Live]>(logThrown);
  const closings = createEvent<[job: Job]>(logThrown);
  const faults = createEvent<[fault: Fault]>(logThrown);
  const context: Context = {
    deps,
    slots: createSlots(),
    tell: (entry) => changes.fire(entry.job, entry.live),
    report: faults.fire,
    begin: (job, folder, lease) => own(job, folder, lease),
  };
  const entries = new Map<string, Entry>();
  const runs = new Map<string, Promise<void>>();
  const ended = new Map<string, Job>();
  /** Jobs that others own: how their lease looked, and for how many rounds of watching it has looked so. */
  const others = new Map<string, { readonly stamp: string; readonly rounds: number }>();
  const life = new AbortController();
  const adopting = new Set<string>();
  let watching: Promise<void> | undefined;

  const keepLease = async (entry: Entry, until: AbortSignal): Promise<void> => {
    for (;;) {
      await deps.clock.sleep(leaseTimes.renew, until);
      if (until.aborted) return;
      try {
        if (!(await renewLease(entry.folder, entry.lease, deps.clock.now())) && !until.aborted) return lose(entry);
        if (await exists(join(entry.folder, files.cancel))) void cancel(entry.id);
      } catch (error) {
        deps.log('warn', `job ${entry.id}: the lease cannot be renewed: ${errorReason(error)}`);
      }
    }
  };

  /** Runs a job to its end, or until it is no longer ours to run. Never rejects. */
  const run = async (entry: Entry): Promise<void> => {
    const over = new AbortController();
    const lease = keepLease(entry, AbortSignal.any([over.signal, entry.stop.signal]));
    let closed = false;
    try {
      const done = await live(context, entry);
      closed = true;
      await removeLease(done, entry.lease).catch(() => undefined);
    } catch (error) {
      await releaseLease(entry.folder, entry.lease);
      if (!(error instanceof Stopped)) deps.log('error', `job ${entry.id}: left open: ${errorReason(error)}`);
    }
    entry.releaseSlot?.();
    over.abort();
    await lease;
    entries.delete(entry.id);
    runs.delete(entry.id);
    if (endStates.includes(entry.job.state)) {
      ended.set(entry.id, entry.job);
      if (closed) closings.fire(entry.job);
    } else if (entry.lost) await tellLost(entry);
  };

  const tellLost = async ({ id, folder, job }: Entry): Promise<void> => {
    if (!(await isRemoved(deps.directory, id).catch(() => false))) {
      changes.fire({ ...job, fault: fault('job.busy') }, {});
      return watch(id);
    }
    deps.log('warn', `job ${id}: its folder was deleted while it ran (${job.state})`);
    const state = job.state === 'submitting' ? 'unknown' : 'failed';
    ended.set(id, { ...job, state, ...endingAt(job, deps.clock.now()), fault: fault('job.removed', { folder }) });
    changes.fire(ended.get(id)!, {});
  };

  const own = (job: Job, folder: string, lease: Lease, forgotten = false): void => {
    const entry: Entry = {
      id: job.fill.id,
      folder,
      lease,
      job,
      live: {},
      recorded: true,
      writing: Promise.resolve(),
      stop: new AbortController(),
      lost: false,
      turnedAway: 0,
      forgotten,
      cancel: new AbortController(),
      cancelledLate: false,
    };
    if (life.signal.aborted) entry.stop.abort();
    entries.set(entry.id, entry);
    context.tell(entry);
    runs.set(entry.id, run(entry));
  };

  const load = async (id: string, lease: Lease, forgotten: boolean): Promise<void> => {
    const folder = jobFolder(deps.directory, 'open', id);
    const job = await readRecord(folder).catch(async (error: unknown) => {
      await releaseLease(folder, lease);
      throw error;
    });
    if (job === 'newer') {
      deps.log('warn', `job ${id}: written by a later version, left to it`);
      await releaseLease(folder, lease);
      return;
    }
    if (job !== 'broken' && job.fill.id === id) return own(job, folder, lease, forgotten);
    faults.fire(await setAside(deps.directory, id));
    deps.log('error', `job ${id}: the record cannot be read, set aside`);
  };

  /** Takes over an open job unless somebody who lives owns it. Never rejects. */
  const adopt = async (id: string, how: 'asked' | 'found' | 'watched'): Promise<void> => {
    if (entries.has(id) || ended.has(id) || adopting.has(id) || life.signal.aborted) return;
    adopting.add(id);
    try {
      const folder = jobFolder(deps.directory, 'open', id);
      const renewed = await lastRenewal(folder);
      const lease = await takeLease(folder, (stamp) => {
        const last = others.get(id);
        const rounds = last?.stamp === stamp ? last.rounds + (how === 'watched' ? 1 : 0) : 0;
        others.set(id, { stamp, rounds });
        return rounds >= leaseTimes.missed;
      });
      if (lease === 'busy') {
        if (!others.has(id)) others.set(id, { stamp: '', rounds: 0 });
        return;
      }
      others.delete(id);
      const silence = deps.clock.now() - (renewed ?? deps.clock.now());
      if (lease !== 'gone') await load(id, lease, how !== 'asked' && silence > leaseTimes.forgotten);
    } catch (error) {
      deps.log('error', `job ${id}: cannot be opened: ${errorReason(error)}`);
      faults.fire(fault('job.record', { id, place: jobFolder(deps.directory, 'open', id) }));
    } finally {
      adopting.delete(id);
    }
  };

  /** While others own jobs, looks now and then whether they still live. */
  const watchOthers = async (): Promise<void> => {
    while (others.size > 0) {
      await deps.clock.sleep(leaseTimes.renew, life.signal);
      if (life.signal.aborted) return;
      await Promise.all([...others.keys()].map((id) => adopt(id, 'watched')));
    }
    watching = undefined;
  };

  const watch = (id?: string): void => {
    if (id !== undefined) others.set(id, { stamp: '', rounds: 0 });
    if (others.size > 0 && !life.signal.aborted) watching ??= watchOthers();
  };

  const prepare = async (input: StartInput, folder: string): Promise<{ image: Uint8Array; mask: Uint8Array }> => {
    const { fill, base } = input;
    const release = await context.slots.acquire(pixelWork.key, pixelWork.limit, life.signal);
    if (release === undefined) throw new Stopped();
    const prepared = await deps.raster
      .prepare({ ...rasterInput(folder, fill, base, 0), plan: fill.plan, send: fill.send })
      .finally(release);
    if (!prepared.ok) throw new FaultError(prepared.fault);
    return prepared.value;
  };

  const start: Runner['start'] = async (input) => {
    const { fill, base } = input;
    const { width, height } = canvasSize(fill.source, fill.expand);
    if (base.data.length !== width * height) return failed('internal', {}, 'the base mask has another size');
    const job: Job = { fill, state: 'prepared', step: 0, results: 0, warnings: [] };
    try {
      await sweepNew(deps.directory, deps.clock.now());
      const { folder, lease } = await createJob(deps.directory, job, input, (folder) => prepare(input, folder));
      own(job, folder, lease);
      return ok(job);
    } catch (error) {
      const value = errorCode(error) === undefined ? faultOf(error) : journalFault(error, deps.directory);
      deps.log('warn', `job ${fill.id}: not started (${value.code}${value.detail ? `: ${value.detail}` : ''})`);
      return { ok: false, fault: value };
    }
  };

  const resume: Runner['resume'] = async (only) => {
    const ids = await openJobs(deps.directory).catch((error: unknown) => {
      deps.log('error', `the journal cannot be read: ${errorReason(error)}`);
      return [];
    });
    const wanted = only === undefined ? ids : ids.filter((id) => id === only);
    await Promise.all(wanted.map((id) => adopt(id, only === undefined ? 'found' : 'asked')));
    watch();
  };

  /** The owner looks for it whenever it renews its lease. A job that ended meanwhile has nothing to cancel. */
  const cancelElsewhere = async (id: string): Promise<void> => {
    if (ended.has(id)) return;
    await writeFile(join(jobFolder(deps.directory, 'open', id), files.cancel), '').catch((error: unknown) =>
      deps.log('warn', `job ${id}: its owner cannot be asked to cancel it: ${errorReason(error)}`),
    );
  };

  const cancel: Runner['cancel'] = async (id) => {
    const entry = entries.get(id);
    if (entry === undefined) return cancelElsewhere(id);
    if (endStates.includes(entry.job.state) || entry.job.cancelRequested) return;
    const asked = entry.job.state === 'submitted' || entry.job.state === 'received' || entry.job.state === 'saving';
    if (asked) {
      // A job that is lost meanwhile is another process's to cancel.
      await advance(context, entry, { cancelRequested: true }).catch(() => undefined);
    } else if (entry.sending === undefined) {
      entry.cancel.abort();
      await runs.get(id);
    } else {
      entry.cancelledLate = true;
      await entry.sending;
    }
  };

  /** True when all that is left is to move the folder: soon over, and not worth leaving to the next process. */
  const isClosing = (entry: Entry): boolean => entry.recorded && endStates.includes(entry.job.state);

  const goOn: Runner['goOn'] = async (id, act) => {
    const entry = entries.get(id);
    if (entry !== undefined && endStates.includes(entry.job.state)) await runs.get(id);
    if (entries.has(id) || !(await reopenJob(deps.directory, id, act, deps.clock.now()))) return false;
    ended.delete(id);
    await adopt(id, 'asked');
    return true;
  };

  const remove: Runner['remove'] = async (id) => {
    const entry = entries.get(id);
    if (entry !== undefined && endStates.includes(entry.job.state)) await runs.get(id);
    if (entries.has(id) || !(await deleteJob(deps.directory, id))) return false;
    ended.delete(id);
    return true;
  };

  const dispose: Runner['dispose'] = async () => {
    life.abort();
    const unsettled = [...entries.values()].flatMap((entry) => {
      // Who saw its end may be ending us while its record is still being written.
      if (endStates.includes(entry.job.state)) return [entry.writing];
      if (entry.sending === undefined || entry.job.state !== 'submitting') {
        entry.stop.abort();
        return [];
      }
      return [entry.sending];
    });
    const waited = new AbortController();
    await Promise.race([Promise.all(unsettled), deps.clock.sleep(disposeTimes.sending, waited.signal)]);
    const closing = [...entries.values()].filter(isClosing).flatMap((entry) => runs.get(entry.id) ?? []);
    for (const entry of entries.values()) if (!isClosing(entry)) entry.stop.abort();
    const stopped = Promise.all([...runs.values(), watching]);
    await Promise.race([stopped, deps.clock.sleep(disposeTimes.stopping, waited.signal)]);
    waited.abort();
    await Promise.all(closing);
  };

  return {
    start,
    resume,
    cancel,
    goOn,
    remove,
    forget: (id) => void ended.delete(id),
    jobs: () =>
      [...ended.values(), ...[...entries.values()].map((entry) => entry.job)].sort((a, b) =>
        a.fill.id < b.fill.id ? -1 : 1,
      ),
    onChange: changes.on,
    onClosed: closings.on,
    onFault: faults.on,
    dispose,
  };
};
