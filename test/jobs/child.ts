/**
 * A window of its own for the tests: a process that goes on with the journal, starts one job if told to, and ends when no
 * job is open. It can kill itself at any write: the calls of node:fs/promises are counted and one of them is the last.
 */
import { writeSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fault, ok } from '../../src/fill/faults.ts';
import type { Service } from '../../src/fill/service.ts';
import type { ServerTask } from './window.ts';

export interface ChildTask {
  readonly root: string;
  readonly url: string;
  readonly speed: number;
  /** Id of the job to start, after going on with what is there, and its steps (1). */
  readonly start?: string;
  readonly steps?: number;
  /** Dies at the write number `at`: before it, or in its middle; counted from the beginning or from the start. */
  readonly kill?: { readonly at: number; readonly how: 'before' | 'half'; readonly from: 'resume' | 'start' };
  /** Goes on with the journal and tells every call to the disk, nothing else. */
  readonly tellCalls?: true;
}

const say = (line: string): void => void writeSync(1, `${line}\n`);

type Call = (this: unknown, ...given: unknown[]) => unknown;
const methods = fs as unknown as Record<string, Call>;
const wrap = (owner: Record<string, Call>, name: string, before: (self: unknown, given: unknown[]) => void): void => {
  const original = owner[name];
  owner[name] = function (...given) {
    before(this, given);
    return original.apply(this, given);
  };
};

const writes = ['writeFile', 'rename', 'rm', 'mkdir', 'copyFile', 'link'];

/** Counts the writes of this process; `mark` makes the count start. */
const countWrites = async (kill: ChildTask['kill']) => {
  let count = 0;
  let counting = false;
  const die = (): void => void process.kill(process.pid, 'SIGKILL');
  const atWrite = (half: () => void): void => {
    if (!counting || count++ !== kill?.at) return;
    if (kill.how === 'half') half();
    die();
  };
  for (const name of writes) wrap(methods, name, () => atWrite(() => undefined));
  wrap(methods, 'open', (_, [, flags]) => {
    if (flags !== 'r') atWrite(() => undefined);
  });
  const probe = await fs.open(fileURLToPath(import.meta.url), 'r');
  const handles = Object.getPrototypeOf(probe) as Record<string, Call>;
  await probe.close();
  wrap(handles, 'sync', () => atWrite(() => undefined));
  wrap(handles, 'writeFile', (self, [data]) =>
    atWrite(() => {
      const bytes = Buffer.from(data as string | Uint8Array as string);
      writeSync((self as FileHandle).fd, bytes.subarray(0, bytes.length >> 1));
    }),
  );
  syncBuiltinESMExports();
  return { mark: () => (counting = true), count: () => count };
};

const tellCalls = (): void => {
  for (const [name, call] of Object.entries(methods))
    if (typeof call === 'function')
      wrap(methods, name, (_, given) => say(`call ${name} ${typeof given[0] === 'string' ? given[0] : ''}`));
  syncBuiltinESMExports();
};

/** The service that the parent serves; the prompt is the id of the job, so that the server can count. */
const httpService = (url: string, abilities: Service['abilities']): Service => {
  const call = async (path: string, signal: AbortSignal, method = 'GET'): Promise<Response> => {
    const response = await fetch(`${url}${path}`, { method, signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response;
  };
  const task = (handle: unknown): string => (handle as ServerTask).task;
  const broken = (error: unknown) => fault('network.broken', { host: url, cause: String(error) });
  return {
    abilities,
    submit: async (request, signal) => {
      try {
        const response = await call(`/submit/${request.parameters.prompt}`, signal, 'POST');
        const handle = (await response.json()) as ServerTask;
        return { kind: 'accepted', handle, taskId: handle.task };
      } catch (error) {
        return { kind: 'unknown', fault: broken(error) };
      }
    },
    poll: async (handle, _, signal) => {
      try {
        const { status } = (await (await call(`/poll/${task(handle)}`, signal)).json()) as { status: string };
        return status === 'ready' ? { kind: 'ready', handle } : { kind: 'running', status };
      } catch (error) {
        return { kind: 'unanswered', fault: broken(error) };
      }
    },
    fetch: async (handle, signal) => {
      try {
        const response = await call(`/result/${task(handle)}`, signal);
        return ok([{ bytes: new Uint8Array(await response.arrayBuffer()), type: 'image/png' }]);
      } catch (error) {
        return { ok: false, fault: broken(error) };
      }
    },
  };
};

const main = async (task: ChildTask): Promise<void> => {
  // Before the modules under test are loaded: they see the wrapped calls from their first line on.
  const writesOf = task.tellCalls === undefined ? await countWrites(task.kill) : undefined;
  const { createRunner } = await import('../../src/jobs/runner.ts');
  const { createLedger } = await import('../../src/jobs/ledger.ts');
  const { openJobs } = await import('../../src/jobs/open.ts');
  const rig = await import('./rig.ts');
  const directory = join(task.root, 'storage', 'jobs');
  const runner = createRunner({
    directory,
    service: () => Promise.resolve(ok(httpService(task.url, rig.abilities()))),
    webhook: () => Promise.resolve(undefined),
    raster: rig.markerRaster,
    place: rig.filePlace,
    ledger: createLedger(join(task.root, 'storage', 'ledger'), () => Promise.resolve({ all: null, agents: null })),
    clock: rig.fastClock(task.speed),
    log: (level, text) => say(`log ${level} ${text}`),
    random: Math.random,
  });
  const allEnded = async (): Promise<void> => {
    while ((await openJobs(directory)).length > 0) await wait(5);
  };

  if (task.tellCalls !== undefined) tellCalls();
  if (task.kill?.from !== 'start') writesOf?.mark();
  say('up');
  await runner.resume();
  if (task.tellCalls !== undefined) return;
  if (task.kill?.from === 'start') await allEnded();
  writesOf?.mark();
  if (task.start !== undefined) {
    const fill = rig.makeFill(join(task.root, 'pictures'), task.start);
    const further = Array.from({ length: (task.steps ?? 1) - 1 }, () => fill.plan);
    const named = {
      ...fill,
      ...(further.length === 0 ? {} : { further }),
      parameters: { ...fill.parameters, prompt: task.start },
    };
    const input = { ...rig.makeInput(named), source: { path: join(task.root, 'pictures', 'photo.png') } };
    const begun = performance.now();
    const started = await runner.start(input);
    if (!started.ok) throw new Error(JSON.stringify(started.fault));
    say(`started ${performance.now() - begun}`);
  }
  await allEnded();
  await runner.dispose();
  say(`writes ${writesOf?.count()}`);
};

await main(JSON.parse(process.argv[2]) as ChildTask);
