/**
 * Files on this machine's disk: a result is written to the end or not at all, and never over another file unasked. Its bytes go
 * to a temporary file in the same folder, reach the disk, and then get their name by a hard link, which fails where the
 * name exists.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fault, failed, ok, type Fault, type Result } from '../fill/faults.ts';
import { nextNumber, resultName } from '../fill/names.ts';

/**
 * Puts a copy of `file` into `folder` under `name`, by way of the file `temporary` in the same folder. `taken`: the name
 * exists by now. Where the file system has no hard links, the name is created exclusively and written then: two writers
 * still cannot overwrite each other, but a machine that dies in the middle leaves a partial file under the name.
 * Faults: save.full, save.readOnly, save.noFolder, save.failed. `hardLink` is the system's own.
 */
export const putFile = async (
  file: string,
  folder: string,
  temporary: string,
  name: string,
  hardLink: typeof link = link,
): Promise<Result<{ readonly path: string } | 'taken'>> => {
  const way = join(folder, temporary);
  const target = join(folder, name);
  try {
    await copyExclusive(file, way);
    try {
      const linked = await linkOr(hardLink, way, target, () => copyExclusive(file, target));
      return ok(linked ? { path: target } : 'taken');
    } finally {
      await discard(way);
    }
  } catch (error) {
    return { ok: false, fault: await saveFault(error, folder, name) };
  }
};

/** Puts a copy of `file` in the place of whatever stands under `name`, in one step. Faults as those of putFile. */
export const replaceFile = async (
  file: string,
  folder: string,
  temporary: string,
  name: string,
): Promise<Result<{ readonly path: string }>> => {
  const way = join(folder, temporary);
  const target = join(folder, name);
  try {
    await copyExclusive(file, way);
    try {
      await rename(way, target);
    } finally {
      await discard(way);
    }
    await syncFolder(folder);
    return ok({ path: target });
  } catch (error) {
    return { ok: false, fault: await saveFault(error, folder, name) };
  }
};

/** Whether files can be made in `folder`, by making one and removing it again. */
export const checkFolder = async (folder: string): Promise<Result<void>> => {
  const probe = join(folder, `.flux-fill-${randomUUID()}.tmp`);
  try {
    await (await open(probe, 'wx')).close();
    return ok(undefined);
  } catch (error) {
    return { ok: false, fault: await saveFault(error, folder, basename(probe)) };
  } finally {
    await discard(probe);
  }
};

/** Removes a temporary file; one that is not there, or cannot be removed, is no error. */
export const discard = async (path: string): Promise<void> => {
  await rm(path, { force: true }).catch(() => undefined);
};

/** Lower-case hex of the SHA-256 of a file. Rejects where it cannot be read. */
export const hashFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

/** The next free name for a result of `sourceName` in `folder`; `extension` with its dot. */
export const freeName = async (folder: string, sourceName: string, extension: string): Promise<Result<string>> => {
  try {
    return ok(resultName(sourceName, nextNumber(sourceName, await readdir(folder)), extension));
  } catch (error) {
    return { ok: false, fault: await saveFault(error, folder, sourceName) };
  }
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/**
 * Copies to a name that must not exist yet, with the permissions of a new file, and waits for the disk. Nothing stays
 * where that fails.
 */
const copyExclusive = async (file: string, target: string): Promise<void> => {
  const handle = await open(target, 'wx');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), handle.createWriteStream({ flush: true }));
  } catch (error) {
    await discard(target);
    throw error;
  } finally {
    await handle.close();
  }
};

/** What `link` answers with on file systems that have no hard links (FAT, some network shares). */
const noLinks: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];

/** False where the name exists. */
const linkOr = async (
  hardLink: typeof link,
  from: string,
  to: string,
  instead: () => Promise<void>,
): Promise<boolean> => {
  try {
    await hardLink(from, to).catch((error: unknown) => {
      if (noLinks.includes(codeOf(error))) return instead();
      throw error;
    });
    await syncFolder(dirname(to));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
};

/** The name itself reaches the disk. Not every system can do this; the file is whole either way. */
const syncFolder = async (folder: string): Promise<void> => {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    return;
  }
};

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
};

/** Why a file of this name could not be written into the folder. */
export const saveFault = async (error: unknown, folder: string, name: string): Promise<Fault> => {
  const reason = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return fault('save.full', { name }, reason);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return fault('save.readOnly', { folder }, reason);
  if ((code === 'ENOENT' || code === 'ENOTDIR') && !(await isFolder(folder)))
    return fault('save.noFolder', { folder }, reason);
  return failed('save.failed', { name, reason: code === '' ? reason : code }, reason).fault;
};
