import * as path from 'node:path';
import * as vscode from 'vscode';
import { fault, FaultError } from '../fill/faults.ts';
import { commands } from '../ids.ts';
import type { Log } from '../jobs/contract.ts';
import { pageActs, toolActs, type ToolAct } from '../protocol/messages.ts';
import type { Engine } from '../raster/engine.ts';
import { readNote } from '../raster/note.ts';
import { pageText } from './html.ts';
import { registerCommand } from './notify.ts';
import type { Panels } from './panels.ts';
import { imageOf, pickImage, selectionOf } from './selection.ts';
import type { Services } from './services.ts';
import { showSpending } from './spending.ts';

export const registerCommands = (deps: {
  readonly panels: Panels;
  readonly engine: Engine;
  readonly services: Services;
  readonly storage: string;
  readonly log: Log;
  readonly channel: vscode.LogOutputChannel;
}): vscode.Disposable[] => {
  const { panels, engine, services, storage, log, channel } = deps;

  const inpaint = async (uri?: vscode.Uri, all?: unknown): Promise<void> => {
    const selection = await selectionOf(engine, uri, all);
    if (selection === undefined) return;
    if (selection === 'batch') return void (await vscode.commands.executeCommand(commands.batch, uri, all));
    const panel = await panels.open(selection.source);
    if (selection.mask !== undefined) await panel.useMaskFile(selection.mask);
  };

  const outpaint = async (uri?: vscode.Uri): Promise<void> => {
    const source = await imageOf(uri);
    if (source !== undefined) (await panels.open(source)).outpaint();
  };

  /** To the panel that is active, or to one of the image itself. */
  const useSettings = async (uri?: vscode.Uri): Promise<void> => {
    const active = panels.active();
    const image = uri ?? (await pickImage(vscode.l10n.t('Image whose settings are used')));
    if (image === undefined) return;
    const note = readNote(await vscode.workspace.fs.readFile(image));
    if (note === undefined) throw new FaultError(fault('note.none', { name: image.path.split('/').pop()! }));
    (active ?? (await panels.open(image))).useSettings(note);
  };

  const inpaintWithMask = async (uri?: vscode.Uri): Promise<void> => {
    const source = await imageOf(uri);
    if (source === undefined) return;
    const mask = await pickImage(vscode.l10n.t('Mask file: white marks what may change'));
    if (mask !== undefined) await (await panels.open(source)).useMaskFile(mask);
  };

  const inpaintWithAlpha = async (uri?: vscode.Uri): Promise<void> => {
    const source = await imageOf(uri);
    if (source !== undefined) await (await panels.open(source)).useAlpha();
  };

  const isTool = (value: unknown): value is ToolAct => (toolActs as readonly unknown[]).includes(value);

  const pickTool = async (): Promise<ToolAct | undefined> => {
    const items = toolActs.map((tool) => ({ label: pageText(`tool.${tool}`), tool }));
    return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Tool') }))?.tool;
  };

  /** A key of the user's own names the tool as its argument; without one it is asked for. */
  const chooseTool = async (named?: unknown): Promise<void> => {
    const panel = panels.active();
    const tool = isTool(named) ? named : panel === undefined ? undefined : await pickTool();
    if (tool !== undefined) panel?.run(tool);
  };

  const exportMask = async (): Promise<void> => panels.active()?.saveMask();

  return [
    ...pageActs.map((act) => registerCommand(commands[act], log, async () => panels.active()?.run(act))),
    registerCommand(commands.chooseTool, log, chooseTool),
    registerCommand(commands.inpaint, log, inpaint),
    registerCommand(commands.outpaint, log, outpaint),
    registerCommand(commands.inpaintWithMask, log, inpaintWithMask),
    registerCommand(commands.inpaintWithAlpha, log, inpaintWithAlpha),
    registerCommand(commands.useSettings, log, useSettings),
    registerCommand(commands.showSpending, log, () =>
      showSpending(path.join(storage, 'ledger'), (id) => services.abilities(id).name),
    ),
    registerCommand(commands.recentPrompts, log, async () => panels.active()?.pickPrompt()),
    registerCommand(commands.exportMask, log, exportMask),
    registerCommand(commands.showLog, log, async () => channel.show()),
  ];
};
