/** A recipe and its files on this machine's disk: where they lie is checked with every link resolved, before any is read. */
import { realpath, readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { failed, fault, ok, type Result } from '../fill/faults.ts';
import { expandOf } from '../fill/outpaint.ts';
import type { Parameters } from '../fill/parameters.ts';
import type { WindowChoice } from '../fill/plan.ts';
import { maskSettingsOf, readRecipe, recipeLimit, type Recipe } from '../fill/recipe.ts';
import type { Fill } from '../fill/record.ts';
import type { Ask, MaskFrom, Opened } from './ask.ts';
import type { ImageInput } from './engine.ts';
import { hashFile } from './save.ts';

export interface RecipeFile {
  readonly text: string;
  readonly recipe: Recipe;
  /** Absolute, with every link resolved. */
  readonly source: string;
  readonly mask?: string;
}

const isInside = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

/** The file that a recipe names, if it lies inside `root` before and after links are resolved. */
const findFile = async (root: string, folder: string, file: string, name: string): Promise<Result<string>> => {
  const outside = failed('recipe.outside', { name, file, folder: basename(root) });
  const path = resolve(folder, file);
  if (!isInside(root, path)) return outside;
  try {
    const real = await realpath(path);
    if (!isInside(root, real)) return outside;
    return (await stat(real)).isFile() ? ok(real) : failed('image.notAFile', { name: file });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? failed('image.missing', { name: file })
      : failed('image.unreadable', { name: file, reason: code ?? String(error) });
  }
};

const readText = async (path: string, name: string): Promise<Result<string>> => {
  try {
    const found = await stat(path);
    if (!found.isFile()) return failed('image.notAFile', { name });
    if (found.size > recipeLimit) return failed('recipe.tooLarge', { name, limit: recipeLimit / 1024 });
    return ok(await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? failed('image.missing', { name })
      : failed('image.unreadable', { name, reason: code ?? String(error) });
  }
};

/** Reads a recipe and finds its files, which must lie inside `root`. Nothing outside of it is looked at. */
export const openRecipe = async (path: string, root: string): Promise<Result<RecipeFile>> => {
  const name = basename(path);
  const text = await readText(path, name);
  if (!text.ok) return text;
  const read = readRecipe(text.value, name);
  if (!read.ok) return read;
  const recipe = read.value;
  const [realRoot, folder] = await Promise.all([realpath(root), realpath(dirname(path))]);
  const source = await findFile(realRoot, folder, recipe.source.file, name);
  if (!source.ok) return source;
  const opened = { text: text.value, recipe, source: source.value };
  if (recipe.mask.kind !== 'file') return ok(opened);
  const mask = await findFile(realRoot, folder, recipe.mask.file, name);
  return mask.ok ? ok({ ...opened, mask: mask.value }) : mask;
};

/** Of the recipe's files as they are now: lower-case hex. */
export const hashesOf = async ({
  source,
  mask,
}: RecipeFile): Promise<{ readonly source: string; readonly mask?: string }> => ({
  source: await hashFile(source),
  ...(mask === undefined ? {} : { mask: await hashFile(mask) }),
});

const windowOf = ({ window }: Recipe): WindowChoice =>
  window === 'auto' || window === 'whole' ? { kind: window } : { kind: 'rect', rect: window };

const maskFrom = ({ mask }: Recipe, input: ImageInput | undefined): MaskFrom => {
  if (mask.kind === 'rectangle') return { kind: 'rectangle', rect: mask.rect };
  if (mask.kind !== 'file') return { kind: mask.kind };
  // A recipe whose mask is a file is opened together with it.
  return { kind: 'file', input: input!, channel: mask.channel };
};

/**
 * What a recipe asks for of its source. `parameters`: its own, as the service takes them. Faults: expand.none,
 * expand.tooLarge, expand.overlap.
 */
export const askOfRecipe = (
  recipe: Recipe,
  source: Opened,
  mask: ImageInput | undefined,
  given: { readonly parameters: Parameters; readonly send?: 'alpha' | undefined } & Pick<
    Fill['save'],
    'note' | 'out'
  > & {
      readonly as?: Fill['save']['as'];
    },
): Result<Ask> => {
  const { expand: sides, save } = recipe;
  const expand =
    sides === undefined ? ok(undefined) : expandOf(source.header, source.name, { kind: 'sides', sides }, sides.overlap);
  if (!expand.ok) return expand;
  return ok({
    mask: maskFrom(recipe, mask),
    settings: maskSettingsOf(recipe),
    parameters: given.parameters,
    expand: expand.value,
    window: windowOf(recipe),
    send: given.send,
    save: {
      as: given.as ?? save.as,
      opaque: save.opaque,
      tone: save.tone,
      note: given.note,
      ...(given.out === undefined ? {} : { out: given.out }),
    },
  });
};

export const changedFault = (file: string, path: string) => fault('recipe.changed', { file, name: basename(path) });
