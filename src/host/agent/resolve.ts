/** What a call of a tool comes to: everything that can be refused is, before anything is asked, sent or written. */
import * as v from 'valibot';
import type * as vscode from 'vscode';
import { fault, type Fault } from '../../fill/faults.ts';
import { checkPrompt, fitTo } from '../../fill/fit.ts';
import { expandOf, initialOverlap, type Expand } from '../../fill/outpaint.ts';
import type { Parameters } from '../../fill/parameters.ts';
import type { MaskSettings } from '../../fill/record.ts';
import type { Abilities } from '../../fill/service.ts';
import { askFill, type Asked, type MaskFrom, type Opened } from '../../raster/ask.ts';
import type { Engine } from '../../raster/engine.ts';
import { openImage } from '../ask.ts';
import { defaultsFor, notesFills } from '../defaults.ts';
import type { Services } from '../services.ts';
import { imageInput } from '../source.ts';
import { fillInputSchema, maskWays, parameterNames, planInputSchema, type PlanInput } from './input.ts';
import { granted, refuse } from './refusal.ts';
import { workspaceFile } from './workspace-file.ts';

export interface ResolveDeps {
  readonly engine: Engine;
  readonly services: Services;
  readonly isTrusted: () => boolean;
  /** Folders whose files may be named. */
  readonly folders: () => readonly vscode.WorkspaceFolder[];
}

export interface Resolved extends Asked {
  readonly uri: vscode.Uri;
  readonly source: Opened;
  readonly abilities: Abilities;
  readonly prompt: string;
}

const settingNames = ['grow', 'feather', 'invert', 'fillHoles'] as const satisfies readonly (keyof MaskSettings)[];

/** What a call that cannot be meant is told; undefined where it can. */
export const contradiction = (input: PlanInput): string | undefined => {
  const ways = maskWays.filter((way) => input[way] !== undefined && input[way] !== false);
  if (ways.length !== 1)
    return `Say what may change with exactly one of ${maskWays.join(', ')}; ${ways.length === 0 ? 'none is given' : `given are ${ways.join(' and ')}`}.`;
  const besides = (names: readonly (keyof PlanInput)[], why: string): string | undefined => {
    const given = names.filter((name) => input[name] !== undefined && input[name] !== false);
    return given.length === 0 ? undefined : `${given.join(' and ')} ${why}.`;
  };
  return (
    (input.mask === undefined ? besides(['channel'], 'goes with mask only') : undefined) ??
    (input.expand === undefined
      ? besides(['overlap'], 'goes with expand only')
      : besides(['grow', 'invert', 'fillHoles'], 'does not go with expand: all of the new area is filled'))
  );
};

const parsed = (input: unknown, needsPrompt: boolean): PlanInput => {
  const read = v.safeParse(needsPrompt ? fillInputSchema : planInputSchema, input);
  if (!read.success)
    return refuse(
      `The input cannot be used. ${read.issues.map((issue) => `${v.getDotPath(issue) ?? 'input'}: ${issue.message}`).join('. ')}.`,
    );
  const wrong = contradiction(read.output);
  return wrong === undefined ? read.output : refuse(wrong);
};

const maskFrom = async (
  { mask, channel, rectangle, expand }: PlanInput,
  folders: readonly vscode.WorkspaceFolder[],
): Promise<MaskFrom> => {
  if (mask !== undefined) return { kind: 'file', input: await imageInput(await workspaceFile(mask, folders)), channel };
  if (rectangle !== undefined) return { kind: 'rectangle', rect: rectangle };
  return { kind: expand === undefined ? 'alpha' : 'border' };
};

/** What was said, and was not to be had of this service. */
const notTaken = (input: PlanInput, taken: Parameters, { name, steps, guidance, seed }: Abilities): Fault[] =>
  parameterNames
    .filter((each) => {
      if (input[each] === undefined || input[each] === false) return false;
      const has = { steps: steps !== null, guidance: guidance !== null, seed, promptUpsampling: true }[each];
      return !has || taken[each] !== input[each];
    })
    .map((each) => fault('parameter.unsupported', { service: name, name: `${each} ${String(input[each])}` }));

const restricted =
  'The workspace is in Restricted Mode. There Flux Fill does nothing for agents: what an untrusted folder says could have an agent spend the user’s money, or send pictures of theirs. Ask the user to trust the workspace; you cannot.';

/** `needsPrompt`: it is to be made, not only planned. Throws a Refusal. */
export const resolve = async (
  { engine, services, isTrusted, folders }: ResolveDeps,
  given: unknown,
  needsPrompt: boolean,
): Promise<Resolved> => {
  if (!isTrusted()) refuse(restricted);
  const input = parsed(given, needsPrompt);
  const uri = await workspaceFile(input.image, folders());
  const defaults = defaultsFor(uri);
  const id = input.service ?? defaults.service;
  const abilities = services.abilities(id);
  const baseUrl = granted(services.baseUrl(id));
  const prompt = input.prompt ?? '';
  if (needsPrompt) granted(checkPrompt(prompt, abilities));

  const source = granted(await openImage(uri));
  const mask = await maskFrom(input, folders());
  const expand: Expand | undefined =
    input.expand === undefined
      ? undefined
      : granted(
          expandOf(
            source.header,
            source.name,
            { kind: 'sides', sides: input.expand },
            input.overlap ?? initialOverlap(source.header, defaults.overlap),
          ),
        );
  const said = Object.fromEntries(parameterNames.flatMap((name) => (name in input ? [[name, input[name]]] : [])));
  const parameters = fitTo(abilities, { ...defaults.parameters, ...said, prompt });
  const asked = granted(
    await askFill(
      engine,
      source,
      {
        mask,
        settings: {
          ...defaults.masks[mask.kind],
          ...Object.fromEntries(settingNames.flatMap((name) => (name in input ? [[name, input[name]]] : []))),
        },
        parameters,
        expand,
        window: { kind: input.window ?? defaults.window },
        send: services.sendsAlpha(id) ? 'alpha' : undefined,
        save: {
          as: input.saveAs ?? defaults.save.as,
          opaque: input.opaque ?? defaults.save.opaque,
          tone: defaults.save.tone,
          note: notesFills(),
        },
      },
      { abilities, baseUrl },
    ),
  );
  const warnings = [...asked.warnings, ...notTaken(input, parameters, abilities)];
  return { ...asked, fill: { ...asked.fill, by: 'agent' }, warnings, uri, source, abilities, prompt };
};
