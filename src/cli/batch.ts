/** Several images by one rule: what is done already, one price of all, then the queue, and what came of each. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  costOf,
  inPool,
  isToDo,
  lookUp,
  outcomeOf,
  priceOfBatch,
  readAtOnce,
  reasonOf,
  sortOut,
  tasksAtOnce,
  type BatchItem,
  type LeftOut,
  type Made,
  type Outcome,
  type Standing,
} from '../fill/batch.ts';
import { failed, fault, ok, type Fault, type Result } from '../fill/faults.ts';
import { isResultOf } from '../fill/names.ts';
import { dollarsText } from '../fill/price.ts';
import type { Job } from '../fill/record.ts';
import { goOnWith, packed, runBatch, startPacked, type Packed } from '../jobs/batch.ts';
import { journalFault } from '../jobs/disk.ts';
import { allJobs } from '../jobs/list.ts';
import { askFill, type Asked } from '../raster/ask.ts';
import { readNote } from '../raster/note.ts';
import { hashFile } from '../raster/save.ts';
import type { BatchArguments, FillArguments } from './args.ts';
import { exitOf, exits } from './exit.ts';
import { askOf, checkFile, openFile } from './fill.ts';
import { expandWords } from './globs.ts';
import { chosenService, needsKey, type Chosen, type House } from './house.ts';
import { checkPlace } from './place.ts';
import { faultView, jobView, print, say, sentenceOf } from './report.ts';
import { makeFolder } from './state.ts';
import { waitFor } from './wait.ts';

interface Run {
  readonly house: House;
  readonly interrupt: AbortSignal;
  readonly json: boolean;
}

const askFrom = async (house: House, asked: FillArguments, service: Chosen, path: string): Promise<Result<Asked>> => {
  const source = await openFile(path);
  if (!source.ok) return source;
  const ask = await askOf(asked, source.value, path);
  return ask.ok ? askFill(house.engine, source.value, ask.value, service) : ask;
};

/** The result beside an image that says in its note that it is this fill. */
const noted = async (path: string, isThis: (made: Made) => boolean): Promise<string | undefined> => {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => isResultOf(each, basename(path)))) {
    const note = readNote(await readFile(join(folder, name)).catch(() => new Uint8Array()));
    if (note !== undefined && isThis(note)) return name;
  }
  return undefined;
};

const isSaved = async ({ saved }: Job): Promise<boolean> =>
  saved !== undefined && (await checkFile(fileURLToPath(saved.uri))) === undefined;

interface Planned {
  readonly item: BatchItem;
  readonly path: string;
  readonly packed?: Packed;
}

const planAll = async (
  { house, interrupt }: Run,
  { fill: asked, again }: BatchArguments,
  service: Chosen,
  paths: readonly string[],
): Promise<readonly Planned[]> => {
  const jobs = await allJobs(house.jobsFolder);
  const planned: Planned[] = [];
  const plan = async (path: string, index: number): Promise<void> => {
    const made = await askFrom(house, asked, service, path);
    const seeded = asked.parameters.seed !== null;
    const standing: Standing = !made.ok
      ? { kind: 'refused', fault: made.fault }
      : again
        ? { kind: 'new', price: made.value.fill.price }
        : await lookUp(made.value.fill, seeded, service.abilities.price, {
            noted: (isThis) => noted(path, isThis),
            jobs,
            isSaved,
          });
    const name = relative(process.cwd(), path);
    for (const warning of made.ok && standing.kind === 'new' ? made.value.warnings : [])
      say(`${name}: ${sentenceOf(warning)}`);
    const item = { uri: pathToFileURL(path).toString(), name, standing };
    planned[index] = made.ok ? { item, path, packed: await packed(made.value.fill, made.value.base) } : { item, path };
  };
  await inPool(paths, readAtOnce, plan, () => interrupt.aborted);
  return planned;
};

const tellLeftOut = (leftOut: readonly LeftOut[]): void => {
  for (const why of ['result', 'mask'] as const) {
    const some = leftOut.filter((each) => each.why === why);
    const what = some.length === 1 ? `${why} of another image is` : `${why}s of other images are`;
    if (some.length > 0) say(`${some.length} ${what} left out, such as ${relative(process.cwd(), some[0].path)}`);
  }
};

const count = (items: readonly BatchItem[], kind: Standing['kind']): number =>
  items.filter(({ standing }) => standing.kind === kind).length;

const tellPlan = (items: readonly BatchItem[]): void => {
  for (const { name, standing } of items) {
    if (standing.kind === 'done') say(`${name}: done already, ${standing.name}`);
    if (standing.kind === 'refused' || standing.kind === 'unknown') say(`${name}: ${sentenceOf(standing.fault)}`);
    if (standing.kind === 'unknown') say(`${name}: ${sentenceOf(fault('job.sendAgain', { id: standing.id }))}`);
    if (standing.kind === 'begun') say(`${name}: begun earlier, goes on (${standing.id})`);
  }
  const price = priceOfBatch(items);
  const parts = [
    [count(items, 'new'), 'to fill'],
    [count(items, 'begun'), 'to go on with'],
    [count(items, 'done'), 'done already'],
    [count(items, 'unknown'), 'that may have been charged for'],
    [count(items, 'refused'), 'that cannot be filled'],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const total = price === null ? 'price not known' : price === 0 ? 'free' : dollarsText(price);
  say(`${items.length} ${items.length === 1 ? 'image' : 'images'}: ${said.join(', ')}; ${total} in all`);
};

/** What came of an item, as an object of the list of --json. */
const itemView = (item: BatchItem, job: Job | undefined, house: House) => {
  const why = reasonOf(item, job);
  const outcome = outcomeOf(item, job);
  const told = job === undefined ? faultViewOf(why) : jobView(job, house.requests(), [], why);
  const done = item.standing.kind === 'done' ? join(dirname(fileURLToPath(item.uri)), item.standing.name) : null;
  const price = item.standing.kind === 'new' || item.standing.kind === 'begun' ? item.standing.price : null;
  return { source: fileURLToPath(item.uri), outcome, price, ...told, path: told.path ?? done };
};

const faultViewOf = (why: Fault | undefined) => (why === undefined ? { path: null, error: null } : faultView(why));

const exitOfItem = (item: BatchItem, job: Job | undefined): number => {
  const outcome = outcomeOf(item, job);
  if (outcome === 'saved' || outcome === 'done' || outcome === 'planned') return exits.done;
  if (outcome === 'unknown') return exits.unknown;
  const why = reasonOf(item, job);
  return why === undefined ? exits.internal : exitOf(why.code);
};

const endWords: Readonly<Record<Outcome, string>> = {
  saved: 'saved',
  done: 'done already',
  failed: 'failed',
  cancelled: 'cancelled',
  unknown: 'may have been charged for',
  refused: 'cannot be filled',
  unsent: 'not sent',
  running: 'not ended',
  planned: 'not begun',
};

const tellEnd = (items: readonly BatchItem[], jobOf: (item: BatchItem) => Job | undefined): void => {
  const counts = new Map<Outcome, number>();
  for (const item of items) {
    const outcome = outcomeOf(item, jobOf(item));
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const parts = [...counts].map(([outcome, number]) => `${number} ${endWords[outcome]}`);
  const cost = items.reduce((sum, item) => sum + (jobOf(item) === undefined ? 0 : costOf(jobOf(item)!)), 0);
  say(`${parts.join(', ')}; ${cost === 0 ? 'nothing was charged' : dollarsText(Math.round(cost * 1e6) / 1e6)}`);
  for (const item of items) {
    const why = reasonOf(item, jobOf(item));
    const outcome = outcomeOf(item, jobOf(item));
    if (why !== undefined && outcome !== 'saved') say(`  ${item.name}: ${sentenceOf(why)}`);
  }
};

const failAll = (why: Fault, json: boolean): number => {
  if (json) print(JSON.stringify(faultView(why)));
  say(sentenceOf(why));
  return exitOf(why.code);
};

/** Starts the fill that was planned, if its image is still the same. */
const begin = async ({ runner }: House, { path, packed }: Planned): Promise<Result<string>> => {
  const hash = await hashFile(path).catch(() => undefined);
  if (packed === undefined || hash !== packed.fill.source.sha256)
    return failed('batch.changed', { name: basename(path) });
  const place = await checkPlace(packed.fill);
  return place.ok ? startPacked(runner, packed, { path }) : place;
};

const runPlanned = async (
  run: Run,
  batch: BatchArguments,
  service: Chosen,
  planned: readonly Planned[],
): Promise<readonly BatchItem[]> => {
  const { house, interrupt } = run;
  const { runner } = house;
  const jobOf = ({ id }: BatchItem): Job | undefined => runner.jobs().find(({ fill }) => fill.id === id);
  const said = new Map<number, string>();
  return runBatch(
    planned.map(({ item }) => item),
    {
      atOnce: tasksAtOnce(service.abilities),
      begin: ({ standing }, index) =>
        standing.kind === 'begun' ? goOnWith(runner, standing) : begin(house, planned[index]),
      ended: async (id) => {
        const end = await waitFor(runner, id, batch.fill.timeout, interrupt);
        if (end === 'timeout') return fault('job.notReady', { id, seconds: batch.fill.timeout / 1000 });
        if (end === 'interrupted') return fault('job.interrupted', { id });
        return end === 'busy' ? fault('job.busy') : end;
      },
      changed: (items, index) => {
        const item = items[index];
        const job = jobOf(item);
        const outcome = outcomeOf(item, job);
        const line = outcome === 'saved' ? `saved as ${job!.saved!.name}` : outcome;
        const ended = items.filter((each) => !['running', 'planned'].includes(outcomeOf(each, jobOf(each)))).length;
        if (said.get(index) !== line && outcome !== 'unsent')
          say(`${item.name}: ${line} (${ended} of ${items.length})`);
        said.set(index, line);
      },
      signal: interrupt,
      sentence: sentenceOf,
    },
  );
};

/** Files named, without the mask of all and what is the result or the mask of others. */
const sourcesOf = async ({
  sources,
  fill,
}: BatchArguments): Promise<Result<{ readonly paths: readonly string[]; readonly leftOut: readonly LeftOut[] }>> => {
  const expanded = await expandWords(sources);
  if (!expanded.ok) return expanded;
  const mask = fill.mask.kind === 'file' ? resolve(fill.mask.path) : undefined;
  const named = expanded.value.filter((path) => path !== mask).map((path) => path.replaceAll('\\', '/'));
  const { images, leftOut } = sortOut(named, fill.mask.kind === 'beside');
  return ok({ paths: images.map((path) => resolve(path)), leftOut });
};

/** Runs the batch and gives the exit code: the first that is not 0, in the order of the images. */
export const runSeveral = async (run: Run, batch: BatchArguments): Promise<number> => {
  const { house, interrupt, json } = run;
  const service = chosenService(batch.fill);
  if (!service.ok) return failAll(service.fault, json);
  const sources = await sourcesOf(batch);
  if (!sources.ok) return failAll(sources.fault, json);
  const { paths, leftOut } = sources.value;
  tellLeftOut(leftOut);
  if (paths.length === 0) return failAll(fault('batch.none'), json);
  const planned = await planAll(run, batch, service.value, paths);
  if (interrupt.aborted) return failAll(fault('job.cancelled'), json);
  const items = planned.map(({ item }) => item);
  const price = priceOfBatch(items);
  tellPlan(items);

  const finish = (ended: readonly BatchItem[]): number => {
    const jobs = new Map(house.runner.jobs().map((job) => [job.fill.id, job]));
    const jobOf = ({ id }: BatchItem): Job | undefined => (id === undefined ? undefined : jobs.get(id));
    if (!batch.fill.dryRun) tellEnd(ended, jobOf);
    const images = ended.map((item) => itemView(item, jobOf(item), house));
    if (json) print(JSON.stringify({ dryRun: batch.fill.dryRun, price, images }));
    else for (const { path, outcome } of images) if (path !== null && outcome === 'saved') print(path);
    if (interrupt.aborted) return exits.interrupted;
    return ended.map((item) => exitOfItem(item, jobOf(item))).find((exit) => exit !== exits.done) ?? exits.done;
  };
  if (batch.fill.dryRun) return finish(items);

  const first = planned.find(({ item }) => isToDo(item))?.packed?.fill;
  if (first === undefined) return finish(items);
  const key = needsKey(first) ? house.key(first.service) : undefined;
  if (key?.ok === false) return failAll(key.fault, json);
  try {
    await makeFolder(house.state);
  } catch (error) {
    return failAll(journalFault(error, house.state), json);
  }
  return finish(await runPlanned(run, batch, service.value, planned));
};
