/** How tests wait: for a state, for a claim to hold, and for something to lie still. Never for a time, never one look. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator } from 'playwright-core';

/** Tries a claim until it holds, and gives what it gave. Where it does not in time, its own error is thrown. */
export const eventually = async <T>(claim: () => T | Promise<T>, milliseconds = 60_000): Promise<T> => {
  const end = performance.now() + milliseconds;
  for (;;) {
    try {
      return await claim();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await sleep(25);
  }
};

/** Asks again and again until it is so; gives up after a minute and says what was missing. */
export const until = (what: string, isSo: () => boolean | Promise<boolean>, milliseconds = 60_000): Promise<void> =>
  eventually(async () => {
    if (!(await isSo())) throw new Error(`There was never: ${what}`);
  }, milliseconds);

/** Where an element lies in the window, once it lies still for two frames: what a mouse may aim at. */
export const boxOf = (what: Locator): Promise<{ x: number; y: number; width: number; height: number }> =>
  eventually(async () => {
    const before = await what.boundingBox();
    await what.evaluate(async () => {
      for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    });
    const box = await what.boundingBox();
    if (box === null || JSON.stringify(box) !== JSON.stringify(before))
      throw new Error(`${what.toString()} does not lie still`);
    return box;
  });
