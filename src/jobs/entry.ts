/** A job in this process: who may work on it, and how what is known of it reaches the disk. */
import { fault, type Fault } from '../fill/faults.ts';
import { isFree } from '../fill/price.ts';
import { endingAt, plansOf, type Fill, type Job } from '../fill/record.ts';
import type { Live, RunnerDeps } from './contract.ts';
import { errorReason } from './disk.ts';
import { writeRecord } from './journal.ts';
import { holdsLease, type Lease } from './lease.ts';
import { jobFolder } from './open.ts';
import { retryDelay } from './poll.ts';
import type { Slots } from './slots.ts';

/** A job that this process owns. */
export interface Entry {
  readonly id: string;
  readonly folder: string;
  readonly lease: Lease;
  job: Job;
  live: Live;
  /** False while the record on the disk is older than `job`. */
  recorded: boolean;
  /** The last write of the record; never rejects. */
  writing: Promise<unknown>;
  /** Ends our work on the job: the runner was disposed, or another process took the job over. */
  readonly stop: AbortController;
  lost: boolean;
  /** Found unsent so long after its last owner that it is not sent unasked. */
  readonly forgotten: boolean;
  /** The person does not want it; heard until the request is on its way. */
  readonly cancel: AbortController;
  /** Set from the moment the request may have left: ends when what came of it is recorded. */
  sending?: Promise<void>;
  /** How often the service was too busy to take the request while other jobs of ours ran. */
  turnedAway: number;
  /** The person pressed Cancel while the request was on its way. */
  cancelledLate: boolean;
  /** Milliseconds since 1970: when the ledger took the price of the step out of its day. */
  reservedAt?: number;
  releaseSlot?: () => void;
}

export interface Context {
  readonly deps: RunnerDeps;
  readonly slots: Slots;
  /** Tells the listeners the state of an entry. */
  readonly tell: (entry: Entry) => void;
  /** Runs a job that is in `open/` and whose lease is ours. */
  readonly begin: (job: Job, folder: string, lease: Lease) => void;
  /** Tells the listeners what no job can carry. */
  readonly report: (fault: Fault) => void;
}

/** Thrown where our work on a job ends and the job does not. */
export class Stopped extends Error {}

/** Throws Stopped where our work on the job has ended. Asked after every await. */
export const wanted = (entry: Entry): void => {
  if (entry.stop.signal.aborted) throw new Stopped();
};

export const pause = async (context: Context, entry: Entry, milliseconds: number): Promise<void> => {
  await context.deps.clock.sleep(milliseconds, entry.stop.signal);
  wanted(entry);
};

/** Ends our work on a job that another process took over. */
export const lose = (entry: Entry): void => {
  entry.lost = true;
  entry.stop.abort();
};

/** Throws Stopped where the job is no longer ours. A disk that does not say leaves it ours. */
export const guard = async (entry: Entry): Promise<void> => {
  if (await holdsLease(entry.folder, entry.lease).catch(() => true)) return;
  lose(entry);
  throw new Stopped();
};

export const originOf = (fill: Fill): string =>
  URL.canParse(fill.service.baseUrl) ? new URL(fill.service.baseUrl).origin : fill.service.id;

export const slotKey = (fill: Fill): string => `${fill.service.id} ${fill.service.baseUrl}`;

/** What a job cost by now, with `cost` for the step under way. */
export const costs = ({ job }: Entry, cost: number | undefined): Pick<Job, 'cost'> =>
  cost === undefined ? {} : { cost: (job.spent ?? 0) + cost };

/** Writes the newest record, one write after the other. Throws Stopped when the job was lost, else the disk's error. */
export const record = (entry: Entry): Promise<void> => {
  const next = entry.writing.then(async () => {
    const { job } = entry;
    await writeRecord(entry.folder, job, () => guard(entry));
    entry.recorded = entry.job === job;
  });
  entry.writing = next.catch(() => undefined);
  return next;
};

/** Tries to bring the record up to date; false when the disk refused. Throws Stopped when the job was lost. */
export const tryRecord = async (context: Context, entry: Entry): Promise<boolean> => {
  try {
    await record(entry);
    return true;
  } catch (error) {
    if (error instanceof Stopped) throw error;
    await guard(entry);
    const reason = errorReason(error);
    context.deps.log('error', `job ${entry.id}: the record cannot be written (${entry.job.state}): ${reason}`);
    context.report(fault('journal.behind', { id: entry.id, reason }));
    return false;
  }
};

/** Takes what is now known into the job, and into the record if the disk allows. */
export const advance = async (context: Context, entry: Entry, patch: Partial<Job>): Promise<void> => {
  entry.job = { ...entry.job, ...patch };
  entry.recorded = false;
  await tryRecord(context, entry);
  context.tell(entry);
};

/** Tells the ledger what the request cost in the end. A ledger that cannot be written keeps the price that was expected. */
export const charge = async (context: Context, entry: Entry, dollars: number | undefined): Promise<void> => {
  const { sentAt, step } = entry.job;
  const at = entry.reservedAt ?? (sentAt === undefined ? undefined : Date.parse(sentAt));
  if (dollars === undefined || at === undefined) return;
  await context.deps.ledger
    .settle({ id: entry.id, step, at }, dollars)
    .catch((error: unknown) =>
      context.deps.log('warn', `job ${entry.id}: the ledger cannot be written: ${errorReason(error)}`),
    );
};

/** Tries until the write succeeds: money was spent, and the next step relies on it. */
export const untilWritten = async (context: Context, entry: Entry, write: () => Promise<boolean>): Promise<void> => {
  for (let failures = 0; !(await write()); failures++)
    await pause(context, entry, retryDelay(failures, context.deps.random()));
};

export const settle = async (context: Context, entry: Entry): Promise<void> => {
  if (!entry.recorded) await untilWritten(context, entry, () => tryRecord(context, entry));
  wanted(entry);
};

export const end = async (context: Context, entry: Entry, patch: Partial<Job> & Pick<Job, 'state'>): Promise<void> => {
  const { id } = entry;
  const why =
    patch.fault === undefined ? '' : ` (${patch.fault.code}${patch.fault.detail ? `: ${patch.fault.detail}` : ''})`;
  context.deps.log(
    patch.state === 'failed' || patch.state === 'unknown' ? 'warn' : 'info',
    `job ${id}: ${patch.state}${why}`,
  );
  const done = entry.job.results;
  const steps = plansOf(entry.job.fill).length;
  const partial = patch.state !== 'saved' && done > 0 && done < steps;
  const warnings = [
    ...(patch.warnings ?? entry.job.warnings),
    ...(partial ? [fault('job.partial', { done, steps, id })] : []),
  ];
  if (isFree({ ...entry.job, ...patch })) await charge(context, entry, 0);
  return advance(context, entry, { ...patch, warnings, ...endingAt(entry.job, context.deps.clock.now()) });
};

/** Ends a job whose result is on the disk and could not become a file: the fault names the folder that keeps it. */
export const endKept = (context: Context, entry: Entry, why: Fault): Promise<void> => {
  const place = jobFolder(context.deps.directory, 'done', entry.id);
  if (entry.job.held !== undefined) return end(context, entry, { state: 'held', fault: why });
  return end(context, entry, {
    state: 'failed',
    fault: { ...why, args: { ...why.args, place } },
    warnings: [...entry.job.warnings, fault('result.kept', { place })],
  });
};
