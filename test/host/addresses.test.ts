import assert from 'node:assert/strict';
import { baseUrlOf, compatibleOrigin } from '../../src/host/addresses.ts';
import { test } from './suite.ts';

test('each service has its own address; the compatible one says which setting it lacks', () => {
  assert.deepEqual(baseUrlOf('bfl'), { ok: true, value: 'https://api.bfl.ai' });
  assert.deepEqual(baseUrlOf('fal'), { ok: true, value: 'https://queue.fal.run' });
  assert.deepEqual(baseUrlOf('replicate'), { ok: true, value: 'https://api.replicate.com' });
  const compatible = baseUrlOf('compatible');
  assert.ok(!compatible.ok);
  assert.equal(compatible.fault.code, 'service.noBaseUrl');
  assert.equal(compatible.fault.args.setting, 'fluxFill.compatible.baseUrl');
  assert.equal(compatibleOrigin(), undefined);
});
