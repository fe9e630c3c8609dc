/** Where each service is asked, as the settings say. */
import * as vscode from 'vscode';
import { failed, ok, type Result } from '../fill/faults.ts';
import type { ServiceId } from '../fill/record.ts';
import { section, settings } from '../ids.ts';
import { practiceUrl } from '../practice/index.ts';
import { bflRegions } from '../services/bfl.ts';
import { catalogue, type RemoteId } from '../services/catalogue.ts';
import { checkBaseUrl } from '../services/origins.ts';

/** The setting that names a service's base URL. */
export const baseUrlSettings: Readonly<Record<RemoteId, string>> = {
  bfl: settings.bflBaseUrl,
  fal: settings.falBaseUrl,
  replicate: settings.replicateBaseUrl,
  compatible: settings.compatibleBaseUrl,
};

export const configured = (name: string): string =>
  vscode.workspace.getConfiguration(section).get<string>(name, '').trim();

export const isOn = (name: string): boolean => vscode.workspace.getConfiguration(section).get<unknown>(name) === true;

const regionUrl = (): string => {
  const region = configured(settings.bflRegion);
  return region in bflRegions ? bflRegions[region as keyof typeof bflRegions] : bflRegions.global;
};

/** The base URL that counts now; practice has an address of its own that no network knows. Faults: service.baseUrl, service.noBaseUrl. */
export const baseUrlOf = (id: ServiceId): Result<string> => {
  if (id === 'practice') return ok(practiceUrl);
  const { abilities, baseUrl } = catalogue[id];
  const named = configured(baseUrlSettings[id]) || (id === 'bfl' ? regionUrl() : baseUrl);
  return named === undefined
    ? failed('service.noBaseUrl', { service: abilities.name, setting: `${section}.${baseUrlSettings[id]}` })
    : checkBaseUrl(named);
};

/** The origin of the Replicate-compatible service; undefined where none is set. */
export const compatibleOrigin = (): string | undefined => {
  const base = baseUrlOf('compatible');
  return base.ok ? new URL(base.value).origin : undefined;
};

/** Opens settings of the machine: those of a remote host stand on a page of their own. */
export const openMachineSettings = async (query: string): Promise<void> => {
  const page = vscode.env.remoteName === undefined ? 'openSettings' : 'openRemoteSettings';
  await vscode.commands.executeCommand(`workbench.action.${page}`, { query });
};

/** Opens the setting of a service's base URL. */
export const openBaseUrlSetting = (id: RemoteId): Promise<void> =>
  openMachineSettings(`@id:${section}.${baseUrlSettings[id]}`);
