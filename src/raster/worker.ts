/** The worker thread: one call at a time, one answer each. What libvips holds goes when the parent ends the thread. */
import { parentPort } from 'node:worker_threads';
import { FaultError, fault, faultOf, type Fault, type Result } from '../fill/faults.ts';
import { isMemoryError, messageOf, mostHeld } from './vips.ts';
import { takeWhole } from './whole.ts';
import {
  binariness,
  coversTransparency,
  finish,
  maskFromAlphaOf,
  maskFromFile,
  measure,
  prepare,
  thumbnail,
  writeMask,
} from './work.ts';

export const calls = {
  binariness,
  coversTransparency,
  finish,
  maskFromAlpha: maskFromAlphaOf,
  maskFromFile,
  measure,
  prepare,
  takeWhole,
  thumbnail,
  writeMask,
} as const;

export type CallName = keyof typeof calls;

export interface Call {
  readonly name: CallName;
  readonly args: readonly unknown[];
}

export interface Answer<T = unknown> {
  readonly result: Result<T>;
  /** The most bytes libvips has held at once in this thread, so far. */
  readonly held: number;
}

const faultIn = (error: unknown): Fault => {
  if (error instanceof FaultError) return faultOf(error);
  return fault(isMemoryError(error) ? 'worker.memory' : 'internal', {}, messageOf(error));
};

/** Buffers of an answer that are handed over instead of copied: the rasters and files in it, which nobody else has. */
const buffersOf = (result: Result<unknown>): ArrayBuffer[] =>
  result.ok && typeof result.value === 'object' && result.value !== null
    ? Object.values(result.value).flatMap((value) =>
        value instanceof Uint8Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : [],
      )
    : [];

const resultOf = async ({ name, args }: Call): Promise<Result<unknown>> => {
  try {
    const run = calls[name] as (...args: readonly unknown[]) => Promise<unknown>;
    return { ok: true, value: await run(...args) };
  } catch (error) {
    return { ok: false, fault: faultIn(error) };
  }
};

parentPort?.on('message', (call: Call) => {
  void resultOf(call).then(async (result) => {
    const answer: Answer = { result, held: await mostHeld() };
    parentPort!.postMessage(answer, buffersOf(result));
  });
});
