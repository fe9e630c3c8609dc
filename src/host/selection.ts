/** Which image a command is about: what the menu passed, else the active tab, else what the person picks. */
import * as vscode from 'vscode';
import type { Engine } from '../raster/engine.ts';
import { imageInput } from './source.ts';

export const imageExtensions = ['png', 'jpg', 'jpeg', 'webp', 'gif'];

export const isImage = (uri: vscode.Uri): boolean =>
  imageExtensions.some((ext) => uri.path.toLowerCase().endsWith(`.${ext}`));

const activeImage = (): vscode.Uri | undefined => {
  const input: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText ? input.uri : undefined;
  return uri !== undefined && isImage(uri) ? uri : undefined;
};

export const pickImage = async (title: string): Promise<vscode.Uri | undefined> => {
  const picked = await vscode.window.showOpenDialog({
    title,
    canSelectMany: false,
    filters: { [vscode.l10n.t('Images')]: imageExtensions },
  });
  return picked?.[0];
};

export interface Selection {
  readonly source: vscode.Uri;
  readonly mask?: vscode.Uri;
}

const saysMask = (uri: vscode.Uri): boolean => /mask/i.test(uri.path.slice(uri.path.lastIndexOf('/') + 1));

/** A mask is nearly all black and white; a picture is not. */
const maskLike = 0.9;

const byPixels = async (engine: Engine, pair: readonly [vscode.Uri, vscode.Uri]): Promise<vscode.Uri | undefined> => {
  const shares: number[] = [];
  for (const uri of pair) {
    const share = await engine.binariness(await imageInput(uri));
    shares.push(share.ok ? share.value : 0);
  }
  const masks = pair.filter((_, at) => shares[at] >= maskLike);
  return masks.length === 1 ? masks[0] : undefined;
};

const askMask = async (pair: readonly [vscode.Uri, vscode.Uri]): Promise<vscode.Uri | undefined> => {
  const items = pair.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Which of the two is the mask?'),
    placeHolder: vscode.l10n.t('White marks what may change'),
  });
  return picked?.uri;
};

/** Of two files: the one whose name says mask, else the one that looks like one, else the person says. */
const splitPair = async (engine: Engine, pair: readonly [vscode.Uri, vscode.Uri]): Promise<Selection | undefined> => {
  const named = pair.filter(saysMask);
  const mask = named.length === 1 ? named[0] : ((await byPixels(engine, pair)) ?? (await askMask(pair)));
  if (mask === undefined) return undefined;
  return { source: pair[0] === mask ? pair[1] : pair[0], mask };
};

/**
 * `uri` and `all` are what the menus pass. From the palette both are missing, and an editor's title passes something
 * else than files in the second place.
 */
export const selectionOf = async (
  engine: Engine,
  uri: vscode.Uri | undefined,
  all: unknown,
): Promise<Selection | undefined> => {
  const files: readonly unknown[] = Array.isArray(all) ? all : [];
  const images = files.filter((file) => file instanceof vscode.Uri).filter(isImage);
  if (images.length === 2) return splitPair(engine, [images[0], images[1]]);
  const source = uri ?? activeImage() ?? (await pickImage(vscode.l10n.t('Image to inpaint')));
  return source === undefined ? undefined : { source };
};
