/** The clients of lateness.bench.ts, one way in a process of its own. Tells the time at which each job had its bytes. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as Ai from '@ai-sdk/black-forest-labs';
import type * as Fal from '@fal-ai/client';
import type { default as Replicate } from 'replicate';
import { ok } from '../../src/fill/faults.ts';
import { endStates, type Fill } from '../../src/fill/record.ts';
import type { Service } from '../../src/fill/service.ts';
import type { JobRaster, Runner } from '../../src/jobs/contract.ts';
import { catalogue } from '../../src/services/catalogue.ts';
import { fastClock, makeFill, makeInput, makeRig, markerRaster, reaches, sourceBytes } from '../jobs/rig.ts';
import { mask, picture, size } from '../services/harness.ts';

export type ServiceName = 'bfl' | 'fal' | 'replicate';
export type Way = 'ours' | 'ours together' | 'loop' | 'vendor';

export interface Order {
  readonly service: ServiceName;
  readonly way: Way;
  readonly key: string;
  readonly url: string;
  readonly deliveryUrl: string;
  /** The seeds of the jobs, which name them, in the order of their begin. */
  readonly seeds: readonly number[];
  /** Jobs that run beside each other, without knowing of each other unless together. */
  readonly beside: number;
}

export interface Arrival {
  readonly seed: number;
  readonly at: number;
}

const arrived = (seed: number): void => void process.send!({ seed, at: Date.now() } satisfies Arrival);

type RunJob = (seed: number) => Promise<void>;

const uri = (bytes: Uint8Array): string => `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;

const bytesAt = async (url: string): Promise<void> => {
  const answer = await fetch(url);
  if (!answer.ok || (await answer.arrayBuffer()).byteLength === 0) throw new Error(`HTTP ${answer.status}`);
};

const [image, white] = await Promise.all([picture(3), mask()]);

/** Real jobs with their journal, each in a runner of its own; together in one. Only the pixel work is a stand-in. */
const ours = async ({ service: name, way, key, url }: Order): Promise<{ run: RunJob; close: () => Promise<void> }> => {
  const rig = await makeRig();
  const clock = fastClock(1);
  const service = catalogue[name].create({
    baseUrl: url,
    fetch: () => globalThis.fetch,
    key: () => Promise.resolve(ok(key)),
    clock,
    log: () => undefined,
  });
  const raster: JobRaster = { ...markerRaster, prepare: () => Promise.resolve(ok({ image, mask: white })) };
  const seeds = new Map<string, number>();
  const told: Service = {
    ...service,
    submit: async (request, signal) => {
      const outcome = await service.submit(request, signal);
      if (outcome.kind === 'accepted') seeds.set(outcome.taskId, request.parameters.seed!);
      return outcome;
    },
    fetch: async (handle, signal) => {
      const fetched = await service.fetch(handle, signal);
      if (fetched.ok) arrived(seeds.get((handle as { readonly id: string }).id)!);
      return fetched;
    },
  };
  const open = (directory: string): Runner => rig.open(told, { clock, raster, directory });
  const shared = way === 'ours together' ? open(rig.journal) : undefined;
  return {
    close: () => rig.remove(),
    run: async (seed) => {
      const runner = shared ?? open(join(rig.root, String(seed)));
      const folder = join(rig.target, String(seed));
      await mkdir(folder);
      await writeFile(join(folder, 'photo.png'), sourceBytes);
      const { plan, parameters, ...rest } = makeFill(folder);
      const fill: Fill = {
        ...rest,
        service: { id: name, baseUrl: url },
        parameters: { ...parameters, seed },
        plan: { ...plan, sent: size },
      };
      const started = await runner.start(makeInput(fill));
      if (!started.ok) throw new Error(started.fault.code);
      const { state, fault } = await reaches(runner, fill.id, ...endStates);
      if (state !== 'saved') throw new Error(`${state} ${fault?.code}`);
    },
  };
};

/** The loop of BFL's guide (seeds/bfl-fill-guide.md): a pause of 0.5 s, a question, and so on. */
const guideLoop =
  ({ url, key }: Order): RunJob =>
  async (seed) => {
    const headers = { accept: 'application/json', 'x-key': key };
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    const submitted = await fetch(`${url}/v1/flux-pro-1.0-fill`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'x', image: base64(image), mask: base64(white), seed, output_format: 'png' }),
    });
    const { polling_url: polling } = (await submitted.json()) as { readonly polling_url: string };
    for (;;) {
      await new Promise<void>((resolve) => setTimeout(resolve, 500));
      const told = (await (await fetch(polling, { headers })).json()) as {
        readonly status: string;
        readonly result?: { readonly sample: string };
      };
      if (told.status !== 'Ready') continue;
      await bytesAt(told.result!.sample);
      return arrived(seed);
    }
  };

/** npm `@ai-sdk/black-forest-labs`; it downloads by itself. It knows its hosts only by their names. */
const aiSdk = (order: Order, { createBlackForestLabs }: typeof Ai): RunJob => {
  const api = 'https://api.bfl.ai';
  const delivery = 'https://delivery-eu1.bfl.ai';
  const disguised: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const answer = await fetch(url.replace(api, order.url).replace(delivery, order.deliveryUrl), init);
    if (!answer.headers.get('content-type')?.includes('json')) return answer;
    const text = (await answer.text()).replaceAll(order.url, api).replaceAll(order.deliveryUrl, delivery);
    return new Response(text, { status: answer.status, headers: { 'content-type': 'application/json' } });
  };
  const client = createBlackForestLabs({ apiKey: order.key, baseURL: `${api}/v1`, fetch: disguised });
  const file = (data: Uint8Array) => ({ type: 'file' as const, mediaType: 'image/png', data: new Uint8Array(data) });
  return async (seed) => {
    await client.image('flux-pro-1.0-fill').doGenerate({
      prompt: 'x',
      n: 1,
      size: undefined,
      aspectRatio: undefined,
      seed,
      files: [file(image)],
      mask: file(white),
      providerOptions: { blackForestLabs: { outputFormat: 'png' } },
    });
    arrived(seed);
  };
};

const falClient = (order: Order, { createFalClient }: typeof Fal): RunJob => {
  const toEmulator: typeof fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    return fetch(url.replace(/^https:\/\/(?:queue\.fal\.run|rest\.fal\.ai)/, order.url), init);
  };
  const client = createFalClient({ credentials: order.key, fetch: toEmulator });
  return async (seed) => {
    const input = { prompt: 'x', image_url: uri(image), mask_url: uri(white), seed, output_format: 'png' as const };
    const { data } = await client.subscribe('fal-ai/flux-pro/v1/fill', { input });
    await bytesAt(data.images[0].url);
    arrived(seed);
  };
};

/** Told to poll: by default it holds the submit open instead (`Prefer: wait`), and the id is unknown meanwhile. */
const replicateClient = (order: Order, Client: typeof Replicate): RunJob => {
  const client = new Client({ auth: order.key, baseUrl: `${order.url}/v1`, useFileOutput: false });
  return async (seed) => {
    const input = { prompt: 'x', image: uri(image), mask: uri(white), seed, output_format: 'png' };
    const output: unknown = await client.run('black-forest-labs/flux-fill-pro', { input, wait: { mode: 'poll' } });
    await bytesAt(String(output));
    arrived(seed);
  };
};

const theirs = async (order: Order): Promise<RunJob> => {
  if (order.way === 'loop') return guideLoop(order);
  if (order.service === 'bfl') return aiSdk(order, await import('@ai-sdk/black-forest-labs'));
  if (order.service === 'fal') return falClient(order, await import('@fal-ai/client'));
  return replicateClient(order, (await import('replicate')).default);
};

const work = async (order: Order): Promise<void> => {
  const isOurs = order.way === 'ours' || order.way === 'ours together';
  const { run, close } = isOurs ? await ours(order) : { run: await theirs(order), close: () => Promise.resolve() };
  const seeds = [...order.seeds];
  const next = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) await run(seed);
  };
  await Promise.all(Array.from({ length: order.beside }, next));
  await close();
};

// Its parent has ended, or everything is told.
process.once('disconnect', () => process.exit());
process.once('message', (order: Order) => {
  work(order).then(
    () => process.disconnect(),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
