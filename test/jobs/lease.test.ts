import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { holdsLease, releaseLease, renewLease, takeLease } from '../../src/jobs/lease.ts';

let folder = '';
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'flux-fill-lease-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const never = () => false;
const take = async (isStale: (stamp: string) => boolean = never) => {
  const lease = await takeLease(folder, isStale);
  assert.ok(typeof lease === 'object');
  return lease;
};

test('of many takers one wins, and a free lease goes to the next', async () => {
  const taken = await Promise.all(Array.from({ length: 20 }, () => takeLease(folder, never)));
  const won = taken.filter((lease) => typeof lease === 'object');
  assert.equal(won.length, 1);
  assert.ok(await holdsLease(folder, won[0]));
  assert.equal(await takeLease(folder, never), 'busy');
  await releaseLease(folder, won[0]);
  const next = await take();
  assert.equal(next.number, won[0].number + 1);
  assert.equal(await holdsLease(folder, won[0]), false);
});

test('of many takers of a stale lease one wins, and the old owner learns that it lost', async () => {
  const old = await take();
  const taken = await Promise.all(Array.from({ length: 20 }, () => takeLease(folder, () => true)));
  // Each winner may be found stale by a later taker of this test: the last one owns the job alone.
  const owners = await Promise.all(
    taken.filter((lease) => typeof lease === 'object').map((lease) => holdsLease(folder, lease)),
  );
  assert.equal(owners.filter((holds) => holds).length, 1);
  assert.equal(await holdsLease(folder, old), false);
  assert.equal(await renewLease(folder, old, Date.now()), false);
});

test('a process that ended owns nothing, one that lives does, one on another host is watched', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const lease = (pid: number | undefined, host: string) =>
    writeFile(join(folder, 'lease.1'), JSON.stringify({ pid, host, nonce: 'n' }));
  await lease(process.pid, hostname());
  assert.equal(await takeLease(folder, never), 'busy');
  await lease(child.pid, 'another-host');
  assert.equal(await takeLease(folder, never), 'busy');
  await lease(child.pid, hostname());
  assert.equal((await take()).number, 2);
});

test('a renewal changes the stamp that watchers see; no clock is compared', async () => {
  const lease = await take();
  const stamps: string[] = [];
  const look = () => takeLease(folder, (stamp) => stamps.push(stamp) < 0);
  await renewLease(folder, lease, 1_000_000);
  assert.equal(await look(), 'busy');
  assert.equal(await look(), 'busy');
  await renewLease(folder, lease, 500_000);
  assert.equal(await look(), 'busy');
  assert.equal(stamps[0], stamps[1]);
  assert.notEqual(stamps[1], stamps[2]);
});

test('words that cannot be read are not taken for a dead owner; what dead owners left is cleared', async () => {
  await writeFile(join(folder, 'lease.1'), '{"pid": 1');
  await writeFile(join(folder, 'record.json.1234.tmp'), 'half');
  assert.equal(await takeLease(folder, never), 'busy');
  assert.deepEqual(await readdir(folder), ['lease.1', 'record.json.1234.tmp']);
  await take(() => true);
  assert.deepEqual(await readdir(folder), ['lease.2']);
});

test('a folder that moved away is gone, and nobody holds it', async () => {
  const lease = await take();
  await rm(folder, { recursive: true });
  assert.equal(await takeLease(folder, never), 'gone');
  assert.equal(await holdsLease(folder, lease), false);
});
