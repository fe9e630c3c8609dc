/** `flux-fill`: the same core as in the editor, from a terminal. */
import { faultOf, fault, ok, type Fault, type Result } from '../fill/faults.ts';
import { dollarsText } from '../fill/price.ts';
import { endStates, isImageOf, neverSent, nextActOf, type Job, type ServiceId } from '../fill/record.ts';
import { errorReason, journalFault } from '../jobs/disk.ts';
import { readLedger } from '../jobs/ledger.ts';
import { findJob, leftJobs, listJobs } from '../jobs/list.ts';
import { readArguments, type Arguments, type FillArguments, type ResumeArguments } from './args.ts';
import { runSeveral } from './batch.ts';
import { exitOf, exits } from './exit.ts';
import { askRequests, type AskedRequests } from './fill.ts';
import { help } from './help.ts';
import { chosenService, needsKey, openHouse, placeOfService, type House } from './house.ts';
import { ledgerFolder, readLimit, writeLimit } from './money.ts';
import { checkPlace } from './place.ts';
import { askRecipe } from './recipe.ts';
import { dryView, faultView, jobView, pathOf, planText, print, printResult, say, sentenceOf } from './report.ts';
import { makeFolder, stateFolder } from './state.ts';
import { follow, listenForInterrupt, waitFor } from './wait.ts';
import packageJson from '../../package.json' with { type: 'json' };

interface Run {
  readonly house: House;
  readonly interrupt: AbortSignal;
  readonly json: boolean;
  /** What was said before the job began. */
  readonly told: readonly Fault[];
}

/** `service`: the one whose key is in question. */
const failWith = (why: Fault, json: boolean, service?: ServiceId): number => {
  if (json) print(JSON.stringify(faultView(why)));
  say(sentenceOf(why, service));
  return exitOf(why.code);
};

/** What came of an ended job: said, and given as an object for --json. */
const tellEnd = ({ house, told }: Run, job: Job): Told => {
  const path = pathOf(job);
  const { out } = job.fill.save;
  const elsewhere = path !== null && out !== undefined && path !== out.path;
  const moved = elsewhere ? [fault('save.taken', { name: out.path, saved: path })] : [];
  for (const warning of [...moved, ...job.warnings]) say(sentenceOf(warning));
  if (job.fault !== undefined) say(sentenceOf(job.fault, job.fill.service.id));
  if (neverSent(job)) say(sentenceOf(fault('job.neverSent')));
  if (nextActOf(job) === 'send') say(sentenceOf(fault('job.sendAgain', { id: job.fill.id })));
  const view = jobView(job, house.requests(), [...told, ...moved]);
  if (job.state === 'unknown') return { path, view, exit: exits.unknown };
  return { path, view, exit: job.fault === undefined ? exits.done : exitOf(job.fault.code) };
};

interface Told {
  readonly path: string | null;
  readonly view: object;
  readonly exit: number;
}

/** The paths, or one object: of several images it lists them all. Gives the first exit code that is not 0. */
const printTold = (json: boolean, told: readonly Told[]): number => {
  if (json) printResult(JSON.stringify(told.length === 1 ? told[0].view : { images: told.map(({ view }) => view) }));
  else for (const { path } of told) if (path !== null) printResult(path);
  return told.find(({ exit }) => exit !== exits.done)?.exit ?? exits.done;
};

/** Waits for a job and the jobs of the further images of its request; says what came of each. */
const see = async (run: Run, id: string, timeout: number): Promise<readonly Told[]> => {
  const { house, interrupt, told } = run;
  const outcome = await waitFor(house.runner, id, timeout, interrupt);
  if (typeof outcome !== 'string') {
    const further = house.runner.jobs().filter(({ fill }) => isImageOf(fill.id, id));
    const others = await Promise.all(further.map(({ fill }) => see(run, fill.id, timeout)));
    return [tellEnd(run, outcome), ...others.flat()];
  }
  const why = {
    timeout: fault('job.notReady', { id, seconds: timeout / 1000 }),
    interrupted: fault('job.interrupted', { id }),
    busy: fault('job.busy'),
  }[outcome];
  // Said at once: a second Ctrl+C ends the program before the job has stopped.
  say(sentenceOf(why));
  await house.runner.dispose();
  const job = await findJob(house.jobsFolder, id);
  if (job !== undefined && endStates.includes(job.state)) return [tellEnd(run, job)];
  const view = job === undefined ? faultView(why) : jobView(job, house.requests(), told, why);
  return [{ path: null, view, exit: exitOf(why.code) }];
};

/** Nothing is sent during `work`: an interrupt ends what the engine does for it. */
const beforeSending = async <T>({ house, interrupt }: Run, work: Promise<T>): Promise<T> => {
  const stop = (): void => void house.engine.dispose();
  interrupt.addEventListener('abort', stop);
  return work.finally(() => interrupt.removeEventListener('abort', stop));
};

const start = async (run: Run, { fills, base, path }: AskedRequests, timeout: number): Promise<number> => {
  const { house, json } = run;
  const [fill] = fills;
  const key = needsKey(fill) ? house.key(fill.service) : undefined;
  if (key?.ok === false) return failWith(key.fault, json);
  try {
    await makeFolder(house.state);
  } catch (error) {
    return failWith(journalFault(error, house.state), json);
  }
  const told: Promise<readonly Told[]>[] = [];
  for (const each of fills) {
    follow(house.runner, each.id, fills.length > 1);
    const started = await beforeSending(run, house.runner.start({ fill: each, source: { path }, base }));
    if (started.ok) told.push(see(run, each.id, timeout));
    else if (told.length === 0) return failWith(started.fault, json);
    else told.push(Promise.resolve([{ path: null, view: faultView(started.fault), exit: exitOf(started.fault.code) }]));
  }
  return printTold(json, (await Promise.all(told)).flat());
};

/** Says what would be sent and what it costs, and sends it unless it is only asked. */
const proceed = async (
  run: Run,
  asking: Promise<Result<AskedRequests>>,
  { dryRun, timeout }: { readonly dryRun: boolean; readonly timeout: number },
): Promise<number> => {
  const { interrupt, json } = run;
  const made = await beforeSending(run, asking);
  if (interrupt.aborted) return failWith(fault('job.cancelled'), json);
  if (!made.ok) return failWith(made.fault, json);
  const { fills, warnings } = made.value;
  const place = await checkPlace(fills[0]);
  if (!place.ok) return failWith(place.fault, json);
  say(planText(fills));
  for (const warning of warnings) say(sentenceOf(warning));
  if (!dryRun) return start({ ...run, told: warnings }, made.value, timeout);
  if (json) print(JSON.stringify(dryView(fills, warnings)));
  return exits.done;
};

const runFill = async (run: Run, asked: FillArguments): Promise<number> => {
  const service = chosenService(asked);
  if (!service.ok) return failWith(service.fault, run.json);
  return proceed(run, askRequests(run.house.engine, asked, service.value), asked);
};

const runJobs = async ({ house, json }: Run): Promise<number> => {
  let jobs: readonly Job[];
  try {
    jobs = [...(await listJobs(house.jobsFolder)), ...(await leftJobs(house.jobsFolder))];
  } catch (error) {
    return failWith(fault('journal.read', { folder: house.jobsFolder, reason: errorReason(error) }), json);
  }
  if (json) print(JSON.stringify(jobs.map((job) => jobView(job, 0))));
  else for (const { fill, state } of jobs) print(`${fill.id}  ${state}  ${fill.createdAt}  ${fill.source.name}`);
  if (jobs.length === 0) say('No open jobs, and none that ended without its result.');
  return exits.done;
};

const runResume = async (run: Run, { id, timeout, sendAgain }: ResumeArguments): Promise<number> => {
  const { house, json } = run;
  const job = await findJob(house.jobsFolder, id);
  if (job === undefined) return failWith(fault('argument.job', { id }), json);
  const ended = endStates.includes(job.state) && job.endedAt !== undefined;
  const act = ended ? nextActOf(job) : undefined;
  // A process that died after the end, before the job was closed, left that to do.
  if (ended) await house.runner.resume(id);
  if (ended && (act === undefined || (act === 'send' && !sendAgain))) return printTold(json, [tellEnd(run, job)]);
  const key = act !== 'save' && needsKey(job.fill) ? house.key(job.fill.service) : undefined;
  if (key?.ok === false) return failWith(key.fault, json);
  follow(house.runner, id);
  await (act === undefined ? house.runner.resume(id) : house.runner.goOn(id, act));
  const ours = house.runner.jobs().some(({ fill }) => fill.id === id);
  return ours ? printTold(json, await see(run, id, timeout)) : failWith(fault('job.busy'), json);
};

const runSpent = async ({ house, json }: Run): Promise<number> => {
  const days = await readLedger(ledgerFolder(house.state));
  if (json) print(JSON.stringify(days));
  for (const { day, total, services } of json ? [] : days) {
    const parts = Object.entries(services).map(([id, dollars]) => `${id} ${dollarsText(dollars)}`);
    print(`${day}  ${dollarsText(total)}  ${parts.join(', ')}`);
  }
  if (days.length === 0) say('Nothing was spent yet.');
  return exits.done;
};

/** Asks the service for nothing whether the key counts, and for the credits where it tells. */
const runCredits = async (
  { house, json }: Run,
  { service: id, baseUrl }: Extract<Arguments, { verb: 'credits' }>,
): Promise<number> => {
  const place = placeOfService(id, baseUrl);
  if (!place.ok) return failWith(place.fault, json);
  const service = house.service(id, place.value.baseUrl);
  const told = await (service.account?.(AbortSignal.timeout(30_000)) ?? ok<{ readonly credits?: number }>({}));
  if (!told.ok) return failWith(told.fault, json, id);
  const credits = told.value.credits ?? null;
  if (json) print(JSON.stringify({ service: id, credits }));
  else if (credits !== null) print(String(credits));
  if (credits === null) say(`${place.value.abilities.name} does not say how many credits are left.`);
  return exits.done;
};

const runLimit = async ({ house, json }: Run, dollars: number | null | undefined): Promise<number> => {
  try {
    if (dollars !== undefined) await writeLimit(house.state, dollars);
    const limit = await readLimit(house.state);
    print(limit === null ? 'off' : dollarsText(limit));
    return exits.done;
  } catch (error) {
    return failWith(fault('journal.read', { folder: house.state, reason: errorReason(error) }), json);
  }
};

const runIn = async (run: Run, asked: Exclude<Arguments, { verb: 'help' | 'version' }>): Promise<number> => {
  switch (asked.verb) {
    case 'fill':
      return runFill(run, asked.fill);
    case 'batch':
      return runSeveral(run, asked.batch);
    case 'run':
      return proceed(run, askRecipe(run.house.engine, asked.run), asked.run);
    case 'jobs':
      return runJobs(run);
    case 'spent':
      return runSpent(run);
    case 'credits':
      return runCredits(run, asked);
    case 'limit':
      return runLimit(run, asked.dollars);
    case 'resume':
      return runResume(run, asked);
  }
};

const isThere = (): boolean => {
  try {
    return process.cwd() !== '';
  } catch {
    return false;
  }
};

/** Runs the program and gives its exit code. `workers` is the folder of the built files. */
export const main = async (argv: readonly string[], workers: URL): Promise<number> => {
  const read = readArguments(argv);
  if (!read.ok) return failWith(read.fault, argv.includes('--json'));
  const asked = read.value;
  if (asked.verb === 'help' || asked.verb === 'version') {
    print(asked.verb === 'help' ? help : packageJson.version);
    return exits.done;
  }
  const { json } = asked;
  if (!isThere()) return failWith(fault('argument.folder'), json);
  const levels = process.env['FLUX_FILL_LOG'] === undefined ? ['error'] : ['error', 'warn', 'info', 'debug'];
  const house = openHouse({
    state: stateFolder(),
    environment: process.env,
    workers,
    log: (level, text) => {
      if (levels.includes(level)) say(`[${level}] ${text}`);
    },
  });
  if (!house.ok) return failWith(house.fault, json);
  house.value.runner.onFault((why) => say(sentenceOf(why)));
  try {
    const interrupt = listenForInterrupt(house.value.abandon);
    return await runIn({ house: house.value, interrupt, json, told: [] }, asked);
  } catch (error) {
    return failWith(faultOf(error), json);
  } finally {
    await house.value.close();
  }
};
