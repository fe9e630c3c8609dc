/** Who has fills made, and who shows them: jobs, panels, batches and agents know of each other here only. */
import * as vscode from 'vscode';
import type { Job } from '../fill/record.ts';
import { registerAgentTools } from './agent/tools.ts';
import { createBatches } from './batch.ts';
import { createJobs } from './jobs.ts';
import { createPanels } from './panels.ts';
import { showProgress } from './progress.ts';
import { createPrompts } from './prompts.ts';
import type { Shared } from './shared.ts';

export const createWork = (shared: Shared, extension: vscode.Uri) => {
  const isWatched = (job: Job): boolean => batches.owns(job) || agents.owns(job);
  const jobs = createJobs({ ...shared, shown: (job) => panels.show(job) || isWatched(job) });
  const { runner } = jobs;
  const panels = createPanels({ ...shared, ...jobs, prompts: createPrompts(shared.storage), extension });
  const batches = createBatches({ ...shared, panels, runner });
  const agents = registerAgentTools({ ...shared, ...jobs });
  const progress = showProgress({
    runner,
    live: jobs.live,
    shown: (job) => panels.shows(job) || isWatched(job),
    onDidChangeVisibility: panels.onDidChangeVisibility,
  });
  return {
    jobs,
    runner,
    panels,
    /** Writes what is not yet written, and leaves running jobs to the next process. */
    flush: async (): Promise<void> => {
      await panels.flush();
      await runner.dispose();
      await shared.engine.dispose();
    },
    dispose: (): void => void vscode.Disposable.from(panels, batches, agents, progress).dispose(),
  };
};
