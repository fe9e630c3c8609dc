/**
 * The life of one job, step by step. Each step begins in a state that is on the disk and ends in the next one, so that a
 * process that finds a job in any state knows what may have happened and what is left to do.
 */
import { faultOf } from '../fill/faults.ts';
import { endStates } from '../fill/record.ts';
import { end, endKept, guard, settle, Stopped, wanted, type Context, type Entry } from './entry.ts';
import { closeJob } from './journal.ts';
import { receive } from './receive.ts';
import { recoverSubmitting } from './recover.ts';
import { finish, recoverSaving } from './save.ts';
import { send } from './send.ts';

/**
 * Closes the job's folder. What was paid for waits until the disk has taken its record; a job that never left need not:
 * its folder leaves `open/` even on a full disk, so that nothing is sent later.
 */
const close = async (context: Context, entry: Entry): Promise<string> => {
  if (entry.job.taskId !== undefined || entry.job.state === 'unknown') await settle(context, entry);
  await entry.writing;
  await guard(entry);
  return closeJob(context.deps.directory, entry.job);
};

const step = (context: Context, entry: Entry): Promise<void> => {
  switch (entry.job.state) {
    case 'prepared':
      return send(context, entry);
    case 'submitting':
      return recoverSubmitting(context, entry);
    case 'submitted':
      return receive(context, entry);
    case 'received':
      return finish(context, entry);
    case 'saving':
      return recoverSaving(context, entry);
    case 'saved':
    case 'held':
    case 'failed':
    case 'cancelled':
    case 'unknown':
      return Promise.resolve();
  }
};

/** A step that threw what nobody foresaw: the job ends with it, and keeps what was paid for. */
const endThrown = (context: Context, entry: Entry, error: unknown): Promise<void> => {
  const why = faultOf(error);
  if (entry.job.state === 'submitting') return end(context, entry, { state: 'unknown', fault: why });
  if (entry.job.results > 0) return endKept(context, entry, why);
  return end(context, entry, { state: 'failed', fault: why });
};

/**
 * Takes a job from the state it is in to its end and closes it. Gives the folder it was closed to. Throws Stopped where
 * our work ends before the job does, and the disk's error where an ended job cannot be closed.
 */
export const live = async (context: Context, entry: Entry): Promise<string> => {
  while (!endStates.includes(entry.job.state)) {
    wanted(entry);
    try {
      await step(context, entry);
    } catch (error) {
      if (error instanceof Stopped) throw error;
      await endThrown(context, entry, error);
    } finally {
      if (entry.job.state !== 'submitted') entry.releaseSlot?.();
    }
  }
  return close(context, entry);
};
