/**
 * The Fill record: everything that says what a fill is and what came of it. Journal entry, history entry, recipe, note
 * in the file and --json are views of it. It is versioned; pixels stand beside it in files, never in it.
 */
import * as v from 'valibot';
import { expandSchema, outpaintPresets } from './outpaint.ts';
import { parametersSchema } from './parameters.ts';
import { sentences } from './sentences.ts';
import type { FaultCode } from './faults.ts';

/** 2: a job says its step and its results, a fill its tone and note; version 1 left out what was usual (migrate.ts). */
export const recordVersion = 2;

const whole = v.pipe(v.number(), v.integer());
const count = v.pipe(whole, v.minValue(0));
const side = v.pipe(whole, v.minValue(1), v.maxValue(1_000_000));
const sizeSchema = v.object({ width: side, height: side });
export const rectSchema = v.object({ x: count, y: count, width: side, height: side });

/** Grow: 0 to 500 px, negative shrinks. Feather: 0 to 500 px inside the effective mask. */
export const maskSettingsSchema = v.object({
  grow: v.pipe(whole, v.minValue(-500), v.maxValue(500)),
  feather: v.pipe(whole, v.minValue(0), v.maxValue(500)),
  invert: v.boolean(),
  fillHoles: v.boolean(),
});

export const maskKinds = ['painted', 'rectangle', 'file', 'alpha', 'border'] as const;
export type MaskKind = (typeof maskKinds)[number];

export const saveChoices = ['png', 'source', 'jpeg', 'webp'] as const;
/** `png`: exact. `source`: the source's own format, which loses where that format does. The others: that format. */
export type SaveChoice = (typeof saveChoices)[number];

export const serviceIds = ['bfl', 'fal', 'replicate', 'compatible', 'practice'] as const;
export type ServiceId = (typeof serviceIds)[number];

/** Images of one fill at most, in one request or in several. */
export const imagesLimit = 8;
export const imagesSchema = v.pipe(whole, v.minValue(1), v.maxValue(imagesLimit));

const planSchema = v.object({ window: rectSchema, scaled: sizeSchema, sent: sizeSchema, scale: v.number() });

export const faultSchema = v.object({
  code: v.custom<FaultCode>((code) => typeof code === 'string' && code in sentences),
  args: v.record(v.string(), v.union([v.string(), v.number()])),
  detail: v.optional(v.string()),
});

const jsonSchema: v.GenericSchema<unknown> = v.unknown();

export const fillSchema = v.object({
  version: v.literal(recordVersion),
  id: v.pipe(v.string(), v.regex(/^[0-9a-z]{10,40}$/)),
  /** ISO 8601, UTC. */
  createdAt: v.string(),
  source: v.object({
    uri: v.string(),
    /** File name with extension. */
    name: v.string(),
    ...sizeSchema.entries,
    bytes: count,
    /** Lower-case hex of the file as it was when Generate was pressed. */
    sha256: v.string(),
  }),
  mask: v.object({
    kind: v.picklist(maskKinds),
    /** Name of the mask file, where there was one. */
    name: v.optional(v.string()),
    /** Lower-case hex of the base mask as `hashMask` makes it, where it was made from files. */
    sha256: v.optional(v.string()),
    settings: maskSettingsSchema,
  }),
  service: v.object({ id: v.picklist(serviceIds), baseUrl: v.string() }),
  /** An agent asked for it; absent: a person did. */
  by: v.optional(v.literal('agent')),
  parameters: parametersSchema,
  /** Outpainting: what the canvas adds to the source. Mask and windows are the canvas's then. */
  expand: v.optional(expandSchema),
  plan: planSchema,
  /** The windows of further steps, where one does not do. */
  further: v.optional(v.array(planSchema)),
  /** Results asked for in one request; absent: one. */
  images: v.optional(v.pipe(whole, v.minValue(2), v.maxValue(imagesLimit))),
  /**
   * One of several made to be chosen from: the id of the first one's fill, its own number from 1 (that of its first image,
   * where one request gives several), and how many there are. It is held (see `jobStates`) until the person keeps it.
   */
  variation: v.optional(
    v.object({
      set: v.string(),
      number: imagesSchema,
      of: imagesSchema,
    }),
  ),
  /** The service's own preset of outpainting, which makes the whole picture anew. */
  preset: v.optional(v.picklist(outpaintPresets)),
  /** How the mask is sent: in the alpha channel of the image. Absent: as a picture of its own. */
  send: v.optional(v.literal('alpha')),
  /** Price expected, of all steps and images together, in US dollars; null where it is not known. */
  price: v.nullable(v.number()),
  save: v.object({
    as: v.picklist(saveChoices),
    /** Transparency of the source is kept (default) or the filled part is made opaque. */
    opaque: v.boolean(),
    /** The tone of what came back is corrected. */
    tone: v.boolean(),
    /** The file notes how it was made. */
    note: v.boolean(),
    /** A file chosen by name (absolute path) instead of the next free name beside the source. */
    out: v.optional(v.object({ path: v.string(), overwrite: v.boolean() })),
  }),
});

export type Fill = v.InferOutput<typeof fillSchema>;

/** The windows of all steps, in their order. */
export const plansOf = ({ plan, further = [] }: Pick<Fill, 'plan' | 'further'>): readonly Fill['plan'][] => [
  plan,
  ...further,
];

export type MaskSettings = v.InferOutput<typeof maskSettingsSchema>;

export const savedSchema = v.object({
  uri: v.string(),
  name: v.string(),
  bytes: count,
  sha256: v.string(),
  /** False where the format compressed anew: the counts are of the picture before that. */
  exact: v.boolean(),
  /** Samples that differ from the pristine source outside the effective mask, and outside the base mask. */
  changedOutsideEffective: count,
  changedOutsideBase: count,
});
export type Saved = v.InferOutput<typeof savedSchema>;

/** A finished file that waits in the job's folder for the person to keep it. `extension` with its dot. */
export const heldSchema = v.object({ ...v.omit(savedSchema, ['uri', 'name']).entries, extension: v.string() });
export type Held = v.InferOutput<typeof heldSchema>;

/**
 * States of a job, in order. `prepared`: on disk, nothing sent. `submitting`: being sent; whoever finds this after a
 * restart knows that it may have been accepted. `submitted`: the handle is on disk. `received`: the bytes are on disk.
 * `saving`: the new file's name and hash are on disk. The rest are ends; `held`: the finished file waits in the job's
 * folder for the person to keep it.
 */
export const jobStates = [
  'prepared',
  'submitting',
  'submitted',
  'received',
  'saving',
  'saved',
  'held',
  'failed',
  'cancelled',
  'unknown',
] as const;
export type JobState = (typeof jobStates)[number];

export const endStates: readonly JobState[] = ['saved', 'held', 'failed', 'cancelled', 'unknown'];

/** A fill on its way: what is asked, how far it is, and what is known of the result. */
export const jobSchema = v.object({
  fill: fillSchema,
  state: v.picklist(jobStates),
  /** Index of the step that is under way or came last. */
  step: count,
  /** Results on the disk, one a step. */
  results: count,
  /** ISO 8601, UTC: when the request was sent, when it was accepted, and when the job ended. */
  sentAt: v.optional(v.string()),
  submittedAt: v.optional(v.string()),
  endedAt: v.optional(v.string()),
  /** ISO 8601, UTC: when a person had it go on after its end, to wait for the service once more. */
  againAt: v.optional(v.string()),
  /** Milliseconds to the end: what is kept or saved later took no longer for that. */
  took: v.optional(v.number()),
  /** What the service file needs to ask for the result; JSON of its own making. A capability: never logged or shown. */
  handle: v.optional(jsonSchema),
  /** The task's id at the service, for people and support. */
  taskId: v.optional(v.string()),
  /** US dollars of the steps before this one. */
  spent: v.optional(v.number()),
  /** US dollars of all steps so far as the service told, where it did. */
  cost: v.optional(v.number()),
  /** Megapixels in and out as the service told, where it did. */
  inputMegapixels: v.optional(v.number()),
  outputMegapixels: v.optional(v.number()),
  /** The seed that was used, where the service told. */
  seed: v.optional(v.number()),
  /** Media type of the bytes received last. */
  resultType: v.optional(v.string()),
  /** Set before the file is linked to its name: how a restart knows whether it was. */
  saving: v.optional(v.object({ ...v.omit(savedSchema, ['uri']).entries, temporary: v.string() })),
  saved: v.optional(savedSchema),
  /** Stays while a held file is on its way to its place beside the source. */
  held: v.optional(heldSchema),
  /** What the person should know although the job ended well. */
  warnings: v.array(faultSchema),
  fault: v.optional(faultSchema),
  /** True once the person pressed Cancel after the request was accepted: the result is kept all the same. */
  cancelRequested: v.optional(v.boolean()),
});

export type Job = v.InferOutput<typeof jobSchema>;

/** Milliseconds since 1970: Generate, or when it was taken up again. */
export const startOf = ({ fill, againAt }: Pick<Job, 'fill' | 'againAt'>): number =>
  Date.parse(againAt ?? fill.createdAt);

/** Milliseconds that it took, also where its record does not tell; null where it goes on. */
export const tookOf = (job: Job): number | null =>
  job.endedAt === undefined ? null : (job.took ?? Math.max(0, Date.parse(job.endedAt) - startOf(job)));

/** When it ended and what it took, for a job that ends now (milliseconds since 1970). */
export const endingAt = (job: Job, now: number): { readonly endedAt: string; readonly took: number } => ({
  endedAt: new Date(now).toISOString(),
  took: job.took ?? Math.max(0, now - startOf(job)),
});

/**
 * What can still be done with a job that ended without a file. `keep`: its file is finished and only waits. `save`: its result is kept and only has no place yet.
 * `ask`: its task may have a result by now; asking is free. `continue`: results of earlier steps are kept, and the service
 * is asked for the others at their price. `send`: nobody can say whether it was accepted, and sending it again may be paid
 * for twice.
 */
export const nextActs = ['keep', 'save', 'ask', 'continue', 'send'] as const;
export type NextAct = (typeof nextActs)[number];

/** Faults after which a task has no result to ask for. */
const final: readonly FaultCode[] = [
  'service.failed',
  'service.invalid',
  'service.moderatedRequest',
  'service.moderatedResult',
  'service.cancelled',
  'service.aborted',
  'service.taskGone',
];

/** Undefined where the job runs, is saved, or left nothing behind. */
export const nextActOf = (job: Job): NextAct | undefined => {
  const { state, fault, handle, results, step, fill } = job;
  if (fault?.code === 'job.removed') return undefined;
  if (state === 'held') return 'keep';
  if (state !== 'failed' && state !== 'cancelled' && state !== 'unknown') return undefined;
  if (results === plansOf(fill).length) return 'save';
  if (
    state === 'failed' &&
    handle !== undefined &&
    results === step &&
    !(fault !== undefined && final.includes(fault.code))
  )
    return 'ask';
  if (results > 0) return 'continue';
  return state === 'unknown' ? 'send' : undefined;
};

/** True where the network let nothing through to the service: the job was not accepted, and nothing is charged. */
export const neverSent = ({ state, taskId, fault }: Job): boolean =>
  state === 'failed' && taskId === undefined && fault?.code.startsWith('network.') === true;

/** Defaults of the settings on top of a base mask, by where it came from (design: "The way of a fill", 2). */
export const initialMaskSettings: Readonly<Record<MaskKind, MaskSettings>> = {
  painted: { grow: 4, feather: 8, invert: false, fillHoles: false },
  rectangle: { grow: 0, feather: 8, invert: false, fillHoles: false },
  file: { grow: 0, feather: 8, invert: false, fillHoles: false },
  alpha: { grow: 0, feather: 0, invert: false, fillHoles: false },
  border: { grow: 0, feather: 16, invert: false, fillHoles: false },
};

/** The id of the job of a further image of one request, from 1: the same whoever makes it. */
export const imageId = (id: string, image: number): string => `${id}${image}`;

/** The ids of a request's jobs: one for each of its images. */
export const jobIdsOf = ({ id, images = 1 }: Pick<Fill, 'id' | 'images'>): readonly string[] => [
  id,
  ...Array.from({ length: images - 1 }, (_, further) => imageId(id, further + 1)),
];

/** True for the job of a further image of the request of `id`. */
export const isImageOf = (job: string, id: string): boolean => job.length === id.length + 1 && job.startsWith(id);

/** A new job id: sorts by time, unguessable enough to be unique across windows. */
export const newFillId = (now: number, random: () => number): string =>
  now.toString(36).padStart(9, '0') + Array.from({ length: 10 }, () => Math.floor(random() * 36).toString(36)).join('');
