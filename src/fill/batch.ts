/**
 * Many images by one rule: which of them are meant, what is done already, what the rest costs, and how each ended. Command
 * line and editor share it; the report is made anew from it and the journal whenever it is looked at.
 */
import * as v from 'valibot';
import type { Fault, FaultCode } from './faults.ts';
import { splitName } from './names.ts';
import { isFree, priceOfAll } from './price.ts';
import { faultSchema, nextActOf, nextActs, plansOf, type Fill, type Job } from './record.ts';
import type { Abilities } from './service.ts';

/** What a note in a file and the record of a job both say of a fill. */
export type Made = Pick<
  Fill,
  'mask' | 'service' | 'parameters' | 'expand' | 'plan' | 'further' | 'preset' | 'images'
> & {
  readonly source: Pick<Fill['source'], 'sha256'>;
  readonly save: Pick<Fill['save'], 'as' | 'opaque' | 'tone'>;
};

const windowOf = ({ window, sent }: Fill['plan']): readonly number[] => [
  window.x,
  window.y,
  window.width,
  window.height,
  sent.width,
  sent.height,
];

const essenceOf = (made: Made, seeded: boolean): string => {
  const { source, mask, service, parameters, expand, preset, save } = made;
  const { grow, feather, invert, fillHoles } = mask.settings;
  const { prompt, steps, guidance, seed, promptUpsampling, safetyTolerance, resultFormat } = parameters;
  return JSON.stringify([
    [source.sha256, mask.sha256, mask.kind === 'alpha', grow, feather, invert, fillHoles],
    [service.id, prompt, steps, guidance, seeded ? seed : null, promptUpsampling, safetyTolerance, resultFormat],
    expand === undefined ? null : [expand.left, expand.top, expand.right, expand.bottom, expand.overlap],
    [preset ?? null, plansOf(made).map(windowOf)],
    [save.as, save.opaque, save.tone],
  ]);
};

/**
 * True where `made` is the fill that is wanted: the same bytes of the source, the same base mask and settings, service,
 * parameters, windows and way of saving. A seed counts only where it was chosen (`seeded`). What was made before masks were
 * noted is nobody's.
 */
export const isSameFill = (wanted: Made, made: Made, seeded: boolean): boolean =>
  made.mask.sha256 !== undefined && essenceOf(wanted, seeded) === essenceOf(made, seeded);

const amount = v.pipe(v.number(), v.minValue(0));

/** How an image of a batch stands before it begins. */
const standingSchema = v.variant('kind', [
  /** It cannot be filled, or is left out; the fault says why. */
  v.object({ kind: v.literal('refused'), fault: faultSchema }),
  /** A file of this fill is there. */
  v.object({ kind: v.literal('done'), name: v.string() }),
  /** An earlier run began it: it is gone on with. `price` is that of what is still to be asked for. */
  v.object({
    kind: v.literal('begun'),
    id: v.string(),
    act: v.picklist(['resume', ...nextActs]),
    price: amount,
  }),
  /** An earlier run sent it, and nobody can say whether it was accepted: not sent again by itself. */
  v.object({ kind: v.literal('unknown'), id: v.string(), fault: faultSchema }),
  v.object({ kind: v.literal('new'), price: v.nullable(amount) }),
]);

export type Standing = v.InferOutput<typeof standingSchema>;

/** An image of a batch, and what came of it. */
const itemSchema = v.object({
  /** Address of the source. */
  uri: v.string(),
  /** As it is shown: a path that tells it from the others. */
  name: v.string(),
  standing: standingSchema,
  /** The job that was begun or gone on with. */
  id: v.optional(v.string()),
  /** Why it was not begun, or nobody waited for its end. */
  fault: v.optional(faultSchema),
});

export type BatchItem = v.InferOutput<typeof itemSchema>;

/** What is kept of a batch. How its jobs ended stands in the journal. */
export const batchSchema = v.object({
  version: v.literal(1),
  id: v.pipe(v.string(), v.regex(/^[0-9a-z]{10,40}$/)),
  /** ISO 8601, UTC. */
  createdAt: v.string(),
  service: v.string(),
  prompt: v.string(),
  /** US dollars, of all together before they began. */
  price: v.nullable(amount),
  /** Nothing more of it is begun. */
  over: v.boolean(),
  items: v.array(itemSchema),
});

export type Batch = v.InferOutput<typeof batchSchema>;

/** `saved`: whether the file that a job made is still there. The newest job that says something decides. */
export const standingOf = (
  { price }: Fill,
  jobs: readonly { readonly job: Job; readonly open: boolean; readonly saved: boolean }[],
  rule: Abilities['price'],
): Standing => {
  const newest = [...jobs].sort((a, b) => (a.job.fill.id < b.job.fill.id ? 1 : -1));
  const saved = newest.find((known) => known.saved && known.job.saved !== undefined);
  if (saved !== undefined) return { kind: 'done', name: saved.job.saved!.name };
  for (const { job, open } of newest) {
    const { id } = job.fill;
    if (open) return { kind: 'begun', id, act: 'resume', price: 0 };
    const act = nextActOf(job);
    if (act === 'send')
      return { kind: 'unknown', id, fault: job.fault ?? { code: 'service.unknownAnswer', args: { origin: '?' } } };
    if (act === 'continue')
      return { kind: 'begun', id, act, price: priceOfAll(rule, plansOf(job.fill).slice(job.results)) };
    // A variation that waits is the person's to keep.
    if (act !== undefined && act !== 'keep') return { kind: 'begun', id, act, price: 0 };
  }
  return { kind: 'new', price };
};

/** Where earlier fills of an image are looked for. */
export interface Earlier {
  /** The name of a result beside the image whose note is that of this fill. */
  readonly noted: (isThis: (made: Made) => boolean) => Promise<string | undefined>;
  /** What the journal has. */
  readonly jobs: readonly { readonly job: Job; readonly open: boolean }[];
  /** Whether the file that a job made is still there. */
  readonly isSaved: (job: Job) => Promise<boolean>;
}

/** What is known of a fill that is wanted. `seeded`: its seed was chosen. */
export const lookUp = async (
  fill: Fill,
  seeded: boolean,
  rule: Abilities['price'],
  { noted, jobs, isSaved }: Earlier,
): Promise<Standing> => {
  const name = await noted((made) => isSameFill(fill, made, seeded));
  if (name !== undefined) return { kind: 'done', name };
  const same = jobs.filter(({ job }) => job.fill.source.uri === fill.source.uri && isSameFill(fill, job.fill, seeded));
  const known = await Promise.all(same.map(async (each) => ({ ...each, saved: await isSaved(each.job) })));
  return standingOf(fill, known, rule);
};

/** `done`: by an earlier run. `running`: it has not ended. `planned`: nothing was begun yet. */
export type Outcome =
  'saved' | 'done' | 'failed' | 'cancelled' | 'unknown' | 'refused' | 'unsent' | 'running' | 'planned';

/** How an item ended, by itself and its job as the journal has it. */
export const outcomeOf = ({ standing, id, fault }: BatchItem, job: Job | undefined): Outcome => {
  if (job?.state === 'saved') return 'saved';
  if (job?.state === 'failed' || job?.state === 'cancelled' || job?.state === 'unknown') return job.state;
  if (standing.kind === 'done' || standing.kind === 'refused' || standing.kind === 'unknown') return standing.kind;
  if (id !== undefined) return 'running';
  return fault === undefined ? 'planned' : 'unsent';
};

/** Why an item has no new file; undefined where it has one or may still get one. */
export const reasonOf = ({ standing, fault }: BatchItem, job: Job | undefined): Fault | undefined =>
  job?.fault ?? fault ?? (standing.kind === 'refused' || standing.kind === 'unknown' ? standing.fault : undefined);

export const isToDo = ({ standing }: Pick<BatchItem, 'standing'>): boolean =>
  standing.kind === 'new' || standing.kind === 'begun';

/** US dollars of what is still to be asked for; null where a price is not known. Rounded to a millionth. */
export const priceOfBatch = (items: readonly Pick<BatchItem, 'standing'>[]): number | null => {
  let sum = 0;
  for (const { standing } of items) {
    if (standing.kind === 'new' && standing.price === null) return null;
    if (standing.kind === 'new' || standing.kind === 'begun') sum += standing.price ?? 0;
  }
  return Math.round(sum * 1e6) / 1e6;
};

/** US dollars that a job cost: as the service told, else as expected where it may have been charged. */
export const costOf = (job: Job): number => {
  if (isFree(job)) return job.spent ?? 0;
  return job.cost ?? (job.taskId === undefined && job.state !== 'unknown' ? 0 : (job.fill.price ?? 0));
};

/** Faults that meet every further image of the same batch too: it is not begun any more. */
const ofAll: readonly FaultCode[] = [
  'money.limit',
  'service.credits',
  'service.baseUrl',
  'service.noBaseUrl',
  'service.notFound',
  'journal.full',
  'journal.write',
  'journal.read',
  'network.unreachable',
  'network.proxy',
  'network.proxyAuth',
  'network.socks',
  'network.certificate',
  'network.page',
];

export const stopsBatch = ({ code }: Fault): boolean => ofAll.includes(code) || code.startsWith('key.');

const stemOf = (name: string): string => splitName(name).stem.toLowerCase();

/** A file that is left out of a batch, for it is the result or the mask of another one in it (`of`, a path). */
export interface LeftOut {
  readonly path: string;
  readonly why: 'result' | 'mask';
  readonly of: string;
}

/**
 * Files by path (with `/`), each once and in their order, without results of others among them (`a.fill-001.png` where `a.png` is
 * there) and, where masks lie beside the images, without those (`a.mask.png`).
 */
export const sortOut = (
  paths: readonly string[],
  masksBeside: boolean,
): { readonly images: readonly string[]; readonly leftOut: readonly LeftOut[] } => {
  const once = [...new Set(paths)];
  const split = (path: string): readonly [string, string] => {
    const at = path.lastIndexOf('/') + 1;
    return [path.slice(0, at), stemOf(path.slice(at))];
  };
  const known = new Map(once.map((path) => [split(path).join(''), path]));
  const leftOut: LeftOut[] = [];
  for (const path of once) {
    const [folder, stem] = split(path);
    const result = /^(.*)\.fill-\d{3,9}$/s.exec(stem)?.[1];
    const mask = masksBeside ? /^(.*)[._-]mask$/s.exec(stem)?.[1] : undefined;
    const of = known.get(`${folder}${result ?? mask ?? ''}`);
    if ((result ?? mask) !== undefined && of !== undefined && of !== path)
      leftOut.push({ path, why: result === undefined ? 'mask' : 'result', of });
  }
  const out = new Set(leftOut.map(({ path }) => path));
  return { images: once.filter((path) => !out.has(path)), leftOut };
};

/** Images that are read and measured at once: each takes a worker and the memory of a decoded image. */
export const readAtOnce = 2;

/** Tasks that panels and other windows may run at the same time. */
const margin = 2;

/** Images of a batch that are on their way at once. */
export const tasksAtOnce = ({ activeTasks }: Pick<Abilities, 'activeTasks'>): number =>
  Math.max(1, activeTasks - margin);

/** Works through a list in its order, `atOnce` at a time; nothing more is begun once `isOver`. */
export const inPool = async <T>(
  list: readonly T[],
  atOnce: number,
  work: (each: T, index: number) => Promise<void>,
  isOver: () => boolean = () => false,
): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < list.length && !isOver()) {
      const index = next++;
      await work(list[index], index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, worker));
};
