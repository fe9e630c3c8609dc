import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineFaults, idFaults, linkFaults, strayIds, textFaults, type Ids, type Manifest } from './ids.ts';

const ids: Ids = {
  section: 'ff',
  commands: { go: 'ff.go' },
  settings: { url: 'url' },
  contexts: { active: 'ff.active' },
  panelViewType: 'ff.panel',
  historyViewType: 'ff.history',
  views: { list: 'ff.list' },
  walkthroughs: { start: 'start' },
};

const manifest: Manifest = {
  engines: { vscode: '^1.100.3' },
  devDependencies: { '@types/vscode': '1.100.0' },
  activationEvents: ['onStartupFinished', 'onWebviewPanel:ff.panel', 'onWebviewPanel:ff.history'],
  contributes: {
    commands: [{ command: 'ff.go' }],
    menus: { 'editor/title': [{ command: 'ff.go', when: "ff.active || activeWebviewPanelId == 'ff.panel'" }] },
    walkthroughs: [{ id: 'start' }],
    views: { explorer: [{ id: 'ff.list', when: 'ff.active' }] },
    configuration: { properties: { 'ff.url': {} } },
  },
};

const changed = (contributes: Partial<Manifest['contributes']>): Manifest => ({
  ...manifest,
  contributes: { ...manifest.contributes, ...contributes },
});

test('what agrees has no faults', () => assert.deepEqual(idFaults(manifest, ids), []));

const planted: Readonly<Record<string, readonly [Manifest, Ids]>> = {
  'a command of package.json that the code does not know': [
    changed({ commands: [{ command: 'ff.go' }, { command: 'ff.stop' }] }),
    ids,
  ],
  'a command of the code that package.json lacks': [manifest, { ...ids, commands: { go: 'ff.go', stop: 'ff.stop' } }],
  'a menu with an unknown command': [changed({ menus: { 'editor/title': [{ command: 'ff.stop' }] } }), ids],
  'a key with an unknown command': [changed({ keybindings: [{ command: 'ff.stop' }] }), ids],
  'an unknown context': [changed({ menus: { 'editor/title': [{ command: 'ff.go', when: '!ff.busy' }] } }), ids],
  'an unknown context of a command': [changed({ commands: [{ command: 'ff.go', enablement: 'ff.busy' }] }), ids],
  'a setting of package.json that the code does not know': [
    changed({ configuration: { properties: { 'ff.url': {}, 'ff.more': {} } } }),
    ids,
  ],
  'a setting of the code that package.json lacks': [manifest, { ...ids, settings: { url: 'url', more: 'more' } }],
  'a view that the code does not know': [changed({ views: { explorer: [{ id: 'ff.list' }, { id: 'ff.more' }] } }), ids],
  'an unknown context of a view': [changed({ views: { explorer: [{ id: 'ff.list', when: 'ff.busy' }] } }), ids],
  'an activation event of no panel': [
    { ...manifest, activationEvents: [...manifest.activationEvents, 'onWebviewPanel:ff.other'] },
    ids,
  ],
  'a panel that nothing activates': [{ ...manifest, activationEvents: ['onWebviewPanel:ff.history'] }, ids],
};
for (const [what, [given, code]] of Object.entries(planted)) {
  test(`found: ${what}`, () => assert.equal(idFaults(given, code).length, 1));
}

test('found: an id that is written out in the code', () => {
  const files = new Map([
    ['src/ids.ts', "export const go = 'ff.go';"],
    ['src/host/a.ts', "run('ff.go'); run(`ff.${x}`); run('aff.go');"],
  ]);
  assert.equal(strayIds(files, 'ff').length, 2);
});

test('found: a text that is missing, and one that nobody uses', () => {
  const given = { title: '%a%', more: [{ title: '%b%' }], share: '50 %, or 60 %' };
  assert.deepEqual(textFaults(given, { a: 'A', b: 'B' }), []);
  assert.equal(textFaults(given, { a: 'A' }).length, 1);
  assert.equal(textFaults(given, { a: 'A', b: 'B', c: 'C' }).length, 1);
});

test('found: an engine below the lowest release that is tested, and types above it', () => {
  assert.deepEqual(engineFaults(manifest, '1.100.3'), []);
  assert.equal(engineFaults({ ...manifest, engines: { vscode: '^1.99.0' } }, '1.100.3').length, 1);
  assert.equal(engineFaults({ ...manifest, devDependencies: { '@types/vscode': '1.101.0' } }, '1.100.3').length, 1);
});

test('links of texts and events name commands, contexts and settings that exist', () => {
  const texts = { a: '[Go](command:ff.go) [Limit](command:open?%5B%22%40id%3Aff.url%22%5D)' };
  const events = { completionEvents: ['onCommand:ff.go', 'onContext:ff.active', 'onSettingChanged:ff.url'] };
  assert.deepEqual(linkFaults(events, texts, ids), []);
  const wrong = { a: '[Go](command:ff.stop) [Limit](command:open?%5B%22%40id%3Aff.limit%22%5D)' };
  assert.equal(linkFaults({ completionEvents: ['onContext:ff.never'] }, wrong, ids).length, 3);
});
