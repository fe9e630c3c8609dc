import type * as vscode from 'vscode';
import type { Fault } from '../fill/faults.ts';
import type { Log } from '../jobs/contract.ts';

/** Lines that are remembered for a report. */
const remembered = 60;

export interface Logbook {
  /** Writes to the log channel at the level asked for; what is shown is the user's choice. */
  readonly log: Log;
  /** The newest lines, oldest first, each with its time and level. */
  readonly lines: () => readonly string[];
}

export const createLog = (channel: vscode.LogOutputChannel): Logbook => {
  const lines: string[] = [];
  return {
    log: (level, text) => {
      channel[level](text);
      lines.push(`${new Date().toISOString()} [${level}] ${text}`);
      if (lines.length > remembered) lines.shift();
    },
    lines: () => lines,
  };
};

/** One line for the log. Faults never carry keys or image data; their details are redacted where they are made. */
export const faultLine = (fault: Fault): string =>
  `${fault.code} ${JSON.stringify(fault.args)}${fault.detail === undefined ? '' : ` (${fault.detail})`}`;
