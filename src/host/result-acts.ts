/** What the page's buttons do with a saved result. */
import * as vscode from 'vscode';
import type { Job, ServiceId } from '../fill/record.ts';
import { commands } from '../ids.ts';
import type { resultActions } from '../protocol/messages.ts';
import { replaceSource } from './replace.ts';

/** `source`: the image of the panel. Nothing is done with a result that is not saved. */
export const actOnResult = async (
  deps: { readonly openPanel: (uri: vscode.Uri, service?: ServiceId) => Promise<void> },
  source: vscode.Uri,
  job: Job,
  action: (typeof resultActions)[number],
): Promise<void> => {
  if (job.saved === undefined) return;
  const uri = vscode.Uri.parse(job.saved.uri);
  if (action === 'replaceSource') return replaceSource(source, uri, job.fill.source.sha256);
  if (action === 'useAsSource') return deps.openPanel(uri, job.fill.service.id);
  if (action === 'insert' || action === 'insertAs') {
    await vscode.commands.executeCommand(action === 'insert' ? commands.insertImage : commands.insertImageAs, job);
    return;
  }
  if (action === 'open') await vscode.commands.executeCommand('vscode.open', uri);
  else if (vscode.workspace.getWorkspaceFolder(uri) !== undefined)
    await vscode.commands.executeCommand('revealInExplorer', uri);
  else await vscode.commands.executeCommand('revealFileInOS', uri);
};
