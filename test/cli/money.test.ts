/** The command line's own ledger and daily limit. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { home, nothingSent, viewOf } from './rig.ts';

suite('money', { concurrency: 2 }, () => {
  test('what was spent is listed; what would pass the limit is not sent; practice is free', async () => {
    await using here = await home();
    assert.match((await here.run(['spent'])).stderr, /Nothing was spent yet/);
    assert.equal((await here.run(['limit'])).stdout, 'off\n');
    assert.equal((await here.run(['limit', '0.05'])).stdout, '$0.05\n');
    const first = await here.fill();
    assert.equal(first.code, 0, first.stderr);
    const second = await here.fill('--json');
    assert.equal(second.code, 4);
    assert.equal(viewOf(second).error!.code, 'money.limit');
    assert.match(viewOf(second).error!.sentence, /daily limit of \$0\.05 .* \$0\.05 is spent today/);
    assert.equal(here.submits(), 1);
    const [day] = JSON.parse((await here.run(['spent', '--json'])).stdout) as { total: number; services: object }[];
    assert.deepEqual([day.total, day.services], [0.05, { bfl: 0.05 }]);
    const practice = await here.run(['photo.png', '--rect', '20,20,60,60', '--service', 'practice']);
    assert.equal(practice.code, 0, practice.stderr);
    assert.equal((await here.run(['limit', 'off'])).stdout, 'off\n');
    assert.equal((await here.fill()).code, 0);
    assert.match((await here.run(['spent'])).stdout, /^\d{4}-\d\d-\d\d {2}\$0\.10 {2}bfl \$0\.10\n$/);
  });

  test('credits are told where the service tells, for nothing; a wrong key is refused', async () => {
    await using here = await home();
    const ask = (...more: readonly string[]) => here.run(['credits', '--base-url', here.emulator.url, ...more]);
    const told = await ask();
    assert.deepEqual([told.code, told.stdout], [0, '123.5\n']);
    assert.deepEqual(JSON.parse((await ask('--json')).stdout), { service: 'bfl', credits: 123.5 });
    assert.equal(here.emulator.accepted(), 0);
    const refused = await here.start(['credits', '--base-url', here.emulator.url], { BFL_API_KEY: 'wrong' }).ended;
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /refused the key in BFL_API_KEY/);
    const practice = await here.run(['credits', '--service', 'practice']);
    assert.equal(practice.code, 0, practice.stderr);
  });

  test('a limit that is none is refused, and one that cannot be read lets nothing be sent', async () => {
    await using here = await home();
    for (const words of [
      ['limit', '-1'],
      ['limit', 'five'],
      ['limit', '1', '2'],
    ])
      assert.equal((await here.run(words)).code, 2, words.join(' '));
    await here.run(['limit', '3']);
    await writeFile(join(here.journal, '..', 'limit.json'), '{"dollars": "lots"}');
    const { code, stderr } = await here.fill();
    assert.equal(code, 10, stderr);
    assert.match(stderr, /limit\.json cannot be read/);
    nothingSent(here.emulator);
  });
});
