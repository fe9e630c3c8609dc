import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { FaultArgs } from '../fill/faults.ts';
import { extensionId } from '../ids.ts';
import { firstPicture, pageScript } from '../protocol/shell.ts';
import type { TextKey } from '../protocol/texts.ts';

let read: Readonly<Record<TextKey, string>> | undefined;

/** The table of protocol/texts.ts, which lies beside the main bundle: nothing of it is needed to activate. */
const texts = (): Readonly<Record<TextKey, string>> => {
  if (read !== undefined) return read;
  const { extensionPath } = vscode.extensions.getExtension(extensionId)!;
  return (read = JSON.parse(readFileSync(join(extensionPath, 'dist', 'texts.json'), 'utf8')) as Record<
    TextKey,
    string
  >);
};

/** Texts of the page in the language of the editor. */
const translated = (): Record<string, string> =>
  Object.fromEntries(Object.entries(texts()).map(([key, english]) => [key, vscode.l10n.t(english)]));

/** A sentence of the page, said by the host. */
export const pageText = (key: TextKey, args: FaultArgs = {}): string => vscode.l10n.t(texts()[key], args);

/** JSON that can stand inside a script element. */
const embed = (value: unknown): string => JSON.stringify(value).replace(/</g, '\\u003c');

/** The shell of the panel's page; `picture` is the address of an image that can be shown as it is, before the page is built. */
export const pageHtml = (webview: vscode.Webview, extension: vscode.Uri, picture: string | undefined): string =>
  shellHtml(webview, extension, 'page.js', ['page.css'], picture);

/** The shell of a page: nothing loads but our script (by nonce), our styles, and images by address. */
export const shellHtml = (
  webview: vscode.Webview,
  extension: vscode.Uri,
  script: string,
  styles: readonly string[],
  picture?: string,
): string => {
  const nonce = randomBytes(16).toString('base64url');
  const at = (...segments: string[]): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extension, ...segments)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} blob: data:`,
    `connect-src ${webview.cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Flux Fill</title>
${styles.map((name) => `<link rel="stylesheet" href="${at('media', name)}">`).join('\n')}
</head>
<body>
${picture === undefined ? '' : firstPicture(picture, nonce)}
<div id="app"></div>
<script id="texts" type="application/json" nonce="${nonce}">${embed(translated())}</script>
${pageScript(at('dist', script), nonce, picture !== undefined)}
</body>
</html>`;
};
