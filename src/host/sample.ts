/** The image to try things on, and the pages that explain the first steps. */
import * as vscode from 'vscode';
import { commands, extensionId, walkthroughs } from '../ids.ts';
import type { Log } from '../jobs/contract.ts';
import { registerCommand } from './notify.ts';
import type { Panels } from './panels.ts';
import type { Services } from './services.ts';

const name = 'boats.jpg';

/** In the extension's own storage, where trying leaves nothing in anybody's folder: fills of it are saved beside it. */
const copyOfSample = async (extension: vscode.Uri, storage: vscode.Uri): Promise<vscode.Uri> => {
  const copy = vscode.Uri.joinPath(storage, 'sample', name);
  const there = await vscode.workspace.fs.stat(copy).then(
    () => true,
    () => false,
  );
  if (!there) await vscode.workspace.fs.copy(vscode.Uri.joinPath(extension, 'media', 'sample', name), copy);
  return copy;
};

export const registerFirstSteps = (deps: {
  readonly extension: vscode.Uri;
  readonly storageUri: vscode.Uri;
  readonly panels: Panels;
  readonly services: Services;
  readonly log: Log;
}): vscode.Disposable[] => {
  const { extension, storageUri, panels, services, log } = deps;

  /** Without a key, the sample begins with practice: it is there to be tried. */
  const openSample = async (): Promise<void> => {
    const panel = await panels.open(await copyOfSample(extension, storageUri));
    if (!(await services.hasKey(panel.document.service))) panel.useService('practice');
  };

  const getStarted = async (): Promise<void> => {
    await vscode.commands.executeCommand(
      'workbench.action.openWalkthrough',
      `${extensionId}#${walkthroughs.start}`,
      false,
    );
  };

  return [registerCommand(commands.openSample, log, openSample), registerCommand(commands.getStarted, log, getStarted)];
};
