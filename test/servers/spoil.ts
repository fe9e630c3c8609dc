/** Answers of a service that do not do what they should, for the scenarios of an emulator. */
import type { ServerResponse } from 'node:http';
import { json } from './answers.ts';

type Body = Readonly<Record<string, unknown>>;
export type Spoil = (response: ServerResponse, strangerUrl: string, body: Body) => unknown;

export interface Spoiler {
  readonly spoil: Spoil;
  /** How many requests are spoilt; absent = all. */
  readonly times?: number;
}

/** An error with a text, as FastAPI writes it. */
export const status =
  (code: number, detail: string, headers: Record<string, string> = {}): Spoil =>
  (response) =>
    json(response, code, { detail }, headers);

/** A failure of the service that echoes the request. */
export const broken =
  (code: number): Spoil =>
  (response, _stranger, body) =>
    json(response, code, { detail: `Internal error near ${JSON.stringify(body)}` });

export const reset: Spoil = (response) => response.socket?.resetAndDestroy();

/** A redirect to a host that must not see the key. */
export const redirect =
  (code: number, path: string): Spoil =>
  (response, stranger) =>
    response.writeHead(code, { location: `${stranger}${path}` }).end();

export const html =
  (code: number): Spoil =>
  (response) =>
    response.writeHead(code, { 'content-type': 'text/html; charset=utf-8' }).end('<h1>Please log in</h1>');

/** Answers with the spoiler of a scenario if it has one for the n-th request (from 1); true when it did. */
export const spoilt = <S extends string>(
  spoilers: Partial<Record<S, Spoiler>>,
  scenario: S,
  n: number,
  ...args: Parameters<Spoil>
): boolean => {
  const spoiler = spoilers[scenario];
  if (spoiler === undefined || n > (spoiler.times ?? Number.POSITIVE_INFINITY)) return false;
  spoiler.spoil(...args);
  return true;
};
