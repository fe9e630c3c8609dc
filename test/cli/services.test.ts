/** Every service from the command line, each against its strict emulator with a key of its own. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { compare, decode } from '../e2e/judge.ts';
import { start as startFal } from '../servers/fal.ts';
import type { Entry } from '../servers/hosts.ts';
import { start as startReplicate } from '../servers/replicate.ts';
import { home, isOutside, prompt, rect, viewOf, type Home } from './rig.ts';

const keys = {
  FAL_KEY: 'canary-fal:5f0c2a91',
  REPLICATE_API_TOKEN: 'r8_canaryReplicate77',
  FLUX_FILL_COMPATIBLE_KEY: 'canary-compatible-31',
} as const;

const emulators = {
  fal: () => startFal({ key: keys.FAL_KEY, content: 'fill' }),
  replicate: () => startReplicate({ key: keys.REPLICATE_API_TOKEN, content: 'fill' }),
  compatible: () => startReplicate({ key: keys.FLUX_FILL_COMPATIBLE_KEY, mode: 'compatible', content: 'fill' }),
} as const;
type Name = keyof typeof emulators;
const variables: Readonly<Record<Name, keyof typeof keys>> = {
  fal: 'FAL_KEY',
  replicate: 'REPLICATE_API_TOKEN',
  compatible: 'FLUX_FILL_COMPATIBLE_KEY',
};

/** No key but the service's own was seen by anybody, and that one by its API only. */
const keysStayed = (name: Name, log: readonly Entry[]): void => {
  for (const [variable, key] of Object.entries({ ...keys, BFL_API_KEY: 'canary-KEY' })) {
    const seen = log.filter((entry) => JSON.stringify(entry).includes(key));
    if (variable !== variables[name]) assert.deepEqual(seen, []);
    else
      assert.ok(seen.length > 0 && seen.every((entry) => entry.server === 'api'), `${name}: ${JSON.stringify(seen)}`);
  }
};

const fill = (here: Home, service: Name, url: string, ...more: string[]) =>
  here.run(
    ['photo.png', '--rect', rect, '--prompt', prompt, '--service', service, '--base-url', url, '--json', ...more],
    keys,
  );

const isWhole = async (here: Home, path: string): Promise<void> => {
  const { outside, inside } = compare(await decode(here.photo), await decode(path), isOutside);
  assert.equal(outside, 0);
  assert.ok(inside > 0.9, `${inside} of the inside changed`);
};

suite('services', { concurrency: 3 }, () => {
  for (const name of ['fal', 'replicate', 'compatible'] as const)
    test(`${name}: the main job, its price, and its key at nobody else's`, async () => {
      await using here = await home();
      const emulator = await emulators[name]();
      try {
        const ended = await fill(here, name, emulator.url, '--seed', '9');
        assert.equal(ended.code, 0, ended.stderr);
        const view = viewOf(ended);
        await isWhole(here, view.path!);
        assert.equal(view.seed, 9);
        assert.equal((view as unknown as { price: number }).price, 0.05);
        assert.equal(emulator.accepted(), 1);
        keysStayed(name, emulator.log);
      } finally {
        await emulator.stop();
      }
    });

  test('several images: one request where the service can, otherwise consecutive seeds', async () => {
    await using here = await home({ content: 'fill' });
    const fal = await emulators.fal();
    try {
      const ended = await fill(here, 'fal', fal.url, '--images', '3', '--seed', '20');
      assert.equal(ended.code, 0, ended.stderr);
      const { images } = JSON.parse(ended.stdout) as { images: { path: string; price: number }[] };
      assert.deepEqual(
        images.map(({ price }) => price),
        [0.05, 0.05, 0.05],
      );
      assert.equal(new Set(images.map(({ path }) => path)).size, 3);
      for (const { path } of images) await isWhole(here, path);
      assert.equal(fal.accepted(), 1);

      const own = await here.fill('--images', '3', '--seed', '20');
      assert.equal(own.code, 0, own.stderr);
      const paths = own.stdout.trim().split('\n');
      assert.equal(paths.length, 3);
      for (const path of paths) await isWhole(here, path);
      const posts = here.emulator.log.filter(({ method }) => method === 'POST');
      assert.deepEqual(posts.map(({ body }) => body!['seed']).sort(), [20, 21, 22]);
      assert.match(own.stderr, /3 images, \$0\.15/);
    } finally {
      await fal.stop();
    }
  });

  test('what a service has not is refused, and nothing is sent', async () => {
    await using here = await home();
    const fal = await emulators.fal();
    try {
      for (const [more, sentence] of [
        [['--steps', '30'], /fal has no --steps/],
        [['--guidance', '30'], /fal has no --guidance/],
        [['--send', 'alpha'], /fal has no --send/],
        [['--safety', '0'], /--safety must be between 1 and 6/],
        [['--format', 'webp'], /--format must be one of png, jpeg/],
        [['--prompt', ''], /fal needs a prompt/],
      ] as const) {
        const ended = await fill(here, 'fal', fal.url, ...more);
        assert.equal(ended.code, 2, ended.stderr);
        assert.match(ended.stderr, sentence);
      }
      const without = await here.run(['photo.png', '--rect', rect, '--prompt', 'x', '--service', 'compatible'], keys);
      assert.match(without.stderr, /compatible needs a --base-url/);
      assert.deepEqual(fal.log, []);
    } finally {
      await fal.stop();
    }
  });

  test('the own preset of a service: the whole picture as it made it, and that is said', async () => {
    await using here = await home();
    const replicate = await emulators.replicate();
    try {
      const args = ['photo.png', '--outpaint', 'zoom-out-1.5x', '--own-preset', '--prompt', prompt, '--json'];
      const ended = await here.run([...args, '--service', 'replicate', '--base-url', replicate.url], keys);
      assert.equal(ended.code, 0, ended.stderr);
      const view = viewOf(ended);
      assert.match(view.warnings.join(), /made the whole picture anew/);
      const { body } = replicate.log.find(({ method, path }) => method === 'POST' && path.endsWith('/predictions'))!;
      const input = body!['input'] as Record<string, unknown>;
      assert.deepEqual([input['outpaint'], 'mask' in input], ['Zoom out 1.5x', false]);
      const [source, saved] = [await decode(here.photo), await decode(view.path!)];
      assert.deepEqual([saved.width, saved.height], [source.width, source.height]);
      assert.ok(compare(source, saved, () => false).inside > 0.9, 'nothing of the source was put back');
      const refused = await here.fill('--own-preset');
      assert.match(refused.stderr, /--own-preset needs --outpaint/);
      const without = await here.run([...args, '--base-url', here.emulator.url]);
      assert.match(without.stderr, /Black Forest Labs has no --own-preset/);
    } finally {
      await replicate.stop();
    }
  });

  test('a submit whose answer is lost is found in the list of Replicate, and is not sent again', async () => {
    await using here = await home();
    const replicate = await emulators.replicate();
    try {
      replicate.control({ scenario: 'accepted-but-answer-lost' });
      const ended = await fill(here, 'replicate', replicate.url);
      assert.equal(ended.code, 0, ended.stderr);
      await isWhole(here, join(here.folder, 'photo.fill-001.png'));
      assert.equal(replicate.accepted(), 1);
      const creates = replicate.log.filter(({ method, path }) => method === 'POST' && path.endsWith('/predictions'));
      assert.equal(creates.length, 1);
    } finally {
      await replicate.stop();
    }
  });
});
