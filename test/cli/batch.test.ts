/** Several images at once: one price before, each failure in a sentence, and a second run that does only what is missing. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import sharp from 'sharp';
import type { Scenario } from '../servers/bfl-scenarios.ts';
import { home, nothingSent, prompt, type Ended, type Home, type View } from './rig.ts';

interface Item extends View {
  readonly source: string;
  readonly outcome: string;
  readonly price: number | null;
}
interface Report {
  readonly price: number | null;
  readonly images: readonly Item[];
}

const reportOf = ({ stdout, stderr }: Ended): Report => {
  assert.match(stdout, /^\{.*\}\n$/, stderr);
  return JSON.parse(stdout) as Report;
};
const nameOf = ({ source }: Item): string => source.split('/').pop()!;
const countsOf = ({ images }: Report): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { outcome } of images) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};

/** A size of its own for each of 64 images, by which the service tells them apart: multiples of 32. */
const sizeOf = (index: number) => ({ width: 256 + 32 * (index % 8), height: 256 + 32 * Math.floor(index / 8) });
const fileOf = (index: number): string => `p${String(index).padStart(2, '0')}.png`;

/** An image of noise-free colours and its mask beside it. */
const write = async (folder: string, index: number): Promise<void> => {
  const { width, height } = sizeOf(index);
  const gradient = Buffer.from(
    `<svg width="${width}" height="${height}"><defs><linearGradient id="g"><stop stop-color="#14${index + 10}60"/><stop offset="1" stop-color="#d0${index + 10}20"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/></svg>`,
  );
  const marked = Buffer.from(
    `<svg width="${width}" height="${height}"><rect width="100%" height="100%"/><rect x="90" y="80" width="70" height="60" fill="#fff"/></svg>`,
  );
  await sharp(gradient)
    .removeAlpha()
    .png()
    .toFile(join(folder, fileOf(index)));
  await sharp(marked)
    .removeAlpha()
    .png()
    .toFile(join(folder, fileOf(index).replace('.png', '.mask.png')));
};

const makeImages = async (here: Home, count: number): Promise<string> => {
  const folder = join(here.folder, 'img');
  await mkdir(folder);
  for (let index = 0; index < count; index++) await write(folder, index);
  return folder;
};

const flat = (width: number, height: number, background: string): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

const args = (here: Home, ...more: readonly string[]): string[] => [
  'img/*.png',
  '--mask-beside',
  '--prompt',
  prompt,
  '--base-url',
  here.emulator.url,
  ...more,
];

const spent = async (here: Home): Promise<number> => {
  const days = JSON.parse((await here.run(['spent', '--json'])).stdout) as { total: number }[];
  return Math.round(days.reduce((sum, { total }) => sum + total, 0) * 100) / 100;
};

/** What goes wrong at the service, by the index of the image. */
const spoilt: ReadonlyMap<number, Scenario> = new Map([
  [3, 'moderated-request'],
  [7, 'moderated-content'],
  [11, 'error'],
  [14, '400'],
  [18, '422-echo'],
  [22, '500'],
  [25, 'accepted-but-answer-lost'],
  [29, 'not-an-image'],
  [33, 'hostile-result'],
  [36, 'dead-link'],
  [40, 'other-size'],
  [44, 'truncated'],
]);

test('60 images with failures of every kind: the report and the price are right, a second run does what is missing', async () => {
  let scenarios = spoilt;
  await using here = await home({
    scenarioOf: ({ width, height }) => scenarios.get((width - 256) / 32 + ((height - 256) / 32) * 8),
  });
  const folder = await makeImages(here, 59);
  const at = (index: number, ending = '.png'): string => join(folder, fileOf(index).replace('.png', ending));
  await writeFile(at(1), (await readFile(at(1))).subarray(0, 300));
  await writeFile(at(5), 'no picture at all');
  await rm(at(9, '.mask.png'));
  await writeFile(at(13, '.mask.png'), await flat(50, 50, '#fff'));
  await writeFile(at(17, '.mask.png'), await flat(sizeOf(17).width, sizeOf(17).height, '#000'));
  const sixty = args(here, 'img/none.png', '--json');

  const first = await here.run(sixty);
  const report = reportOf(first);
  assert.match(first.stderr, /^60 images: 55 to fill, 5 that cannot be filled; \$2\.75 in all$/m);
  assert.match(first.stderr, /^58 masks of other images are left out, such as img\/p00\.mask\.png$/m);
  assert.equal(report.price, 2.75);
  assert.deepEqual(countsOf(report), { saved: 45, failed: 7, unknown: 2, refused: 5, unsent: 1 });
  const sentences: readonly (readonly [string, RegExp])[] = [
    [fileOf(1), /is damaged or incomplete|is not an image/],
    [fileOf(5), /is not an image that Flux Fill can read/],
    [fileOf(9), /There is no mask beside p09\.png, such as p09\.mask\.png/],
    [fileOf(13), /has 50 × 50 pixels, the image p13\.png has 416 × 288/],
    [fileOf(17), /The mask is empty/],
    ['none.png', /There is no file none\.png/],
    [fileOf(3), /declined the request: Violence/],
    [fileOf(7), /withheld it: Derivative Works Filter/],
    [fileOf(11), /the model gave up/],
    [fileOf(14), /did not accept the request/],
    [fileOf(18), /did not accept image/],
    [fileOf(22), /may have been accepted and charged/],
    [fileOf(25), /may have been accepted and charged/],
    [fileOf(29), /text\/plain instead of an image/],
    [fileOf(33), /does not trust/],
  ];
  for (const [name, sentence] of sentences) {
    const item = report.images.find((each) => nameOf(each) === name)!;
    assert.match(item.error!.sentence, sentence);
    assert.equal(item.path, null);
    assert.ok(first.stderr.includes(`img/${name}: ${item.error!.sentence}`), `${name} is not in the report`);
  }
  for (const item of report.images.filter(({ outcome }) => outcome === 'saved')) {
    assert.equal(item.changedOutsideEffective, 0);
    assert.ok((await readFile(item.path!)).length > 0);
  }
  // In the order of the images: the first is damaged.
  assert.equal(first.code, 2);
  // All that were sent, without the two that were turned away and the two that Black Forest Labs does not bill.
  const charged = Math.round((54 - 4) * 5) / 100;
  assert.match(first.stderr, new RegExp(`^45 saved, .*; \\$${charged.toFixed(2)}$`, 'm'));
  assert.equal(await spent(here), charged);
  const { length: submits } = here.emulator.log.filter(({ method }) => method === 'POST');

  scenarios = new Map();
  await rm(at(30, '.fill-001.png'));
  const again = await here.run(sixty);
  const rest = reportOf(again);
  assert.match(
    again.stderr,
    /^60 images: 7 to fill, 2 to go on with, 44 done already, 2 that may have been charged for, 5 that cannot be filled; \$0\.35 in all$/m,
  );
  assert.match(again.stderr, /img\/p22\.png: Nobody can say whether it was accepted.*resume \w+ --send-again/);
  assert.deepEqual(countsOf(rest), { saved: 8, done: 44, unknown: 2, refused: 5, unsent: 1 });
  assert.equal(here.submits(), submits + 6);
  assert.equal(await spent(here), Math.round((charged + 0.3) * 100) / 100);
  const missing = [3, 7, 11, 14, 18, 29, 30, 33].map(fileOf);
  assert.deepEqual(rest.images.filter(({ outcome }) => outcome === 'saved').map(nameOf), missing);

  const third = await here.run([...sixty, '--dry-run']);
  assert.deepEqual(countsOf(reportOf(third)), { done: 52, unknown: 2, refused: 5, planned: 1 });
  assert.equal(third.code, 2);
  assert.equal(reportOf(third).price, 0.05);
});

suite('a batch', { concurrency: 2 }, () => {
  test('ends where the next image would fare no better: no credits, and the daily limit', async () => {
    await using here = await home({ scenario: '402' });
    await makeImages(here, 25);
    const broke = await here.run(args(here, '--json'));
    assert.equal(broke.code, 4, broke.stderr);
    // As many as were under way when the first was refused, and none after it.
    assert.ok(here.submits() <= 22, String(here.submits()));
    const { images } = reportOf(broke);
    const unsent = images.filter(({ outcome }) => outcome === 'unsent');
    assert.ok(unsent.length >= 3, String(unsent.length));
    assert.match(unsent[0].error!.sentence, /It was not sent, because .*no credits left/);
    assert.equal(await spent(here), 0);

    here.emulator.control({ scenario: 'normal' });
    await here.run(['limit', '0.15']);
    const before = here.submits();
    const limited = await here.run(args(here, '--json'));
    assert.equal(limited.code, 4, limited.stderr);
    assert.deepEqual(here.submits() - before, 3);
    assert.equal(countsOf(reportOf(limited))['saved'], 3);
    assert.equal(await spent(here), 0.15);
  });

  test('interrupted, it is gone on with: nothing is sent twice', async () => {
    await using here = await home({ readyAfter: 3_600_000 });
    await makeImages(here, 4);
    const started = here.start(args(here));
    while (here.emulator.accepted() < 4) await new Promise((resolve) => setTimeout(resolve, 50));
    started.child.kill('SIGINT');
    const { code, stderr } = await started.ended;
    assert.equal(code, 130, stderr);
    assert.equal((await here.open()).length, 4);
    here.emulator.control({ readyAfter: 0 });
    const again = await here.run(args(here, '--json'));
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(countsOf(reportOf(again)), { saved: 4 });
    assert.equal(here.emulator.accepted(), 4);
  });

  test('another prompt, another seed, and --again are other fills; notes in the files are enough', async () => {
    await using here = await home();
    await makeImages(here, 2);
    assert.equal((await here.run(args(here, '--seed', '5'))).code, 0);
    await rm(join(here.journal, 'done'), { recursive: true });
    for (const [more, submits] of [
      [['--seed', '5'], 0],
      [[], 0],
      [['--seed', '6'], 2],
      [['--seed', '5', '--again'], 2],
      [['--grow', '3'], 2],
      [['--no-tone'], 2],
      [['--steps', '30'], 2],
    ] as const) {
      const { images, price } = reportOf(await here.run(args(here, ...more, '--dry-run', '--json')));
      const planned = images.filter(({ outcome }) => outcome === 'planned');
      assert.deepEqual([planned.length, price], [submits, submits * 0.05], more.join(' '));
    }
    const practice = ['img/*.png', '--mask-beside', '--service', 'practice', '--json'];
    assert.deepEqual(countsOf(reportOf(await here.run([...practice, '--dry-run']))), { planned: 2 });
    assert.equal((await here.run(args(here))).code, 0);
    assert.equal(here.submits(), 2);
  });

  test('patterns, names that look like ones, and what does not go with several', async () => {
    await using here = await home();
    const folder = await makeImages(here, 2);
    await writeFile(join(folder, 'p[1].png'), await readFile(join(folder, fileOf(0))));
    await writeFile(join(folder, 'notes.txt'), 'text');
    const ask = (...words: readonly string[]) =>
      here.run([...words, '--rect', '90,80,70,60', '--base-url', here.emulator.url, '--dry-run', '--json']);
    const all = reportOf(await ask('img/p0[01].png', 'img/p00.png', '**/p01.{png,jpg}'));
    assert.deepEqual(all.images.map(nameOf), ['p00.png', 'p01.png']);
    const everything = reportOf(await ask('img/*'));
    assert.ok(everything.images.every(({ source }) => source.endsWith('.png')));
    const literal = await ask('img/p[1].png', 'img/p00.png');
    assert.deepEqual(reportOf(literal).images.map(nameOf), ['p[1].png', 'p00.png']);
    for (const [words, sentence] of [
      [['img/*.webp'], /No file matches img\/\*\.webp/],
      [['img/*.png', '--out', 'x.png'], /--out goes with one image only/],
      [['img/*.png', '--images', '2'], /--images goes with one image only/],
      [['img/p00.png', '--again'], /--again needs several images/],
    ] as const) {
      const ended = await ask(...words);
      assert.equal(ended.code, 2);
      assert.match(ended.stderr, sentence);
    }
    nothingSent(here.emulator);
  });
});
