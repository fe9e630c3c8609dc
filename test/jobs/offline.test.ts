/** A network that goes away under a job, and comes back or does not. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { fault, failed, ok } from '../../src/fill/faults.ts';
import type { PollOutcome } from '../../src/fill/service.ts';
import type { Live } from '../../src/jobs/contract.ts';
import { fastClock, makeRig, reaches, ready, resultBytes, type Rig, running, scriptedService } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.remove());

const why = fault('network.unreachable', { host: 'service.example', cause: 'ENETUNREACH' });
const away: PollOutcome = { kind: 'unanswered', fault: why };
/** Milliseconds that so many waits take at the least: 1, 2, 4, 8, 16 seconds, then 30, each up to a fifth shorter. */
const waited = (waits: number): number =>
  Array.from({ length: waits }, (_, i) => 800 * Math.min(30, 2 ** i)).reduce((sum, wait) => sum + wait, 0);

test('away for ten minutes: asked ever more seldom, told as trouble and then no more, and saved', async () => {
  const clock = fastClock(500);
  const began = clock.now();
  const { service, calls } = scriptedService({
    poll: () => Promise.resolve(calls.poll <= 25 ? away : calls.poll === 26 ? running : ready),
  });
  const lives: Live[] = [];
  const runner = rig.open(service, { clock });
  runner.onChange((_job, live) => lives.push(live));
  const id = await rig.begin(runner);
  await reaches(runner, id, 'saved');
  assert.ok(clock.now() - began >= waited(25));
  assert.deepEqual([calls.submit, calls.poll], [1, 27]);
  const troubles = lives.map(({ trouble }) => trouble?.code ?? '-').join(' ');
  assert.match(troubles, /^(?:- )+network\.unreachable(?: network\.unreachable)*(?: -)+$/);
});

test('away for good: given up after the 30 minutes of patience, with the task kept, and not before', async () => {
  const { service, calls } = scriptedService({ poll: () => Promise.resolve(away) });
  const job = await rig.runToEnd(service, { clock: fastClock(2000) });
  assert.deepEqual([job.state, job.fault?.code, job.taskId], ['failed', 'service.timeout', 't1']);
  assert.ok(Number(job.fault?.args['seconds']) >= 1800);
  assert.ok(waited(calls.poll - 1) <= 1000 * Number(job.fault?.args['seconds']), `${calls.poll} questions`);
  assert.equal(calls.submit, 1);
});

for (const code of ['network.page', 'network.proxyAuth', 'network.certificate', 'service.redirect'] as const)
  test(`a download that ends in ${code} waits for the network: the result is paid for`, async () => {
    const clock = fastClock(500);
    const began = clock.now();
    const lost = failed(code, { host: 'h', origin: 'o', status: 200, cause: 'c' });
    const { service, calls } = scriptedService({
      fetch: () => Promise.resolve(calls.fetch <= 6 ? lost : ok([{ bytes: resultBytes, type: 'image/png' }])),
    });
    const job = await rig.runToEnd(service, { clock });
    assert.deepEqual([job.state, job.fault, calls.fetch], ['saved', undefined, 7]);
    assert.ok(clock.now() - began >= waited(6));
  });
