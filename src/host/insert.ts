/** An image as Markdown or HTML at the cursor of the text editor that was used last. */
import * as vscode from 'vscode';
import { fault, FaultError } from '../fill/faults.ts';
import { addressOf, altOf, markupKindOf, markupOf, relativePath, type MarkupKind } from '../fill/markup.ts';
import type { Job } from '../fill/record.ts';
import { commands } from '../ids.ts';
import type { Log } from '../jobs/contract.ts';
import { readHistory } from '../jobs/history.ts';
import { readNote } from '../raster/note.ts';
import { registerCommand } from './notify.ts';
import type { Panels } from './panels.ts';
import { pickImage } from './selection.ts';
import { exists, folderOf, nameOf } from './uris.ts';

const notebookCell = 'vscode-notebook-cell';

/** Texts that a person writes, and not the output of something or an older state of a file. */
const isText = ({ uri: { scheme } }: vscode.TextDocument): boolean =>
  scheme === 'untitled' || scheme === notebookCell || vscode.workspace.fs.isWritableFileSystem(scheme) === true;

/** Results that are offered where nobody says which image is meant. */
const offered = 30;

interface Chosen {
  readonly uri: vscode.Uri;
  /** What it was made with, where that is known without reading the file. */
  readonly prompt?: string;
}

const chosenOf = (given: vscode.Uri | Job): Chosen | undefined => {
  if (given instanceof vscode.Uri) return { uri: given };
  const { saved, fill } = given;
  return saved && { uri: vscode.Uri.parse(saved.uri), prompt: fill.parameters.prompt };
};

/** Where an address in a text starts from: its folder; that of the workspace for what is not saved yet. */
const folderOfText = (document: vscode.TextDocument, image: vscode.Uri): vscode.Uri | undefined => {
  const { notebookDocuments, workspaceFolders } = vscode.workspace;
  if (document.uri.scheme === notebookCell) {
    const book = notebookDocuments.find((each) => each.getCells().some((cell) => cell.document === document));
    return book && folderOf(book.uri);
  }
  if (document.uri.scheme !== 'untitled') return folderOf(document.uri);
  return (vscode.workspace.getWorkspaceFolder(image) ?? workspaceFolders?.[0])?.uri;
};

/** Relative where there is a way, else whole. */
const addressFrom = (document: vscode.TextDocument, image: vscode.Uri): string => {
  const folder = folderOfText(document, image);
  const near = folder?.scheme === image.scheme && folder.authority === image.authority;
  const path = near ? relativePath(folder.path, image.path) : undefined;
  return path === undefined ? image.toString() : addressOf(path);
};

/** Results of other workspaces are nothing for a text of this one. */
const isHere = (uri: vscode.Uri): boolean =>
  vscode.workspace.workspaceFolders === undefined || vscode.workspace.getWorkspaceFolder(uri) !== undefined;

/** The tab that shows the text, in front or behind others. */
const groupOf = (document: vscode.TextDocument): vscode.TabGroup | undefined =>
  vscode.window.tabGroups.all.find(({ tabs }) =>
    tabs.some(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === document.uri.toString()),
  );

const promptOf = async ({ uri, prompt }: Chosen): Promise<string> => {
  if (prompt !== undefined) return prompt;
  const bytes = await Promise.resolve(vscode.workspace.fs.readFile(uri)).catch(() => new Uint8Array());
  return readNote(bytes)?.parameters.prompt ?? '';
};

type Form = MarkupKind | 'path';

const askForm = async (usual: MarkupKind | undefined): Promise<Form | undefined> => {
  const tag: Form = usual === 'xml' || usual === 'mdx' ? 'xml' : 'html';
  const markdown = { label: 'Markdown', description: '![…](…)', form: usual === 'mdx' ? usual : ('markdown' as Form) };
  const html = { label: 'HTML', description: '<img src="…" alt="…">', form: tag };
  const path = { label: vscode.l10n.t('Path Only'), description: '…/…', form: 'path' as Form };
  const items = usual === 'html' || usual === 'xml' ? [html, markdown, path] : [markdown, html, path];
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('How is the image inserted?') }))?.form;
};

export const registerInsert = (deps: {
  readonly panels: Panels;
  /** Folder of the journal. */
  readonly directory: string;
  readonly log: Log;
}): vscode.Disposable => {
  const { panels, directory, log } = deps;
  let last: vscode.TextDocument | undefined;
  const note = (editor: vscode.TextEditor | undefined): void => {
    if (editor !== undefined && isText(editor.document)) last = editor.document;
  };
  note(vscode.window.activeTextEditor);

  /** With its cursor where the person left it. */
  const lastEditor = async (): Promise<vscode.TextEditor | undefined> => {
    const { activeTextEditor: active, visibleTextEditors: visible } = vscode.window;
    if (active !== undefined && isText(active.document)) return active;
    const group = last && groupOf(last);
    if (last !== undefined && group !== undefined) return vscode.window.showTextDocument(last, group.viewColumn);
    const other = visible.find(({ document }) => isText(document));
    return other && vscode.window.showTextDocument(other.document, other.viewColumn);
  };

  const pickResult = async (): Promise<Chosen | undefined> => {
    const items: (vscode.QuickPickItem & { readonly chosen?: Chosen })[] = [];
    const seen = new Set<string>();
    for (const job of await readHistory(directory)) {
      if (items.length === offered) break;
      const chosen = chosenOf(job);
      if (chosen === undefined || seen.has(chosen.uri.toString()) || !isHere(chosen.uri)) continue;
      seen.add(chosen.uri.toString());
      if (!(await exists(chosen.uri))) continue;
      const description = vscode.workspace.asRelativePath(folderOf(chosen.uri));
      items.push({ label: nameOf(chosen.uri), description, detail: altOf(chosen.prompt ?? '', ''), chosen });
    }
    const file = { label: vscode.l10n.t('Choose a File…'), alwaysShow: true };
    const title = vscode.l10n.t('Image to insert');
    const picked = items.length === 0 ? file : await vscode.window.showQuickPick([...items, file], { title });
    if (picked !== file) return (picked as (typeof items)[number] | undefined)?.chosen;
    const uri = await pickImage(title);
    return uri && { uri };
  };

  const insert = async (image: Chosen, asks: boolean): Promise<void> => {
    if (!(await exists(image.uri))) throw new FaultError(fault('image.missing', { name: nameOf(image.uri) }));
    const editor = await lastEditor();
    if (editor === undefined) {
      const path = vscode.workspace.asRelativePath(image.uri, false);
      await vscode.env.clipboard.writeText(path);
      const said = vscode.l10n.t('No text editor is open. The path {path} is on the clipboard.', { path });
      void vscode.window.showInformationMessage(said);
      return;
    }
    const { document } = editor;
    const usual = markupKindOf(document.languageId);
    const form = asks || usual === undefined ? await askForm(usual) : usual;
    if (form === undefined) return;
    const address = addressFrom(document, image.uri);
    const snippet = new vscode.SnippetString();
    if (form === 'path') snippet.appendText(address);
    else {
      const { before, alt, after } = markupOf(form, address, altOf(await promptOf(image), nameOf(image.uri)));
      snippet.appendText(before).appendPlaceholder(alt).appendText(after).appendTabstop(0);
    }
    // False where it is read-only; an editor that was closed meanwhile rejects.
    if (!(await Promise.resolve(editor.insertSnippet(snippet)).catch(() => false)))
      throw new FaultError(fault('insert.refused', { name: nameOf(document.uri) }));
  };

  /** `given`: the file that a menu is about, or the job that a panel, the history or the list of fills is about. */
  const run =
    (asks: boolean) =>
    async (given?: vscode.Uri | Job): Promise<void> => {
      const panel = panels.active();
      if (given === undefined && panel !== undefined) return panel.run(asks ? 'insertImageAs' : 'insertImage');
      const chosen = given === undefined ? await pickResult() : chosenOf(given);
      if (chosen !== undefined) await insert(chosen, asks);
    };

  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(note),
    registerCommand(commands.insertImage, log, run(false)),
    registerCommand(commands.insertImageAs, log, run(true)),
  );
};
