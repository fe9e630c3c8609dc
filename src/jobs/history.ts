/** The jobs that ended, as a history: read whole when somebody looks at it, and kept within a size. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nextActOf, type Job } from '../fill/record.ts';
import { deleteJob, readRecord } from './journal.ts';
import { jobFolder } from './open.ts';

/** Records that are read at once. */
const together = 32;

const idsIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(jobFolder(directory, 'done', '')).catch(() => [])).sort().reverse();

/** The jobs that ended, newest first. Reads every record; those that cannot be read are left out. */
export const readHistory = async (directory: string): Promise<readonly Job[]> => {
  const ids = await idsIn(directory);
  const jobs: Job[] = [];
  for (let at = 0; at < ids.length; at += together) {
    const read = await Promise.all(
      ids.slice(at, at + together).map((id) => readRecord(jobFolder(directory, 'done', id)).catch(() => 'broken')),
    );
    jobs.push(...read.filter((job): job is Job => typeof job === 'object'));
  }
  return jobs;
};

const bytesIn = async (folder: string): Promise<number> => {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** Milliseconds for which nothing that has just ended goes: somebody may be looking at it. */
const fresh = 60 * 60_000;

/** True for a result that was paid for and has no file yet, through no choice of the person: it never goes by itself. */
const isOwed = (job: Job): boolean => {
  const act = nextActOf(job);
  return act !== undefined && act !== 'keep';
};

/**
 * Deletes what is beyond `limit` bytes: first results that were made to be chosen from and were not kept, the oldest first,
 * then what else is kept of fills, the oldest first. Never what ended less than an hour before `now` (milliseconds since
 * 1970), and never a result that has no place yet. Gives the ids of what is gone. Throws the disk's errors.
 */
export const boundHistory = async (directory: string, limit: number, now: number): Promise<readonly string[]> => {
  const jobs = [...(await readHistory(directory))].reverse();
  const sizes = new Map<Job, number>();
  for (const job of jobs) sizes.set(job, await bytesIn(jobFolder(directory, 'done', job.fill.id)));
  let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const old = jobs.filter((job) => Date.parse(job.endedAt ?? job.fill.createdAt) < now - fresh && !isOwed(job));
  const order = [...old.filter((job) => job.state === 'held'), ...old.filter((job) => job.state !== 'held')];
  const gone: string[] = [];
  for (const job of order) {
    if (bytes <= limit) break;
    if (!(await deleteJob(directory, job.fill.id))) continue;
    gone.push(job.fill.id);
    bytes -= sizes.get(job) ?? 0;
  }
  return gone;
};
