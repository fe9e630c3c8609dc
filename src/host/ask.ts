/** What batch and recipes ask before anything is sent: images as they are now, a service that is ready, and the daily limit. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { ok, valueOf, type Result } from '../fill/faults.ts';
import { dollarsText } from '../fill/price.ts';
import type { ServiceId } from '../fill/record.ts';
import type { Abilities } from '../fill/service.ts';
import type { Log, Runner } from '../jobs/contract.ts';
import { spentOn } from '../jobs/ledger.ts';
import type { Opened } from '../raster/ask.ts';
import type { Engine } from '../raster/engine.ts';
import { dailyLimit } from './defaults.ts';
import { offerKeyOrPractice } from './generate.ts';
import type { Keys } from './keys.ts';
import type { Panels } from './panels.ts';
import type { HostPlace } from './place.ts';
import type { Services } from './services.ts';
import { jobSource, openSource } from './source.ts';

/** What is needed to make fills without a panel of their own. */
export interface FillDeps {
  readonly panels: Panels;
  readonly runner: Runner;
  readonly engine: Engine;
  readonly services: Services;
  readonly keys: Keys;
  readonly place: HostPlace;
  readonly storage: string;
  readonly log: Log;
}

/** An image with its header and hash, ready for the engine. */
export const openImage = async (uri: vscode.Uri): Promise<Result<Opened>> => {
  const opened = await openSource(uri);
  if (!opened.ok) return opened;
  const { name, header, bytes } = opened.value;
  const { sha256, input } = await jobSource(uri);
  return ok({ uri: uri.toString(), name, input: { name, ...input }, header, bytes, sha256 });
};

export interface Ready {
  readonly id: ServiceId;
  readonly abilities: Abilities;
  readonly baseUrl: string;
}

/** A service with its key; without one a key or practice is offered. Undefined where the person wants neither. */
export const readyService = async (
  { services, keys }: { readonly services: Services; readonly keys: Keys },
  id: ServiceId,
): Promise<Ready | undefined> => {
  const baseUrl = valueOf(services.baseUrl(id));
  const abilities = services.abilities(id);
  if (id === 'practice' || (await services.hasKey(id))) return { id, abilities, baseUrl };
  const { origin } = new URL(baseUrl);
  const choice = await offerKeyOrPractice(origin);
  if (choice === 'practice') return readyService({ services, keys }, 'practice');
  return choice === 'key' && (await keys.ask(id, origin)) ? { id, abilities, baseUrl } : undefined;
};

/** What is said where a price would pass the daily limit; undefined where it would not. */
export const limitText = async (storage: string, price: number | null): Promise<string | undefined> => {
  const limit = dailyLimit();
  if (limit === null || price === null || price === 0) return undefined;
  const left = Math.max(0, limit - (await spentOn(path.join(storage, 'ledger'), Date.now())));
  if (price <= left + 1e-9) return undefined;
  return vscode.l10n.t('Your daily limit of {limit} leaves {left} for today: what would pass it is not sent.', {
    limit: dollarsText(limit),
    left: dollarsText(left),
  });
};

/** "$2.75", "free", or that nobody knows. */
export const priceWords = (price: number | null): string => {
  if (price === null) return vscode.l10n.t('price not known');
  return price === 0 ? vscode.l10n.t('free') : dollarsText(price);
};
