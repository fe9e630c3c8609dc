/**
 * A strict emulator of BFL's fill API over real HTTP on 127.0.0.1: three servers, one for the API, one that delivers
 * results, and a stranger that nobody should send a key to. Requests are checked against the OpenAPI text and their
 * pictures are decoded. Lenient, it takes fields it does not know and names them in `unknown`. As a program:
 * `node test/servers/bfl.ts --port 0 --key KEY [--scenario NAME]` prints its URL; `POST URL/__control` takes the JSON of
 * `Settings`, `GET URL/__log` gives `Report`.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { look, paint, type Look, type Pictures } from './bfl-picture.ts';
import { json, pour, drip } from './answers.ts';
import { scenarios, spoiltPolls, spoiltSubmits, stateAt, type Scenario } from './bfl-scenarios.ts';
import { loadSchemas, refusal, unknownFields } from './bfl-schema.ts';
import { openHosts, read, type Entry, type Tls } from './hosts.ts';
import { spoilt } from './spoil.ts';

export type { Entry } from './hosts.ts';

export interface Settings extends Look {
  readonly scenario: Scenario;
  /** Milliseconds after the submit before which no task is ready. */
  readonly readyAfter: number;
  /** Credits. */
  readonly cost: number;
  /** Tasks at once, those that are not ready yet; more are turned away with 429. */
  readonly activeTasks: number;
}

export interface Report {
  readonly accepted: number;
  readonly log: readonly Entry[];
}

export interface Emulator {
  /** Base URL of the API, with its path prefix. */
  readonly url: string;
  readonly deliveryUrl: string;
  readonly strangerUrl: string;
  /** Where the names of a secure emulator are, as `startProxy` takes them. */
  readonly places: Readonly<Record<string, string>>;
  readonly log: readonly Entry[];
  /** Fields that only the lenient mode takes. */
  readonly unknown: readonly string[];
  /** Submits that became tasks: what the user would pay for. */
  accepted(): number;
  /** The most tasks that were active at once. */
  mostActive(): number;
  /** Submits that were turned away because of that limit. */
  turnedAway(): number;
  /** Changes settings from now on; counts of the scenario begin anew. */
  control(change: Partial<Settings>): void;
  stop(): Promise<void>;
}

interface Task {
  readonly id: string;
  readonly createdAt: number;
  /** In place of the setting. */
  readonly readyAfter: number | undefined;
  readonly pictures: Pictures;
  readonly seed: number;
  readonly format: string;
  readonly signature: string;
  polls: number;
  downloads: number;
  /** Polls that said Ready. */
  readies: number;
}

const initial: Settings = {
  scenario: 'normal',
  readyAfter: 0,
  cost: 5,
  activeTasks: 24,
  content: 'other',
  tone: [0, 0, 0],
  scale: 1,
};

export interface Options extends Partial<Settings> {
  readonly key?: string;
  readonly port?: number;
  /** A path before `/v1/`, such as `/m/x`. */
  readonly prefix?: string;
  readonly lenient?: boolean;
  /** The scenario of a submit and its task, by the size of what is sent; in place of the setting. Asked each time. */
  readonly scenarioOf?: (sent: { readonly width: number; readonly height: number }) => Scenario | undefined;
  /** Milliseconds after the submit before which the task with this seed is not ready; undefined: the setting, as it is then. */
  readonly readyAfterOf?: (seed: number) => number | undefined;
  /** API and delivery speak TLS with this certificate, under `secureNames`. */
  readonly tls?: Tls;
}

export const start = async (options: Options = {}): Promise<Emulator> => {
  const { key = 'test-key', port = 0, prefix = '', lenient = false, readyAfterOf, scenarioOf, tls, ...given } = options;
  let settings: Settings = { ...initial, ...given };
  const schemas = loadSchemas();
  const tasks = new Map<string, Task>();
  const unknown: string[] = [];
  let submits = 0;
  let mostActive = 0;
  let turnedAway = 0;
  const active = (): number => {
    const now = Date.now();
    return [...tasks.values()].filter((task) => now - task.createdAt < (task.readyAfter ?? settings.readyAfter)).length;
  };

  const scenarioFor = (sent: Pictures): Scenario => scenarioOf?.(sent) ?? settings.scenario;

  const control = (change: Partial<Settings>): void => {
    if (change.scenario !== undefined && !scenarios.includes(change.scenario))
      throw new Error(`unknown scenario ${change.scenario}`);
    settings = { ...settings, ...change };
    submits = 0;
  };

  const accept = (body: Record<string, unknown>, pictures: Pictures): Task => {
    const seed = typeof body.seed === 'number' ? body.seed : Math.floor(Math.random() * 2 ** 31);
    const format = typeof body.output_format === 'string' ? body.output_format : 'jpeg';
    const task: Task = {
      id: randomUUID(),
      createdAt: Date.now(),
      readyAfter: readyAfterOf?.(seed),
      pictures,
      seed,
      format,
      signature: randomBytes(24).toString('base64url'),
      polls: 0,
      downloads: 0,
      readies: 0,
    };
    tasks.set(task.id, task);
    return task;
  };

  const submit = async (request: IncomingMessage, response: ServerResponse, bytes: Buffer, entry: Entry) => {
    if (request.headers['content-type'] !== 'application/json') return json(response, 422, refusal([], undefined));
    let body: Record<string, unknown>;
    try {
      body = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    } catch {
      return json(response, 422, { detail: [{ loc: ['body', 0], msg: 'JSON decode error', type: 'json_invalid' }] });
    }
    Object.assign(entry, { body });
    submits++;
    if (!schemas.submit(body)) {
      const errors = schemas.submit.errors ?? [];
      const names = unknownFields(errors);
      unknown.push(...names);
      if (!lenient || names.length < errors.length) return json(response, 422, refusal(errors, body));
    }
    const pictures = await look(body);
    if ('message' in pictures)
      return json(response, 422, {
        detail: [{ loc: ['body', pictures.field], msg: pictures.message, type: 'value_error', input: body }],
      });
    const scenario = scenarioFor(pictures);
    if (spoilt(spoiltSubmits, scenario, submits, response, strangerUrl, body)) return;
    if (active() >= settings.activeTasks) {
      turnedAway++;
      return json(response, 429, { detail: 'Too many active tasks' });
    }
    const task = accept(body, pictures);
    mostActive = Math.max(mostActive, active());
    if (scenario === 'accepted-but-answer-lost') return response.socket?.resetAndDestroy();
    if (scenario === 'not-json') return response.writeHead(200).end('<html>welcome to the hotel network</html>');
    if (scenario === 'endless-answer') return pour(response, 'application/json');
    const mp = Math.round((pictures.width * pictures.height) / 10_000) / 100;
    const told = { cost: settings.cost, input_mp: mp, output_mp: mp };
    if (body.webhook_url !== undefined && body.webhook_url !== null)
      return json(response, 200, { id: task.id, status: 'Pending', webhook_url: body.webhook_url, ...told });
    if (scenario === 'no-polling-url') return json(response, 200, { id: task.id, ...told });
    const host = scenario === 'hostile-polling' ? strangerUrl : apiUrl + prefix;
    json(response, 200, { id: task.id, polling_url: `${host}/v1/get_result?id=${task.id}`, ...told });
  };

  const sample = (task: Task): string => {
    const scenario = scenarioFor(task.pictures);
    if (scenario === 'hostile-result') return 'http://169.254.169.254/latest/meta-data';
    const past = scenario === 'expired-link' && task.readies === 1;
    const type = settings.format ?? task.format;
    const query = new URLSearchParams({
      se: new Date(Date.now() + (past ? -60_000 : 600_000)).toISOString(),
      sp: 'r',
      sv: '2024-11-04',
      sr: 'b',
      rsct: `image/${type}`,
      sig: task.signature,
    });
    return `${deliveryUrl}/results/${task.id}/sample.${type}?${query.toString()}`;
  };

  const poll = (response: ServerResponse, id: string): void => {
    const task = tasks.get(id);
    if (task === undefined) return json(response, 404, { id, status: 'Task not found', result: null });
    task.polls++;
    const scenario = scenarioFor(task.pictures);
    if (spoilt(spoiltPolls, scenario, task.polls, response, strangerUrl, {})) return;
    const state =
      stateAt(scenario, task.polls) ??
      (Date.now() - task.createdAt < (task.readyAfter ?? settings.readyAfter)
        ? { status: 'Pending', progress: 0.5 }
        : undefined);
    if (state !== undefined) {
      const status = 'status' in state && state.status === 'Task not found' ? 404 : 200;
      return json(response, scenario === '202-while-running' ? 202 : status, { id, ...state });
    }
    task.readies++;
    const times = { start_time: task.createdAt / 1000, end_time: Date.now() / 1000 };
    const result = { sample: sample(task), prompt: 'echo', seed: task.seed, ...times };
    const word = scenario === 'state-key' ? { state: 'ready' } : { status: 'Ready' };
    json(response, 200, { id, ...word, result, progress: null, details: null, preview: null });
  };

  const deliver = async (response: ServerResponse, url: URL): Promise<unknown> => {
    const id = /^\/(?:results|moved)\/([0-9a-f-]{36})\//.exec(url.pathname)?.[1];
    const task = tasks.get(id ?? '');
    const dead = (): unknown => response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error/>');
    const late = Date.parse(url.searchParams.get('se') ?? '') < Date.now();
    if (task === undefined || url.searchParams.get('sig') !== task.signature || late) return dead();
    task.downloads++;
    const first = task.downloads === 1;
    const scenario = scenarioFor(task.pictures);
    if (scenario === 'dead-link-always' || (scenario === 'dead-link' && task.readies === 1)) return dead();
    if (scenario === '503-download' && first) return response.writeHead(503).end();
    if (scenario === 'not-an-image') return response.writeHead(200, { 'content-type': 'text/plain' }).end('later');
    if (scenario === 'page-download' && task.downloads <= 2)
      return response.writeHead(200, { 'content-type': 'image/png' }).end('\n<!DOCTYPE html><html>log in');
    if (scenario === '403-page-download' && first)
      return response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>Blocked</h1>');
    if (scenario === 'endless-result') return pour(response, 'image/png');
    if (scenario === 'slow-loris-download') return drip(response);
    if (scenario === 'result-redirect' && url.pathname.startsWith('/results/'))
      return response.writeHead(302, { location: `/moved${url.pathname.slice('/results'.length)}${url.search}` }).end();
    if (scenario === 'result-redirect-hostile')
      return response.writeHead(302, { location: 'http://192.168.0.1/admin' }).end();
    const how = scenario === 'other-size' ? { ...settings, scale: 0.75, format: 'jpeg' as const } : settings;
    const bytes = await paint(task.pictures, task.seed, task.format, how);
    const type = scenario === 'other-type' ? 'application/octet-stream' : `image/${how.format ?? task.format}`;
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
    if (scenario === 'truncated-always' || (scenario === 'truncated' && first)) {
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      return;
    }
    response.end(bytes);
  };

  const api = async (request: IncomingMessage, response: ServerResponse, url: URL, entry: Entry): Promise<unknown> => {
    const bytes = await read(request);
    Object.assign(entry, { bytes: bytes.length });
    if (url.pathname === '/__log') return json(response, 200, { accepted: tasks.size, log } satisfies Report);
    if (url.pathname === '/__control') {
      control(JSON.parse(bytes.toString('utf8')) as Partial<Settings>);
      return json(response, 200, settings);
    }
    const path = url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : '';
    const methods: Record<string, string> = {
      '/v1/flux-pro-1.0-fill': 'POST',
      '/v1/get_result': 'GET',
      '/v1/credits': 'GET',
    };
    if (methods[path] === undefined) return json(response, 404, { detail: 'Not Found' });
    if (methods[path] !== request.method) return json(response, 405, { detail: 'Method Not Allowed' });
    if (request.headers['x-key'] !== key) return json(response, 403, { detail: 'Not authenticated' });
    if (path === '/v1/credits') return json(response, 200, { credits: 123.5 });
    if (path === '/v1/get_result') return poll(response, url.searchParams.get('id') ?? '');
    return submit(request, response, bytes, entry);
  };

  const hosts = await openHosts({ api, delivery: (_request, response, url) => deliver(response, url) }, port, tls);
  const { log } = hosts;
  const { api: apiUrl, delivery: deliveryUrl, stranger: strangerUrl } = hosts.urls;

  return {
    url: apiUrl + prefix,
    deliveryUrl,
    strangerUrl,
    places: hosts.places,
    log,
    unknown,
    accepted: () => tasks.size,
    mostActive: () => mostActive,
    turnedAway: () => turnedAway,
    control,
    stop: hosts.stop,
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
