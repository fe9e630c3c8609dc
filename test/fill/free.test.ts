import assert from 'node:assert/strict';
import { fault, type FaultCode } from '../../src/fill/faults.ts';
import type { ServiceId } from '../../src/fill/record.ts';
import { isFree } from '../../src/fill/price.ts';
import { test } from 'node:test';

const job = (id: ServiceId, code: FaultCode, taskId?: string) => ({
  fill: { service: { id, baseUrl: 'https://a.example' } },
  state: 'failed' as const,
  taskId,
  fault: fault(code),
});

test('free is what was never accepted, what never began, and what Black Forest Labs withheld', () => {
  assert.ok(isFree(job('fal', 'service.badRequest')));
  assert.ok(isFree(job('replicate', 'service.aborted', 'task')));
  assert.ok(isFree(job('bfl', 'service.moderatedResult', 'task')));
  assert.ok(isFree(job('bfl', 'service.moderatedRequest', 'task')));
});

test('what another service withheld may be charged, and so may what was cancelled', () => {
  for (const id of ['fal', 'replicate', 'compatible'] as const)
    assert.ok(!isFree(job(id, 'service.moderatedResult', 'task')), id);
  assert.ok(!isFree(job('replicate', 'service.cancelled', 'task')));
});
