/** An extension that calls tools as an agent's does: what asked.json beside it says, the outcomes in told.json. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';

const file = (name) => join(import.meta.dirname, name);

const called = async ({ tool, input }) => {
  try {
    const { content } = await vscode.lm.invokeTool(tool, { input, toolInvocationToken: undefined });
    return { text: content[0].value };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
};

const call = async () => {
  const outcomes = [];
  for (const each of JSON.parse(readFileSync(file('asked.json'), 'utf8'))) outcomes.push(await called(each));
  writeFileSync(file('told.json.part'), JSON.stringify({ trusted: vscode.workspace.isTrusted, outcomes }));
  renameSync(file('told.json.part'), file('told.json'));
};

export const activate = ({ subscriptions }) => {
  subscriptions.push(vscode.commands.registerCommand('caller.call', call));
};
