import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steps } from '../../src/fill/parameters.ts';
import { expectedTime, fluxTime } from '../../src/fill/service.ts';

test('a fill is expected sooner with fewer steps, where the service has steps', () => {
  assert.equal(expectedTime({ usualTime: fluxTime, steps }, { steps: steps.max / 2 }), fluxTime / 2);
  assert.equal(expectedTime({ usualTime: fluxTime, steps: null }, { steps: steps.max / 2 }), fluxTime);
});
