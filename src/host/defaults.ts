/** What a new image starts with, from the settings; a value that is out of range counts as not set. */
import * as v from 'valibot';
import * as vscode from 'vscode';
import { initialParameters, parametersSchema, type Parameters } from '../fill/parameters.ts';
import { saveChoices, serviceIds, type SaveChoice, type ServiceId } from '../fill/record.ts';
import { section, settings } from '../ids.ts';

export interface Defaults {
  readonly parameters: Parameters;
  readonly saveAs: SaveChoice;
  readonly service: ServiceId;
}

const initialStorageLimit = 2000;

const fields = {
  steps: settings.defaultSteps,
  guidance: settings.defaultGuidance,
  safetyTolerance: settings.defaultSafetyTolerance,
  promptUpsampling: settings.defaultPromptUpsampling,
  resultFormat: settings.defaultResultFormat,
} as const;

/** Whether files of this folder note how they were made. */
export const notesFills = (source: vscode.Uri): boolean =>
  vscode.workspace.getConfiguration(section, source).get<unknown>(settings.saveNote) !== false;

/** US dollars that may be spent on a day; null where there is no limit. What a workspace says does not count. */
export const dailyLimit = (): number | null => {
  const limit = vscode.workspace.getConfiguration(section).inspect<unknown>(settings.dailyLimit)?.globalValue;
  return typeof limit === 'number' && limit >= 0 ? limit : null;
};

/** Megabytes that the history may take. */
export const storageLimit = (): number => {
  const limit = vscode.workspace.getConfiguration(section).get<unknown>(settings.storageLimit);
  return typeof limit === 'number' && limit >= 0 ? limit : initialStorageLimit;
};

export const defaultsFor = (source: vscode.Uri): Defaults => {
  const configuration = vscode.workspace.getConfiguration(section, source);
  const chosen = Object.entries(fields).flatMap(([field, setting]) => {
    const value = configuration.get<unknown>(setting);
    const schema = parametersSchema.entries[field as keyof typeof fields];
    return v.is(schema, value) ? [[field, value] as const] : [];
  });
  const saveAs = configuration.get<unknown>(settings.defaultSaveAs);
  const service = configuration.get<unknown>(settings.defaultService);
  return {
    parameters: { ...initialParameters, ...Object.fromEntries(chosen) },
    saveAs: v.is(v.picklist(saveChoices), saveAs) ? saveAs : 'png',
    service: v.is(v.picklist(serviceIds), service) ? service : 'bfl',
  };
};
