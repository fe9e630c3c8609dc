/** What shows of running jobs outside the panel: a status bar item, and a notification where no panel shows the job. */
import * as vscode from 'vscode';
import { endStates, type Job } from '../fill/record.ts';
import type { Live, Runner } from '../jobs/contract.ts';
import { commands } from '../ids.ts';
import { sentenceOf } from './sentence.ts';

export const isRunning = (job: Job): boolean => !endStates.includes(job.state);

/** How a job stands, in a sentence. */
export const stateText = (job: Job, live: Live = {}): string => {
  const { state, cancelRequested, fault, saved } = job;
  if (state === 'saved') return vscode.l10n.t('Saved as {name}', { name: saved?.name ?? '?' });
  if (state === 'held' && fault === undefined) return vscode.l10n.t('Made; not kept yet');
  if (endStates.includes(state)) return fault === undefined ? state : sentenceOf(fault);
  if (state === 'received' || state === 'saving') return vscode.l10n.t('Saving…');
  if (cancelRequested) return vscode.l10n.t('Cancel was asked for; if a result comes, it is kept.');
  if (state === 'submitted' && live.queue !== undefined && live.queue > 0)
    return vscode.l10n.t('In the queue of the service, {count} before it', { count: live.queue });
  if (state === 'submitted') return vscode.l10n.t('The service is working…');
  return live.waiting ? vscode.l10n.t('Waiting for its turn…') : vscode.l10n.t('Sending…');
};

export const showProgress = (deps: {
  readonly runner: Runner;
  readonly live: (id: string) => Live;
  /** True when a visible panel shows the job. */
  readonly shown: (job: Job) => boolean;
  readonly onDidChangeVisibility: vscode.Event<void>;
}): vscode.Disposable => {
  const { runner, shown } = deps;
  const item = vscode.window.createStatusBarItem(commands.showFills, vscode.StatusBarAlignment.Right);
  item.name = vscode.l10n.t('Flux Fill: running fills');
  item.command = commands.showFills;
  /** How to end the notification of a job, and how to bring it up to date. */
  const notified = new Map<string, { end: () => void; update: (job: Job) => void }>();

  const notify = (job: Job): void => {
    const { id, source } = job.fill;
    void vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Filling {name}', { name: source.name }),
        cancellable: true,
      },
      (progress, token) =>
        new Promise<void>((resolve) => {
          const update = (now: Job): void => progress.report({ message: stateText(now, deps.live(id)) });
          notified.set(id, { end: resolve, update });
          token.onCancellationRequested(() => void runner.cancel(id));
          update(job);
        }),
    );
  };

  /** Jobs beyond these show in the status bar and the list only. */
  const notifications = 3;

  const look = (): void => {
    const running = runner.jobs().filter(isRunning);
    item.text = `$(sync~spin) ${vscode.l10n.t('Fill: {count}', { count: running.length })}`;
    const lines = running
      .slice(0, 10)
      .map((job) => `${job.fill.source.name}: ${stateText(job, deps.live(job.fill.id))}`);
    item.tooltip = [...lines, ...(running.length > lines.length ? ['…'] : [])].join('\n');
    if (running.length > 0) item.show();
    else item.hide();
    for (const job of running) {
      const known = notified.get(job.fill.id);
      if (shown(job)) continue;
      if (known !== undefined) known.update(job);
      else if (notified.size < notifications) notify(job);
    }
    for (const [id, { end }] of notified) {
      const job = running.find((one) => one.fill.id === id);
      if (job !== undefined && !shown(job)) continue;
      notified.delete(id);
      end();
    }
  };

  const stop = runner.onChange(look);
  return vscode.Disposable.from(item, deps.onDidChangeVisibility(look), {
    dispose: () => {
      stop();
      for (const { end } of notified.values()) end();
    },
  });
};
