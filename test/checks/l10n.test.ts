import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundle, sentencesIn } from '../../l10n/generate.ts';

test('literal sentences are found wherever they stand in the code', () => {
  const text = `const a = () => f(vscode.l10n.t('One {name}', { name: vscode.l10n.t(\`Two\`) })); other.t('No');`;
  assert.deepEqual(sentencesIn('a.ts', text), ['One {name}', 'Two']);
});

test('a sentence that is no literal is refused, with its place', () => {
  assert.throws(() => sentencesIn('a.ts', '\nvscode.l10n.t(sentence);'), /^Error: a\.ts:2: /);
  assert.throws(() => sentencesIn('a.ts', 'vscode.l10n.t(`Hello ${name}`);'), /literal/);
});

test('the bundle holds the sentences of both tables and of the host, in order, each as itself', () => {
  const entries = Object.entries(JSON.parse(bundle()) as Record<string, string>);
  const keys = entries.map(([key]) => key);
  for (const [key, value] of entries) assert.equal(key, value);
  assert.deepEqual(keys, [...keys].sort());
  for (const sentence of ['{name} is empty (0 bytes).', 'What should be there?', '{name} Is the Mask']) {
    assert(keys.includes(sentence), sentence);
  }
});
