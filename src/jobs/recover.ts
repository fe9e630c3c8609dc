/** Submits whose answer never came, looked for where the service lists its jobs, so that nothing is paid for twice. */
import { fault } from '../fill/faults.ts';
import type { LostSubmit, Service } from '../fill/service.ts';
import { ownsTask } from './list.ts';
import { advance, end, originOf, pause, wanted, type Context, type Entry } from './entry.ts';

/** Milliseconds before each look: a list may lag behind. */
const waits = [1_000, 4_000, 15_000];

/** A submit has been answered or given up by then, its repeats included; milliseconds after it began. */
const longestSubmit = 5 * 60_000;

const lostOf = ({ job }: Entry, now: number): LostSubmit | undefined => {
  if (job.sentAt === undefined) return undefined;
  const from = Date.parse(job.sentAt);
  return { parameters: job.fill.parameters, from, to: Math.min(now, from + longestSubmit) };
};

/** `found`: the job is `submitted` now. `missing`: the list has no such task, or several. */
const look = async (
  context: Context,
  entry: Entry,
  service: Service,
): Promise<'found' | 'missing' | 'unanswered' | 'impossible'> => {
  const now = context.deps.clock.now();
  const lost = lostOf(entry, now);
  if (lost === undefined || service.recover === undefined) return 'impossible';
  const found = await service.recover(lost, entry.stop.signal);
  wanted(entry);
  if (!found.ok) context.deps.log('warn', `job ${entry.id}: the list of tasks cannot be read (${found.fault.code})`);
  if (!found.ok) return 'unanswered';
  if (found.value === undefined) return 'missing';
  const { handle, taskId } = found.value;
  // Two fills of one prompt and seed look alike in the list; what another job has is not this one's.
  if (await ownsTask(context.deps.directory, taskId)) return 'missing';
  context.deps.log('info', `job ${entry.id}: found again as task ${taskId}`);
  const cancelRequested = entry.cancelledLate ? { cancelRequested: true } : {};
  const submittedAt = entry.job.sentAt ?? new Date(now).toISOString();
  await advance(context, entry, { state: 'submitted', handle, taskId, submittedAt, ...cancelRequested });
  return 'found';
};

/** Looks a few times for a submit that just ended ambiguously. True where it was found. */
export const lookForLost = async (context: Context, entry: Entry, service: Service): Promise<boolean> => {
  if (service.recover === undefined) return false;
  for (const wait of waits) {
    await pause(context, entry, wait);
    if ((await look(context, entry, service)) === 'found') return true;
  }
  return false;
};

/** Before a job is sent again: true where its first submit was found, or nobody could say, and then it is not sent. */
export const findLost = async (context: Context, entry: Entry, service: Service): Promise<boolean> => {
  const outcome = await look(context, entry, service);
  if (outcome === 'unanswered') await endUnknown(context, entry);
  return outcome === 'found' || outcome === 'unanswered';
};

const endUnknown = (context: Context, entry: Entry): Promise<void> =>
  end(context, entry, {
    state: 'unknown',
    fault: fault('service.unknownOutcome', { origin: originOf(entry.job.fill) }),
  });

/** A process that found the job in `submitting`: nobody heard what came of it. */
export const recoverSubmitting = async (context: Context, entry: Entry): Promise<void> => {
  const service = await context.deps.service(entry.job.fill);
  wanted(entry);
  if (service.ok && (await lookForLost(context, entry, service.value))) return;
  return endUnknown(context, entry);
};
