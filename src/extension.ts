import * as vscode from 'vscode';
import { registerCommands } from './host/commands.ts';
import { showFills } from './host/fills-view.ts';
import { showHistory } from './host/history-panel.ts';
import { registerInsert } from './host/insert.ts';
import { createLog } from './host/log.ts';
import { registerNewImage } from './host/new-image.ts';
import { registerRecipes } from './host/recipes.ts';
import { registerReport } from './host/report.ts';
import { registerFirstSteps } from './host/sample.ts';
import { registerServiceCommands } from './host/service-commands.ts';
import { createShared } from './host/shared.ts';
import { createWork } from './host/work.ts';
import { panelViewType, section } from './ids.ts';

let flush: () => Promise<void> = async () => {};

/** Composes the parts. Nothing is read but the list of open jobs, and nothing decoded until a command asks for it. */
export const activate = (context: vscode.ExtensionContext): void => {
  const { extension, extensionUri, globalStorageUri: storageUri } = context;
  const channel = vscode.window.createOutputChannel('Flux Fill', { log: true });
  const { log, lines } = createLog(channel);
  const shared = createShared(context, log);
  const work = createWork(shared, extensionUri);
  const parts = { ...shared, ...work, extension: extensionUri };
  const { panels, runner } = work;
  flush = work.flush;
  context.subscriptions.push(
    channel,
    work,
    showFills(parts),
    showHistory(parts),
    registerInsert(parts),
    registerNewImage(parts),
    ...registerCommands({ ...parts, channel }),
    ...registerServiceCommands(parts),
    ...registerFirstSteps({ ...parts, storageUri }),
    registerReport({ ...parts, extension, lines }),
    ...registerRecipes(parts),
    vscode.window.registerWebviewPanelSerializer(panelViewType, {
      deserializeWebviewPanel: (view, state) => panels.restore(view, state),
    }),
    shared.keys.onDidChange(() => panels.refreshAll()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(section)) panels.refreshAll();
    }),
  );
  // Not awaited: what it goes on with takes its time, and nobody waits for the activation to end.
  runner.resume().catch((error: unknown) => log('error', String(error)));
};

export const deactivate = (): Promise<void> => flush();
