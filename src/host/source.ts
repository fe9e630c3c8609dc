/** The image a panel works on: its header, how the page may load it, and how the engine reads it. */
import { open } from 'node:fs/promises';
import * as vscode from 'vscode';
import { failed, ok, type Result } from '../fill/faults.ts';
import type { Header } from '../raster/header.ts';
import { readHeader } from '../raster/header.ts';
import type { ImageInput } from '../raster/engine.ts';
import { hashFile } from '../raster/save.ts';
import { hashBytes } from './place.ts';
import { isLocal, nameOf } from './uris.ts';

export interface Source {
  readonly uri: vscode.Uri;
  readonly name: string;
  readonly header: Header;
  readonly bytes: number;
  /** Milliseconds since 1970; tells a changed file from the one that was opened. */
  readonly modified: number;
}

/** All of it: where the header of a WebP or a JPEG ends is only known when it has been read. */
const readAll = async (uri: vscode.Uri): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await vscode.workspace.fs.readFile(uri));

/** Enough of a local file for nearly every header, without reading 60 MB for it. */
const headBytes = 1 << 20;

const readHead = async (uri: vscode.Uri): Promise<Uint8Array> => {
  if (!isLocal(uri)) return readAll(uri);
  const file = await open(uri.fsPath, 'r');
  try {
    const buffer = new Uint8Array(headBytes);
    const { bytesRead } = await file.read(buffer, 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

/** Reads what the file says of itself, without decoding. Refuses what is no image, not supported or too large. */
export const openSource = async (uri: vscode.Uri): Promise<Result<Source>> => {
  const name = nameOf(uri);
  let stat: vscode.FileStat;
  let head: Uint8Array;
  try {
    stat = await vscode.workspace.fs.stat(uri);
    if (stat.type & vscode.FileType.Directory) return failed('image.notAnImage', { name });
    head = await readHead(uri);
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound')
      return failed('image.missing', { name });
    return failed('image.unreadable', { name, reason: error instanceof Error ? error.message : String(error) });
  }
  let header = readHeader(head, name);
  if (!header.ok && head.length < stat.size) header = readHeader(await readAll(uri), name);
  if (!header.ok) return header;
  return ok({ uri, name, header: header.value, bytes: stat.size, modified: stat.mtime });
};

/** True while the file is the one that was opened. */
export const isUnchanged = async (source: Source): Promise<boolean> => {
  try {
    const stat = await vscode.workspace.fs.stat(source.uri);
    return stat.size === source.bytes && stat.mtime === source.modified;
  } catch {
    return false;
  }
};

/** The file for the engine: by path where it has one, else its bytes. */
export const imageInput = async (uri: vscode.Uri): Promise<ImageInput> =>
  isLocal(uri) ? { name: nameOf(uri), path: uri.fsPath } : { name: nameOf(uri), bytes: await readAll(uri) };

/** The file for a job, with its hash: lower-case hex of SHA-256. */
export const jobSource = async (
  uri: vscode.Uri,
): Promise<{ sha256: string; input: { path: string } | { bytes: Uint8Array } }> => {
  if (isLocal(uri)) return { sha256: await hashFile(uri.fsPath), input: { path: uri.fsPath } };
  const bytes = await readAll(uri);
  return { sha256: await hashBytes(bytes), input: { bytes } };
};

/** Which state of a file the page shows: another one has another address. */
export const versionOf = ({ modified }: Pick<Source, 'modified'>): string => String(modified);

/** The webview address of a local file; undefined for other file systems. */
export const localAddress = (webview: vscode.Webview, uri: vscode.Uri, version: string): string | undefined =>
  isLocal(uri)
    ? webview
        .asWebviewUri(uri)
        .with({ query: `v=${version}` })
        .toString()
    : undefined;

/** An address the page may load: a webview address for local files, the bytes themselves for other file systems. */
export const pageAddress = async (webview: vscode.Webview, uri: vscode.Uri, version: string): Promise<string> => {
  const local = localAddress(webview, uri, version);
  if (local !== undefined) return local;
  const type = { png: 'png', webp: 'webp', gif: 'gif' }[uri.path.toLowerCase().split('.').pop() ?? ''] ?? 'jpeg';
  return `data:image/${type};base64,${Buffer.from(await readAll(uri)).toString('base64')}`;
};
