/** Deleting fills that ended: asked first where a result goes with them that stands nowhere else. */
import * as vscode from 'vscode';
import type { Job } from '../fill/record.ts';
import type { Runner } from '../jobs/contract.ts';

/** True where deleting the job deletes a result that was made and has no file of its own. */
export const holdsResult = (job: Job): boolean => job.state !== 'saved' && job.results > 0;

const agreed = async (jobs: readonly Job[]): Promise<boolean> => {
  const lost = jobs.filter(holdsResult).length;
  if (lost === 0) return true;
  const remove = vscode.l10n.t('Delete');
  const question =
    lost === 1
      ? vscode.l10n.t('Delete a result that is not kept?')
      : vscode.l10n.t('Delete {count} results that are not kept?', { count: lost });
  const detail = vscode.l10n.t('They were made and are not saved beside the image. This cannot be undone.');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, remove)) === remove;
};

/** Gives the ids of those that are gone then. */
export const removeJobs = async (runner: Runner, jobs: readonly Job[]): Promise<readonly string[]> => {
  if (jobs.length === 0 || !(await agreed(jobs))) return [];
  const gone: string[] = [];
  for (const { fill } of jobs) if (await runner.remove(fill.id)) gone.push(fill.id);
  return gone;
};
