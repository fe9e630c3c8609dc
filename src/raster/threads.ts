/** The engine over worker threads: one fresh worker a call, ended after its answer, at its deadline, or on dispose. */
import { Worker } from 'node:worker_threads';
import { failed, type Result } from '../fill/faults.ts';
import type { Engine } from './engine.ts';
import type { Call, CallName } from './worker.ts';

export interface EngineOptions {
  /** The worker's file: dist/raster.cjs in the product. */
  readonly workerUrl: URL;
  /** Milliseconds a call may take before its worker is ended. */
  readonly deadline?: number;
}

const usualDeadline = 180_000;

/** What a worker that died says of why. */
const deathOf = (error: Error): Result<never> =>
  /memory|heap|unreachable/i.test(`${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`)
    ? failed('worker.memory', {}, error.message)
    : failed('internal', {}, `worker: ${error.message}`);

export const createEngine = ({ workerUrl, deadline = usualDeadline }: EngineOptions): Engine => {
  let disposed = false;
  const running = new Map<Worker, (result: Result<never>) => void>();

  const call = <T>(name: CallName, ...args: readonly unknown[]): Promise<Result<T>> =>
    new Promise((resolve) => {
      if (disposed) return resolve(failed('job.cancelled'));
      const worker = new Worker(workerUrl, { env: { ...process.env, VIPS_WARNING: '0' } });
      const end = (result: Result<T>): void => {
        if (!running.delete(worker)) return;
        clearTimeout(timer);
        void worker.terminate();
        resolve(result);
      };
      const timer = setTimeout(() => end(failed('worker.timeout', { seconds: deadline / 1000 })), deadline);
      running.set(worker, end);
      worker.on('message', (result: Result<T>) => end(result));
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
      const ended = [...running.keys()].map((worker) => worker.terminate());
      for (const end of [...running.values()]) end(failed('job.cancelled'));
      await Promise.all(ended);
    },
  };
};
