/** The real services by their ids: the one place that knows them all. Practice is no network service and not among them. */
import type { ServiceId } from '../fill/record.ts';
import type { Abilities, Service } from '../fill/service.ts';
import { bflAbilities, bflHosts, bflOrigin, createBfl } from './bfl.ts';
import type { ServiceDeps } from './deps.ts';
import { createFal, falAbilities, falHosts, falOrigin } from './fal.ts';
import type { Hosts } from './origins.ts';
import { createCompatible, createReplicate } from './replicate.ts';
import {
  compatibleAbilities,
  compatibleHosts,
  replicateAbilities,
  replicateHosts,
  replicateOrigin,
} from './replicate-flavours.ts';

export interface CatalogueEntry {
  readonly abilities: Abilities;
  readonly hosts: Hosts;
  /** The address used where none is set; absent: there is none, it must be set. */
  readonly baseUrl?: string;
  /** Where a person makes a key. */
  readonly keyPlace?: string;
  readonly create: (deps: ServiceDeps) => Service;
}

export type RemoteId = Exclude<ServiceId, 'practice'>;

export const catalogue: Readonly<Record<RemoteId, CatalogueEntry>> = {
  bfl: {
    abilities: bflAbilities,
    hosts: bflHosts,
    baseUrl: bflOrigin,
    keyPlace: 'dashboard.bfl.ai',
    create: createBfl,
  },
  fal: {
    abilities: falAbilities,
    hosts: falHosts,
    baseUrl: falOrigin,
    keyPlace: 'fal.ai/dashboard/keys',
    create: createFal,
  },
  replicate: {
    abilities: replicateAbilities,
    hosts: replicateHosts,
    baseUrl: replicateOrigin,
    keyPlace: 'replicate.com/account/api-tokens',
    create: createReplicate,
  },
  compatible: { abilities: compatibleAbilities, hosts: compatibleHosts, create: createCompatible },
};
