/** What the page knows, in one place. Parts read it and are told when it changed. */
import type { FaultCode } from '../fill/faults.ts';
import type { Size } from '../fill/geometry.ts';
import { canvasSize, initialOverlap, ownPresetOf, type Expand, type OutpaintPreset } from '../fill/outpaint.ts';
import { planWhole, type Plan } from '../fill/plan.ts';
import { priceOfAll } from '../fill/price.ts';
import { planFill } from '../fill/steps.ts';
import type { Parameters } from '../fill/parameters.ts';
import type { MaskKind, MaskSettings } from '../fill/record.ts';
import type { JobView, MaskFile, PanelState } from '../protocol/messages.ts';
import type { CombineMode } from '../mask/combine.ts';
import type { TextKey } from '../protocol/texts.ts';
import type { Display } from './canvas/overlay.ts';
import type { Measure } from './canvas/preview.ts';
import type { ToolId, ToolOptions } from './canvas/tools.ts';

export interface State {
  readonly panel: PanelState;
  readonly parameters: Parameters;
  readonly maskKind: MaskKind;
  readonly maskFile: MaskFile | null;
  readonly maskSettings: MaskSettings;
  readonly measure: Measure;
  /** The effective mask is still being worked out. */
  readonly working: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly tool: ToolId;
  /** Diameter in image pixels. */
  readonly brushSize: number;
  readonly toolOptions: ToolOptions;
  /** The mode that the keys held now, or the gesture under way, put in the place of the chosen one. */
  readonly heldMode: CombineMode | null;
  /** Why the image's pixels cannot be selected by colour. */
  readonly wandProblem: TextKey | null;
  /** Device pixels an image pixel takes. */
  readonly scale: number;
  readonly display: Display;
  readonly picture: 'loading' | 'shown' | 'failed';
  readonly generating: boolean;
  /** What stands in a field and does not fit, by the field's name, with the sentence that says so. */
  readonly invalid: Readonly<Record<string, string>>;
  /** The job whose result is compared. */
  readonly comparing: string | null;
  /** The job whose result takes the place of the original while another is compared. */
  readonly against: string | null;
}

export interface Store {
  get(): State;
  set(change: Partial<State>): void;
  /** Called once soon after any number of changes, and once at the start. */
  watch(listener: (state: State) => void): void;
}

export const createStore = (initial: State): Store => {
  let state = initial;
  let told = true;
  const listeners: ((state: State) => void)[] = [];
  return {
    get: () => state,
    set(change) {
      state = { ...state, ...change };
      if (!told) return;
      told = false;
      queueMicrotask(() => {
        told = true;
        for (const listener of listeners) listener(state);
      });
    },
    watch(listener) {
      listeners.push(listener);
      listener(state);
    },
  };
};

/** The size of what is painted on: the image, or the canvas around it. */
export const canvasOf = ({ source, expand }: Pick<PanelState, 'source' | 'expand'>): Size =>
  canvasSize(source, expand ?? undefined);

/** What the canvas adds now; nothing, with the overlap that a side would get, where it is the image's own. */
export const expandNow = ({ source, expand, defaults }: PanelState): Expand =>
  expand ?? { left: 0, top: 0, right: 0, bottom: 0, overlap: initialOverlap(source, defaults.overlap) };

/** What plan and price hang on. */
export type Planned = Pick<State, 'panel' | 'measure' | 'maskKind' | 'maskSettings'>;

/** The preset that the service itself will make; undefined where Flux Fill extends the image. */
export const ownPreset = (panel: PanelState): OutpaintPreset | undefined =>
  ownPresetOf(panel.source, panel, panel.service.abilities);

/** The whole image as a window of the canvas. */
const wholeOn = ({ source, expand }: PanelState): Plan => {
  const plan = planWhole(source);
  return { ...plan, window: { ...plan.window, x: expand?.left ?? 0, y: expand?.top ?? 0 } };
};

const makePlans = ({ panel, measure: { bounds }, maskKind, maskSettings }: Planned): readonly Plan[] =>
  bounds === null
    ? []
    : ownPreset(panel) !== undefined
      ? [wholeOn(panel)]
      : planFill(
          panel.source,
          panel.expand ?? undefined,
          { bounds, settings: maskSettings, border: maskKind === 'border' },
          panel.window,
        );

let planned: { readonly of: Planned; readonly plans: readonly Plan[] } | undefined;

/**
 * The windows of all steps and what is sent for them; none while nothing is marked. Many parts ask after every movement of
 * the pointer, which changes nothing of it: they get the same array as long as that is so.
 */
export const plansFor = (state: Planned): readonly Plan[] => {
  const { panel, measure, maskKind, maskSettings } = state;
  const known = planned?.of;
  if (
    known?.panel !== panel ||
    known.measure !== measure ||
    known.maskKind !== maskKind ||
    known.maskSettings !== maskSettings
  )
    planned = { of: { panel, measure, maskKind, maskSettings }, plans: makePlans(state) };
  return planned!.plans;
};

/** US dollars for the fill as it stands; null while nothing is marked. */
export const dollarsOf = (state: Planned): number | null => {
  const plans = plansFor(state);
  return plans.length === 0 ? null : priceOfAll(state.panel.service.abilities.price, plans, state.panel.images);
};

export const isPractice = (panel: PanelState): boolean => panel.service.abilities.id === 'practice';

/** The variations that are shown together, in their order: those of the result that is compared, or the newest to choose from. */
export const shownSet = ({ panel, comparing }: Pick<State, 'panel' | 'comparing'>): readonly JobView[] => {
  const of = (set: string): readonly JobView[] =>
    panel.jobs
      .filter((job) => job.variation?.set === set)
      .sort((a, b) => a.variation!.number - b.variation!.number || (a.id < b.id ? -1 : 1));
  const compared = panel.jobs.find((job) => job.id === comparing)?.variation;
  if (compared) return of(compared.set);
  const [newest] = panel.jobs;
  if (newest?.variation == null) return [];
  const set = of(newest.variation.set);
  return set.some((job) => job.state !== 'saved') ? set : [];
};

/** The result that stands in for the original, if it is another than the one that is compared. */
export const againstJob = ({ panel, comparing, against }: State): JobView | null =>
  panel.jobs.find((job) => job.id === against && job.id !== comparing && job.result !== null) ?? null;

/** The job that is compared, if its result is there. */
export const comparedJob = ({ panel, comparing }: State): JobView | null =>
  panel.jobs.find((job) => job.id === comparing && job.result !== null) ?? null;

const causes: Partial<Record<FaultCode, (state: State) => boolean>> = {
  'mask.empty': ({ measure }) => measure.empty,
  'key.missing': ({ panel }) => !panel.service.hasKey,
  'service.baseUrl': ({ panel }) => panel.service.problem !== null,
  'service.noBaseUrl': ({ panel }) => panel.service.problem !== null,
};

/** Whether the cause of a fault is still there, of those that the page sees itself; undefined for the others. */
export const causeOf = (code: string): ((state: State) => boolean) | undefined =>
  Object.hasOwn(causes, code) ? causes[code as FaultCode] : undefined;
