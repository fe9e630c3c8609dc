/** Counts what runs at once, by key, and lets the rest wait in order. */
export interface Slots {
  /** Waits for a free slot and takes it; gives its release, or undefined when the signal came first. */
  acquire(key: string, limit: number, signal: AbortSignal): Promise<(() => void) | undefined>;
  /** Takes a slot without asking, for what runs anyway. */
  take(key: string): () => void;
  active(key: string): number;
}

export const createSlots = (): Slots => {
  const counts = new Map<string, number>();
  const waiting = new Map<string, Set<() => void>>();
  const active = (key: string): number => counts.get(key) ?? 0;

  const take = (key: string): (() => void) => {
    let taken = true;
    counts.set(key, active(key) + 1);
    return () => {
      if (!taken) return;
      taken = false;
      counts.set(key, active(key) - 1);
      const [next] = waiting.get(key) ?? [];
      next?.();
    };
  };

  const acquire: Slots['acquire'] = (key, limit, signal) =>
    new Promise((resolve) => {
      const queue = waiting.get(key) ?? new Set();
      waiting.set(key, queue);
      const attempt = (): void => {
        if (!signal.aborted && active(key) >= limit) return;
        queue.delete(attempt);
        signal.removeEventListener('abort', attempt);
        resolve(signal.aborted ? undefined : take(key));
      };
      queue.add(attempt);
      signal.addEventListener('abort', attempt);
      attempt();
    });

  return { acquire, take, active };
};
