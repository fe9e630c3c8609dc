import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobView } from '../../src/cli/report.ts';
import type { Job } from '../../src/fill/record.ts';
import { makeFill } from '../jobs/rig.ts';

const begin = Date.parse('2026-01-01T12:00:00.000Z');
const after = (seconds: number): string => new Date(begin + seconds * 1000).toISOString();

test('seconds count from the accepted submit to the first end, and of what went on after its end from then', () => {
  const job: Job = {
    fill: { ...makeFill('/pictures'), createdAt: after(0) },
    state: 'saved',
    step: 0,
    results: 1,
    warnings: [],
    submittedAt: after(2),
    endedAt: after(9),
  };
  const seconds = (change: Partial<Job>): number | null => jobView({ ...job, ...change }, 1).seconds;
  assert.equal(seconds({}), 7);
  assert.equal(seconds({ took: 9000, endedAt: after(7200) }), 7, 'saved two hours later');
  assert.equal(seconds({ againAt: after(3600), endedAt: after(3605) }), 5, 'asked for again an hour later');
  assert.equal(seconds({ againAt: after(3600), submittedAt: after(3601), endedAt: after(3605) }), 4, 'sent again');
});
