/** The command line's own ledger and daily limit, in its state folder: apart from the editor's. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { errorCode, writeAtomic } from '../jobs/disk.ts';
import { makeFolder } from './state.ts';

export const ledgerFolder = (state: string): string => join(state, 'ledger');

const limitFile = (state: string): string => join(state, 'limit.json');

const limitSchema = v.object({ dollars: v.nullable(v.pipe(v.number(), v.minValue(0))) });

/** US dollars that may be spent on a day; null where there is no limit. Throws where what is kept cannot be read. */
export const readLimit = async (state: string): Promise<number | null> => {
  try {
    return v.parse(limitSchema, JSON.parse(await readFile(limitFile(state), 'utf8'))).dollars;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw new Error(`${limitFile(state)} cannot be read`, { cause: error });
  }
};

/** Keeps the limit; null for none. Throws the disk's errors. */
export const writeLimit = async (state: string, dollars: number | null): Promise<void> => {
  await makeFolder(state);
  await writeAtomic(limitFile(state), JSON.stringify({ dollars } satisfies v.InferOutput<typeof limitSchema>), () =>
    Promise.resolve(),
  );
};
