import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeStore } from './index.ts';

/** Tasks of the practice service as files of one folder; each is written whole or not at all. */
export const fileStore = (directory: string): PracticeStore => ({
  get: async (name) => {
    try {
      return await readFile(join(directory, name));
    } catch {
      return undefined;
    }
  },
  put: async (name, bytes) => {
    await mkdir(directory, { recursive: true });
    const temporary = join(directory, `${name}.${crypto.randomUUID()}.tmp`);
    await writeFile(temporary, bytes);
    await rename(temporary, join(directory, name));
  },
  delete: async (name) => rm(join(directory, name), { force: true }),
});
