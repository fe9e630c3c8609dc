/** What can be done with a fill of the history. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { commandWords, needsMaskFile, shellLine } from '../fill/command-line.ts';
import { fault, FaultError, valueOf } from '../fill/faults.ts';
import { dollarsText } from '../fill/price.ts';
import { nextActOf, type Fill, type Job } from '../fill/record.ts';
import { commands } from '../ids.ts';
import { findBase } from '../jobs/list.ts';
import { jobFolder } from '../jobs/open.ts';
import type { HistoryAct } from '../protocol/history.ts';
import type { Engine } from '../raster/engine.ts';
import { catalogue } from '../services/catalogue.ts';
import { goOn } from './going-on.ts';
import type { Jobs } from './jobs.ts';
import type { Panel } from './panel.ts';
import type { Panels } from './panels.ts';
import type { Services } from './services.ts';

export interface HistoryDeps {
  readonly jobs: Jobs;
  readonly panels: Panels;
  readonly engine: Engine;
  readonly services: Services;
  /** Folder of the journal. */
  readonly directory: string;
}

/** The mask of the fill as a picture in the job's folder, where the command line can read it. */
const maskFile = async ({ engine, directory }: HistoryDeps, fill: Fill): Promise<string> => {
  const base = await findBase(directory, fill);
  if (base === undefined) throw new FaultError(fault('history.noMask'));
  const out = path.join(jobFolder(directory, 'done', fill.id), 'command-mask.png');
  valueOf(await engine.writeMask(base, undefined, out));
  return out;
};

const baseUrlOf = ({ id }: Fill['service']): { readonly baseUrl?: string } => {
  const own = id === 'practice' ? undefined : catalogue[id].baseUrl;
  return own === undefined ? {} : { baseUrl: own };
};

/** The fill as a line for the shell that is usual on this machine. */
export const commandLineOf = async (deps: HistoryDeps, fill: Fill): Promise<string> => {
  const uri = vscode.Uri.parse(fill.source.uri);
  if (uri.scheme !== 'file') throw new FaultError(fault('history.notLocal', { name: fill.source.name }));
  const mask = needsMaskFile(fill) && fill.expand === undefined ? { mask: await maskFile(deps, fill) } : {};
  const words = valueOf(commandWords(fill, { image: uri.fsPath, ...mask, ...baseUrlOf(fill.service) }));
  return shellLine(words, process.platform === 'win32' ? 'powershell' : 'posix');
};

/** Making it again is paid for again: the price as it is today is said first. */
const agreesToPay = async ({ services }: HistoryDeps, fill: Fill): Promise<boolean> => {
  const { price } = fill;
  if (price === 0) return true;
  const again = vscode.l10n.t('Make Again');
  const detail = vscode.l10n.t(
    '{service} is asked for it with the same mask, prompt and seed, at about {price}. The image is taken as it is now.',
    { service: services.abilities(fill.service.id).name, price: price === null ? '?' : dollarsText(price) },
  );
  const question = vscode.l10n.t('Make this fill of {name} again?', { name: fill.source.name });
  return (await vscode.window.showInformationMessage(question, { modal: true, detail }, again)) === again;
};

const panelOf = ({ panels }: HistoryDeps, { source }: Fill): Promise<Panel> =>
  panels.open(vscode.Uri.parse(source.uri));

/** True where something of the list changed at once. An image is copied by the page, which is handed its bytes. */
export const actOn = async (deps: HistoryDeps, job: Job, act: Exclude<HistoryAct, 'copyImage'>): Promise<boolean> => {
  const { jobs, directory } = deps;
  const { fill } = job;
  const next = nextActOf(job);
  switch (act) {
    case 'open':
      if (job.saved !== undefined) await vscode.commands.executeCommand('vscode.open', vscode.Uri.parse(job.saved.uri));
      return false;
    case 'compare':
      await (await panelOf(deps, fill)).showJob(fill.id);
      return false;
    case 'openImage':
      await panelOf(deps, fill);
      return false;
    case 'useAll':
      await (await panelOf(deps, fill)).useFill(fill, await findBase(directory, fill));
      return false;
    case 'usePrompt':
      (await panelOf(deps, fill)).useParameters({ prompt: fill.parameters.prompt });
      return false;
    case 'useSeed':
      (await panelOf(deps, fill)).useParameters({ seed: job.seed ?? fill.parameters.seed });
      return false;
    case 'useMask': {
      const base = await findBase(directory, fill);
      if (base === undefined) throw new FaultError(fault('history.noMask'));
      await (await panelOf(deps, fill)).useMask(fill, base);
      return false;
    }
    case 'retry': {
      const base = await findBase(directory, fill);
      if (base === undefined) throw new FaultError(fault('history.noMask'));
      if (!(await agreesToPay(deps, fill))) return false;
      await (await panelOf(deps, fill)).makeAgain(fill, base);
      return false;
    }
    case 'insert':
      await vscode.commands.executeCommand(commands.insertImage, job);
      return false;
    case 'copy':
      await vscode.env.clipboard.writeText(await commandLineOf(deps, fill));
      vscode.window.setStatusBarMessage(vscode.l10n.t('The command line is on the clipboard.'), 5_000);
      return false;
    case 'saveRecipe':
      await vscode.commands.executeCommand(commands.saveRecipe, job);
      return false;
    case 'keep':
    case 'goOn':
      if (next !== undefined) await goOn(jobs.runner, job, next);
      return true;
    case 'delete':
      return jobs.remove([job]);
  }
};
