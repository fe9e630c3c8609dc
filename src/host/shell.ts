/** A panel before its page speaks: what it may load, its title and icon, and the shell of the page. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { isShownFirst } from '../protocol/shell.ts';
import { pageHtml } from './html.ts';
import { localAddress, versionOf, type Source } from './source.ts';
import { folderOf } from './uris.ts';

/** `directory`: the folder of the journal. `plain`: the canvas is the image itself. */
export const showShell = (
  { extension, directory }: { readonly extension: vscode.Uri; readonly directory: string },
  view: vscode.WebviewPanel,
  source: Source,
  plain: boolean,
): void => {
  view.webview.options = {
    enableScripts: true,
    localResourceRoots: [
      vscode.Uri.joinPath(extension, 'dist'),
      vscode.Uri.joinPath(extension, 'media'),
      folderOf(source.uri),
      vscode.Uri.file(path.join(directory, 'done')),
    ],
  };
  view.iconPath = {
    light: vscode.Uri.joinPath(extension, 'media', 'panel-light.svg'),
    dark: vscode.Uri.joinPath(extension, 'media', 'panel-dark.svg'),
  };
  view.title = vscode.l10n.t('Fill: {name}', { name: source.name });
  // On a larger canvas the image lies elsewhere.
  const first = plain && isShownFirst(source.header);
  const picture = first ? localAddress(view.webview, source.uri, versionOf(source)) : undefined;
  view.webview.html = pageHtml(view.webview, extension, picture);
};
