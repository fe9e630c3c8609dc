/**
 * One owner of a job at a time, among windows and command lines that share the journal. The lease is a numbered file in
 * the job's folder: the highest number owns the job. Taking over a dead lease is the exclusive creation of the next
 * number, so that of two takers one wins; the numbers never go back, so that an owner that was frozen sees that it lost.
 *
 * A lease is dead when its file says `released`, when its process no longer exists on this host, or when the file
 * was not renewed while another runner watched it for 20 s. No clock is compared with another.
 */
import { randomUUID } from 'node:crypto';
import { readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { errorCode, exists } from './disk.ts';

/**
 * Milliseconds between renewals, how many of them may be missed, and after how long without any an unsent job is no longer
 * sent unasked: whoever pressed Generate then has forgotten it.
 */
export const leaseTimes = { renew: 5_000, missed: 4, forgotten: 60 * 60_000 } as const;

export interface Lease {
  readonly number: number;
  readonly nonce: string;
}

const released = 'released';

const ownerSchema = v.object({ pid: v.number(), host: v.string(), nonce: v.string() });

const leaseName = (number: number): string => `lease.${number}`;
const leaseNumber = (name: string): number => Number(/^lease\.(\d+)$/.exec(name)?.[1] ?? 0);

const processExists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
};

/** True where the owner's own words say that it is no more. Words that cannot be read say nothing. */
const isOver = (text: string): boolean => {
  if (text.startsWith(released)) return true;
  try {
    const owner = v.parse(ownerSchema, JSON.parse(text));
    return owner.host === hostname() && !processExists(owner.pid);
  } catch {
    return false;
  }
};

/** True when the folder's highest lease is dead, or there is none. `isStale` is told the stamp of one that looks alive. */
const isFree = async (folder: string, number: number, isStale: (stamp: string) => boolean): Promise<boolean> => {
  if (number === 0) return true;
  const file = join(folder, leaseName(number));
  if (isOver(await readFile(file, 'utf8'))) return true;
  return isStale(`${number} ${(await stat(file)).mtimeMs}`);
};

/** True where the process that began to write a new folder no longer exists. */
export const isAbandoned = async (folder: string): Promise<boolean> => {
  const text = await readFile(join(folder, leaseName(1)), 'utf8').catch(() => '');
  return isOver(text);
};

/** True while nobody took the lease over, and the job's folder stands where it stood. */
export const holdsLease = async (folder: string, lease: Lease): Promise<boolean> =>
  (await exists(join(folder, leaseName(lease.number)))) && !(await exists(join(folder, leaseName(lease.number + 1))));

/**
 * Takes the lease of a job's folder. `busy`: somebody else has it. `gone`: the folder is no longer there.
 * Once taken, what older owners left half written (`*.tmp`, older leases) is removed. Throws other errors of the disk.
 */
export const takeLease = async (
  folder: string,
  isStale: (stamp: string) => boolean,
): Promise<Lease | 'busy' | 'gone'> => {
  try {
    const names = await readdir(folder);
    const highest = Math.max(0, ...names.map(leaseNumber));
    if (!(await isFree(folder, highest, isStale))) return 'busy';
    const lease = { number: highest + 1, nonce: randomUUID().slice(0, 8) };
    const owner = { pid: process.pid, host: hostname(), nonce: lease.nonce };
    await writeFile(join(folder, leaseName(lease.number)), JSON.stringify(owner), { flag: 'wx' });
    if (!(await holdsLease(folder, lease))) return 'busy';
    const old = names.filter((name) => name.endsWith('.tmp') || leaseNumber(name) > 0);
    await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
    return lease;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return 'busy';
    if (errorCode(error) === 'ENOENT') return (await exists(folder)) ? 'busy' : 'gone';
    throw error;
  }
};

/** When an owner last said that it lives, in milliseconds since 1970; undefined where the folder has no lease. */
export const lastRenewal = async (folder: string): Promise<number | undefined> => {
  const names = (await readdir(folder).catch(() => [])).filter((name) => leaseNumber(name) > 0);
  const times = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return times.length === 0 ? undefined : Math.max(...times);
};

/** Says that the owner lives. False when the lease was lost. */
export const renewLease = async (folder: string, lease: Lease, now: number): Promise<boolean> => {
  if (!(await holdsLease(folder, lease))) return false;
  const seconds = now / 1000;
  await utimes(join(folder, leaseName(lease.number)), seconds, seconds);
  return true;
};

/** Leaves the job to whoever comes next. A lease that is gone is fine. */
export const releaseLease = async (folder: string, lease: Lease): Promise<void> => {
  await writeFile(join(folder, leaseName(lease.number)), released, { flag: 'r+' }).catch(() => undefined);
};

/** Takes the lease file out of a folder that nobody needs to own any more. */
export const removeLease = async (folder: string, lease: Lease): Promise<void> => {
  await rm(join(folder, leaseName(lease.number)), { force: true });
};
