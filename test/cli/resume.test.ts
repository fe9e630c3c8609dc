/** What ends before the job does, and goes on later. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import sharp from 'sharp';
import { compare, decode } from '../e2e/judge.ts';
import { home, isOutside, nothingSent, rect, viewOf, type Home, type Started } from './rig.ts';

/** Longer than any test: ready only when the emulator is told so. */
const never = { readyAfter: 3_600_000 } as const;

const begin = (here: Home, ...more: readonly string[]): Started =>
  here.start(['photo.png', '--rect', rect, '--base-url', here.emulator.url, ...more]);

const resumeIn = (stderr: string): readonly string[] => {
  const [, words] = /flux-fill (resume [0-9a-z]+)$/m.exec(stderr) ?? [];
  assert(words !== undefined, stderr);
  return words.split(' ');
};

const isWhole = async (here: Home, path: string): Promise<void> => {
  assert.equal(compare(await decode(here.photo), await decode(path), isOutside).outside, 0);
  assert.equal(here.submits(), 1);
  assert.deepEqual(await here.open(), []);
};

suite('resume', { concurrency: 4 }, () => {
  test('--timeout ends with 8 and names the command that finishes the job', async () => {
    await using here = await home(never);
    const late = await here.fill('--timeout', '3', '--json');
    assert.equal(late.code, 8, late.stderr);
    const { id, state, path, error } = viewOf(late);
    assert.deepEqual([state, path, error?.code], ['submitted', null, 'job.notReady']);
    assert.deepEqual(resumeIn(late.stderr), ['resume', id]);
    assert.deepEqual(await here.names(), ['photo.png']);

    const listed = await here.run(['jobs']);
    assert.match(listed.stdout, new RegExp(`^${id}  submitted  \\S+  photo\\.png\\n$`));
    const [view] = JSON.parse((await here.run(['jobs', '--json'])).stdout) as { id: string }[];
    assert.equal(view.id, id);

    here.emulator.control({ readyAfter: 0 });
    const saved = join(here.folder, 'photo.fill-001.png');
    for (const what of ['finishes', 'has finished']) {
      const resumed = await here.run(['resume', id]);
      assert.deepEqual([what, resumed.code, resumed.stdout], [what, 0, `${saved}\n`], resumed.stderr);
      await isWhole(here, saved);
    }
    assert.equal((await here.run(['jobs'])).stdout, '');
  });

  test('resume without a key says so at once, and the job stays', async () => {
    await using here = await home(never);
    const late = await here.fill('--timeout', '3');
    const resume = resumeIn(late.stderr);
    const { code } = await here.run(resume, { BFL_API_KEY: '' });
    assert.equal(code, 3);
    assert.deepEqual(await here.open(), [resume[1]]);
  });

  test('a result that stays broken is asked for until the time is over, and comes with resume', async () => {
    await using here = await home({ scenario: 'truncated-always' });
    const late = await here.fill('--timeout', '2');
    assert.equal(late.code, 8, late.stderr);
    assert.deepEqual(await here.names(), ['photo.png']);
    here.emulator.control({ scenario: 'normal' });
    const { code, stdout } = await here.run(resumeIn(late.stderr));
    assert.equal(code, 0);
    await isWhole(here, stdout.trim());
  });

  test('a result whose folder went away is kept, and saved by resume when the folder is back', async () => {
    await using here = await home(never);
    const folder = join(here.folder, 'away');
    await mkdir(folder);
    const running = begin(here, '--json', '--out', join('away', 'x.png'));
    await running.said(/^submitted/m);
    await rm(folder, { recursive: true });
    here.emulator.control({ readyAfter: 0 });
    const failed = await running.ended;
    assert.equal(failed.code, 10, failed.stderr);
    assert.match(failed.stderr, /The result is kept in /);
    await mkdir(folder);
    const { id } = viewOf(failed);
    const { code, stdout, stderr } = await here.run(['resume', id], { BFL_API_KEY: '' });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${join(folder, 'x.png')}\n`);
    await isWhole(here, stdout.trim());
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} while polling: exit 130, no file, and resume finishes`, async () => {
      await using here = await home(never);
      await writeFile(join(here.folder, 'x.png'), 'mine');
      const running = begin(here, '--json', '--out', 'x.png', '--force');
      await running.said(/^submitted/m);
      running.child.kill(signal);
      const ended = await running.ended;
      assert.equal(ended.code, 130, ended.stderr);
      assert.equal(viewOf(ended).error?.code, 'job.interrupted');
      assert.deepEqual(await here.names(), ['photo.png', 'x.png']);
      assert.equal(await readFile(join(here.folder, 'x.png'), 'utf8'), 'mine');
      here.emulator.control({ readyAfter: 0 });
      const { code, stdout } = await here.run(resumeIn(ended.stderr));
      assert.deepEqual([code, stdout], [0, `${join(here.folder, 'x.png')}\n`]);
      await isWhole(here, stdout.trim());
      assert.deepEqual(await here.names(), ['photo.png', 'x.png']);
    });
  }

  test('SIGINT before the submit: nothing is sent and nothing stays', async () => {
    await using here = await home();
    const side = 10_000;
    await sharp({ create: { width: side, height: side, channels: 3, background: '#888' } })
      .png()
      .toFile(join(here.folder, 'large.png'));
    const running = here.start(['large.png', '--rect', '9000,9000,900,900', '--base-url', here.emulator.url]);
    // The engine decodes 100 MP while the job is being written.
    const isPreparing = async (): Promise<boolean> => (await here.written()).length > 0;
    while (!(await isPreparing())) await new Promise(setImmediate);
    running.child.kill('SIGINT');
    await running.said(/Cancelled before anything was sent/);
    assert.equal((await running.ended).code, 130);
    nothingSent(here.emulator);
    assert.deepEqual([await here.written(), await here.open()], [[], []]);
  });

  test('SIGINT while the answer to the submit is awaited: unknown, and never sent again', async () => {
    await using here = await home({ scenario: 'slow-loris-submit' });
    const running = begin(here);
    await running.said(/^submitting/m);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    assert.equal(ended.code, 130);
    here.emulator.control({ scenario: 'normal' });
    const { code, stderr } = await here.run(resumeIn(ended.stderr));
    assert.equal(code, 9, stderr);
    assert.equal(stderr.match(/flux-fill resume \w+ --send-again/g)?.length, 1, 'the way on, once');
    assert(here.submits() <= 1);
  });

  test('a fill whose outcome is unknown ends with the way on', async () => {
    await using here = await home({ scenario: 'accepted-but-answer-lost' });
    const ended = await here.fill();
    assert.equal(ended.code, 9, ended.stderr);
    assert.equal(ended.stderr.match(/flux-fill resume \w+ --send-again/g)?.length, 1, ended.stderr);
  });

  test('a second SIGINT ends the program although the first still waits for the service', async () => {
    await using here = await home({ scenario: 'slow-loris-submit' });
    const running = begin(here);
    await running.said(/^submitting/m);
    running.child.kill('SIGINT');
    await running.said(/^Interrupted/m);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    const [id] = await here.open();
    const lease = await readFile(join(here.journal, 'open', id, 'lease.1'), 'utf8');
    assert.notEqual(lease, 'released', 'the program waited all the same');
    assert.deepEqual(await here.names(), ['photo.png']);
  });

  test('killed while polling: resume takes the job over at once', async () => {
    await using here = await home(never);
    const running = begin(here);
    await running.said(/^submitted/m);
    running.child.kill('SIGKILL');
    await running.ended;
    here.emulator.control({ readyAfter: 0 });
    const [id] = await here.open();
    const { code, stdout, stderr } = await here.run(['resume', id]);
    assert.equal(code, 0, stderr);
    await isWhole(here, stdout.trim());
  });

  test('a job that another process works on is left to it', async () => {
    await using here = await home(never);
    const running = begin(here);
    await running.said(/^submitted/m);
    const [id] = await here.open();
    const second = await here.run(['resume', id]);
    assert.equal(second.code, 2);
    assert.match(second.stderr, /Another process/);
    here.emulator.control({ readyAfter: 0 });
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    await isWhole(here, stdout.trim());
  });

  test('practice is interrupted and resumed like any service', async () => {
    await using here = await home();
    const running = here.start(['photo.png', '--rect', rect, '--service', 'practice']);
    await running.said(/^submitted/m);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    assert.equal(ended.code, 130, ended.stderr);
    const { code, stdout } = await here.run(resumeIn(ended.stderr));
    assert.equal(code, 0);
    assert.equal(compare(await decode(here.photo), await decode(stdout.trim()), isOutside).outside, 0);
  });
});
