/** What can still be done with a job that ended without a file, and cancels that somebody else must hear. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { failed, fault, ok } from '../../src/fill/faults.ts';
import { nextActOf, tookOf, type Job } from '../../src/fill/record.ts';
import { createLedger, spentByAgents, spentOn } from '../../src/jobs/ledger.ts';
import type { LostSubmit, PollOutcome, SubmitOutcome } from '../../src/fill/service.ts';
import {
  accepted,
  fastClock,
  finishedBytes,
  gate,
  makeFill,
  makeInput,
  makeRig,
  reaches,
  ready,
  resultBytes,
  running,
  scriptedService,
  until,
  type Rig,
} from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await makeRig();
});
afterEach(() => rig.remove());

const lost: SubmitOutcome = { kind: 'unknown', fault: fault('service.unknownOutcome', { origin: 'o' }) };
const gone: PollOutcome = { kind: 'over', fault: fault('service.taskGone', { origin: 'o', id: 't1' }) };

const isSaved = async (job: Job): Promise<void> => {
  assert.equal(job.state, 'saved', JSON.stringify(job.fault));
  const bytes = await readFile(join(rig.target, job.saved!.name));
  assert.deepEqual(bytes, finishedBytes(job.fill.id, resultBytes));
};

test('a task that gave nothing in time is asked for again, free', async () => {
  let late = true;
  const { service, calls } = scriptedService({
    poll: () => Promise.resolve(late ? running : ready),
  });
  const runner = rig.open(service, { clock: fastClock(100_000) });
  const id = await rig.begin(runner);
  const ended = await reaches(runner, id, 'failed');
  assert.deepEqual([ended.fault?.code, nextActOf(ended)], ['service.timeout', 'ask']);
  await rig.closed(id);
  late = false;
  assert.ok(!(await runner.goOn(id, 'send')), 'only by the act that is left');
  assert.ok(await runner.goOn(id, 'ask'));
  await isSaved(await reaches(runner, id, 'saved'));
  assert.equal(calls.submit, 1);
});

test('a task that is over, gone or moderated is not asked for again; what is gone is named with its time', async () => {
  for (const over of [gone, { kind: 'over', fault: fault('service.moderatedResult') }] satisfies PollOutcome[]) {
    const { service } = scriptedService({ poll: () => Promise.resolve(over) });
    const job = await rig.runToEnd(service);
    assert.equal(nextActOf(job), undefined);
    assert.equal(typeof job.fault!.args['time'], over === gone ? 'string' : 'undefined');
  }
});

test('a submit of unknown outcome is sent again only when it is asked for, by any process', async () => {
  let heard = false;
  const { service, calls } = scriptedService({ submit: () => Promise.resolve(heard ? accepted : lost) });
  const ended = await rig.runToEnd(service);
  assert.deepEqual([ended.state, nextActOf(ended), calls.submit], ['unknown', 'send', 1]);
  const another = rig.open(service);
  await another.resume();
  assert.equal(calls.submit, 1);
  heard = true;
  assert.ok(await another.goOn(ended.fill.id, 'send'));
  await isSaved(await reaches(another, ended.fill.id, 'saved'));
  assert.equal(calls.submit, 2);
});

test('what it took counts from when it was sent again, and does not grow when its result is kept later', async () => {
  let heard = false;
  let later = 0;
  const fast = fastClock(100);
  const clock = { ...fast, now: () => fast.now() + later };
  const { service } = scriptedService({ submit: () => Promise.resolve(heard ? accepted : lost) });
  const runner = rig.open(service, { clock });
  const hour = 3_600_000;
  const asked = makeFill(rig.target);
  const variation = { set: asked.id, number: 1, of: 2 };
  assert.ok((await runner.start(makeInput({ ...asked, variation }))).ok);
  await reaches(runner, asked.id, 'unknown');
  await rig.closed(asked.id);
  heard = true;
  later = hour;
  assert.ok(await runner.goOn(asked.id, 'send'));
  await reaches(runner, asked.id, 'held');
  const held = await rig.closed(asked.id);
  assert.ok(Date.parse(held.endedAt!) - Date.parse(asked.createdAt) >= hour && held.took! < hour);
  // Of a record that does not tell it, from its end.
  const { took, ...older } = held;
  assert.equal(tookOf(older), took);
  later = 2 * hour;
  assert.ok(await runner.goOn(asked.id, 'keep'));
  assert.equal((await reaches(runner, asked.id, 'saved')).took, held.took);
});

test('what a person sends again is theirs, and no limit of agents stands in its way', async () => {
  let heard = false;
  const { service } = scriptedService({ submit: () => Promise.resolve(heard ? accepted : lost) });
  const folder = join(rig.root, 'storage', 'ledger');
  const ledger = createLedger(folder, () => Promise.resolve({ all: null, agents: heard ? 0 : 1 }));
  const runner = rig.open(service, { ledger });
  const asked = makeFill(rig.target);
  const started = await runner.start(makeInput({ ...asked, by: 'agent' }));
  assert.ok(started.ok);
  await reaches(runner, asked.id, 'unknown');
  await rig.closed(asked.id);
  assert.equal(await spentByAgents(folder, Date.now()), 0.05);
  heard = true;
  assert.ok(await runner.goOn(asked.id, 'send'));
  await isSaved(await reaches(runner, asked.id, 'saved'));
  assert.deepEqual([await spentByAgents(folder, Date.now()), await spentOn(folder, Date.now())], [0, 0.05]);
});

test('where the service lists its tasks, the one whose answer was lost is found, and not sent again', async () => {
  const asked: LostSubmit[] = [];
  const { service, calls } = scriptedService({ submit: () => Promise.resolve(lost) });
  const listing = {
    ...service,
    recover: (submit: LostSubmit) => {
      asked.push(submit);
      // The list lags behind, and then one look fails.
      if (asked.length === 1) return Promise.resolve(ok(undefined));
      if (asked.length === 2) return Promise.resolve(failed('network.timeout', { host: 'h', seconds: 1 }));
      return Promise.resolve(ok({ handle: { task: 't9' }, taskId: 't9' }));
    },
  };
  const job = await rig.runToEnd(listing);
  await isSaved(job);
  assert.deepEqual([job.taskId, calls.submit, asked.length], ['t9', 1, 3]);
  assert.equal(asked[0].parameters.prompt, job.fill.parameters.prompt);
  assert.equal(asked[0].from, Date.parse(job.sentAt!));
  assert.ok(asked[0].to >= asked[0].from);
});

test('a process that finds a request on its way looks for it too', async () => {
  const sending = gate();
  const first = scriptedService({ submit: () => sending.promise.then(() => lost) });
  const runner = rig.open(first.service);
  const id = await rig.begin(runner);
  await reaches(runner, id, 'submitting');
  await runner.dispose();
  const second = scriptedService();
  const next = rig.open({
    ...second.service,
    recover: () => Promise.resolve(ok({ handle: { task: 't9' }, taskId: 't9' })),
  });
  await next.resume();
  await isSaved(await reaches(next, id, 'saved'));
  assert.equal(second.calls.submit, 0);
});

test('before it is sent again the list is looked at once more; where it cannot be read, nothing is sent', async () => {
  let answer: 'missing' | 'unanswered' | 'found' = 'missing';
  const { service, calls } = scriptedService({ submit: () => Promise.resolve(lost) });
  const listing = {
    ...service,
    recover: () => {
      if (answer === 'unanswered') return Promise.resolve(failed('network.timeout', { host: 'h', seconds: 1 }));
      return Promise.resolve(ok(answer === 'found' ? { handle: { task: 't9' }, taskId: 't9' } : undefined));
    },
  };
  const runner = rig.open(listing);
  const id = await rig.begin(runner);
  await reaches(runner, id, 'unknown');
  await rig.closed(id);
  answer = 'unanswered';
  await runner.goOn(id, 'send');
  assert.equal((await reaches(runner, id, 'unknown')).fault?.code, 'service.unknownOutcome');
  await rig.closed(id);
  assert.equal(calls.submit, 1);
  answer = 'found';
  await runner.goOn(id, 'send');
  await isSaved(await reaches(runner, id, 'saved'));
  assert.equal(calls.submit, 1);
});

test('a service that can cancel ends the task; one that is too late gives the result, which is kept', async () => {
  for (const [outcome, state] of [
    ['cancelled', 'cancelled'],
    ['late', 'saved'],
  ] as const) {
    const cancels = gate();
    const { service } = scriptedService({ poll: () => Promise.resolve(stopped ? ready : running) });
    let stopped = false;
    const runner = rig.open({
      ...service,
      cancel: () => {
        stopped = true;
        cancels.open();
        return Promise.resolve(ok(outcome));
      },
    });
    const id = await rig.begin(runner);
    await reaches(runner, id, 'submitted');
    await runner.cancel(id);
    await cancels.promise;
    const job = await reaches(runner, id, state);
    assert.equal(job.fault?.code, outcome === 'cancelled' ? 'job.cancelledThere' : undefined);
    assert.equal(nextActOf(job), undefined);
  }
});

test('a cancel that is not answered is asked for three times', async () => {
  let cancels = 0;
  const { service } = scriptedService({ poll: () => Promise.resolve(cancels < 3 ? running : ready) });
  const runner = rig.open({
    ...service,
    cancel: () => {
      cancels += 1;
      return Promise.resolve(failed('network.timeout', { host: 'h', seconds: 1 }));
    },
  });
  const id = await rig.begin(runner);
  await reaches(runner, id, 'submitted');
  await runner.cancel(id);
  await isSaved(await reaches(runner, id, 'saved'));
  assert.equal(cancels, 3);
});

test('a job of another window is cancelled there', async () => {
  let open = false;
  const { service, calls } = scriptedService({ poll: () => Promise.resolve(open ? ready : running) });
  const owner = rig.open(service);
  const id = await rig.begin(owner);
  await reaches(owner, id, 'submitted');
  await rig.open(service).cancel(id);
  await until(() => owner.jobs().some((job) => job.fill.id === id && job.cancelRequested === true));
  open = true;
  await isSaved(await reaches(owner, id, 'saved'));
  assert.equal(calls.submit, 1);
  await rig.closed(id);
  assert.ok(!(await rig.names('storage', 'jobs', 'done', id)).includes('cancel'));
});
