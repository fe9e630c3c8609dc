/** What was spent, by day and service, as a list to look at. */
import * as vscode from 'vscode';
import { dollarsText } from '../fill/price.ts';
import type { ServiceId } from '../fill/record.ts';
import { readLedger, type Day } from '../jobs/ledger.ts';
import { commands } from '../ids.ts';
import { agentLimit, dailyLimit } from './defaults.ts';
import { takeStep } from './next-step.ts';

/** Days that are listed. */
const shown = 31;

const itemOf = (day: Day, nameOf: (id: ServiceId) => string): vscode.QuickPickItem => ({
  label: day.day,
  description: dollarsText(day.total),
  detail: Object.entries(day.services)
    .map(([id, dollars]) => `${nameOf(id as ServiceId)} ${dollarsText(dollars)}`)
    .join(' · '),
});

/** Shows the ledger of this machine's editor. `change` opens the setting of the daily limit. */
export const showSpending = async (ledger: string, nameOf: (id: ServiceId) => string): Promise<void> => {
  const days = (await readLedger(ledger)).slice(0, shown);
  const limit = dailyLimit();
  const change: vscode.QuickPickItem = {
    label:
      limit === null
        ? vscode.l10n.t('No daily limit')
        : vscode.l10n.t('Daily limit: {limit}', { limit: dollarsText(limit) }),
    description: vscode.l10n.t('Change the setting'),
    detail: vscode.l10n.t('Of it for agents: {limit}', { limit: dollarsText(agentLimit()) }),
  };
  const none: vscode.QuickPickItem = { label: vscode.l10n.t('Nothing was spent yet.') };
  const items = days.length === 0 ? [none] : days.map((day) => itemOf(day, nameOf));
  const title = vscode.l10n.t('Spent by Flux Fill in this editor: expected prices, and what the service told');
  const credits: vscode.QuickPickItem = {
    label: vscode.l10n.t('Credits left'),
    description: vscode.l10n.t('Asks the service, for nothing, where it tells'),
  };
  const chosen = await vscode.window.showQuickPick([change, credits, ...items], { title });
  if (chosen === credits) await vscode.commands.executeCommand(commands.checkKey);
  if (chosen === change) await takeStep('limit');
};
