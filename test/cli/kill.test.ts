/**
 * The built command line is killed at random moments of its life, and `resume` goes on. FLUX_FILL_KILLS says how often the
 * jobs of jobs/kill.test.ts are (30): the command line a fifth as often.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Job } from '../../src/fill/record.ts';
import { compare, decode } from '../e2e/judge.ts';
import { home, isOutside, prompt, rect } from './rig.ts';

const kills = Math.ceil(Number(process.env['FLUX_FILL_KILLS'] ?? 30) / 5);

test(`${kills} kills of the command line: every accepted job is saved once or known as unknown, nothing is sent twice`, async (t) => {
  await using here = await home({ readyAfter: 300, content: 'fill' });
  const fill = ['photo.png', '--rect', rect, '--prompt', prompt, '--base-url', here.emulator.url];
  const begun = performance.now();
  assert.equal((await here.run(fill)).code, 0);
  const life = performance.now() - begun;
  for (let killed = 0; killed < kills;) {
    const running = here.start(fill);
    await wait(Math.random() * life);
    if (!running.child.kill('SIGKILL')) continue;
    if ((await running.ended).code === null) killed++;
  }
  const left = await here.open();
  const before = new Map<string, Job>();
  for (const id of left)
    before.set(id, JSON.parse(await readFile(join(here.journal, 'open', id, 'record.json'), 'utf8')) as Job);
  const sent = here.submits();
  const waiting = [...before.values()].filter(({ state }) => state === 'prepared').length;
  const ends: Record<string, number> = {};
  for (const [id, { state }] of before) {
    const { code, stderr } = await here.run(['resume', id]);
    assert.equal(code, state === 'submitting' ? 9 : 0, `${id} was ${state}: ${stderr}`);
    ends[state] = (ends[state] ?? 0) + 1;
  }
  assert.equal(here.submits(), sent + waiting, 'what was sent is not sent again');
  assert.deepEqual(await here.open(), []);
  const done = await readdir(join(here.journal, 'done'));
  const jobs = await Promise.all(
    done.map(async (id) => JSON.parse(await readFile(join(here.journal, 'done', id, 'record.json'), 'utf8')) as Job),
  );
  const saved = jobs.filter(({ state }) => state === 'saved').map((job) => job.saved!.name);
  const files = (await here.names()).filter((name) => name !== 'photo.png');
  assert.deepEqual(files.sort(), saved.sort(), 'every saved job has its file, and no other file is there');
  const source = await decode(here.photo);
  for (const name of files)
    assert.equal(compare(source, await decode(join(here.folder, name)), isOutside).outside, 0, name);
  const unknown = jobs.filter(({ state }) => state === 'unknown').length;
  assert.ok(here.emulator.accepted() <= saved.length + unknown, 'no accepted job is lost');
  t.diagnostic(`left in ${JSON.stringify(ends)}; ${saved.length} saved, ${unknown} unknown`);
});
