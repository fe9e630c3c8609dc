/** Going on with a job that ended without a file; where that may be paid for twice, the person decides. */
import * as vscode from 'vscode';
import type { Job, NextAct } from '../fill/record.ts';
import type { Runner } from '../jobs/contract.ts';

const mayPayTwice = async ({ fill, sentAt }: Job): Promise<boolean> => {
  const { origin } = new URL(fill.service.baseUrl);
  const send = vscode.l10n.t('Send Again');
  const price = fill.price === null ? '?' : `$${fill.price.toFixed(2)}`;
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t('Send this fill of {name} again?', { name: fill.source.name }),
    {
      modal: true,
      detail: vscode.l10n.t(
        'It was sent to {origin} ({time}), and the answer never came: it may have been accepted and charged. Your account at {origin} may list it. Sending it again costs {price}, perhaps for the second time.',
        { origin, time: new Date(sentAt ?? fill.createdAt).toLocaleString(), price },
      ),
    },
    send,
  );
  return choice === send;
};

export const goOn = async (runner: Runner, job: Job, act: NextAct): Promise<void> => {
  if (act === 'send' && !(await mayPayTwice(job))) return;
  await runner.goOn(job.fill.id, act);
};
