/** From `submitted` to `received`: asks until there is a result, and puts its bytes on the disk. */
import { join } from 'node:path';
import { fault, type Fault } from '../fill/faults.ts';
import { known } from '../fill/known.ts';
import { expectedTime, type Fetched, type PollOutcome, type Service } from '../fill/service.ts';
import { errorReason, writeAtomic } from './disk.ts';
import {
  advance,
  charge,
  costs,
  end,
  guard,
  originOf,
  pause,
  settle,
  slotKey,
  Stopped,
  tryRecord,
  untilWritten,
  wanted,
  type Context,
  type Entry,
} from './entry.ts';
import { ofOne, splitImages } from './images.ts';
import { resultFile } from './journal.ts';
import type { Live } from './contract.ts';
import { createPatience, pollDelay, retryDelay, type Patience } from './poll.ts';

type Ready = Extract<PollOutcome, { kind: 'ready' }>;
type Running = Extract<PollOutcome, { kind: 'running' }>;

/** The service of a job on its way; where it cannot be had now (no key, secret storage closed), asking failed once. */
const ask = async (
  context: Context,
  entry: Entry,
  age: number,
): Promise<{ service?: Service; outcome: PollOutcome }> => {
  const service = await context.deps.service(entry.job.fill);
  wanted(entry);
  if (!service.ok) return { outcome: { kind: 'unanswered', fault: service.fault } };
  const outcome = await service.value.poll(entry.job.handle, age, entry.stop.signal);
  wanted(entry);
  return { service: service.value, outcome };
};

const liveOf = ({ progress, queue }: Running): Live => known({ progress, queue });

const show = (context: Context, entry: Entry, live: Live): void => {
  const { progress, queue, trouble } = entry.live;
  if (progress === live.progress && queue === live.queue && trouble?.code === live.trouble?.code) return;
  entry.live = live;
  context.tell(entry);
};

/** What is over is no trouble any more; how far the service was stays. */
const calm = (entry: Entry): void => {
  entry.live = known({ progress: entry.live.progress });
};

const timeout = (entry: Entry, patience: Patience): Fault =>
  fault('service.timeout', {
    origin: originOf(entry.job.fill),
    seconds: Math.round(patience.age() / 1000),
    id: entry.job.taskId ?? '',
  });

/** What is gone is named with the time it was sent at, in UTC, for whoever asks the service about it. */
const timed = (entry: Entry, why: Fault): Fault => {
  const { submittedAt, fill } = entry.job;
  const time = `${(submittedAt ?? fill.createdAt).slice(0, 16).replace('T', ' ')} UTC`;
  return why.code === 'service.resultGone' || why.code === 'service.taskGone'
    ? { ...why, args: { ...why.args, time } }
    : why;
};

/** How often a service is asked to stop a task, where it does not answer. */
const cancelTries = 3;

const stopTask = async (context: Context, entry: Entry, service: Service): Promise<'cancelled' | 'late' | 'again'> => {
  const outcome = await service.cancel!(entry.job.handle, entry.stop.signal);
  wanted(entry);
  const { log } = context.deps;
  if (!outcome.ok) log('warn', `job ${entry.id}: the cancel was not answered (${outcome.fault.code})`);
  else log('info', `job ${entry.id}: cancel: ${outcome.value}`);
  return outcome.ok ? outcome.value : 'again';
};

const untilReady = async (
  context: Context,
  entry: Entry,
  patience: Patience,
): Promise<{ service: Service; ready: Ready } | Fault> => {
  const { random, log } = context.deps;
  let cancels = 0;
  for (let failures = 0; ;) {
    if (entry.job.cancelRequested && cancels < cancelTries) {
      const service = await context.deps.service(entry.job.fill);
      wanted(entry);
      const able = service.ok && service.value.cancel !== undefined;
      const stopped = able ? await stopTask(context, entry, service.value) : 'late';
      if (stopped === 'cancelled') return fault('job.cancelledThere', { origin: originOf(entry.job.fill) });
      cancels = stopped === 'again' ? cancels + 1 : cancelTries;
    }
    const active = context.slots.active(slotKey(entry.job.fill));
    const { service, outcome } = await ask(context, entry, patience.age());
    if (outcome.kind === 'ready' && service !== undefined) return { service, ready: outcome };
    if (outcome.kind === 'over') return timed(entry, outcome.fault);
    if (patience.over()) return timeout(entry, patience);
    if (outcome.kind === 'unanswered') {
      log('warn', `job ${entry.id}: no answer (${outcome.fault.code}), asking again`);
      show(context, entry, { ...entry.live, trouble: outcome.fault });
      await pause(context, entry, retryDelay(failures++, random(), outcome.retryAfter));
    } else {
      failures = 0;
      if (outcome.kind === 'running') show(context, entry, liveOf(outcome));
      const usual = service === undefined ? 0 : expectedTime(service.abilities, entry.job.fill.parameters);
      await pause(context, entry, pollDelay(patience.age(), active, usual, random()));
    }
    if (!entry.recorded) await tryRecord(context, entry);
  }
};

/** Faults of a download that may pass: the network, a key that can be set anew, a service that did not say. */
const passing = /^(network\.|key\.|service\.(busy|unavailable|noAnswer|answer|redirect)$)/;

const download = async (
  context: Context,
  entry: Entry,
  service: Service,
  handle: unknown,
  patience: Patience,
): Promise<readonly Fetched[] | Fault> => {
  for (let failures = 0; ; failures++) {
    const fetched = await service.fetch(handle, entry.stop.signal);
    wanted(entry);
    if (fetched.ok) return fetched.value;
    if (!passing.test(fetched.fault.code) || patience.over()) return fetched.fault;
    context.deps.log('warn', `job ${entry.id}: the download failed (${fetched.fault.code}), trying again`);
    show(context, entry, { trouble: fetched.fault });
    await pause(context, entry, retryDelay(failures, context.deps.random()));
  }
};

export const receive = async (context: Context, entry: Entry): Promise<void> => {
  const { deps } = context;
  entry.releaseSlot ??= context.slots.take(slotKey(entry.job.fill));
  const patience = createPatience(deps.clock, Date.parse(entry.job.submittedAt ?? entry.job.fill.createdAt));
  const answer = await untilReady(context, entry, patience);
  calm(entry);
  entry.releaseSlot();
  if ('code' in answer) {
    const wished =
      entry.job.cancelRequested && (answer.code === 'service.cancelled' || answer.code === 'service.aborted');
    const state = wished || answer.code === 'job.cancelledThere' ? 'cancelled' : 'failed';
    return end(context, entry, { state, fault: answer });
  }

  const { handle, cost, seed } = answer.ready;
  await charge(context, entry, cost);
  const fetched = await download(context, entry, answer.service, handle, patience);
  calm(entry);
  if ('code' in fetched)
    return end(context, entry, {
      state: 'failed',
      fault: timed(entry, fetched),
      ...costs(entry, cost),
      ...known({ seed }),
    });

  const images = fetched.slice(0, entry.job.fill.images ?? 1);
  entry.job = { ...entry.job, ...costs(entry, cost), ...known({ seed }) };
  const first = ofOne(entry.job, images[0], images.length);
  await untilWritten(context, entry, async () => {
    try {
      await splitImages(context, entry, images);
      await writeAtomic(join(entry.folder, resultFile(entry.job.step)), images[0].bytes, () => guard(entry));
      return true;
    } catch (error) {
      if (error instanceof Stopped) throw error;
      await guard(entry);
      deps.log('error', `job ${entry.id}: the result cannot be written: ${errorReason(error)}`);
      context.report(fault('journal.behind', { id: entry.id, reason: errorReason(error) }));
      return false;
    }
  });
  await advance(context, entry, {
    ...first,
    state: 'received',
    resultType: images[0].type,
    results: entry.job.step + 1,
  });
  return settle(context, entry);
};
