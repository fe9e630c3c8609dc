/**
 * What was spent, by day and service, and the daily limit. One empty file a request, in a folder a day, named after what
 * it says: `JOB.STEP.SERVICE.MILLIONTHS`. A request takes its price out of the day before it is sent, so that of any
 * number of processes none passes the limit: each writes its own file first and counts then.
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok, type Result } from '../fill/faults.ts';
import { dollarsText } from '../fill/price.ts';
import { serviceIds, type ServiceId } from '../fill/record.ts';
import { errorCode } from './disk.ts';

const millionths = 1_000_000;

interface Spending {
  readonly name: string;
  readonly request: string;
  readonly service: ServiceId;
  readonly dollars: number;
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
   * does not. Takes nothing out. Throws the disk's errors.
   */
  fits(at: number, dollars: number): Promise<Result<void>>;
  /**
   * Takes the price of a request, in US dollars, out of its day. Free ones are not written down. Fault `money.limit` where
   * it would pass the limit. Throws the disk's errors.
   */
  reserve(request: Request, service: ServiceId, dollars: number): Promise<Result<void>>;
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
  const [, request, service, amount] = /^([0-9a-z]{10,40}\.\d{1,3})\.([a-z]{1,20})\.(\d{1,12})$/.exec(name) ?? [];
  return serviceIds.some((id) => id === service)
    ? [{ name, request, service: service as ServiceId, dollars: Number(amount) / millionths }]
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

/** A ledger in `directory`; `dailyLimit` gives US dollars, or null where there is none, and is asked before each request. */
export const createLedger = (directory: string, dailyLimit: () => Promise<number | null>): Ledger => {
  const folderOf = ({ at }: Request): string => join(directory, dayOf(at));
  const keyOf = ({ id, step }: Request): string => `${id}.${step}`;
  const nameOf = (request: Request, service: ServiceId, dollars: number): string =>
    `${keyOf(request)}.${service}.${Math.round(dollars * millionths)}`;
  const remove = (folder: string, { name }: Pick<Spending, 'name'>): Promise<void> =>
    rm(join(folder, name), { force: true });

  const within = async (others: readonly Spending[], dollars: number): Promise<Result<void>> => {
    const limit = await dailyLimit();
    if (limit === null) return ok(undefined);
    const spent = total(others);
    // Rounded as the amounts are, so that ten times ten cents are a dollar.
    if (Math.round((spent + dollars) * millionths) <= Math.round(limit * millionths)) return ok(undefined);
    return failed('money.limit', {
      limit: dollarsText(limit),
      spent: dollarsText(spent),
      price: dollarsText(dollars),
    });
  };

  return {
    async fits(at, dollars) {
      return dollars === 0 ? ok(undefined) : within(await readDay(join(directory, dayOf(at))), dollars);
    },
    async reserve(request, service, dollars) {
      if (dollars === 0) return ok(undefined);
      const folder = folderOf(request);
      await mkdir(folder, { recursive: true });
      const name = nameOf(request, service, dollars);
      await writeFile(join(folder, name), '');
      const others = (await readDay(folder)).filter((spending) => spending.name !== name);
      const isEarlier = (spending: Spending): boolean => spending.request === keyOf(request);
      for (const earlier of others.filter(isEarlier)) await remove(folder, earlier);
      const room = await within(
        others.filter((spending) => !isEarlier(spending)),
        dollars,
      );
      if (!room.ok) await remove(folder, { name });
      return room;
    },
    async settle(request, dollars) {
      const folder = folderOf(request);
      const ofRequest = (await readDay(folder)).filter((spending) => spending.request === keyOf(request));
      for (const spending of ofRequest)
        if (dollars === 0) await remove(folder, spending);
        else await rename(join(folder, spending.name), join(folder, nameOf(request, spending.service, dollars)));
    },
  };
};

/** US dollars spent on the day of `time` (milliseconds since 1970). Throws the disk's errors. */
export const spentOn = async (directory: string, time: number): Promise<number> =>
  total(await readDay(join(directory, dayOf(time))));

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
