import assert from 'node:assert/strict';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite, test } from 'node:test';
import sharp from 'sharp';
import { changedBox, compare, decode } from '../e2e/judge.ts';
import {
  commandLine,
  home,
  isOutside,
  nothingSent,
  prompt,
  rect,
  size,
  unusedOrigin,
  viewOf,
  type Home,
} from './rig.ts';

/** Black, and white where `--rect` would be. */
const writeMask = async (file: string, { width, height }: { width: number; height: number } = size): Promise<void> => {
  const data = Buffer.from(
    Array.from({ length: width * height }, (_, i) => (isOutside(i % width, Math.floor(i / width)) ? 0 : 255)),
  );
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(file);
};

/** The photo with alpha 0 where `--rect` would be. */
const writeSprite = async (here: Home): Promise<string> => {
  const file = join(here.folder, 'sprite.png');
  const { data } = await decode(here.photo);
  const rgba = Buffer.alloc(size.width * size.height * 4);
  for (let i = 0; i < size.width * size.height; i++) {
    data.copy(rgba, i * 4, i * 3, i * 3 + 3);
    rgba[i * 4 + 3] = isOutside(i % size.width, Math.floor(i / size.width)) ? 255 : 0;
  }
  await sharp(rgba, { raw: { ...size, channels: 4 } })
    .png()
    .toFile(file);
  return file;
};

const submitted = (here: Home) => here.emulator.log.find(({ method }) => method === 'POST')!.body!;

suite('flux-fill', { concurrency: 4 }, () => {
  test('by mask file: only that part changed, the path is all of stdout, the next result gets the next number', async () => {
    await using here = await home();
    const source = join(here.folder, 'a.jpg');
    await sharp(here.photo).jpeg({ quality: 90 }).toFile(source);
    await writeMask(join(here.folder, 'mask.png'));
    const args = ['a.jpg', '--mask', 'mask.png', '--prompt', prompt, '--base-url', here.emulator.url];
    for (const name of ['a.fill-001.png', 'a.fill-002.png']) {
      const { code, stdout, stderr } = await here.run(args);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, `${join(here.folder, name)}\n`);
      const { outside, inside } = compare(await decode(source), await decode(join(here.folder, name)), isOutside);
      assert.equal(outside, 0);
      assert(inside > 0.9, `${inside} of the inside changed`);
    }
    assert.deepEqual(await here.names(), ['a.fill-001.png', 'a.fill-002.png', 'a.jpg', 'mask.png', 'photo.png']);
    assert.deepEqual(await here.open(), []);
  });

  test('--send alpha: one picture that is transparent where it is filled', async () => {
    await using here = await home({ content: 'fill' });
    for (const how of ['alpha', 'mask']) {
      const { code, stdout, stderr } = await here.fill('--send', how, '--feather', '0');
      assert.equal(code, 0, stderr);
      const { outside, inside } = compare(await decode(here.photo), await decode(stdout.trim()), isOutside);
      assert.equal(outside, 0);
      assert(inside > 0.9, `${inside} of the inside changed`);
    }
    const [alpha, mask] = here.emulator.log.filter(({ method }) => method === 'POST').map(({ body }) => body!);
    assert.ok(!('mask' in alpha) && 'mask' in mask);
    const [one, two] = await Promise.all(
      [alpha, mask].map(({ image }) => decode(Buffer.from(String(image), 'base64'))),
    );
    const white = await decode(Buffer.from(String(mask['mask']), 'base64'));
    assert.deepEqual([one.channels, two.channels], [4, 3]);
    for (let at = 0; at < one.width * one.height; at++) {
      assert.equal(one.data[at * 4 + 3], 255 - white.data[at * white.channels]);
      assert.ok(one.data.subarray(at * 4, at * 4 + 3).equals(two.data.subarray(at * 3, at * 3 + 3)));
    }
  });

  test('--channel takes one channel of the mask file as the mask', async () => {
    await using here = await home({ content: 'fill' });
    const marked = Buffer.from(
      `<svg width="${size.width}" height="${size.height}"><rect width="100%" height="100%" fill="#00f"/><rect x="120" y="80" width="90" height="70" fill="#f0f"/></svg>`,
    );
    await sharp(marked).removeAlpha().png().toFile(join(here.folder, 'colours.png'));
    const ask = (channel: string) =>
      here.run([
        'photo.png',
        '--mask',
        'colours.png',
        '--channel',
        channel,
        '--base-url',
        here.emulator.url,
        '--prompt',
        prompt,
      ]);
    const ended = await ask('red');
    assert.equal(ended.code, 0, ended.stderr);
    const { outside, inside } = compare(await decode(here.photo), await decode(ended.stdout.trim()), isOutside);
    assert.equal(outside, 0);
    assert(inside > 0.9, `${inside} of the inside changed`);
    const without = await ask('alpha');
    assert.equal(without.code, 2);
    assert.match(without.stderr, /colours\.png has no channel alpha/);
  });

  test('--no-note keeps the prompt out of the file', async () => {
    await using here = await home();
    for (const [more, noted] of [
      [[], true],
      [['--no-note'], false],
    ] as const) {
      const { code, stdout, stderr } = await here.fill(...more);
      assert.equal(code, 0, stderr);
      assert.equal((await readFile(stdout.trim(), 'latin1')).includes('canary-PROMPT'), noted);
    }
  });

  test('--no-tone takes what comes as it is', async () => {
    await using here = await home({ content: 'fill', tone: [12, 12, 12] });
    const mean = async (more: readonly string[]): Promise<number> => {
      const { code, stdout, stderr } = await here.fill('--seed', '5', ...more);
      assert.equal(code, 0, stderr);
      const { data, width, channels } = await decode(stdout.trim());
      let [sum, count] = [0, 0];
      for (let y = 95; y < 135; y++) for (let x = 135; x < 195; x++, count++) sum += data[(y * width + x) * channels];
      return sum / count;
    };
    const difference = (await mean(['--no-tone'])) - (await mean([]));
    assert.ok(Math.abs(difference - 12) < 1.5, String(difference));
  });

  test('--json prints one object that tells what was made', async () => {
    await using here = await home({ cost: 7, content: 'fill' });
    const ended = await here.fill('--json', '--seed', '11');
    assert.equal(ended.code, 0, ended.stderr);
    const view = viewOf(ended);
    const { outside } = compare(await decode(here.photo), await decode(view.path!), isOutside);
    const { id, seconds, ...rest } = view;
    assert.match(id, /^[0-9a-z]{10,40}$/);
    assert(seconds > 0);
    assert.deepEqual(rest, {
      state: 'saved',
      path: join(here.folder, 'photo.fill-001.png'),
      canvas: size,
      window: { x: 0, y: 0, ...size },
      sent: { width: 448, height: 320 },
      scale: 1,
      steps: [{ window: { x: 0, y: 0, ...size }, sent: { width: 448, height: 320 }, scale: 1 }],
      price: 0.05,
      service: 'bfl',
      cost: 0.07,
      seed: 11,
      requests: here.emulator.log.length,
      exact: true,
      changedOutsideEffective: outside,
      changedOutsideBase: 0,
      warnings: [],
      error: null,
    });
    assert.equal(outside, 0);
  });

  test('by alpha: what was transparent is filled and shows, the rest is untouched', async () => {
    await using here = await home({ content: 'fill' });
    const sprite = await writeSprite(here);
    const ended = await here.run(['sprite.png', '--alpha', '--base-url', here.emulator.url, '--json']);
    assert.equal(ended.code, 0, ended.stderr);
    const { path, warnings } = viewOf(ended);
    const saved = await decode(path!);
    assert.equal(compare(await decode(sprite), saved, isOutside).outside, 0);
    assert(saved.data.every((value, at) => at % 4 !== 3 || value === 255));
    assert.deepEqual(warnings, []);
    assert.equal(submitted(here).prompt, '');
  });

  test('another mask over transparency: kept with a warning, or made opaque', async () => {
    await using here = await home({ content: 'fill' });
    const sprite = await decode(await writeSprite(here));
    const alphaIn = async (path: string | null) => (await decode(path!)).data.filter((_, at) => at % 4 === 3);
    const args = ['sprite.png', '--rect', rect, '--feather', '0', '--json', '--base-url', here.emulator.url];
    const kept = await here.run(args);
    assert.match(viewOf(kept).warnings.join(), /stay transparent.*--opaque/);
    assert.match(kept.stderr, /stay transparent/);
    assert.deepEqual(
      await alphaIn(viewOf(kept).path),
      sprite.data.filter((_, at) => at % 4 === 3),
    );
    const opaque = viewOf(await here.run([...args, '--opaque']));
    assert.deepEqual(opaque.warnings, []);
    assert((await alphaIn(opaque.path)).every((alpha) => alpha === 255));
  });

  for (const [extension, format] of [
    ['webp', 'webp'],

    ['JPEG', 'jpeg'],
    ['png', 'png'],
  ] as const) {
    test(`--out x.${extension} decides the format`, async () => {
      await using here = await home();
      const { code, stdout, stderr } = await here.fill('--out', `x.${extension}`);
      assert.equal(code, 0, stderr);
      const file = join(here.folder, `x.${extension}`);
      assert.equal(stdout, `${file}\n`);
      assert.equal((await sharp(file).metadata()).format, format);
      assert.equal(/compressed anew/.test(stderr), format === 'jpeg');
      const box = changedBox(await decode(here.photo), await decode(file))!;
      if (format !== 'jpeg') assert.deepEqual([box.left, box.top, box.right, box.bottom], [120, 80, 209, 149]);
    });
  }

  test('--format is what the service is asked for, and no more', async () => {
    await using here = await home();
    const { stdout } = await here.fill('--format', 'webp');
    assert.equal(submitted(here).output_format, 'webp');
    assert.equal((await sharp(stdout.trim()).metadata()).format, 'png');
  });

  test('a format that does not hold the source is refused before anything is sent', async () => {
    await using here = await home();
    await writeSprite(here);
    const wide = join(here.folder, 'wide.png');
    await sharp(here.photo).toColourspace('rgb16').png().toFile(wide);
    for (const [image, out, what] of [
      ['sprite.png', 'x.jpg', /JPEG does not hold transparency/],
      ['wide.png', 'x.webp', /WEBP does not hold 16 bits/],
    ] as const) {
      const { code, stderr } = await here.run([image, '--rect', rect, '--out', out, '--base-url', here.emulator.url]);
      assert.equal(code, 2);
      assert.match(stderr, what);
    }
    nothingSent(here.emulator);
  });

  test('an existing --out is refused before the submit; --force replaces it in one step', async () => {
    await using here = await home();
    const out = join(here.folder, 'x.png');
    await writeFile(out, 'mine');
    const refused = await here.fill('--out', 'x.png', '--json');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /x\.png exists.*--force/);
    assert.equal(viewOf(refused).error!.code, 'save.exists');
    assert.equal(await readFile(out, 'utf8'), 'mine');
    nothingSent(here.emulator);
    const forced = await here.fill('--out', 'x.png', '--force');
    assert.equal(forced.code, 0, forced.stderr);
    assert.equal(compare(await decode(here.photo), await decode(out), isOutside).outside, 0);
    assert.deepEqual(await here.names(), ['photo.png', 'x.png']);
  });

  test('--force takes the image itself as --out, without a word about a changed source', async () => {
    await using here = await home({ content: 'fill' });
    const before = await decode(here.photo);
    const ended = await here.fill('--out', 'photo.png', '--force', '--json');
    assert.deepEqual(viewOf(ended).warnings, []);
    assert.equal(compare(before, await decode(here.photo), isOutside).outside, 0);
    assert.deepEqual(await here.names(), ['photo.png']);
  });

  test('an --out that somebody takes meanwhile is left alone, and the result is not lost', async () => {
    await using here = await home({ readyAfter: 600_000 });
    const args = ['photo.png', '--rect', rect, '--out', 'x.png', '--base-url', here.emulator.url, '--json'];
    const running = here.start(args);
    await running.said(/^submitted/m);
    await writeFile(join(here.folder, 'x.png'), 'theirs');
    here.emulator.control({ readyAfter: 0 });
    const ended = await running.ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(viewOf(ended).path, join(here.folder, 'x.fill-001.png'));
    assert.match(viewOf(ended).warnings.join(), /meanwhile/);
    assert.equal(await readFile(join(here.folder, 'x.png'), 'utf8'), 'theirs');
  });

  test('--dry-run says what would be sent, and sends, writes and asks for nothing', async () => {
    await using here = await home();
    const args = ['photo.png', '--rect', rect, '--base-url', here.emulator.url, '--dry-run', '--json'];
    const ended = await here.run(args, { BFL_API_KEY: '' });
    assert.equal(ended.code, 0, ended.stderr);
    const view = JSON.parse(ended.stdout) as { dryRun: boolean; sent: object; price: number };
    assert.deepEqual([view.dryRun, view.sent, view.price], [true, { width: 448, height: 320 }, 0.05]);
    nothingSent(here.emulator);
    assert.deepEqual(await here.names(), ['photo.png']);
    const nowhere = await here.run([...args, '--out', join('nowhere', 'x.png')]);
    assert.equal(nowhere.code, 10, 'a place that would be refused is refused');
    assert.match(nowhere.stderr, /nowhere/);
    const useless = await here.run([...args, '--overlap', '20']);
    assert.equal(useless.code, 2);
    assert.match(useless.stderr, /--overlap needs --expand/);
  });

  test('a current folder that is gone is said', async () => {
    await using here = await home();
    const gone = join(here.folder, 'gone');
    await mkdir(gone);
    const script = 'rmdir "$0" && exec "$@"';
    const command = ['-c', script, gone, process.execPath, commandLine(), here.photo, '--rect', rect];
    const ended = await promisify(execFile)('sh', command, { cwd: gone }).catch((error: unknown) => error);
    assert.equal((ended as { code: number }).code, 2);
    assert.match((ended as { stderr: string }).stderr, /^The current folder is gone/);
  });

  test('every parameter arrives, and the settings of the mask count', async () => {
    await using here = await home();
    const words = '--steps 20 --guidance 2.5 --seed 4 --safety 6 --upsample --grow -4 --feather 3 --invert';
    const ended = await here.fill(...words.split(' '), '--window', '16,0,400,288', '--json');
    assert.equal(ended.code, 0, ended.stderr);
    const { image: _image, mask, ...rest } = submitted(here);
    assert.deepEqual(rest, {
      prompt,
      steps: 20,
      guidance: 2.5,
      seed: 4,
      safety_tolerance: 6,
      prompt_upsampling: true,
      output_format: 'png',
    });
    const view = viewOf(ended);
    assert.deepEqual(view.window, { x: 16, y: 0, width: 400, height: 288 });
    assert.match(view.warnings.join(), /beyond the window/);
    // Black is the rectangle (in the window it begins at 104,80) and the 4 px around it by which its outside shrank.
    const { data, width, channels } = await decode(Buffer.from(mask as string, 'base64'));
    const at = (x: number, y: number) => data[(y * width + x) * channels];
    assert.deepEqual([at(98, 100), at(101, 100), at(150, 100), at(150, 77), at(150, 74)], [255, 0, 0, 0, 255]);
  });

  test('--base-url keeps its path', async () => {
    await using here = await home({ prefix: '/m/x' });
    const { code, stderr } = await here.fill();
    assert.equal(code, 0, stderr);
    const paths = here.emulator.log.filter(({ server }) => server === 'api').map(({ path }) => path.split('?')[0]);
    assert.deepEqual([...new Set(paths)], ['/m/x/v1/flux-pro-1.0-fill', '/m/x/v1/get_result']);
  });

  test('localhost is not 127.0.0.1: the key stays where it was entered for', async () => {
    await using here = await home();
    const other = here.emulator.url.replace('127.0.0.1', 'localhost');
    const { code, stderr } = await here.fill('--base-url', other);
    assert.equal(code, 6);
    assert.match(stderr, /The key is not sent there/);
    assert.deepEqual(
      here.emulator.log.map(({ method }) => method),
      ['POST'],
    );
  });

  test('practice needs no key and no network', async () => {
    await using here = await home();
    const args = ['photo.png', '--rect', rect, '--service', 'practice', '--json'];
    const ended = await here.run(args, { BFL_API_KEY: '', HTTPS_PROXY: 'http://127.0.0.1:9' });
    assert.equal(ended.code, 0, ended.stderr);
    const view = viewOf(ended);
    assert.deepEqual([view.cost, view.requests, view.changedOutsideEffective], [0, 0, 0]);
    assert.equal(compare(await decode(here.photo), await decode(view.path!), isOutside).outside, 0);
  });

  test('a proxy is not asked for what is on this machine, unless NO_PROXY says nothing', async () => {
    await using here = await home();
    const args = ['photo.png', '--rect', rect, '--base-url', here.emulator.url];
    const nobody = await unusedOrigin();
    const proxy = { HTTP_PROXY: nobody, HTTPS_PROXY: nobody };
    for (const more of [{}, { NO_PROXY: '.corp' }]) {
      const { code, stderr } = await here.run(args, { ...proxy, ...more });
      assert.equal(code, 0, stderr);
    }
    const sent = here.submits();
    const asked = await here.run(args, { ...proxy, NO_PROXY: '' });
    assert.equal(asked.code, 7, asked.stderr);
    assert.equal(here.submits(), sent);
  });

  test('without a key nothing is sent', async () => {
    await using here = await home();
    const { code, stderr } = await here.run(['photo.png', '--rect', rect, '--base-url', here.emulator.url], {
      BFL_API_KEY: '  ',
    });
    assert.equal(code, 3);
    assert.match(stderr, /BFL_API_KEY/);
    nothingSent(here.emulator);
  });

  test('a folder that is not there is found out before anything is sent', async () => {
    await using here = await home();
    const { code, stderr } = await here.fill('--out', join('nowhere', 'x.png'));
    assert.equal(code, 10);
    assert.match(stderr, /nowhere/);
    nothingSent(here.emulator);
  });

  test('a name that no file can have is found out before anything is sent', async () => {
    await using here = await home();
    const { code, stderr } = await here.fill('--out', `${'x'.repeat(300)}.png`);
    assert.equal(code, 10);
    assert.match(stderr, /x\.png could not be written: ENAMETOOLONG/);
    nothingSent(here.emulator);
  });

  test('what cannot be read as a fill ends with 2 and a sentence', async () => {
    await using here = await home();
    await writeFile(join(here.folder, 'text.png'), 'no image');
    await writeMask(join(here.folder, 'small.png'), { width: 20, height: 20 });
    await symlink(join(here.folder, 'nowhere'), join(here.folder, 'link.png'));
    await mkdir(join(here.folder, 'folder.png'));
    const cases: readonly [string, RegExp][] = [
      ['photo.png', /exactly one of --mask/],
      ['photo.png --alpha --rect 1,1,2,2', /exactly one of --mask/],
      ['photo.png other.png --alpha', /2 images: 2 that cannot be filled/],
      ['photo.png --rect 1,,2,2', /--rect must be x,y,width,height in whole pixels/],
      ['photo.png --rect 400,0,100,100', /--rect must lie inside/],
      ['photo.png --rect 0,0,9,9 --window 400,0,100,100', /--window must lie inside/],
      ['photo.png --rect 0,0,9,9 --steps 14', /Steps must be between 15 and 50/],
      ['photo.png --rect 0,0,9,9 --steps 20.5', /whole number/],
      ['photo.png --rect 0,0,9,9 --guidance x', /--guidance must be a number/],
      ['photo.png --rect 0,0,9,9 --grow 501', /--grow must be between -500 and 500/],
      ['photo.png --rect 0,0,9,9 --timeout 0', /--timeout must be between/],
      [
        'photo.png --rect 0,0,9,9 --service nobody',
        /--service must be one of bfl, fal, replicate, compatible, practice/,
      ],
      ['photo.png --rect 0,0,9,9 --service practice --format webp', /--format must be one of png/],
      ['photo.png --rect 0,0,9,9 --service practice --base-url https://a.example', /--base-url/],
      ['photo.png --rect 0,0,9,9 --out x.gif', /--out must be one of/],
      ['photo.png --rect 0,0,9,9 --base-url http://a.example', /must be https/],
      ['photo.png --rect 0,0,9,9 --frce', /--frce.*--help/],
      ['photo.png --rect 0,0,9,9 --prompt --force', /argument is ambiguous\. --help/],
      ['photo.png --rect 0,0,9,9 --grow -500', /The mask is empty/],
      ['photo.png --alpha', /no transparent part/],
      ['photo.png --mask small.png', /must match/],
      ['photo.png --mask nowhere.png', /no file nowhere\.png/],
      ['nowhere.png --alpha', /no file nowhere\.png/],
      ['text.png --alpha', /not an image/],
      ['. --alpha', /is a folder or a device/],
      ['photo.png --mask .', /is a folder or a device/],
      ['photo.png --rect 0,0,9,9 --grow 1.5', /whole number/],
      ['photo.png --rect 0,0,9,9 --window 200,100,96,96', /--window does not touch the mask/],
      ['photo.png --rect 0,0,9,9 --out link.png', /link\.png exists/],
      ['resume', /Name the job/],
      ['resume ../../x', /no open job/],
      ['resume 0123456789ab', /no open job/],
    ];
    for (const [words, sentence] of cases) {
      const { code, stdout, stderr } = await here.run(words.split(' '));
      assert.deepEqual([words, code, stdout], [words, 2, '']);
      assert.match(stderr, sentence);
    }
    const json = await here.run(['photo.png', '--json']);
    assert.equal(viewOf(json).error!.code, 'argument.mask');
    nothingSent(here.emulator);
  });

  const noPipes = { skip: process.platform === 'win32' };
  test('a pipe that nobody writes to is no image and no mask, and is not waited for', noPipes, async () => {
    await using here = await home();
    await promisify(execFile)('mkfifo', [join(here.folder, 'pipe.png')]);
    for (const words of ['pipe.png --alpha', 'photo.png --mask pipe.png']) {
      const { code, stderr } = await here.run(words.split(' '));
      assert.equal(code, 2);
      assert.match(stderr, /pipe\.png is a folder or a device/);
    }
    nothingSent(here.emulator);
  });

  test('a place for the journal that cannot be one is found out before anything is sent', async () => {
    await using here = await home();
    await writeFile(join(here.folder, 'a-file'), '');
    const args = ['photo.png', '--rect', rect, '--base-url', here.emulator.url];
    const places = [join(here.folder, 'a-file'), ...(process.platform === 'linux' ? ['/proc/nowhere'] : [])];
    for (const place of places) {
      const environment = { XDG_STATE_HOME: place };
      const { code, stderr } = await here.run(args, environment);
      assert.equal(code, 10, stderr);
      assert.ok(stderr.includes(place), stderr);
      const listed = await here.run(['jobs'], environment);
      assert.equal(listed.code, place.startsWith('/proc') ? 0 : 10, listed.stderr);
    }
    nothingSent(here.emulator);
  });

  test('a name with orders for the terminal is told without them', async () => {
    await using here = await home();
    const { code, stderr } = await here.run(['a\u001b[2Jb.png', '--alpha']);
    assert.equal(code, 2);
    assert.match(stderr, /a\?\[2Jb\.png/);
  });

  test('a key with a line break is named as such and sent nowhere', async () => {
    await using here = await home();
    const args = ['photo.png', '--rect', rect, '--base-url', here.emulator.url];
    const { code, stderr } = await here.run(args, { BFL_API_KEY: 'canary\nother' });
    assert.equal(code, 3);
    assert.match(stderr, /characters that no key has/);
    assert.doesNotMatch(stderr, /canary/);
    nothingSent(here.emulator);
  });

  test('a port that nothing may connect to was certainly not reached', async () => {
    await using here = await home();
    const { code, stderr } = await here.run(['photo.png', '--rect', rect, '--base-url', 'http://127.0.0.1:1']);
    assert.equal(code, 7);
    assert.match(stderr, /blocked port/);
    assert.deepEqual(await here.open(), []);
  });

  test('a mask that leaves nothing of the image is said, and nothing else is', async () => {
    await using here = await home();
    const said = async (area: string): Promise<string> =>
      (await here.run(['photo.png', '--rect', area, '--service', 'practice', '--dry-run'])).stderr;
    assert.match(await said(`0,0,${size.width},${size.height}`), /whole image/);
    assert.doesNotMatch(await said(`0,0,${size.width},${size.height - 20}`), /whole image/);
  });

  test('--help lists every option and exit code, and --version the version', async () => {
    await using here = await home();
    const { code, stdout } = await here.run(['--help']);
    assert.equal(code, 0);
    for (const word of ['--mask', '--timeout', 'resume ID', '130 interrupted']) assert(stdout.includes(word), word);
    const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    assert.equal((await here.run(['--version'])).stdout, `${manifest.version}\n`);
  });

  test('a source that is deleted while the job runs does not hinder the result', async () => {
    await using here = await home({ readyAfter: 600_000 });
    const before = await decode(await readFile(here.photo));
    const running = here.start(['photo.png', '--rect', rect, '--base-url', here.emulator.url, '--json']);
    await running.said(/^submitted/m);
    await rm(here.photo);
    here.emulator.control({ readyAfter: 0 });
    const view = viewOf(await running.ended);
    assert.match(view.warnings.join(), /deleted or moved/);
    assert.equal(compare(before, await decode(view.path!), isOutside).outside, 0);
  });
});
