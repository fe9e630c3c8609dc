/** Writing so that a file is there whole or not at all, even when the power fails in between. */
import { randomUUID } from 'node:crypto';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fault, type Fault } from '../fill/faults.ts';

export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The system's own words without the path: `EROFS: read-only file system`. */
export const errorReason = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/, \w+( '.*)?$/s, '') : String(error);

/** What a failed write into the journal means before anything was sent. */
export const journalFault = (error: unknown, folder: string): Fault =>
  ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')
    ? fault('journal.full', { folder })
    : fault('journal.write', { folder, reason: errorReason(error) });

export const exists = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
};

/** Names in a folder reach the disk. Windows cannot open folders and needs no such call; some network disks refuse it. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
};

/** The bytes of a file that is written already reach the disk. */
export const syncFile = async (file: string): Promise<void> => {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Writes a new file to the disk. Throws the system's error. */
export const writeSynced = async (file: string, data: string | Uint8Array): Promise<void> => {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Windows refuses to rename what a virus scanner or an indexer holds for a moment; there it is tried for half a second. */
export const renamePatiently = async (from: string, to: string): Promise<void> => {
  for (let tries = process.platform === 'win32' ? 10 : 0; ; tries--) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (tries <= 0 || !['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error) ?? '')) throw error;
      await setTimeout(50);
    }
  }
};

/**
 * Writes a file completely or not at all: temporary file, fsync, rename, fsync of the folder. `guard` is asked last
 * before the rename and stops it by throwing. Throws the system's error and leaves no temporary file then.
 */
export const writeAtomic = async (
  file: string,
  data: string | Uint8Array,
  guard: () => Promise<void>,
): Promise<void> => {
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await writeSynced(temporary, data);
    await guard();
    await renamePatiently(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(file));
};

/** Moves a folder under another parent by one rename; the parent is made where it is missing. */
export const moveFolder = async (from: string, to: string): Promise<void> => {
  await mkdir(dirname(to), { recursive: true });
  await renamePatiently(from, to);
  await syncFolder(dirname(to));
};
