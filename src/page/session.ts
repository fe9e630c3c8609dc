/** What every part of the page works with: the state, the mask, the line to the host, and a voice. */
import type { Parameters } from '../fill/parameters.ts';
import type { ServiceId } from '../fill/record.ts';
import type { Point } from '../mask/strokes.ts';
import { AskError, type PageChannel } from '../protocol/channel.ts';
import type {
  HostEvents,
  JobView,
  PageReplies,
  PageRequest,
  PanelDocument,
  PanelState,
  ResultView,
} from '../protocol/messages.ts';
import { nextStepOf, stepTexts } from '../protocol/next-steps.ts';
import { initialDisplay, type Display } from './canvas/overlay.ts';
import { load } from './canvas/picture.ts';
import { mostPixels } from './canvas/pixels.ts';
import {
  firstBrushSize,
  initialOptions,
  nextBrushSize,
  toolOf,
  type ToolId,
  type ToolOptions,
} from './canvas/tools.ts';
import { copyAndTell } from './copy.ts';
import { createMaskEditor, type MaskEditor } from './mask.ts';
import type { Notices } from './notices.ts';
import { pause } from './pause.ts';
import { hindrance } from './plan.ts';
import { createSender } from './sender.ts';
import { canvasOf, causeOf, createStore, type State, type Store } from './state.ts';
import type { Words } from './words.ts';

/** What the page remembers of its view between two lives: small, and never pixels. */
export interface Kept {
  readonly documentId: string;
  readonly tool: ToolId;
  readonly brushSize: number;
  readonly toolOptions: ToolOptions;
  readonly display: Display;
}

export interface Session {
  readonly store: Store;
  readonly words: Words;
  readonly ask: PageChannel['ask'];
  editor(): MaskEditor;
  /** For screen readers: what changed without being seen by them. */
  readonly say: (sentence: string) => void;
  sayPosition(at: Point): void;
  /** Shows why something the person asked for did not happen. */
  readonly failed: (error: unknown) => void;
  parameters(change: Partial<Parameters>): void;
  /** Something in a field does not fit (`sentence`), or fits again (null): what was meant is not known, so Generate waits. */
  invalid(field: string, sentence: string | null): void;
  save(change: Partial<PanelState['save']>): void;
  window(choice: PanelState['window']): void;
  /** Another canvas; the page is built anew for it. */
  expand(expand: PanelState['expand']): void;
  ownPreset(chosen: boolean): void;
  service(id: ServiceId): void;
  /** How many results Generate makes. */
  images(count: number): void;
  /** Saves a held result beside the image. */
  keep(jobId: string): void;
  /** Deletes fills that ended. */
  remove(jobIds: readonly string[]): void;
  /** Puts the result on the clipboard, as an image. */
  copyResult(result: ResultView): void;
  /** Inserts a saved result into the text editor that was used last; `asks`: in a form that the person chooses. */
  insertResult(job: JobView, asks: boolean): void;
  recentPrompts(): void;
  maskSource(from: PageRequest<'maskSource'>): void;
  /** An image that was pasted; the person is asked what it is. */
  pasted(image: PageRequest<'pasted'>): void;
  saveMask(): void;
  setKey(): void;
  generate(): Promise<void>;
  chooseTool(id: ToolId): void;
  brushSize(size: number): void;
  brushStep(direction: 1 | -1): void;
  toolOptions(change: Partial<ToolOptions>): void;
  hardnessStep(direction: 1 | -1): void;
  /** How the mask is shown. */
  display(change: Partial<Display>): void;
  undo(): void;
  redo(): void;
  clear(): void;
  invert(): void;
  /** What the host told. */
  told: Pick<
    { readonly [Name in keyof HostEvents]: (value: HostEvents[Name]) => void },
    'state' | 'mask' | 'parameters'
  >;
}

export interface SessionDeps {
  readonly ask: PageChannel['ask'];
  readonly words: Words;
  readonly notices: Notices;
  readonly kept: Kept | null;
  /** A frame is wanted: the mask changed. */
  readonly changed: () => void;
}

/** How long the host may be busy before it is asked whether it is there, and how long it then has, in milliseconds. */
const patience = 50_000;
const answerTime = 10_000;

export const createSession = (opened: PanelDocument, deps: SessionDeps): Session => {
  const { ask, words, notices, kept } = deps;
  const { t } = words;
  const failed = (error: unknown): void => {
    const step = error instanceof AskError ? nextStepOf(error.code) : undefined;
    const button =
      step === undefined
        ? undefined
        : { text: t(stepTexts[step]), press: () => void ask('nextStep', { step }).catch(failed) };
    const remove = notices.add('error', error instanceof Error ? error.message : String(error), button);
    const cause = error instanceof AskError ? causeOf(error.code) : undefined;
    if (cause !== undefined) removeAfter(cause, remove);
  };

  const { width, height } = canvasOf(opened.state);
  const store = createStore({
    panel: opened.state,
    parameters: opened.parameters,
    maskKind: opened.state.maskKind,
    maskFile: opened.state.maskFile,
    maskSettings: opened.state.maskSettings,
    measure: { bounds: null, coverage: 0, empty: true, full: false },
    working: true,
    canUndo: false,
    canRedo: false,
    tool: kept?.tool ?? 'brush',
    brushSize: kept?.brushSize ?? firstBrushSize(opened.state.source),
    toolOptions: { ...initialOptions, ...kept?.toolOptions },
    heldMode: null,
    wandProblem: width * height > mostPixels ? 'wand.large' : null,
    scale: 1,
    display: { ...initialDisplay, ...kept?.display },
    picture: 'loading',
    generating: false,
    invalid: {},
    comparing: null,
    against: null,
  });

  let standing: readonly ((state: State) => boolean)[] = [];
  /** Takes a message away once its cause was seen and is gone: what the host knows may come here before its state does. */
  const removeAfter = (cause: (state: State) => boolean, remove: () => void): void => {
    let seen = cause(store.get());
    const stands = (state: State): boolean => {
      const there = cause(state);
      if (seen && !there) remove();
      const stays = there || !seen;
      seen ||= there;
      return stays;
    };
    standing = [...standing, stands];
  };
  store.watch((state) => {
    standing = standing.filter((stands) => stands(state));
  });

  const editor = createMaskEditor(opened, {
    ask,
    failed,
    defaults: () => store.get().panel.defaults.masks,
    changed(state) {
      store.set(state);
      deps.changed();
    },
  });

  const parameterSender = createSender(
    (parameters: Parameters) => ask('parameters', { parameters, seedLocked: parameters.seed !== null }),
    failed,
  );
  const saveSender = createSender((save: PanelState['save']) => ask('save', save), failed);
  const windowSender = createSender((choice: PanelState['window']) => ask('window', { choice }), failed);
  const serviceSender = createSender((id: ServiceId) => ask('service', { id }), failed);

  const imagesSender = createSender((count: number) => ask('images', { count }), failed);
  const presetSender = createSender((chosen: boolean) => ask('ownPreset', { chosen }), failed);

  const step = (moved: Promise<boolean>, sentence: string): void =>
    void moved.then((done) => {
      if (done) notices.say(sentence);
    }, failed);

  /**
   * Rejects once the host is silent. The person may take long over a question of the host, so its silence about a fill says
   * nothing: only when it does not answer another question either, it is gone.
   */
  const silence = async (): Promise<never> => {
    for (;;) {
      await pause(patience);
      const answered = await Promise.race([ask('ping', {}).then(() => true), pause(answerTime).then(() => false)]);
      if (!answered) throw new Error(t('host.silent'));
    }
  };

  let takeAway = (): void => {};
  const takeMask = (asked: () => Promise<PageReplies['maskSource']>): void => {
    takeAway();
    void editor
      .flush()
      .then(asked)
      .then(({ outcome }) => {
        if (outcome === 'same') takeAway = notices.add('info', t('mask.same'));
      })
      .catch(failed)
      // A choice that came to nothing shows again what is.
      .finally(() => store.set({}));
  };

  let sayAfter: ReturnType<typeof setTimeout> | undefined;
  /** What an act came to is not talked over by where the cursor was before it. */
  const say = (sentence: string): void => {
    clearTimeout(sayAfter);
    notices.say(sentence);
  };

  return {
    store,
    words,
    ask,
    failed,
    editor: () => editor,
    say,
    sayPosition(at) {
      clearTimeout(sayAfter);
      sayAfter = setTimeout(() => notices.say(t('announce.cursor', { x: Math.round(at.x), y: Math.round(at.y) })), 400);
    },
    parameters(change) {
      const parameters = { ...store.get().parameters, ...change };
      store.set({ parameters });
      parameterSender.send(parameters);
    },
    invalid(field, sentence) {
      const { [field]: known, ...others } = store.get().invalid;
      if (sentence !== (known ?? null))
        store.set({ invalid: sentence === null ? others : { ...others, [field]: sentence } });
    },
    save(change) {
      const { panel } = store.get();
      const save = { ...panel.save, ...change };
      store.set({ panel: { ...panel, save } });
      saveSender.send(save);
    },
    window(choice) {
      const { panel } = store.get();
      store.set({ panel: { ...panel, window: choice } });
      windowSender.send(choice);
    },
    ownPreset(chosen) {
      store.set({ panel: { ...store.get().panel, ownPreset: chosen } });
      presetSender.send(chosen);
    },
    service(id) {
      const { panel } = store.get();
      const service = panel.services.find((each) => each.abilities.id === id) ?? panel.service;
      store.set({ panel: { ...panel, service } });
      serviceSender.send(id);
    },
    images(count) {
      store.set({ panel: { ...store.get().panel, images: count } });
      imagesSender.send(count);
    },
    keep: (jobId) => void ask('goOn', { jobId, act: 'keep' }).catch(failed),
    remove(jobIds) {
      if (jobIds.length === 0) return;
      void ask('remove', { jobIds: [...jobIds] })
        .then(({ removed }) => {
          if (removed) notices.say(t('film.deleted'));
        })
        .catch(failed);
    },
    copyResult: ({ src }) => void copyAndTell(load(src), words, notices).catch(failed),
    insertResult({ id, state }, asks) {
      if (state === 'held')
        removeAfter(
          ({ panel }) => panel.jobs.some((job) => job.id === id && job.state === 'held'),
          notices.add('info', t('result.keepFirst')),
        );
      else void ask('result', { jobId: id, action: asks ? 'insertAs' : 'insert' }).catch(failed);
    },
    recentPrompts() {
      void parameterSender
        .settled()
        .then(() => ask('recentPrompts', {}))
        .catch(failed);
    },
    maskSource: (from) => takeMask(() => ask('maskSource', from)),
    pasted: (image) => takeMask(() => ask('pasted', image)),
    saveMask() {
      void editor
        .flush()
        .then(() => ask('saveMask', {}))
        .then(({ name }) => {
          if (name !== null) notices.add('info', t('mask.saved', { name }));
        })
        .catch(failed);
    },
    expand(expand) {
      void editor
        .flush()
        .then(() => ask('expand', { expand }))
        .catch(failed);
    },
    setKey: () => void ask('setKey', {}).catch(failed),
    async generate() {
      const state = store.get();
      if (state.generating || state.panel.starting) return;
      const reason = hindrance(state, words);
      if (reason !== null) {
        document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
        return notices.say(reason);
      }
      store.set({ generating: true });
      try {
        const revision = await editor.flush();
        const senders = [parameterSender, saveSender, windowSender, presetSender, serviceSender, imagesSender];
        await Promise.all(senders.map((each) => each.settled()));
        const { jobId } = await Promise.race([ask('generate', { revision }), silence()]);
        if (jobId !== null) notices.say(t('generate.started'));
      } catch (error) {
        failed(error);
      } finally {
        store.set({ generating: false });
      }
    },
    chooseTool(id) {
      const { wandProblem } = store.get();
      if (id === 'wand' && wandProblem !== null) {
        notices.add('info', t(wandProblem));
        return store.set({ tool: 'brush' });
      }
      store.set({ tool: id, heldMode: null });
      notices.say(t('announce.tool', { tool: t(toolOf(id).text) }));
    },
    brushSize: (size) => store.set({ brushSize: size }),
    brushStep(direction) {
      const size = nextBrushSize(store.get().brushSize, direction);
      store.set({ brushSize: size });
      notices.say(t('announce.size', { size }));
    },
    toolOptions: (change) => store.set({ toolOptions: { ...store.get().toolOptions, ...change } }),
    hardnessStep(direction) {
      const { toolOptions } = store.get();
      const percent = Math.max(0, Math.min(100, toolOptions.hardness + direction * 10));
      store.set({ toolOptions: { ...toolOptions, hardness: percent } });
      notices.say(t('announce.hardness', { percent }));
    },
    display(change) {
      store.set({ display: { ...store.get().display, ...change } });
      if (change.maskOnly !== undefined) notices.say(t(change.maskOnly ? 'announce.maskOnly' : 'announce.maskOver'));
    },
    undo: () => step(editor.undo(), t('announce.undone')),
    redo: () => step(editor.redo(), t('announce.redone')),
    clear() {
      editor.clear();
      notices.say(t('announce.cleared'));
    },
    invert() {
      if (store.get().panel.expand !== null) return notices.say(t('expand.noInvert'));
      editor.settings({ invert: !store.get().maskSettings.invert }, 'invert');
      notices.say(t('announce.inverted'));
    },
    told: {
      state(told) {
        const { panel } = store.get();
        store.set({
          panel: {
            ...told,
            save: saveSender.busy() ? panel.save : told.save,
            window: windowSender.busy() ? panel.window : told.window,
            ownPreset: presetSender.busy() ? panel.ownPreset : told.ownPreset,
            images: imagesSender.busy() ? panel.images : told.images,
            service: serviceSender.busy() ? panel.service : told.service,
          },
        });
      },
      mask(event) {
        editor.replaced(event);
        notices.say(t('mask.replaced'));
      },
      parameters({ parameters }) {
        if (!parameterSender.busy()) store.set({ parameters });
      },
    },
  };
};
