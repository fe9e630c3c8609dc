/** Several windows on one journal, each a process of its own. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { makeFill, makeInput, makeRig, scriptedService, until, type Rig } from './rig.ts';
import { openWindow, savedBytes, serve, type CountingServer, type Window } from './window.ts';

let rig: Rig;
let server: CountingServer;
let windows: Window[] = [];
beforeEach(async () => {
  [rig, server] = await Promise.all([makeRig(), serve()]);
  windows = [];
});
afterEach(async () => {
  for (const window of windows) window.process.kill('SIGKILL');
  await Promise.all([...windows.map((window) => window.end.catch(() => undefined)), server.close()]);
  await rig.remove();
});

const open = (start?: string): Window => {
  const task = { root: rig.root, url: server.url, speed: 50 };
  const window = openWindow(start === undefined ? task : { ...task, start });
  windows.push(window);
  return window;
};

const id = 'processtest01';

const savedOnce = async (job: string, files = 2): Promise<void> => {
  const record = await rig.record('done', job);
  assert.equal(record.state, 'saved');
  assert.equal(server.submits(job), 1);
  assert.deepEqual(await readFile(join(rig.target, record.saved?.name ?? '')), savedBytes(job));
  assert.equal((await rig.names('pictures')).length, files);
};

test('two windows that find the same jobs send and save each of them once', async () => {
  const runner = rig.open(scriptedService().service, { service: () => new Promise(() => undefined) });
  const ids = Array.from({ length: 6 }, (_, index) => `processtest${index}`);
  for (const one of ids) {
    const fill = makeFill(rig.target, one);
    const started = await runner.start(makeInput({ ...fill, parameters: { ...fill.parameters, prompt: one } }));
    assert.ok(started.ok);
  }
  const both = [open(), open()];
  await Promise.all(both.map((window) => window.up));
  await runner.dispose();
  assert.deepEqual(await Promise.all(both.map((window) => window.end)), ['ended', 'ended']);
  for (const one of ids) await savedOnce(one, 7);
});

test('a window that lives goes on with the job of one that died', async () => {
  server.ready = false;
  const first = open(id);
  await until(() => server.polls(id) > 2);
  const second = open();
  await second.up;
  first.process.kill('SIGKILL');
  await first.end;
  const asked = server.polls(id);
  await until(() => server.polls(id) > asked + 1);
  server.ready = true;
  assert.equal(await second.end, 'ended');
  await savedOnce(id);
});

test('a window that froze loses its job, and does nothing more to it when it wakes', async () => {
  server.ready = false;
  const first = open(id);
  await until(() => server.polls(id) > 2);
  first.process.kill('SIGSTOP');
  server.ready = true;
  const second = open();
  assert.equal(await second.end, 'ended');
  const record = await readFile(join(rig.journal, 'done', id, 'record.json'), 'utf8');
  first.process.kill('SIGCONT');
  assert.equal(await first.end, 'ended');
  assert.equal(await readFile(join(rig.journal, 'done', id, 'record.json'), 'utf8'), record);
  await savedOnce(id);
});

test('with 500 ended jobs, going on reads one folder listing and nothing else', async () => {
  for (let index = 0; index < 500; index++) {
    const folder = join(rig.journal, 'done', `endedended${index}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'record.json'), '{}');
  }
  await mkdir(join(rig.journal, 'open'));
  const window = openWindow({ root: rig.root, url: server.url, speed: 50, tellCalls: true });
  assert.equal(await window.end, 'ended');
  assert.deepEqual(
    window.lines.filter((line) => line.startsWith('call')),
    [`call readdir ${join(rig.journal, 'open')}`],
  );
});
