import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createUndo, type Direction, type Undo } from '../../src/page/canvas/undo.ts';

const edit = (name: string, bytes = 10) => ({
  patches: [{ index: 0, before: new Uint8Array(bytes), after: new Uint8Array(bytes) }],
  before: `before ${name}`,
  after: `after ${name}`,
});

/** Goes one step, if the edit is there, and says what is left by it. */
const go = (undo: Undo<string>, direction: Direction): string | undefined => {
  const next = undo.next(direction);
  if (next === undefined || next === 'away') return next;
  undo.pass(direction);
  return next.edit[direction === 'undo' ? 'before' : 'after'];
};

suite('undo', () => {
  test('undo, redo, and a new edit that ends the redo', () => {
    const undo = createUndo<string>(1e6);
    assert.equal(undo.push(edit('a')), 0);
    assert.equal(undo.push(edit('b')), 1);
    assert.equal(go(undo, 'undo'), 'before b');
    assert.equal(go(undo, 'redo'), 'after b');
    assert.equal(go(undo, 'undo'), 'before b');
    assert.equal(undo.last(), undefined, 'nothing is joined to an edit while one is taken back');
    assert.equal(undo.push(edit('c')), 1);
    assert.equal(undo.canRedo(), false);
    assert.equal(go(undo, 'undo'), 'before c');
    assert.equal(go(undo, 'undo'), 'before a');
    assert.equal(undo.canUndo(), false);
    assert.equal(go(undo, 'undo'), undefined);
  });

  test('beyond the byte budget the edits farthest from the position are away, until they are brought back', () => {
    const undo = createUndo<string>(5000);
    const edits = Array.from({ length: 20 }, (_, index) => edit(String(index), 500));
    for (const each of edits) undo.push(each);
    assert.ok(undo.bytes() <= 5000);
    const names: (string | undefined)[] = [];
    while (undo.next('undo') !== 'away') names.push(go(undo, 'undo'));
    assert.deepEqual(names, ['before 19', 'before 18', 'before 17', 'before 16']);
    undo.bring(12, edits.slice(12, 16));
    assert.ok(undo.bytes() <= 5000);
    assert.equal(go(undo, 'undo'), 'before 15');
    while (undo.next('undo') !== 'away') go(undo, 'undo');
    undo.bring(0, edits.slice(0, undo.position()));
    while (undo.canUndo()) {
      if (undo.next('undo') === 'away') undo.bring(0, edits.slice(0, undo.position()));
      go(undo, 'undo');
    }
    assert.equal(undo.position(), 0);
    assert.equal(go(undo, 'redo'), 'after 0');
    while (undo.next('redo') !== 'away') go(undo, 'redo');
    undo.drop('redo');
    assert.equal(undo.canRedo(), false);
    assert.equal(undo.canUndo(), true);
  });

  test('an edit larger than the budget can be taken back all the same', () => {
    const undo = createUndo<string>(5000);
    undo.push(edit('small'));
    undo.push(edit('huge', 100_000));
    assert.equal(go(undo, 'undo'), 'before huge');
    assert.equal(go(undo, 'redo'), 'after huge');
  });

  test('a history of the host is known before any of it is there; what is lost of it ends it', () => {
    const undo = createUndo<string>(5000, { first: 3, position: 5, end: 7 });
    assert.equal(undo.next('undo'), 'away');
    assert.equal(undo.next('redo'), 'away');
    undo.bring(4, [edit('4'), edit('5'), edit('6'), edit('7')]);
    assert.equal(go(undo, 'redo'), 'after 5');
    assert.equal(go(undo, 'redo'), 'after 6');
    assert.equal(undo.canRedo(), false);
    assert.equal(undo.push(edit('mine')), 7);
    for (let step = 0; step < 4; step++) go(undo, 'undo');
    assert.equal(undo.position(), 4);
    undo.drop('undo');
    assert.equal(undo.canUndo(), false);
    assert.equal(undo.next('undo'), undefined);
  });
});
