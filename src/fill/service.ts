/**
 * What a service is to the rest of the house: data that says what it can do, and calls that submit, poll and fetch.
 * The file of each service in services/ is the only one that knows its addresses and shapes.
 */
import type { Fault, Result } from './faults.ts';
import type { Size } from './geometry.ts';
import type { OutpaintPreset } from './outpaint.ts';
import type { Parameters, Range, ResultFormat } from './parameters.ts';
import type { ServiceId } from './record.ts';

/** What a service can do, as data: form, plan, price and command line read it. A missing ability is `null` or false. */
export interface Abilities {
  readonly id: ServiceId;
  /** Shown to people; a proper name, not translated. */
  readonly name: string;
  readonly steps: Range | null;
  readonly guidance: Range | null;
  readonly safetyTolerance: Range | null;
  readonly promptUpsampling: boolean;
  readonly promptRequired: boolean;
  readonly seed: boolean;
  readonly resultFormats: readonly ResultFormat[];
  readonly imagesPerCall: number;
  readonly cancel: boolean;
  readonly webhook: boolean;
  /** One RGBA image instead of image and mask. */
  readonly alphaRequest: boolean;
  /** The service outpaints by presets of its own: it makes the canvas, and nothing of the source need stay as it was. */
  readonly ownPresets: boolean;
  /** Milliseconds a task usually takes, with the most steps where there are any; 0: nobody minds being asked all the time. */
  readonly usualTime: number;
  /** Active tasks the service accepts at once. */
  readonly activeTasks: number;
  readonly needsKey: boolean;
  readonly price: PriceRule;
}

/** FLUX.1 Fill [pro] with 50 steps, in milliseconds: 9, 13.9 and 16.5 s are what is known (facts/providers.md 1.6). */
export const fluxTime = 14_000;

/** Milliseconds until the answer that a fill usually takes: the model computes its steps one after the other. */
export const expectedTime = (
  { usualTime, steps }: Pick<Abilities, 'usualTime' | 'steps'>,
  parameters: Pick<Parameters, 'steps'>,
): number => (steps === null ? usualTime : (usualTime * parameters.steps) / steps.max);

/** `image`: US dollars for each image. `megapixel`: for each started megapixel of what is sent. `free`: nothing. */
export type PriceRule =
  | { readonly kind: 'image'; readonly dollars: number }
  | { readonly kind: 'megapixel'; readonly dollars: number }
  | { readonly kind: 'free' };

/** What is sent: 8-bit sRGB PNG without alpha, 8-bit grey PNG mask of the same size (white = change), or one RGBA PNG. */
export interface ServiceRequest {
  readonly image: Uint8Array;
  /** Absent: the image carries the mask in its alpha channel (transparent = change). */
  readonly mask?: Uint8Array;
  /** The service's own outpainting of the whole image, where `ownPresets`; no mask is sent then. */
  readonly preset?: OutpaintPreset;
  readonly size: Size;
  readonly parameters: Parameters;
  /** Images asked for in this one request, at most `imagesPerCall`; absent: one. */
  readonly images?: number;
  readonly webhook?: { readonly url: string; readonly secret?: string };
}

/** What came of a submit. Only `accepted` and `unknown` can have cost anything. */
export type SubmitOutcome =
  | {
      readonly kind: 'accepted';
      /** JSON of the service file's own making; enough to poll and fetch in another process, without the key. */
      readonly handle: unknown;
      readonly taskId: string;
      readonly cost?: number;
      readonly inputMegapixels?: number;
      readonly outputMegapixels?: number;
    }
  /** Certainly not accepted. */
  | { readonly kind: 'refused'; readonly fault: Fault }
  /** Nobody can say whether it was accepted: never sent again by itself. */
  | { readonly kind: 'unknown'; readonly fault: Fault };

export type PollOutcome =
  | {
      readonly kind: 'running';
      /** 0 to 100 where the service tells. */
      readonly progress?: number;
      /** Requests that the service will run before this one, where it tells. */
      readonly queue?: number;
      /** The service's own word for its state, for the log. */
      readonly status: string;
    }
  | { readonly kind: 'ready'; readonly handle: unknown; readonly seed?: number; readonly cost?: number }
  /** The task is over and gives no image. */
  | { readonly kind: 'over'; readonly fault: Fault }
  /** This one question failed; the task goes on. `retryAfter` in milliseconds where the service told. */
  | { readonly kind: 'unanswered'; readonly fault: Fault; readonly retryAfter?: number };

export interface Fetched {
  readonly bytes: Uint8Array;
  readonly type: string;
  /** True where the service says that its filter found something: the picture may be black or blurred. */
  readonly flagged?: boolean;
}

/** What a cancel did. `cancelled`: the task ends without a result. `late`: it runs on, or is over. */
export type CancelOutcome = 'cancelled' | 'late';

/** What is known of a submit whose answer never came. */
export interface LostSubmit {
  readonly parameters: Parameters;
  /** Milliseconds since 1970: just before it was sent, and when it was given up. */
  readonly from: number;
  readonly to: number;
}

export interface Service {
  readonly abilities: Abilities;
  /** Submits once; repeats only where the service certainly did not accept (429, 503). Never throws. */
  submit(request: ServiceRequest, signal: AbortSignal): Promise<SubmitOutcome>;
  /** Asks once. `age` is the time since the submit in milliseconds. Never throws. */
  poll(handle: unknown, age: number, signal: AbortSignal): Promise<PollOutcome>;
  /**
   * Downloads the results of a ready handle, at least one, in the order of their seeds, asking for a link once more if it
   * is dead. Never throws.
   */
  fetch(handle: unknown, signal: AbortSignal): Promise<Result<readonly Fetched[]>>;
  /** Asks the service to stop the task. Never throws. Absent where it cannot. */
  cancel?(handle: unknown, signal: AbortSignal): Promise<Result<CancelOutcome>>;
  /**
   * Looks in the service's own list for the task of a submit whose answer never came. Gives it only where exactly one
   * fits; undefined where none or several do. Never throws. Absent where the service has no list.
   */
  recover?(
    lost: LostSubmit,
    signal: AbortSignal,
  ): Promise<Result<{ readonly handle: unknown; readonly taskId: string } | undefined>>;
  /** Free check of the key; credits in the service's own unit where it tells. */
  account?(signal: AbortSignal): Promise<Result<{ readonly credits?: number }>>;
}
