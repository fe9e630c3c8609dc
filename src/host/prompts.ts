/** Prompts of earlier fills, newest first: a small file beside the documents, read when somebody asks for it. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { promptLimit } from '../fill/parameters.ts';

const promptsSchema = v.array(v.object({ prompt: v.pipe(v.string(), v.maxLength(promptLimit)), image: v.string() }));
type Entry = v.InferOutput<typeof promptsSchema>[number];

/** Prompts kept. */
const kept = 200;

export interface Prompts {
  /** Puts a prompt first; the same prompt of the same image is in the list once. */
  note(prompt: string, image: string): Promise<void>;
  /** Has the person choose one, those of this image first; undefined where they thought better of it. */
  pick(image: string): Promise<string | undefined>;
}

/** Those of this image first, each prompt once. Pure. */
export const sortedFor = (
  entries: readonly Entry[],
  image: string,
): { readonly own: readonly string[]; readonly others: readonly string[] } => {
  const of = (isOwn: boolean): string[] => [
    ...new Set(entries.filter((entry) => (entry.image === image) === isOwn).map(({ prompt }) => prompt)),
  ];
  const own = of(true);
  return { own, others: of(false).filter((prompt) => !own.includes(prompt)) };
};

/** `entries` with one more in front. Pure. */
export const withPrompt = (entries: readonly Entry[], entry: Entry): readonly Entry[] =>
  [entry, ...entries.filter(({ prompt, image }) => prompt !== entry.prompt || image !== entry.image)].slice(0, kept);

interface Item extends vscode.QuickPickItem {
  readonly prompt?: string;
}

export const createPrompts = (storage: string): Prompts => {
  const file = path.join(storage, 'prompts.json');
  let writing: Promise<void> = Promise.resolve();

  const read = async (): Promise<readonly Entry[]> => {
    try {
      return v.parse(promptsSchema, JSON.parse(await readFile(file, 'utf8')));
    } catch {
      return [];
    }
  };

  /** What another window wrote meanwhile is read first. */
  const change = (to: (entries: readonly Entry[]) => readonly Entry[]): Promise<void> => {
    writing = writing
      .then(async () => {
        await mkdir(storage, { recursive: true });
        const temporary = `${file}.${randomUUID()}.tmp`;
        await writeFile(temporary, JSON.stringify(to(await read())));
        await rename(temporary, file);
      })
      .catch(() => undefined);
    return writing;
  };

  const forget: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('trash'),
    tooltip: vscode.l10n.t('Forget This Prompt'),
  };
  const forgetAll: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('clear-all'),
    tooltip: vscode.l10n.t('Forget All Prompts'),
  };

  const itemsFor = (entries: readonly Entry[], image: string): Item[] => {
    const { own, others } = sortedFor(entries, image);
    const group = (label: string, prompts: readonly string[]): Item[] =>
      prompts.length === 0
        ? []
        : [
            { label, kind: vscode.QuickPickItemKind.Separator },
            ...prompts.map((prompt) => ({ label: prompt.replaceAll(/\s+/g, ' '), prompt, buttons: [forget] })),
          ];
    return [...group(vscode.l10n.t('this image'), own), ...group(vscode.l10n.t('other images'), others)];
  };

  const pick: Prompts['pick'] = async (image) => {
    let entries = await read();
    if (entries.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('No prompts yet: those of your fills will be listed here.'),
      );
      return undefined;
    }
    const picker = vscode.window.createQuickPick<Item>();
    picker.title = vscode.l10n.t('Recent Prompts');
    picker.placeholder = vscode.l10n.t('Type to search');
    picker.matchOnDescription = true;
    picker.buttons = [forgetAll];
    picker.items = itemsFor(entries, image);
    picker.onDidTriggerItemButton(({ item }) => {
      entries = entries.filter(({ prompt }) => prompt !== item.prompt);
      picker.items = itemsFor(entries, image);
      void change((now) => now.filter(({ prompt }) => prompt !== item.prompt));
    });
    picker.onDidTriggerButton(() => {
      void change(() => []);
      picker.hide();
    });
    return new Promise((resolve) => {
      picker.onDidAccept(() => {
        resolve(picker.selectedItems[0]?.prompt);
        picker.hide();
      });
      picker.onDidHide(() => {
        resolve(undefined);
        picker.dispose();
      });
      picker.show();
    });
  };

  return {
    note: (prompt, image) =>
      prompt.trim() === '' ? Promise.resolve() : change((entries) => withPrompt(entries, { prompt, image })),
    pick,
  };
};
