/** What every part in the editor works with. Nothing is read or started by making it. */
import { pathToFileURL } from 'node:url';
import type * as vscode from 'vscode';
import type { Log } from '../jobs/contract.ts';
import { createEngine } from '../raster/threads.ts';
import { compatibleOrigin } from './addresses.ts';
import { systemClock as clock } from './clock.ts';
import { createKeys } from './keys.ts';
import { createPlace } from './place.ts';
import { createServices } from './services.ts';

export const createShared = (context: vscode.ExtensionContext, log: Log) => {
  const storage = context.globalStorageUri.fsPath;
  const workers = pathToFileURL(`${context.extensionPath}/dist/`);
  const keys = createKeys(context.secrets, process.env, compatibleOrigin);
  const engine = createEngine({ workerUrl: new URL('raster.cjs', workers) });
  const services = createServices({ keys, storage, workers, clock, log });
  return { storage, directory: `${storage}/jobs`, services, keys, engine, place: createPlace(), clock, log };
};

export type Shared = ReturnType<typeof createShared>;
