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
