/** What can go wrong at a service, by name. Counts of requests decide, not times, wherever that is possible. */
import { drip, json } from './answers.ts';
import { broken, html, redirect, reset, status, type Spoiler } from './spoil.ts';

export const scenarios = [
  'normal',
  // At the submit
  '400',
  '402',
  '403',
  '404',
  '422-echo',
  '429',
  '429-retry-after',
  '429-date',
  '500',
  '502',
  '503',
  '503-once',
  'reset-before-answer',
  'accepted-but-answer-lost',
  'not-json',
  'page',
  '403-page',
  '511-page',
  'no-polling-url',
  'redirect',
  'endless-answer',
  'slow-loris-submit',
  // While polling
  'slow',
  'moderated-request',
  'moderated-content',
  'moderated-no-reasons',
  'error',
  'failed',
  '404-at-first',
  '404-always',
  '202-while-running',
  'unknown-states',
  'state-key',
  'reset-while-polling',
  '403-while-polling',
  '429-while-polling',
  '500-while-polling',
  'not-json-while-polling',
  'redirect-while-polling',
  '404-page-while-polling',
  '403-page-while-polling',
  'slow-loris',
  'hostile-polling',
  'hostile-result',
  // At the download
  'dead-link',
  'dead-link-always',
  'expired-link',
  'truncated',
  'truncated-always',
  '503-download',
  'other-type',
  'not-an-image',
  'page-download',
  '403-page-download',
  'other-size',
  'endless-result',
  'slow-loris-download',
  'result-redirect',
  'result-redirect-hostile',
] as const;

export type Scenario = (typeof scenarios)[number];

type Say = (poll: number) => object | undefined;

const running = (fields: object): object => ({ result: null, progress: null, details: null, preview: null, ...fields });

const pendingFor =
  (polls: number, fields: (poll: number) => object): Say =>
  (poll) =>
    poll <= polls ? running(fields(poll)) : undefined;

const moderated =
  (status: string, reasons: unknown): Say =>
  () =>
    running({ status, details: { 'Moderation Reasons': reasons } });

const words = ['Reasoning', 'Generating', 'Queued somewhere new'];

const states: Partial<Record<Scenario, Say>> = {
  slow: pendingFor(6, (poll) => ({ status: 'Pending', progress: poll / 8 })),
  'moderated-request': moderated('Request Moderated', ['Violence', 'Sexual Content']),
  'moderated-content': moderated('Content Moderated', ['Derivative Works Filter']),
  'moderated-no-reasons': moderated('content moderated', 7),
  error: () => running({ status: 'Error', details: { error: 'the model gave up.' } }),
  failed: () => running({ status: 'Failed' }),
  '404-always': () => running({ status: 'Task not found' }),
  '404-at-first': pendingFor(2, () => ({ status: 'Task not found' })),
  'unknown-states': pendingFor(words.length, (poll) => ({ status: words[poll - 1], progress: 10 * poll })),
  'state-key': (poll) => (poll === 1 ? { state: 'pending', progress: 50 } : undefined),
  '202-while-running': pendingFor(2, () => ({ status: 'Pending' })),
};

/** What the service says of a running or ended task at the n-th poll (from 1); undefined once it is ready. */
export const stateAt = (scenario: Scenario, poll: number): object | undefined =>
  (states[scenario] ?? pendingFor(1, () => ({ status: 'Pending' })))(poll);

/** Answers to a submit that makes no task. */
export const spoiltSubmits: Partial<Record<Scenario, Spoiler>> = {
  '400': {
    spoil: (response, _stranger, body) => json(response, 400, { message: `cannot read ${String(body.prompt)}.` }),
  },
  '402': { spoil: status(402, 'Insufficient credits') },
  '403': { spoil: status(403, 'Not authenticated') },
  '404': { spoil: status(404, 'Not Found') },
  '422-echo': {
    spoil: (response, _stranger, body) =>
      json(response, 422, {
        detail: [
          { loc: ['body', 'image'], msg: `Value error in ${JSON.stringify(body)}`, type: 'value_error', input: body },
        ],
      }),
  },
  '429': { spoil: status(429, 'Too many active tasks') },
  '429-retry-after': { spoil: status(429, 'Too many active tasks', { 'retry-after': '3' }), times: 2 },
  '429-date': {
    spoil: status(429, 'Too many active tasks', { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' }),
    times: 1,
  },
  '500': { spoil: broken(500) },
  '502': { spoil: broken(502) },
  '503': { spoil: broken(503) },
  '503-once': { spoil: html(503), times: 1 },
  'reset-before-answer': { spoil: reset },
  page: { spoil: html(200) },
  '403-page': { spoil: html(403) },
  '511-page': { spoil: html(511) },
  redirect: { spoil: redirect(307, '/v1/flux-pro-1.0-fill') },
  'slow-loris-submit': { spoil: drip },
};

/** Answers to a poll that say nothing of the task. */
export const spoiltPolls: Partial<Record<Scenario, Spoiler>> = {
  'reset-while-polling': { spoil: reset, times: 2 },
  '403-while-polling': { spoil: status(403, 'Not authenticated'), times: 2 },
  '429-while-polling': { spoil: status(429, 'slow down', { 'retry-after': '7' }), times: 2 },
  '500-while-polling': { spoil: status(502, 'oops'), times: 2 },
  'not-json-while-polling': { spoil: html(200), times: 2 },
  'redirect-while-polling': { spoil: redirect(302, '/v1/get_result') },
  // Longer than a task that is not found counts as not visible yet.
  '404-page-while-polling': { spoil: html(404), times: 30 },
  '403-page-while-polling': { spoil: html(403), times: 2 },
  'slow-loris': { spoil: drip },
};
