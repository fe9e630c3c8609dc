import * as vscode from 'vscode';
import type { Fault } from '../fill/faults.ts';
import { sentences } from '../fill/sentences.ts';
import { machineName } from './machine.ts';

/** The sentence of a fault in the language of the editor; `{machine}` is the one that the extension runs on. */
export const sentenceOf = (fault: Fault): string =>
  vscode.l10n.t(sentences[fault.code], { ...fault.args, machine: machineName() });
