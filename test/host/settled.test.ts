import assert from 'node:assert/strict';
import { settled } from '../../src/host/settled.ts';
import { test } from './suite.ts';

test('what is read while the document changes is read again: name and pixels of a mask are of one moment', async () => {
  const document = { revision: 1, mask: 'first.png' };
  let reads = 0;
  const shown = await settled(
    () => document.revision,
    async () => {
      const { mask } = document;
      reads += 1;
      await Promise.resolve();
      if (reads === 1) Object.assign(document, { revision: 2, mask: 'second.png' });
      return mask;
    },
  );
  assert.equal(shown, 'second.png');
  assert.equal(reads, 2);
});
