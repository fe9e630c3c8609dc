/** Lines of the log as a report holds them: nothing of a person or their machine, and everything that helps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous } from '../../src/services/redact.ts';

const hidden = ['/home/ann/secret project', 'secret project', 'ann-laptop'];

const cases: readonly (readonly [string, string])[] = [
  ['job abc123: failed (service.failed: overloaded)', 'job abc123: failed (service.failed: overloaded)'],
  ['GET https://api.corp.example/v1/x?sig=1: HTTP 503, 12 bytes', 'GET [address] HTTP 503, 12 bytes'],
  [
    'fluxFill.inpaint: image.truncated {"name":"new product.png","format":"png"}',
    'fluxFill.inpaint: image.truncated {"name":"[…]","format":"png"}',
  ],
  [
    'network.proxy {"host":"api.bfl.ai","cause":"ECONNREFUSED"} (connect to proxy.corp.example:8080)',
    'network.proxy {"host":"[…]","cause":"ECONNREFUSED"} (connect to [name])',
  ],
  [
    "EACCES: permission denied, open '/home/ann/secret project/a.png'",
    "EACCES: permission denied, open '[hidden]/[file].png'",
  ],
  ["ENOENT: open 'C:\\Users\\ann\\Pictures\\hero.jpg'", "ENOENT: open '[path]'"],
  ['saved as hero.fill-001.png by ann@corp.example on ann-laptop', 'saved as [file].png by [name] on [hidden]'],
  ['a key was set for https://api.bfl.ai', 'a key was set for [address]'],
  ['10.0.12.7 refused', '[name] refused'],
];

for (const [line, expected] of cases) {
  test(`a report says: ${expected}`, () => {
    const said = anonymous(line, hidden);
    for (const secret of ['ann', 'corp', 'hero', 'product', 'secret', '10.0.12.7'])
      assert.ok(!said.includes(secret), said);
    assert.equal(said, expected);
  });
}
