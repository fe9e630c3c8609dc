/**
 * Where results go: beside the source. Local folders through raster/save.ts (link or exclusive create); every other
 * scheme through workspace.fs, by a rename without overwriting. There the file system provider decides whether that
 * rename is one step; where it is not, another program can take the name in between, and then the provider's own check
 * is what stands between the two.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { failed, fault, ok, type Result } from '../fill/faults.ts';
import { nextNumber, resultName } from '../fill/names.ts';
import type { Fill } from '../fill/record.ts';
import type { Place } from '../jobs/contract.ts';
import { checkFolder, discard, hashFile, putFile } from '../raster/save.ts';
import { folderOf, isLocal } from './uris.ts';

export interface HostPlace extends Place {
  /** Whether a result can be written beside `source`; asked before anything is spent. */
  check(source: vscode.Uri): Promise<Result<void>>;
}

export const hashBytes = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');

const codeOf = (error: unknown): string => (error instanceof vscode.FileSystemError ? error.code : '');

const stat = async (uri: vscode.Uri): Promise<vscode.FileStat | undefined> => {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch {
    return undefined;
  }
};

const fileHash = async (uri: vscode.Uri): Promise<string> =>
  isLocal(uri) ? hashFile(uri.fsPath) : hashBytes(new Uint8Array(await vscode.workspace.fs.readFile(uri)));

const saveFault = (error: unknown, name: string, folder: vscode.Uri) => {
  const code = codeOf(error);
  if (code === 'NoPermissions') return failed('save.readOnly', { folder: folder.path });
  if (code === 'FileNotFound') return failed('save.noFolder', { folder: folder.path });
  return failed('save.failed', { name, reason: error instanceof Error ? error.message : String(error) });
};

const putRemote = async (
  folder: vscode.Uri,
  file: string,
  temporary: string,
  name: string,
): Promise<Result<{ uri: string } | 'taken'>> => {
  const target = vscode.Uri.joinPath(folder, name);
  const onTheWay = vscode.Uri.joinPath(folder, temporary);
  try {
    await vscode.workspace.fs.writeFile(onTheWay, await readFile(file));
    await vscode.workspace.fs.rename(onTheWay, target, { overwrite: false });
    return ok({ uri: target.toString() });
  } catch (error) {
    if (codeOf(error) === 'FileExists') return ok('taken');
    return saveFault(error, name, folder);
  }
};

const putInto = async (
  folder: vscode.Uri,
  file: string,
  temporary: string,
  name: string,
): Promise<Result<{ uri: string } | 'taken'>> => {
  if (!isLocal(folder)) return putRemote(folder, file, temporary, name);
  const put = await putFile(file, folder.fsPath, temporary, name);
  if (!put.ok || put.value === 'taken') return put as Result<'taken'>;
  return ok({ uri: vscode.Uri.file(put.value.path).toString() });
};

const discardIn = async (folder: vscode.Uri, temporary: string): Promise<void> => {
  if (isLocal(folder)) return discard(path.join(folder.fsPath, temporary));
  const uri = vscode.Uri.joinPath(folder, temporary);
  if ((await stat(uri)) !== undefined) await vscode.workspace.fs.delete(uri);
};

/** Puts a copy of a file of this machine's disk into a folder, whole or not at all; `taken` where the name exists by now. */
export const putNew = async (folder: vscode.Uri, file: string, name: string): ReturnType<typeof putInto> => {
  const temporary = `.flux-fill-${randomUUID()}.tmp`;
  try {
    return await putInto(folder, file, temporary, name);
  } finally {
    await discardIn(folder, temporary);
  }
};

const checkRemote = async (folder: vscode.Uri): Promise<Result<void>> => {
  if (vscode.workspace.fs.isWritableFileSystem(folder.scheme) === false)
    return failed('save.readOnly', { folder: folder.path });
  const probe = vscode.Uri.joinPath(folder, `.flux-fill-${randomUUID()}.tmp`);
  try {
    await vscode.workspace.fs.writeFile(probe, new Uint8Array());
    await vscode.workspace.fs.delete(probe);
    return ok(undefined);
  } catch (error) {
    return saveFault(error, probe.path, folder);
  }
};

export const createPlace = (): HostPlace => ({
  check: async (source) => {
    const folder = folderOf(source);
    return isLocal(folder) ? checkFolder(folder.fsPath) : checkRemote(folder);
  },

  name: async (fill, extension) => {
    const folder = folderOf(vscode.Uri.parse(fill.source.uri));
    try {
      const entries = await vscode.workspace.fs.readDirectory(folder);
      const names = entries.map(([name]) => name);
      return ok(resultName(fill.source.name, nextNumber(fill.source.name, names), extension));
    } catch (error) {
      return saveFault(error, fill.source.name, folder);
    }
  },

  put: (fill, file, temporary, name) => putInto(folderOf(vscode.Uri.parse(fill.source.uri)), file, temporary, name),

  find: async (fill, name, sha256) => {
    const uri = vscode.Uri.joinPath(folderOf(vscode.Uri.parse(fill.source.uri)), name);
    if ((await stat(uri)) === undefined) return undefined;
    return (await fileHash(uri)) === sha256 ? uri.toString() : undefined;
  },

  discard: (fill, temporary) => discardIn(folderOf(vscode.Uri.parse(fill.source.uri)), temporary),

  sourceState: async (fill: Fill) => {
    const source = vscode.Uri.parse(fill.source.uri);
    const now = await stat(source);
    if (now === undefined) return fault('source.gone', { name: fill.source.name });
    if (now.size === fill.source.bytes && (await fileHash(source)) === fill.source.sha256) return undefined;
    return fault('source.changed', { name: fill.source.name });
  },
});
