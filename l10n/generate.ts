/**
 * Writes l10n/bundle.l10n.json: every sentence that can be translated, by its English text, as VS Code's l10n takes it.
 * The sentences come from the two tables and from the literal calls of vscode.l10n.t in src/host.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { sentences } from '../src/fill/sentences.ts';
import { texts } from '../src/protocol/texts.ts';

const root = resolve(import.meta.dirname, '..');
const host = join(root, 'src', 'host');

/** Hands the sentences of a table to vscode.l10n.t one by one; their calls name no sentence. */
const readers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'sentence.ts': sentences,
  'html.ts': texts,
};

export const bundleFile = join(root, 'l10n', 'bundle.l10n.json');

/** The text of the bundle. Throws where a call's sentence cannot be read from the code. */
export function bundle(): string {
  const found = readdirSync(host, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => Object.values(readers[name] ?? sentencesIn(name, readFileSync(join(host, name), 'utf8'))));
  const sorted = [...new Set(found)].sort();
  return `${JSON.stringify(Object.fromEntries(sorted.map((sentence) => [sentence, sentence])), undefined, 2)}\n`;
}

/** First arguments of vscode.l10n.t(...). Throws at one that is not a literal: a translator would never see it. */
export function sentencesIn(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest);
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText(source) === 'vscode.l10n.t') {
      const [sentence] = node.arguments;
      if (sentence === undefined || !ts.isStringLiteralLike(sentence)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
        throw new Error(`${name}:${line + 1}: vscode.l10n.t needs a literal, or its sentence is not in the bundle`);
      }
      found.push(sentence.text);
    }
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

if (import.meta.main) writeFileSync(bundleFile, bundle());
