import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createPlace } from '../../src/cli/place.ts';
import { stateFolder } from '../../src/cli/state.ts';
import { makeFill } from '../jobs/rig.ts';
import { makePipe } from './pipe.ts';

const skip = process.platform === 'win32';

for (const overwrite of [false, true]) {
  const what = overwrite ? 'replaced' : 'new';
  test(`a ${what} file that is half written is taken away when the process ends at once`, { skip }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flux-fill-place-'));
    const images = join(folder, 'images');
    await mkdir(images);
    const pipe = join(folder, 'finished');
    await makePipe(pipe);
    const made = makeFill(images);
    const fill = { ...made, save: { ...made.save, out: { path: join(images, 'x.png'), overwrite } } };
    const place = createPlace();
    const put = place.put(fill, pipe, '.way.tmp', 'x.png');
    const writer = await open(pipe, 'w');
    await writer.write('half');
    while (!(await readdir(images)).includes('.way.tmp')) await setTimeout(5);
    place.abandon();
    assert.deepEqual(await readdir(images), []);
    await writer.close();
    assert.equal((await put).ok, false);
    await rm(folder, { recursive: true });
  });
}

test('the state folder follows the conventions of each system', () => {
  assert.equal(stateFolder({ XDG_STATE_HOME: '/s' }, 'linux'), '/s/flux-fill');
  assert.match(stateFolder({ XDG_STATE_HOME: 'relative' }, 'linux'), /\.local\/state\/flux-fill$/);
  assert.match(stateFolder({}, 'linux'), /\.local\/state\/flux-fill$/);
  assert.match(stateFolder({}, 'darwin'), /Library\/Application Support\/flux-fill$/);
  assert.match(stateFolder({ LOCALAPPDATA: 'C:/L' }, 'win32'), /^C:\/L\/flux-fill$/);
});
