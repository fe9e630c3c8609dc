/**
 * The practice service: BFL's API as a function from Request to Response, so that the very client of BFL speaks to it.
 * No key, no cost, no network, no AI: the prompt is checked and not used. Tasks live in the store that is passed in and
 * survive a restart.
 */
import * as v from 'valibot';
import { guidance, safetyTolerance, steps } from '../fill/parameters.ts';
import type { Abilities } from '../fill/service.ts';
import { pngInfo, type PngInfo } from './png.ts';

export { synthesiseInWorker } from './thread.ts';

/** A name that no network knows (RFC 6761). */
export const practiceUrl = 'https://practice.invalid';

/** No secret: what the client sends as its key to practice. */
export const practiceKey = 'practice';

export const practiceAbilities: Abilities = {
  id: 'practice',
  name: 'Practice',
  steps,
  guidance,
  safetyTolerance,
  promptUpsampling: true,
  promptRequired: false,
  seed: true,
  resultFormats: ['png'],
  imagesPerCall: 1,
  cancel: false,
  webhook: false,
  alphaRequest: true,
  ownPresets: false,
  usualTime: 0,
  activeTasks: 4,
  needsKey: false,
  price: { kind: 'free' },
};

/** PNG in, PNG of the same size out. Without a mask the alpha channel is it (transparent = fill). Rejects if it cannot. */
export type Synthesise = (input: {
  readonly image: Uint8Array;
  readonly mask?: Uint8Array;
  readonly seed: number;
}) => Promise<Uint8Array>;

/** Bytes by name; names are letters, digits, dots and dashes. */
export interface PracticeStore {
  get(name: string): Promise<Uint8Array | undefined>;
  put(name: string, bytes: Uint8Array): Promise<void>;
  delete(name: string): Promise<void>;
}

export interface PracticeDeps {
  readonly synthesise: Synthesise;
  readonly store: PracticeStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A task is never ready sooner, so that its states can be seen; in milliseconds. */
const shortest = 1_500;
/** Tasks older than this are thrown away at the next submit. */
const life = 24 * 3_600_000;
/** The time a fill usually takes, for its progress. */
const usual = 6_000;

const nullish = <S extends v.GenericSchema>(schema: S) => v.optional(v.nullable(schema));
const whole = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** FluxProFillInputs (seeds/bfl-fill-openapi.md), with PNG as the only format of result. */
const submitSchema = v.strictObject({
  image: v.pipe(v.string(), v.minLength(1)),
  mask: nullish(v.string()),
  prompt: nullish(v.string()),
  steps: nullish(whole(steps.min, steps.max)),
  prompt_upsampling: nullish(v.boolean()),
  seed: nullish(v.pipe(v.number(), v.integer())),
  guidance: nullish(v.pipe(v.number(), v.minValue(guidance.min), v.maxValue(guidance.max))),
  output_format: nullish(v.literal('png')),
  safety_tolerance: v.optional(whole(safetyTolerance.min, safetyTolerance.max)),
});

const taskSchema = v.object({ createdAt: v.number(), seed: v.number(), mask: v.boolean() });
type Task = v.InferOutput<typeof taskSchema>;
const indexSchema = v.array(v.object({ id: v.string(), createdAt: v.number() }));

const reply = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

const refuse = (field: string, msg: string, type: string): Response =>
  reply(422, { detail: [{ loc: ['body', ...field.split('.')], msg, type }] });

const base64Pattern = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

const pngOf = (text: string): { readonly bytes: Uint8Array; readonly info: PngInfo } | undefined => {
  const bytes = base64Pattern.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : new Uint8Array();
  const info = pngInfo(bytes);
  return info === undefined ? undefined : { bytes, info };
};

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const decode = <S extends v.GenericSchema>(schema: S, bytes: Uint8Array | undefined): v.InferOutput<S> | undefined => {
  try {
    return bytes === undefined ? undefined : v.parse(schema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
};

/** The name of a file of a task in the store. */
const named = (id: string, part: 'task' | 'image' | 'mask' | 'result'): string => `${id}.${part}`;

/** The service. It never rejects: a fill that cannot be made ends in the state `Error`. */
export const createPractice = (deps: PracticeDeps): ((request: Request) => Promise<Response>) => {
  const { store, now } = deps;
  const errors = new Map<string, string>();
  const running = new Map<string, Promise<void>>();
  let line: Promise<unknown> = Promise.resolve();

  const make = async (id: string, task: Task): Promise<void> => {
    const [image, mask] = await Promise.all([
      store.get(named(id, 'image')),
      task.mask ? store.get(named(id, 'mask')) : undefined,
    ]);
    if (image === undefined || (task.mask && mask === undefined)) throw new Error('the stored request is incomplete');
    const bytes = await deps.synthesise({ image, seed: task.seed, ...(mask === undefined ? {} : { mask }) });
    await store.put(named(id, 'result'), bytes);
  };

  /** One fill at a time: the second waits for the first. */
  const start = (id: string, task: Task): void => {
    if (running.has(id) || errors.has(id)) return;
    const work = line
      .then(() => make(id, task))
      .catch((error: unknown) => {
        errors.set(id, error instanceof Error ? error.message : String(error));
      })
      .finally(() => running.delete(id));
    running.set(id, work);
    line = work;
  };

  /** Notes a new task and throws old ones away. */
  const note = async (id: string, createdAt: number): Promise<void> => {
    const index = decode(indexSchema, await store.get('index')) ?? [];
    const old = index.filter((entry) => entry.createdAt + life < createdAt);
    await store.put('index', encode([...index.filter((entry) => !old.includes(entry)), { id, createdAt }]));
    const parts = ['task', 'image', 'mask', 'result'] as const;
    await Promise.all(old.flatMap((entry) => parts.map((part) => store.delete(named(entry.id, part)))));
  };

  const submit = async (request: Request): Promise<Response> => {
    const body: unknown = await request.json().catch(() => undefined);
    if (body === undefined) return refuse('', 'JSON decode error', 'json_invalid');
    const parsed = v.safeParse(submitSchema, body);
    if (!parsed.success) {
      const issue = parsed.issues[0];
      return refuse(v.getDotPath(issue) ?? '', issue.message, issue.type);
    }
    const image = pngOf(parsed.output.image);
    if (image === undefined) return refuse('image', 'Not a base64-encoded PNG image', 'value_error');
    const given = parsed.output.mask ?? undefined;
    const mask = given === undefined ? undefined : pngOf(given);
    if (given !== undefined && mask === undefined)
      return refuse('mask', 'Not a base64-encoded PNG image', 'value_error');
    if (mask !== undefined && (mask.info.width !== image.info.width || mask.info.height !== image.info.height))
      return refuse(
        'mask',
        `Mask is ${mask.info.width}x${mask.info.height}, image is ${image.info.width}x${image.info.height}`,
        'value_error',
      );
    if (mask === undefined && !image.info.alpha)
      return refuse('mask', 'The image has no alpha channel, so a mask is required', 'value_error');

    const id = crypto.randomUUID();
    const createdAt = now();
    const seed = parsed.output.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
    const task: Task = { createdAt, seed, mask: mask !== undefined };
    await store.put(named(id, 'image'), image.bytes);
    if (mask !== undefined) await store.put(named(id, 'mask'), mask.bytes);
    await store.put(named(id, 'task'), encode(task));
    await note(id, createdAt);
    start(id, task);
    const mp = Math.round((image.info.width * image.info.height) / 10_000) / 100;
    return reply(200, {
      id,
      polling_url: `${practiceUrl}/v1/get_result?id=${id}`,
      cost: 0,
      input_mp: mp,
      output_mp: mp,
    });
  };

  const result = async (id: string): Promise<Response> => {
    const task = decode(taskSchema, await store.get(named(id, 'task')));
    const state = (status: string, more: object = {}): Response =>
      reply(status === 'Task not found' ? 404 : 200, { id, status, result: null, progress: null, ...more });
    if (task === undefined) return state('Task not found');
    const age = Math.max(0, now() - task.createdAt);
    const made = !running.has(id) && (await store.get(named(id, 'result'))) !== undefined;
    if (made && age >= shortest)
      return state('Ready', {
        result: { sample: `${practiceUrl}/results/${id}.png`, seed: task.seed, duration: age / 1000 },
      });
    const error = errors.get(id);
    if (error !== undefined) return state('Error', { details: { error } });
    if (!made) start(id, task);
    return state('Pending', { progress: Math.round((1 - Math.exp(-age / usual)) * 100) / 100 });
  };

  const file = async (id: string): Promise<Response> => {
    const bytes = await store.get(named(id, 'result'));
    return bytes === undefined
      ? reply(404, { detail: 'Not Found' })
      : new Response(new Uint8Array(bytes), { headers: { 'content-type': 'image/png' } });
  };

  return async (request) => {
    const url = new URL(request.url);
    const route = `${request.method} ${url.pathname}`;
    const sample = /^GET \/results\/([0-9a-f-]{36})\.png$/.exec(route);
    if (sample !== null) return file(sample[1]);
    if (request.headers.get('x-key') !== practiceKey) return reply(403, { detail: 'Not authenticated' });
    switch (route) {
      case 'POST /v1/flux-pro-1.0-fill':
        return submit(request);
      case 'GET /v1/get_result': {
        const id = url.searchParams.get('id') ?? '';
        return /^[0-9a-f-]{36}$/.test(id) ? result(id) : reply(404, { id, status: 'Task not found' });
      }
      case 'GET /v1/credits':
        return reply(200, { credits: 0 });
      default:
        return reply(404, { detail: 'Not Found' });
    }
  };
};
