/** The tool for agents on a journal of its own, with the real engine and practice: where VS Code asks nobody in a test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import { createFillTool, type AgentDeps } from '../../src/host/agent/tools.ts';
import { systemClock } from '../../src/host/clock.ts';
import { createKeys } from '../../src/host/keys.ts';
import { createPlace } from '../../src/host/place.ts';
import { createServices } from '../../src/host/services.ts';
import { untilEnded } from '../../src/jobs/batch.ts';
import { createLedger } from '../../src/jobs/ledger.ts';
import { createRunner } from '../../src/jobs/runner.ts';
import { createEngine } from '../../src/raster/threads.ts';
import { fluxFill } from './activation.test.ts';
import { inFolder, toldBy, type Told } from './agent-calls.ts';

/** `name` gives files of a folder of the workspace, as `inFolder`. */
export const withTool = async (
  body: (
    tool: vscode.LanguageModelTool<unknown>,
    parts: AgentDeps & { readonly name: (file: string) => string; readonly waiting: ReadonlySet<string> },
  ) => Promise<void>,
  given: Partial<Pick<AgentDeps, 'isTrusted' | 'folders'>> = {},
): Promise<void> => {
  const storage = await mkdtemp(join(tmpdir(), 'flux-fill-agent-'));
  const workers = pathToFileURL(`${fluxFill().extensionPath}/dist/`);
  const engine = createEngine({ workerUrl: new URL('raster.cjs', workers) });
  const noSecrets = {
    get: async () => undefined,
    onDidChange: new vscode.EventEmitter<vscode.SecretStorageChangeEvent>().event,
  } as unknown as vscode.SecretStorage;
  const clock = systemClock;
  const log = (): void => undefined;
  const keys = createKeys(noSecrets, {}, () => undefined);
  const services = createServices({ keys, storage, workers, clock, log });
  const place = createPlace();
  const ledger = createLedger(join(storage, 'ledger'), () => Promise.resolve({ all: null, agents: null }));
  const runner = createRunner({
    directory: join(storage, 'jobs'),
    service: async (fill) => services.open(fill.service.id, fill.service.baseUrl),
    webhook: async () => undefined,
    raster: engine,
    place,
    ledger,
    clock,
    log,
    random: Math.random,
  });
  const waiting = new Set<string>();
  const deps: AgentDeps = {
    engine,
    services,
    isTrusted: () => true,
    folders: () => vscode.workspace.workspaceFolders ?? [],
    runner,
    ledger,
    place,
    storage,
    clock,
    log,
    ...given,
  };
  /** A fill whose call was cancelled goes on, and would write into folders while they are removed. */
  const allEnded = async (): Promise<void> => {
    for (const { fill } of runner.jobs()) await untilEnded(runner, fill.id);
  };
  try {
    await inFolder((_, name) => body(createFillTool(deps, waiting), { ...deps, name, waiting }).finally(allEnded));
  } finally {
    await runner.dispose();
    await engine.dispose();
    await rm(storage, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
};

export const never = new vscode.CancellationTokenSource().token;

export const prepare = async (tool: vscode.LanguageModelTool<unknown>, input: object): Promise<string> => {
  const prepared = await tool.prepareInvocation!({ input }, never);
  return (prepared!.confirmationMessages!.message as vscode.MarkdownString).value;
};

export const invoke = async (tool: vscode.LanguageModelTool<unknown>, input: object, token = never): Promise<Told> =>
  toldBy((await tool.invoke({ input, toolInvocationToken: undefined }, token))!);
