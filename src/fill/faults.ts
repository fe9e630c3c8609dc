/**
 * Errors are values: a code that names what went wrong and the facts a sentence needs. The sentences stand in
 * `sentences.ts`; `detail` is for the log only and is redacted before it gets here.
 */
import type { sentences } from './sentences.ts';

export type FaultCode = keyof typeof sentences;

export type FaultArgs = Readonly<Record<string, string | number>>;

export interface Fault {
  readonly code: FaultCode;
  readonly args: FaultArgs;
  /** For the log: never shown, never contains a key, a signature or image data. */
  readonly detail?: string | undefined;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const fault = (code: FaultCode, args: FaultArgs = {}, detail?: string): Fault =>
  detail === undefined ? { code, args } : { code, args, detail };

export const failed = (code: FaultCode, args: FaultArgs = {}, detail?: string): { ok: false; fault: Fault } => ({
  ok: false,
  fault: fault(code, args, detail),
});

/** Carries a fault through code that must throw (promise chains, worker boundaries). */
export class FaultError extends Error {
  readonly fault: Fault;

  constructor(value: Fault) {
    super(value.detail === undefined ? value.code : `${value.code}: ${value.detail}`);
    this.name = 'FaultError';
    this.fault = value;
  }
}

export const raise = (code: FaultCode, args: FaultArgs = {}, detail?: string): never => {
  throw new FaultError(fault(code, args, detail));
};

/** The value of a result; throws its fault. */
export const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new FaultError(result.fault);
  return result.value;
};

/** Any thrown value as a fault; what nobody foresaw becomes `internal` with its message in the detail. */
export const faultOf = (error: unknown): Fault =>
  error instanceof FaultError
    ? error.fault
    : fault('internal', {}, error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/** Fills `{name}` places of an English sentence. The host passes the same sentence and arguments to vscode.l10n.t. */
export const format = (sentence: string, args: FaultArgs): string =>
  sentence.replace(/\{(\w+)\}/g, (whole, name: string) => (name in args ? String(args[name]) : whole));
