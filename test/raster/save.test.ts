import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { checkFolder, discard, freeName, hashFile, putFile } from '../../src/raster/save.ts';

let root: string;
let file: string;
const content = Buffer.alloc(3_000_000, 'fill');

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'flux-fill-save-'));
  file = join(root, 'finished');
  await writeFile(file, content, { mode: 0o600 });
});
after(() => rm(root, { recursive: true, force: true }));

const folder = async (name: string): Promise<string> => {
  const path = join(root, name);
  await mkdir(path);
  return path;
};

suite('putFile', () => {
  test('the file stands whole under its name, readable as any new file, and nothing else stays', async () => {
    const to = await folder('whole');
    const put = await putFile(file, to, '.way.tmp', 'a.fill-001.png');
    assert.deepEqual(put, { ok: true, value: { path: join(to, 'a.fill-001.png') } });
    assert.deepEqual(await readFile(join(to, 'a.fill-001.png')), content);
    assert.deepEqual(await readdir(to), ['a.fill-001.png']);
    const plain = join(to, 'plain');
    await writeFile(plain, '');
    assert.equal((await stat(join(to, 'a.fill-001.png'))).mode, (await stat(plain)).mode);
  });

  test('a name that exists is taken and keeps its content', async () => {
    const to = await folder('taken');
    await writeFile(join(to, 'a.png'), 'mine');
    assert.deepEqual(await putFile(file, to, '.way.tmp', 'a.png'), { ok: true, value: 'taken' });
    assert.equal(await readFile(join(to, 'a.png'), 'utf8'), 'mine');
    assert.deepEqual(await readdir(to), ['a.png']);
  });

  test('of many at once exactly one gets the name', async () => {
    const to = await folder('race');
    const puts = await Promise.all(
      Array.from({ length: 8 }, (_, index) => putFile(file, to, `.way-${index}.tmp`, 'a.png')),
    );
    assert.equal(puts.filter((put) => put.ok && put.value === 'taken').length, 7);
    assert.deepEqual(await readFile(join(to, 'a.png')), content);
    assert.deepEqual(await readdir(to), ['a.png']);
  });

  test('a temporary name that is in use is not touched', async () => {
    const to = await folder('used');
    await writeFile(join(to, '.way.tmp'), 'theirs');
    const put = await putFile(file, to, '.way.tmp', 'a.png');
    assert.equal(put.ok ? '' : put.fault.code, 'save.failed');
    assert.deepEqual(await readdir(to), ['.way.tmp']);
  });

  test('without hard links the file is still whole, and never over another', async () => {
    const to = await folder('linkless');
    const noLinks = (): Promise<void> => Promise.reject(Object.assign(new Error('no links here'), { code: 'EPERM' }));
    assert.ok((await putFile(file, to, '.way.tmp', 'a.png', noLinks)).ok);
    assert.deepEqual(await readFile(join(to, 'a.png')), content);
    assert.deepEqual(await putFile(file, to, '.way.tmp', 'a.png', noLinks), { ok: true, value: 'taken' });
    assert.deepEqual(await readdir(to), ['a.png']);
  });

  test('a full disk is told apart and leaves nothing behind', async () => {
    const to = await folder('full');
    const full = (): Promise<void> => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    const put = await putFile(file, to, '.way.tmp', 'a.png', full);
    assert.deepEqual(put.ok ? '' : [put.fault.code, put.fault.args], ['save.full', { name: 'a.png' }]);
    assert.deepEqual(await readdir(to), []);
  });

  test('a folder that is gone is named', async () => {
    const put = await putFile(file, join(root, 'gone'), '.way.tmp', 'a.png');
    assert.deepEqual(put.ok ? '' : [put.fault.code, put.fault.args], ['save.noFolder', { folder: join(root, 'gone') }]);
  });

  test('what cannot be read leaves nothing behind', async () => {
    const to = await folder('unreadable');
    const put = await putFile(join(root, 'nothing'), to, '.way.tmp', 'a.png');
    assert.equal(put.ok ? '' : put.fault.code, 'save.failed');
    assert.deepEqual(await readdir(to), []);
  });
});

suite('checkFolder', () => {
  test('a writable folder passes and stays empty', async () => {
    const to = await folder('writable');
    assert.deepEqual(await checkFolder(to), { ok: true, value: undefined });
    assert.deepEqual(await readdir(to), []);
  });

  test('a missing one is named', async () => {
    const checked = await checkFolder(join(root, 'missing'));
    assert.equal(checked.ok ? '' : checked.fault.code, 'save.noFolder');
  });

  test('a read-only one is told', async () => {
    // The superuser may write to locked folders, but not even they to /sys.
    const locked = process.getuid?.() === 0 ? '/sys' : await folder('locked');
    if (locked !== '/sys') await chmod(locked, 0o555);
    const checked = await checkFolder(locked);
    if (locked !== '/sys') await chmod(locked, 0o755);
    assert.equal(checked.ok ? '' : checked.fault.code, 'save.readOnly');
  });
});

test('freeName takes the number after the highest one used', async () => {
  const to = await folder('names');
  assert.deepEqual(await freeName(to, 'cat.jpg', '.png'), { ok: true, value: 'cat.fill-001.png' });
  await writeFile(join(to, 'cat.fill-007.jpg'), '');
  assert.deepEqual(await freeName(to, 'cat.jpg', '.png'), { ok: true, value: 'cat.fill-008.png' });
  const missing = await freeName(join(root, 'nowhere'), 'cat.jpg', '.png');
  assert.equal(missing.ok ? '' : missing.fault.code, 'save.noFolder');
});

test('hashFile is the SHA-256 of the bytes, and discard forgives what is not there', async () => {
  assert.equal(await hashFile(file), createHash('sha256').update(content).digest('hex'));
  await discard(join(root, 'never-was'));
});
