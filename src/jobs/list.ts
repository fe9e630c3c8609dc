/** Reading the journal without owning anything of it. */
import { readdir } from 'node:fs/promises';
import { nextActOf, type Fill, type Job } from '../fill/record.ts';
import type { BaseMask } from './contract.ts';
import { readBase, readRecord } from './journal.ts';
import { jobFolder, openJobs } from './open.ts';

const jobIn = async (folder: string): Promise<Job | undefined> => {
  const job = await readRecord(folder).catch(() => 'broken' as const);
  return typeof job === 'string' ? undefined : job;
};

/** The jobs that have not ended, oldest first; records that cannot be read are left out. */
export const listJobs = async (directory: string): Promise<readonly Job[]> => {
  const ids = await openJobs(directory);
  const jobs = await Promise.all(ids.map((id) => jobIn(jobFolder(directory, 'open', id))));
  return jobs.filter((job) => job !== undefined);
};

/** Ended jobs with which something can still be done, oldest first. Reads every record of the journal. */
export const leftJobs = async (directory: string): Promise<readonly Job[]> => {
  const ids = await readdir(jobFolder(directory, 'done', '')).catch(() => []);
  const jobs = await Promise.all(ids.sort().map((id) => jobIn(jobFolder(directory, 'done', id))));
  return jobs.filter((job) => job !== undefined && nextActOf(job) !== undefined) as Job[];
};

/** True where a job of the journal, ended or not, is this task. Reads every record. */
export const ownsTask = async (directory: string, taskId: string): Promise<boolean> => {
  for (const stage of ['open', 'done'] as const) {
    const ids = await readdir(jobFolder(directory, stage, '')).catch(() => []);
    for (const id of ids) if ((await jobIn(jobFolder(directory, stage, id)))?.taskId === taskId) return true;
  }
  return false;
};

/** Every job of the journal that can be read, and whether it has not ended. Reads every record. */
export const allJobs = async (directory: string): Promise<readonly { readonly job: Job; readonly open: boolean }[]> => {
  const stages = await Promise.all(
    (['open', 'done'] as const).map(async (stage) => {
      const ids = await readdir(jobFolder(directory, stage, '')).catch(() => []);
      const jobs = await Promise.all(ids.map((id) => jobIn(jobFolder(directory, stage, id))));
      return jobs.flatMap((job) => (job === undefined ? [] : [{ job, open: stage === 'open' }]));
    }),
  );
  return stages.flat();
};

/** One job of any process, ended or not; undefined where the journal does not know it. */
export const findJob = async (directory: string, id: string): Promise<Job | undefined> =>
  (await jobIn(jobFolder(directory, 'open', id))) ?? (await jobIn(jobFolder(directory, 'done', id)));

/** The base mask that a job was made with; undefined where the journal has none that fits. */
export const findBase = async (directory: string, fill: Fill): Promise<BaseMask | undefined> => {
  for (const stage of ['open', 'done'] as const) {
    const base = await readBase(jobFolder(directory, stage, fill.id), fill).catch(() => undefined);
    if (base !== undefined) return base;
  }
  return undefined;
};
