/** Where the journal keeps what, and which jobs are open. Small on purpose: it is all that activation needs. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * `new/ID` is being written, `open/ID` is on its way, `done/ID` has ended, `aside/ID` could not be read. A job passes from
 * one to the next by one rename of its folder.
 */
export const jobFolder = (directory: string, stage: 'new' | 'open' | 'done' | 'aside', id: string): string =>
  join(directory, stage, id);

/** Ids of the open jobs: one folder listing. A journal that was never written has none, and is not created. */
export const openJobs = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(join(directory, 'open')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => /^[0-9a-z]{10,40}$/.test(name)).sort();
};
