/** What a batch asks the person: which images, what of them may change, and with which prompt and parameters. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { outpaintPresets, type OutpaintPreset } from '../fill/outpaint.ts';
import type { Defaults } from '../fill/defaults.ts';
import { defaultsFor } from './defaults.ts';
import { pageText } from './html.ts';
import type { Panel } from './panel.ts';
import { imageExtensions, isImage, pickImage } from './selection.ts';

/** Files that a pattern may name. */
const most = 5000;

const imagesIn = async (folder: vscode.Uri): Promise<readonly vscode.Uri[]> => {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  return entries
    .filter(([, type]) => (type & vscode.FileType.File) !== 0)
    .map(([name]) => vscode.Uri.joinPath(folder, name))
    .filter(isImage)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
};

const isFolder = async (uri: vscode.Uri): Promise<boolean> =>
  ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;

const pickFiles = async (): Promise<readonly vscode.Uri[]> =>
  (await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Images to fill'),
    canSelectMany: true,
    filters: { [vscode.l10n.t('Images')]: imageExtensions },
  })) ?? [];

const pickFolder = async (): Promise<readonly vscode.Uri[]> => {
  const picked = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Folder whose images are filled'),
    canSelectFiles: false,
    canSelectFolders: true,
  });
  return picked?.[0] === undefined ? [] : imagesIn(picked[0]);
};

const askPattern = async (): Promise<readonly vscode.Uri[]> => {
  const pattern = await vscode.window.showInputBox({
    title: vscode.l10n.t('Images to fill, by a pattern in the workspace'),
    placeHolder: 'images/**/*.png',
  });
  if (pattern === undefined || pattern.trim() === '') return [];
  const found = await vscode.workspace.findFiles(pattern.trim(), undefined, most);
  return found.filter(isImage).sort((a, b) => (a.path < b.path ? -1 : 1));
};

/** What was selected in the Explorer, with the images of folders among it; from the palette the person says. */
export const askImages = async (uri: vscode.Uri | undefined, all: unknown): Promise<readonly vscode.Uri[]> => {
  const selected = (Array.isArray(all) ? (all as readonly unknown[]) : []).filter((each) => each instanceof vscode.Uri);
  const chosen = selected.length > 0 ? selected : uri === undefined ? [] : [uri];
  if (chosen.length > 0) {
    const lists = await Promise.all(
      chosen.map(async (each) => (isImage(each) ? [each] : (await isFolder(each)) ? imagesIn(each) : [])),
    );
    return lists.flat();
  }
  const picked = await vscode.window.showQuickPick(
    [
      { label: vscode.l10n.t('Files…'), ask: pickFiles },
      { label: vscode.l10n.t('Images of a Folder…'), ask: pickFolder },
      { label: vscode.l10n.t('By a Pattern…'), ask: askPattern },
    ],
    { title: vscode.l10n.t('Batch: which images?') },
  );
  return picked === undefined ? [] : picked.ask();
};

export type MaskRule =
  | { readonly kind: 'beside' | 'alpha' }
  | { readonly kind: 'file'; readonly uri: vscode.Uri }
  | { readonly kind: 'border'; readonly preset: OutpaintPreset };

const askPreset = async (): Promise<MaskRule | undefined> => {
  const picked = await vscode.window.showQuickPick(
    outpaintPresets.map((preset) => ({ label: pageText(`expand.${preset}`), preset })),
    { title: vscode.l10n.t('Batch: how is each image extended?') },
  );
  return picked === undefined ? undefined : { kind: 'border', preset: picked.preset };
};

const askMaskFile = async (): Promise<MaskRule | undefined> => {
  const uri = await pickImage(vscode.l10n.t('Mask file: white marks what may change'));
  return uri === undefined ? undefined : { kind: 'file', uri };
};

/** What of each image may change. */
export const askRule = async (): Promise<MaskRule | undefined> => {
  const given = (kind: 'beside' | 'alpha') => (): Promise<MaskRule> => Promise.resolve({ kind });
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: vscode.l10n.t('Mask Beside Each Image'),
        detail: vscode.l10n.t('NAME.mask.png, NAME-mask.png or NAME_mask.png: white may change'),
        ask: given('beside'),
      },
      {
        label: vscode.l10n.t('Alpha Channel of Each Image'),
        detail: vscode.l10n.t('Transparent may change'),
        ask: given('alpha'),
      },
      {
        label: vscode.l10n.t('One Mask File for All…'),
        detail: vscode.l10n.t('It must have the size of the images'),
        ask: askMaskFile,
      },
      {
        label: vscode.l10n.t('Extend Each Image…'),
        detail: vscode.l10n.t('The new area around it is filled'),
        ask: askPreset,
      },
    ],
    { title: vscode.l10n.t('Batch: what may change?') },
  );
  return picked?.ask();
};

/** The settings of masks and canvases are those of each image's own folder. */
export type Wishes = Pick<Defaults, 'parameters' | 'save' | 'window' | 'service'>;

/** A window of one image says nothing of another. */
const ofPanel = ({ document: { parameters, save, window, service } }: Panel): Wishes => ({
  parameters,
  save,
  window: window.kind === 'whole' ? 'whole' : 'auto',
  service,
});

const askFrom = async (panel: Panel, first: vscode.Uri): Promise<Wishes | undefined> => {
  const name = path.posix.basename(vscode.Uri.parse(panel.document.uri).path);
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: vscode.l10n.t('As in the Panel of {name}', { name }),
        detail: panel.document.parameters.prompt,
        wishes: ofPanel(panel),
      },
      { label: vscode.l10n.t('Defaults of the Settings'), wishes: defaultsFor(first) },
    ],
    { title: vscode.l10n.t('Batch: which service and parameters?') },
  );
  return picked?.wishes;
};

/** Parameters of the panel in front or of the settings, and the prompt, which is asked for in any case. */
export const askWishes = async (panel: Panel | undefined, first: vscode.Uri): Promise<Wishes | undefined> => {
  const wishes = panel === undefined ? defaultsFor(first) : await askFrom(panel, first);
  if (wishes === undefined) return undefined;
  const prompt = await vscode.window.showInputBox({
    title: vscode.l10n.t('Batch: what should be there, in all images?'),
    placeHolder: vscode.l10n.t('Prompt'),
    value: wishes.parameters.prompt,
  });
  return prompt === undefined ? undefined : { ...wishes, parameters: { ...wishes.parameters, prompt } };
};
