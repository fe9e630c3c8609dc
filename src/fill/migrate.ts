/** Records that earlier versions of Flux Fill wrote, brought to the present version. What is no such record stays as it is. */
import { recordVersion } from './record.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** A fill of version 1 left out tone and note where they were as usual. */
export const migrateFill = (fill: unknown): unknown =>
  isObject(fill) && fill['version'] === 1 && isObject(fill['save'])
    ? { ...fill, version: recordVersion, save: { tone: true, note: true, ...fill['save'] } }
    : fill;

/** A job of version 1 left out its step where it was the first, and the number of its results where it was one or none. */
export const migrateJob = (job: unknown): unknown =>
  isObject(job) && isObject(job['fill']) && job['fill']['version'] === 1
    ? { step: 0, results: job['resultType'] === undefined ? 0 : 1, ...job, fill: migrateFill(job['fill']) }
    : job;
