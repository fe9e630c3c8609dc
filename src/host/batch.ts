/** “Batch…”: images, mask rule and wishes asked for, all planned, one confirmation, the queue, and a report of each. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  inPool,
  isToDo,
  lookUp,
  priceOfBatch,
  readAtOnce,
  sortOut,
  tasksAtOnce,
  type Batch,
  type BatchItem,
  type Made,
} from '../fill/batch.ts';
import { failed, fault, FaultError, ok, valueOf, type Fault, type Result } from '../fill/faults.ts';
import { checkPrompt, fitTo } from '../fill/fit.ts';
import { isResultOf, maskNameOf } from '../fill/names.ts';
import { expandOf, initialOverlap } from '../fill/outpaint.ts';
import { dollarsText } from '../fill/price.ts';
import { newFillId, type Job } from '../fill/record.ts';
import { commands } from '../ids.ts';
import { goOnWith, packed, runBatch, startPacked, untilEnded, type Packed } from '../jobs/batch.ts';
import type { Clock } from '../jobs/contract.ts';
import { allJobs } from '../jobs/list.ts';
import { askFill, type Ask, type MaskFrom, type Opened } from '../raster/ask.ts';
import { readNote } from '../raster/note.ts';
import { limitText, openImage, priceWords, readyService, type FillDeps, type Ready } from './ask.ts';
import { askImages, askRule, askWishes, type MaskRule, type Wishes } from './batch-questions.ts';
import { costOfItems, createReports, summaryOf } from './batch-report.ts';
import { defaultsFor, notesFills } from './defaults.ts';
import { maskBeside } from './mask-sources.ts';
import { registerCommand } from './notify.ts';
import { sentenceOf } from './sentence.ts';
import { imageInput, jobSource } from './source.ts';
import { exists, folderOf, nameOf } from './uris.ts';

export interface Batches extends vscode.Disposable {
  /** True for a job of a batch that runs: its report tells of it. */
  owns(job: Job): boolean;
}

export interface BatchDeps extends FillDeps {
  readonly clock: Clock;
}

/** Images that the confirmation names among those that are left out. */
const named = 6;

interface Asked {
  readonly rule: MaskRule;
  readonly wishes: Wishes;
  readonly service: Ready;
}

interface Planned {
  readonly item: BatchItem;
  readonly packed?: Packed;
}

const maskFrom = async (rule: MaskRule, uri: vscode.Uri): Promise<Result<MaskFrom>> => {
  if (rule.kind === 'alpha' || rule.kind === 'border') return ok({ kind: rule.kind });
  const file = rule.kind === 'file' ? rule.uri : await maskBeside(uri);
  if (file !== undefined) return ok({ kind: 'file', input: await imageInput(file) });
  const name = nameOf(uri);
  return failed('mask.noneBeside', { name, mask: maskNameOf(name) });
};

const askOf = async ({ rule, wishes, service }: Asked, uri: vscode.Uri, source: Opened): Promise<Result<Ask>> => {
  const mask = await maskFrom(rule, uri);
  if (!mask.ok) return mask;
  const by = rule.kind === 'border' ? ({ kind: 'preset', preset: rule.preset } as const) : undefined;
  const { masks, overlap } = defaultsFor(uri);
  const expand =
    by === undefined ? ok(undefined) : expandOf(source.header, source.name, by, initialOverlap(source.header, overlap));
  if (!expand.ok) return expand;
  return ok({
    mask: mask.value,
    settings: masks[mask.value.kind],
    parameters: fitTo(service.abilities, wishes.parameters),
    expand: expand.value,
    window: { kind: wishes.window },
    save: { ...wishes.save, note: notesFills() },
  });
};

/** The result beside an image that says in its note that it is this fill. */
const notedBeside =
  (uri: vscode.Uri) =>
  async (isThis: (made: Made) => boolean): Promise<string | undefined> => {
    const entries = await vscode.workspace.fs.readDirectory(folderOf(uri));
    for (const [name] of entries.filter(([each]) => isResultOf(each, nameOf(uri)))) {
      const note = readNote(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folderOf(uri), name)));
      if (note !== undefined && isThis(note)) return name;
    }
    return undefined;
  };

const planOne = async (
  { engine }: BatchDeps,
  asked: Asked,
  uri: vscode.Uri,
  jobs: Awaited<ReturnType<typeof allJobs>>,
): Promise<Planned> => {
  const item = { uri: uri.toString(), name: vscode.workspace.asRelativePath(uri) };
  const refused = (why: Fault): Planned => ({ item: { ...item, standing: { kind: 'refused', fault: why } } });
  const source = await openImage(uri);
  if (!source.ok) return refused(source.fault);
  const ask = await askOf(asked, uri, source.value);
  if (!ask.ok) return refused(ask.fault);
  const made = await askFill(engine, source.value, ask.value, asked.service);
  if (!made.ok) return refused(made.fault);
  const { fill, base } = made.value;
  const standing = await lookUp(fill, asked.wishes.parameters.seed !== null, asked.service.abilities.price, {
    noted: notedBeside(uri),
    jobs,
    isSaved: ({ saved }) => (saved === undefined ? Promise.resolve(false) : exists(vscode.Uri.parse(saved.uri))),
  });
  const packs = standing.kind === 'new' ? { packed: await packed(fill, base) } : {};
  return { item: { ...item, standing }, ...packs };
};

/** All of them, or undefined where the person cancelled. */
const planAll = (deps: BatchDeps, asked: Asked, uris: readonly vscode.Uri[]): Promise<readonly Planned[] | undefined> =>
  Promise.resolve(
    vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Planning a batch of {count} images', { count: uris.length }),
        cancellable: true,
      },
      async (progress, token) => {
        const jobs = await allJobs(path.join(deps.storage, 'jobs'));
        const planned: Planned[] = [];
        const plan = async (uri: vscode.Uri, index: number): Promise<void> => {
          planned[index] = await planOne(deps, asked, uri, jobs);
          progress.report({ increment: 100 / uris.length });
        };
        await inPool(uris, readAtOnce, plan, () => token.isCancellationRequested);
        return token.isCancellationRequested ? undefined : planned;
      },
    ),
  );

/** The name stands before a sentence that does not begin with it. */
const lineOf = (name: string, sentence: string): string =>
  sentence.startsWith(path.posix.basename(name)) ? sentence : `${name}: ${sentence}`;

/** What the confirmation says besides its question. */
const detailOf = async (
  { storage }: BatchDeps,
  { wishes, service }: Asked,
  items: readonly BatchItem[],
  leftOut: number,
): Promise<string> => {
  const kinds = (kind: BatchItem['standing']['kind']): readonly BatchItem[] =>
    items.filter(({ standing }) => standing.kind === kind);
  const [done, begun, unknown, refused] = [kinds('done'), kinds('begun'), kinds('unknown'), kinds('refused')];
  const reasons = [...refused, ...unknown].flatMap(({ name, standing }) =>
    standing.kind === 'refused' || standing.kind === 'unknown' ? [lineOf(name, sentenceOf(standing.fault))] : [],
  );
  const limit = await limitText(storage, priceOfBatch(items));
  return [
    `${service.abilities.name} · ${wishes.parameters.prompt || vscode.l10n.t('without a prompt')}`,
    ...(done.length > 0 ? [vscode.l10n.t('Done already: {count}', { count: done.length })] : []),
    ...(begun.length > 0 ? [vscode.l10n.t('Begun earlier and gone on with: {count}', { count: begun.length })] : []),
    ...(leftOut > 0 ? [vscode.l10n.t('Left out, as results or masks of the others: {count}', { count: leftOut })] : []),
    ...(reasons.length > 0 ? [vscode.l10n.t('Not filled: {count}', { count: reasons.length })] : []),
    ...reasons.slice(0, named),
    ...(reasons.length > named ? ['…'] : []),
    ...(limit === undefined ? [] : ['', limit]),
  ].join('\n');
};

export const createBatches = (deps: BatchDeps): Batches => {
  const { runner, place, clock, log } = deps;
  const reports = createReports({ storage: deps.storage, jobs: () => runner.jobs() });
  /** The batch that a job belongs to. */
  const owners = new Map<string, string>();
  const jobOf = ({ id }: BatchItem): Job | undefined => runner.jobs().find(({ fill }) => fill.id === id);

  const begin = async ({ item, packed }: Planned, batch: string): Promise<Result<string>> => {
    const { standing, name } = item;
    if (standing.kind === 'begun') {
      owners.set(standing.id, batch);
      return goOnWith(runner, standing);
    }
    const uri = vscode.Uri.parse(item.uri);
    const { sha256, input } = await jobSource(uri);
    if (packed === undefined || sha256 !== packed.fill.source.sha256) return failed('batch.changed', { name });
    const writable = await place.check(uri);
    if (!writable.ok) return writable;
    owners.set(packed.fill.id, batch);
    return startPacked(runner, packed, input);
  };

  /** A file that went away in between is a fault of its image, not the end of the batch. */
  const beginSafely = (planned: Planned, batch: string): Promise<Result<string>> =>
    begin(planned, batch).catch((error: unknown) =>
      failed('image.unreadable', {
        name: planned.item.name,
        reason: error instanceof Error ? error.message : String(error),
      }),
    );

  const run = async (batch: Batch, planned: readonly Planned[], { abilities }: Ready): Promise<Batch> => {
    let now = batch;
    const stop = new AbortController();
    const save = (): void => void reports.keep(now).catch((error: unknown) => log('warn', `batch: ${String(error)}`));
    /** What was sent is kept and comes in; what was not is not sent any more. */
    const cancel = (): void => {
      stop.abort();
      for (const job of runner.jobs())
        if (job.state === 'prepared' && owners.get(job.fill.id) === batch.id) void runner.cancel(job.fill.id);
    };
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Batch of {count} images', { count: batch.items.length }),
        cancellable: true,
      },
      async (progress, token) => {
        token.onCancellationRequested(cancel);
        const tell = (items: readonly BatchItem[]): void => progress.report({ message: summaryOf(items, jobOf) });
        tell(batch.items);
        const items = await runBatch(batch.items, {
          atOnce: tasksAtOnce(abilities),
          begin: (_, index) => beginSafely(planned[index], batch.id),
          ended: (id) => untilEnded(runner, id),
          changed: (changed) => {
            now = { ...now, items: [...changed] };
            save();
            tell(changed);
          },
          signal: stop.signal,
          sentence: sentenceOf,
        });
        now = { ...now, items: [...items], over: true };
        await reports.keep(now);
      },
    );
    return now;
  };

  /** Asks once for all; the plan can be looked at first, and then it is asked again. */
  const confirm = async (batch: Batch, asked: Asked, leftOut: number): Promise<boolean> => {
    const { items, price } = batch;
    const count = items.filter(isToDo).length;
    const fill =
      price === null
        ? vscode.l10n.t('Fill {count}', { count })
        : vscode.l10n.t('Fill {count} for {price}', { count, price: priceWords(price) });
    const show = vscode.l10n.t('Show the Plan');
    const question = vscode.l10n.t('Fill {count} of {all} images? Price of all: {price}.', {
      count,
      all: items.length,
      price: priceWords(price),
    });
    const detail = await detailOf(deps, asked, items, leftOut);
    const choice = await vscode.window.showWarningMessage(question, { modal: true, detail }, fill, show);
    if (choice !== show) return choice === fill;
    await reports.keep(batch);
    await reports.show(batch.id);
    return (await vscode.window.showInformationMessage(question, fill)) === fill;
  };

  const sayNothingToDo = async (batch: Batch): Promise<void> => {
    await reports.keep({ ...batch, over: true });
    const show = vscode.l10n.t('Show Report');
    const said = vscode.l10n.t('There is nothing to fill: {summary}.', { summary: summaryOf(batch.items, jobOf) });
    if ((await vscode.window.showInformationMessage(said, show)) === show) await reports.show(batch.id);
  };

  const start = async (uri?: vscode.Uri, all?: unknown): Promise<void> => {
    const chosen = await askImages(uri, all);
    if (chosen.length === 0) return;
    const rule = await askRule();
    if (rule === undefined) return;
    const wishes = await askWishes(deps.panels.active(), chosen[0]);
    if (wishes === undefined) return;
    const service = await readyService(deps, wishes.service);
    if (service === undefined) return;
    valueOf(checkPrompt(wishes.parameters.prompt, service.abilities));

    const mask = rule.kind === 'file' ? rule.uri.toString() : undefined;
    const paths = chosen.map((each) => each.toString()).filter((each) => each !== mask);
    const { images, leftOut } = sortOut(paths, rule.kind === 'beside');
    if (images.length === 0) throw new FaultError(fault('batch.none'));
    const asked = { rule, wishes, service };
    const planned = await planAll(
      deps,
      asked,
      images.map((each) => vscode.Uri.parse(each)),
    );
    if (planned === undefined) return;
    const items = planned.map(({ item }) => item);
    const batch: Batch = {
      version: 1,
      id: newFillId(clock.now(), Math.random),
      createdAt: new Date(clock.now()).toISOString(),
      service: service.abilities.name,
      prompt: wishes.parameters.prompt,
      price: priceOfBatch(items),
      over: false,
      items,
    };
    if (!items.some(isToDo)) return sayNothingToDo(batch);
    if (!(await confirm(batch, asked, leftOut.length))) return;
    const ended = await run(batch, planned, service);
    const show = vscode.l10n.t('Show Report');
    const said = vscode.l10n.t('The batch has ended: {summary}. Cost: {cost}.', {
      summary: summaryOf(ended.items, jobOf),
      cost: dollarsText(costOfItems(ended.items, jobOf)),
    });
    if ((await vscode.window.showInformationMessage(said, show)) === show) await reports.show(batch.id);
  };

  const showReports = async (): Promise<void> => {
    const batches = await reports.list();
    if (batches.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There are no reports of batches yet.'));
      return;
    }
    const picked = await vscode.window.showQuickPick(
      batches.map(({ id, createdAt, items, prompt }) => ({
        label: new Date(createdAt).toLocaleString(),
        description: vscode.l10n.t('{count} images', { count: items.length }),
        detail: prompt,
        id,
      })),
      { title: vscode.l10n.t('Reports of batches') },
    );
    if (picked !== undefined) await reports.show(picked.id);
  };

  const unlisten = runner.onChange((job) => {
    const batch = owners.get(job.fill.id);
    if (batch !== undefined) reports.touch(batch);
  });
  const registered = vscode.Disposable.from(
    reports,
    registerCommand(commands.batch, log, start),
    registerCommand(commands.showBatches, log, showReports),
  );
  return {
    owns: (job) => owners.has(job.fill.id),
    dispose: () => {
      unlisten();
      registered.dispose();
    },
  };
};
