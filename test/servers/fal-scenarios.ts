/** What can go wrong at fal, by name. Counts of requests decide, not times. */
import { drip, json } from './answers.ts';
import { broken, html, redirect, reset, status, type Spoiler } from './spoil.ts';

export const scenarios = [
  'normal',
  // At the submit
  '401',
  '403-balance',
  '403-admin-lock',
  '404',
  '413',
  '413-once',
  '422',
  '429',
  '429-retry-after',
  '500',
  '503',
  '503-once',
  'reset-before-answer',
  'accepted-but-answer-lost',
  'not-json',
  'only-id',
  'redirect',
  'endless-answer',
  'slow-loris-submit',
  'hostile-urls',
  'other-app-urls',
  // At the upload
  'upload-403-balance',
  'upload-503-once',
  'upload-500',
  'upload-not-json',
  'upload-hostile',
  'upload-hostile-file',
  'upload-refused',
  'upload-reset-once',
  'upload-redirect',
  // In the queue
  'slow-queue',
  'unknown-states',
  '404-at-first',
  '404-always',
  '403-while-polling',
  '429-while-polling',
  '500-while-polling',
  'reset-while-polling',
  'not-json-while-polling',
  'redirect-while-polling',
  'slow-loris',
  // In the result
  'moderated-prompt',
  'moderated-result',
  'too-large',
  'timeout',
  'runner-gone',
  'cancelled-by-others',
  '500-result',
  '500-result-once',
  '503-result-twice',
  '404-result',
  'result-not-json-once',
  'result-without-images',
  'nsfw',
  'fewer-images',
  'more-images',
  // At the download
  'hostile-result',
  'dead-link',
  'dead-link-always',
  'one-dead-link',
  'truncated',
  'truncated-always',
  '503-download',
  'other-type',
  'not-an-image',
  'other-size',
  'endless-result',
  'slow-loris-download',
  'result-redirect',
  'result-redirect-hostile',
  // At the cancel
  'cancel-ignored',
  'cancel-removes',
  'cancel-too-late',
] as const;

export type Scenario = (typeof scenarios)[number];

type Spoilers = Partial<Record<Scenario, Spoiler>>;

const noBalance = status(
  403,
  'User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.',
);

/** Answers to a submit that makes no task. */
export const spoiltSubmits: Spoilers = {
  '401': { spoil: status(401, 'Authentication is required to access this application') },
  '403-balance': { spoil: noBalance },
  '403-admin-lock': { spoil: status(403, 'User is locked. Reason: Admin lock. Please contact support@fal.ai') },
  '404': { spoil: status(404, 'Application not found') },
  '413': { spoil: html(413) },
  '413-once': { spoil: html(413), times: 1 },
  '422': {
    spoil: (response, _stranger, body) =>
      json(response, 422, {
        detail: [
          { loc: ['body', 'prompt'], msg: `Bad prompt ${String(body.prompt)}.`, type: 'value_error', input: body },
        ],
      }),
  },
  '429': { spoil: status(429, 'Rate limit exceeded') },
  '429-retry-after': { spoil: status(429, 'Rate limit exceeded', { 'retry-after': '3' }), times: 2 },
  '500': { spoil: broken(500) },
  '503': { spoil: broken(503) },
  '503-once': { spoil: html(503), times: 1 },
  'reset-before-answer': { spoil: reset },
  redirect: { spoil: redirect(307, '/fal-ai/flux-pro/v1/fill') },
  'slow-loris-submit': { spoil: drip },
};

/** Answers to a request for a place in the storage. */
export const spoiltInitiates: Spoilers = {
  '401': spoiltSubmits['401']!,
  '403-balance': { spoil: noBalance },
  'upload-403-balance': { spoil: noBalance },
  'upload-503-once': { spoil: html(503), times: 1 },
  'upload-500': { spoil: broken(500) },
  'upload-not-json': { spoil: html(200) },
};

/** Answers to an upload itself. */
export const spoiltUploads: Spoilers = {
  'upload-refused': { spoil: (response) => response.writeHead(403).end('<Error/>') },
  'upload-reset-once': { spoil: reset, times: 1 },
  'upload-redirect': { spoil: redirect(307, '/upload') },
};

/** Answers to a question for the state that say nothing of the task. */
export const spoiltPolls: Spoilers = {
  '404-at-first': { spoil: status(404, 'Request not found'), times: 2 },
  '404-always': { spoil: status(404, 'Request not found') },
  '403-while-polling': { spoil: status(403, 'Forbidden'), times: 2 },
  '429-while-polling': { spoil: status(429, 'slow down', { 'retry-after': '7' }), times: 2 },
  '500-while-polling': { spoil: status(502, 'oops'), times: 2 },
  'reset-while-polling': { spoil: reset, times: 2 },
  'not-json-while-polling': { spoil: html(200), times: 2 },
  'redirect-while-polling': { spoil: redirect(302, '/fal-ai/flux-pro/requests/x/status') },
  'slow-loris': { spoil: drip },
};

const modelError =
  (loc: readonly string[], type: string, msg: string): Spoiler['spoil'] =>
  (response, _stranger, body) =>
    json(
      response,
      422,
      { detail: [{ loc, msg, type, url: `https://docs.fal.ai/errors#${type}`, ctx: {}, input: body }] },
      { 'x-fal-retryable': 'false' },
    );

const platformError =
  (code: number, type: string, detail: string): Spoiler['spoil'] =>
  (response) =>
    json(response, code, { detail, error_type: type }, { 'x-fal-error-type': type });

/** Answers in place of a result. */
export const spoiltResults: Spoilers = {
  'moderated-prompt': {
    spoil: modelError(['body', 'prompt'], 'content_policy_violation', 'The content was flagged by a content checker.'),
  },
  'moderated-result': {
    spoil: modelError(['response', 'images'], 'content_policy_violation', 'The images were withheld.'),
  },
  'too-large': {
    spoil: modelError(['body', 'image_url'], 'image_too_large', 'Image dimensions are too large.'),
  },
  timeout: { spoil: platformError(504, 'request_timeout', 'Request timed out') },
  'runner-gone': { spoil: platformError(503, 'runner_disconnected', '') },
  'cancelled-by-others': { spoil: platformError(499, 'client_cancelled', 'Request was cancelled by the client') },
  '500-result': { spoil: broken(500) },
  '500-result-once': { spoil: status(500, 'Internal Server Error'), times: 1 },
  '503-result-twice': { spoil: html(503), times: 2 },
  '404-result': { spoil: status(404, 'Request not found') },
  'result-not-json-once': { spoil: html(200), times: 1 },
  'result-without-images': { spoil: (response) => json(response, 200, { images: [], prompt: '' }) },
};

const words = ['REASONING', 'WARMING UP', 'PREPARING'];

/** What fal says of a task at the n-th poll (from 1) before it has ended; undefined once it has. */
export const stateAt = (scenario: Scenario, poll: number): object | undefined => {
  if (scenario === 'unknown-states') return words[poll - 1] === undefined ? undefined : { status: words[poll - 1] };
  const waiting = scenario === 'slow-queue' ? 6 : scenario === 'cancel-ignored' ? 0 : 1;
  if (poll <= waiting) return { status: 'IN_QUEUE', queue_position: waiting - poll };
  return poll === waiting + 1 ? { status: 'IN_PROGRESS' } : undefined;
};
