/** From `prepared` to `submitted`: the one step that can spend money. It is taken once, and the disk knows it before. */
import { fault, faultOf, type Fault } from '../fill/faults.ts';
import { known } from '../fill/known.ts';
import { priceOfAll } from '../fill/price.ts';
import { plansOf } from '../fill/record.ts';
import type { Service, SubmitOutcome } from '../fill/service.ts';
import { journalFault } from './disk.ts';
import {
  advance,
  charge,
  costs,
  end,
  guard,
  record,
  slotKey,
  Stopped,
  wanted,
  type Context,
  type Entry,
} from './entry.ts';
import { openJobs } from './open.ts';
import { retryDelay } from './poll.ts';
import { findLost, lookForLost } from './recover.ts';
import { readRequest } from './request.ts';

/** Tasks that another window or a page of the service may run at the same time. */
const slotMargin = 2;

const cancelled = (context: Context, entry: Entry): Promise<void> =>
  end(context, entry, {
    state: 'cancelled',
    fault: fault(entry.job.results > 0 ? 'job.stopped' : 'job.cancelled'),
  });

/** Writes `submitting`; gives the fault of a journal that cannot be written, and then nothing may be sent. */
const recordSubmitting = async (entry: Entry, at: number): Promise<Fault | undefined> => {
  const before = entry.job;
  entry.job = { ...before, state: 'submitting', sentAt: new Date(at).toISOString() };
  try {
    await record(entry);
    return undefined;
  } catch (error) {
    if (error instanceof Stopped) throw error;
    await guard(entry);
    entry.job = before;
    return journalFault(error, entry.folder);
  }
};

/** Takes the price of the step out of the day of `at`; gives the fault of a limit, or of a disk, and then nothing may be sent. */
const reserve = async (
  context: Context,
  entry: Entry,
  { abilities }: Service,
  at: number,
): Promise<Fault | undefined> => {
  const { fill, step } = entry.job;
  const price = priceOfAll(abilities.price, [plansOf(fill)[step]], fill.images);
  try {
    const reserved = await context.deps.ledger.reserve({ id: entry.id, step, at }, fill.service.id, price, fill.by);
    entry.reservedAt = at;
    return reserved.ok ? undefined : reserved.fault;
  } catch (error) {
    return journalFault(error, entry.folder);
  }
};

/**
 * Where the service is busy and other jobs of the journal are open, it is busy with them: this one goes back to the queue
 * until it is taken, they have ended, or the person cancels it.
 */
const waitsForOthers = async (context: Context, entry: Entry, why: Fault): Promise<boolean> => {
  if (why.code !== 'service.busy' || entry.cancelledLate) return false;
  const open = await openJobs(context.deps.directory).catch(() => []);
  if (!open.some((id) => id !== entry.id)) return false;
  entry.turnedAway++;
  return true;
};

/** Refused while our work ends: whoever goes on with the job may send it, for it certainly was not accepted. */
const recordUnsent = async (entry: Entry): Promise<void> => {
  const { sentAt: _neverTaken, ...job } = entry.job;
  entry.job = { ...job, state: 'prepared' };
  await record(entry).catch(() => undefined);
};

/** What came of the submit, into the record. A stop that cut the submit off leaves `submitting`, which is the truth. */
const recordOutcome = async (
  context: Context,
  entry: Entry,
  service: Service,
  outcome: SubmitOutcome,
): Promise<void> => {
  if (outcome.kind === 'refused') await charge(context, entry, 0);
  if (outcome.kind === 'accepted') {
    const { handle, taskId, cost, inputMegapixels, outputMegapixels } = outcome;
    const submittedAt = new Date(context.deps.clock.now()).toISOString();
    const told = { ...costs(entry, cost), ...known({ inputMegapixels, outputMegapixels }) };
    const cancelRequested = entry.cancelledLate ? { cancelRequested: true } : {};
    context.deps.log('info', `job ${entry.id}: accepted as task ${taskId}`);
    await advance(context, entry, { state: 'submitted', handle, taskId, submittedAt, ...told, ...cancelRequested });
    return charge(context, entry, cost);
  }
  if (outcome.kind === 'refused' && entry.stop.signal.aborted && !entry.lost) await recordUnsent(entry);
  wanted(entry);
  if (outcome.kind === 'refused' && (await waitsForOthers(context, entry, outcome.fault))) {
    const { sentAt: _neverTaken, ...job } = entry.job;
    entry.job = job;
    return advance(context, entry, { state: 'prepared' });
  }
  if (outcome.kind === 'refused') return end(context, entry, { state: 'failed', fault: outcome.fault });
  if (await lookForLost(context, entry, service)) return;
  return end(context, entry, { state: 'unknown', fault: outcome.fault });
};

export const send = async (context: Context, entry: Entry): Promise<void> => {
  const { deps, slots } = context;
  if (entry.forgotten) return end(context, entry, { state: 'cancelled', fault: fault('job.forgotten') });
  const { fill } = entry.job;
  const service = await deps.service(fill);
  wanted(entry);
  if (!service.ok) return end(context, entry, { state: 'failed', fault: service.fault });

  const limit = Math.max(1, service.value.abilities.activeTasks - slotMargin);
  const signal = AbortSignal.any([entry.stop.signal, entry.cancel.signal]);
  if (slots.active(slotKey(fill)) >= limit || entry.turnedAway > 0) {
    entry.live = { waiting: true };
    context.tell(entry);
  }
  delete entry.sending;
  if (entry.cancelledLate) return cancelled(context, entry);
  if (entry.turnedAway > 0) await deps.clock.sleep(retryDelay(entry.turnedAway, deps.random()), signal);
  const release = await slots.acquire(slotKey(fill), limit, signal);
  entry.live = {};
  if (release !== undefined) entry.releaseSlot = release;
  wanted(entry);
  if (entry.cancel.signal.aborted) return cancelled(context, entry);

  const found = await findLost(context, entry, service.value);
  if (found) return;
  const [sent, webhook] = await Promise.all([readRequest(context, entry), deps.webhook(fill)]);
  wanted(entry);
  if (!sent.ok) return end(context, entry, { state: 'failed', fault: sent.fault });
  const { image, mask } = sent.value;
  const request = {
    image,
    ...(fill.send === 'alpha' || fill.preset !== undefined ? {} : { mask }),
    size: plansOf(fill)[entry.job.step].sent,
    parameters: fill.parameters,
    ...known({ webhook, images: fill.images, preset: fill.preset }),
  };
  wanted(entry);
  // One moment for both: the record says in which day of the ledger the price is found, around midnight too.
  const at = context.deps.clock.now();
  const refused = (await reserve(context, entry, service.value, at)) ?? (await recordSubmitting(entry, at));
  wanted(entry);
  if (entry.cancel.signal.aborted) return cancelled(context, entry);
  if (refused !== undefined) return end(context, entry, { state: 'failed', fault: refused });
  await guard(entry);
  wanted(entry);
  if (entry.cancel.signal.aborted) return cancelled(context, entry);

  const submitted = service.value
    .submit(request, entry.stop.signal)
    .catch((error: unknown): SubmitOutcome => ({ kind: 'unknown', fault: faultOf(error) }))
    .then((outcome) => recordOutcome(context, entry, service.value, outcome));
  entry.sending = submitted.catch(() => undefined);
  context.tell(entry);
  return submitted;
};
