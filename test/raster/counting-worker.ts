/** A worker that answers with the number of its thread and how much it held: for the engine's own tests. */
import { parentPort, threadId } from 'node:worker_threads';
import { failed, type Result } from '../../src/fill/faults.ts';
import type { Answer } from '../../src/raster/worker.ts';

const thread: Result<number> = { ok: true, value: threadId };
const answers: Readonly<Record<string, Answer<number>>> = {
  small: { result: thread, held: 1_000_000 },
  large: { result: thread, held: 1_000_000_000 },
  fault: { result: failed('image.truncated', { name: String(threadId) }), held: 0 },
};

parentPort!.on('message', ({ args }: { readonly args: readonly [{ readonly name: string }] }) =>
  parentPort!.postMessage(answers[args[0].name]),
);
