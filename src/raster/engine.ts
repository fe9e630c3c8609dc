/**
 * What the raster engine offers to the host and the command line. The work is done in worker threads (worker.ts);
 * nothing heavy runs on the caller's thread. Every call answers with a value or a fault and ends within its deadline.
 */
import type { Result } from '../fill/faults.ts';
import type { Fault } from '../fill/faults.ts';
import type { Size } from '../fill/geometry.ts';
import type { Expand } from '../fill/outpaint.ts';
import type { Plan } from '../fill/plan.ts';
import type { Fill, SaveChoice } from '../fill/record.ts';
import type { Box, Mask, Settings } from '../mask/mask.ts';
import type { MaskChannel, MaskReading } from '../mask/sources.ts';

/** A file by path (read inside the worker), or its bytes where there is no path. */
export type ImageInput =
  { readonly name: string; readonly path: string } | { readonly name: string; readonly bytes: Uint8Array };

/** An earlier step of the same fill: its window, and what the service sent for it. */
export interface Step {
  readonly plan: Plan;
  readonly result: ImageInput;
}

/** What a fill starts from; `base` and the windows have the size of the canvas where the image is expanded. */
interface Canvas {
  readonly source: ImageInput;
  readonly expand?: Expand;
  readonly base: Mask;
  readonly settings: Settings;
  readonly fromAlpha: boolean;
  readonly opaque: boolean;
  /** False leaves the tone of what came back as it is. */
  readonly tone?: boolean;
  /** Steps before this one, in their order; each is put in before the next. */
  readonly earlier?: readonly Step[];
}

export interface PrepareInput extends Canvas {
  readonly plan: Plan;
  /** `alpha`: the image carries the mask in its alpha channel as well, transparent where the mask is white. */
  readonly send?: 'alpha' | undefined;
}

/** 8-bit sRGB PNG (without alpha, unless `send` says so) and 8-bit grey PNG mask, black and white, of the size `plan.sent`. */
export interface Prepared {
  readonly image: Uint8Array;
  readonly mask: Uint8Array;
}

export interface FinishInput extends Canvas {
  readonly plan: Plan;
  /** What the service sent, whatever its size and format. */
  readonly result: ImageInput;
  readonly as: SaveChoice;
  /** Where the finished file is written (overwritten if a previous try left something). */
  readonly out: string;
  /** Noted in the file's metadata; absent = no note. */
  readonly note?: Fill;
}

/** A result that is saved as the service made it. */
export type WholeInput = Pick<FinishInput, 'result' | 'as' | 'out' | 'note'>;

export interface Finished {
  /** With the dot: `.png`, `.jpg`, `.webp`. */
  readonly extension: string;
  readonly bytes: number;
  /** Lower-case hex of the file at `out`. */
  readonly sha256: string;
  /** False where the format compresses anew: the counts are of the picture before that. */
  readonly exact: boolean;
  readonly changedOutsideEffective: number;
  readonly changedOutsideBase: number;
  readonly warnings: readonly Fault[];
}

export interface Engine {
  /** The alpha channel as a base mask: transparent (0) = 255. `mask.noAlpha` where nothing is transparent. */
  maskFromAlpha(source: ImageInput): Promise<Result<Mask>>;
  /**
   * A mask file as a base mask: the channel that is named (`mask.noChannel` where there is none); otherwise its luminance,
   * or its alpha if that varies and the luminance does not.
   * Of another size: `mask.size`, unless `scale` is true (nearest neighbour to the image's size).
   */
  maskFromFile(
    file: ImageInput,
    image: { readonly name: string } & Size,
    scale: boolean,
    channel?: MaskChannel,
  ): Promise<Result<MaskReading>>;
  /** Writes a mask to `out` as an 8-bit grey PNG: the base mask, or the effective one where settings are given. */
  writeMask(base: Mask, settings: Settings | undefined, out: string): Promise<Result<null>>;
  /** Share of pixels (0 to 1) that are black or white within 8 levels; tells a mask from a picture. */
  binariness(file: ImageInput): Promise<Result<number>>;
  /** Bounds (null where it is empty), share (0 to 1) and separate parts of the effective mask. */
  measure(
    base: Mask,
    settings: Settings,
  ): Promise<Result<{ readonly bounds: Box | null; readonly coverage: number; readonly islands: number }>>;
  /** Whether something transparent lies where the effective mask lets pixels change. */
  coversTransparency(source: ImageInput, base: Mask, settings: Settings): Promise<Result<boolean>>;
  prepare(input: PrepareInput): Promise<Result<Prepared>>;
  finish(input: FinishInput): Promise<Result<Finished>>;
  takeWhole(input: WholeInput): Promise<Result<Finished>>;
  /** Writes a small picture of an image to `out`, as WebP, its longer side at most 320 px. */
  thumbnail(image: ImageInput, out: string): Promise<Result<null>>;
  /** Ends running workers. Their calls, and all further ones, answer with the fault `job.cancelled`. */
  dispose(): Promise<void>;
}
