import { pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import { compatibleOrigin } from './host/addresses.ts';
import { registerAgentTools } from './host/agent/tools.ts';
import { createBatches } from './host/batch.ts';
import { systemClock } from './host/clock.ts';
import { registerCommands } from './host/commands.ts';
import { showFills } from './host/fills-view.ts';
import { showHistory } from './host/history-panel.ts';
import { createJobs } from './host/jobs.ts';
import { createKeys } from './host/keys.ts';
import { createLog } from './host/log.ts';
import { createPanels } from './host/panels.ts';
import { createPlace } from './host/place.ts';
import { showProgress } from './host/progress.ts';
import { registerReport } from './host/report.ts';
import { registerFirstSteps } from './host/sample.ts';
import { registerRecipes } from './host/recipes.ts';
import { registerServiceCommands } from './host/service-commands.ts';
import { createPrompts } from './host/prompts.ts';
import { createServices } from './host/services.ts';
import type { Job } from './fill/record.ts';
import { panelViewType, section } from './ids.ts';
import { createEngine } from './raster/threads.ts';

let flush: () => Promise<void> = async () => {};

/** Composes the parts. Nothing is read but the list of open jobs, and nothing decoded until a command asks for it. */
export const activate = (context: vscode.ExtensionContext): void => {
  const channel = vscode.window.createOutputChannel('Flux Fill', { log: true });
  const { log, lines } = createLog(channel);
  const clock = systemClock;
  const storage = context.globalStorageUri.fsPath;
  const workers = pathToFileURL(`${context.extensionPath}/dist/`);
  const keys = createKeys(context.secrets, process.env, compatibleOrigin);
  const engine = createEngine({ workerUrl: new URL('raster.cjs', workers) });
  const place = createPlace();
  const services = createServices({ keys, storage, workers, clock, log });
  const shared = { storage, services, keys, engine, place, clock, log };
  const jobs = createJobs({ ...shared, shown: (job) => panels.show(job) || isWatched(job) });
  const isWatched = (job: Job): boolean => batches.owns(job) || agent.owns(job);
  const { runner } = jobs;
  const directory = `${storage}/jobs`;
  const prompts = createPrompts(storage);
  const panels = createPanels({ ...shared, ...jobs, directory, prompts, extension: context.extensionUri });
  const batches = createBatches({ ...shared, panels, runner });
  const agent = registerAgentTools({ ...shared, ...jobs });
  flush = async () => {
    await panels.flush();
    await runner.dispose();
    await engine.dispose();
  };
  context.subscriptions.push(
    channel,
    panels,
    batches,
    agent,
    showFills({ jobs, directory, log }),
    showHistory({ ...shared, jobs, panels, directory, extension: context.extensionUri }),
    showProgress({
      runner,
      live: jobs.live,
      shown: (job) => panels.shows(job) || isWatched(job),
      onDidChangeVisibility: panels.onDidChangeVisibility,
    }),
    ...registerCommands({ ...shared, panels, channel }),
    ...registerServiceCommands({ ...shared, panels }),
    ...registerFirstSteps({ ...shared, panels, extension: context.extensionUri, storageUri: context.globalStorageUri }),
    registerReport({ ...shared, extension: context.extension, lines }),
    ...registerRecipes({ ...shared, panels, runner }),
    vscode.window.registerWebviewPanelSerializer(panelViewType, {
      deserializeWebviewPanel: (view, state) => panels.restore(view, state),
    }),
    keys.onDidChange(() => panels.refreshAll()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(section)) panels.refreshAll();
    }),
  );
  // Not awaited: what it goes on with takes its time, and nobody waits for the activation to end.
  runner.resume().catch((error: unknown) => log('error', String(error)));
};

export const deactivate = (): Promise<void> => flush();
