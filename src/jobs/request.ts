/** What is sent for a step of a fill: made by the engine from what is in the job's folder, and kept there until it was sent. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plansOf, type Fill } from '../fill/record.ts';
import { ok, type Result } from '../fill/faults.ts';
import type { BaseMask, RasterInput } from './contract.ts';
import { exists, writeAtomic } from './disk.ts';
import { guard, wanted, type Context, type Entry } from './entry.ts';
import { files, readBase, resultFile } from './journal.ts';

/** Pixel work at once: each takes a worker and the memory of a decoded image. */
export const pixelWork = { key: 'pixels', limit: 2 } as const;

export const inTurn = async <T>(context: Context, entry: Entry, work: () => Promise<T>): Promise<T> => {
  const release = await context.slots.acquire(pixelWork.key, pixelWork.limit, entry.stop.signal);
  try {
    wanted(entry);
    return await work();
  } finally {
    release?.();
  }
};

/** What the engine needs of a fill in `folder` after so many of its steps. */
export const rasterInput = (folder: string, fill: Fill, base: BaseMask, steps: number): RasterInput => ({
  source: { name: fill.source.name, path: join(folder, files.source) },
  ...(fill.expand === undefined ? {} : { expand: fill.expand }),
  base,
  settings: fill.mask.settings,
  fromAlpha: fill.mask.kind === 'alpha',
  opaque: fill.save.opaque,
  tone: fill.save.tone,
  earlier: plansOf(fill)
    .slice(0, steps)
    .map((plan, step) => ({ plan, result: { name: 'result', path: join(folder, resultFile(step)) } })),
});

/** Makes what is sent for a step from the source and the results of the steps before it. */
export const writeRequest = async (context: Context, entry: Entry, step: number): Promise<Result<void>> => {
  const { fill } = entry.job;
  const prepared = await inTurn(context, entry, async () =>
    context.deps.raster.prepare({
      ...rasterInput(entry.folder, fill, await readBase(entry.folder, fill), step),
      plan: plansOf(fill)[step],
      send: fill.send,
    }),
  );
  wanted(entry);
  if (!prepared.ok) return prepared;
  await writeAtomic(join(entry.folder, files.image), prepared.value.image, () => guard(entry));
  await writeAtomic(join(entry.folder, files.mask), prepared.value.mask, () => guard(entry));
  wanted(entry);
  return ok(undefined);
};

/** What is sent for the step under way; made anew where a job that is sent again no longer has it. */
export const readRequest = async (
  context: Context,
  entry: Entry,
): Promise<Result<{ readonly image: Uint8Array; readonly mask: Uint8Array }>> => {
  const [image, mask] = [files.image, files.mask].map((name) => join(entry.folder, name));
  if (!(await exists(image)) || !(await exists(mask))) {
    const made = await writeRequest(context, entry, entry.job.step);
    if (!made.ok) return made;
  }
  return ok({ image: await readFile(image), mask: await readFile(mask) });
};
