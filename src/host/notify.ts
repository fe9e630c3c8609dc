import * as vscode from 'vscode';
import type { Fault } from '../fill/faults.ts';
import { faultOf } from '../fill/faults.ts';
import { commands } from '../ids.ts';
import type { Log } from '../jobs/contract.ts';
import { nextStepOf, stepTexts } from '../protocol/next-steps.ts';
import { pageText } from './html.ts';
import { faultLine } from './log.ts';
import { takeStep } from './next-step.ts';
import { sentenceOf } from './sentence.ts';

/** Shows a fault as an error, with the step that follows from it where there is one, and "Show Log". */
export const showFault = async (fault: Fault): Promise<void> => {
  const step = nextStepOf(fault.code);
  const showLog = pageText('job.log');
  const choice = await vscode.window.showErrorMessage(
    sentenceOf(fault),
    ...(step === undefined ? [] : [pageText(stepTexts[step])]),
    showLog,
  );
  const { setting } = fault.args;
  if (choice === showLog) await vscode.commands.executeCommand(commands.showLog);
  else if (choice !== undefined && step !== undefined)
    await takeStep(step, setting === undefined ? undefined : String(setting));
};

/** Registers a command whose errors reach the user and the log, whatever they are. */
export const registerCommand = <Args extends unknown[]>(
  id: string,
  log: Log,
  run: (...args: Args) => Promise<void>,
): vscode.Disposable =>
  vscode.commands.registerCommand(id, async (...args: Args) => {
    try {
      await run(...args);
    } catch (error) {
      const fault = faultOf(error);
      log('error', `${id}: ${faultLine(fault)}`);
      await showFault(fault);
    }
  });
