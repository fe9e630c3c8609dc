import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageFaults, type Facts } from './pages.ts';

const readme = '# Title\n\n| `ff.a` |\n| `fluxFill.a` | `50` | What it is |\n';

const facts = (pages: Readonly<Record<string, string>>): Facts => ({
  pages: new Map(Object.entries({ 'README.md': readme, ...pages })),
  exists: (path) => ['README.md', 'docs/a.md', 'src/a.ts'].includes(path),
  read: () => 'export const known = 1;',
  settings: { 'fluxFill.a': { default: 50 } },
  titles: ['Flux Fill: Inpaint'],
  scripts: ['build'],
  messages: ['{host} is busy: wait {count} minutes.'],
  help: '  --mask FILE   mask\n  --mask-beside  beside',
});

test('what is so has no faults', () => {
  const page =
    '# A page: one\n[here](#a-page-one) [readme](../README.md#title) **Flux\nFill: Inpaint** `known` in `src/a.ts`\n' +
    '`flux-fill x --mask-beside` npm run build https://example.org/home/x\n```\n[none](none.md)\n```\n';
  assert.deepEqual(pageFaults(facts({ 'docs/a.md': page })), []);
});

const planted: Readonly<Record<string, string>> = {
  'a link to nowhere': '[x](b.md)',
  'a link to no heading': '[x](../README.md#other)',
  'a file that is not there': '`src/b.ts`',
  'a name that the file does not hold': '`unknown` in `src/a.ts`',
  'a script that is none': 'npm run nothing',
  'a command that is none': '**Flux Fill: Explode**',
  'an option that is none': '```\nflux-fill x --nothing\n```',
  'a place of one machine': 'see /tmp/somewhere',
};
test('what is quoted as a message is one, with or without what is filled in', () => {
  const of = (page: string): number => pageFaults(facts({ 'docs/troubleshooting.md': page })).length;
  assert.equal(of('“is\nbusy” “… is busy: wait … minutes.”'), 0);
  assert.equal(of('“is lazy”'), 1);
  assert.equal(of('“is busy: wait 5 minutes”'), 1);
});

for (const [what, page] of Object.entries(planted)) {
  test(`found: ${what}`, () => assert.equal(pageFaults(facts({ 'docs/a.md': page })).length, 1));
}

test('found: settings that are missing, unknown, or have another default', () => {
  const of = (table: string): number => pageFaults(facts({ 'README.md': table })).length;
  assert.equal(of('nothing'), 1);
  assert.equal(of(`${readme}| \`fluxFill.b\` | empty | x |`), 1);
  assert.equal(of('| `fluxFill.a` | `5` | x |'), 1);
});
