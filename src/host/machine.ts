import { hostname } from 'node:os';
import * as vscode from 'vscode';
import { extensionId } from '../ids.ts';

/**
 * The machine that the extension runs on, and that its network errors come from: in a remote window that is the remote
 * one, except where the person has the extension run on the side of the window.
 */
export const machineName = (): string => {
  const remote = vscode.env.remoteName;
  const kind = vscode.extensions.getExtension(extensionId)?.extensionKind;
  return remote === undefined || kind === vscode.ExtensionKind.UI
    ? vscode.l10n.t('this machine')
    : vscode.l10n.t('the remote machine {name} ({remote})', { name: hostname(), remote });
};
