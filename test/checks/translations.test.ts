import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainTexts, translationFaults } from './translations.ts';

const english = { a: 'Sends {width} of {name}', b: 'See [here](command:ff.go) and `code`, --mask', c: 'Plain' };

test('a whole translation has no faults, whatever the order of its places', () => {
  const german = { a: 'Von {name} wird {width} gesendet', b: '`code`, --mask und [hier](command:ff.go)', c: 'Einfach' };
  assert.deepEqual(translationFaults('de', english, german), []);
});

test('found: a missing text, an empty one, a lost place, a changed link, and what nobody says', () => {
  const german = { a: 'Von {name} gesendet', b: '[hier](command:ff.los), `code`, --mask', c: ' ', d: 'Rest' };
  const faults = translationFaults('de', english, german);
  assert.equal(faults.length, 4);
  for (const key of ['a', 'b', 'c', 'd'])
    assert.ok(
      faults.some((fault) => fault.includes(` ${key}`)),
      key,
    );
});

test('texts of a manifest that are not handed to translators are named, names are not', () => {
  const manifest = {
    displayName: '%name%',
    description: 'Plain',
    languageModelTools: [{ inputSchema: { properties: { mask: { description: 'For models' } } } }],
    contributes: { commands: [{ title: '%a%', category: 'Flux Fill' }], x: { enumItemLabels: ['fal', 'Practice'] } },
  };
  assert.equal(plainTexts(manifest).length, 2);
});
