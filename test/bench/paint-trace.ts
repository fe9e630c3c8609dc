/**
 * What a browser presented while it was traced. Method and traps: facts on painting a 24-megapixel mask. A frame counts by
 * its PRESENTED_ALL report; a sample is joined to the youngest frame that had begun when its animation frame ran.
 */
import { readFile } from 'node:fs/promises';
import type { Browser, CDPSession } from 'playwright-core';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly id?: string;
  readonly id2?: { readonly local?: string };
  readonly pid: number;
  readonly tid: number;
  readonly args?: {
    readonly frame_reporter?: { readonly state?: string; readonly affects_smoothness?: boolean };
    readonly data?: { readonly startTime?: number };
  };
}

export interface Frames {
  /** Begin and presentation in milliseconds of the page's clock, oldest first. */
  readonly presented: readonly (readonly [number, number])[];
  /** Frames that were dropped and that a person could see. */
  readonly dropped: number;
}

export const startTrace = async (session: CDPSession): Promise<void> => {
  const categories = ['cc', 'benchmark', 'blink.user_timing', 'viz'];
  await session.send('Tracing.start', { transferMode: 'ReturnAsStream', categories: categories.join(',') });
};

const readStream = async (session: CDPSession, handle: string): Promise<string> => {
  let text = '';
  for (;;) {
    const { data, eof, base64Encoded } = await session.send('IO.read', { handle, size: 1 << 20 });
    text += base64Encoded === true ? Buffer.from(data, 'base64').toString() : data;
    if (eof) break;
  }
  await session.send('IO.close', { handle });
  return text;
};

/** `mark` is the start time of the user timing mark `flux-fill-clock` on the page's clock. */
export const endTrace = async (session: CDPSession, mark: number): Promise<Frames> => {
  const complete = new Promise<string>((resolve) => {
    session.once('Tracing.tracingComplete', ({ stream }) => resolve(stream!));
  });
  await session.send('Tracing.end');
  const { traceEvents } = JSON.parse(await readStream(session, await complete)) as { traceEvents: TraceEvent[] };
  const marked = traceEvents.findLast(({ name }) => name === 'flux-fill-clock');
  if (marked === undefined) throw new Error('The trace holds no mark.');
  const clock = (ts: number): number => (ts - marked.ts) / 1000 + mark;
  const begun = new Map<string, TraceEvent>();
  const presented: (readonly [number, number])[] = [];
  let dropped = 0;
  const reports = traceEvents.filter(({ name, pid }) => name === 'PipelineReporter' && pid === marked.pid);
  for (const event of reports.sort((a, b) => a.ts - b.ts)) {
    const id = event.id2?.local ?? event.id ?? '';
    if (event.ph === 'b' || event.ph === 'S') begun.set(id, event);
    const start = begun.get(id);
    if ((event.ph !== 'e' && event.ph !== 'F') || start === undefined) continue;
    const report = { ...start.args?.frame_reporter, ...event.args?.frame_reporter };
    if (report.state === 'STATE_PRESENTED_ALL') presented.push([clock(start.ts), clock(event.ts)]);
    if (report.state === 'STATE_DROPPED' && report.affects_smoothness === true) dropped += 1;
  }
  return { presented: presented.sort((a, b) => a[0] - b[0]), dropped };
};

/** Milliseconds from each sample to the presentation of the frame that took it up; samples are stamp and frame's begin. */
export const latencies = (samples: readonly (readonly [number, number])[], { presented }: Frames): number[] =>
  samples.flatMap(([stamp, frame]) => {
    const own = presented.findLast(([begin, end]) => begin <= frame && end > frame);
    return own === undefined ? [] : [own[1] - stamp];
  });

/** Renderers and the process that composes. */
const processes = async (browser: Browser): Promise<readonly number[]> => {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer' || type === 'GPU').map(({ id }) => id);
};

/** Their proportional memory in MiB. */
export const memory = async (browser: Browser): Promise<number> => {
  let kilobytes = 0;
  for (const id of await processes(browser)) {
    const rollup = await readFile(`/proc/${id}/smaps_rollup`, 'utf8').catch(() => '');
    kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
  }
  return kilobytes / 1024;
};

/** Their processor time so far in milliseconds (ticks of 10): says the same on a busy machine. */
export const processor = async (browser: Browser): Promise<number> => {
  let ticks = 0;
  for (const id of await processes(browser)) {
    const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * 10;
};
