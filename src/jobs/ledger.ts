/**
 * What was spent, by day and service, and the daily limit. One empty file a request, in a folder a day, named after what
 * it says: `JOB.STEP.SERVICE.MILLIONTHS`, with `.agent` behind it where an agent asked for the fill. A request takes its price
 * out of the day before it is sent, so that of any number of processes none passes the limit: each writes its own file first
 * and counts then.
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok, type Result } from '../fill/faults.ts';
import { dollarsText } from '../fill/price.ts';
import { serviceIds, type Fill, type ServiceId } from '../fill/record.ts';
import { errorCode } from './disk.ts';

const millionths = 1_000_000;

/** Who asked for a fill: a person, or an agent, which has a limit of its own within the daily one. */
type Asker = Fill['by'];

export interface Limits {
  /** US dollars a day; null where there is no limit. */
  readonly all: number | null;
  /** US dollars of those that agents may spend. */
  readonly agents: number | null;
}

interface Spending {
  readonly name: string;
  readonly request: string;
  readonly service: ServiceId;
  readonly dollars: number;
  readonly by: Asker;
}

/** Which request of which job, and when it was sent (milliseconds since 1970): its day is that of this machine's clock. */
export interface Request {
  readonly id: string;
  readonly step: number;
  readonly at: number;
}

export interface Ledger {
  /**
   * Whether so much, in US dollars, still fits into the day of `at` (milliseconds since 1970). Fault `money.limit` where it
   * does not, or `money.agentLimit`. Takes nothing out. Throws the disk's errors.
   */
  fits(at: number, dollars: number, by?: Asker): Promise<Result<void>>;
  /**
   * Takes the price of a request, in US dollars, out of its day. Free ones are not written down. Fault `money.limit` where
   * it would pass the limit, or `money.agentLimit`. Throws the disk's errors.
   */
  reserve(request: Request, service: ServiceId, dollars: number, by?: Asker): Promise<Result<void>>;
  /** Sets what a request cost in the end; 0 takes it out. One that was never reserved stays out. Throws the disk's errors. */
  settle(request: Request, dollars: number): Promise<void>;
}

export interface Day {
  /** As in 2026-11-21. */
  readonly day: string;
  /** US dollars. */
  readonly total: number;
  readonly services: Readonly<Partial<Record<ServiceId, number>>>;
}

const two = (value: number): string => String(value).padStart(2, '0');

const dayOf = (time: number): string => {
  const date = new Date(time);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};

const spendingOf = (name: string): readonly Spending[] => {
  const [, request, service, amount, agent] =
    /^([0-9a-z]{10,40}\.\d{1,3})\.([a-z]{1,20})\.(\d{1,12})(\.agent)?$/.exec(name) ?? [];
  const by = agent === undefined ? undefined : 'agent';
  return serviceIds.some((id) => id === service)
    ? [{ name, request, service: service as ServiceId, dollars: Number(amount) / millionths, by }]
    : [];
};

const namesIn = (folder: string): Promise<readonly string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });

const readDay = async (folder: string): Promise<readonly Spending[]> => (await namesIn(folder)).flatMap(spendingOf);

/** Sums of cents stay cents. */
const total = (spendings: readonly Spending[]): number =>
  Math.round(spendings.reduce((sum, { dollars }) => sum + dollars, 0) * millionths) / millionths;

const ofAgents = (spendings: readonly Spending[]): readonly Spending[] => spendings.filter(({ by }) => by === 'agent');

/** A ledger in `directory`; `limits` is asked before each request. */
export const createLedger = (directory: string, limits: () => Promise<Limits>): Ledger => {
  const folderOf = ({ at }: Request): string => join(directory, dayOf(at));
  const keyOf = ({ id, step }: Request): string => `${id}.${step}`;
  const nameOf = (request: Request, service: ServiceId, dollars: number, by: Asker): string =>
    `${keyOf(request)}.${service}.${Math.round(dollars * millionths)}${by === undefined ? '' : `.${by}`}`;
  const remove = (folder: string, { name }: Pick<Spending, 'name'>): Promise<void> =>
    rm(join(folder, name), { force: true });

  const under = (
    limit: number | null,
    others: readonly Spending[],
    dollars: number,
    code: 'money.limit' | 'money.agentLimit',
  ): Result<void> => {
    if (limit === null) return ok(undefined);
    const spent = total(others);
    // Rounded as the amounts are, so that ten times ten cents are a dollar.
    if (Math.round((spent + dollars) * millionths) <= Math.round(limit * millionths)) return ok(undefined);
    return failed(code, { limit: dollarsText(limit), spent: dollarsText(spent), price: dollarsText(dollars) });
  };

  const within = async (others: readonly Spending[], dollars: number, by: Asker): Promise<Result<void>> => {
    const { all, agents } = await limits();
    const room = under(all, others, dollars, 'money.limit');
    return room.ok && by === 'agent' ? under(agents, ofAgents(others), dollars, 'money.agentLimit') : room;
  };

  return {
    async fits(at, dollars, by) {
      return dollars === 0 ? ok(undefined) : within(await readDay(join(directory, dayOf(at))), dollars, by);
    },
    async reserve(request, service, dollars, by) {
      if (dollars === 0) return ok(undefined);
      const folder = folderOf(request);
      await mkdir(folder, { recursive: true });
      const name = nameOf(request, service, dollars, by);
      await writeFile(join(folder, name), '');
      const others = (await readDay(folder)).filter((spending) => spending.name !== name);
      const isEarlier = (spending: Spending): boolean => spending.request === keyOf(request);
      for (const earlier of others.filter(isEarlier)) await remove(folder, earlier);
      const room = await within(
        others.filter((spending) => !isEarlier(spending)),
        dollars,
        by,
      );
      if (!room.ok) await remove(folder, { name });
      return room;
    },
    async settle(request, dollars) {
      const folder = folderOf(request);
      const ofRequest = (await readDay(folder)).filter((spending) => spending.request === keyOf(request));
      for (const spending of ofRequest)
        if (dollars === 0) await remove(folder, spending);
        else
          await rename(
            join(folder, spending.name),
            join(folder, nameOf(request, spending.service, dollars, spending.by)),
          );
    },
  };
};

/** US dollars spent on the day of `time` (milliseconds since 1970). Throws the disk's errors. */
export const spentOn = async (directory: string, time: number): Promise<number> =>
  total(await readDay(join(directory, dayOf(time))));

/** What of it agents spent. */
export const spentByAgents = async (directory: string, time: number): Promise<number> =>
  total(ofAgents(await readDay(join(directory, dayOf(time)))));

/** What was spent on each day, newest first. Reads one folder listing a day. Throws the disk's errors. */
export const readLedger = async (directory: string): Promise<readonly Day[]> => {
  const days = (await namesIn(directory)).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
  return Promise.all(
    [...days]
      .sort()
      .reverse()
      .map(async (day) => {
        const spendings = await readDay(join(directory, day));
        const services = Object.fromEntries(
          serviceIds
            .map((id) => [id, total(spendings.filter(({ service }) => service === id))] as const)
            .filter(([, dollars]) => dollars > 0),
        );
        return { day, total: total(spendings), services };
      }),
  );
};
