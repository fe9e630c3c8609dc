/** Where the mask of a panel comes from, and how it becomes a file again. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { fault, FaultError, valueOf } from '../fill/faults.ts';
import type { Size } from '../fill/geometry.ts';
import { maskNameOf, maskNamesFor } from '../fill/names.ts';
import type { Fill, MaskKind, MaskSettings } from '../fill/record.ts';
import { defaultsFor } from './defaults.ts';
import { findBase } from '../jobs/list.ts';
import { isEmpty } from '../mask/measure.ts';
import type { Mask } from '../mask/mask.ts';
import type { MaskChannel } from '../mask/sources.ts';
import type { MaskFile, PageReplies, PageRequest } from '../protocol/messages.ts';
import type { Engine, ImageInput } from '../raster/engine.ts';
import { readHeader } from '../raster/header.ts';
import { discard, replaceFile } from '../raster/save.ts';
import { filledMask, isMask, onCanvas, replaceMask, type Document } from './document.ts';
import { pickImage } from './selection.ts';
import { sentenceOf } from './sentence.ts';
import { imageInput, openSource, type Source } from './source.ts';
import { folderOf, isLocal, nameOf } from './uris.ts';
import { lastFill, type KnownJob } from './views.ts';

type Outcome = PageReplies['maskSource']['outcome'];

export interface MaskSources {
  take(from: PageRequest<'maskSource'>): Promise<Outcome>;
  useFile(uri: vscode.Uri): Promise<Outcome>;
  useAlpha(): Promise<Outcome>;
  /** The base mask of a fill, with its settings; it must have the size of the document's canvas. */
  useOf(fill: Pick<Fill, 'mask'>, base: Mask): Promise<Outcome>;
  /** Asks for a name and writes the mask there; its name, or null where the person thought better of it. */
  save(): Promise<string | null>;
  /** The mask file next to the image: `NAME.mask.png`, `NAME-mask.png` or `NAME_mask.png`. */
  beside(): Promise<vscode.Uri | undefined>;
}

/** An image that a mask can be read from. */
interface Readable extends Size {
  readonly name: string;
  readonly input: ImageInput;
  readonly at: number;
}

const isFile = (uri: vscode.Uri): Promise<boolean> =>
  Promise.resolve(vscode.workspace.fs.stat(uri)).then(
    ({ type }) => (type & vscode.FileType.File) !== 0,
    () => false,
  );

/** The mask file next to an image, by its name; undefined where there is none. */
export const maskBeside = async (uri: vscode.Uri): Promise<vscode.Uri | undefined> => {
  const name = nameOf(uri);
  for (const candidate of maskNamesFor(name)) {
    const file = vscode.Uri.joinPath(folderOf(uri), candidate);
    if (candidate !== name && (await isFile(file))) return file;
  }
  return undefined;
};

/** Puts a finished file under a name that the person chose, whole or not at all; what stood there they agreed to replace. */
const putAt = async (file: string, uri: vscode.Uri): Promise<void> => {
  const name = nameOf(uri);
  const temporary = `.flux-fill-${randomUUID()}.tmp`;
  if (isLocal(uri)) {
    valueOf(await replaceFile(file, path.dirname(uri.fsPath), temporary, path.basename(uri.fsPath)));
    return;
  }
  const onTheWay = vscode.Uri.joinPath(folderOf(uri), temporary);
  try {
    await vscode.workspace.fs.writeFile(onTheWay, await readFile(file));
    await vscode.workspace.fs.rename(onTheWay, uri, { overwrite: true });
  } catch (error) {
    await Promise.resolve(vscode.workspace.fs.delete(onTheWay)).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new FaultError(fault('save.failed', { name, reason }));
  }
};

/** Which mask is saved, where the settings make a difference; undefined: none. */
const askWhich = async (settings: MaskSettings): Promise<'base' | 'effective' | undefined> => {
  const { grow, feather, invert, fillHoles } = settings;
  if (grow === 0 && feather === 0 && !invert && !fillHoles) return 'base';
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: vscode.l10n.t('As Marked'),
        description: vscode.l10n.t('without grow, shrink, feather, invert and fill holes'),
        which: 'base' as const,
      },
      {
        label: vscode.l10n.t('As Filled'),
        description: vscode.l10n.t('with them'),
        which: 'effective' as const,
      },
    ],
    { title: vscode.l10n.t('Which mask is saved?') },
  );
  return picked?.which;
};

export const createMaskSources = (
  deps: { readonly engine: Engine; readonly storage: string },
  panel: {
    readonly document: Document;
    readonly source: () => Source;
    readonly jobs: () => readonly KnownJob[];
    readonly isOpen: () => boolean;
    /** The document has another mask: page and disk are to hear of it. */
    readonly taken: () => Promise<void>;
  },
): MaskSources => {
  const { engine } = deps;
  const { document } = panel;
  /** The image that was handed over last, for as long as the panel lives; counted down from -1. */
  let handed: Readable | undefined;

  const take = async (
    kind: MaskKind,
    file: MaskFile | null,
    mask: Mask | null,
    settings: MaskSettings = defaultsFor(panel.source().uri).masks[kind],
  ): Promise<Outcome> => {
    if (!panel.isOpen()) return 'none';
    if (isMask(document, kind, file, mask)) return 'same';
    // While a person thought about a question, the canvas may have got another size.
    if (mask !== null && (mask.width !== document.width || mask.height !== document.height))
      throw new FaultError(fault('mask.stale'));
    replaceMask(document, kind, file, mask, settings);
    await panel.taken();
    return 'taken';
  };

  const onImage = (mask: Mask | null): Mask | null => onCanvas(document, panel.source().header, mask);

  const readable = async (uri: vscode.Uri): Promise<Readable> => {
    const { name, header } = valueOf(await openSource(uri));
    const known = document.maskUris.indexOf(uri.toString());
    const at = known === -1 ? document.maskUris.push(uri.toString()) - 1 : known;
    return { name, width: header.width, height: header.height, input: await imageInput(uri), at };
  };

  /** The mask of an image; of another size only after the person agreed to have it scaled. */
  const useImage = async ({ name, width, height, input, at }: Readable, channel?: MaskChannel): Promise<Outcome> => {
    const { header, name: sourceName } = panel.source();
    const isWhole = width === document.width && height === document.height;
    const size = isWhole ? document : header;
    const image = { name: sourceName, width: size.width, height: size.height };
    let read = await engine.maskFromFile(input, image, false, channel);
    if (!read.ok && read.fault.code === 'mask.size') {
      const scale = vscode.l10n.t('Scale the Mask');
      const choice = await vscode.window.showWarningMessage(sentenceOf(read.fault), { modal: true }, scale);
      if (choice !== scale) return 'none';
      read = await engine.maskFromFile(input, image, true, channel);
    }
    const { channel: taken, channels, ...mask } = valueOf(read);
    const file = { name, channel: taken, channels: [...channels], at };
    return take('file', file, isWhole ? mask : onImage(mask));
  };

  const useFile = async (uri: vscode.Uri, channel?: MaskChannel): Promise<Outcome> =>
    useImage(await readable(uri), channel);

  const useAlpha = async (): Promise<Outcome> =>
    take('alpha', null, onImage(valueOf(await engine.maskFromAlpha(await imageInput(panel.source().uri)))));

  const useBytes = (name: string, bytes: Uint8Array): Promise<Outcome> => {
    const { width, height } = valueOf(readHeader(bytes, name));
    handed = { name, width, height, input: { name, bytes }, at: (handed?.at ?? 0) - 1 };
    return useImage(handed);
  };

  const useLast = async (): Promise<Outcome> => {
    const fill = lastFill(document, panel.source(), panel.jobs());
    const base = fill && (await findBase(path.join(deps.storage, 'jobs'), fill));
    if (fill === undefined || base === undefined) throw new FaultError(fault('mask.noLast'));
    return useOf(fill, base);
  };

  const useOf: MaskSources['useOf'] = (fill, base) => {
    const { kind, name, settings } = fill.mask;
    const file: MaskFile | null =
      kind === 'file' ? { name: name ?? '', channel: 'luminance', channels: [], at: null } : null;
    return take(kind, file, base, settings);
  };

  const beside: MaskSources['beside'] = () => maskBeside(panel.source().uri);

  const useBeside = async (): Promise<Outcome> => {
    const file = await beside();
    if (file !== undefined) return useFile(file);
    throw new FaultError(fault('image.missing', { name: maskNameOf(panel.source().name) }));
  };

  /** The mask's own file again, as another channel. */
  const useChannel = async (channel: MaskChannel): Promise<Outcome> => {
    const { maskFile } = document;
    if (maskFile === null) return 'none';
    const { name, at } = maskFile;
    if (handed !== undefined && at === handed.at) return useImage(handed, channel);
    const uri = at === null ? undefined : document.maskUris[at];
    if (uri === undefined) throw new FaultError(fault('mask.gone', { name }));
    const isAlpha = channel === 'alpha' && uri === panel.source().uri.toString();
    return isAlpha ? useAlpha() : useFile(vscode.Uri.parse(uri), channel);
  };

  const pickFile = async (): Promise<Outcome> => {
    const uri = await pickImage(vscode.l10n.t('Mask file: white marks what may change'));
    return uri === undefined ? 'none' : useFile(uri);
  };

  const save = async (): Promise<string | null> => {
    const { base, settings } = filledMask(document);
    if (isEmpty(base) && !settings.invert) throw new FaultError(fault('mask.empty'));
    const which = await askWhich(settings);
    if (which === undefined) return null;
    const source = panel.source();
    const uri = await vscode.window.showSaveDialog({
      title: vscode.l10n.t('Save Mask As'),
      defaultUri: vscode.Uri.joinPath(folderOf(source.uri), maskNameOf(source.name)),
      filters: { PNG: ['png'] },
    });
    if (uri === undefined) return null;
    if (uri.toString() === source.uri.toString()) throw new FaultError(fault('mask.overSource', { name: source.name }));
    const directory = path.join(deps.storage, 'documents');
    await mkdir(directory, { recursive: true });
    // Named as the document is: what a crash leaves there goes with its next save.
    const out = path.join(directory, `${document.id}.${randomUUID()}.png`);
    try {
      valueOf(await engine.writeMask(base, which === 'base' ? undefined : settings, out));
      await putAt(out, uri);
    } finally {
      await discard(out);
    }
    return nameOf(uri);
  };

  return {
    useFile,
    useAlpha,
    useOf,
    save,
    beside,
    take: (from) => {
      if (from.kind === 'channel') return useChannel(from.channel);
      if (from.kind === 'uri') return useFile(vscode.Uri.parse(from.uri));
      if (from.kind === 'bytes') return useBytes(from.name, from.bytes);
      return {
        painted: () => take('painted', null, onImage(null)),
        file: pickFile,
        alpha: useAlpha,
        image: () => useFile(panel.source().uri, 'luminance'),
        last: useLast,
        beside: useBeside,
      }[from.kind]();
    },
  };
};
