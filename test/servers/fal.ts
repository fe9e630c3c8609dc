/**
 * A strict emulator of fal's queue and storage over real HTTP on 127.0.0.1: the API (queue.fal.run and rest.fal.ai), the
 * public CDN of uploads and results, and a stranger that nobody should send a key to. Requests are checked against the
 * text of the document and their pictures are decoded; `lenient` lets unknown fields through and lists them. As a
 * program: `node test/servers/fal.ts --port 0 --key KEY [--scenario NAME]` prints its URL; `POST URL/__control` takes the
 * JSON of `Settings`, `GET URL/__log` gives `Report`.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { drip, json, pour } from './answers.ts';
import { look, paint, type Look, type Pictures } from './bfl-picture.ts';
import {
  scenarios,
  spoiltInitiates,
  spoiltPolls,
  spoiltResults,
  spoiltSubmits,
  spoiltUploads,
  stateAt,
  type Scenario,
} from './fal-scenarios.ts';
import { loadSchemas, refusal } from './fal-schema.ts';
import { openHosts, read, type Entry } from './hosts.ts';
import { spoilt } from './spoil.ts';

export interface Settings extends Look {
  readonly scenario: Scenario;
  /** Milliseconds after the submit before which no task has ended. */
  readonly readyAfter: number;
  readonly lenient: boolean;
}

export interface Report {
  readonly accepted: number;
  readonly unknownFields: readonly string[];
  readonly log: readonly Entry[];
}

export interface Emulator extends AsyncDisposable {
  /** Base URL of the API, with its path prefix. */
  readonly url: string;
  readonly cdnUrl: string;
  readonly strangerUrl: string;
  readonly log: readonly Entry[];
  /** Fields of requests that the document does not know; empty unless `lenient`. */
  readonly unknownFields: readonly string[];
  /** Submits that became tasks: what the user would pay for. */
  accepted(): number;
  /** Tasks that a cancel ended before they ran. */
  cancelled(): number;
  /** Changes settings from now on; counts of the scenario begin anew. */
  control(change: Partial<Settings>): void;
  stop(): Promise<void>;
}

type Body = Readonly<Record<string, unknown>>;

interface Task {
  readonly id: string;
  readonly body: Body;
  readonly createdAt: number;
  /** In place of the setting. */
  readonly readyAfter: number | undefined;
  readonly pictures: Pictures | { readonly field: string; readonly message: string };
  readonly seed: number;
  readonly folder: string;
  polls: number;
  asked: number;
  downloads: number;
  cancelled: boolean;
}

interface Upload {
  readonly type: string;
  bytes?: Buffer;
}

const initial: Settings = {
  scenario: 'normal',
  readyAfter: 0,
  lenient: false,
  content: 'other',
  tone: [0, 0, 0],
  scale: 1,
};

const root = '/fal-ai/flux-pro';

const parsed = (bytes: Buffer): Body | undefined => {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
};

const formatOf = ({ output_format: asked }: Body): string => (typeof asked === 'string' ? asked : 'jpeg');

/** `prefix` is a path before `/fal-ai/`, such as `/m/x`. */
export const start = async (
  options: Partial<Settings> & {
    readonly key?: string;
    readonly port?: number;
    readonly prefix?: string;
    /** Milliseconds after the submit before which the task with this seed is not ready; in place of `readyAfter`. */
    readonly readyAfterOf?: (seed: number) => number;
  } = {},
): Promise<Emulator> => {
  const { key = 'test-key', port = 0, prefix = '', readyAfterOf, ...given } = options;
  let settings: Settings = { ...initial, ...given };
  const schemas = loadSchemas();
  const tasks = new Map<string, Task>();
  const uploads = new Map<string, Upload>();
  const unknownFields: string[] = [];
  let counts = { submits: 0, initiates: 0, puts: 0 };

  const control = (change: Partial<Settings>): void => {
    if (change.scenario !== undefined && !scenarios.includes(change.scenario))
      throw new Error(`unknown scenario ${change.scenario}`);
    settings = { ...settings, ...change };
    counts = { submits: 0, initiates: 0, puts: 0 };
  };

  /** The base64 of a file that was sent: of a data URI, or of an upload of ours. Nothing else is fetched. */
  const fileAt = (address: string): string => {
    const inline = /^data:image\/(?:png|jpeg|webp);base64,([\s\S]*)$/.exec(address)?.[1];
    if (inline !== undefined) return inline;
    const token = address.startsWith(`${cdnUrl}/uploads/`) ? address.slice(`${cdnUrl}/uploads/`.length) : '';
    return uploads.get(token.split('/')[0])?.bytes?.toString('base64') ?? '';
  };

  const seen = async (body: Body): Promise<Task['pictures']> => {
    const pictures = await look({ image: fileAt(String(body.image_url)), mask: fileAt(String(body.mask_url)) });
    return 'message' in pictures ? { field: `${pictures.field}_url`, message: pictures.message } : pictures;
  };

  const submit = async (request: IncomingMessage, response: ServerResponse, bytes: Buffer, entry: Entry) => {
    if (request.headers['content-type'] !== 'application/json') return json(response, 422, refusal([], undefined));
    const body = parsed(bytes);
    if (body === undefined)
      return json(response, 422, { detail: [{ loc: ['body', 0], msg: 'JSON decode error', type: 'json_invalid' }] });
    Object.assign(entry, { body });
    counts.submits++;
    const check = settings.lenient ? schemas.lenient : schemas.submit;
    if (!check(body)) return json(response, 422, refusal(check.errors ?? [], body));
    const known = new Set(schemas.input.map(({ name }) => name));
    unknownFields.push(...Object.keys(body).filter((name) => !known.has(name)));
    if (spoilt(spoiltSubmits, settings.scenario, counts.submits, response, strangerUrl, body)) return;
    const pictures = await seen(body);
    const seed = typeof body.seed === 'number' ? body.seed : Math.floor(Math.random() * 2 ** 31);
    const task: Task = {
      id: randomUUID(),
      body,
      createdAt: Date.now(),
      readyAfter: readyAfterOf?.(seed),
      pictures,
      seed,
      folder: randomBytes(12).toString('hex'),
      polls: 0,
      asked: 0,
      downloads: 0,
      cancelled: false,
    };
    tasks.set(task.id, task);
    const { scenario } = settings;
    if (scenario === 'accepted-but-answer-lost') return response.socket?.resetAndDestroy();
    if (scenario === 'not-json') return response.writeHead(200).end('<html>welcome to the hotel network</html>');
    if (scenario === 'endless-answer') return pour(response, 'application/json');
    const home = scenario === 'hostile-urls' ? strangerUrl : apiUrl + prefix;
    const app = scenario === 'other-app-urls' ? '/somebody/app/run' : `${root}/requests/${task.id}`;
    const urls = {
      response_url: home + app,
      status_url: `${home}${app}/status`,
      cancel_url: `${home}${app}/cancel`,
    };
    const told = { status: 'IN_QUEUE', queue_position: 0, ...urls };
    json(
      response,
      200,
      { request_id: task.id, ...(scenario === 'only-id' ? {} : told) },
      { 'x-fal-request-id': task.id },
    );
  };

  const stateOf = (response: ServerResponse, task: Task, withLogs: boolean): void => {
    task.polls++;
    if (spoilt(spoiltPolls, settings.scenario, task.polls, response, strangerUrl, {})) return;
    const early = Date.now() - task.createdAt < (task.readyAfter ?? settings.readyAfter);
    if (task.cancelled && settings.scenario === 'cancel-removes')
      return json(response, 404, { detail: 'Request not found' });
    const state = stateAt(settings.scenario, task.polls) ?? (early ? { status: 'IN_PROGRESS' } : undefined);
    const logs = Array.from({ length: Math.min(task.polls, 4) }, (_, i) => ({
      message: `step ${i} of ${JSON.stringify(task.body)} with ${key}`,
      level: 'INFO',
      source: 'USER',
      timestamp: new Date(task.createdAt + i).toISOString(),
    }));
    const always = { request_id: task.id, response_url: `${apiUrl}${prefix}${root}/requests/${task.id}` };
    if (state === undefined || task.cancelled)
      return json(response, 200, {
        status: 'COMPLETED',
        ...always,
        ...(withLogs ? { logs } : {}),
        metrics: { inference_time: 1.5 },
      });
    const queued = 'status' in state && state.status === 'IN_QUEUE';
    json(response, 202, { ...state, ...always, ...(withLogs && !queued ? { logs } : {}) });
  };

  const encoded = (task: Task, pictures: Pictures, n: number): Promise<Buffer> => {
    const how = settings.scenario === 'other-size' ? { ...settings, scale: 0.75, format: 'jpeg' as const } : settings;
    return paint(pictures, task.seed + n, formatOf(task.body), how);
  };

  const resultOf = async (response: ServerResponse, task: Task): Promise<unknown> => {
    const { scenario } = settings;
    if (stateAt(scenario, task.polls) !== undefined && !task.cancelled)
      return json(response, 400, { detail: 'Request is still in progress' });
    task.asked++;
    if (task.cancelled) return json(response, 499, { detail: 'Request was cancelled', error_type: 'client_cancelled' });
    if (spoilt(spoiltResults, scenario, task.asked, response, strangerUrl, task.body)) return;
    const { pictures, body, seed } = task;
    if ('message' in pictures)
      return json(response, 422, {
        detail: [{ loc: ['body', pictures.field], msg: pictures.message, type: 'image_load_error', input: body }],
      });
    const change = scenario === 'fewer-images' ? -1 : scenario === 'more-images' ? 1 : 0;
    const count = Number(body.num_images ?? 1) + change;
    const format = scenario === 'other-size' ? 'jpeg' : (settings.format ?? formatOf(body));
    const images = await Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const url =
          body.sync_mode === true
            ? `data:image/${format};base64,${(await encoded(task, pictures, n)).toString('base64')}`
            : `${cdnUrl}/files/${task.folder}/${task.id}/${n}.${format}`;
        return {
          url: scenario === 'hostile-result' ? 'http://169.254.169.254/latest/meta-data' : url,
          width: Math.round(pictures.width * settings.scale),
          height: Math.round(pictures.height * settings.scale),
          content_type: `image/${format}`,
        };
      }),
    );
    json(
      response,
      200,
      {
        images,
        timings: { inference: 1.5 },
        seed,
        has_nsfw_concepts: images.map((_, n) => scenario === 'nsfw' && n === 0),
        prompt: body.prompt,
      },
      { 'x-fal-request-id': task.id },
    );
  };

  const cancel = (response: ServerResponse, task: Task): void => {
    const state = stateAt(settings.scenario, task.polls + 1) as { status?: string } | undefined;
    if (state === undefined || settings.scenario === 'cancel-too-late')
      return json(response, 400, { status: 'ALREADY_COMPLETED' });
    // What waits is taken out; what runs gets a signal, which this model ignores.
    if (state.status === 'IN_QUEUE') task.cancelled = true;
    json(response, 202, { status: 'CANCELLATION_REQUESTED' });
  };

  const initiate = (response: ServerResponse, url: URL, bytes: Buffer): unknown => {
    counts.initiates++;
    const body = parsed(bytes);
    const names = Object.keys(body ?? {})
      .sort()
      .join();
    if (url.searchParams.get('storage_type') !== 'fal-cdn-v3' || names !== 'content_type,file_name')
      return json(response, 422, refusal([], body));
    const { scenario } = settings;
    if (spoilt(spoiltInitiates, scenario, counts.initiates, response, strangerUrl, body ?? {})) return;
    const token = randomBytes(12).toString('hex');
    uploads.set(token, { type: String(body?.content_type) });
    json(response, 200, {
      upload_url: `${scenario === 'upload-hostile' ? 'http://169.254.169.254' : cdnUrl}/put/${token}?signature=${token}`,
      file_url: `${scenario === 'upload-hostile-file' ? 'https://evil.example' : cdnUrl}/uploads/${token}/${String(body?.file_name)}`,
    });
  };

  const take = async (request: IncomingMessage, response: ServerResponse, token: string, entry: Entry) => {
    const bytes = await read(request);
    Object.assign(entry, { bytes: bytes.length });
    const upload = uploads.get(token);
    if (request.method !== 'PUT' || upload === undefined) return response.writeHead(404).end();
    counts.puts++;
    if (spoilt(spoiltUploads, settings.scenario, counts.puts, response, strangerUrl, {})) return;
    if (request.headers.authorization !== undefined) return response.writeHead(400).end('only one way to authorise');
    if (request.headers['content-type'] !== upload.type) return response.writeHead(403).end('another content type');
    upload.bytes = bytes;
    json(response, 200, {});
  };

  const deliver = async (response: ServerResponse, url: URL): Promise<unknown> => {
    const [, folder, id, n] = /^\/(?:files|moved)\/(\w+)\/([0-9a-f-]{36})\/(\d+)\./.exec(url.pathname) ?? [];
    const task = tasks.get(id ?? '');
    const dead = (): unknown => response.writeHead(404).end();
    if (task === undefined || task.folder !== folder || 'message' in task.pictures) return dead();
    task.downloads++;
    const first = task.downloads === 1;
    const { scenario } = settings;
    if (scenario === 'dead-link-always' || (scenario === 'dead-link' && task.asked === 1)) return dead();
    if (scenario === 'one-dead-link' && n === '0') return dead();
    if (scenario === '503-download' && first) return response.writeHead(503).end();
    if (scenario === 'not-an-image') return response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    if (scenario === 'endless-result') return pour(response, 'image/png');
    if (scenario === 'slow-loris-download') return drip(response);
    if (scenario === 'result-redirect' && url.pathname.startsWith('/files/'))
      return response.writeHead(302, { location: `/moved${url.pathname.slice('/files'.length)}` }).end();
    if (scenario === 'result-redirect-hostile')
      return response.writeHead(302, { location: 'http://192.168.0.1/admin' }).end();
    const bytes = await encoded(task, task.pictures, Number(n));
    const type = scenario === 'other-type' ? 'application/octet-stream' : `image/${url.pathname.split('.').at(-1)}`;
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
    if (scenario === 'truncated-always' || (scenario === 'truncated' && first)) {
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      return;
    }
    response.end(bytes);
  };

  const cdn = (request: IncomingMessage, response: ServerResponse, url: URL, entry: Entry): Promise<unknown> => {
    const token = /^\/put\/(\w+)$/.exec(url.pathname)?.[1];
    return token === undefined ? deliver(response, url) : take(request, response, token, entry);
  };

  const api = async (request: IncomingMessage, response: ServerResponse, url: URL, entry: Entry): Promise<unknown> => {
    const bytes = await read(request);
    Object.assign(entry, { bytes: bytes.length });
    if (url.pathname === '/__log')
      return json(response, 200, { accepted: tasks.size, unknownFields, log: hosts.log } satisfies Report);
    if (url.pathname === '/__control') {
      control(JSON.parse(bytes.toString('utf8')) as Partial<Settings>);
      return json(response, 200, settings);
    }
    const path = url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : '';
    const [, id, what] = /^\/fal-ai\/flux-pro\/requests\/([^/]+)(\/status|\/cancel)?$/.exec(path) ?? [];
    const known = path === `${root}/v1/fill` || path === '/storage/upload/initiate' || id !== undefined;
    if (!known) return json(response, 404, { detail: 'Not Found' });
    const method = id === undefined ? 'POST' : what === '/cancel' ? 'PUT' : 'GET';
    if (method !== request.method) return json(response, 405, { detail: 'Method Not Allowed' });
    if (request.headers.authorization !== `Key ${key}`)
      return json(response, 401, { detail: 'Authentication is required to access this application' });
    if (path === '/storage/upload/initiate') return initiate(response, url, bytes);
    if (id === undefined) return submit(request, response, bytes, entry);
    const task = tasks.get(id);
    if (task === undefined)
      return what === '/cancel'
        ? json(response, 404, { status: 'NOT_FOUND' })
        : json(response, 404, { detail: 'Request not found' });
    if (what === '/status') return stateOf(response, task, url.searchParams.get('logs') === '1');
    return what === '/cancel' ? cancel(response, task) : resultOf(response, task);
  };

  const hosts = await openHosts({ api, delivery: cdn }, port);
  const { api: apiUrl, delivery: cdnUrl, stranger: strangerUrl } = hosts.urls;

  return {
    url: apiUrl + prefix,
    cdnUrl,
    strangerUrl,
    log: hosts.log,
    unknownFields,
    accepted: () => tasks.size,
    cancelled: () => [...tasks.values()].filter((task) => task.cancelled).length,
    control,
    stop: hosts.stop,
    [Symbol.asyncDispose]: hosts.stop,
  };
};

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      key: { type: 'string' },
      scenario: { type: 'string' },
      prefix: { type: 'string' },
    },
  });
  const emulator = await start({
    port: Number(values.port ?? 0),
    ...(values.key === undefined ? {} : { key: values.key }),
    ...(values.prefix === undefined ? {} : { prefix: values.prefix }),
    scenario: (values.scenario ?? 'normal') as Scenario,
  });
  console.log(emulator.url);
}
