/**
 * The history of a document's mask: a row of numbered edits and a position in it. The description of the document names
 * the file they lie in and where, so mask and history are written as one; what it does not name was never there. An edit is
 * in memory only until it is written.
 */
import { randomUUID } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { deflate as deflateCallback, inflate as inflateCallback } from 'node:zlib';
import * as v from 'valibot';
import { encodeTile, sameBytes, tilesOfEdit, type Patch } from '../mask/edits.ts';
import type { Tile } from '../mask/tiles.ts';
import { packEdit, unpackEdit, type MaskSide } from '../protocol/edits.ts';
import type { PageReplies, PageRequest } from '../protocol/messages.ts';
import type { Document } from './document.ts';

/** `packed` until it is written; then `length` bytes at `at` in the file, as zlib deflates them. */
interface KeptEdit {
  packed: Uint8Array | null;
  at: number;
  length: number;
}

export interface History {
  file: string | null;
  /** Number of the first edit. */
  first: number;
  /** Undo takes the edit before it. */
  position: number;
  edits: KeptEdit[];
  /** Tiles as they were before the edit that goes on, and the side; what is told of it is in the document already. */
  readonly open: Map<number, Uint8Array | null>;
  openSide: MaskSide | null;
}

/** Bytes and edits kept of one document. */
const byteLimit = 256 * 1024 * 1024;
const editLimit = 10_000;

/** A file with this much that nothing names any more is written anew. */
const waste = 32 * 1024 * 1024;

/** Bytes of packed edits in one answer and their number, at least one edit; and bytes of one edit at most. */
const answerBytes = 8 * 1024 * 1024;
const answerEdits = 200;
const largestEdit = 128 * 1024 * 1024;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const storedHistorySchema = v.object({
  file: v.nullable(v.string()),
  first: count,
  position: count,
  edits: v.array(v.tuple([count, count])),
});
export type StoredHistory = v.InferOutput<typeof storedHistorySchema>;

export const newHistory = (): History => ({
  file: null,
  first: 0,
  position: 0,
  edits: [],
  open: new Map(),
  openSide: null,
});

export const historyOf = ({ file, first, position, edits }: StoredHistory): History => ({
  ...newHistory(),
  file: file === null ? null : path.basename(file),
  first,
  position: Math.min(Math.max(position, first), first + edits.length),
  edits: edits.map(([at, length]) => ({ packed: null, at, length })),
});

const endOf = (history: History): number => history.first + history.edits.length;

export const rangeOf = (history: History) => ({
  first: history.first,
  position: history.position,
  end: endOf(history),
});

const sizeOf = (edit: KeptEdit): number => edit.packed?.length ?? edit.length;

/** Edits that do not join on are of a history that this document does not have: none of them can be taken back. */
const place = (history: History, at: number, packed: Uint8Array): void => {
  if (at < history.first || at > endOf(history)) Object.assign(history, { first: at, edits: [] });
  history.edits = [...history.edits.slice(0, at - history.first), { packed, at: 0, length: 0 }];
  history.position = at + 1;
  let bytes = history.edits.reduce((sum, edit) => sum + sizeOf(edit), 0);
  while (history.edits.length > 1 && (bytes > byteLimit || history.edits.length > editLimit)) {
    bytes -= sizeOf(history.edits.shift()!);
    history.first += 1;
  }
};

const moveTo = (history: History, position: number): void => {
  if (position < history.first || position > endOf(history)) Object.assign(history, { first: position, edits: [] });
  history.position = position;
};

export const sideOf = ({ maskKind, maskFile, maskSettings }: Document): MaskSide => ({
  kind: maskKind,
  file: maskFile,
  settings: maskSettings,
});

const putTiles = (document: Document, tiles: readonly Tile[]): void => {
  for (const { index, data } of tiles)
    if (data === null) document.tiles.delete(index);
    else document.tiles.set(index, data);
};

/** Takes a step of the page: an ended edit, or a move. Throws where it is none; one of another canvas is passed over. */
export const takeStep = (document: Document, { kind, at, edit }: PageRequest<'paint'>['steps'][number]): void => {
  const { history } = document;
  const unpacked = unpackEdit(edit);
  if (unpacked.width !== document.width || unpacked.height !== document.height) return;
  putTiles(document, tilesOfEdit(unpacked, 'after'));
  history.open.clear();
  history.openSide = null;
  if (kind === 'edit') place(history, at, edit);
  else moveTo(history, at);
};

/** Takes tiles of an edit that goes on. */
export const takeOpen = (document: Document, tiles: readonly Tile[]): void => {
  const { open } = document.history;
  if (open.size === 0) document.history.openSide = sideOf(document);
  for (const { index } of tiles) if (!open.has(index)) open.set(index, document.tiles.get(index) ?? null);
  putTiles(document, tiles);
};

const packChange = (
  document: Document,
  indexes: Iterable<number>,
  before: (index: number) => Uint8Array | null,
  from: MaskSide,
): Uint8Array | null => {
  const patches: Patch[] = [];
  for (const index of indexes) {
    const patch = {
      index,
      before: encodeTile(before(index)),
      after: encodeTile(document.tiles.get(index) ?? null),
    };
    if (!sameBytes(patch.before, patch.after)) patches.push(patch);
  }
  const { width, height } = document;
  return patches.length === 0 ? null : packEdit({ width, height, before: from, after: sideOf(document), patches });
};

const packOpen = (document: Document): Uint8Array | null => {
  const { open, openSide } = document.history;
  return packChange(document, open.keys(), (index) => open.get(index) ?? null, openSide ?? sideOf(document));
};

/** The page of an edit that went on is gone: what it told of it is an edit. */
export const closeOpen = (document: Document): void => {
  const { history } = document;
  const packed = packOpen(document);
  history.open.clear();
  history.openSide = null;
  if (packed !== null) place(history, history.position, packed);
};

/** The whole mask is another one: makes an edit of that. `before` are its tiles until then. */
export const recordReplacement = (
  document: Document,
  before: ReadonlyMap<number, Uint8Array>,
  from: MaskSide,
): void => {
  const indexes = new Set([...before.keys(), ...document.tiles.keys()]);
  const packed = packChange(document, indexes, (index) => before.get(index) ?? null, from);
  if (packed !== null) place(document.history, document.history.position, packed);
};

const deflate = promisify(deflateCallback);
const inflate = promisify(inflateCallback);

/** Sizes of the files that this process writes; another process may have written the others and may read them still. */
const sizes = new WeakMap<History, number>();

const readAt = async (file: FileHandle, { at, length }: KeptEdit): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  if (bytesRead !== length) throw new RangeError('an edit is cut off');
  return bytes;
};

const withFile = async <T>(name: string, flags: string, run: (file: FileHandle) => Promise<T>): Promise<T> => {
  const file = await open(name, flags);
  try {
    return await run(file);
  } finally {
    await file.close();
  }
};

/** Copies edits that are written already into a new file of this process, and says its name. */
const moveEdits = async (directory: string, id: string, history: History, edits: Iterable<KeptEdit>): Promise<void> => {
  const from = history.file;
  const written = [...edits].filter(({ packed }) => packed === null);
  const name = `${id}.${randomUUID()}.edits`;
  const places: number[] = [];
  let size = 0;
  await withFile(path.join(directory, name), 'wx', async (target) => {
    if (from === null || written.length === 0) return;
    await withFile(path.join(directory, from), 'r', async (source) => {
      for (const edit of written) {
        await target.write(await readAt(source, edit), 0, edit.length, size);
        places.push(size);
        size += edit.length;
      }
    });
  });
  written.forEach((edit, index) => (edit.at = places[index]));
  history.file = name;
  sizes.set(history, size);
};

const writeEdits = async (file: string, history: History, edits: readonly KeptEdit[]): Promise<void> =>
  withFile(file, 'r+', async (target) => {
    for (const edit of edits) {
      const bytes = await deflate(edit.packed!, { level: 1 });
      const at = sizes.get(history)!;
      await target.write(bytes, 0, bytes.length, at);
      sizes.set(history, at + bytes.length);
      Object.assign(edit, { packed: null, at, length: bytes.length });
    }
  });

/**
 * Writes the edits that are only in memory, and gives back what the document's description says of them. An edit that goes
 * on is written with them as if it ended now. A history whose file is lost is given up. To be called once at a time.
 */
export const storeEdits = async (directory: string, document: Document): Promise<StoredHistory> => {
  const { id, history } = document;
  const { first, position } = history;
  const unfinished = packOpen(document);
  const edits: readonly KeptEdit[] =
    unfinished === null
      ? [...history.edits]
      : [...history.edits.slice(0, position - first), { packed: unfinished, at: 0, length: 0 }];
  const unwritten = edits.filter(({ packed }) => packed !== null);
  const size = sizes.get(history);
  const named = history.edits.reduce((sum, edit) => sum + edit.length, 0);
  try {
    if (unwritten.length > 0) {
      if (size === undefined || size - named > Math.max(waste, named))
        await moveEdits(directory, id, history, new Set([...edits, ...history.edits]));
      await writeEdits(path.join(directory, history.file!), history, unwritten);
    }
  } catch {
    sizes.delete(history);
    Object.assign(history, { file: null, first: history.position, edits: [] });
    return { file: null, first: position, position, edits: [] };
  }
  return {
    file: history.file,
    first,
    position: position + (unfinished === null ? 0 : 1),
    edits: edits.map(({ at, length }) => [at, length]),
  };
};

/** Edits next to a position, as the page asks for them; none where they cannot be read. */
export const readEdits = async (
  directory: string,
  { history }: Document,
  { at, direction }: PageRequest<'edits'>,
): Promise<PageReplies['edits']> => {
  const { first, edits, file } = history;
  const index = at - first;
  // Copies, since writing may put the edits elsewhere while they are read.
  const wanted = (direction === 'undo' ? edits.slice(0, Math.max(0, index)).reverse() : edits.slice(Math.max(0, index)))
    .slice(0, answerEdits)
    .map((edit) => ({ ...edit }));
  const packed: Uint8Array[] = [];
  const read = async (source: FileHandle | null): Promise<void> => {
    let bytes = 0;
    for (const edit of wanted) {
      if (bytes > answerBytes) return;
      packed.push(edit.packed ?? (await inflate(await readAt(source!, edit), { maxOutputLength: largestEdit })));
      bytes += packed.at(-1)!.length;
    }
  };
  try {
    if (wanted.every((edit) => edit.packed !== null)) await read(null);
    else await withFile(path.join(directory, file!), 'r', read);
  } catch {
    return { first: at, edits: [] };
  }
  if (direction === 'undo') packed.reverse();
  return { first: direction === 'undo' ? at - packed.length : at, edits: packed.map((each) => new Uint8Array(each)) };
};
