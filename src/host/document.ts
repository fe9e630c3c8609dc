/**
 * The document of a panel: source, base mask, what stands on top of it, and the request. The host owns it; the page can
 * be killed and rebuilt from it at any time. It is kept on disk by the address of its image, so that a mask is there
 * again after a reload and when the image is opened another day.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import * as v from 'valibot';
import type { Defaults, MaskDefaults } from '../fill/defaults.ts';
import { parametersSchema, type Parameters } from '../fill/parameters.ts';
import { failed, ok, type Result } from '../fill/faults.ts';
import { wholeOf, type Size } from '../fill/geometry.ts';
import { canvasSize, checkExpand, expandSchema, keptRect, type Expand } from '../fill/outpaint.ts';
import type { WindowChoice } from '../fill/plan.ts';
import {
  imagesSchema,
  maskKinds,
  maskSettingsSchema,
  rectSchema,
  saveChoices,
  serviceIds,
  type MaskKind,
  type MaskSettings,
  type ServiceId,
} from '../fill/record.ts';
import { emptyMask, type Mask } from '../mask/mask.ts';
import { isEmpty } from '../mask/measure.ts';
import { maskOfBorder } from '../mask/sources.ts';
import { fillRectangle } from '../mask/strokes.ts';
import { applyTiles, tileCount, tileSide, tilesOf, type Tile } from '../mask/tiles.ts';
import { maskFileSchema, type MaskFile, type PageRequest } from '../protocol/messages.ts';
import {
  closeOpen,
  historyOf,
  newHistory,
  recordReplacement,
  sideOf,
  storedHistorySchema,
  storeEdits,
  takeOpen,
  takeStep,
  type History,
} from './undo-store.ts';

export interface Document {
  readonly id: string;
  /** The image, as a string: what the panel is restored from. */
  readonly uri: string;
  width: number;
  height: number;
  /** Counts the page's edits of the base mask; never goes back. */
  revision: number;
  /** Counts the replacements of the base mask: tiles painted on an older one are not taken. */
  generation: number;
  maskKind: MaskKind;
  /** Where the mask came from one. */
  maskFile: MaskFile | null;
  /** Files that masks of this image came from: what `at` of a mask file counts in. */
  maskUris: string[];
  maskSettings: MaskSettings;
  /** Tiles that are not empty, by index. */
  readonly tiles: Map<number, Uint8Array>;
  history: History;
  parameters: Parameters;
  seedLocked: boolean;
  save: Defaults['save'];
  window: WindowChoice;
  /** What the canvas adds to the image; null: nothing. */
  expand: Expand | null;
  /** A canvas that is one of the presets is left to a service that has presets of its own. */
  ownPreset: boolean;
  service: ServiceId;
  /** Results that Generate makes, to be chosen from where there are several. */
  images: number;
  /** Jobs made from it, oldest first. */
  jobs: string[];
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const storedSchema = v.object({
  version: v.literal(1),
  uri: v.string(),
  width: count,
  height: count,
  revision: count,
  generation: count,
  /** File of the tiles, beside this one. */
  mask: v.string(),
  maskKind: v.picklist(maskKinds),
  maskFile: v.optional(v.nullable(maskFileSchema), null),
  maskUris: v.optional(v.array(v.string()), []),
  maskSettings: maskSettingsSchema,
  tiles: v.array(count),
  history: v.optional(storedHistorySchema, { file: null, first: 0, position: 0, edits: [] }),
  parameters: parametersSchema,
  seedLocked: v.boolean(),
  save: v.object({ as: v.picklist(saveChoices), opaque: v.boolean(), tone: v.optional(v.boolean(), true) }),
  window: v.variant('kind', [
    v.object({ kind: v.literal('auto') }),
    v.object({ kind: v.literal('whole') }),
    v.object({ kind: v.literal('rect'), rect: rectSchema }),
  ]),
  expand: v.optional(v.nullable(expandSchema), null),
  ownPreset: v.optional(v.boolean(), false),
  service: v.picklist(serviceIds),
  images: v.optional(imagesSchema, 1),
  jobs: v.array(v.string()),
});

const tileBytes = tileSide * tileSide;

/** Documents kept; the ones not touched for longest go first. And bytes of all their histories. */
const kept = 100;
const keptEdits = 1024 * 1024 * 1024;

export const documentId = (uri: string): string => createHash('sha256').update(uri).digest('hex').slice(0, 24);

export const newDocument = (uri: string, size: { width: number; height: number }, defaults: Defaults): Document => ({
  id: documentId(uri),
  uri,
  width: size.width,
  height: size.height,
  revision: 0,
  generation: 0,
  maskKind: 'painted',
  maskFile: null,
  maskUris: [],
  maskSettings: defaults.masks.painted,
  tiles: new Map(),
  history: newHistory(),
  parameters: defaults.parameters,
  seedLocked: false,
  save: defaults.save,
  window: { kind: defaults.window },
  expand: null,
  ownPreset: false,
  service: defaults.service,
  images: defaults.images,
  jobs: [],
});

/**
 * Puts what was painted into the document and its history. What was painted on a base mask that has been replaced since is
 * not taken; indexes outside the image are ignored. Says whether it was taken.
 */
export const paint = (document: Document, painted: PageRequest<'paint'>): boolean => {
  if (painted.generation !== document.generation) return false;
  for (const step of painted.steps) takeStep(document, step);
  takeOpen(
    document,
    painted.tiles.filter(({ index }) => index < tileCount(document)),
  );
  document.revision = Math.max(document.revision, painted.revision);
  document.maskKind = painted.kind;
  document.maskFile = painted.kind === 'file' ? painted.file : null;
  return true;
};

/** Replaces the base mask, with settings on top of it. */
export const replaceMask = (
  document: Document,
  kind: MaskKind,
  file: MaskFile | null,
  mask: Mask | null,
  settings: MaskSettings,
): void => {
  closeOpen(document);
  const before = new Map(document.tiles);
  const from = sideOf(document);
  document.tiles.clear();
  if (mask !== null)
    for (const tile of tilesOf(mask)) if (tile.data !== null) document.tiles.set(tile.index, tile.data);
  document.maskKind = kind;
  document.maskFile = file;
  document.maskSettings = settings;
  document.revision += 1;
  document.generation += 1;
  recordReplacement(document, before, from);
};

/** True where this mask of this origin is what the document has: taking it again would only undo its settings. */
export const isMask = (document: Document, kind: MaskKind, file: MaskFile | null, mask: Mask | null): boolean => {
  const { maskFile } = document;
  if (mask === null || document.maskKind !== kind) return false;
  if (maskFile?.name !== file?.name || maskFile?.channel !== file?.channel || maskFile?.at !== file?.at) return false;
  const tiles = tilesOf(mask).filter(({ data }) => data !== null);
  return (
    tiles.length === document.tiles.size &&
    tiles.every(({ index, data }) => Buffer.compare(data!, document.tiles.get(index) ?? new Uint8Array()) === 0)
  );
};

/** The base mask as one raster: width × height bytes. */
export const baseMask = (document: Document): Mask => {
  const mask = emptyMask(document.width, document.height);
  applyTiles(mask, documentTiles(document));
  return mask;
};

export const documentTiles = (document: Document): Tile[] =>
  [...document.tiles].map(([index, data]) => ({ index, data }));

/** What was chosen of the image itself does not fit another canvas. */
const windowOnCanvas = ({ window }: Document): WindowChoice => (window.kind === 'rect' ? { kind: 'auto' } : window);

/** A new image under the same address: the mask stays where it still fits. `masks`: settings of one that is begun anew. */
export const resize = (document: Document, size: Size, masks: MaskDefaults): void => {
  const canvas = canvasSize(size, document.expand ?? undefined);
  if (document.width === canvas.width && document.height === canvas.height) return;
  document.width = size.width;
  document.height = size.height;
  document.expand = null;
  document.window = windowOnCanvas(document);
  replaceMask(document, 'painted', null, null, masks.painted);
  document.history = newHistory();
};

/** What of the mask was marked on the image itself, apart from the border; null where nothing was. */
const markedOnImage = (document: Document, image: Size): Mask | null => {
  if (document.maskKind === 'border') return null;
  const { expand } = document;
  const base = baseMask(document);
  const kept = expand === null ? wholeOf(image) : keptRect(image, expand);
  if (kept === null) return null;
  const { left, top } = expand ?? { left: 0, top: 0 };
  const marked = emptyMask(image.width, image.height);
  for (let y = kept.y; y < kept.y + kept.height; y++) {
    const row = base.data.subarray(y * base.width + kept.x, y * base.width + kept.x + kept.width);
    marked.data.set(row, (y - top) * image.width + kept.x - left);
  }
  return isEmpty(marked) ? null : marked;
};

/**
 * Another canvas: its border becomes the mask, joined with what was marked on the image, which stays where it was. Null
 * takes the border away again. `masks`: the settings of what is marked now where none were. Faults: expand.none, expand.tooLarge, expand.overlap; the document stays as it was then.
 */
export const setExpand = (
  document: Document,
  image: Size,
  name: string,
  expand: Expand | null,
  masks: MaskDefaults,
): Result<void> => {
  const kept = expand === null ? null : keptRect(image, expand);
  if (expand !== null) {
    const checked = checkExpand(image, expand);
    if (!checked.ok) return checked;
    if (kept === null) return failed('expand.overlap', { name });
  }
  const marked = markedOnImage(document, image);
  const { maskKind, maskFile, maskSettings } = document;
  const canvas = canvasSize(image, expand ?? undefined);
  document.width = canvas.width;
  document.height = canvas.height;
  document.expand = expand;
  document.window = windowOnCanvas(document);
  const kind = marked !== null ? maskKind : kept === null ? 'painted' : 'border';
  const settingsStay = marked !== null || (maskKind === 'border' && kept !== null);
  const settings = settingsStay ? maskSettings : masks[kind];
  replaceMask(document, kind, kind === 'file' ? maskFile : null, onCanvas(document, image, marked), settings);
  document.history = newHistory();
  return ok(undefined);
};

/** A mask of the image as one of the document's canvas, whose border is marked as well. */
export const onCanvas = (document: Document, image: Size, mask: Mask | null): Mask | null => {
  const { expand } = document;
  const kept = expand === null ? null : keptRect(image, expand);
  if (expand === null || kept === null) return mask;
  const canvas = maskOfBorder(document.width, document.height, kept);
  if (mask !== null) addMask(canvas, mask, expand);
  return canvas;
};

/**
 * Base mask and settings as they are filled: what the canvas adds is always made anew, whatever was erased, shrunk or
 * inverted, since there is nothing of the image.
 */
export const filledMask = (document: Document): { readonly base: Mask; readonly settings: MaskSettings } => {
  const base = baseMask(document);
  const { expand, maskSettings: settings } = document;
  if (expand === null) return { base, settings };
  const { left, top, right, bottom } = expand;
  const { width, height } = document;
  for (const box of [
    { x: 0, y: 0, width, height: top },
    { x: 0, y: height - bottom, width, height: bottom },
    { x: 0, y: 0, width: left, height },
    { x: width - right, y: 0, width: right, height },
  ])
    fillRectangle(base, box, 'paint');
  return { base, settings: { ...settings, invert: false, grow: Math.max(0, settings.grow) } };
};

/** Joins a mask of the image into one of its canvas. */
const addMask = (canvas: Mask, image: Mask, { left, top }: Pick<Expand, 'left' | 'top'>): void => {
  for (let y = 0; y < image.height; y++)
    for (let x = 0, to = (y + top) * canvas.width + left, from = y * image.width; x < image.width; x++, to++, from++)
      if (image.data[from] > canvas.data[to]) canvas.data[to] = image.data[from];
};

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

const jsonOf = (directory: string, id: string): string => path.join(directory, `${id}.json`);

/** By a temporary name of its own: another window may write the same document at the same time. */
const writeWhole = async (file: string, content: string | Uint8Array): Promise<void> => {
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, file);
};

/** A file that nothing names any more may still be about to be read by another window. */
const stale = 60_000;

/**
 * Writes the document; its description names the file of its tiles, which is new each time, so the two never disagree.
 * Two windows on one image: the last one to write is kept.
 */
export const saveDocument = async (directory: string, document: Document): Promise<void> => {
  await mkdir(directory, { recursive: true });
  const tiles = documentTiles(document);
  const mask = `${document.id}.${randomUUID()}.mask`;
  const { id: _, tiles: _tiles, history: _history, ...plain } = document;
  const pixels = new Uint8Array(tiles.length * tileBytes);
  tiles.forEach((tile, at) => pixels.set(tile.data!, at * tileBytes));
  const history = await storeEdits(directory, document);
  const stored: v.InferOutput<typeof storedSchema> = {
    version: 1,
    ...plain,
    mask,
    tiles: tiles.map((tile) => tile.index),
    history,
  };
  await writeWhole(path.join(directory, mask), await deflate(pixels, { level: 1 }));
  await writeWhole(jsonOf(directory, document.id), JSON.stringify(stored));
  await sweep(directory, document.id, [mask, history.file]);
};

/** Tiles, histories and temporary files of older versions, and what is beyond what is kept. */
const sweep = async (directory: string, id: string, current: readonly (string | null)[]): Promise<void> => {
  const names = await readdir(directory);
  const ages = new Map<string, number>();
  const sizes = new Map<string, number>();
  for (const name of names) {
    const found = await stat(path.join(directory, name)).catch(() => undefined);
    ages.set(name, found?.mtimeMs ?? Infinity);
    sizes.set(name, found?.size ?? 0);
  }
  const age = (name: string): number => ages.get(name) ?? Infinity;
  const old = names.filter(
    (name) =>
      name.startsWith(`${id}.`) && !current.includes(name) && !name.endsWith('.json') && age(name) < Date.now() - stale,
  );
  let bytes = 0;
  for (const name of names.filter((each) => each.endsWith('.edits')).sort((a, b) => age(b) - age(a))) {
    bytes += sizes.get(name)!;
    if (bytes > keptEdits && !current.includes(name)) old.push(name);
  }
  const documents = names.filter((name) => name.endsWith('.json')).sort((a, b) => age(a) - age(b));
  for (const name of documents.slice(0, Math.max(0, documents.length - kept)))
    old.push(...names.filter((other) => other.startsWith(`${path.parse(name).name}.`)));
  await Promise.all(old.map((name) => rm(path.join(directory, name), { force: true })));
};

/** The document as it was left; undefined where there is none or it cannot be read. */
export const loadDocument = async (directory: string, id: string): Promise<Document | undefined> => {
  try {
    const parsed = v.safeParse(storedSchema, JSON.parse(await readFile(jsonOf(directory, id), 'utf8')));
    if (!parsed.success) return undefined;
    const { version: _, tiles: indexes, mask, history, ...plain } = parsed.output;
    const pixels = await inflate(await readFile(path.join(directory, path.basename(mask))), {
      maxOutputLength: Math.max(1, indexes.length * tileBytes),
    });
    if (pixels.length !== indexes.length * tileBytes) return undefined;
    const tiles = new Map(
      indexes.map((index, at) => [index, new Uint8Array(pixels.subarray(at * tileBytes, (at + 1) * tileBytes))]),
    );
    return { id, ...plain, tiles, history: historyOf(history) };
  } catch {
    return undefined;
  }
};
