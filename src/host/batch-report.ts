/** Reports of batches: kept in the storage of the extension, and made anew from the journal whenever one is looked at. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import * as path from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { batchSchema, costOf, outcomeOf, reasonOf, type Batch, type BatchItem, type Outcome } from '../fill/batch.ts';
import { dollarsText } from '../fill/price.ts';
import { nextActOf, type Job, type NextAct } from '../fill/record.ts';
import { writeAtomic } from '../jobs/disk.ts';
import { findJob } from '../jobs/list.ts';
import { reportScheme } from '../ids.ts';
import { priceWords } from './ask.ts';
import { sentenceOf } from './sentence.ts';

/** Reports that are kept; the oldest go first. */
const kept = 30;

/** Milliseconds between two renewals of a report that is looked at. */
const quiet = 500;

const words = (outcome: Outcome, count: number): string =>
  ({
    saved: vscode.l10n.t('{count} saved', { count }),
    done: vscode.l10n.t('{count} done already', { count }),
    failed: vscode.l10n.t('{count} failed', { count }),
    cancelled: vscode.l10n.t('{count} cancelled', { count }),
    unknown: vscode.l10n.t('{count} that may have been charged', { count }),
    refused: vscode.l10n.t('{count} that cannot be filled', { count }),
    unsent: vscode.l10n.t('{count} not sent', { count }),
    running: vscode.l10n.t('{count} on their way', { count }),
    planned: vscode.l10n.t('{count} to fill', { count }),
  })[outcome];

const order: readonly Outcome[] = [
  'saved',
  'running',
  'planned',
  'failed',
  'unknown',
  'cancelled',
  'unsent',
  'refused',
  'done',
];

type JobOf = (item: BatchItem) => Job | undefined;

/** "45 saved · 7 failed" */
export const summaryOf = (items: readonly BatchItem[], jobOf: JobOf): string => {
  const outcomes = items.map((item) => outcomeOf(item, jobOf(item)));
  return order
    .map((outcome) => [outcome, outcomes.filter((each) => each === outcome).length] as const)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => words(outcome, count))
    .join(' · ');
};

export const costOfItems = (items: readonly BatchItem[], jobOf: JobOf): number =>
  Math.round(items.reduce((sum, item) => sum + (jobOf(item) === undefined ? 0 : costOf(jobOf(item)!)), 0) * 1e6) / 1e6;

/** Text in a cell of a table: nothing of it is markup. */
const cell = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>()#+!|~&]/g, (sign) => `\\${sign}`).replace(/\s+/g, ' ');

const acts = (): Readonly<Record<Exclude<NextAct, 'keep'>, string>> => ({
  save: vscode.l10n.t('Run the batch again, or choose Save Again in the list of fills: it costs nothing.'),
  ask: vscode.l10n.t('Run the batch again, or choose Ask Again in the list of fills: it costs nothing.'),
  continue: vscode.l10n.t('Run the batch again: it makes the rest.'),
  send: vscode.l10n.t('Look at your account there. Send Again in the list of fills asks before it pays twice.'),
});

/** What can be done about an item that has no file. */
const adviceOf = (item: BatchItem, job: Job | undefined): string => {
  const act = job === undefined ? undefined : nextActOf(job);
  if (act !== undefined && act !== 'keep') return acts()[act];
  switch (outcomeOf(item, job)) {
    case 'unknown':
      return acts().send;
    case 'failed':
      return vscode.l10n.t('Run the batch again: only what is missing is sent.');
    case 'unsent':
    case 'cancelled':
      return vscode.l10n.t('Run the batch again.');
    case 'refused':
      return vscode.l10n.t('Mend the file or its mask, and run the batch again.');
    case 'saved':
    case 'done':
    case 'running':
    case 'planned':
      return '';
  }
};

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  `| ${heads.join(' | ')} |`,
  `| ${heads.map(() => '---').join(' | ')} |`,
  ...rows.map((cells) => `| ${cells.map(cell).join(' | ')} |`),
];

/** The report as Markdown. */
const reportText = (batch: Batch, jobOf: JobOf): string => {
  const { items } = batch;
  const stands = (item: BatchItem): Outcome => outcomeOf(item, jobOf(item));
  const made = items.filter((item) => ['saved', 'done'].includes(stands(item)));
  const open = items.filter((item) => ['running', 'planned'].includes(stands(item)));
  const rest = items.filter((item) => !made.includes(item) && !open.includes(item));
  const cost = costOfItems(items, jobOf);
  const image = vscode.l10n.t('Image');
  const fileOf = (item: BatchItem): string =>
    jobOf(item)?.saved?.name ?? (item.standing.kind === 'done' ? item.standing.name : '');
  const priceOf = (item: BatchItem): string => {
    const job = jobOf(item);
    return job === undefined ? vscode.l10n.t('done already') : priceWords(costOf(job));
  };
  const sentence = (item: BatchItem): string => {
    const why = reasonOf(item, jobOf(item));
    return why === undefined ? words(stands(item), 1) : sentenceOf(why);
  };
  return [
    `# ${vscode.l10n.t('Batch of {count} images', { count: items.length })}`,
    '',
    cell(`${new Date(batch.createdAt).toLocaleString()} · ${batch.service} · ${batch.prompt}`),
    '',
    `**${summaryOf(items, jobOf)}**`,
    '',
    vscode.l10n.t('Price before: {price}. Cost so far: {cost}.', {
      price: priceWords(batch.price),
      cost: dollarsText(cost),
    }),
    ...(rest.length === 0
      ? []
      : [
          '',
          `## ${vscode.l10n.t('Not made')}`,
          '',
          ...table(
            [image, vscode.l10n.t('What happened'), vscode.l10n.t('What to do')],
            rest.map((item) => [item.name, sentence(item), adviceOf(item, jobOf(item))]),
          ),
        ]),
    ...(open.length === 0
      ? []
      : ['', `## ${vscode.l10n.t('Not ended')}`, '', ...open.map(({ name }) => `- ${cell(name)}`)]),
    ...(made.length === 0
      ? []
      : [
          '',
          `## ${vscode.l10n.t('Made')}`,
          '',
          ...table(
            [image, vscode.l10n.t('New file'), vscode.l10n.t('Cost')],
            made.map((item) => [item.name, fileOf(item), priceOf(item)]),
          ),
        ]),
    '',
  ].join('\n');
};

export interface Reports extends vscode.Disposable {
  /** Keeps the batch as it stands now; the report that is looked at follows. */
  keep(batch: Batch): Promise<void>;
  /** Tells the report that a job of its changed. */
  touch(id: string): void;
  show(id: string): Promise<void>;
  /** Newest first. */
  list(): Promise<readonly Batch[]>;
}

const uriOf = ({ id, createdAt }: Batch): vscode.Uri => {
  const when = new Date(createdAt).toLocaleString('sv').replaceAll(':', '.');
  return vscode.Uri.from({ scheme: reportScheme, path: `/Batch ${when}.md`, query: id });
};

export const createReports = (deps: {
  readonly storage: string;
  /** The jobs of this process. */
  readonly jobs: () => readonly Job[];
}): Reports => {
  const directory = path.join(deps.storage, 'batches');
  const journal = path.join(deps.storage, 'jobs');
  const known = new Map<string, Batch>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const timers = new Map<string, NodeJS.Timeout>();
  const fileOf = (id: string): string => path.join(directory, `${id}.json`);

  const read = async (id: string): Promise<Batch | undefined> => {
    const found = known.get(id);
    if (found !== undefined || !/^[0-9a-z]{10,40}$/.test(id)) return found;
    try {
      return v.parse(batchSchema, JSON.parse(await readFile(fileOf(id), 'utf8')));
    } catch {
      return undefined;
    }
  };

  /** The jobs of a batch: as this process has them, else as the journal does. */
  const jobsOf = async ({ items }: Batch): Promise<JobOf> => {
    const here = new Map(deps.jobs().map((job) => [job.fill.id, job]));
    for (const { id } of items)
      if (id !== undefined && !here.has(id)) {
        const job = await findJob(journal, id);
        if (job !== undefined) here.set(id, job);
      }
    return ({ id }) => (id === undefined ? undefined : here.get(id));
  };

  const touch = (id: string): void => {
    const batch = known.get(id);
    if (batch === undefined || timers.has(id)) return;
    timers.set(
      id,
      setTimeout(() => {
        timers.delete(id);
        changed.fire(uriOf(batch));
      }, quiet),
    );
  };

  const sweep = async (): Promise<void> => {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
    await Promise.all(
      names.slice(0, Math.max(0, names.length - kept)).map((name) => rm(path.join(directory, name), { force: true })),
    );
  };

  let writing: Promise<unknown> = Promise.resolve();
  const keep: Reports['keep'] = (batch) => {
    known.set(batch.id, batch);
    touch(batch.id);
    const next = writing.then(async () => {
      await mkdir(directory, { recursive: true });
      await writeAtomic(fileOf(batch.id), JSON.stringify(batch), () => Promise.resolve());
      await sweep();
    });
    writing = next.catch(() => undefined);
    return next;
  };

  const list: Reports['list'] = async () => {
    const names = await readdir(directory).catch(() => []);
    const ids = names.filter((name) => name.endsWith('.json')).map((name) => path.parse(name).name);
    const batches = await Promise.all(ids.sort().reverse().map(read));
    return batches.filter((batch) => batch !== undefined);
  };

  const provider = vscode.workspace.registerTextDocumentContentProvider(reportScheme, {
    onDidChange: changed.event,
    provideTextDocumentContent: async ({ query }) => {
      const batch = await read(query);
      return batch === undefined
        ? vscode.l10n.t('This report is no longer kept.')
        : reportText(batch, await jobsOf(batch));
    },
  });

  return {
    keep,
    touch,
    list,
    show: async (id) => {
      const batch = await read(id);
      if (batch === undefined) return;
      try {
        await vscode.commands.executeCommand('markdown.showPreview', uriOf(batch));
      } catch {
        // VS Code's own Markdown may be switched off.
        await vscode.window.showTextDocument(uriOf(batch), { preview: false });
      }
    },
    dispose: () => {
      provider.dispose();
      changed.dispose();
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
};
