/** What the history's page is shown of a job: addresses instead of files, sentences instead of codes. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { isFree } from '../fill/price.ts';
import { nextActOf, tookOf, type Job } from '../fill/record.ts';
import type { HistoryAct, HistoryEntry } from '../protocol/history.ts';
import { pageText } from './html.ts';
import { stateText } from './progress.ts';
import type { Services } from './services.ts';
import { editorAddress } from './uris.ts';
import { thumbAddress } from './views.ts';

/** What can be done with it. */
export const actsOf = (job: Job): readonly HistoryAct[] => {
  const { state, saved, held, fill } = job;
  const next = nextActOf(job);
  const shown = saved !== undefined || held !== undefined;
  return [
    ...(shown ? (['compare'] as const) : []),
    ...(next === 'keep' ? (['keep'] as const) : []),
    ...(saved === undefined ? [] : (['open'] as const)),
    ...(next === undefined || next === 'keep' ? [] : (['goOn'] as const)),
    'openImage',
    'retry',
    ...(shown ? (['copyImage'] as const) : []),
    ...(saved === undefined ? [] : (['insert'] as const)),
    'copy',
    ...(fill.preset === undefined ? (['saveRecipe'] as const) : []),
    'useAll',
    ...(fill.parameters.prompt.trim() === '' ? [] : (['usePrompt'] as const)),
    ...(state === 'unknown' ? [] : (['useSeed'] as const)),
    ...(fill.preset === undefined ? (['useMask'] as const) : []),
    'delete',
  ];
};

export const historyEntry = async (
  webview: vscode.Webview,
  job: Job,
  services: Services,
  directory: string,
): Promise<HistoryEntry> => {
  const { fill } = job;
  const uri = vscode.Uri.parse(fill.source.uri);
  const abilities = services.abilities(fill.service.id);
  const next = nextActOf(job);
  const took = tookOf(job);
  return {
    id: fill.id,
    image: fill.source.uri,
    name: fill.source.name,
    folder: path.posix.dirname(vscode.workspace.asRelativePath(uri, true).replaceAll('\\', '/')),
    at: Date.parse(fill.createdAt),
    state: job.state,
    outcome: stateText(job),
    prompt: fill.parameters.prompt,
    service: abilities.name,
    seed: job.seed ?? fill.parameters.seed,
    steps: abilities.steps === null ? null : fill.parameters.steps,
    guidance: abilities.guidance === null ? null : fill.parameters.guidance,
    seconds: took === null ? null : took / 1000,
    cost: isFree(job) ? null : (job.cost ?? fill.price),
    variation: fill.variation ?? null,
    thumb: await thumbAddress(webview, job, directory),
    address: job.saved === undefined ? null : editorAddress(webview, vscode.Uri.parse(job.saved.uri)),
    acts: actsOf(job),
    goOn: next === undefined ? null : pageText(`act.${next}`),
  };
};
