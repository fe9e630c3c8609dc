/** What the page is shown of document, source and jobs: addresses instead of files, sentences instead of codes. */
import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { fault, type Fault } from '../fill/faults.ts';
import { presetSides } from '../fill/outpaint.ts';
import { isFree } from '../fill/price.ts';
import { neverSent, nextActOf, plansOf, serviceIds, startOf, tookOf, type Fill, type Job } from '../fill/record.ts';
import type { Live } from '../jobs/contract.ts';
import { exists } from '../jobs/disk.ts';
import { heldFile, thumbFile } from '../jobs/journal.ts';
import { jobFolder } from '../jobs/open.ts';
import type { JobView, PanelState, ResultView, ServiceView } from '../protocol/messages.ts';
import { defaultsFor } from './defaults.ts';
import type { Document } from './document.ts';
import { pageText } from './html.ts';
import { sentenceOf } from './sentence.ts';
import type { Services } from './services.ts';
import { pageAddress, versionOf, type Source } from './source.ts';
import { editorAddress } from './uris.ts';

export interface KnownJob {
  readonly job: Job;
  readonly live: Live;
}

/** The file of a job's result: beside its source, or in the job's folder as long as it is held. */
export const resultUri = ({ fill, saved, held }: Job, directory: string): vscode.Uri | undefined => {
  if (saved !== undefined) return vscode.Uri.parse(saved.uri);
  return held && vscode.Uri.file(path.join(jobFolder(directory, 'done', fill.id), heldFile(held)));
};

/** What a result is called: its file, or its number as long as it has none. */
const resultNameOf = ({ fill, saved }: Job): string =>
  saved?.name ?? pageText('film.image', { number: fill.variation?.number ?? 1 });

const resultView = async (webview: vscode.Webview, job: Job, directory: string): Promise<ResultView | null> => {
  const saved = job.saved ?? job.held;
  const uri = resultUri(job, directory);
  if (saved === undefined || uri === undefined) return null;
  const { expand, preset, source } = job.fill;
  // A result that was moved or deleted since has nothing to show.
  await vscode.workspace.fs.stat(uri);
  return {
    name: resultNameOf(job),
    address: job.saved === undefined ? null : editorAddress(webview, uri),
    expand: preset === undefined ? (expand ?? null) : { ...presetSides(preset, source), overlap: 0 },
    src: await pageAddress(webview, uri, saved.sha256.slice(0, 12)),
    bytes: saved.bytes,
    exact: saved.exact,
    changedOutsideEffective: saved.changedOutsideEffective,
    changedOutsideBase: saved.changedOutsideBase,
    whole: preset !== undefined,
  };
};

const endSentence = (job: Job, why: Fault): string =>
  [why, ...(neverSent(job) ? [fault('job.neverSent')] : [])].map(sentenceOf).join(' ');

/** The small picture of a job's result, where it is made. */
export const thumbAddress = async (webview: vscode.Webview, job: Job, directory: string): Promise<string | null> => {
  const file = thumbFile(directory, job.fill.id);
  return (await exists(file).catch(() => false))
    ? pageAddress(webview, vscode.Uri.file(file), job.endedAt ?? '')
    : null;
};

export const jobView = async (
  webview: vscode.Webview,
  { job, live }: KnownJob,
  directory: string,
): Promise<JobView> => {
  const free = isFree(job);
  return {
    id: job.fill.id,
    state: job.state,
    service: job.fill.service.id,
    startedAt: startOf(job),
    took: tookOf(job),
    progress: live.progress ?? null,
    queue: live.queue ?? null,
    waiting: live.waiting ?? false,
    price: free ? null : job.fill.price,
    cost: free ? null : (job.cost ?? null),
    seed: job.seed ?? job.fill.parameters.seed,
    taskId: job.taskId ?? null,
    cancelRequested: job.cancelRequested ?? false,
    nextAct: nextActOf(job) ?? null,
    step: job.step + 1,
    steps: plansOf(job.fill).length,
    fault: job.fault === undefined ? null : { code: job.fault.code, sentence: endSentence(job, job.fault) },
    warnings: [...job.warnings, ...(live.trouble === undefined ? [] : [live.trouble])].map(sentenceOf),
    variation: job.fill.variation ?? null,
    images: job.fill.images ?? 1,
    thumb: await thumbAddress(webview, job, directory),
    result: await resultView(webview, job, directory).catch(() => null),
  };
};

/** The newest fill whose mask fits the document's canvas as it is. */
export const lastFill = (
  { expand }: Pick<Document, 'expand'>,
  { header }: Pick<Source, 'header'>,
  known: readonly KnownJob[],
): Fill | undefined =>
  known
    .map(({ job }) => job.fill)
    .findLast(
      (fill) =>
        fill.preset === undefined &&
        fill.source.width === header.width &&
        fill.source.height === header.height &&
        isDeepStrictEqual(fill.expand ?? null, expand),
    );

const serviceViews = async (services: Services): Promise<ServiceView[]> =>
  Promise.all(
    serviceIds.map(async (id) => {
      const base = services.baseUrl(id);
      return {
        abilities: services.abilities(id),
        hasKey: await services.hasKey(id),
        place: base.ok && id !== 'practice' ? new URL(base.value).host : null,
        problem: base.ok ? null : sentenceOf(base.fault),
      };
    }),
  );

/** Everything of a panel that is not pixels. `known` are the jobs of the document, oldest first. */
export const panelState = async (
  webview: vscode.Webview,
  document: Document,
  source: Source,
  services: Services,
  known: readonly KnownJob[],
  starting: boolean,
  beside: string | null,
  directory: string,
): Promise<PanelState> => {
  const views = await serviceViews(services);
  const { masks, overlap } = defaultsFor(source.uri);
  const { header } = source;
  return {
    documentId: document.id,
    source: {
      name: source.name,
      src: await pageAddress(webview, source.uri, versionOf(source)),
      width: header.width,
      height: header.height,
      orientation: header.orientation,
      format: header.format,
      hasAlpha: header.hasAlpha,
      bits: header.bits,
      bytes: source.bytes,
    },
    maskKind: document.maskKind,
    maskFile: document.maskFile,
    lastMask: lastFill(document, source, known) !== undefined,
    beside,
    maskSettings: document.maskSettings,
    defaults: { masks, overlap },
    seedLocked: document.seedLocked,
    save: document.save,
    window: document.window,
    expand: document.expand,
    ownPreset: document.ownPreset,
    images: document.images,
    starting,
    service: views.find((view) => view.abilities.id === document.service)!,
    services: views,
    jobs: await Promise.all([...known].reverse().map((job) => jobView(webview, job, directory))),
  };
};
