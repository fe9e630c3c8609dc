/** What jobs need from outside, and what they give. Nothing here knows VS Code, a service's address or a pixel format. */
import type { Fault, Result } from '../fill/faults.ts';
import type { Fill, Job, NextAct } from '../fill/record.ts';
import type { Service } from '../fill/service.ts';
import type { Ledger } from './ledger.ts';

/** Bytes of a base mask, one per pixel, width × height of the source or of its canvas. */
export interface BaseMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

interface RasterFile {
  readonly name: string;
  readonly path: string;
}

export interface RasterStep {
  readonly plan: Fill['plan'];
  readonly result: RasterFile;
}

export interface RasterInput {
  readonly source: RasterFile;
  readonly expand?: NonNullable<Fill['expand']>;
  readonly base: BaseMask;
  readonly settings: Fill['mask']['settings'];
  readonly fromAlpha: boolean;
  readonly opaque: boolean;
  readonly tone: boolean;
  readonly earlier: readonly RasterStep[];
}

type Made = Promise<
  Result<{
    readonly extension: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly exact: boolean;
    readonly changedOutsideEffective: number;
    readonly changedOutsideBase: number;
    readonly warnings: readonly Fault[];
  }>
>;

interface RasterOut {
  readonly as: Fill['save']['as'];
  readonly out: string;
  readonly note?: Fill;
}

/** The part of the raster engine that a job uses; paths are files in the job's own folder. */
export interface JobRaster {
  prepare(
    input: RasterInput & { readonly plan: Fill['plan']; readonly send: Fill['send'] },
  ): Promise<Result<{ readonly image: Uint8Array; readonly mask: Uint8Array }>>;
  finish(input: RasterInput & RasterStep & RasterOut): Made;
  /** What a service made as a whole. */
  takeWhole(input: Pick<RasterStep, 'result'> & RasterOut): Made;
}

/**
 * The place a result goes to: the folder of the source. `fill.source.uri` says where; the implementation decides how
 * (file system or VS Code's workspace.fs).
 */
export interface Place {
  /** A free name for the result, never one that exists. */
  name(fill: Fill, extension: string): Promise<Result<string>>;
  /**
   * Puts the finished file under `name`, written to the end or not at all, never over another file.
   * `temporary` is the name of the file used on the way, in the same folder. `taken` = the name exists by now.
   */
  put(fill: Fill, file: string, temporary: string, name: string): Promise<Result<{ readonly uri: string } | 'taken'>>;
  /** The address of the file `name` if it stands there with exactly this hash: how a restart knows that it was saved. */
  find(fill: Fill, name: string, sha256: string): Promise<string | undefined>;
  /** Removes the temporary file of a run that died; missing is fine. */
  discard(fill: Fill, temporary: string): Promise<void>;
  /** `source.changed` or `source.gone` where the source is no longer what it was; undefined where it is. May reject. */
  sourceState(fill: Fill): Promise<Fault | undefined>;
}

export interface Clock {
  now(): number;
  /** Resolves after `milliseconds`, or at once when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export type Log = (level: 'error' | 'warn' | 'info' | 'debug', text: string) => void;

export interface RunnerDeps {
  /** Folder of the journal on this machine's disk. */
  readonly directory: string;
  readonly service: (fill: Fill) => Promise<Result<Service>>;
  readonly webhook: (fill: Fill) => Promise<{ readonly url: string; readonly secret?: string } | undefined>;
  readonly raster: JobRaster;
  readonly place: Place;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

export interface StartInput {
  readonly fill: Fill;
  /** The source as it is now: a file, or its bytes where it has no path. It is copied before anything else. */
  readonly source: { readonly path: string } | { readonly bytes: Uint8Array };
  readonly base: BaseMask;
}

/** What only the running process knows of a job. */
export interface Live {
  /** 0 to 100 where the service tells. */
  readonly progress?: number;
  /** Requests that the service will run before this one, where it tells. */
  readonly queue?: number;
  /** True while as many tasks run as the service allows at once. */
  readonly waiting?: boolean;
  /** Why the last question to the service had no answer; the job goes on, and asks again. */
  readonly trouble?: Fault;
}

export interface Runner {
  /** Journals the job, then runs it. Resolves once the record is on disk; the rest is told through `onChange`. */
  start(input: StartInput): Promise<Result<Job>>;
  /**
   * Goes on with every open job in the journal that no other process owns, or with one. Reads one folder listing when
   * there is none.
   */
  resume(only?: string): Promise<void>;
  /**
   * Before the submit: nothing is sent. After it: asks the service where it can cancel, and keeps the result if one comes all
   * the same. A job of another process is cancelled by that one, within a few seconds.
   */
  cancel(id: string): Promise<void>;
  /**
   * Goes on with a job that ended without a file, by the one act that is left (record.ts, NextAct). `continue` and `send`
   * spend money: the person has been asked. False where the journal has no such job, or it stands otherwise by now.
   */
  goOn(id: string, act: NextAct): Promise<boolean>;
  /**
   * Deletes a job that ended, with its mask, its record and what it holds; the file beside the source stays. False where the
   * journal has no such job, or it runs.
   */
  remove(id: string): Promise<boolean>;
  /** Leaves out of `jobs` what is no longer in the journal. */
  forget(id: string): void;
  /** Jobs of this process: resumed, running and ended, oldest first. */
  jobs(): readonly Job[];
  onChange(listener: (job: Job, live: Live) => void): () => void;
  /** Told of a job that ended, once its folder is closed and what it holds stands there. */
  onClosed(listener: (job: Job) => void): () => void;
  /** What a person must know and no job can carry: a record that cannot be read, a journal that cannot be written. */
  onFault(listener: (fault: Fault) => void): () => void;
  /** Stops without ending jobs: the next process goes on with them. */
  dispose(): Promise<void>;
}
