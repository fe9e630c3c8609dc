/** The command line: what may be said, read once, checked against the ranges of fill/. */
import { parseArgs } from 'node:util';
import { extname } from 'node:path';
import { failed, fault, ok, type Result } from '../fill/faults.ts';
import type { Rect } from '../fill/geometry.ts';
import { overlap as overlapRange, type ExpandBy, type OutpaintPreset } from '../fill/outpaint.ts';
import { checkParameters, initialParameters, resultFormats, type Parameters } from '../fill/parameters.ts';
import type { WindowChoice } from '../fill/plan.ts';
import { imagesLimit, serviceIds, type MaskSettings, type ServiceId } from '../fill/record.ts';
import { maskChannels, type MaskChannel } from '../mask/sources.ts';
import { all, aspectOf, expandOf, number, oneOf, presetOf, rectangle } from './values.ts';

export type MaskArgument =
  | { readonly kind: 'file'; readonly path: string; readonly channel?: MaskChannel }
  | { readonly kind: 'alpha' }
  /** NAME.mask.png and the like, next to each image. */
  | { readonly kind: 'beside' }
  | { readonly kind: 'rectangle'; readonly rect: Rect }
  | { readonly kind: 'border'; readonly by: ExpandBy };

/** How a service is asked: what fills of a command line and of recipes have in common. */
export interface ServiceArguments {
  readonly service: ServiceId;
  readonly baseUrl: string | undefined;
  /** Options that were given, without their dashes: what the service lacks is refused, not left out. */
  readonly named: readonly string[];
  readonly parameters: Parameters;
  readonly send: (typeof sendChoices)[number];
}

export interface FillArguments extends ServiceArguments {
  readonly image: string;
  readonly mask: MaskArgument;
  /** What was said of the settings on top of the mask; the rest stays at the default of its kind. */
  readonly settings: Partial<MaskSettings>;
  readonly window: WindowChoice;
  /** The preset is the service's own, and makes the whole picture anew. */
  readonly ownPreset: OutpaintPreset | undefined;
  /** Pixels of the source that outpainting makes anew along its border. */
  readonly overlap: number | undefined;
  /** Results, each with its own seed or in one request. */
  readonly images: number;
  readonly opaque: boolean;
  readonly tone: boolean;
  readonly note: boolean;
  readonly out: string | undefined;
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Milliseconds from submit to saved file. */
  readonly timeout: number;
}

export interface BatchArguments {
  /** Paths and patterns, as they were given. */
  readonly sources: readonly string[];
  /** What is asked for of each; its own `image` is the first of the sources. */
  readonly fill: FillArguments;
  /** What is done already is made once more. */
  readonly again: boolean;
}

export interface RunArguments extends Omit<ServiceArguments, 'parameters'> {
  readonly recipe: string;
  readonly note: boolean;
  readonly out: string | undefined;
  readonly force: boolean;
  readonly dryRun: boolean;
  /** What to do where the files are no longer those of the recipe; undefined: refuse. */
  readonly changed: 'use' | 'update' | undefined;
  readonly timeout: number;
}

export interface ResumeArguments {
  readonly id: string;
  /** Milliseconds from submit to saved file. */
  readonly timeout: number;
  /** A job whose outcome is unknown is sent once more. */
  readonly sendAgain: boolean;
}

export type Arguments =
  | { readonly verb: 'fill'; readonly fill: FillArguments; readonly json: boolean }
  | { readonly verb: 'batch'; readonly batch: BatchArguments; readonly json: boolean }
  | { readonly verb: 'run'; readonly run: RunArguments; readonly json: boolean }
  | { readonly verb: 'jobs' | 'spent'; readonly json: boolean }
  | ({ readonly verb: 'credits'; readonly json: boolean } & Pick<ServiceArguments, 'service' | 'baseUrl'>)
  /** Sets the daily limit in US dollars (null: none), or only shows it. */
  | { readonly verb: 'limit'; readonly json: boolean; readonly dollars?: number | null }
  | ({ readonly verb: 'resume'; readonly json: boolean } & ResumeArguments)
  | { readonly verb: 'help' }
  | { readonly verb: 'version' };

const options = {
  mask: { type: 'string' },
  'mask-beside': { type: 'boolean' },
  again: { type: 'boolean' },
  'use-changed': { type: 'boolean' },
  'update-recipe': { type: 'boolean' },
  channel: { type: 'string' },
  alpha: { type: 'boolean' },
  rect: { type: 'string' },
  expand: { type: 'string' },
  aspect: { type: 'string' },
  outpaint: { type: 'string' },
  'own-preset': { type: 'boolean' },
  overlap: { type: 'string' },
  prompt: { type: 'string' },
  service: { type: 'string' },
  'base-url': { type: 'string' },
  steps: { type: 'string' },
  guidance: { type: 'string' },
  seed: { type: 'string' },
  format: { type: 'string' },
  images: { type: 'string' },
  safety: { type: 'string' },
  upsample: { type: 'boolean' },
  invert: { type: 'boolean' },
  'fill-holes': { type: 'boolean' },
  grow: { type: 'string' },
  feather: { type: 'string' },
  window: { type: 'string' },
  send: { type: 'string' },
  opaque: { type: 'boolean' },
  'no-tone': { type: 'boolean' },
  'no-note': { type: 'boolean' },
  out: { type: 'string' },
  force: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  timeout: { type: 'string' },
  'send-again': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

/** The mask as a picture of its own, or in the alpha channel of the image. */
const sendChoices = ['mask', 'alpha'] as const;

const defaultTimeout = 600;

interface MaskValues {
  readonly mask?: string;
  readonly 'mask-beside'?: boolean;
  readonly channel?: string;
  readonly alpha?: boolean;
  readonly rect?: string;
  readonly expand?: string;
  readonly aspect?: string;
  readonly outpaint?: string;
}

const maskOf = (values: MaskValues): Result<MaskArgument> => {
  const { mask, 'mask-beside': beside, channel, alpha, rect, expand, aspect, outpaint } = values;
  const given = [mask, beside, alpha, rect, expand, aspect, outpaint].filter(
    (value) => value !== undefined && value !== false,
  );
  if (given.length !== 1) return failed('argument.mask');
  const by = (argument: Result<ExpandBy>): Result<MaskArgument> =>
    argument.ok ? ok({ kind: 'border', by: argument.value }) : argument;
  if (channel !== undefined && mask === undefined)
    return failed('argument.unknown', { reason: '--channel needs --mask' });
  if (mask !== undefined) {
    if (channel === undefined) return ok({ kind: 'file', path: mask });
    const chosen = oneOf('--channel', channel, maskChannels, 'luminance');
    return chosen.ok ? ok({ kind: 'file', path: mask, channel: chosen.value }) : chosen;
  }
  if (expand !== undefined) return by(expandOf(expand));
  if (aspect !== undefined) return by(aspectOf(aspect));
  if (outpaint !== undefined) return by(presetOf(outpaint));
  if (beside === true) return ok({ kind: 'beside' });
  if (rect === undefined) return ok({ kind: 'alpha' });
  const read = rectangle('--rect', rect);
  return read.ok ? ok({ kind: 'rectangle', rect: read.value }) : read;
};

const windowOf = (text: string | undefined): Result<WindowChoice> => {
  if (text === undefined || text === 'auto') return ok({ kind: 'auto' });
  if (text === 'whole') return ok({ kind: 'whole' });
  const rect = rectangle('--window', text);
  return rect.ok ? ok({ kind: 'rect', rect: rect.value }) : rect;
};

const timeoutOf = (text: string | undefined): Result<number> => {
  const seconds = number('--timeout', text);
  if (!seconds.ok) return seconds;
  const value = seconds.value ?? defaultTimeout;
  return value >= 1 && value <= 86_400
    ? ok(value * 1000)
    : failed('parameter.range', { name: '--timeout', min: 1, max: 86_400, value });
};

/** `limit`, `limit 5`, `limit off`. */
const limitOf = (text: string | undefined, json: boolean): Result<Arguments> => {
  if (text === undefined) return ok({ verb: 'limit', json });
  if (text === 'off') return ok({ verb: 'limit', json, dollars: null });
  const dollars = number('limit', text);
  if (!dollars.ok) return dollars;
  return dollars.value !== undefined && dollars.value >= 0
    ? ok({ verb: 'limit', json, dollars: dollars.value })
    : failed('argument.number', { name: 'limit', value: text });
};

const outExtensions = ['.png', '.jpg', '.jpeg', '.webp'];

/** Letters that make a word a pattern, for shells that do not expand them. */
export const isPattern = (word: string): boolean => /[*?[\]{}]/.test(word);

/** What goes with `run`; the rest is the recipe's to say. */
const withRun = [
  'service',
  'base-url',
  'send',
  'no-note',
  'out',
  'force',
  'dry-run',
  'json',
  'timeout',
  'use-changed',
  'update-recipe',
] as const;

/** What names one image or one result, and so does not go with several. */
const ofOne = ['out', 'force', 'images'] as const;

/** `--grow -4` as `--grow=-4`: a number after an option is its value, not another option. */
const joinNegative = (argv: readonly string[]): string[] =>
  argv.flatMap((word, at) => {
    if (/^-\d/.test(word) && argv[at - 1]?.startsWith('--')) return [];
    const next = argv[at + 1] ?? '';
    return word.startsWith('--') && /^-\d/.test(next) ? [`${word}=${next}`] : [word];
  });

type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

const wrongOut = (out: string | undefined): Result<never> | undefined =>
  out === undefined || outExtensions.includes(extname(out).toLowerCase())
    ? undefined
    : failed('parameter.choice', { name: '--out', choices: outExtensions.join(', '), value: out });

const runOf = (recipes: readonly string[], values: Values, timeout: number): Result<Arguments> => {
  const [recipe] = recipes;
  if (recipe === undefined || recipes.length > 1) return failed('argument.run');
  const named = Object.keys(values);
  const foreign = named.find((name) => !(withRun as readonly string[]).includes(name));
  if (foreign !== undefined) return failed('argument.withRun', { name: foreign });
  const read = all({
    send: oneOf('--send', values.send, sendChoices, 'mask'),
    service: oneOf('--service', values.service, serviceIds, 'bfl'),
  });
  if (!read.ok) return read;
  const run: RunArguments = {
    recipe,
    ...read.value,
    named,
    baseUrl: values['base-url'],
    note: values['no-note'] !== true,
    out: values.out,
    force: values.force ?? false,
    dryRun: values['dry-run'] ?? false,
    changed: values['update-recipe'] === true ? 'update' : values['use-changed'] === true ? 'use' : undefined,
    timeout,
  };
  return wrongOut(values.out) ?? ok({ verb: 'run', run, json: values.json ?? false });
};

/** Reads the arguments after the program's name. Anything unknown, missing or out of range is a fault. */
export const readArguments = (argv: readonly string[]): Result<Arguments> => {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: joinNegative(argv), options, allowPositionals: true, strict: true });
  } catch (error) {
    return failed('argument.unknown', {
      reason: error instanceof Error ? error.message.split(/\.? To |\n/)[0].replace(/\.$/, '') : String(error),
    });
  }
  const { values, positionals } = parsed;
  if (values.help === true || argv.length === 0) return ok({ verb: 'help' });
  if (values.version === true) return ok({ verb: 'version' });
  const json = values.json ?? false;
  const [first, second] = positionals;
  if (first === 'jobs' && positionals.length === 1) return ok({ verb: 'jobs', json });
  if (first === 'spent' && positionals.length === 1) return ok({ verb: 'spent', json });
  if (first === 'credits' && positionals.length === 1) {
    const service = oneOf('--service', values.service, serviceIds, 'bfl');
    return service.ok ? ok({ verb: 'credits', json, service: service.value, baseUrl: values['base-url'] }) : service;
  }
  if (first === 'limit' && positionals.length <= 2) return limitOf(second, json);
  const timeout = timeoutOf(values.timeout);
  if (!timeout.ok) return timeout;
  if (first === 'resume') {
    if (second === undefined || positionals.length > 2) return failed('argument.resume');
    const sendAgain = values['send-again'] ?? false;
    return ok({ verb: 'resume', id: second, json, timeout: timeout.value, sendAgain });
  }
  if (first === undefined) return failed('argument.image');
  if (first === 'run') return runOf(positionals.slice(1), values, timeout.value);
  const several = positionals.length > 1 || isPattern(first);
  const onlyOfOne = several ? ofOne.find((name) => values[name] !== undefined) : undefined;
  if (onlyOfOne !== undefined) return failed('argument.several', { name: `--${onlyOfOne}` });
  if (!several && values.again === true) return failed('argument.unknown', { reason: '--again needs several images' });
  for (const name of ['use-changed', 'update-recipe'] as const)
    if (values[name] === true) return failed('argument.unknown', { reason: `--${name} needs run` });

  const read = all({
    mask: maskOf(values),
    window: windowOf(values.window),
    steps: number('--steps', values.steps),
    guidance: number('--guidance', values.guidance),
    seed: number('--seed', values.seed),
    safety: number('--safety', values.safety),
    grow: number('--grow', values.grow),
    feather: number('--feather', values.feather),
    overlap: number('--overlap', values.overlap),
    images: number('--images', values.images),
    format: oneOf('--format', values.format, resultFormats, initialParameters.resultFormat),
    send: oneOf('--send', values.send, sendChoices, 'mask'),
    service: oneOf('--service', values.service, serviceIds, 'bfl'),
  });
  if (!read.ok) return read;
  const { mask, window, steps, guidance, seed, safety, grow, feather, overlap, images, format, send, service } =
    read.value;

  for (const [name, value, min, max] of [
    ['--grow', grow, -500, 500],
    ['--feather', feather, 0, 500],
    ['--overlap', overlap, overlapRange.min, overlapRange.max],
    ['--images', images, 1, imagesLimit],
  ] as const)
    if (value !== undefined && !Number.isInteger(value)) return failed('parameter.integer', { name, value });
    else if (value !== undefined && (value < min || value > max))
      return failed('parameter.range', { name, min, max, value });

  const outFault = wrongOut(values.out);
  if (outFault !== undefined) return outFault;

  const parameters: Parameters = {
    prompt: values.prompt ?? '',
    steps: steps ?? initialParameters.steps,
    guidance: guidance ?? initialParameters.guidance,
    seed: seed ?? null,
    promptUpsampling: values.upsample ?? false,
    safetyTolerance: safety ?? initialParameters.safetyTolerance,
    resultFormat: format,
  };
  if (values['own-preset'] === true && values.outpaint === undefined)
    return failed('argument.unknown', { reason: '--own-preset needs --outpaint' });
  if (overlap !== undefined && mask.kind !== 'border')
    return failed('argument.unknown', { reason: '--overlap needs --expand, --aspect or --outpaint' });
  const wrong = checkParameters(parameters);
  if (wrong !== undefined) return { ok: false, fault: fault(wrong.code, wrong.args) };

  const fill: FillArguments = {
    image: first,
    mask,
    settings: {
      ...(grow === undefined ? {} : { grow }),
      ...(feather === undefined ? {} : { feather }),
      ...(values.invert === true ? { invert: true } : {}),
      ...(values['fill-holes'] === true ? { fillHoles: true } : {}),
    },
    parameters,
    service,
    named: Object.keys(values),
    baseUrl: values['base-url'],
    window,
    send,
    overlap,
    ownPreset:
      values['own-preset'] === true && mask.kind === 'border' && mask.by.kind === 'preset' ? mask.by.preset : undefined,
    images: images ?? 1,
    opaque: values.opaque ?? false,
    tone: values['no-tone'] !== true,
    note: values['no-note'] !== true,
    out: values.out,
    force: values.force ?? false,
    dryRun: values['dry-run'] ?? false,
    timeout: timeout.value,
  };
  return ok(
    several
      ? { verb: 'batch', batch: { sources: positionals, fill, again: values.again ?? false }, json }
      : { verb: 'fill', fill, json },
  );
};
