/**
 * Recipes: a fill as a small JSON file beside its image, `NAME.fill.json`, that can be reviewed and made again. It is a view of
 * the Fill record: source, mask, prompt and parameters. It names files by relative paths and nothing else: no address, no
 * service, no key. Whoever runs one may have got it from anybody, so what it says is checked here, and where its files lie
 * is checked where files are known.
 */
import * as v from 'valibot';
import { failed, fault, ok, type Fault, type Result } from './faults.ts';
import { expandSchema } from './outpaint.ts';
import { initialParameters, parametersSchema } from './parameters.ts';
import { initialMaskSettings, maskSettingsSchema, rectSchema, saveChoices, type MaskSettings } from './record.ts';

export const recipeVersion = 1;

/** Bytes; a prompt of 10,000 characters in escapes, and little else. */
export const recipeLimit = 1 << 18;

export const recipeEnding = '.fill.json';

/** A relative path with `/`: no scheme, no drive, no root, no backslash. Where it leads is checked where files are known. */
const pathPattern = /^(?![A-Za-z][A-Za-z0-9+.-]*:)(?!\/)[^\\\x00-\x1f]+$/;

const fileSchema = v.pipe(
  v.string(),
  v.maxLength(1000),
  v.regex(pathPattern),
  v.description(
    'Path of the file, relative to this recipe, with “/”. It must stay inside the folder of the workspace.',
  ),
);

const hashSchema = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/),
  v.description('SHA-256 of the file, in lower-case hex. A file that changed is not filled without asking.'),
);

const described = <T extends v.GenericSchema>(schema: T, text: string) => v.pipe(schema, v.description(text));

const { grow, feather, invert, fillHoles } = maskSettingsSchema.entries;
const settingsSchema = v.optional(
  v.strictObject({
    grow: v.optional(described(grow, 'Pixels that the mask grows; negative shrinks.')),
    feather: v.optional(described(feather, 'Pixels inside the edge of the mask over which the fill fades in.')),
    invert: v.optional(described(invert, 'Swap what may change and what stays.')),
    fillHoles: v.optional(described(fillHoles, 'Holes in the mask are filled, too.')),
  }),
);

const maskSchema = v.variant('kind', [
  v.strictObject({
    kind: described(v.literal('file'), 'A mask file: white may change, black stays.'),
    file: fileSchema,
    sha256: hashSchema,
    channel: v.optional(
      described(v.picklist(['luminance', 'alpha', 'red', 'green', 'blue']), 'What of the file is the mask.'),
    ),
    settings: settingsSchema,
  }),
  v.strictObject({
    kind: described(v.literal('rectangle'), 'A rectangle of the image, in pixels.'),
    rect: v.strictObject(rectSchema.entries),
    settings: settingsSchema,
  }),
  v.strictObject({
    kind: described(v.literal('alpha'), 'The alpha channel of the image: transparent may change.'),
    settings: settingsSchema,
  }),
  v.strictObject({
    kind: described(v.literal('border'), 'What “expand” adds to the image.'),
    settings: settingsSchema,
  }),
]);

const p = parametersSchema.entries;
const parametersOfRecipe = v.strictObject({
  prompt: v.optional(described(p.prompt, 'What should be there.'), initialParameters.prompt),
  steps: v.optional(described(p.steps, 'Steps of the diffusion.'), initialParameters.steps),
  guidance: v.optional(described(p.guidance, 'How closely the prompt is followed.'), initialParameters.guidance),
  seed: v.optional(
    described(p.seed, 'The same seed and request give the same image; null draws one for each run.'),
    initialParameters.seed,
  ),
  promptUpsampling: v.optional(
    described(p.promptUpsampling, 'Let the service rewrite the prompt.'),
    initialParameters.promptUpsampling,
  ),
  safetyTolerance: v.optional(
    described(p.safetyTolerance, '0 is the strictest, 6 the most lenient.'),
    initialParameters.safetyTolerance,
  ),
  resultFormat: v.optional(
    described(p.resultFormat, 'Format that the service is asked for. PNG loses nothing.'),
    initialParameters.resultFormat,
  ),
});

export const recipeSchema = v.pipe(
  v.strictObject({
    version: described(v.literal(recipeVersion), 'Form of this file.'),
    source: described(v.strictObject({ file: fileSchema, sha256: hashSchema }), 'The image.'),
    mask: described(maskSchema, 'The part of the image that may change.'),
    expand: v.optional(
      described(
        v.strictObject({ ...expandSchema.entries, overlap: v.optional(expandSchema.entries.overlap) }),
        'Outpainting: pixels that the canvas adds on each side, and how far the fill reaches into the image.',
      ),
    ),
    parameters: described(parametersOfRecipe, 'Prompt and parameters.'),
    window: v.optional(
      described(
        v.union([v.picklist(['auto', 'whole']), v.strictObject(rectSchema.entries)]),
        'The part of the image that is sent.',
      ),
      'auto',
    ),
    save: v.optional(
      described(
        v.strictObject({
          as: v.optional(
            described(v.picklist(saveChoices), 'Format of the result; “source”: that of the image.'),
            'png',
          ),
          opaque: v.optional(described(v.boolean(), 'Make the filled part opaque.'), false),
          tone: v.optional(described(v.boolean(), 'Match the tone of the fill to its surroundings.'), true),
        }),
        'How the result is saved.',
      ),
      {},
    ),
  }),
  v.title('Flux Fill recipe'),
  v.description('A fill that can be reviewed and made again. It is run by “Flux Fill: Run Recipe” or “flux-fill run”.'),
);

export type Recipe = v.InferOutput<typeof recipeSchema>;

/** What of a value is shown: never more than a line. */
const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

const keyOf = (issue: v.BaseIssue<unknown>): string =>
  shown((issue.path ?? []).map(({ key }) => String(key)).join('.')) || '{}';

/** Why a path is none of a recipe. */
const pathFault = (name: string, key: string, value: string): Fault =>
  /^[A-Za-z][A-Za-z0-9+.-]+:|^\/\//.test(value)
    ? fault('recipe.address', { name, key, value: shown(value) })
    : fault('recipe.path', { name, key, value: shown(value) });

const faultOfIssue = (name: string, issue: v.BaseIssue<unknown>): Fault => {
  const key = keyOf(issue);
  const value = shown(issue.received);
  const limit = String(issue.requirement);
  switch (issue.type) {
    case 'strict_object':
      if (issue.expected === 'never') return fault('recipe.unknown', { name, key });
      return issue.received === 'undefined'
        ? fault('recipe.missing', { name, key })
        : fault('recipe.type', { name, key, expected: issue.expected ?? '', value });
    case 'regex':
      return key.endsWith('sha256') ? fault('recipe.hash', { name, key }) : pathFault(name, key, String(issue.input));
    case 'min_value':
      return fault('recipe.least', { name, key, limit, value });
    case 'max_value':
      return fault('recipe.most', { name, key, limit, value });
    case 'integer':
      return fault('recipe.whole', { name, key, value });
    case 'max_length':
      return fault('recipe.long', { name, key, limit });
    default:
      return fault('recipe.type', { name, key, expected: issue.expected ?? '', value });
  }
};

const versionOf = (json: object): unknown => ('version' in json ? json.version : undefined);

/** Where the first list stands, as a path of keys; undefined where there is none. To the schema a list is an object without keys. */
const listIn = (json: unknown): string | undefined => {
  const open: [path: string, value: unknown][] = [['', json]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, value] = next;
    if (Array.isArray(value)) return path;
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, each] of Object.entries(value)) open.push([path === '' ? key : `${path}.${key}`, each]);
  }
  return undefined;
};

/** A recipe from its text; the first thing wrong with it as a fault. `name`: of its file. Whatever the text, it never throws. */
export const readRecipe = (text: string, name: string): Result<Recipe> => {
  if (text.length > recipeLimit) return failed('recipe.tooLarge', { name, limit: recipeLimit / 1024 });
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return failed('recipe.json', { name, reason: shown(error instanceof Error ? error.message : String(error)) });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return failed('recipe.none', { name });
  const list = listIn(json);
  if (list !== undefined) return failed('recipe.list', { name, key: shown(list) });
  const version = versionOf(json);
  if (typeof version === 'number' && Number.isInteger(version) && version > recipeVersion)
    return failed('recipe.newer', { name, version });
  const parsed = v.safeParse(recipeSchema, json, { abortEarly: true });
  if (!parsed.success) return { ok: false, fault: faultOfIssue(name, parsed.issues[0]) };
  if (parsed.output.mask.kind === 'border' && parsed.output.expand === undefined)
    return failed('recipe.missing', { name, key: 'expand' });
  return ok(parsed.output);
};

/** As it is written: every parameter by name, for defaults may change and a recipe should not. */
export const recipeText = (recipe: Recipe): string => `${JSON.stringify(recipe, undefined, 2)}\n`;

/** Files that are no longer those the recipe was made for, as it names them. Hashes: of the files as they are now. */
export const changedFiles = (
  { source, mask }: Recipe,
  hashes: { readonly source: string; readonly mask?: string | undefined },
): readonly string[] => [
  ...(hashes.source === source.sha256 ? [] : [source.file]),
  ...(mask.kind !== 'file' || hashes.mask === mask.sha256 ? [] : [mask.file]),
];

/** The same text with the hashes of the files as they are now; `text` was read as a recipe. */
export const withHashes = (
  text: string,
  hashes: { readonly source: string; readonly mask?: string | undefined },
): string => {
  const json = JSON.parse(text.replace(/^\uFEFF/, '')) as { source: object; mask: object };
  const mask = hashes.mask === undefined ? json.mask : { ...json.mask, sha256: hashes.mask };
  const renewed = { ...json, source: { ...json.source, sha256: hashes.source }, mask };
  return `${JSON.stringify(renewed, undefined, 2)}\n`;
};

/** The settings on top of its mask. */
export const maskSettingsOf = ({ mask }: Recipe): MaskSettings => {
  const { grow, feather, invert, fillHoles } = mask.settings ?? {};
  const initial = initialMaskSettings[mask.kind];
  return {
    grow: grow ?? initial.grow,
    feather: feather ?? initial.feather,
    invert: invert ?? initial.invert,
    fillHoles: fillHoles ?? initial.fillHoles,
  };
};

/** `hero.fill.json` for `hero.jpg`, and `hero-2.fill.json` where that is taken. `number` from 1. */
export const recipeName = (stem: string, number: number): string =>
  `${stem}${number === 1 ? '' : `-${number}`}${recipeEnding}`;
