/** One panel: the page's requests on one document, and what the host tells the page. */
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { fault, FaultError, faultOf, valueOf, type Fault } from '../fill/faults.ts';
import type { Parameters } from '../fill/parameters.ts';
import type { Mask } from '../mask/mask.ts';
import type { HostEnvelope, HostEvents, PageReplies, PageRequest } from '../protocol/messages.ts';
import { hostChannel, type Handlers, type Told } from '../protocol/channel.ts';
import type { Log } from '../jobs/contract.ts';
import type { Fill, Job, ServiceId } from '../fill/record.ts';
import { initialOverlap, presetSides, type Expand, type OutpaintPreset } from '../fill/outpaint.ts';
import type { Defaults } from '../fill/defaults.ts';
import { defaultsFor } from './defaults.ts';
import { readHeader } from '../raster/header.ts';
import type { Note } from '../raster/note.ts';
import { closeOpen, rangeOf } from './undo-store.ts';
import { documentTiles, paint, resize, setExpand, type Document } from './document.ts';
import { snapshotOfFill } from './generate.ts';
import { faultLine } from './log.ts';
import { askMeaning, saveNewImage } from './new-image.ts';
import { actOnResult } from './result-acts.ts';
import { goOn } from './going-on.ts';
import { pageText } from './html.ts';
import { createMaskSources } from './mask-sources.ts';
import { sentenceOf } from './sentence.ts';
import { settled } from './settled.ts';
import { showShell } from './shell.ts';
import { isUnchanged, openSource, type Source } from './source.ts';
import { createStarter, type StarterDeps } from './starter.ts';
import { folderOf } from './uris.ts';
import { panelState, type KnownJob } from './views.ts';
import { commands, section } from '../ids.ts';
import { baseUrlSettings, openBaseUrlSetting } from './addresses.ts';
import { takeStep } from './next-step.ts';

export interface PanelDeps extends StarterDeps {
  readonly extension: vscode.Uri;
  readonly storage: string;
  /** Folder of the journal. */
  readonly directory: string;
  /** Reads from the journal what earlier processes knew of these jobs. */
  readonly recall: (ids: readonly string[]) => Promise<void>;
  /** Deletes jobs that ended, as Jobs does. */
  readonly remove: (jobs: readonly Job[]) => Promise<boolean>;
  readonly log: Log;
  /** The jobs of this process with these ids, oldest first. */
  readonly known: (ids: readonly string[]) => readonly KnownJob[];
  /** `service`: what an image that has no panel yet is filled with; else what the settings say. */
  readonly openPanel: (uri: vscode.Uri, service?: ServiceId) => Promise<void>;
  /** The document changed and wants to be kept. */
  readonly changed: (document: Document) => void;
  /** Edits of its history that the page asks for. */
  readonly edits: (document: Document, asked: PageRequest<'edits'>) => Promise<PageReplies['edits']>;
}

export interface Panel {
  readonly document: Document;
  readonly view: vscode.WebviewPanel;
  /** Sends the page what it shows; calls while one is under way become one more. */
  refresh(): void;
  useMaskFile(uri: vscode.Uri): Promise<void>;
  useAlpha(): Promise<void>;
  saveMask(): Promise<void>;
  /** Zooms out where the canvas is still the image's own. */
  outpaint(): void;
  /** Takes over prompt, parameters and mask settings of a fill; image, mask and service stay. */
  useSettings(note: Note): void;
  useService(id: ServiceId): void;
  /** Everything a fill was asked with: canvas, mask, settings, service. Its mask is left out where it does not fit. */
  useFill(fill: Fill, base: Mask | undefined): Promise<void>;
  useMask(fill: Fill, base: Mask): Promise<void>;
  useParameters(change: Partial<Parameters>): void;
  /** Makes a fill anew, of the image as it is now. */
  makeAgain(fill: Fill, base: Mask): Promise<void>;
  /** Shows the result of a fill over the image. */
  showJob(id: string): Promise<void>;
  pickPrompt(): Promise<void>;
  /** True where the job is among those it shows. */
  shows(id: string): boolean;
  /** Has the page do what a key of it does. */
  run(act: HostEvents['run']['act']): void;
}

export const createPanel = (deps: PanelDeps, view: vscode.WebviewPanel, document: Document, opened: Source): Panel => {
  let source = opened;
  let disposed = false;
  view.onDidDispose(() => (disposed = true));

  const post = async (envelope: HostEnvelope): Promise<void> => {
    if (!disposed) await view.webview.postMessage(envelope);
  };
  const tell = <Name extends keyof HostEvents>(name: Name, value: HostEvents[Name]): Promise<void> =>
    post({ tell: name, value } as HostEnvelope);

  /** Jobs that the history shows here although the document has forgotten them. */
  const also = new Set<string>();
  let stands = false;
  view.onDidChangeViewState(() => (stands &&= view.visible));
  /** For a page that is on its way. */
  const untold: HostEnvelope[] = [];
  /** As `tell`; a page that is on its way hears of it after its document. */
  const tellSoon = async <Name extends keyof HostEvents>(name: Name, value: HostEvents[Name]): Promise<void> => {
    if (stands) await tell(name, value);
    else untold.push({ tell: name, value } as HostEnvelope);
  };

  /** The name of the mask file next to the image, as it was when the page was last shown. */
  let beside: string | null = null;
  const state = () =>
    panelState(
      view.webview,
      document,
      source,
      deps.services,
      deps.known([...also, ...document.jobs]),
      starter.isStarting(),
      beside,
      deps.directory,
    );

  let refreshing = false;
  let again = false;
  const refresh = (): void => {
    if (refreshing) {
      again = true;
      return;
    }
    refreshing = true;
    void state()
      .then((value) => tell('state', value))
      .catch((error: unknown) => deps.log('error', `panel: ${faultLine(faultOf(error))}`))
      .finally(() => {
        refreshing = false;
        if (!again || disposed) return;
        again = false;
        refresh();
      });
  };

  const changed = (): void => deps.changed(document);

  const tellMask = (): Promise<void> =>
    tell('mask', {
      revision: document.revision,
      generation: document.generation,
      file: document.maskFile,
      kind: document.maskKind,
      settings: document.maskSettings,
      tiles: documentTiles(document),
    });

  const defaults = (): Defaults => defaultsFor(source.uri);

  const presetExpand = (preset: OutpaintPreset): Expand => ({
    ...presetSides(preset, source.header),
    overlap: initialOverlap(source.header, defaults().overlap),
  });

  const expandTo = (expand: Expand | null): void => {
    valueOf(setExpand(document, source.header, source.name, expand, defaults().masks));
    changed();
    refresh();
  };

  const masks = createMaskSources(deps, {
    document,
    source: () => source,
    jobs: () => deps.known(document.jobs),
    isOpen: () => !disposed,
    taken: async () => {
      changed();
      await tellMask();
      refresh();
    },
  });

  const lookBeside = async (): Promise<void> => {
    beside = (await masks.beside())?.path.split('/').pop() ?? null;
  };

  const saveMask = async (): Promise<string | null> => {
    const name = await masks.save();
    await lookBeside();
    refresh();
    return name;
  };

  /** Reads the header anew where the file is no longer the one that is shown. True when something changed. */
  const reload = async (): Promise<boolean> => {
    if (await isUnchanged(source)) return false;
    source = valueOf(await openSource(source.uri));
    const { width, height } = document;
    resize(document, source.header, defaults().masks);
    if (document.width !== width || document.height !== height) await tellMask();
    changed();
    refresh();
    return true;
  };

  const starter = createStarter(deps, {
    document,
    source: () => source,
    reload,
    changed,
    refresh,
    notice: (sentence) => void tellSoon('notice', { level: 'error', sentence }),
  });

  const takePasted = async (image: PageRequest<'pasted'>): Promise<PageReplies['pasted']['outcome']> => {
    const size = valueOf(readHeader(image.bytes, image.name));
    const meaning = await askMeaning(size, { ...source.header, name: source.name }, document);
    if (meaning === 'mask') return masks.take({ kind: 'bytes', ...image });
    const made = meaning && (await saveNewImage(image, folderOf(source.uri), deps.storage));
    if (made !== undefined) await deps.openPanel(made);
    return 'none';
  };

  const outpaint = (): void => {
    if (document.expand === null) expandTo(presetExpand('zoom-out-1.5x'));
  };

  const useSettings = ({ parameters, mask }: Note): void => {
    document.parameters = parameters;
    document.seedLocked = parameters.seed !== null;
    document.maskSettings = document.expand === null ? mask.settings : { ...mask.settings, invert: false };
    changed();
    void tell('parameters', { parameters });
    void tellMask();
    refresh();
  };

  const pickPrompt = async (): Promise<void> => {
    const prompt = await deps.prompts.pick(document.id);
    if (prompt === undefined || disposed) return;
    document.parameters = { ...document.parameters, prompt };
    changed();
    void tell('parameters', { parameters: document.parameters });
    void tell('focus', { part: 'prompt' });
  };

  const useParameters = (change: Partial<Parameters>): void => {
    document.parameters = { ...document.parameters, ...change };
    document.seedLocked = document.parameters.seed !== null;
    changed();
    void tell('parameters', { parameters: document.parameters });
    refresh();
  };

  /** True where the mask of the fill has its place on this image. */
  const fits = ({ source: { width, height } }: Fill): boolean =>
    source.header.width === width && source.header.height === height;

  const useMask = async (fill: Fill, base: Mask): Promise<PageReplies['maskSource']['outcome']> => {
    if (!fits(fill)) throw new FaultError(fault('history.otherSize', { name: source.name }));
    const expand = fill.expand ?? null;
    if (!isDeepStrictEqual(document.expand, expand)) expandTo(expand);
    return masks.useOf(fill, base);
  };

  /** What a command of the editor came to; the page says it of its own buttons. */
  const sayOf = (outcome: PageReplies['maskSource']['outcome']): void => {
    if (outcome === 'same') void tellSoon('notice', { level: 'info', sentence: pageText('mask.same') });
  };

  const useFill = async (fill: Fill, base: Mask | undefined): Promise<void> => {
    const { as, opaque, tone } = fill.save;
    document.save = { as: as === 'source' ? as : 'png', opaque, tone };
    document.service = fill.service.id;
    document.ownPreset = fill.preset !== undefined;
    useParameters(fill.parameters);
    if (fill.preset !== undefined) {
      if (fits(fill)) expandTo(presetExpand(fill.preset));
    } else if (base === undefined) throw new FaultError(fault('history.noMask'));
    else await useMask(fill, base);
  };

  const makeAgain = async (fill: Fill, base: Mask): Promise<void> => {
    await reload();
    if (!fits(fill)) throw new FaultError(fault('history.otherSize', { name: source.name }));
    await starter.makeAgain(snapshotOfFill(fill, base));
  };

  const showJob = async (id: string): Promise<void> => {
    await deps.recall([id]);
    if (!document.jobs.includes(id)) also.add(id);
    if (stands) await tell('state', await state());
    await tellSoon('compare', { jobId: id });
  };

  const tellUntold = async (): Promise<void> => {
    for (const envelope of untold.splice(0)) await post(envelope);
  };

  const useService = (id: ServiceId): void => {
    document.service = id;
    changed();
    refresh();
  };

  const handlers: Handlers = {
    ready: async () => {
      await reload().catch((error: unknown) => deps.log('warn', `panel: ${faultLine(faultOf(error))}`));
      await lookBeside();
      // A mask that is replaced meanwhile is told to a page that does not stand yet.
      const shown = await settled(() => document.revision, state);
      closeOpen(document);
      stands = true;
      setTimeout(() => void tellUntold(), 0);
      return {
        state: shown,
        parameters: document.parameters,
        revision: document.revision,
        generation: document.generation,
        tiles: documentTiles(document),
        history: rangeOf(document.history),
      };
    },
    paint: async (painted) => {
      if (paint(document, painted)) changed();
      return null;
    },
    edits: (asked) => deps.edits(document, asked),
    maskSettings: async ({ settings }) => {
      document.maskSettings = settings;
      changed();
      return null;
    },
    maskSource: async (from) => ({ outcome: await masks.take(from) }),
    pasted: async (image) => ({ outcome: await takePasted(image) }),
    saveMask: async () => ({ name: await saveMask() }),
    parameters: async ({ parameters, seedLocked }) => {
      document.parameters = parameters;
      document.seedLocked = seedLocked;
      changed();
      return null;
    },
    save: async (save) => {
      document.save = save;
      changed();
      return null;
    },
    window: async ({ choice }) => {
      document.window = choice;
      changed();
      return null;
    },
    expand: async ({ expand }) => {
      expandTo(expand);
      return null;
    },
    ownPreset: async ({ chosen }) => {
      document.ownPreset = chosen;
      changed();
      return null;
    },
    service: async ({ id }) => {
      useService(id);
      return null;
    },
    setKey: async () => {
      await vscode.commands.executeCommand(commands.setApiKey);
      return null;
    },
    openSetting: async () => {
      if (document.service !== 'practice') await openBaseUrlSetting(document.service);
      return null;
    },
    generate: ({ revision }) => starter.press(revision),
    cancel: async ({ jobId }) => {
      await deps.runner.cancel(jobId);
      return null;
    },
    result: async ({ jobId, action }) => {
      const job = deps.known([jobId])[0]?.job;
      if (job !== undefined) await actOnResult(deps, source.uri, job, action);
      // What took the place of its source is the source now, and no longer beside it.
      if (action === 'replaceSource') await reload();
      return null;
    },
    goOn: async ({ jobId, act }) => {
      const [known] = deps.known([jobId]);
      if (known !== undefined) await goOn(deps.runner, known.job, act);
      return null;
    },
    images: async ({ count }) => {
      document.images = count;
      changed();
      return null;
    },
    remove: async ({ jobIds }) => {
      const removed = await deps.remove(deps.known(jobIds).map(({ job }) => job));
      if (removed) refresh();
      return { removed };
    },
    recentPrompts: async () => {
      await pickPrompt();
      return null;
    },
    showLog: async () => {
      await vscode.commands.executeCommand(commands.showLog);
      return null;
    },
    nextStep: async ({ step }) => {
      const { service } = document;
      const setting = service === 'practice' ? undefined : `${section}.${baseUrlSettings[service]}`;
      await takeStep(step, setting);
      return null;
    },
    ping: () => null,
  };

  const told = (error: unknown): Told => {
    const wrong: Fault = faultOf(error);
    deps.log('error', `panel: ${faultLine(wrong)}`);
    return { code: wrong.code, sentence: sentenceOf(wrong) };
  };

  view.webview.onDidReceiveMessage(hostChannel(handlers, (envelope) => void post(envelope), told));
  showShell(deps, view, source, document.expand === null);

  const run = (act: HostEvents['run']['act']): void => void tell('run', { act });

  return {
    document,
    view,
    refresh,
    useMaskFile: async (uri) => sayOf(await masks.useFile(uri)),
    useAlpha: async () => sayOf(await masks.useAlpha()),
    saveMask: async () => void (await saveMask()),
    outpaint,
    useSettings,
    useService,
    useFill,
    useMask: async (fill, base) => sayOf(await useMask(fill, base)),
    useParameters,
    makeAgain,
    showJob,
    pickPrompt,
    shows: (id) => document.jobs.includes(id) || also.has(id),
    run,
  };
};
