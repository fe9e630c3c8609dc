/** Replicate itself and the services that are compatible with it, as data. */
import { guidance, safetyTolerance, steps } from '../fill/parameters.ts';
import { fluxTime, type Abilities } from '../fill/service.ts';
import { within, type Hosts } from './origins.ts';

export const replicateOrigin = 'https://api.replicate.com';

export const replicateAbilities: Abilities = {
  id: 'replicate',
  name: 'Replicate',
  steps,
  guidance,
  safetyTolerance: { ...safetyTolerance, min: 1 },
  promptUpsampling: true,
  promptRequired: true,
  seed: true,
  resultFormats: ['png', 'jpeg'],
  imagesPerCall: 1,
  cancel: true,
  webhook: false,
  alphaRequest: false,
  ownPresets: true,
  usualTime: fluxTime,
  // 600 creates a minute: 140 tasks of 14 s (facts/providers.md 1.6) would use that up.
  activeTasks: 60,
  needsKey: true,
  price: { kind: 'image', dollars: 0.05 },
};

/** The price is Replicate's; a compatible service may ask another. Nobody tells how many tasks it takes at once. */
export const compatibleAbilities: Abilities = {
  ...replicateAbilities,
  id: 'compatible',
  name: 'Replicate-compatible',
  cancel: false,
  activeTasks: 8,
};

export const replicateHosts: Hosts = {
  own: (hostname) => hostname === 'api.replicate.com',
  results: (hostname) => within(hostname, 'replicate.delivery'),
};

/** A compatible service is known by its base URL alone; its results may lie at any public https host. */
export const compatibleHosts: Hosts = { own: () => false, results: () => false };

/**
 * After so long Replicate ends a task by itself: one that did not begin is `aborted` and free. It is as long as our own
 * patience with a task (jobs/poll.ts), so that nobody pays for an image that nobody asks for any more, and no shorter, so
 * that no task is ended that we still wait for.
 */
export const cancelAfter = '30m';

/** What Replicate itself offers and no compatible service documents. */
export interface Flavour {
  readonly abilities: Abilities;
  readonly hosts: Hosts;
  /** Bytes of a picture that goes as a data URI; larger ones are uploaded (OpenAPI: data URLs up to 256 kB). */
  readonly inline: number;
  /** Cancel, list, account and the header Cancel-After. */
  readonly whole: boolean;
}

export const replicate: Flavour = {
  abilities: replicateAbilities,
  hosts: replicateHosts,
  inline: 256_000,
  whole: true,
};
export const compatible: Flavour = {
  abilities: compatibleAbilities,
  hosts: compatibleHosts,
  inline: Number.POSITIVE_INFINITY,
  whole: false,
};
