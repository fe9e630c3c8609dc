/** Where the command line saves: beside the source under the next free name, or exactly where --out says. */
import { rmSync } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { failed, fault, ok, type Fault, type Result } from '../fill/faults.ts';
import type { Fill } from '../fill/record.ts';
import type { Place } from '../jobs/contract.ts';
import { errorCode, errorReason } from '../jobs/disk.ts';
import { checkFolder, discard, freeName, hashFile, putFile, replaceFile } from '../raster/save.ts';

const pathOf = (fill: Fill): string => fileURLToPath(fill.source.uri);

/** The folder a result goes to. */
const folderOf = (fill: Fill): string => dirname(fill.save.out?.path ?? pathOf(fill));

/** Also for a link that points nowhere: its name is taken. */
const exists = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Why no file can have this path, such as a name that is too long; undefined where one can. */
const impossible = async (path: string): Promise<string | undefined> =>
  lstat(path).then(
    () => undefined,
    (error: unknown) => (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '') ? undefined : errorReason(error)),
  );

/** True for a folder, a device, a pipe. */
const isOther = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => !found.isFile(),
    () => false,
  );

/** Refuses before anything is spent: a folder that cannot be written, an --out that exists and is not to be replaced. */
export const checkPlace = async (fill: Fill): Promise<Result<void>> => {
  const { out } = fill.save;
  if (out !== undefined && (await exists(out.path))) {
    if (await isOther(out.path)) return failed('save.notAFile', { name: out.path });
    if (!out.overwrite) return failed('save.exists', { name: out.path });
  }
  const reason = out === undefined ? undefined : await impossible(out.path);
  if (reason !== undefined) return failed('save.failed', { name: basename(out!.path), reason });
  return checkFolder(folderOf(fill));
};

export interface TerminalPlace extends Place {
  /** Removes what is half written now: for a process that ends at once. */
  readonly abandon: () => void;
}

export const createPlace = (): TerminalPlace => {
  const onTheWay = new Set<string>();
  const put = async (fill: Fill, file: string, temporary: string, name: string) => {
    const { out } = fill.save;
    const replaces = out?.overwrite === true && name === basename(out.path);
    return (replaces ? replaceFile : putFile)(file, folderOf(fill), temporary, name);
  };
  return {
    name: async (fill, extension) => {
      const { out } = fill.save;
      // An --out that was taken meanwhile is not overwritten: the result goes beside it.
      if (out !== undefined && (out.overwrite || !(await exists(out.path)))) return ok(basename(out.path));
      return freeName(folderOf(fill), basename(out?.path ?? pathOf(fill)), extension);
    },
    put: async (fill, file, temporary, name) => {
      const way = join(folderOf(fill), temporary);
      onTheWay.add(way);
      const done = await put(fill, file, temporary, name).finally(() => onTheWay.delete(way));
      if (!done.ok) return done;
      return done.value === 'taken' ? ok('taken') : ok({ uri: pathToFileURL(done.value.path).toString() });
    },
    find: async (fill, name, sha256) => {
      const path = join(folderOf(fill), name);
      return (await exists(path)) && (await hashFile(path)) === sha256 ? pathToFileURL(path).toString() : undefined;
    },
    discard: async (fill, temporary) => discard(join(folderOf(fill), temporary)),
    sourceState: async (fill): Promise<Fault | undefined> => {
      const path = pathOf(fill);
      if (fill.save.out?.path === path) return undefined;
      if (!(await exists(path))) return fault('source.gone', { name: fill.source.name });
      return (await hashFile(path)) === fill.source.sha256
        ? undefined
        : fault('source.changed', { name: fill.source.name });
    },
    abandon: () => {
      for (const path of onTheWay) rmSync(path, { force: true });
    },
  };
};
