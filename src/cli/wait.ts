/** Waiting for a job at a terminal: its progress, a time limit, and Ctrl+C. */
import { endStates, plansOf, type Job } from '../fill/record.ts';
import type { Runner } from '../jobs/contract.ts';
import { exits } from './exit.ts';
import { say, sentenceOf } from './report.ts';

/** Aborts at the first Ctrl+C (or end of the terminal); the second ends the process at once, after `abandon`. */
export const listenForInterrupt = (abandon: () => void): AbortSignal => {
  const controller = new AbortController();
  const hear = (): void => {
    if (!controller.signal.aborted) return controller.abort();
    abandon();
    process.exit(exits.interrupted);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, hear);
  return controller.signal;
};

/** Tells what a job does, once for each change; by its name where `several` run. */
export const follow = (runner: Runner, id: string, several = false): void => {
  let last = '';
  let trouble: string | undefined;
  runner.onChange((job, live) => {
    if (job.fill.id !== id) return;
    const progress = live.progress === undefined || job.state !== 'submitted' ? '' : ` ${live.progress} %`;
    const task = job.taskId === undefined ? '' : ` (task ${job.taskId})`;
    const steps = plansOf(job.fill).length;
    const step = steps === 1 ? '' : `step ${job.step + 1} of ${steps}: `;
    const line = `${several ? `${id}: ` : ''}${step}${job.state}${progress}${task}`;
    if (line !== last) say(line);
    last = line;
    if (live.trouble !== undefined && live.trouble.code !== trouble) say(sentenceOf(live.trouble, job.fill.service.id));
    trouble = live.trouble?.code;
  });
};

export type Waited = Job | 'timeout' | 'interrupted' | 'busy';

/**
 * Resolves with the job when it ended, or with why waiting ended first. `timeout` in milliseconds counts from the moment
 * the request is on its way.
 */
export const waitFor = (runner: Runner, id: string, timeout: number, interrupt: AbortSignal): Promise<Waited> =>
  new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (value: Waited): void => {
      clearTimeout(timer);
      interrupt.removeEventListener('abort', stop);
      unsubscribe();
      resolve(value);
    };
    const stop = (): void => settle('interrupted');
    const look = (job: Job): void => {
      if (job.fill.id !== id) return;
      if (endStates.includes(job.state)) settle(job);
      else if (job.fault?.code === 'job.busy') settle('busy');
      else if (job.state !== 'prepared') timer ??= setTimeout(() => settle('timeout'), timeout);
    };
    const unsubscribe = runner.onChange(look);
    interrupt.addEventListener('abort', stop, { once: true });
    for (const job of runner.jobs()) look(job);
    if (interrupt.aborted) stop();
  });
