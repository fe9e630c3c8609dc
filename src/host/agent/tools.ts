/**
 * The tools for agents. A call comes to the same as in the panel: one journal, one queue, one ledger; agents have a limit of
 * their own in it. The person agrees
 * to what `resolve` made of the input, and a call that comes to something else by then is refused.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { dollarsText, isFree } from '../../fill/price.ts';
import { endStates, plansOf, type Job } from '../../fill/record.ts';
import { tools } from '../../ids.ts';
import type { Clock, Log, Runner } from '../../jobs/contract.ts';
import { spentByAgents, type Ledger } from '../../jobs/ledger.ts';
import { priceWords } from '../ask.ts';
import { agentLimit } from '../defaults.ts';
import type { HostPlace } from '../place.ts';
import { sentenceOf } from '../sentence.ts';
import { jobSource } from '../source.ts';
import { granted, refusalOf, refuse, sentenceForModel } from './refusal.ts';
import { resolve, type ResolveDeps, type Resolved } from './resolve.ts';
import { placeOf } from './workspace-file.ts';

export interface AgentDeps extends ResolveDeps {
  readonly runner: Runner;
  readonly ledger: Pick<Ledger, 'fits'>;
  readonly place: HostPlace;
  readonly storage: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AgentTools extends vscode.Disposable {
  /** True for a job that an agent waits for, and hears the end of. */
  owns(job: Job): boolean;
}

/** Bytes of a result that a model is handed as it is; of a larger one it gets a small picture. */
const pictureLimit = 1_500_000;

const pictureTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
};

const pictureOf = async ({ engine, storage }: AgentDeps, saved: NonNullable<Job['saved']>): Promise<unknown> => {
  // Not in the types of the lowest release.
  const part = (
    vscode as unknown as { LanguageModelDataPart?: { image?: (data: Uint8Array, type: string) => unknown } }
  ).LanguageModelDataPart;
  if (part?.image === undefined) return undefined;
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.parse(saved.uri));
  const type = pictureTypes[path.posix.extname(saved.name).toLowerCase()];
  if (type !== undefined && bytes.length <= pictureLimit) return part.image(bytes, type);
  await mkdir(storage, { recursive: true });
  const out = path.join(storage, `${randomUUID()}.webp`);
  try {
    const made = await engine.thumbnail({ name: saved.name, bytes }, out);
    return made.ok ? part.image(new Uint8Array(await readFile(out)), 'image/webp') : undefined;
  } finally {
    await rm(out, { force: true });
  }
};

const textResult = (value: unknown): vscode.LanguageModelTextPart =>
  new vscode.LanguageModelTextPart(JSON.stringify(value, null, 2));

const regionOf = ({ bounds: { x, y, width, height }, coverage }: Resolved) => ({
  x,
  y,
  width,
  height,
  share: coverage,
});

const planOf = (resolved: Resolved) => ({
  image: placeOf(resolved.uri),
  size: { width: resolved.source.header.width, height: resolved.source.header.height },
  ...(resolved.fill.expand === undefined ? {} : { expand: resolved.fill.expand }),
  region: regionOf(resolved),
  requests: plansOf(resolved.fill).map(({ window, sent, scale }) => ({ window, sent, scale })),
  service: resolved.abilities.name,
  steps: resolved.abilities.steps === null ? null : resolved.fill.parameters.steps,
  priceInDollars: resolved.fill.price,
  warnings: resolved.warnings.map(sentenceForModel),
});

const share = (coverage: number): string =>
  new Intl.NumberFormat(vscode.env.language, { style: 'percent', maximumFractionDigits: 1 }).format(coverage);

/** Characters of a prompt that are shown: what a model writes must not push the price out of sight. */
const promptShown = 300;

/** What agents may still spend today, where this costs something: it is what holds when the person always allows the tool. */
const limitLine = async ({ storage, clock }: AgentDeps, price: number | null): Promise<readonly string[]> => {
  if (price === 0) return [];
  const limit = agentLimit();
  const left = Math.max(0, limit - (await spentByAgents(path.join(storage, 'ledger'), clock.now())));
  return [
    vscode.l10n.t('Agents may spend {limit} on a day; {left} is left for today.', {
      limit: dollarsText(limit),
      left: dollarsText(left),
    }),
  ];
};

/** What the person agrees to. Names and prompt are a model's words: they are put in as plain text. */
const confirmation = async (
  deps: AgentDeps,
  resolved: Resolved,
): Promise<vscode.LanguageModelToolConfirmationMessages> => {
  const { uri, fill, abilities, prompt, bounds, coverage, warnings } = resolved;
  const requests = plansOf(fill).length;
  const lines = [
    vscode.l10n.t('Image: {name}', { name: vscode.workspace.asRelativePath(uri) }),
    vscode.l10n.t('What may change: {width} × {height} pixels at {x}, {y}; {share} of the picture', {
      width: bounds.width,
      height: bounds.height,
      x: bounds.x,
      y: bounds.y,
      share: share(coverage),
    }),
    ...(fill.expand === undefined ? [] : [vscode.l10n.t('The canvas is extended.')]),
    vscode.l10n.t('Service: {service}', { service: abilities.name }),
    requests === 1
      ? vscode.l10n.t('Price: {price}', { price: priceWords(fill.price) })
      : vscode.l10n.t('Price: {price}, in {count} requests', { price: priceWords(fill.price), count: requests }),
    ...(await limitLine(deps, fill.price)),
    ...warnings.map(sentenceOf),
    vscode.l10n.t('Prompt: {prompt}', {
      prompt: prompt.length > promptShown ? `${prompt.slice(0, promptShown)}…` : prompt || '–',
    }),
  ];
  const message = new vscode.MarkdownString();
  for (const [at, line] of lines.entries()) {
    if (at > 0) message.appendMarkdown('\n\n');
    message.appendText(line.replace(/\s+/g, ' '));
  }
  return { title: vscode.l10n.t('Fill a part of {name}?', { name: resolved.source.name }), message };
};

/** What a fill is agreed to as: where one of it is another by the time of the call, the person was asked something else. */
const agreedOf = ({ uri, source, fill, base, bounds, coverage }: Resolved): string =>
  JSON.stringify([
    uri.toString(),
    source.sha256,
    [base.width, base.height, fill.mask.sha256, fill.mask.settings],
    bounds,
    coverage,
    fill.service,
    fill.price,
  ]);

/** Agreements that are remembered at most: VS Code may ask and never call. */
const remembered = 50;

/**
 * Resolves with a job when it ended or another process took it over; after a cancel as soon as it is certain whether it was
 * sent, with the job as it then stands.
 */
const waitFor = (runner: Runner, { fill: { id } }: Job, token: vscode.CancellationToken): Promise<Job> =>
  new Promise((settle) => {
    let cancelled = false;
    const look = (job: Job): void => {
      if (job.fill.id !== id) return;
      const isSent = cancelled && job.taskId !== undefined;
      if (!endStates.includes(job.state) && job.fault?.code !== 'job.busy' && !isSent) return;
      unsubscribe();
      listener.dispose();
      settle(job);
    };
    const lookNow = (): void => runner.jobs().forEach(look);
    const cancel = async (): Promise<void> => {
      await runner.cancel(id);
      cancelled = true;
      lookNow();
    };
    const unsubscribe = runner.onChange(look);
    const listener = token.onCancellationRequested(cancel);
    lookNow();
    if (token.isCancellationRequested) void cancel();
  });

const unsent = 'Cancelled before anything was sent. Nothing was charged.';

/** What became of a job that has no file, or not yet, for the model. */
const whyNot = (job: Job, cancelled: boolean): string => {
  const cost = isFree(job) || job.fill.price === 0 ? ' Nothing was charged.' : '';
  if (job.state === 'cancelled' && job.taskId === undefined && job.sentAt === undefined) return unsent;
  if (endStates.includes(job.state) && job.fault !== undefined) return sentenceForModel(job.fault) + cost;
  if (cancelled && job.fill.price === 0)
    return 'Cancelled while it was being made; it is free. A result that comes all the same is saved beside the image.';
  if (cancelled)
    return 'Cancelled, but the request had been sent: it may be charged. A result that comes all the same is saved beside the image. Do not call again without asking the user.';
  return job.fault === undefined ? `The fill ended without a file (${job.state}).` : sentenceForModel(job.fault) + cost;
};

/** What the tool does. Throws a Refusal. `waiting` holds the ids of jobs whose end is told here. */
export const createFillTool = (deps: AgentDeps, waiting: Set<string>): vscode.LanguageModelTool<unknown> => {
  const { services, ledger, place, runner, clock } = deps;
  const agreed = new Map<string, string>();

  const ready = async (input: unknown): Promise<Resolved> => {
    const resolved = await resolve(deps, input, true);
    const { fill, abilities, uri } = resolved;
    if (abilities.needsKey && !(await services.hasKey(abilities.id)))
      refuse(sentenceForModel({ code: 'key.missing', args: { origin: new URL(fill.service.baseUrl).origin } }));
    granted(await ledger.fits(clock.now(), fill.price ?? 0, fill.by));
    granted(await place.check(uri));
    return resolved;
  };

  const make = async (input: unknown, token: vscode.CancellationToken): Promise<vscode.LanguageModelToolResult> => {
    const key = JSON.stringify(input);
    const shown = agreed.get(key);
    agreed.delete(key);
    const resolved = await ready(input);
    const { fill, base, uri, source, abilities } = resolved;
    const changed = 'What would be filled changed after the user was asked. Nothing was sent; call again.';
    if (shown !== undefined && shown !== agreedOf(resolved)) refuse(changed);
    const file = await jobSource(uri);
    if (file.sha256 !== source.sha256) refuse(changed);
    if (token.isCancellationRequested) refuse(unsent);

    waiting.add(fill.id);
    const stopAtOnce = token.onCancellationRequested(() => {
      if (runner.jobs().some((job) => job.fill.id === fill.id)) void runner.cancel(fill.id);
    });
    try {
      const started = granted(await runner.start({ fill, source: file.input, base }));
      const job = await waitFor(runner, started, token);
      if (job.saved === undefined || job.state !== 'saved') refuse(whyNot(job, token.isCancellationRequested));
      const { saved } = job;
      const text = textResult({
        saved: placeOf(vscode.Uri.parse(saved.uri)),
        image: placeOf(uri),
        region: regionOf(resolved),
        service: abilities.name,
        costInDollars: job.cost ?? fill.price,
        costTold: job.cost === undefined ? 'expected' : 'by the service',
        seed: job.seed ?? job.fill.parameters.seed,
        changedSamples: { outsideMask: saved.changedOutsideBase, outsideEffectiveMask: saved.changedOutsideEffective },
        exact: saved.exact,
        warnings: [...resolved.warnings, ...job.warnings].map(sentenceForModel),
      });
      const picture = await pictureOf(deps, saved).catch((error: unknown) => {
        deps.log('warn', `agent: the result cannot be shown: ${String(error)}`);
        return undefined;
      });
      const parts = picture === undefined ? [text] : [text, picture];
      return new vscode.LanguageModelToolResult(parts as vscode.LanguageModelTextPart[]);
    } finally {
      stopAtOnce.dispose();
      waiting.delete(fill.id);
    }
  };

  return {
    prepareInvocation: async ({ input }) => {
      const resolved = await ready(input);
      agreed.set(JSON.stringify(input), agreedOf(resolved));
      for (const key of agreed.keys()) if (agreed.size > remembered) agreed.delete(key);
      return {
        invocationMessage: vscode.l10n.t('Filling {name}', { name: resolved.source.name }),
        confirmationMessages: await confirmation(deps, resolved),
      };
    },
    invoke: ({ input }, token) => make(input, token),
  };
};

const createPlanTool = (deps: AgentDeps): vscode.LanguageModelTool<unknown> => ({
  prepareInvocation: () => ({ invocationMessage: vscode.l10n.t('Planning a fill') }),
  invoke: async ({ input }) => {
    const resolved = await resolve(deps, input, false);
    const { abilities } = resolved;
    const hasKey = !abilities.needsKey || (await deps.services.hasKey(abilities.id));
    return new vscode.LanguageModelToolResult([textResult({ ...planOf(resolved), hasKey, sent: 'nothing' })]);
  },
});

/** Whatever is thrown inside, the model hears a sentence that says what it can do about it. */
const worded = (tool: vscode.LanguageModelTool<unknown>, name: string, log: Log): vscode.LanguageModelTool<unknown> => {
  const wording = async <T>(body: () => vscode.ProviderResult<T>): Promise<T | null | undefined> => {
    try {
      return await body();
    } catch (error) {
      const refusal = refusalOf(error);
      log('info', `agent: ${name}: ${refusal === error ? refusal.message : String(error)}`);
      throw refusal;
    }
  };
  return {
    prepareInvocation: (options, token) => wording(() => tool.prepareInvocation?.(options, token)),
    invoke: (options, token) => wording(() => tool.invoke(options, token)),
  };
};

/** Registers the tools where the editor has any. */
export const registerAgentTools = (given: Omit<AgentDeps, 'isTrusted' | 'folders'>): AgentTools => {
  const deps: AgentDeps = {
    ...given,
    isTrusted: () => vscode.workspace.isTrusted,
    folders: () => vscode.workspace.workspaceFolders ?? [],
  };
  const waiting = new Set<string>();
  const tellers = { fill: createFillTool(deps, waiting), plan: createPlanTool(deps) };
  const lm = vscode.lm as typeof vscode.lm | undefined;
  const registered = vscode.Disposable.from(
    ...(typeof lm?.registerTool === 'function'
      ? (['fill', 'plan'] as const).map((each) =>
          lm.registerTool(tools[each], worded(tellers[each], tools[each], deps.log)),
        )
      : []),
  );
  return { dispose: () => void registered.dispose(), owns: ({ fill }) => waiting.has(fill.id) };
};
