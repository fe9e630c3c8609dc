/** Small pictures of results, kept in the folders of their jobs: made one at a time, when a result is there or is asked for. */
import type { Job } from '../fill/record.ts';
import type { Log } from '../jobs/contract.ts';
import { exists } from '../jobs/disk.ts';
import { thumbFile } from '../jobs/journal.ts';
import type { Engine } from '../raster/engine.ts';
import { imageInput } from './source.ts';
import { resultUri } from './views.ts';

export interface Thumbnails {
  /** Makes the picture of a job that ended, where it has a result and none is there. True where there is one then. */
  make(job: Job): Promise<boolean>;
}

export const createThumbnails = (deps: {
  readonly engine: Engine;
  readonly directory: string;
  readonly log: Log;
}): Thumbnails => {
  const { engine, directory, log } = deps;
  let last: Promise<unknown> = Promise.resolve();
  /** Whose file could not be read: it is not tried again. */
  const hopeless = new Set<string>();

  const make = async (job: Job): Promise<boolean> => {
    const { id } = job.fill;
    const uri = resultUri(job, directory);
    const out = thumbFile(directory, id);
    if (uri === undefined || hopeless.has(id)) return false;
    if (await exists(out)) return true;
    const made = await engine.thumbnail(await imageInput(uri), out);
    if (made.ok) return true;
    hopeless.add(id);
    log('debug', `job ${id}: no small picture (${made.fault.code})`);
    return false;
  };

  return {
    make: (job) => {
      const next = last.then(() => make(job)).catch(() => false);
      last = next;
      return next;
    },
  };
};
