/** What the settings say; a value that is out of range counts as not set. */
import * as vscode from 'vscode';
import { chosen, defaultsFrom, type Choices, type Defaults } from '../fill/defaults.ts';
import { section, settings } from '../ids.ts';

/** What the person set for all their windows; what a workspace says does not count. */
const ofPerson = <Name extends keyof Choices>(name: Name): Choices[Name]['initial'] =>
  chosen(name, vscode.workspace.getConfiguration(section).inspect<unknown>(name)?.globalValue);

/** Whether files note how they were made. */
export const notesFills = (): boolean => ofPerson(settings.saveNote);

/** US dollars that may be spent on a day; null where there is no limit. */
export const dailyLimit = (): number | null => ofPerson(settings.dailyLimit);

/** US dollars of those that agents may spend. */
export const agentLimit = (): number => ofPerson(settings.agentLimit);

/** Megabytes that the history may take. */
export const storageLimit = (): number => ofPerson(settings.storageLimit);

/** What an image of this folder starts with. */
export const defaultsFor = (source: vscode.Uri): Defaults => {
  const configuration = vscode.workspace.getConfiguration(section, source);
  return defaultsFrom((name) => configuration.get<unknown>(name));
};
