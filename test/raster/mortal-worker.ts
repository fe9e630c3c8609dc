/** A worker that comes to its end in the way its question says: for the engine's own tests. */
import { parentPort } from 'node:worker_threads';

const deaths: Readonly<Record<string, () => void>> = {
  /** What libvips as WebAssembly does when its own memory is used up. */
  abort: () => {
    throw new WebAssembly.RuntimeError('unreachable');
  },
  exit: () => process.exit(3),
  hang: () => {
    for (;;);
  },
  bug: () => {
    throw new TypeError('x is not a function');
  },
};

parentPort!.on('message', ({ args }: { readonly args: readonly [{ readonly name: string }] }) =>
  deaths[args[0].name](),
);
