/** Parts of addresses, the same on every file system. */
import * as path from 'node:path';
import * as vscode from 'vscode';

/** File name with extension. */
export const nameOf = (uri: vscode.Uri): string => path.posix.basename(uri.path);

export const folderOf = (uri: vscode.Uri): vscode.Uri => vscode.Uri.joinPath(uri, '..');

export const isLocal = (uri: vscode.Uri): boolean => uri.scheme === 'file';

/** Whether anything stands there, a folder too. */
export const exists = (uri: vscode.Uri): Promise<boolean> =>
  Promise.resolve(vscode.workspace.fs.stat(uri)).then(
    () => true,
    () => false,
  );

/**
 * The address of a file in the window of the editor. In a remote window it is not the one that extensions see: what VS Code
 * makes of it for a page, `https://SCHEME+AUTHORITY.vscode-resource.…`, names the machine, with `-` and four hex digits for
 * what is neither letter nor digit.
 */
export const editorAddress = (webview: vscode.Webview, uri: vscode.Uri): string => {
  const { authority } = webview.asWebviewUri(uri);
  const [, coded] = /^vscode-remote\+(.+?)\.vscode-resource\./.exec(decodeURIComponent(authority)) ?? [];
  if (coded === undefined) return uri.toString();
  const machine = coded.replaceAll(/-([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return uri.with({ scheme: 'vscode-remote', authority: machine }).toString();
};
