/** Records of earlier versions, as those versions wrote them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as v from 'valibot';
import { migrateFill, migrateJob } from '../../src/fill/migrate.ts';
import { fillSchema, jobSchema, recordVersion } from '../../src/fill/record.ts';

interface Old {
  readonly fill: { readonly version: number; readonly save: object };
  readonly results?: number;
}
const old = JSON.parse(readFileSync(new URL('../fixtures/job-v1.json', import.meta.url), 'utf8')) as Old;

test('a job of version 1 is one of today, and says what it left unsaid', () => {
  assert.equal(old.fill.version, 1);
  assert.ok(!v.is(jobSchema, old));
  const job = v.parse(jobSchema, migrateJob(old));
  assert.deepEqual([job.fill.version, job.step, job.results], [recordVersion, 0, 1]);
  assert.deepEqual(job.fill.save, { as: 'png', opaque: false, tone: true, note: true });
  const { results: _, ...earlier } = old;
  assert.equal(v.parse(jobSchema, migrateJob(earlier)).results, 1);
});

test('what it said stays, and a job of today is left alone', () => {
  const told = { ...old, step: 1, fill: { ...old.fill, save: { ...old.fill.save, tone: false } } };
  const job = v.parse(jobSchema, migrateJob(told));
  assert.deepEqual([job.step, job.fill.save.tone, job.fill.save.note], [1, false, true]);
  assert.deepEqual(migrateJob(job), job);
  assert.deepEqual(v.parse(fillSchema, migrateFill(told.fill)), job.fill);
});

test('what is no record stays what it is', () => {
  for (const value of [null, 7, 'x', [], {}, { fill: null }, { fill: { version: 1 } }, { fill: { version: 99 } }])
    assert.ok(!v.is(jobSchema, migrateJob(value)), JSON.stringify(value));
});
