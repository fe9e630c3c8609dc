/** From a document to a running job: every check that can be made before anything is spent, then the journal. */
import * as vscode from 'vscode';
import { failed, ok, type Fault, type Result } from '../fill/faults.ts';
import { checkPrompt, fitTo } from '../fill/fit.ts';
import { checkParameters } from '../fill/parameters.ts';
import { inRequests, newFill } from '../fill/make.ts';
import { ownPresetOf, type Expand, type OutpaintPreset } from '../fill/outpaint.ts';
import { planWhole, type Plan } from '../fill/plan.ts';
import { priceOfAll } from '../fill/price.ts';
import { planFill } from '../fill/steps.ts';
import { initialMaskSettings, type Fill, type Job, type MaskSettings } from '../fill/record.ts';
import type { Abilities } from '../fill/service.ts';
import type { Clock, Runner } from '../jobs/contract.ts';
import type { Ledger } from '../jobs/ledger.ts';
import { fullMask, type Mask } from '../mask/mask.ts';
import type { Engine } from '../raster/engine.ts';
import { filledMask, type Document } from './document.ts';
import { notesFills } from './defaults.ts';
import type { HostPlace } from './place.ts';
import type { Services } from './services.ts';
import { jobSource, type Source } from './source.ts';

export interface GenerateDeps {
  readonly services: Services;
  readonly engine: Engine;
  readonly runner: Runner;
  readonly ledger: Pick<Ledger, 'fits'>;
  readonly place: HostPlace;
  readonly clock: Clock;
}

/** What Generate was pressed on: everything of the document, copied, so that nothing of what follows changes it. */
export const snapshotOf = (document: Document) => ({
  ...filledMask(document),
  maskKind: document.maskKind,
  maskName: document.maskFile?.name ?? null,
  parameters: document.parameters,
  save: document.save,
  window: document.window,
  expand: document.expand,
  ownPreset: document.ownPreset,
  service: document.service,
  images: document.images,
});

export type Snapshot = ReturnType<typeof snapshotOf>;

/** What another fill was made of, to be made once more. */
export const snapshotOfFill = (fill: Fill, base: Mask): Snapshot => ({
  base,
  settings: fill.mask.settings,
  maskKind: fill.mask.kind,
  maskName: fill.mask.name ?? null,
  parameters: fill.parameters,
  save: { as: fill.save.as, opaque: fill.save.opaque, tone: fill.save.tone },
  window: fill.further === undefined ? { kind: 'rect', rect: fill.plan.window } : { kind: 'auto' },
  expand: fill.expand ?? null,
  ownPreset: fill.preset !== undefined,
  service: fill.service.id,
  images: 1,
});

/** What a fill would be, and cost: worked out from what is asked, before key and folder are looked at. */
interface Drawn {
  readonly abilities: Abilities;
  readonly baseUrl: string;
  readonly base: Mask;
  readonly settings: MaskSettings;
  readonly preset: OutpaintPreset | undefined;
  readonly expand: Expand | undefined;
  /** The windows of all steps, at least one. */
  readonly plans: readonly Plan[];
  /** US dollars, of all images together. */
  readonly price: number;
}

/** Nothing is sent, written or asked for. Faults of the parameters, the service's address and the mask. */
const drawUp = async (
  deps: Pick<GenerateDeps, 'services' | 'engine'>,
  asked: Snapshot,
  source: Source,
): Promise<Result<Drawn>> => {
  const wrong = checkParameters(asked.parameters);
  if (wrong !== undefined) return { ok: false, fault: wrong };

  const baseUrl = deps.services.baseUrl(asked.service);
  if (!baseUrl.ok) return baseUrl;
  const abilities = deps.services.abilities(asked.service);
  const prompted = checkPrompt(asked.parameters.prompt, abilities);
  if (!prompted.ok) return prompted;

  const preset = ownPresetOf(source.header, asked, abilities);
  const { base, settings } =
    preset === undefined
      ? asked
      : { base: fullMask(source.header.width, source.header.height), settings: initialMaskSettings.border };
  const measured = await deps.engine.measure(base, settings);
  if (!measured.ok) return measured;
  const { bounds } = measured.value;
  if (bounds === null) return failed('mask.empty');

  const expand = preset === undefined ? (asked.expand ?? undefined) : undefined;
  const border = asked.maskKind === 'border';
  const plans =
    preset === undefined
      ? planFill(source.header, expand, { bounds, settings, border }, asked.window)
      : [planWhole(source.header)];
  const price = priceOfAll(abilities.price, plans, asked.images);
  return ok({ abilities, baseUrl: baseUrl.value, base, settings, preset, expand, plans, price });
};

/**
 * `noted` is told the records before the first job begins: whoever forgets their ids could not show what was paid for. What
 * it throws ends it there. Gives the jobs that began, and why another could not, where at least one did.
 */
export const generate = async (
  deps: GenerateDeps,
  asked: Snapshot,
  source: Source,
  noted: (fills: readonly Fill[]) => Promise<void>,
): Promise<Result<{ readonly jobs: readonly Job[]; readonly fault?: Fault }>> => {
  const drawn = await drawUp(deps, asked, source);
  if (!drawn.ok) return drawn;
  const { abilities, baseUrl, base, settings, preset, expand, plans, price } = drawn.value;
  if (abilities.needsKey && !(await deps.services.hasKey(asked.service)))
    return failed('key.missing', { origin: new URL(baseUrl).origin });

  const writable = await deps.place.check(source.uri);
  if (!writable.ok) return writable;

  const file = await jobSource(source.uri);
  const fill = newFill(
    {
      source: {
        uri: source.uri.toString(),
        name: source.name,
        width: source.header.width,
        height: source.header.height,
        bytes: source.bytes,
        sha256: file.sha256,
      },
      mask: {
        kind: asked.maskKind,
        ...(asked.maskName === null ? {} : { name: asked.maskName }),
        settings,
      },
      baseUrl,
      parameters: fitTo(abilities, asked.parameters),
      expand,
      preset,
      plans,
      ...(deps.services.sendsAlpha(asked.service) ? { send: 'alpha' as const } : {}),
      images: asked.images,
      save: { ...asked.save, note: notesFills() },
    },
    abilities,
    deps.clock.now(),
    Math.random,
  );
  const fills = inRequests(fill, asked.images, abilities, deps.clock.now(), Math.random, true);
  const affordable = await deps.ledger.fits(deps.clock.now(), price);
  if (!affordable.ok) return affordable;
  await noted(fills);
  const started = [];
  for (const each of fills) started.push(await deps.runner.start({ fill: each, source: file.input, base }));
  const jobs = started.flatMap((each) => (each.ok ? [each.value] : []));
  const wrong = started.find((each) => !each.ok);
  if (jobs.length === 0 && wrong !== undefined) return wrong;
  return ok({ jobs, ...(wrong === undefined ? {} : { fault: wrong.fault }) });
};

/** What the first Generate without a key offers. Practice is chosen by the person, never by us. */
export const offerKeyOrPractice = async (origin: string): Promise<'key' | 'practice' | undefined> => {
  const key = vscode.l10n.t('Set API Key…');
  const practice = vscode.l10n.t('Practise Without a Key');
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t('No API key for {origin} yet.', { origin }),
    {
      modal: true,
      detail: vscode.l10n.t(
        'A key lets {origin} make the image, at the price on the button. The practice service costs nothing and sends nothing: it fills from the surroundings, without AI, and does not use the prompt.',
        { origin },
      ),
    },
    key,
    practice,
  );
  return choice === key ? 'key' : choice === practice ? 'practice' : undefined;
};
