/**
 * A strict emulator of flux-fill-pro over real HTTP on 127.0.0.1, in two modes: Replicate itself, and a service that is
 * compatible with it as its document says (a path prefix, answers whose `urls` name api.replicate.com, no files, list,
 * cancel or account). Requests are checked against the document's schema and their pictures are decoded. Lenient, it takes
 * fields it does not know and names them in `unknown`. As a program: `node test/servers/replicate.ts --port 0 --key KEY
 * [--mode compatible] [--scenario NAME]` prints its base URL; `POST URL/__control` takes the JSON of `Settings`,
 * `GET URL/__log` gives `Report`.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { json, pour } from './answers.ts';
import { paint, type Look, type Pictures } from './bfl-picture.ts';
import { openHosts, read, type Entry } from './hosts.ts';
import { fileAnswer, upload, type StoredFile } from './replicate-files.ts';
import { picturesOf } from './replicate-input.ts';
import { scenarios, spoiltPolls, spoiltSubmits, spoiltUploads, stateAt, type Scenario } from './replicate-scenarios.ts';
import { loadSchemas, problem, refusal, unknownFields } from './replicate-schema.ts';
import { spoilt } from './spoil.ts';

export interface Settings extends Look {
  readonly scenario: Scenario;
  /** Milliseconds after the submit before which no task is ready. */
  readonly readyAfter: number;
  /** Milliseconds that the clock of the service is ahead. */
  readonly ahead: number;
  /** Predictions on a page of the list. */
  readonly pageSize: number;
}

export interface Report {
  readonly accepted: number;
  readonly log: readonly Entry[];
}

export type Mode = 'replicate' | 'compatible';

export interface Emulator {
  /** Base URL: everything before `/v1/`. */
  readonly url: string;
  readonly deliveryUrl: string;
  readonly strangerUrl: string;
  readonly log: readonly Entry[];
  /** Fields that only the lenient mode takes. */
  readonly unknown: readonly string[];
  /** Submits that became tasks: what the user would pay for. */
  accepted(): number;
  /** Ids of the tasks, oldest first. */
  tasks(): readonly string[];
  files(): readonly StoredFile[];
  control(change: Partial<Settings>): void;
  readonly stop: () => Promise<void>;
}

interface Task {
  readonly id: string;
  readonly createdAt: number;
  /** In place of the setting. */
  readonly readyAfter: number | undefined;
  readonly input: Readonly<Record<string, unknown>>;
  readonly pictures: Pictures;
  readonly seed: number;
  readonly format: 'png' | 'jpeg';
  readonly secret: string;
  readonly cancelAfter: string | undefined;
  cancelled: boolean;
  polls: number;
  downloads: number;
  /** Polls that told the output. */
  readies: number;
}

const model = 'black-forest-labs/flux-fill-pro';
const initial: Settings = {
  scenario: 'normal',
  readyAfter: 0,
  ahead: 0,
  pageSize: 100,
  content: 'other',
  tone: [0, 0, 0],
  scale: 1,
};

export const start = async (
  options: Partial<Settings> & {
    readonly key?: string;
    readonly port?: number;
    readonly mode?: Mode;
    readonly lenient?: boolean;
    /** Milliseconds after the submit before which the task with this seed is not ready; in place of `readyAfter`. */
    readonly readyAfterOf?: (seed: number) => number;
  } = {},
): Promise<Emulator> => {
  const { key = 'test-key', port = 0, mode = 'replicate', lenient = false, readyAfterOf, ...given } = options;
  const itself = mode === 'replicate';
  const prefix = itself ? '' : '/replicate';
  let settings: Settings = { ...initial, ...given };
  const schemas = loadSchemas();
  const tasks = new Map<string, Task>();
  const files = new Map<string, StoredFile>();
  const unknown: string[] = [];
  let submits = 0;
  let uploads = 0;

  const control = (change: Partial<Settings>): void => {
    if (change.scenario !== undefined && !scenarios.includes(change.scenario))
      throw new Error(`unknown scenario ${change.scenario}`);
    settings = { ...settings, ...change };
    submits = 0;
    uploads = 0;
  };

  const now = (): number => Date.now() + settings.ahead;

  const refuse = (response: ServerResponse, status: number, title: string, detail: string): void => {
    if (itself) return json(response, status, problem(status, title, detail));
    json(response, status, { error: { message: detail, type: 'upstream_error' } });
  };

  const accept = (
    body: Readonly<Record<string, unknown>>,
    pictures: Pictures,
    cancelAfter: string | undefined,
  ): Task => {
    const input = body.input as Record<string, unknown>;
    const seed = typeof input.seed === 'number' ? input.seed : Math.floor(Math.random() * 2 ** 31);
    const task: Task = {
      id: randomBytes(13).toString('hex'),
      createdAt: now(),
      readyAfter: readyAfterOf?.(seed),
      input,
      pictures,
      seed,
      format: input.output_format === 'png' ? 'png' : 'jpeg',
      secret: randomBytes(24).toString('base64url'),
      cancelAfter,
      cancelled: false,
      polls: 0,
      downloads: 0,
      readies: 0,
    };
    tasks.set(task.id, task);
    return task;
  };

  /** A compatible service passes on the addresses of Replicate, where its own key is worth nothing. */
  const urlsOf = (id: string): object => {
    const host = itself ? base() : 'https://api.replicate.com';
    const api = settings.scenario === 'hostile-urls' ? strangerUrl : host;
    return {
      cancel: `${api}/v1/predictions/${id}/cancel`,
      get: `${api}/v1/predictions/${id}`,
      stream: `https://stream.replicate.com/v1/files/${id}`,
      web: `https://replicate.com/p/${id}`,
    };
  };

  const prediction = (task: Task, fields: object): object => ({
    id: task.id,
    model,
    version: 'hidden',
    input: task.input,
    logs: '',
    output: null,
    data_removed: false,
    error: null,
    status: 'starting',
    created_at: new Date(task.createdAt).toISOString(),
    ...(itself ? { source: 'api' } : {}),
    urls: urlsOf(task.id),
    ...fields,
  });

  const submit = async (request: IncomingMessage, response: ServerResponse, bytes: Buffer, entry: Entry) => {
    if (request.headers['content-type'] !== 'application/json')
      return refuse(response, 415, 'Unsupported media type', 'Expected application/json');
    const cancelAfter = request.headers['cancel-after'] as string | undefined;
    if (cancelAfter !== undefined && (!itself || !/^(?:\d+h)?(?:\d+m)?(?:\d+s?)?$/.test(cancelAfter)))
      return refuse(response, 400, 'Bad request', 'Cancel-After is malformed');
    const prefer = request.headers.prefer;
    if (prefer !== undefined && (!itself || !/^wait(=([1-9]|[1-5][0-9]|60))?$/.test(String(prefer))))
      return refuse(response, 400, 'Bad request', 'Prefer is malformed');
    let body: Record<string, unknown>;
    try {
      body = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    } catch {
      return refuse(response, 400, 'Bad request', 'The body is not JSON');
    }
    Object.assign(entry, { body });
    submits++;
    if (!schemas.submit(body)) {
      const errors = schemas.submit.errors ?? [];
      const unknownNames = unknownFields(errors);
      unknown.push(...unknownNames);
      if (!lenient || unknownNames.length < errors.length) return json(response, 422, refusal(errors));
    }
    const pictures = await picturesOf(body.input as Record<string, unknown>, {
      ...(itself ? { files } : {}),
      now: now(),
      lenient,
    });
    if ('message' in pictures)
      return json(response, 422, {
        ...problem(422, 'Input validation failed', pictures.message),
        invalid_fields: [{ type: 'value', field: `input.${pictures.field}`, description: pictures.message }],
      });
    if (spoilt(spoiltSubmits, settings.scenario, submits, response, strangerUrl, body)) return;
    answerSubmit(response, accept(body, pictures, cancelAfter), prefer !== undefined);
  };

  const answerSubmit = (response: ServerResponse, task: Task, held: boolean): unknown => {
    const { scenario } = settings;
    if (scenario === 'accepted-but-answer-lost') return response.socket?.resetAndDestroy();
    if (scenario === 'not-json') return response.writeHead(201).end('<html>welcome to the hotel network</html>');
    if (scenario === 'endless-answer') return pour(response, 'application/json');
    if (scenario === 'no-id') return json(response, 201, { ...prediction(task, {}), id: undefined });
    if (scenario === 'hostile-id') return json(response, 201, prediction(task, { id: '../../account' }));
    if (scenario === 'number-as-id') {
      const id = 1_000_000 + tasks.size;
      tasks.set(String(id), task);
      tasks.delete(task.id);
      return json(response, 201, { id, status: 'starting' });
    }
    // Held: as it is when the time of `Prefer: wait` is over and the task is not.
    const fields = held ? { status: 'processing' } : {};
    json(response, scenario === 'accepted-202' ? 202 : itself ? 201 : 200, prediction(task, fields));
  };

  const link = (task: Task): string => {
    const { scenario } = settings;
    if (scenario === 'hostile-result') return 'http://169.254.169.254/latest/meta-data';
    const file = `${task.secret}/out.${task.format === 'png' ? 'png' : 'jpg'}`;
    if (scenario === 'result-behind-key') return `${base()}/v1/results/${file}`;
    return `${deliveryUrl}/${scenario === 'result-behind-key-elsewhere' ? 'locked' : 'pbxt'}/${file}`;
  };

  const ended = (task: Task): object => {
    const { scenario } = settings;
    const times = { started_at: new Date(task.createdAt).toISOString(), completed_at: new Date(now()).toISOString() };
    const metrics = { predict_time: 13.9, total_time: 14.2 };
    const gone = scenario === 'data-removed';
    if (!gone && scenario !== 'output-null') task.readies++;
    const outputs: Partial<Record<Scenario, unknown>> = {
      'output-null': null,
      'data-removed': null,
      'output-list': [link(task)],
      'output-number': 7,
    };
    return prediction(task, {
      ...times,
      metrics,
      status: scenario === 'other-words' ? 'success' : 'succeeded',
      logs: gone ? '' : `Using seed: ${task.seed}\nGenerating image...\n`,
      output: scenario in outputs ? outputs[scenario] : link(task),
      ...(gone ? { data_removed: true, input: {}, logs: '' } : {}),
    });
  };

  const poll = (response: ServerResponse, task: Task): unknown => {
    task.polls++;
    const { scenario } = settings;
    if (spoilt(spoiltPolls, scenario, task.polls, response, strangerUrl, {})) return;
    if (scenario === 'endless-poll') return pour(response, 'application/json');
    if (task.cancelled) return json(response, 200, prediction(task, { status: 'canceled' }));
    if (scenario === 'bare') return json(response, 200, task.polls === 1 ? {} : { output: link(task) });
    if (scenario === 'failed-echo')
      return json(response, 200, prediction(task, { status: 'failed', error: `bad ${JSON.stringify(task.input)}` }));
    const early =
      now() - task.createdAt < (task.readyAfter ?? settings.readyAfter) ? { status: 'processing' } : undefined;
    const fields = stateAt(scenario, task.polls) ?? early;
    json(response, 200, fields === undefined ? ended(task) : prediction(task, fields));
  };

  const cancel = (response: ServerResponse, task: Task): void => {
    // A task that has told its output, or that ends of itself, is over: a cancel changes nothing.
    if (task.readies > 0) return json(response, 200, ended(task));
    task.cancelled = settings.scenario !== 'slow';
    json(response, 200, prediction(task, { status: 'processing' }));
  };

  const list = (response: ServerResponse, url: URL): void => {
    const all = [...tasks.values()].reverse();
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const to = from + settings.pageSize;
    const results = all.slice(from, to).map((task) => prediction(task, { status: 'processing' }));
    const next = to < all.length ? `${strangerUrl}/v1/predictions?cursor=${to}` : null;
    json(response, 200, { next, previous: null, results });
  };

  const deliver = async (response: ServerResponse, url: URL): Promise<unknown> => {
    const [, place, secret] = /^\/(\w+)\/([\w-]{32})\/out\.(?:png|jpg)$/.exec(url.pathname) ?? [];
    const task = [...tasks.values()].find((each) => each.secret === secret);
    const dead = (): unknown => response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
    if (task === undefined) return dead();
    if (place === 'locked') return refuse(response, 401, 'Unauthenticated', 'no key');
    task.downloads++;
    const first = task.downloads === 1;
    const { scenario } = settings;
    if (scenario === 'dead-link-always' || (scenario === 'dead-link' && task.readies === 1)) return dead();
    if (scenario === '503-download' && first) return response.writeHead(503).end();
    if (scenario === 'not-an-image') return response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    if (scenario === 'endless-result') return pour(response, 'image/png');
    if (scenario === 'result-redirect' && place === 'pbxt')
      return response.writeHead(302, { location: url.pathname.replace('/pbxt/', '/moved/') }).end();
    if (scenario === 'result-redirect-hostile')
      return response.writeHead(302, { location: 'http://192.168.0.1/admin' }).end();
    const how = scenario === 'other-size' ? { ...settings, scale: 0.75, format: 'jpeg' as const } : settings;
    const bytes = await paint(task.pictures, task.seed, task.format, how);
    const type = scenario === 'other-type' ? 'application/octet-stream' : `image/${how.format ?? task.format}`;
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
    if (scenario === 'truncated' && first)
      return response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
    return response.end(bytes);
  };

  const store = async (request: IncomingMessage, response: ServerResponse, bytes: Buffer): Promise<unknown> => {
    uploads++;
    const stored = await upload(bytes, request.headers['content-type'] ?? '', now());
    if ('problem' in stored) return json(response, stored.status, stored.problem);
    if (spoilt(spoiltUploads, settings.scenario, uploads, response, strangerUrl, {})) return;
    files.set(`${base()}/v1/files/${stored.id}`, stored);
    if (settings.scenario === 'upload-hostile') return json(response, 201, { urls: { get: 'file:///etc/passwd' } });
    json(response, 201, fileAnswer(stored, base()));
  };

  const api = async (request: IncomingMessage, response: ServerResponse, url: URL, entry: Entry): Promise<unknown> => {
    const bytes = await read(request);
    Object.assign(entry, { bytes: bytes.length });
    if (url.pathname === '/__log') return json(response, 200, { accepted: tasks.size, log } satisfies Report);
    if (url.pathname === '/__control') {
      control(JSON.parse(bytes.toString('utf8')) as Partial<Settings>);
      return json(response, 200, settings);
    }
    response.setHeader('date', new Date(now()).toUTCString());
    const path = url.pathname.startsWith(`${prefix}/v1/`) ? url.pathname.slice(prefix.length) : '';
    const [, id] = /^\/v1\/predictions\/([\w-]+)(?:\/cancel)?$/.exec(path) ?? [];
    const results = /^\/v1\/results\//.test(path);
    const routes: Record<string, string> = {
      [`/v1/models/${model}/predictions`]: 'POST',
      ...(id === undefined ? {} : { [`/v1/predictions/${id}`]: 'GET' }),
      ...(results ? { [path]: 'GET' } : {}),
      ...(itself ? { '/v1/predictions': 'GET', '/v1/files': 'POST', '/v1/account': 'GET' } : {}),
      ...(itself && id !== undefined ? { [`/v1/predictions/${id}/cancel`]: 'POST' } : {}),
    };
    if (routes[path] === undefined)
      return refuse(response, 404, 'Not found', 'The requested resource could not be found.');
    if (routes[path] !== request.method) return refuse(response, 405, 'Method not allowed', 'Method not allowed');
    if (request.headers.authorization !== `Bearer ${key}`)
      return refuse(response, 401, 'Unauthenticated', 'You did not pass a valid authentication token');
    if (results) return deliver(response, new URL(path.slice('/v1'.length), url));
    if (path === '/v1/account') return json(response, 200, { type: 'user', username: 'acme', name: 'Acme' });
    if (path === '/v1/files') return store(request, response, bytes);
    if (path === '/v1/predictions') return list(response, url);
    if (id === undefined) return submit(request, response, bytes, entry);
    const task = tasks.get(id);
    if (task === undefined) return refuse(response, 404, 'Not found', 'The requested resource could not be found.');
    return path.endsWith('/cancel') ? cancel(response, task) : poll(response, task);
  };

  const base = (): string => apiUrl + prefix;
  const hosts = await openHosts({ api, delivery: (_request, response, url) => deliver(response, url) }, port);
  const { log } = hosts;
  const { api: apiUrl, delivery: deliveryUrl, stranger: strangerUrl } = hosts.urls;

  return {
    url: base(),
    deliveryUrl,
    strangerUrl,
    log,
    unknown,
    accepted: () => tasks.size,
    tasks: () => [...tasks.keys()],
    files: () => [...files.values()],
    control,
    stop: hosts.stop,
  };
};

if (import.meta.main) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { port: text, key: text, scenario: text, mode: text } });
  const emulator = await start({
    port: Number(values.port ?? 0),
    ...(values.key === undefined ? {} : { key: values.key }),
    mode: values.mode === 'compatible' ? 'compatible' : 'replicate',
    scenario: (values.scenario ?? 'normal') as Scenario,
  });
  console.log(emulator.url);
}
