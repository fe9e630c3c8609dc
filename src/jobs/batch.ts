/** The queue of a batch: begins one image after the other, so many at once, and stops where the next would fare no better. */
import { inPool, isToDo, stopsBatch, type BatchItem, type Standing } from '../fill/batch.ts';
import { failed, fault, ok, type Fault, type Result } from '../fill/faults.ts';
import { canvasSize } from '../fill/outpaint.ts';
import { endStates, type Fill, type Job } from '../fill/record.ts';
import type { BaseMask, Runner, StartInput } from './contract.ts';
import { pack, unpack } from './journal.ts';

export interface BatchRun {
  /** Images that are on their way at once. */
  readonly atOnce: number;
  /** Begins an item, or goes on with it; gives the id of its job. */
  readonly begin: (item: BatchItem, index: number) => Promise<Result<string>>;
  /** The ended job, or why nobody waits for it any more. */
  readonly ended: (id: string) => Promise<Job | Fault>;
  /** Told every change. */
  readonly changed: (items: readonly BatchItem[], index: number) => void;
  /** Nothing more is begun. */
  readonly signal: AbortSignal;
  readonly sentence: (fault: Fault) => string;
}

const isJob = (value: Job | Fault): value is Job => 'fill' in value;

/** Resolves when every item that was begun has ended; gives all of them as they stand then. Never rejects where `begin` does not. */
export const runBatch = async (items: readonly BatchItem[], run: BatchRun): Promise<readonly BatchItem[]> => {
  const now = [...items];
  let stopped: Fault | undefined;
  const put = (index: number, patch: Partial<BatchItem>): void => {
    now[index] = { ...now[index], ...patch };
    run.changed(now, index);
  };
  const look = (why: Fault | undefined): void => {
    if (why !== undefined && stopsBatch(why)) stopped ??= why;
  };

  const work = async (index: number): Promise<void> => {
    const begun = await run.begin(now[index], index);
    if (!begun.ok) {
      look(begun.fault);
      return put(index, { fault: begun.fault });
    }
    put(index, { id: begun.value });
    const end = await run.ended(begun.value);
    look(isJob(end) ? end.fault : undefined);
    put(index, isJob(end) ? {} : { fault: end });
  };

  const todo = [...now.keys()].filter((index) => isToDo(now[index]));
  await inPool(todo, run.atOnce, work, () => stopped !== undefined || run.signal.aborted);
  const left =
    stopped === undefined ? fault('batch.stopped') : fault('batch.stoppedBy', { why: run.sentence(stopped) });
  for (const index of todo)
    if (now[index].id === undefined && now[index].fault === undefined) put(index, { fault: left });
  return now;
};

/** A fill that is planned, and its base mask, packed: of hundreds of images all are kept until their turn. */
export interface Packed {
  readonly fill: Fill;
  readonly base: Uint8Array;
}

export const packed = async (fill: Fill, base: BaseMask): Promise<Packed> => ({ fill, base: await pack(base.data) });

/** Starts a fill that was planned; gives its id. */
export const startPacked = async (
  runner: Runner,
  { fill, base }: Packed,
  source: StartInput['source'],
): Promise<Result<string>> => {
  const { width, height } = canvasSize(fill.source, fill.expand);
  const data = await unpack(base, width * height);
  const started = await runner.start({ fill, source, base: { width, height, data } });
  return started.ok ? ok(fill.id) : started;
};

/** Goes on with what an earlier run began; gives its id. */
export const goOnWith = async (
  runner: Runner,
  { id, act }: Extract<Standing, { kind: 'begun' }>,
): Promise<Result<string>> => {
  await (act === 'resume' ? runner.resume(id) : runner.goOn(id, act));
  return runner.jobs().some(({ fill }) => fill.id === id) ? ok(id) : failed('job.busy');
};

/** The job once it has ended, or the fault that another process has it. */
export const untilEnded = (runner: Runner, id: string): Promise<Job | Fault> =>
  new Promise((resolve) => {
    const look = (job: Job): void => {
      if (job.fill.id !== id) return;
      const isOver = endStates.includes(job.state);
      if (!isOver && job.fault?.code !== 'job.busy') return;
      stop();
      resolve(isOver ? job : fault('job.busy'));
    };
    const stop = runner.onChange(look);
    for (const job of runner.jobs()) look(job);
  });
