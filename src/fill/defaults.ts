/**
 * What a new image starts with, and what else a person can set as a number or a choice: each stands here once, with what it
 * may be. The editor reads its settings by it, and a check holds package.json to it.
 */
import * as v from 'valibot';
import { expandSchema, overlap } from './outpaint.ts';
import { initialParameters, parametersSchema, type Parameters } from './parameters.ts';
import {
  imagesSchema,
  initialMaskSettings,
  maskSettingsSchema,
  serviceIds,
  type Fill,
  type MaskKind,
  type MaskSettings,
  type ServiceId,
} from './record.ts';

export type MaskDefaults = Readonly<Record<MaskKind, MaskSettings>>;

export interface Defaults {
  readonly parameters: Parameters;
  readonly save: Pick<Fill['save'], 'as' | 'opaque' | 'tone'>;
  readonly window: 'auto' | 'whole';
  /** Pixels of a large image that outpainting makes anew along its border. */
  readonly overlap: number;
  readonly images: number;
  readonly masks: MaskDefaults;
  readonly service: ServiceId;
}

const { grow, feather } = maskSettingsSchema.entries;
const { entries } = parametersSchema;
const of = <T>(schema: v.GenericSchema<T>, initial: T) => ({ schema, initial });

const dollars = v.pipe(v.number(), v.minValue(0));

/** Settings with what they may be and what they are where nobody set them, by their names. */
export const choices = {
  'defaults.service': of<ServiceId>(v.picklist(serviceIds), 'bfl'),
  'defaults.prompt': of(entries.prompt, initialParameters.prompt),
  'defaults.steps': of(entries.steps, initialParameters.steps),
  'defaults.guidance': of(entries.guidance, initialParameters.guidance),
  'defaults.safetyTolerance': of(entries.safetyTolerance, initialParameters.safetyTolerance),
  'defaults.promptUpsampling': of(entries.promptUpsampling, initialParameters.promptUpsampling),
  'defaults.resultFormat': of(entries.resultFormat, initialParameters.resultFormat),
  'defaults.images': of(imagesSchema, 1),
  'defaults.window': of<'auto' | 'whole'>(v.picklist(['auto', 'whole']), 'auto'),
  'defaults.mask.painted.grow': of(grow, initialMaskSettings.painted.grow),
  'defaults.mask.painted.feather': of(feather, initialMaskSettings.painted.feather),
  'defaults.mask.rectangle.grow': of(grow, initialMaskSettings.rectangle.grow),
  'defaults.mask.rectangle.feather': of(feather, initialMaskSettings.rectangle.feather),
  'defaults.mask.file.grow': of(grow, initialMaskSettings.file.grow),
  'defaults.mask.file.feather': of(feather, initialMaskSettings.file.feather),
  'defaults.mask.alpha.grow': of(grow, initialMaskSettings.alpha.grow),
  'defaults.mask.alpha.feather': of(feather, initialMaskSettings.alpha.feather),
  'defaults.outpaint.overlap': of(expandSchema.entries.overlap, overlap.initial as number),
  'defaults.outpaint.feather': of(feather, initialMaskSettings.border.feather),
  'defaults.saveAs': of<'png' | 'source'>(v.picklist(['png', 'source']), 'png'),
  'defaults.tone': of(v.boolean(), true),
  'defaults.opaque': of(v.boolean(), false),
  'save.note': of(v.boolean(), true),
  /** US dollars; null: no limit. */
  'money.dailyLimit': of(v.nullable(dollars), null),
  /** US dollars that agents may spend on a day, whatever the person always allows. */
  'agents.dailyLimit': of(dollars, 2),
  /** Megabytes. */
  'history.storageLimit': of(v.pipe(v.number(), v.minValue(0)), 2000),
} as const;

export type Choices = typeof choices;

/** What a setting is, of what `given` says it is: a value that is not allowed counts as not set. */
export const chosen = <Name extends keyof Choices>(name: Name, given: unknown): Choices[Name]['initial'] => {
  const { schema, initial } = choices[name];
  return v.is(schema, given) ? given : initial;
};

/** What a new image starts with, of what `read` gives for each name. */
export const defaultsFrom = (read: (name: keyof Choices) => unknown): Defaults => {
  const get = <Name extends keyof Choices>(name: Name): Choices[Name]['initial'] => chosen(name, read(name));
  const mask = (kind: 'painted' | 'rectangle' | 'file' | 'alpha'): MaskSettings => ({
    ...initialMaskSettings[kind],
    grow: get(`defaults.mask.${kind}.grow`),
    feather: get(`defaults.mask.${kind}.feather`),
  });
  return {
    parameters: {
      ...initialParameters,
      prompt: get('defaults.prompt'),
      steps: get('defaults.steps'),
      guidance: get('defaults.guidance'),
      safetyTolerance: get('defaults.safetyTolerance'),
      promptUpsampling: get('defaults.promptUpsampling'),
      resultFormat: get('defaults.resultFormat'),
    },
    save: { as: get('defaults.saveAs'), opaque: get('defaults.opaque'), tone: get('defaults.tone') },
    window: get('defaults.window'),
    overlap: get('defaults.outpaint.overlap'),
    images: get('defaults.images'),
    masks: {
      painted: mask('painted'),
      rectangle: mask('rectangle'),
      file: mask('file'),
      alpha: mask('alpha'),
      border: { ...initialMaskSettings.border, feather: get('defaults.outpaint.feather') },
    },
    service: get('defaults.service'),
  };
};
