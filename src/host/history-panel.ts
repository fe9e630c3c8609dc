/** The history in an editor of its own: one panel, read when it is opened and whenever something ends. */
import * as path from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { fault, FaultError, faultOf } from '../fill/faults.ts';
import type { Job } from '../fill/record.ts';
import { commands, historyViewType } from '../ids.ts';
import type { Log } from '../jobs/contract.ts';
import { readHistory } from '../jobs/history.ts';
import { historyMessageSchema, type HistoryMessage, type HistoryTold } from '../protocol/history.ts';
import { storageLimit } from './defaults.ts';
import { actOn, type HistoryDeps } from './history-acts.ts';
import { historyEntry } from './history-entries.ts';
import { shellHtml } from './html.ts';
import { faultLine } from './log.ts';
import { registerCommand, showFault } from './notify.ts';
import { sentenceOf } from './sentence.ts';
import { nameOf } from './uris.ts';
import { resultUri, thumbAddress } from './views.ts';

/** Milliseconds within which several ends become one reading. */
const together = 300;

export const showHistory = (
  deps: HistoryDeps & { readonly extension: vscode.Uri; readonly log: Log },
): vscode.Disposable => {
  const { jobs, services, directory, extension, log } = deps;
  let view: vscode.WebviewPanel | undefined;
  /** The only image that is to be shown, until the page has heard of it. */
  let image: string | null = null;
  let timer: NodeJS.Timeout | undefined;

  const tell = async (told: HistoryTold): Promise<void> => void (await view?.webview.postMessage(told));

  const read = async (): Promise<void> => {
    const found = await readHistory(directory);
    const webview = view?.webview;
    if (webview === undefined) return;
    const entries = await Promise.all(found.map((job) => historyEntry(webview, job, services, directory)));
    await tell({ tell: 'entries', entries, image, limitMegabytes: storageLimit() });
    image = null;
  };

  const failing = async (error: unknown): Promise<void> => {
    log('error', `history: ${faultLine(faultOf(error))}`);
    await showFault(faultOf(error));
  };

  const readSoon = (): void => {
    if (view?.visible !== true) return;
    clearTimeout(timer);
    timer = setTimeout(() => void read().catch(failing), together);
  };

  const makeThumbs = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      const job = await jobs.find(id);
      if (view === undefined || job === undefined || !(await jobs.thumbnails.make(job))) continue;
      const src = await thumbAddress(view.webview, job, directory);
      if (src !== null) await tell({ tell: 'thumb', id, src });
    }
  };

  const imageOf = async (job: Job): Promise<Uint8Array | string> => {
    const uri = resultUri(job, directory);
    if (uri === undefined) return sentenceOf(fault('history.gone'));
    try {
      return new Uint8Array(await vscode.workspace.fs.readFile(uri));
    } catch {
      return sentenceOf(fault('image.missing', { name: nameOf(uri) }));
    }
  };

  const take = async (message: HistoryMessage): Promise<void> => {
    if (message.do === 'ready') return read();
    if (message.do === 'thumbs') return makeThumbs(message.ids);
    const job = await jobs.find(message.id);
    if (job === undefined) {
      await read();
      throw new FaultError(fault('history.gone'));
    }
    if (message.act === 'copyImage') await tell({ tell: 'image', id: message.id, image: await imageOf(job) });
    else if (await actOn(deps, job, message.act)) await read();
  };

  const adopt = (panel: vscode.WebviewPanel): void => {
    view = panel;
    panel.onDidDispose(() => {
      if (view === panel) view = undefined;
    });
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [
        vscode.Uri.joinPath(extension, 'dist'),
        vscode.Uri.joinPath(extension, 'media'),
        vscode.Uri.file(path.join(directory, 'done')),
      ],
    };
    panel.webview.onDidReceiveMessage((message: unknown) => {
      const read = v.safeParse(historyMessageSchema, message);
      if (read.success) take(read.output).catch(failing);
    });
    panel.onDidChangeViewState(readSoon);
    panel.iconPath = {
      light: vscode.Uri.joinPath(extension, 'media', 'panel-light.svg'),
      dark: vscode.Uri.joinPath(extension, 'media', 'panel-dark.svg'),
    };
    panel.title = vscode.l10n.t('History of Fills');
    panel.webview.html = shellHtml(panel.webview, extension, 'history.js', ['page.css', 'history.css']);
  };

  const open = async (only?: unknown): Promise<void> => {
    image = only instanceof vscode.Uri ? only.toString() : null;
    if (view !== undefined) {
      view.reveal();
      return read();
    }
    adopt(
      vscode.window.createWebviewPanel(historyViewType, vscode.l10n.t('History of Fills'), vscode.ViewColumn.Active),
    );
  };

  const stop = jobs.runner.onClosed(readSoon);
  return vscode.Disposable.from(
    registerCommand(commands.showHistory, log, open),
    vscode.window.registerWebviewPanelSerializer(historyViewType, {
      deserializeWebviewPanel: async (panel) => {
        if (view === undefined) adopt(panel);
        else panel.dispose();
      },
    }),
    { dispose: stop },
    { dispose: () => clearTimeout(timer) },
  );
};
