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

const pictureWith = (pair: readonly [vscode.Uri, vscode.Uri], mask: vscode.Uri): Selection => ({
  source: pair[0] === mask ? pair[1] : pair[0],
  mask,
});

/** Of two files: the one whose name says mask, else the one that looks like one; undefined where neither does. */
const splitPair = async (engine: Engine, pair: readonly [vscode.Uri, vscode.Uri]): Promise<Selection | undefined> => {
  const named = pair.filter(saysMask);
  const mask = named.length === 1 ? named[0] : await byPixels(engine, pair);
  return mask && pictureWith(pair, mask);
};

/** Several pictures: a panel has one, a batch has all; of two, one may be the mask after all. */
const askSeveral = async (
  images: readonly vscode.Uri[],
  clicked: vscode.Uri,
): Promise<Selection | 'batch' | undefined> => {
  const nameOf = (uri: vscode.Uri): string => vscode.workspace.asRelativePath(uri);
  const [first, second] = images;
  const items: (vscode.QuickPickItem & { readonly chosen: Selection | 'batch' })[] = [
    {
      label: vscode.l10n.t('Batch of {count} Images…', { count: images.length }),
      detail: vscode.l10n.t('One mask rule, prompt and price for all'),
      chosen: 'batch',
    },
    { label: vscode.l10n.t('Only {name}', { name: nameOf(clicked) }), chosen: { source: clicked } },
    ...(images.length > 2
      ? []
      : images.map((mask) => ({
          label: vscode.l10n.t('{name} Is the Mask', { name: nameOf(mask) }),
          detail: vscode.l10n.t('White marks what may change'),
          chosen: pictureWith([first, second], mask),
        }))),
  ];
  const title = vscode.l10n.t('{count} images are selected: what is filled?', { count: images.length });
  return (await vscode.window.showQuickPick(items, { title }))?.chosen;
};

/** The image of a menu; from the palette that of the active tab, else the one that the person picks. */
export const imageOf = async (uri: vscode.Uri | undefined): Promise<vscode.Uri | undefined> =>
  uri ?? activeImage() ?? (await pickImage(vscode.l10n.t('Image to inpaint')));

/**
 * `uri` and `all` are what the menus pass. From the palette both are missing, and an editor's title passes something
 * else than files in the second place. `batch`: the person wants all of them filled by one rule.
 */
export const selectionOf = async (
  engine: Engine,
  uri: vscode.Uri | undefined,
  all: unknown,
): Promise<Selection | 'batch' | undefined> => {
  const files: readonly unknown[] = Array.isArray(all) ? all : [];
  const images = files.filter((file) => file instanceof vscode.Uri).filter(isImage);
  const [first, second] = images;
  if (images.length === 2) return (await splitPair(engine, [first, second])) ?? askSeveral(images, uri ?? first);
  if (images.length > 2) return askSeveral(images, uri ?? first);
  const source = await imageOf(uri);
  return source && { source };
};
