/** Readers that go away: what is paid for is saved all the same, and what was to be read is not lost. */
import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { home, rect } from './rig.ts';

const args = (url: string): readonly string[] => ['photo.png', '--rect', rect, '--base-url', url];

test('a standard error that nobody reads any more ends nothing', async () => {
  await using at = await home({ readyAfter: 500 });
  const running = at.start(args(at.emulator.url));
  await running.said(/submitted/);
  running.child.stderr!.destroy();
  const { code, stdout } = await running.ended;
  assert.equal(code, 0);
  assert.match(stdout, /photo\.fill-001\.png\n$/);
  assert.deepEqual([await at.open(), at.submits()], [[], 1]);
});

test('a standard output that nobody reads any more: saved, told on standard error, exit 1', async () => {
  await using at = await home();
  const { child, ended } = at.start(args(at.emulator.url));
  child.stdout!.destroy();
  const { code, stderr } = await ended;
  assert.equal(code, 1);
  assert.match(stderr, /standard output cannot be written \(EPIPE\):\n\S+photo\.fill-001\.png\n/);
  assert.deepEqual([await at.open(), at.submits()], [[], 1]);
});

test('a standard output on a full disk: the same', { skip: process.platform !== 'linux' }, async () => {
  await using at = await home();
  await using full = await open('/dev/full', 'w');
  const { code, stderr } = await at.start(args(at.emulator.url), {}, full.fd).ended;
  assert.equal(code, 1);
  assert.match(stderr, /standard output cannot be written \(ENOSPC\):\n\S+photo\.fill-001\.png\n/);
});
