import * as vscode from 'vscode';
import { commands, section, settings } from '../ids.ts';
import type { NextStep } from '../protocol/next-steps.ts';
import { baseUrlSettings, openMachineSettings } from './addresses.ts';

const openSettings = (query: string): Thenable<unknown> =>
  vscode.commands.executeCommand('workbench.action.openSettings', query);

/** VS Code takes what these are about from the settings of the user alone, in a remote window, too. */
const openUserSettings = (...names: readonly string[]): Thenable<unknown> =>
  vscode.commands.executeCommand('workbench.action.openGlobalSettings', {
    query: names.map((name) => `@id:http.${name}`).join(' '),
  });

const allAddresses = Object.values(baseUrlSettings)
  .map((name) => `@id:${section}.${name}`)
  .join(' ');

/** Does what the button of a step says. `setting` is the one that the fault names, where it names one. */
export const takeStep = async (step: NextStep, setting?: string): Promise<void> => {
  switch (step) {
    case 'key':
      await vscode.commands.executeCommand(commands.setApiKey);
      return;
    case 'address':
      await openMachineSettings(setting === undefined ? allAddresses : `@id:${setting}`);
      return;
    case 'proxy':
      await openUserSettings('proxy', 'noProxy', 'proxySupport');
      return;
    case 'certificates':
      await openUserSettings('systemCertificates', 'systemCertificatesNode');
      return;
    case 'limit':
      await openSettings(`@id:${section}.${settings.dailyLimit} @id:${section}.${settings.agentLimit}`);
      return;
    case 'report':
      await vscode.commands.executeCommand(commands.reportIssue);
  }
};
