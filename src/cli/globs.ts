/** Patterns among the arguments, for shells that do not expand them. */
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { glob } from 'tinyglobby';
import { failed, ok, type Result } from '../fill/faults.ts';
import { isPattern } from './args.ts';

const images = /\.(png|jpe?g|webp|gif)$/i;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Files by a pattern: those that are called like images, sorted. Links are not followed into folders. */
const matches = async (pattern: string): Promise<readonly string[]> => {
  const found = await glob(process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern, {
    absolute: true,
    expandDirectories: false,
    followSymbolicLinks: false,
  });
  return found.filter((path) => images.test(path)).sort((a, b) => (a < b ? -1 : 1));
};

/** Absolute paths of what was named; a word that is the name of a file is no pattern. Fault argument.noMatch. */
export const expandWords = async (words: readonly string[]): Promise<Result<readonly string[]>> => {
  const paths: string[] = [];
  for (const word of words) {
    if (!isPattern(word) || (await exists(resolve(word)))) {
      paths.push(resolve(word));
      continue;
    }
    const found = await matches(word);
    if (found.length === 0) return failed('argument.noMatch', { pattern: word });
    paths.push(...found.map((path) => resolve(path)));
  }
  return ok(paths);
};
