/** Worker thread of the practice service: one PNG in, one PNG out. */
import { parentPort, workerData } from 'node:worker_threads';
import { fillPng } from './fill-png.ts';
import type { Synthesise } from './index.ts';
import type { Made } from './thread.ts';

const work = async (): Promise<Made> => {
  try {
    return { bytes: await fillPng(workerData as Parameters<Synthesise>[0]) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
};

void work().then((made) => parentPort?.postMessage(made));
