/** The services as the editor runs them: VS Code's own fetch for real ones, a worker and no network for practice. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { failed, ok, type Result } from '../fill/faults.ts';
import type { ServiceId } from '../fill/record.ts';
import type { Abilities, Service } from '../fill/service.ts';
import { settings } from '../ids.ts';
import type { Clock, Log } from '../jobs/contract.ts';
import { createPractice, practiceAbilities, practiceKey, practiceUrl, synthesiseInWorker } from '../practice/index.ts';
import { fileStore } from '../practice/store.ts';
import { createBfl } from '../services/bfl.ts';
import { catalogue, type RemoteId } from '../services/catalogue.ts';
import type { ServiceDeps } from '../services/deps.ts';
import { createFal } from '../services/fal.ts';
import type { UploadRule } from '../services/fal-upload.ts';
import { checkBaseUrl } from '../services/origins.ts';
import { baseUrlOf, configured, isOn } from './addresses.ts';
import type { Keys } from './keys.ts';

export interface Services {
  abilities(id: ServiceId): Abilities;
  /** What the settings name now; practice has an address of its own that no network knows. */
  baseUrl(id: ServiceId): Result<string>;
  hasKey(id: ServiceId): Promise<boolean>;
  /** A service for a job that was made with this base URL. The key is read when it is needed, not before. */
  open(id: ServiceId, baseUrl: string): Result<Service>;
  webhookUrl(): string | undefined;
  /** True where the mask is sent in the alpha channel of the image. */
  sendsAlpha(id: ServiceId): boolean;
}

/** Names that are words are said in the language of the editor. */
const abilitiesOf = (id: ServiceId): Abilities => {
  if (id === 'practice') return { ...practiceAbilities, name: vscode.l10n.t('Practice') };
  const { abilities } = catalogue[id];
  return id === 'compatible' ? { ...abilities, name: vscode.l10n.t('Replicate-compatible') } : abilities;
};

const uploadRule = (): UploadRule => {
  const rule = configured(settings.falUpload);
  return rule === 'always' || rule === 'never' ? rule : 'auto';
};

const remote = (id: RemoteId, deps: ServiceDeps): Service =>
  id === 'fal'
    ? createFal({ ...deps, upload: uploadRule(), syncMode: isOn(settings.falSyncMode) })
    : catalogue[id].create(deps);

export const createServices = (deps: {
  readonly keys: Keys;
  readonly storage: string;
  readonly workers: URL;
  readonly clock: Clock;
  readonly log: Log;
}): Services => {
  let practice: ReturnType<typeof createPractice> | undefined;
  const practiceFetch: typeof fetch = (input, init) => {
    practice ??= createPractice({
      synthesise: synthesiseInWorker(new URL('practice.cjs', deps.workers)),
      store: fileStore(path.join(deps.storage, 'practice')),
      now: () => deps.clock.now(),
    });
    return practice(new Request(input, init));
  };

  const keyFor = async (base: string): Promise<Result<string>> => {
    const origin = new URL(base).origin;
    const key = await deps.keys.get(origin);
    if (!key.ok) return key;
    return key.value === undefined ? failed('key.missing', { origin }) : ok(key.value);
  };

  return {
    abilities: abilitiesOf,
    baseUrl: baseUrlOf,
    hasKey: async (id) => {
      const base = baseUrlOf(id);
      return id === 'practice' || (base.ok && (await deps.keys.has(new URL(base.value).origin)));
    },
    open: (id, base) => {
      const { clock, log } = deps;
      if (id === 'practice')
        return ok(
          createBfl({
            abilities: abilitiesOf('practice'),
            baseUrl: practiceUrl,
            fetch: () => practiceFetch,
            key: () => Promise.resolve(ok(practiceKey)),
            clock,
            log,
          }),
        );
      const checked = checkBaseUrl(base);
      if (!checked.ok) return checked;
      const baseUrl = checked.value;
      return ok(remote(id, { baseUrl, fetch: () => globalThis.fetch, key: () => keyFor(baseUrl), clock, log }));
    },
    sendsAlpha: (id) => abilitiesOf(id).alphaRequest && configured(settings.bflSendMask) === 'alpha',
    webhookUrl: () => configured(settings.bflWebhookUrl) || undefined,
  };
};
