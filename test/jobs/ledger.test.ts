import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import fc from 'fast-check';
import { fault } from '../../src/fill/faults.ts';
import { endStates } from '../../src/fill/record.ts';
import type { SubmitOutcome } from '../../src/fill/service.ts';
import { createLedger, readLedger, spentByAgents, spentOn as spentToday, type Ledger } from '../../src/jobs/ledger.ts';
import { eventually } from '../waiting.ts';
import { accepted, fastClock, makeRig, reaches, ready, type Rig, running, scriptedService } from './rig.ts';

const noon = new Date(2026, 10, 21, 12).getTime();
const nextNoon = new Date(2026, 10, 22, 12).getTime();
const id = (number: number): string => `0mwqabcde${String(number).padStart(10, '0')}`;
const request = (number: number, at = noon, step = 0) => ({ id: id(number), step, at });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flux-fill-ledger-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const spentOn = async (directory: string, now: number): Promise<number> => {
  const day = new Date(now).toLocaleDateString('sv');
  return (await readLedger(directory)).find((each) => each.day === day)?.total ?? 0;
};

const ledgerWith = (limit: number | null, agents: number | null = null) =>
  createLedger(join(folder, 'ledger'), () => Promise.resolve({ all: limit, agents }));

suite('ledger', () => {
  test('says beforehand whether all of several requests fits, and takes nothing out for that', async () => {
    const ledger = ledgerWith(0.4);
    await ledger.reserve(request(1), 'bfl', 0.05);
    assert.ok((await ledger.fits(noon, 0.35)).ok);
    assert.deepEqual(await ledger.fits(noon, 0.4), {
      ok: false,
      fault: fault('money.limit', { limit: '$0.40', spent: '$0.05', price: '$0.40' }),
    });
    assert.ok((await ledger.fits(nextNoon, 0.4)).ok);
    assert.ok((await ledgerWith(null).fits(noon, 100)).ok);
    assert.equal(await spentOn(join(folder, 'ledger'), noon), 0.05);
  });

  test('what is reserved is spent until it is settled, by day and service', async () => {
    const ledger = ledgerWith(null);
    await ledger.reserve(request(1), 'bfl', 0.05);
    await ledger.reserve(request(2), 'fal', 0.1);
    await ledger.reserve(request(3), 'bfl', 0.05);
    await ledger.reserve(request(4), 'practice', 0);
    await ledger.reserve(request(1, nextNoon), 'bfl', 0.05);
    await ledger.settle(request(2), 0.15);
    await ledger.settle(request(3), 0);
    await ledger.settle(request(9), 1);
    assert.deepEqual(await readLedger(join(folder, 'ledger')), [
      { day: '2026-11-22', total: 0.05, services: { bfl: 0.05 } },
      { day: '2026-11-21', total: 0.2, services: { bfl: 0.05, fal: 0.15 } },
    ]);
    assert.equal(await spentOn(join(folder, 'ledger'), noon), 0.2);
  });

  test('a request that is sent again counts once, its further steps each', async () => {
    const ledger = ledgerWith(null);
    await ledger.reserve(request(1), 'bfl', 0.05);
    await ledger.reserve(request(1), 'bfl', 0.05);
    await ledger.reserve(request(1, noon, 1), 'bfl', 0.05);
    assert.equal(await spentOn(join(folder, 'ledger'), noon), 0.1);
  });

  test('the limit is what may be spent, to the cent, and a day later it begins anew', async () => {
    const ledger = ledgerWith(0.1);
    assert.ok((await ledger.reserve(request(1), 'bfl', 0.05)).ok);
    assert.ok((await ledger.reserve(request(2), 'bfl', 0.05)).ok);
    const refused = await ledger.reserve(request(3), 'bfl', 0.05);
    assert.ok(!refused.ok);
    assert.deepEqual(refused.fault.args, { limit: '$0.10', spent: '$0.10', price: '$0.05' });
    assert.equal((await readdir(join(folder, 'ledger', '2026-11-21'))).length, 2);
    assert.ok((await ledger.reserve(request(4), 'practice', 0)).ok, 'what is free is never refused');
    assert.ok((await ledger.reserve(request(3, nextNoon), 'bfl', 0.05)).ok);
  });

  test('any number of processes at once never pass the limit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 20 }), async (cents, count) => {
        await rm(join(folder, 'ledger'), { recursive: true, force: true });
        const limit = (cents * 5) / 100;
        const outcomes = await Promise.all(
          Array.from({ length: count }, (_, index) => ledgerWith(limit).reserve(request(index), 'bfl', 0.05)),
        );
        const taken = outcomes.filter(({ ok }) => ok).length;
        assert.ok(taken <= cents, `${taken} of ${cents}`);
        assert.equal(await spentOn(join(folder, 'ledger'), noon), (taken * 5) / 100);
      }),
      { numRuns: 40 },
    );
  });

  test('the day ends at midnight of this machine, also at the end of a year and where clocks change', async () => {
    for (const [year, month, day] of [
      [2026, 11, 31],
      [2026, 2, 28],
      [2026, 2, 29],
      [2026, 9, 25],
      [2028, 1, 29],
    ] as const) {
      const last = new Date(year, month, day, 23, 59, 59, 999).getTime();
      const first = new Date(year, month, day + 1).getTime();
      const ledger = ledgerWith(0.05, 0.05);
      assert.ok((await ledger.reserve(request(1, last), 'bfl', 0.05, 'agent')).ok);
      assert.ok(!(await ledger.fits(last, 0.05)).ok);
      assert.ok((await ledger.fits(first, 0.05, 'agent')).ok, new Date(first).toString());
      for (const read of [spentToday, spentByAgents])
        assert.deepEqual(await Promise.all([last, first].map((at) => read(join(folder, 'ledger'), at))), [0.05, 0]);
    }
  });

  test('agents have a limit of their own within the daily one; what persons spend does not count towards it', async () => {
    const ledger = ledgerWith(0.2, 0.1);
    const by = 'agent';
    assert.ok((await ledger.reserve(request(1), 'bfl', 0.05)).ok);
    assert.ok((await ledger.reserve(request(2), 'bfl', 0.05, by)).ok);
    assert.deepEqual(await ledger.fits(noon, 0.06, by), {
      ok: false,
      fault: fault('money.agentLimit', { limit: '$0.10', spent: '$0.05', price: '$0.06' }),
    });
    assert.ok((await ledger.fits(noon, 0.06)).ok, 'a person may');
    // What the service charged in the end stays the agents' own.
    await ledger.settle(request(2), 0.08);
    assert.equal(await spentByAgents(join(folder, 'ledger'), noon), 0.08);
    const refused = await ledger.reserve(request(3), 'bfl', 0.05, by);
    assert.ok(!refused.ok && refused.fault.code === 'money.agentLimit');
    assert.equal(await spentOn(join(folder, 'ledger'), noon), 0.13, 'what was refused is not spent');
    assert.ok((await ledger.fits(nextNoon, 0.1, by)).ok, 'a day later it begins anew');
    const low = await ledgerWith(0.15, 5).fits(noon, 0.05, by);
    assert.ok(!low.ok && low.fault.code === 'money.limit', 'the daily limit binds agents too');
    assert.ok((await ledgerWith(null, 0).reserve(request(4), 'practice', 0, by)).ok, 'what is free is never refused');
  });

  test('any number of agents at once never pass their limit', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, index) => ledgerWith(null, 0.25).reserve(request(index), 'bfl', 0.05, 'agent')),
    );
    const taken = outcomes.filter(({ ok }) => ok).length;
    assert.ok(taken <= 5, `${taken} of 5`);
    assert.equal(await spentByAgents(join(folder, 'ledger'), noon), (taken * 5) / 100);
  });

  test('what else lies in the folder says nothing', async () => {
    await mkdir(join(folder, 'ledger', '2026-11-21'), { recursive: true });
    for (const name of ['notes.txt', `${id(1)}.0.bfl.-5`, `${id(1)}.0.nobody.50000`, '.DS_Store'])
      await writeFile(join(folder, 'ledger', '2026-11-21', name), '');
    assert.equal(await spentOn(join(folder, 'ledger'), noon), 0);
  });
});

suite('a job and the ledger', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await makeRig();
  });
  afterEach(() => rig.remove());
  const ledger = (): string => join(rig.root, 'storage', 'ledger');
  const spent = (): Promise<number> => spentOn(ledger(), Date.now());
  const refusedBy = (code: 'service.credits' | 'service.busy') => (): Promise<SubmitOutcome> =>
    Promise.resolve({ kind: 'refused', fault: fault(code, { origin: 'x' }) });
  const unknown = (): Promise<SubmitOutcome> =>
    Promise.resolve({ kind: 'unknown', fault: fault('service.unknownOutcome', { origin: 'x' }) });
  const moderated = () => Promise.resolve({ kind: 'over', fault: fault('service.moderatedResult') } as const);

  test('costs its price, or what the service told; nothing where it was refused or withheld; unknown counts', async () => {
    for (const [parts, dollars] of [
      [{ submit: () => Promise.resolve({ ...accepted, cost: undefined }) }, 0.05],
      [{ submit: () => Promise.resolve({ ...accepted, cost: 0.07 }) }, 0.07],
      [{ poll: () => Promise.resolve({ ...ready, cost: 0.09 }) }, 0.09],
      [{ submit: refusedBy('service.credits') }, 0],
      [{ submit: unknown }, 0.05],
      [{ poll: moderated }, 0],
    ] as const) {
      const before = await spent();
      await rig.runToEnd(scriptedService(parts as Parameters<typeof scriptedService>[0]).service);
      assert.equal(Math.round(((await spent()) - before) * 100) / 100, dollars, JSON.stringify(dollars));
    }
  });

  test('is not sent where the limit would be passed, and says so', async () => {
    const { service, calls } = scriptedService();
    const limited = { ledger: createLedger(ledger(), () => Promise.resolve({ all: 0.05, agents: null })) };
    assert.equal((await rig.runToEnd(service, limited)).state, 'saved');
    const job = await rig.runToEnd(service, limited);
    assert.deepEqual([job.state, job.fault?.code, calls.submit], ['failed', 'money.limit', 1]);
    assert.equal(await spent(), 0.05);
  });

  test('is sent the next day where this one is spent, by a window that stays open past midnight', async () => {
    let now = new Date(2026, 10, 21, 23, 59, 59).getTime();
    const clock = { ...fastClock(100), now: () => now };
    const limited = createLedger(ledger(), () => Promise.resolve({ all: 0.05, agents: null }));
    const { service, calls } = scriptedService();
    const runner = rig.open(service, { clock, ledger: limited });
    const next = async (): Promise<string> => (await reaches(runner, await rig.begin(runner), ...endStates)).state;
    assert.deepEqual([await next(), await next()], ['saved', 'failed']);
    now += 1000;
    assert.deepEqual([await next(), await next()], ['saved', 'failed']);
    assert.equal(calls.submit, 2);
    assert.deepEqual(
      (await readLedger(ledger())).map(({ day, total }) => [day, total]),
      [
        ['2026-11-22', 0.05],
        ['2026-11-21', 0.05],
      ],
    );
  });

  test('is settled in the day it was reserved in, by another process after a midnight in between', async () => {
    let now = new Date(2026, 10, 21, 23, 59, 59).getTime();
    const clock = { ...fastClock(1000), now: () => now };
    const inner = createLedger(ledger(), () => Promise.resolve({ all: null, agents: null }));
    const slow: Ledger = {
      ...inner,
      reserve: async (...given) => {
        const reserved = await inner.reserve(...given);
        now += 2000;
        return reserved;
      },
    };
    const first = rig.open(scriptedService({ poll: () => Promise.resolve(running) }).service, { clock, ledger: slow });
    const jobId = await rig.begin(first);
    await reaches(first, jobId, 'submitted');
    await first.dispose();
    assert.deepEqual(await readLedger(ledger()), [{ day: '2026-11-21', total: 0.05, services: { bfl: 0.05 } }]);
    await rig.open(scriptedService({ poll: moderated }).service, { clock }).resume();
    assert.equal((await rig.closed(jobId)).state, 'failed');
    await eventually(async () => assert.equal(await spentToday(ledger(), noon), 0));
  });

  test('is not sent where the ledger cannot be written', async () => {
    await mkdir(join(rig.root, 'storage'), { recursive: true });
    await writeFile(ledger(), 'a file where the folder should be');
    const { service, calls } = scriptedService({ poll: () => Promise.resolve(running) });
    const job = await rig.runToEnd(service);
    assert.deepEqual([job.state, job.fault?.code, calls.submit], ['failed', 'journal.write', 0]);
  });
});
