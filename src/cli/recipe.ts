/** `flux-fill run RECIPE`: from a recipe to what is asked for. */
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { fitTo } from '../fill/fit.ts';
import { ok, type Result } from '../fill/faults.ts';
import { changedFiles, withHashes } from '../fill/recipe.ts';
import { writeAtomic } from '../jobs/disk.ts';
import { askFill } from '../raster/ask.ts';
import type { Engine } from '../raster/engine.ts';
import { askOfRecipe, changedFault, hashesOf, openRecipe } from '../raster/recipe.ts';
import { saveFault } from '../raster/save.ts';
import type { RunArguments } from './args.ts';
import { openFile, placeOf, saveAs, type AskedRequests } from './fill.ts';
import { abilitiesOf, chosenService } from './house.ts';

/** The folder that the files of a recipe must lie in: the one that the command is run in, where the recipe lies there too. */
const rootOf = (recipe: string): string => {
  const here = process.cwd();
  const way = relative(here, recipe);
  return way === '..' || way.startsWith(`..${sep}`) || resolve(here, way) !== recipe ? dirname(recipe) : here;
};

export const askRecipe = async (engine: Engine, run: RunArguments): Promise<Result<AskedRequests>> => {
  const path = resolve(run.recipe);
  const opened = await openRecipe(path, rootOf(path));
  if (!opened.ok) return opened;
  const { recipe, source: image, mask, text } = opened.value;
  const hashes = await hashesOf(opened.value);
  const changed = changedFiles(recipe, hashes);
  if (changed.length > 0 && run.changed === undefined) return { ok: false, fault: changedFault(changed[0], path) };

  const parameters = fitTo(abilitiesOf(run.service), recipe.parameters);
  const service = chosenService({ ...run, parameters });
  if (!service.ok) return service;
  const source = await openFile(image);
  if (!source.ok) return source;
  const as = run.out === undefined ? ok(recipe.save.as) : saveAs(run.out, source.value.header);
  if (!as.ok) return as;
  const ask = askOfRecipe(recipe, source.value, mask === undefined ? undefined : { name: basename(mask), path: mask }, {
    parameters,
    send: run.send === 'alpha' ? 'alpha' : undefined,
    as: as.value,
    note: run.note,
    ...placeOf(run),
  });
  if (!ask.ok) return ask;
  const made = await askFill(engine, source.value, ask.value, service.value);
  if (!made.ok) return made;
  if (changed.length > 0 && run.changed === 'update' && !run.dryRun)
    try {
      await writeAtomic(path, withHashes(text, hashes), () => Promise.resolve());
    } catch (error) {
      return { ok: false, fault: await saveFault(error, dirname(path), basename(path)) };
    }
  const { fill, base, warnings } = made.value;
  return ok({ fills: [fill], base, path: image, warnings });
};
