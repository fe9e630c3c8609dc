import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitTo } from '../../src/fill/fit.ts';
import { initialParameters } from '../../src/fill/parameters.ts';
import { bflAbilities } from '../../src/services/bfl.ts';
import { falAbilities } from '../../src/services/fal.ts';

const strict = { ...initialParameters, safetyTolerance: 0, resultFormat: 'webp', promptUpsampling: true } as const;

test('what a service has not goes to the nearest that it has', () =>
  assert.deepEqual(fitTo(falAbilities, strict), { ...strict, safetyTolerance: 1, resultFormat: 'png' }));

test('what fits stays', () => assert.deepEqual(fitTo(bflAbilities, strict), strict));

test('a service that does not rewrite prompts is not asked to', () =>
  assert.equal(fitTo({ ...bflAbilities, promptUpsampling: false }, strict).promptUpsampling, false));
