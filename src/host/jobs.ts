/** The runner as the editor runs it, and what the person is told of a job that no visible panel shows. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Job } from '../fill/record.ts';
import type { Clock, Live, Log, Place, Runner } from '../jobs/contract.ts';
import { exists } from '../jobs/disk.ts';
import { thumbFile } from '../jobs/journal.ts';
import { createLedger, type Ledger } from '../jobs/ledger.ts';
import { findJob } from '../jobs/list.ts';
import { commands } from '../ids.ts';
import { createRunner } from '../jobs/runner.ts';
import type { Engine } from '../raster/engine.ts';
import { boundHistory } from '../jobs/history.ts';
import { agentLimit, dailyLimit, storageLimit } from './defaults.ts';
import type { Keys } from './keys.ts';
import { removeJobs } from './forget.ts';
import { showFault } from './notify.ts';
import type { Services } from './services.ts';
import { createThumbnails, type Thumbnails } from './thumbnails.ts';
import type { KnownJob } from './views.ts';

export interface Jobs {
  readonly runner: Runner;
  /** The jobs with these ids that are running, ended here, or were recalled; oldest first. */
  known(ids: readonly string[]): readonly KnownJob[];
  readonly ledger: Ledger;
  readonly thumbnails: Thumbnails;
  /** One job, from this process or the journal. */
  find(id: string): Promise<Job | undefined>;
  /** Deletes jobs that ended; the person is asked where a result is lost. Gives whether any is gone. */
  remove(jobs: readonly Job[]): Promise<boolean>;
  /** What only this process knows of a job. */
  readonly live: (id: string) => Live;
  /** Reads from the journal what earlier processes knew of these jobs. */
  recall(ids: readonly string[]): Promise<void>;
}

/** Milliseconds after the last end before the history is measured. */
const quiet = 20_000;

export const createJobs = (deps: {
  readonly storage: string;
  readonly services: Services;
  readonly keys: Keys;
  readonly engine: Engine;
  readonly place: Place;
  readonly clock: Clock;
  readonly log: Log;
  /** True when a visible panel shows the job. */
  readonly shown: (job: Job) => boolean;
}): Jobs => {
  const directory = path.join(deps.storage, 'jobs');
  const ledger = createLedger(path.join(deps.storage, 'ledger'), () =>
    Promise.resolve({ all: dailyLimit(), agents: agentLimit() }),
  );
  const thumbnails = createThumbnails({ engine: deps.engine, directory, log: deps.log });
  const live = new Map<string, Live>();
  const earlier = new Map<string, Job>();
  const runner = createRunner({
    directory,
    service: async (fill) => deps.services.open(fill.service.id, fill.service.baseUrl),
    webhook: async (fill) => {
      const url = deps.services.webhookUrl();
      if (url === undefined || !deps.services.abilities(fill.service.id).webhook) return undefined;
      const secret = await deps.keys.webhookSecret(new URL(fill.service.baseUrl).origin);
      return secret === undefined ? { url } : { url, secret };
    },
    raster: deps.engine,
    place: deps.place,
    ledger,
    clock: deps.clock,
    log: deps.log,
    random: Math.random,
  });

  const forget = (id: string): void => {
    earlier.delete(id);
    live.delete(id);
    runner.forget(id);
  };

  const announce = async (job: Job): Promise<void> => {
    if (job.state === 'saved' && job.saved !== undefined) {
      const open = vscode.l10n.t('Open');
      const choice = await vscode.window.showInformationMessage(
        vscode.l10n.t('The fill of {source} is saved as {name}.', {
          source: job.fill.source.name,
          name: job.saved.name,
        }),
        open,
      );
      if (choice === open) await vscode.commands.executeCommand('vscode.open', vscode.Uri.parse(job.saved.uri));
    } else if (job.state === 'held' && job.fault === undefined) {
      announceHeld(job);
    } else if (job.fault !== undefined && job.state !== 'cancelled') await showFault(job.fault);
  };

  /** Once for all of a set, when the last of them that this process knows has ended. */
  const announceHeld = ({ fill }: Job): void => {
    const set = runner.jobs().filter((job) => job.fill.variation?.set === fill.variation?.set);
    if (set.some((job) => job.endedAt === undefined)) return;
    const choose = vscode.l10n.t('Choose');
    void vscode.window
      .showInformationMessage(
        vscode.l10n.t('{count} images of {source} are made. Choose which to keep.', {
          count: set.filter((job) => job.state === 'held').length,
          source: fill.source.name,
        }),
        choose,
      )
      .then((choice) => {
        if (choice === choose) void vscode.commands.executeCommand(commands.inpaint, vscode.Uri.parse(fill.source.uri));
      });
  };

  runner.onFault((fault) => void showFault(fault));
  runner.onChange((job, now) => {
    live.set(job.fill.id, now);
    const visible = deps.shown(job);
    if (!visible && job.endedAt !== undefined) void announce(job);
  });

  /** What is beyond the setting goes some time after an end, never while an editor starts. */
  const bound = async (): Promise<void> => {
    const gone = await boundHistory(directory, storageLimit() * 1_000_000, deps.clock.now());
    for (const id of gone) forget(id);
    if (gone.length > 0) deps.log('info', `history: ${gone.length} old fills were deleted to stay within the limit`);
  };
  let bounding: NodeJS.Timeout | undefined;
  const boundSoon = (): void => {
    clearTimeout(bounding);
    bounding = setTimeout(() => {
      bound().catch((error: unknown) => deps.log('warn', `history: ${String(error)}`));
    }, quiet);
    bounding.unref();
  };

  const makeThumb = (job: Job): void => void thumbnails.make(job).then((made) => made && deps.shown(job));

  runner.onClosed((job) => {
    boundSoon();
    if (job.state === 'held') deps.shown(job);
    makeThumb(job);
  });

  return {
    runner,
    ledger,
    thumbnails,
    find: async (id) => runner.jobs().find((job) => job.fill.id === id) ?? findJob(directory, id),
    remove: async (jobs) => {
      const gone = await removeJobs(runner, jobs);
      for (const id of gone) forget(id);
      return gone.length > 0;
    },
    live: (id) => live.get(id) ?? {},
    known: (ids) => {
      const jobs = new Map([...earlier, ...runner.jobs().map((job) => [job.fill.id, job] as const)]);
      return ids.flatMap((id) => {
        const job = jobs.get(id);
        return job === undefined ? [] : [{ job, live: live.get(id) ?? {} }];
      });
    },
    recall: async (ids) => {
      for (const id of ids) {
        if (earlier.has(id) || runner.jobs().some((job) => job.fill.id === id)) continue;
        const job = await findJob(directory, id);
        if (job === undefined) continue;
        earlier.set(id, job);
        // The window may have been closed between a result and its small picture.
        if (job.endedAt !== undefined && !(await exists(thumbFile(directory, id)).catch(() => true))) makeThumb(job);
      }
    },
  };
};
