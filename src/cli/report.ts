/** What the command line says: progress and warnings on stderr, the path or one JSON object on stdout. */
import { fileURLToPath } from 'node:url';
import { format, type Fault, type FaultCode } from '../fill/faults.ts';
import { canvasSize } from '../fill/outpaint.ts';
import { plansOf, startOf, tookOf, type Fill, type Job, type ServiceId } from '../fill/record.ts';
import { dollarsText } from '../fill/price.ts';
import { sentences } from '../fill/sentences.ts';
import { keyVariables } from '../ids.ts';

/** Where the common sentence speaks of the editor. */
const ownSentences: Partial<Record<FaultCode, string>> = {
  'image.missing': 'There is no file {name}.',
  'save.noFolder': 'There is no folder {folder}.',
  'mask.empty': 'The mask is empty: nothing would change.',
  'recipe.changed':
    '{file} is no longer the file that {name} was made for: its content has changed. --use-changed fills it all the same, --update-recipe notes the new hash as well.',
  'mask.outside': '--rect must lie inside the image, which has {width} × {height} pixels.',
  'window.outside': '--window must lie inside the image, which has {width} × {height} pixels.',
  'window.besideMask': '--window does not touch the mask: nothing would change.',
  'mask.transparent': `${sentences['mask.transparent']} --opaque makes them opaque.`,
  'key.refused': '{origin} refused the key in {variable}.',
  'service.credits': 'The account at {origin} has no credits left. Add credits there, then try again.',
  'service.notFound': '{origin} has no such address. Check --base-url.',
  'argument.proxy': `${sentences['argument.proxy']} In a user and a password write %40 for @, %3A for :, %2F for / and %23 for #.`,
  'network.unreachable':
    '{host} cannot be reached from this machine ({cause}). Check the network, and HTTPS_PROXY and NO_PROXY if you are behind a proxy.',
  'network.proxy':
    'The proxy let nothing through from this machine to {host} ({cause}). Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
  'network.proxyAuth':
    'The proxy asks for a user and a password before it lets this machine reach {host}, or does not accept those it got. HTTPS_PROXY takes them: http://user:password@proxy:port, with %40 for @ and %3A for : in them.',
  'network.socks':
    'HTTPS_PROXY or HTTP_PROXY names a SOCKS proxy, to which Flux Fill does not speak. Name one that speaks HTTP, as http://proxy:port, or write {host} into NO_PROXY.',
  'network.certificate':
    'The certificate of {host} is not trusted on this machine ({cause}). NODE_EXTRA_CA_CERTS names a file of certificates to trust.',
  'network.broken':
    'The connection from this machine to {host} broke ({cause}). Check the network, and HTTPS_PROXY if you are behind a proxy.',
  'network.page':
    'A web page answered this machine in place of {host} (HTTP {status}), perhaps the login page of a network or of a proxy. Log in there, or check HTTPS_PROXY.',
  'network.timeout':
    '{host} did not answer this machine within {seconds} seconds. Check the network, and HTTPS_PROXY if you are behind a proxy.',
  'job.partial': '{done} of {steps} steps are made and kept. “flux-fill resume {id}” makes the rest, at its price.',
  'source.changed': '{name} changed while the job ran. The result was made from the image as it was at the start.',
  'result.kept':
    'The result is kept in {place}. Once its folder can be written, “flux-fill resume” with the id of the job saves it.',
  'job.busy': 'Another process is finishing this job.',
  'journal.behind':
    'The record of job {id} cannot be written ({reason}). It is tried again; if this program ends before, a paid result may be lost.',
  internal: 'Something went wrong inside Flux Fill.',
};

/** `service`: the one whose key is in question. */
export const sentenceOf = (fault: Fault, service?: ServiceId): string => {
  const variables: Readonly<Record<string, string>> = keyVariables;
  const variable = variables[service ?? ''] ?? Object.values(variables).join(', ');
  const sentence = format(ownSentences[fault.code] ?? sentences[fault.code], { variable, ...fault.args });
  return fault.code === 'internal' && fault.detail !== undefined ? `${sentence} ${fault.detail}` : sentence;
};

export const say = (text: string): void => {
  // Names of files may hold what a terminal would take for orders.
  process.stderr.write(`${text.replace(/(?!\n|\t)\p{Cc}/gu, '?')}\n`);
};

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

let results = '';

/** Prints what a fill came to, which somebody paid for. */
export const printResult = (text: string): void => {
  results += `${text}\n`;
  print(text);
};

/**
 * Whoever reads what is said may be gone, or their disk full. A fill goes on all the same; its result is said on the
 * standard error where the standard output did not take it, and `unread` is called.
 */
export const outliveReaders = (unread: () => void): void => {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (results !== '') say(`The standard output cannot be written (${error.code ?? error.message}):\n${results}`);
    results = '';
    unread();
  });
};

const errorView = (fault: Fault, service?: ServiceId) => ({ code: fault.code, sentence: sentenceOf(fault, service) });

/** The object of --json where there is no job to tell of. */
export const faultView = (fault: Fault) => ({ path: null, error: errorView(fault) });

const scaleText = (scale: number): string => {
  if (scale === 1) return '';
  return scale < 1 ? `, filled at ${Math.round(scale * 100)} % resolution` : `, enlarged ${scale} times`;
};

const priceText = (price: number | null): string => {
  if (price === null) return 'price not known';
  return price === 0 ? 'free' : dollarsText(price);
};

const imagesIn = (fills: readonly Fill[]): number => fills.reduce((sum, { images = 1 }) => sum + images, 0);

const priceIn = (fills: readonly Fill[]): number | null =>
  fills.reduce<number | null>((sum, { price }) => (sum === null || price === null ? null : sum + price), 0);

/** What is about to be sent, and its price. */
export const planText = (fills: readonly Fill[]): string => {
  const [fill] = fills;
  const { window, sent, scale } = fill.plan;
  const canvas = canvasSize(fill.source, fill.expand);
  const steps = plansOf(fill).length;
  return [
    ...(fill.expand === undefined ? [] : [`canvas ${canvas.width} × ${canvas.height}`]),
    ...(steps === 1 ? [] : [`${steps} steps`]),
    `${steps === 1 ? '' : 'first '}window ${window.width} × ${window.height} at ${window.x},${window.y} of ${canvas.width} × ${canvas.height}`,
    `sends ${sent.width} × ${sent.height}${scaleText(scale)}`,
    ...(imagesIn(fills) === 1 ? [] : [`${imagesIn(fills)} images`]),
    priceText(priceIn(fills)),
  ].join(', ');
};

/** `window`, `sent` and `scale` are those of the first step, `steps` all of them; `price` is for all together. */
const planView = (fill: Fill) => ({
  canvas: canvasSize(fill.source, fill.expand),
  window: fill.plan.window,
  sent: fill.plan.sent,
  scale: fill.plan.scale,
  steps: plansOf(fill).map(({ window, sent, scale }) => ({ window, sent, scale })),
  price: fill.price,
  service: fill.service.id,
});

/** The object of --dry-run --json. */
export const dryView = (fills: readonly Fill[], told: readonly Fault[]) => ({
  dryRun: true,
  ...planView(fills[0]),
  price: priceIn(fills),
  images: imagesIn(fills),
  parameters: fills[0].parameters,
  warnings: told.map((each) => sentenceOf(each)),
});

export const pathOf = (job: Job): string | null => (job.saved === undefined ? null : fileURLToPath(job.saved.uri));

/**
 * A fill of several steps counts from its beginning: each of its submits comes after the one before has ended. One that
 * went on after its end counts from then.
 */
const secondsOf = (job: Job): number | null => {
  const { fill, submittedAt } = job;
  const from = fill.further === undefined ? submittedAt : fill.createdAt;
  const took = tookOf(job);
  if (from === undefined || took === null) return null;
  const start = startOf(job);
  return (start + took - Math.max(start, Date.parse(from))) / 1000;
};

/**
 * The object of --json. `seconds` from the accepted submit (of the first step) to the end; `cost` in US dollars as the service told;
 * `requests` counts the HTTP requests of this process; `why` says why waiting ended where the job did not.
 */
export const jobView = (job: Job, requests: number, told: readonly Fault[] = [], why = job.fault) => ({
  id: job.fill.id,
  state: job.state,
  path: pathOf(job),
  ...planView(job.fill),
  cost: job.cost ?? null,
  seed: job.seed ?? job.fill.parameters.seed,
  seconds: secondsOf(job),
  requests,
  exact: job.saved?.exact ?? null,
  changedOutsideEffective: job.saved?.changedOutsideEffective ?? null,
  changedOutsideBase: job.saved?.changedOutsideBase ?? null,
  warnings: [...told, ...job.warnings].map((each) => sentenceOf(each)),
  error: why === undefined ? null : errorView(why, job.fill.service.id),
});
