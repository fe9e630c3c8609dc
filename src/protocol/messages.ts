/**
 * Everything that passes between host and page. The host owns the document; the page paints on its own copy and sends the
 * tiles it changed. What the page sends is checked on entry (`pageMessageSchema`); pixels of a result never travel here
 * when the page can load them by address.
 */
import * as v from 'valibot';
import type { Defaults } from '../fill/defaults.ts';
import { expandSchema, type Expand } from '../fill/outpaint.ts';
import { parametersSchema, type Parameters } from '../fill/parameters.ts';
import {
  imagesSchema,
  maskKinds,
  maskSettingsSchema,
  nextActs,
  rectSchema,
  saveChoices,
  serviceIds,
} from '../fill/record.ts';
import type { JobState, MaskKind, MaskSettings, NextAct, SaveChoice, ServiceId } from '../fill/record.ts';
import type { Abilities } from '../fill/service.ts';
import type { WindowChoice } from '../fill/plan.ts';
import { decodeTile } from '../mask/edits.ts';
import { maskChannels } from '../mask/sources.ts';
import { tileSide, type Tile } from '../mask/tiles.ts';
import { maskFileSchema, type MaskFile } from './edits.ts';
import { nextSteps } from './next-steps.ts';

export { maskFileSchema, tileSide, type MaskFile, type Tile };

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const bytes = v.pipe(
  v.union([v.instance(Uint8Array), v.instance(ArrayBuffer)]),
  v.transform((value) => (value instanceof Uint8Array ? value : new Uint8Array(value))),
);

/** Travels as it is or as its runs, and arrives as 65,536 bytes. */
const tileData = v.pipe(
  bytes,
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      const data = decodeTile(dataset.value);
      if (data !== null) return data;
    } catch {
      // Said below.
    }
    addIssue({ message: 'no tile of 65,536 bytes' });
    return NEVER;
  }),
);

/** The largest image that is handed over as bytes: a 24 MP photo as PNG fits. */
export const handedBytes = 96 * 1024 * 1024;

/** Bytes of an image, and what it is called in messages. */
export const handedName = v.pipe(v.string(), v.maxLength(1024));
export const handed = v.pipe(
  v.union([v.instance(Uint8Array), v.instance(ArrayBuffer)]),
  v.transform((value) => (value instanceof Uint8Array ? value : new Uint8Array(value))),
  v.check((value) => value.length <= handedBytes, 'an image that is handed over has at most 96 MB'),
);

const windowChoiceSchema = v.variant('kind', [
  v.object({ kind: v.literal('auto') }),
  v.object({ kind: v.literal('whole') }),
  v.object({ kind: v.literal('rect'), rect: rectSchema }),
]);

/** `insert` and `insertAs`: into the text editor that was used last, `insertAs` asks in which form. */
export const resultActions = ['open', 'reveal', 'useAsSource', 'replaceSource', 'insert', 'insertAs'] as const;

/** What the commands of the editor have the page do, as if its own key had been pressed. */
export const pageActs = [
  'generate',
  'undo',
  'redo',
  'invert',
  'clear',
  'fit',
  'actual',
  'compare',
  'copyImage',
] as const;

/** What a command does that is about the result of a panel only where no file is named. */
export const insertActs = ['insertImage', 'insertImageAs'] as const;
export type PageAct = (typeof pageActs)[number] | (typeof insertActs)[number];

/** The tools, for the command that chooses one. */
export const toolActs = [
  'brush',
  'eraser',
  'rectangle',
  'ellipse',
  'lasso',
  'polygon',
  'wand',
  'bucket',
  'move',
  'hand',
] as const;
export type ToolAct = (typeof toolActs)[number];

/** Requests of the page. Every one is answered: with its reply, or with a fault's sentence. */
export const pageRequests = {
  /** The page stands and wants the document. */
  ready: v.object({}),
  /**
   * What became of the mask since the last `paint`: `steps` are ended edits and moves in the history, as protocol/edits.ts
   * packs them, `tiles` those of an edit that goes on. `revision` counts the messages and never goes back. `generation` is
   * that of the base mask that was painted on: the host drops what was painted on a mask that it has replaced since.
   */
  paint: v.object({
    revision: count,
    generation: count,
    /** The mask file, where undo brought one back. */
    file: v.nullable(maskFileSchema),
    kind: v.picklist(maskKinds),
    steps: v.array(v.object({ kind: v.picklist(['edit', 'move']), at: count, edit: bytes })),
    tiles: v.array(v.object({ index: count, data: v.nullable(tileData) })),
  }),
  /** Edits next to a position of the history, as many as fit one message; none where they are lost. */
  edits: v.object({ at: count, direction: v.picklist(['undo', 'redo']) }),
  maskSettings: v.object({ settings: maskSettingsSchema }),
  /**
   * Replaces the base mask. `painted` starts empty, `file` opens a picker, `alpha` and `image` read the image itself, `last`
   * is the mask of its newest fill, `beside` the mask file next to it, `channel` reads the mask's file again. `uri` and
   * `bytes` are what was dropped.
   */
  maskSource: v.variant('kind', [
    v.object({ kind: v.picklist(['painted', 'file', 'alpha', 'image', 'last', 'beside']) }),
    v.object({ kind: v.literal('channel'), channel: v.picklist(maskChannels) }),
    v.object({ kind: v.literal('uri'), uri: v.pipe(v.string(), v.maxLength(8192)) }),
    v.object({ kind: v.literal('bytes'), name: handedName, bytes: handed }),
  ]),
  /** An image that was pasted: the person says whether it is the mask or a new image. */
  pasted: v.object({ name: handedName, bytes: handed }),
  /** Saves the mask as a file, which the person names. */
  saveMask: v.object({}),
  parameters: v.object({ parameters: parametersSchema, seedLocked: v.boolean() }),
  save: v.object({ as: v.picklist(saveChoices), opaque: v.boolean(), tone: v.boolean() }),
  window: v.object({ choice: windowChoiceSchema }),
  /** Another canvas: its border becomes the mask, or null for the image as it is. The page is built anew after it. */
  expand: v.object({ expand: v.nullable(expandSchema) }),
  ownPreset: v.object({ chosen: v.boolean() }),
  service: v.object({ id: v.picklist(serviceIds) }),
  /** Results that Generate makes. */
  images: v.object({ count: imagesSchema }),
  setKey: v.object({}),
  /** Opens the setting that the service's problem is about. */
  openSetting: v.object({}),
  /** Makes a fill of the document as it is; refused when `revision` is not the newest paint the host has seen. */
  generate: v.object({ revision: count }),
  cancel: v.object({ jobId: v.string() }),
  result: v.object({ jobId: v.string(), action: v.picklist(resultActions) }),
  /** Goes on with a job that ended without a file, as its view says it can. */
  goOn: v.object({ jobId: v.string(), act: v.picklist(nextActs) }),
  /** Deletes fills that ended, their results too where they are not beside the image; the person is asked where one is lost. */
  remove: v.object({ jobIds: v.array(v.string()) }),
  /** Offers the prompts of earlier fills; `parameters` tells which one was taken. */
  recentPrompts: v.object({}),
  showLog: v.object({}),
  /** What the button beside a fault says. */
  nextStep: v.object({ step: v.picklist(nextSteps) }),
  /** Is the host still there? */
  ping: v.object({}),
} as const;

export type PageRequestName = keyof typeof pageRequests;
export type PageRequest<Name extends PageRequestName> = v.InferOutput<(typeof pageRequests)[Name]>;

export interface PageReplies {
  ready: PanelDocument;
  paint: null;
  edits: { readonly first: number; readonly edits: readonly Uint8Array[] };
  maskSettings: null;
  /** `same`: it is the mask already. `none`: the person thought better of it. */
  maskSource: { readonly outcome: 'taken' | 'same' | 'none' };
  /** As of `maskSource`; `none` for a new image, too. */
  pasted: PageReplies['maskSource'];
  /** The name of the file; null: none was saved. */
  saveMask: { readonly name: string | null };
  parameters: null;
  save: null;
  window: null;
  expand: null;
  ownPreset: null;
  service: null;
  images: null;
  setKey: null;
  openSetting: null;
  generate: { readonly jobId: string } | { readonly jobId: null };
  cancel: null;
  result: null;
  goOn: null;
  remove: { readonly removed: boolean };
  recentPrompts: null;
  showLog: null;
  nextStep: null;
  ping: null;
}

export interface SourceView {
  readonly name: string;
  /** Address the page may load. */
  readonly src: string;
  /** Upright size in pixels, from the engine's header reading. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation 1 to 8 and the format, for pages whose browser ignores it. */
  readonly orientation: number;
  readonly format: 'png' | 'jpeg' | 'webp' | 'gif';
  readonly hasAlpha: boolean;
  /** Bits a sample. */
  readonly bits: number;
  readonly bytes: number;
}

export interface ServiceView {
  readonly abilities: Abilities;
  readonly hasKey: boolean;
  /** Host of the base URL; null for practice, and where there is none. */
  readonly place: string | null;
  /** Why it cannot be asked as it is set up, in a sentence. */
  readonly problem: string | null;
}

/** A job as people see it; sentences are translated already. */
export interface JobView {
  readonly id: string;
  readonly state: JobState;
  readonly service: ServiceId;
  /** Milliseconds since 1970: Generate, or when it was taken up again; and the milliseconds to its end if there was one. */
  readonly startedAt: number;
  readonly took: number | null;
  /** 0 to 100 where the service tells. */
  readonly progress: number | null;
  /** Requests that the service will run before this one, where it tells. */
  readonly queue: number | null;
  /** As many tasks run as the service allows at once: this one waits for its turn. */
  readonly waiting: boolean;
  readonly price: number | null;
  readonly cost: number | null;
  readonly seed: number | null;
  readonly taskId: string | null;
  readonly cancelRequested: boolean;
  /** What can still be done with it: `goOn` does. */
  readonly nextAct: NextAct | null;
  /** The step under way, from 1, and how many there are. */
  readonly step: number;
  readonly steps: number;
  readonly fault: { readonly code: string; readonly sentence: string } | null;
  readonly warnings: readonly string[];
  /** One of several to be chosen from: which ones, its number from 1 among them, and how many there are. */
  readonly variation: { readonly set: string; readonly number: number; readonly of: number } | null;
  /** Results that its request still has to give; each becomes a job. */
  readonly images: number;
  /** Address of a small picture of the result. */
  readonly thumb: string | null;
  readonly result: ResultView | null;
}

export interface ResultView {
  readonly name: string;
  /** The address of its file in the window of the editor; null: it is not kept yet. */
  readonly address: string | null;
  /** The canvas it was made on; null: the image's own. */
  readonly expand: Expand | null;
  readonly src: string;
  readonly bytes: number;
  /** False where the format compresses anew (JPEG, lossy WebP): the counts are then of the picture before that. */
  readonly exact: boolean;
  readonly changedOutsideEffective: number;
  readonly changedOutsideBase: number;
  /** The service made the whole picture anew: there is nothing outside. */
  readonly whole: boolean;
}

/** What is not pixels: sent whole whenever something of it changes on the host's side. */
export interface PanelState {
  readonly documentId: string;
  readonly source: SourceView;
  readonly maskKind: MaskKind;
  readonly maskFile: MaskFile | null;
  readonly maskSettings: MaskSettings;
  /** What a mask and a canvas start with where nobody says otherwise. */
  readonly defaults: Pick<Defaults, 'masks' | 'overlap'>;
  /** The newest fill on this canvas left its mask behind. */
  readonly lastMask: boolean;
  /** The mask file next to the image. */
  readonly beside: string | null;
  readonly seedLocked: boolean;
  readonly save: { readonly as: SaveChoice; readonly opaque: boolean; readonly tone: boolean };
  readonly window: WindowChoice;
  /** What the canvas adds to the image; null: nothing. Mask and windows have the size of the canvas. */
  readonly expand: Expand | null;
  /** A canvas that is one of the presets is left to a service that has presets of its own. */
  readonly ownPreset: boolean;
  /** Results that Generate makes. */
  readonly images: number;
  /** A fill of this image is being checked and written down; it is not among the jobs yet. */
  readonly starting: boolean;
  readonly service: ServiceView;
  readonly services: readonly ServiceView[];
  /** Newest first. */
  readonly jobs: readonly JobView[];
}

/** The answer to `ready`. */
export interface PanelDocument {
  readonly state: PanelState;
  readonly parameters: Parameters;
  readonly revision: number;
  readonly generation: number;
  readonly tiles: readonly Tile[];
  /** The edits that can be asked for: from `first` up to before `end`; undo takes the one before `position`. */
  readonly history: { readonly first: number; readonly position: number; readonly end: number };
}

/** What the host tells without being asked. */
export interface HostEvents {
  state: PanelState;
  /**
   * The base mask was replaced, and with it its kind and settings; `tiles` are all that are not empty. It says all at once
   * because the page makes one undoable edit of it.
   */
  mask: {
    readonly revision: number;
    readonly generation: number;
    readonly file: MaskFile | null;
    readonly kind: MaskKind;
    readonly settings: MaskSettings;
    readonly tiles: readonly Tile[];
  };
  parameters: { readonly parameters: Parameters };
  notice: { readonly level: 'error' | 'warning' | 'info'; readonly sentence: string };
  /** Puts the keyboard into a part of the page. */
  focus: { readonly part: 'canvas' | 'prompt' };
  /** Shows the result of a job over its source. */
  compare: { readonly jobId: string };
  /** A command of the editor. */
  run: { readonly act: PageAct | ToolAct };
}

/** The envelope. Both sides may ask; here only the page does. */
export type PageEnvelope = { readonly id: number; readonly ask: string; readonly value: unknown };

export type HostEnvelope =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly fault: { readonly code: string; readonly sentence: string } }
  | { [Name in keyof HostEvents]: { readonly tell: Name; readonly value: HostEvents[Name] } }[keyof HostEvents];

export const pageEnvelopeSchema = v.object({
  id: count,
  ask: v.picklist(Object.keys(pageRequests) as PageRequestName[]),
  value: v.unknown(),
});
