/**
 * Whatever dies: windows are killed at every write and at random moments, and others go on. FLUX_FILL_KILLS says how
 * often (30); `npm run test:long` sets 300.
 */
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JobState } from '../../src/fill/record.ts';
import type { ChildTask } from './child.ts';
import { makeRig, type Rig } from './rig.ts';
import { openWindow, savedBytes, serve, type CountingServer } from './window.ts';

const kills = Number(process.env['FLUX_FILL_KILLS'] ?? 30);
const speed = 50;

interface Lane {
  readonly rig: Rig;
  readonly server: CountingServer;
  readonly ids: string[];
  /** The states that windows which died left on the disk, by job. */
  readonly left: Map<string, Set<JobState>>;
}

const openLane = async (): Promise<Lane> => {
  const rig = await makeRig();
  await writeFile(join(rig.target, 'photo.fill-001.png'), 'of somebody else');
  return { rig, server: await serve(), ids: [], left: new Map() };
};

const closeLane = (lane: Lane) => Promise.all([lane.server.close(), lane.rig.remove()]);

/** The steps of a job, which stand in its id. */
const stepsOf = (id: string): number => Number(id['killtest'.length]);

const newWindow = (lane: Lane, steps: number, kill?: ChildTask['kill']) => {
  const start = `killtest${steps}x${String(lane.ids.length).padStart(4, '0')}`;
  lane.ids.push(start);
  const task = { root: lane.rig.root, url: lane.server.url, speed, start, steps };
  return openWindow(kill === undefined ? task : { ...task, kill });
};

/** Every record on the disk is whole, whenever it is read. */
const noteLeft = async (lane: Lane): Promise<void> => {
  for (const id of await lane.rig.names('storage', 'jobs', 'open'))
    lane.left.set(id, (lane.left.get(id) ?? new Set()).add((await lane.rig.record('open', id)).state));
};

/** The number of writes in the life of one job, and its milliseconds. */
const measure = async (steps: number): Promise<{ writes: number; milliseconds: number }> => {
  const lane = await openLane();
  const window = newWindow(lane, steps);
  await window.up;
  const begun = performance.now();
  assert.equal(await window.end, 'ended');
  const milliseconds = performance.now() - begun;
  await check(lane);
  await closeLane(lane);
  return { writes: Number(window.lines.at(-1)?.replace('writes ', '')), milliseconds };
};

type Kill = { readonly steps: number } & ({ readonly plan: ChildTask['kill'] & object } | { readonly after: number });

/** Two of three at a write, spread over all of them, the rest at a random moment. */
const planKills = (steps: number, count: number, writes: number, milliseconds: number): readonly Kill[] => {
  const atWrites = Math.ceil((count * 2) / 3);
  return Array.from({ length: count }, (_, index): Kill => {
    if (index >= atWrites) return { steps, after: Math.random() * milliseconds };
    const at = Math.floor((index * writes) / atWrites);
    const how = index % 3 === 2 ? 'half' : 'before';
    return { steps, plan: { at, how, from: index % 4 === 3 ? 'resume' : 'start' } };
  });
};

/** Kills one window; a random moment may come too late, and then another window gets it. */
const killOne = async (lane: Lane, kill: Kill): Promise<void> => {
  for (;;) {
    const window = newWindow(lane, kill.steps, 'plan' in kill ? kill.plan : undefined);
    if ('after' in kill) {
      await window.up;
      await wait(kill.after);
      window.process.kill('SIGKILL');
    }
    const end = await window.end;
    await noteLeft(lane);
    if (end === 'killed') return;
    assert.ok('after' in kill, `write ${JSON.stringify(kill)} was never reached`);
  }
};

/** What must be so when all is over. Gives how many jobs ended in each state. */
const check = async ({ rig, server, ids, left }: Lane): Promise<Record<string, number>> => {
  const ends: Record<string, number> = {};
  const files = new Map<string, string>();
  for (const name of await readdir(rig.target)) files.set(name, (await readFile(join(rig.target, name))).toString());
  assert.equal(files.get('photo.fill-001.png'), 'of somebody else');
  const done = await rig.names('storage', 'jobs', 'done');

  for (const id of ids) {
    const copies = [...files.values()].filter((bytes) => bytes === savedBytes(id).toString()).length;
    assert.ok(server.submits(id) <= stepsOf(id), `${id} was sent ${server.submits(id)} times`);
    if (!done.includes(id)) {
      assert.deepEqual([left.get(id), server.submits(id), copies], [undefined, 0, 0], `${id} was lost`);
      ends['never began'] = (ends['never began'] ?? 0) + 1;
      continue;
    }
    const job = await rig.record('done', id);
    ends[job.state] = (ends[job.state] ?? 0) + 1;
    const states = [...(left.get(id) ?? [])];
    assert.equal(job.state, states.includes('submitting') ? 'unknown' : 'saved', `${id} was ${states.join()}`);
    assert.equal(copies, job.state === 'saved' ? 1 : 0, `${id} stands ${copies} times in the folder`);
    if (job.saved !== undefined) assert.equal(files.get(job.saved.name), savedBytes(id).toString());
    const results = job.results === 0 ? [] : ['result'];
    const kept = job.state === 'saved' ? ['base', 'record.json'] : ['base', 'record.json', ...results, 'source'];
    const names = (await rig.names('storage', 'jobs', 'done', id)).filter((name) => !name.startsWith('lease.'));
    assert.deepEqual(names, kept);
  }

  assert.deepEqual(await rig.names('storage', 'jobs', 'open'), []);
  assert.deepEqual(await rig.names('storage', 'jobs', 'aside'), []);
  // Every file in the folder is accounted for: whole results, the source, the one that was there. No temporary file.
  assert.equal(files.size, 2 + (ends['saved'] ?? 0), [...files.keys()].join(' '));
  // The last start swept what died before it was visible, but for folders too young to know whose they are.
  for (const name of await rig.names('storage', 'jobs', 'new')) {
    const names = await rig.names('storage', 'jobs', 'new', name);
    assert.ok(names.length === 0 || (names.length === 1 && names[0] === 'lease.1'), names.join(' '));
  }
  return ends;
};

test(`${kills} kills, in jobs of one and two steps: what reached the disk ends saved once, nothing is sent twice, nothing is cut`, async (t) => {
  const [one, two] = [await measure(1), await measure(2)];
  const half = Math.floor(kills / 2);
  const plan = [
    ...planKills(1, kills - half, one.writes, one.milliseconds),
    ...planKills(2, half, two.writes, two.milliseconds),
  ];
  const lanes = await Promise.all([openLane(), openLane()]);
  t.after(() => Promise.all(lanes.map(closeLane)));
  const queue = [...plan];
  const ends = await Promise.all(
    lanes.map(async (lane) => {
      for (let kill = queue.shift(); kill !== undefined; kill = queue.shift()) await killOne(lane, kill);
      assert.equal(await newWindow(lane, 1).end, 'ended');
      return check(lane);
    }),
  );
  t.diagnostic(`${one.writes} writes in a job of one step, ${two.writes} in one of two; ends ${JSON.stringify(ends)}`);
  assert.ok(ends.every((end) => (end['saved'] ?? 0) > 0));
});
