/** The list of fills in the side bar: those of this window, and those that run in others; what can be done with each. */
import * as vscode from 'vscode';
import { elapsedText } from '../fill/elapsed.ts';
import { endStates, nextActOf, startOf, tookOf, type Job, type NextAct } from '../fill/record.ts';
import { commands, contexts, views } from '../ids.ts';
import type { Log } from '../jobs/contract.ts';
import { listJobs } from '../jobs/list.ts';
import { goOn } from './going-on.ts';
import type { Jobs } from './jobs.ts';
import { registerCommand } from './notify.ts';
import { isRunning, stateText } from './progress.ts';

/** Milliseconds between looks while the list is visible and something runs. */
const round = 1_000;

/** Ended fills that are listed, newest first. */
const listed = 50;

const dollars = (price: number): string =>
  `$${Number(price.toFixed(4)) === Number(price.toFixed(2)) ? price.toFixed(2) : price.toFixed(4)}`;

const priceText = ({ state, taskId, cost, fill }: Job): string => {
  if (cost !== undefined) return cost === 0 ? vscode.l10n.t('free') : dollars(cost);
  const unpaid = taskId === undefined && endStates.includes(state) && state !== 'unknown';
  if (unpaid || fill.price === null) return '';
  return fill.price === 0 ? vscode.l10n.t('free') : dollars(fill.price);
};

const icons: Readonly<Record<Job['state'], string>> = {
  prepared: 'watch',
  submitting: 'sync~spin',
  submitted: 'sync~spin',
  received: 'sync~spin',
  saving: 'sync~spin',
  saved: 'pass',
  held: 'archive',
  failed: 'error',
  cancelled: 'circle-slash',
  unknown: 'question',
};

/** What the item's menus ask for: words that stand in `viewItem`. */
const abilities = (job: Job): string => {
  const cancel = isRunning(job) && !job.cancelRequested && job.state !== 'received' && job.state !== 'saving';
  return [
    'fill',
    cancel ? 'cancel' : '',
    nextActOf(job) ?? '',
    job.saved === undefined ? '' : 'open',
    job.taskId === undefined ? '' : 'task',
  ]
    .filter(Boolean)
    .join(' ');
};

const acts: Readonly<Record<NextAct, string>> = {
  keep: commands.keepResult,
  save: commands.saveAgain,
  ask: commands.askAgain,
  continue: commands.makeRest,
  send: commands.sendAgain,
};

export const showFills = (deps: {
  readonly jobs: Jobs;
  readonly directory: string;
  readonly log: Log;
}): vscode.Disposable => {
  const { jobs, log } = deps;
  const { runner } = jobs;
  const changed = new vscode.EventEmitter<void>();
  let elsewhere: readonly Job[] = [];

  const here = (): readonly Job[] => runner.jobs();
  const all = (): readonly Job[] => {
    const own = new Set(here().map((job) => job.fill.id));
    const newest = [...elsewhere.filter((job) => !own.has(job.fill.id)), ...here()].sort((a, b) =>
      a.fill.id < b.fill.id ? 1 : -1,
    );
    return [...newest.filter(isRunning), ...newest.filter((job) => !isRunning(job)).slice(0, listed)];
  };

  const item = (job: Job): vscode.TreeItem => {
    const { id, source, parameters, service } = job.fill;
    const tree = new vscode.TreeItem(source.name);
    tree.id = id;
    const state = stateText(job, jobs.live(id));
    const numbers = [elapsedText(tookOf(job) ?? Date.now() - startOf(job)), priceText(job)];
    const outcome = [job.state === 'unknown' ? vscode.l10n.t('Outcome unknown') : '', state];
    // The side bar is narrow and cuts the end off: what became of a fill comes before what it took.
    const shown = isRunning(job) ? [...numbers, state] : [...outcome, ...numbers];
    tree.description = shown.filter(Boolean).join(' · ');
    tree.tooltip = [
      source.name,
      ...outcome,
      numbers.filter(Boolean).join(' · '),
      parameters.prompt,
      job.taskId === undefined ? '' : `${service.id} ${job.taskId}`,
    ]
      .filter(Boolean)
      .join('\n');
    tree.iconPath = new vscode.ThemeIcon(icons[job.state]);
    tree.contextValue = abilities(job);
    tree.accessibilityInformation = { label: `${source.name}, ${tree.description}` };
    tree.command = { command: commands.inpaint, title: '', arguments: [vscode.Uri.parse(source.uri)] };
    return tree;
  };

  const provider: vscode.TreeDataProvider<Job> = {
    onDidChangeTreeData: changed.event,
    getChildren: (parent) => (parent === undefined ? [...all()] : []),
    getTreeItem: item,
  };
  const view = vscode.window.createTreeView(views.fills, { treeDataProvider: provider });

  let has: boolean | undefined;
  const refresh = (): void => {
    const any = all().length > 0;
    if (any !== has) void vscode.commands.executeCommand('setContext', contexts.hasFills, any);
    has = any;
    if (view.visible) changed.fire();
  };
  const look = async (): Promise<void> => {
    elsewhere = await listJobs(deps.directory).catch(() => []);
    refresh();
  };

  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearInterval(timer);
    timer = view.visible ? setInterval(() => void (all().some(isRunning) ? look() : undefined), round) : undefined;
    if (view.visible) void look();
  };

  const cancelThose = async (which: (job: Job) => boolean): Promise<void> => {
    await Promise.all(
      all()
        .filter((job) => isRunning(job) && which(job))
        .map((job) => runner.cancel(job.fill.id)),
    );
  };
  const one = (id: string, run: (job: Job) => Promise<unknown>): vscode.Disposable =>
    registerCommand(id, log, async (job?: Job) => {
      if (job !== undefined) await run(job);
    });

  const show = async (): Promise<void> => {
    await look();
    await vscode.commands.executeCommand('setContext', contexts.wantsFills, true);
    await vscode.commands.executeCommand(`${views.fills}.focus`);
  };

  const stop = runner.onChange(refresh);
  return vscode.Disposable.from(
    view,
    changed,
    view.onDidChangeVisibility(watch),
    { dispose: stop },
    { dispose: () => clearInterval(timer) },
    registerCommand(commands.showFills, log, show),
    registerCommand(commands.cancelQueued, log, () => cancelThose((job) => job.state === 'prepared')),
    registerCommand(commands.cancelAll, log, () => cancelThose(() => true)),
    one(commands.cancelFill, (job) => runner.cancel(job.fill.id)),
    one(commands.openResult, async (job) =>
      vscode.commands.executeCommand('vscode.open', vscode.Uri.parse(job.saved!.uri)),
    ),
    one(commands.copyTaskId, async (job) => vscode.env.clipboard.writeText(job.taskId!)),
    ...(Object.keys(acts) as NextAct[]).map((act) => one(acts[act], (job) => goOn(runner, job, act))),
  );
};
