/** Sends the newest value of something to the host: one question at a time, values in between are skipped. */
export interface Sender<Value> {
  send(value: Value): void;
  /** True until the newest value is answered. */
  busy(): boolean;
  /** Resolves once everything is answered, also with a fault. */
  settled(): Promise<void>;
}

export const createSender = <Value>(
  ask: (value: Value) => Promise<unknown>,
  failed: (error: unknown) => void,
): Sender<Value> => {
  let waiting: { readonly value: Value } | undefined;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (waiting !== undefined) {
      const { value } = waiting;
      waiting = undefined;
      await ask(value).catch(failed);
    }
    running = undefined;
  };

  return {
    send(value) {
      waiting = { value };
      running ??= run();
    },
    busy: () => running !== undefined,
    settled: () => running ?? Promise.resolve(),
  };
};
