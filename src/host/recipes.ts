/** Recipes in the editor: saved from a panel or a fill, run after their files were checked and the price was confirmed. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { failed, fault, FaultError, ok, valueOf, type Result } from '../fill/faults.ts';
import { checkPrompt, fitTo } from '../fill/fit.ts';
import type { Rect } from '../fill/geometry.ts';
import { maskNamesFor, splitName } from '../fill/names.ts';
import { keptRect, type Expand } from '../fill/outpaint.ts';
import type { Parameters } from '../fill/parameters.ts';
import type { Plan, WindowChoice } from '../fill/plan.ts';
import {
  changedFiles,
  readRecipe,
  recipeEnding,
  recipeLimit,
  recipeName,
  recipeText,
  recipeVersion,
  withHashes,
  type Recipe,
} from '../fill/recipe.ts';
import { plansOf, type Fill, type Job, type MaskKind, type MaskSettings } from '../fill/record.ts';
import { planFill } from '../fill/steps.ts';
import { commands } from '../ids.ts';
import { findBase } from '../jobs/list.ts';
import { bounds } from '../mask/measure.ts';
import type { Mask } from '../mask/mask.ts';
import { maskOfBorder } from '../mask/sources.ts';
import { askFill, hashMask } from '../raster/ask.ts';
import { askOfRecipe, openRecipe } from '../raster/recipe.ts';
import { limitText, openImage, priceWords, readyService, type FillDeps } from './ask.ts';
import { defaultsFor, notesFills } from './defaults.ts';
import { snapshotOf } from './generate.ts';
import { registerCommand } from './notify.ts';
import { sentenceOf } from './sentence.ts';
import { imageInput, jobSource } from './source.ts';
import { exists, folderOf, isLocal, nameOf } from './uris.ts';

const hashOf = async (uri: vscode.Uri): Promise<string> => (await jobSource(uri)).sha256;

/** A new file, never over another one. */
const writeNew = async (uri: vscode.Uri, data: Uint8Array): Promise<void> => {
  if (isLocal(uri)) return writeFile(uri.fsPath, data, { flag: 'wx' });
  if (await exists(uri)) throw new Error(`${uri.path} exists`);
  await vscode.workspace.fs.writeFile(uri, data);
};

/** What a recipe is made from: of a panel as it stands, or of a fill as it was made. */
interface Given {
  readonly source: vscode.Uri;
  readonly sha256: string;
  readonly size: { readonly width: number; readonly height: number };
  readonly base: Mask;
  readonly kind: MaskKind;
  /** Of the file that the mask came from. */
  readonly maskName: string | undefined;
  readonly settings: MaskSettings;
  readonly expand: Expand | undefined;
  readonly window: Recipe['window'];
  readonly parameters: Parameters;
  readonly save: Recipe['save'];
}

/** The rectangle that a mask is, whole and fully; undefined where it is none. */
const rectangleOf = (mask: Mask): Rect | undefined => {
  const box = bounds(mask);
  if (box === null) return undefined;
  for (let y = box.y; y < box.y + box.height; y++) {
    const from = y * mask.width + box.x;
    if (mask.data.subarray(from, from + box.width).some((strength) => strength !== 255)) return undefined;
  }
  return box;
};

const samePlans = (one: readonly Plan[], other: readonly Plan[]): boolean =>
  JSON.stringify(one.map(({ window }) => Object.entries(window).sort())) ===
  JSON.stringify(other.map(({ window }) => Object.entries(window).sort()));

export const registerRecipes = (deps: FillDeps): vscode.Disposable[] => {
  const { panels, runner, engine, services, place, storage, log } = deps;

  const isMask = async (uri: vscode.Uri, { base }: Given): Promise<boolean> => {
    if (!(await exists(uri))) return false;
    const read = await engine.maskFromFile(
      await imageInput(uri),
      { name: '', width: base.width, height: base.height },
      false,
    );
    return read.ok && hashMask(read.value) === hashMask(base);
  };

  /** A mask file beside the source that holds this very mask. */
  const fileOfMask = async (given: Given): Promise<vscode.Uri | undefined> => {
    const names = [...(given.maskName === undefined ? [] : [given.maskName]), ...maskNamesFor(nameOf(given.source))];
    for (const name of names) {
      const uri = vscode.Uri.joinPath(folderOf(given.source), path.posix.basename(name));
      if (await isMask(uri, given)) return uri;
    }
    return undefined;
  };

  const writeMask = async (base: Mask, uri: vscode.Uri): Promise<void> => {
    await mkdir(storage, { recursive: true });
    const out = path.join(storage, `${randomUUID()}.png`);
    try {
      valueOf(await engine.writeMask(base, undefined, out));
      await writeNew(uri, new Uint8Array(await readFile(out)));
    } finally {
      await rm(out, { force: true });
    }
  };

  /** The mask in as few words as it can be said; a painted one is written as a file of its own, at `maskUri`. */
  const maskOf = async (given: Given, maskUri: vscode.Uri): Promise<Recipe['mask']> => {
    const { base, kind, settings, expand, size } = given;
    if (kind === 'alpha' && expand === undefined) {
      const alpha = await engine.maskFromAlpha(await imageInput(given.source));
      if (alpha.ok && hashMask(alpha.value) === hashMask(base)) return { kind, settings };
    }
    const kept = expand === undefined ? null : keptRect(size, expand);
    if (kept !== null && hashMask(maskOfBorder(base.width, base.height, kept)) === hashMask(base))
      return { kind: 'border', settings };
    const rect = expand === undefined ? rectangleOf(base) : undefined;
    if (rect !== undefined && kind !== 'file') return { kind: 'rectangle', rect, settings };
    const found = await fileOfMask(given);
    if (found === undefined) await writeMask(base, maskUri);
    const uri = found ?? maskUri;
    return { kind: 'file', file: nameOf(uri), sha256: await hashOf(uri), settings };
  };

  const write = async (given: Given): Promise<void> => {
    const folder = folderOf(given.source);
    const stem = splitName(nameOf(given.source)).stem;
    let number = 1;
    const at = (): vscode.Uri => vscode.Uri.joinPath(folder, recipeName(stem, number));
    const mask = (): vscode.Uri => at().with({ path: at().path.replace(/\.json$/, '.mask.png') });
    while ((await exists(at())) || (await exists(mask()))) number++;
    const recipe: Recipe = {
      version: recipeVersion,
      source: { file: nameOf(given.source), sha256: given.sha256 },
      mask: await maskOf(given, mask()),
      ...(given.expand === undefined ? {} : { expand: given.expand }),
      parameters: given.parameters,
      window: given.window,
      save: given.save,
    };
    const text = recipeText(recipe);
    valueOf(readRecipe(text, nameOf(at())));
    await writeNew(at(), new TextEncoder().encode(text));
    await vscode.window.showTextDocument(at());
    const service = services.abilities(defaultsFor(given.source).service).name;
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        '{recipe} is saved. It names no service: Run Recipe uses the one of your settings, {service}; on the command line, --service names it.',
        { recipe: nameOf(at()), service },
      ),
    );
  };

  const ofPanel = async (): Promise<Given | undefined> => {
    const panel = panels.active();
    if (panel === undefined) return undefined;
    const { base, settings, maskKind, maskName, parameters, save, window, expand } = snapshotOf(panel.document);
    const source = vscode.Uri.parse(panel.document.uri);
    const opened = valueOf(await openImage(source));
    const measured = valueOf(await engine.measure(base, settings));
    if (measured.bounds === null) throw new FaultError(fault('mask.empty'));
    return {
      source,
      sha256: opened.sha256,
      size: opened.header,
      base,
      kind: maskKind,
      maskName: maskName ?? undefined,
      settings,
      expand: expand ?? undefined,
      window: window.kind === 'rect' ? window.rect : window.kind,
      parameters,
      save,
    };
  };

  /** The choice of the window that gives the windows of a fill: its record has these only. */
  const windowOfFill = async (fill: Fill, base: Mask): Promise<Recipe['window']> => {
    const { bounds } = valueOf(await engine.measure(base, fill.mask.settings));
    if (bounds === null) return 'auto';
    const mask = { bounds, settings: fill.mask.settings, border: fill.mask.kind === 'border' };
    const gives = (choice: WindowChoice): boolean =>
      samePlans(planFill(fill.source, fill.expand, mask, choice), plansOf(fill));
    if (gives({ kind: 'auto' })) return 'auto';
    return gives({ kind: 'whole' }) ? 'whole' : fill.plan.window;
  };

  const ofJob = async ({ fill, seed }: Job): Promise<Given> => {
    if (fill.preset !== undefined) throw new FaultError(fault('recipe.preset'));
    const base = await findBase(path.join(storage, 'jobs'), fill);
    if (base === undefined) throw new FaultError(fault('recipe.noFill'));
    const { as, opaque, tone } = fill.save;
    return {
      source: vscode.Uri.parse(fill.source.uri),
      sha256: fill.source.sha256,
      size: fill.source,
      base,
      kind: fill.mask.kind,
      maskName: fill.mask.name,
      settings: fill.mask.settings,
      expand: fill.expand,
      window: await windowOfFill(fill, base),
      parameters: { ...fill.parameters, seed: seed ?? fill.parameters.seed },
      save: { as, opaque, tone },
    };
  };

  const isJob = (value: unknown): value is Job =>
    typeof value === 'object' && value !== null && 'fill' in value && 'state' in value;

  const save = async (job?: unknown): Promise<void> => {
    const given = isJob(job) ? await ofJob(job) : await ofPanel();
    if (given !== undefined) await write(given);
  };

  const activeRecipe = (): vscode.Uri | undefined => {
    const uri = vscode.window.activeTextEditor?.document.uri;
    return uri?.path.toLowerCase().endsWith(recipeEnding) === true ? uri : undefined;
  };

  const pickRecipe = async (): Promise<vscode.Uri | undefined> =>
    (
      await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Recipe to run'),
        filters: { [vscode.l10n.t('Recipes')]: ['json'] },
      })
    )?.[0];

  interface Opened {
    readonly text: string;
    readonly recipe: Recipe;
    readonly source: vscode.Uri;
    readonly mask: vscode.Uri | undefined;
  }

  /** On file systems other than the local disk there are no links to resolve: the paths themselves must stay inside. */
  const openElsewhere = async (uri: vscode.Uri, root: vscode.Uri): Promise<Result<Opened>> => {
    const name = nameOf(uri);
    if ((await vscode.workspace.fs.stat(uri)).size > recipeLimit)
      return failed('recipe.tooLarge', { name, limit: recipeLimit / 1024 });
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    const read = readRecipe(text, name);
    if (!read.ok) return read;
    const recipe = read.value;
    const files = [recipe.source.file, ...(recipe.mask.kind === 'file' ? [recipe.mask.file] : [])];
    const found = files.map((file) => vscode.Uri.joinPath(folderOf(uri), file));
    const inside = root.path.endsWith('/') ? root.path : `${root.path}/`;
    const at = found.findIndex((each) => !each.path.startsWith(inside));
    if (at !== -1) return failed('recipe.outside', { name, file: files[at], folder: nameOf(root) });
    return ok({ text, recipe, source: found[0], mask: found[1] });
  };

  const open = async (uri: vscode.Uri): Promise<Opened> => {
    const root = vscode.workspace.getWorkspaceFolder(uri)?.uri ?? folderOf(uri);
    if (!isLocal(uri)) return valueOf(await openElsewhere(uri, root));
    const { text, recipe, source, mask } = valueOf(await openRecipe(uri.fsPath, root.fsPath));
    return {
      text,
      recipe,
      source: vscode.Uri.file(source),
      mask: mask === undefined ? undefined : vscode.Uri.file(mask),
    };
  };

  /** Files that changed since are said; false where the person thinks better of it. */
  const agreesToChanges = async (uri: vscode.Uri, { text, recipe, source, mask }: Opened): Promise<boolean> => {
    const hashes = { source: await hashOf(source), mask: mask === undefined ? undefined : await hashOf(mask) };
    const changed = changedFiles(recipe, hashes);
    if (changed.length === 0) return true;
    const go = vscode.l10n.t('Go On');
    const update = vscode.l10n.t('Update the Recipe');
    const choice = await vscode.window.showWarningMessage(
      changed.map((file) => sentenceOf(fault('recipe.changed', { file, name: nameOf(uri) }))).join(' '),
      {
        modal: true,
        detail: vscode.l10n.t('Go On fills it as it is now. Update the Recipe notes the new hash as well.'),
      },
      go,
      update,
    );
    if (choice === update) await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(withHashes(text, hashes)));
    return choice === go || choice === update;
  };

  const maskWords = ({ mask, expand }: Recipe): string => {
    const canvas = expand === undefined ? '' : vscode.l10n.t(' The canvas is extended.');
    const words = {
      file: vscode.l10n.t('What may change: mask file {file}.', { file: mask.kind === 'file' ? mask.file : '' }),
      rectangle: vscode.l10n.t('What may change: a rectangle.'),
      alpha: vscode.l10n.t('What may change: what is transparent.'),
      border: vscode.l10n.t('What may change: the new area.'),
    }[mask.kind];
    return words + canvas;
  };

  const run = async (given?: unknown): Promise<void> => {
    if (!vscode.workspace.isTrusted) {
      const manage = vscode.l10n.t('Manage Trust');
      const said = sentenceOf(fault('recipe.restricted'));
      if ((await vscode.window.showWarningMessage(said, manage)) === manage)
        await vscode.commands.executeCommand('workbench.trust.manage');
      return;
    }
    const uri = given instanceof vscode.Uri ? given : (activeRecipe() ?? (await pickRecipe()));
    if (uri === undefined) return;
    const dirty = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString() && each.isDirty);
    await dirty?.save();
    const opened = await open(uri);
    const { recipe } = opened;
    if (!(await agreesToChanges(uri, opened))) return;

    const service = await readyService(deps, defaultsFor(opened.source).service);
    if (service === undefined) return;
    valueOf(checkPrompt(recipe.parameters.prompt, service.abilities));
    const source = valueOf(await openImage(opened.source));
    const ask = valueOf(
      askOfRecipe(recipe, source, opened.mask === undefined ? undefined : await imageInput(opened.mask), {
        parameters: fitTo(service.abilities, recipe.parameters),
        send: services.sendsAlpha(service.id) ? 'alpha' : undefined,
        note: notesFills(),
      }),
    );
    const { fill, base, warnings } = valueOf(await askFill(engine, source, ask, service));
    const limit = await limitText(storage, fill.price);
    const price = priceWords(fill.price);
    const go = vscode.l10n.t('Fill: {price}', { price });
    const choice = await vscode.window.showWarningMessage(
      vscode.l10n.t('Fill {source} as {recipe} says?', { source: source.name, recipe: nameOf(uri) }),
      {
        modal: true,
        detail: [
          recipe.parameters.prompt || vscode.l10n.t('without a prompt'),
          maskWords(recipe),
          `${service.abilities.name} · ${price}`,
          ...warnings.map(sentenceOf),
          ...(limit === undefined ? [] : [limit]),
        ].join('\n'),
      },
      go,
    );
    if (choice !== go) return;
    valueOf(await place.check(opened.source));
    const { sha256, input } = await jobSource(opened.source);
    if (sha256 !== fill.source.sha256) throw new FaultError(fault('batch.changed', { name: source.name }));
    valueOf(await runner.start({ fill, source: input, base }));
  };

  return [registerCommand(commands.saveRecipe, log, save), registerCommand(commands.runRecipe, log, run)];
};
