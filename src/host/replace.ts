/** "Replace Source…": a result takes the place of the image it was made from, which goes to the trash. */
import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { FaultError, fault } from '../fill/faults.ts';
import { hashBytes } from './place.ts';
import { nameOf } from './uris.ts';

const extensionOf = (uri: vscode.Uri): string => {
  const extension = path.posix.extname(uri.path).toLowerCase();
  return extension === '.jpeg' ? '.jpg' : extension;
};

/**
 * Asks first. The original goes to the trash; where there is none (a remote machine without a desktop), it stays beside the
 * image under a name that says what it is. Faults: replace.format where the file would lie about its format,
 * replace.changed where the original is no longer what the result was made from, replace.failed.
 */
export const replaceSource = async (source: vscode.Uri, result: vscode.Uri, sha256: string): Promise<void> => {
  const args = { source: nameOf(source), result: nameOf(result) };
  if (extensionOf(source) !== extensionOf(result)) throw new FaultError(fault('replace.format', args));
  if ((await hashBytes(new Uint8Array(await vscode.workspace.fs.readFile(source)))) !== sha256)
    throw new FaultError(fault('replace.changed', args));
  const replace = vscode.l10n.t('Replace');
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t('Replace {source} with {result}?', args),
    { modal: true, detail: vscode.l10n.t('The original goes to the trash, the result takes its name.') },
    replace,
  );
  if (choice !== replace) return;
  const kept = await putAway(source);
  try {
    await vscode.workspace.fs.rename(result, source, { overwrite: false });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FaultError(fault('replace.failed', { ...args, reason }));
  }
  if (kept !== undefined)
    void vscode.window.showInformationMessage(
      vscode.l10n.t('There is no trash here: the original is kept as {name}.', { name: kept }),
    );
};

/** To the trash; or, where that cannot be, to another name, which is given back. */
const putAway = async (file: vscode.Uri): Promise<string | undefined> => {
  try {
    await vscode.workspace.fs.delete(file, { useTrash: true });
    return undefined;
  } catch {
    const { name, ext } = path.posix.parse(file.path);
    const kept = `${name}.original-${randomUUID().slice(0, 8)}${ext}`;
    await vscode.workspace.fs.rename(file, vscode.Uri.joinPath(file, '..', kept), { overwrite: false });
    return kept;
  }
};
