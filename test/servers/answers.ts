/** Ways to answer a request, good and bad. */
import type { ServerResponse } from 'node:http';

export const json = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

/** Bytes without end, as fast as they are taken. */
export const pour = (response: ServerResponse, type: string): void => {
  response.writeHead(200, { 'content-type': type });
  const chunk = Buffer.alloc(1 << 20, 0x20);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};

/** A byte now and then, without end. */
export const drip = (response: ServerResponse): void => {
  if (response.destroyed) return;
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};
