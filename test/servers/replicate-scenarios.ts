/** What can go wrong at Replicate and at a service that is compatible with it, by name. Counts of requests decide. */
import type { ServerResponse } from 'node:http';
import { drip, json } from './answers.ts';
import { problem } from './replicate-schema.ts';
import { broken, html, redirect, reset, type Spoil, type Spoiler } from './spoil.ts';

export const scenarios = [
  'normal',
  // At the upload of a file
  'upload-413',
  'upload-429',
  'upload-503-once',
  'upload-500',
  'upload-reset',
  'upload-not-json',
  'upload-redirect',
  'upload-hostile',
  // At the submit
  '401',
  '402',
  '404',
  '422',
  '422-echo',
  '429',
  '429-text',
  '429-header',
  '500',
  '503',
  '503-once',
  'reset-before-answer',
  'accepted-but-answer-lost',
  'accepted-202',
  'number-as-id',
  'not-json',
  'no-id',
  'hostile-id',
  'redirect',
  'endless-answer',
  'slow-loris-submit',
  // While polling
  'slow',
  'hostile-urls',
  'failed',
  'failed-nsfw',
  'failed-e005',
  'failed-request-moderated',
  'failed-result-moderated',
  'failed-no-reason',
  'failed-echo',
  'canceled',
  'aborted',
  '404-at-first',
  '404-always',
  'unknown-states',
  'other-words',
  'bare',
  'output-list',
  'output-number',
  'output-null',
  'data-removed',
  'reset-while-polling',
  '401-while-polling',
  '429-while-polling',
  '500-while-polling',
  'not-json-while-polling',
  'not-an-object',
  'redirect-while-polling',
  'endless-poll',
  'slow-loris',
  'hostile-result',
  // At the download
  'dead-link',
  'dead-link-always',
  'truncated',
  '503-download',
  'other-type',
  'not-an-image',
  'other-size',
  'endless-result',
  'result-redirect',
  'result-redirect-hostile',
  'result-behind-key',
  'result-behind-key-elsewhere',
] as const;

export type Scenario = (typeof scenarios)[number];

const fail = (error: string | null): object => ({ status: 'failed', error });

const words = ['queued', 'BOOTING', 'uploading'];

const runningFor =
  (polls: number, fields: (poll: number) => object) =>
  (poll: number): object | undefined =>
    poll <= polls ? fields(poll) : undefined;

const states: Partial<Record<Scenario, (poll: number) => object | undefined>> = {
  slow: runningFor(6, (poll) => ({ status: poll < 3 ? 'starting' : 'processing' })),
  failed: () => fail('CUDA out of memory.'),
  'failed-nsfw': () => fail('NSFW content detected. Try running it again, or try a different prompt.'),
  'failed-e005': () =>
    fail('The input or output was flagged as sensitive. Please try again with different inputs. (E005)'),
  'failed-request-moderated': () => fail('Request Moderated: Violence'),
  'failed-result-moderated': () => fail('Content Moderated'),
  'failed-no-reason': () => fail(null),
  canceled: () => ({ status: 'canceled' }),
  aborted: () => ({ status: 'aborted' }),
  'unknown-states': runningFor(words.length, (poll) => ({ status: words[poll - 1] })),
  'other-words': runningFor(2, () => ({ status: 'PROCESSING' })),
};

/** The fields of a running or ended task at the n-th poll (from 1); undefined once its output is there. */
export const stateAt = (scenario: Scenario, poll: number): object | undefined =>
  (states[scenario] ?? runningFor(1, () => ({ status: 'processing' })))(poll);

const say =
  (code: number, title: string, detail: string, headers: Record<string, string> = {}): Spoil =>
  (response: ServerResponse) =>
    json(response, code, problem(code, title, detail), headers);

const throttled = (detail: string, headers: Record<string, string> = {}): Spoil =>
  say(429, 'Too many requests', detail, headers);

/** Answers to an upload that keep no file. */
export const spoiltUploads: Partial<Record<Scenario, Spoiler>> = {
  'upload-413': { spoil: say(413, 'Content Too Large', 'Files must be less than 100MB in size') },
  'upload-429': { spoil: throttled('Request was throttled. Your rate limit resets in ~1s.'), times: 2 },
  'upload-503-once': { spoil: html(503), times: 1 },
  'upload-500': { spoil: say(500, 'Internal server error', 'oops') },
  'upload-reset': { spoil: reset },
  'upload-not-json': { spoil: html(201) },
  'upload-redirect': { spoil: redirect(307, '/v1/files') },
};

/** Answers to a submit that makes no task. */
export const spoiltSubmits: Partial<Record<Scenario, Spoiler>> = {
  '401': { spoil: say(401, 'Unauthenticated', 'You did not pass a valid authentication token') },
  '402': { spoil: say(402, 'Insufficient credit', 'You have insufficient credit to run this model.') },
  '404': { spoil: say(404, 'Not found', 'The requested resource could not be found.') },
  '422': {
    spoil: (response) =>
      json(response, 422, {
        ...problem(422, 'Input validation failed', '- input.steps: Must be less than or equal to 50\n'),
        invalid_fields: [{ type: 'number_lte', field: 'input.steps', description: 'Must be less than or equal to 50' }],
      }),
  },
  '422-echo': {
    spoil: (response, _stranger, body) =>
      json(response, 422, { ...problem(422, '', `cannot read ${JSON.stringify(body)}`), input: body }),
  },
  '429': { spoil: throttled('Request was throttled.') },
  '429-text': { spoil: throttled('Request was throttled. Your rate limit resets in ~7s.'), times: 2 },
  '429-header': { spoil: throttled('Request was throttled.', { 'ratelimit-reset': '3' }), times: 2 },
  '500': { spoil: broken(500) },
  '503': { spoil: say(503, 'Service unavailable', 'come back') },
  '503-once': { spoil: html(503), times: 1 },
  'reset-before-answer': { spoil: reset },
  redirect: { spoil: redirect(307, '/v1/predictions') },
  'slow-loris-submit': { spoil: drip },
};

/** Answers to a poll that say nothing of the task. */
export const spoiltPolls: Partial<Record<Scenario, Spoiler>> = {
  '404-at-first': { spoil: say(404, 'Not found', 'The requested resource could not be found.'), times: 2 },
  '404-always': { spoil: say(404, 'Not found', 'The requested resource could not be found.') },
  'reset-while-polling': { spoil: reset, times: 2 },
  '401-while-polling': { spoil: say(401, 'Unauthenticated', 'no'), times: 2 },
  '429-while-polling': { spoil: throttled('Request was throttled. Your rate limit resets in ~7s.'), times: 2 },
  '500-while-polling': { spoil: say(502, 'Bad gateway', 'oops'), times: 2 },
  'not-json-while-polling': { spoil: html(200), times: 2 },
  'not-an-object': { spoil: (response) => json(response, 200, [{ status: 'succeeded' }]), times: 2 },
  'redirect-while-polling': { spoil: redirect(302, '/v1/predictions') },
  'slow-loris': { spoil: drip },
};
