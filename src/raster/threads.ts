/**
 * The engine over worker threads. A worker does one call at a time. After small work it waits a moment for the next call,
 * because starting libvips costs more than most of them (0.15 s of processor time); after large work, a fault, its
 * deadline or dispose it is ended, and its memory goes with it.
 */
import { Worker } from 'node:worker_threads';
import { failed, type Result } from '../fill/faults.ts';
import type { Engine } from './engine.ts';
import type { Answer, Call, CallName } from './worker.ts';

export interface EngineOptions {
  /** The worker's file: dist/raster.cjs in the product. */
  readonly workerUrl: URL;
  /** Milliseconds a call may take before its worker is ended. */
  readonly deadline?: number;
}

const usualDeadline = 180_000;

/** A worker is used again unless libvips held more bytes than this in it, for at most so many calls. */
const small = 64 * 1024 * 1024;
const mostCalls = 16;
/** Milliseconds a worker waits for the next call. */
const patience = 2_000;

interface Waiting {
  readonly worker: Worker;
  readonly calls: number;
  readonly timer: NodeJS.Timeout;
}

/** What a worker that died says of why. */
const deathOf = (error: Error): Result<never> =>
  /memory|heap|unreachable/i.test(`${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`)
    ? failed('worker.memory', {}, error.message)
    : failed('internal', {}, `worker: ${error.message}`);

export const createEngine = ({ workerUrl, deadline = usualDeadline }: EngineOptions): Engine => {
  let disposed = false;
  const running = new Map<Worker, (result: Result<never>) => void>();
  const waiting: Waiting[] = [];

  /** Not all listeners of all events: Node's own are among them. */
  const forget = (worker: Worker): void => {
    for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
  };

  const take = (): { readonly worker: Worker; readonly calls: number } => {
    const next = waiting.pop();
    if (next === undefined)
      return { worker: new Worker(workerUrl, { env: { ...process.env, VIPS_WARNING: '0' } }), calls: 0 };
    clearTimeout(next.timer);
    forget(next.worker);
    next.worker.ref();
    return next;
  };

  const drop = (worker: Worker): void => {
    const at = waiting.findIndex((each) => each.worker === worker);
    if (at >= 0) clearTimeout(waiting.splice(at, 1)[0].timer);
    void worker.terminate();
  };

  /** The worker keeps no process alive while it waits, and may die unseen. */
  const keep = (worker: Worker, calls: number): void => {
    forget(worker);
    worker.on('error', () => drop(worker));
    worker.on('exit', () => drop(worker));
    worker.unref();
    waiting.push({ worker, calls, timer: setTimeout(() => drop(worker), patience).unref() });
  };

  const call = <T>(name: CallName, ...args: readonly unknown[]): Promise<Result<T>> =>
    new Promise((resolve) => {
      if (disposed) return resolve(failed('job.cancelled'));
      const { worker, calls } = take();
      const end = (result: Result<T>, again = false): void => {
        if (!running.delete(worker)) return;
        clearTimeout(timer);
        if (again) keep(worker, calls + 1);
        else void worker.terminate();
        resolve(result);
      };
      const timer = setTimeout(() => end(failed('worker.timeout', { seconds: deadline / 1000 })), deadline);
      running.set(worker, end);
      worker.on('message', ({ result, held }: Answer<T>) =>
        end(result, result.ok && held <= small && calls + 1 < mostCalls),
      );
      worker.on('error', (error: Error) => end(deathOf(error)));
      worker.on('exit', (code) => end(failed('internal', {}, `worker: exit ${code}`)));
      worker.postMessage({ name, args } satisfies Call);
    });

  return {
    maskFromAlpha: (source) => call('maskFromAlpha', source),
    maskFromFile: (file, image, scale, channel) => call('maskFromFile', file, image, scale, channel),
    writeMask: (base, settings, out) => call('writeMask', base, settings, out),
    binariness: (file) => call('binariness', file),
    measure: (base, settings) => call('measure', base, settings),
    coversTransparency: (source, base, settings) => call('coversTransparency', source, base, settings),
    prepare: (input) => call('prepare', input),
    finish: (input) => call('finish', input),
    thumbnail: (image, out) => call('thumbnail', image, out),
    takeWhole: (input) => call('takeWhole', input),
    dispose: async () => {
      disposed = true;
      const workers = [...running.keys(), ...waiting.map(({ worker }) => worker)];
      const ended = workers.map((worker) => worker.terminate());
      for (const end of [...running.values()]) end(failed('job.cancelled'));
      await Promise.all(ended);
    },
  };
};
