/** Runs the synthesis in a worker thread: a fresh one for each fill, ended with it. */
import { Worker } from 'node:worker_threads';
import type { Synthesise } from './index.ts';

/** What the worker posts back. */
export type Made = { readonly bytes: Uint8Array } | { readonly error: string };

/**
 * `url` is the built or the source file of worker.ts. The promise rejects if the worker fails, ends early, or is ended
 * by the signal.
 */
export const synthesiseInWorker =
  (url: URL, signal?: AbortSignal): Synthesise =>
  (input) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(url, { workerData: input });
      const stop = (): void => void worker.terminate();
      signal?.addEventListener('abort', stop, { once: true });
      worker.once('message', (made: Made) => {
        if ('bytes' in made) resolve(made.bytes);
        else reject(new Error(made.error));
        void worker.terminate();
      });
      worker.once('error', reject);
      worker.once('exit', (code) => {
        signal?.removeEventListener('abort', stop);
        reject(new Error(`the worker ended (${code})`));
      });
    });
