/** An image that has no folder: its bytes are judged, the person says where it goes, and it gets a name that is new there. */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { faultOf, valueOf } from '../fill/faults.ts';
import type { Size } from '../fill/geometry.ts';
import { freeNameFor, splitName } from '../fill/names.ts';
import { commands, pasteViewType } from '../ids.ts';
import type { Log } from '../jobs/contract.ts';
import { pasteMessageSchema, type PasteTold } from '../protocol/paste.ts';
import { readHeader } from '../raster/header.ts';
import { discard } from '../raster/save.ts';
import { pageText, shellHtml } from './html.ts';
import { faultLine } from './log.ts';
import { registerCommand } from './notify.ts';
import type { Panels } from './panels.ts';
import { putNew } from './place.ts';
import { sentenceOf } from './sentence.ts';
import { folderOf, nameOf } from './uris.ts';

/** Endings of names, the usual one first. */
const endings = { png: ['.png'], jpeg: ['.jpg', '.jpeg'], webp: ['.webp'], gif: ['.gif'] } as const;

const namesIn = async (folder: vscode.Uri): Promise<readonly string[]> =>
  Promise.resolve(vscode.workspace.fs.readDirectory(folder)).then(
    (entries) => entries.map(([name]) => name),
    () => [],
  );

/** Stem and ending of the name that was chosen; an ending of another format would lie about the file. */
const splitChosen = (name: string, fitting: readonly string[]): readonly [stem: string, ending: string] => {
  const { stem, extension } = splitName(name);
  return fitting.includes(extension.toLowerCase()) ? [stem, extension] : [name, fitting[0]];
};

/**
 * Asks where the image is saved, `folder` first, and writes it there: never over another file, whatever the dialog was
 * told. Undefined where the person thought better of it. Throws the faults of `readHeader` before anything is written.
 */
export const saveNewImage = async (
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
  folder: vscode.Uri | undefined,
  storage: string,
): Promise<vscode.Uri | undefined> => {
  const fitting: readonly string[] = endings[valueOf(readHeader(bytes, name)).format];
  const usual = folder && vscode.Uri.joinPath(folder, freeNameFor('pasted', fitting[0], await namesIn(folder)));
  const chosen = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save the New Image'),
    filters: { [vscode.l10n.t('Images')]: fitting.map((ending) => ending.slice(1)) },
    ...(usual === undefined ? {} : { defaultUri: usual }),
  });
  if (chosen === undefined) return undefined;
  const [stem, ending] = splitChosen(nameOf(chosen), fitting);
  const file = path.join(storage, `${randomUUID()}.new`);
  await mkdir(storage, { recursive: true });
  try {
    await writeFile(file, bytes);
    const tried: string[] = [];
    for (;;) {
      const free = freeNameFor(stem, ending, [...(await namesIn(folderOf(chosen))), ...tried]);
      const put = valueOf(await putNew(folderOf(chosen), file, free));
      tried.push(free);
      if (put === 'taken') continue;
      if (free !== stem + ending) sayRenamed(stem + ending, free);
      return vscode.Uri.parse(put.uri);
    }
  } finally {
    await discard(file);
  }
};

const sayRenamed = (name: string, saved: string): void => {
  const said = vscode.l10n.t('{name} exists and stays as it is. The image is saved as {saved}.', { name, saved });
  void vscode.window.showInformationMessage(said);
};

/** Proportions that differ by less are those of one image that was scaled. */
const sameProportions = 0.01;

/** What an image that is pasted into a panel is; the likelier one is offered first. Undefined: nothing. */
export const askMeaning = async (
  image: Size,
  source: Size & { readonly name: string },
  canvas: Size,
): Promise<'mask' | 'image' | undefined> => {
  const { width, height } = image;
  const isWhole = [source, canvas].some((size) => size.width === width && size.height === height);
  const isScaled = Math.abs((width / height) * (source.height / source.width) - 1) < sameProportions;
  const size = { width, height, name: source.name };
  const mask = {
    label: vscode.l10n.t('Use as Mask'),
    description: isWhole
      ? vscode.l10n.t('{width} × {height}, as large as {name}', size)
      : vscode.l10n.t('{width} × {height}, scaled to the size of {name}', size),
    meaning: 'mask' as const,
  };
  const own = {
    label: vscode.l10n.t('New Image'),
    description: vscode.l10n.t('saved where you choose, and opened in a panel of its own'),
    meaning: 'image' as const,
  };
  const picked = await vscode.window.showQuickPick(isWhole || isScaled ? [mask, own] : [own, mask], {
    title: vscode.l10n.t('What is the image from the clipboard?'),
  });
  return picked?.meaning;
};

/** Where a person is at work: beside the image in front, beside the text in front, else in the workspace. */
const folderAtHand = (panels: Panels): vscode.Uri | undefined => {
  const panel = panels.active();
  if (panel !== undefined) return folderOf(vscode.Uri.parse(panel.document.uri));
  const text = vscode.window.activeTextEditor?.document.uri;
  if (text !== undefined && vscode.workspace.getWorkspaceFolder(text) !== undefined) return folderOf(text);
  return vscode.workspace.workspaceFolders?.[0]?.uri;
};

export const registerNewImage = (deps: {
  readonly panels: Panels;
  readonly extension: vscode.Uri;
  readonly storage: string;
  readonly log: Log;
}): vscode.Disposable => {
  const { panels, extension, storage, log } = deps;
  let page: vscode.WebviewPanel | undefined;

  const take = async (view: vscode.WebviewPanel, folder: vscode.Uri | undefined, message: unknown): Promise<void> => {
    const read = v.safeParse(pasteMessageSchema, message);
    if (!read.success) return;
    const tell = async (told: PasteTold): Promise<void> => {
      if (page === view) await view.webview.postMessage(told);
    };
    try {
      const uri = await saveNewImage(read.output, folder, storage);
      if (uri === undefined) {
        await tell({ problem: null });
        return;
      }
      await panels.open(uri);
      if (page === view) view.dispose();
    } catch (error) {
      const wrong = faultOf(error);
      log('error', `new image: ${faultLine(wrong)}`);
      await tell({ problem: sentenceOf(wrong) });
    }
  };

  const open = async (): Promise<void> => {
    page?.reveal();
    if (page !== undefined) return;
    const folder = folderAtHand(panels);
    const title = pageText('newImage.title');
    const view = vscode.window.createWebviewPanel(pasteViewType, title, vscode.ViewColumn.Active);
    page = view;
    view.onDidDispose(() => (page = undefined));
    view.webview.options = {
      enableScripts: true,
      localResourceRoots: ['dist', 'media'].map((part) => vscode.Uri.joinPath(extension, part)),
    };
    view.webview.onDidReceiveMessage((message: unknown) => void take(view, folder, message));
    view.webview.html = shellHtml(view.webview, extension, 'paste.js', ['page.css']);
  };

  return vscode.Disposable.from(registerCommand(commands.newFromClipboard, log, open), {
    dispose: () => void page?.dispose(),
  });
};
