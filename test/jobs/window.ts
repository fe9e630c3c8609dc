/** The other side of child.ts: starts windows, and serves them a service that counts what it is asked. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChildTask } from './child.ts';
import { finishedBytes } from './rig.ts';

export interface ServerTask {
  readonly task: string;
}

const resultOf = (id: string): Buffer => Buffer.alloc(65_536, `the result of ${id} `);

/** What stands in the folder when the job of this id was saved. */
export const savedBytes = (id: string): Buffer => finishedBytes(id, resultOf(id));

export interface CountingServer {
  readonly url: string;
  submits(id: string): number;
  polls(id: string): number;
  /** While false, tasks run for ever. */
  ready: boolean;
  close(): Promise<void>;
}

/** Tasks are ready at their second question. The id of a job is the id of its task. */
export const serve = async (): Promise<CountingServer> => {
  const counts = new Map<string, number>();
  const add = (key: string): number => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  };
  const http = createServer((request, response) => {
    const [, call, id] = (request.url ?? '').split('/');
    const asked = add(`${call} ${id}`);
    if (call === 'submit') response.end(JSON.stringify({ task: id } satisfies ServerTask));
    else if (call === 'poll') response.end(JSON.stringify({ status: server.ready && asked > 1 ? 'ready' : 'running' }));
    else response.end(resultOf(id));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server: CountingServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    submits: (id) => counts.get(`submit ${id}`) ?? 0,
    polls: (id) => counts.get(`poll ${id}`) ?? 0,
    ready: true,
    close: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return server;
};

export interface Window {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves when the window goes on with the journal. */
  readonly up: Promise<void>;
  /** How it ended: `killed`, or `ended` with its last words. Rejects when it failed. */
  readonly end: Promise<'killed' | 'ended'>;
}

export const openWindow = (task: ChildTask): Window => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('child.ts', import.meta.url)), JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let words = '';
  child.stderr.on('data', (text: Buffer) => (words += text.toString()));
  const reader = createInterface(child.stdout);
  const up = new Promise<void>((resolve) => {
    reader.on('line', (line) => {
      lines.push(line);
      if (line === 'up') resolve();
    });
    child.on('close', () => resolve());
  });
  const end = once(child, 'close').then(([code, signal]) => {
    if (signal === 'SIGKILL') return 'killed' as const;
    if (code === 0) return 'ended' as const;
    throw new Error(`the window failed (${String(code)}): ${words}\n${lines.join('\n')}`);
  });
  return { process: child, lines, up, end };
};
