import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { initialParameters } from '../../src/fill/parameters.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import { jobFacts, jobSentence } from '../../src/page/job.ts';
import { settingsFor } from '../../src/page/mask.ts';
import { elapsedText } from '../../src/fill/elapsed.ts';
import { hindrance, planText, priceText, shareText } from '../../src/page/plan.ts';
import { createSender } from '../../src/page/sender.ts';
import { wordsFor } from '../../src/page/words.ts';
import { texts } from '../../src/protocol/texts.ts';
import { bfl, firstState, jobView, practice } from './harness.ts';

const words = wordsFor({}, 'en');

const planned = (width: number, height: number, side: number, change: Parameters<typeof firstState>[0] = {}) => ({
  panel: firstState({ source: { ...firstState().source, width, height }, ...change }),
  measure: {
    bounds: side === 0 ? null : { x: 0, y: 0, width: side, height: side },
    coverage: (side * side) / (width * height),
    empty: side === 0,
    full: false,
  },
  maskKind: 'painted' as const,
  maskSettings: initialMaskSettings.painted,
  parameters: initialParameters,
  working: false,
  invalid: {},
});

suite('texts about the plan', () => {
  test('what is sent, of what, and at which resolution', () => {
    const small = planText(planned(6000, 4000, 300), words);
    assert.match(small, /^Sends (1,0\d\d|9\d\d) × (1,0\d\d|9\d\d) of 6,000 × 4,000 as PNG$/);
    assert.match(planText(planned(6000, 4000, 3600), words), / · filled at \d\d % resolution$/);
    assert.match(planText(planned(640, 480, 100), words), /^Sends the whole image as a PNG of 640 × 480$/);
    assert.match(planText(planned(100, 100, 10), words), /enlarged 3 times$/);
    const free = { service: { abilities: practice, hasKey: false, place: null, problem: null } };
    assert.match(planText(planned(640, 480, 100, free), words), /^Uses 640 × 480 of 640 × 480, on this computer$/);
    assert.equal(planText(planned(640, 480, 0), words), '');
  });

  test('price by the rule of the service', () => {
    assert.equal(priceText(planned(640, 480, 100), words), '$0.05');
    const dear = { ...bfl, price: { kind: 'megapixel', dollars: 0.125 } } as const;
    assert.equal(
      priceText(
        planned(640, 480, 100, { service: { abilities: dear, hasKey: true, place: null, problem: null } }),
        words,
      ),
      '$0.125',
    );
    assert.equal(
      priceText(
        planned(640, 480, 9, { service: { abilities: practice, hasKey: false, place: null, problem: null } }),
        words,
      ),
      'free',
    );
    assert.equal(priceText(planned(640, 480, 0), words), '');
  });

  test('a share is neither rounded to nothing nor to everything', () => {
    const share = (coverage: number, working = false) =>
      shareText({ measure: { bounds: null, coverage, empty: coverage === 0, full: coverage === 1 }, working }, words);
    assert.equal(share(0), 'No mask yet');
    assert.equal(share(0, true), '', 'a mask that is not worked out yet is none that is missing');
    assert.equal(share(0.000001), 'Mask < 0.01 %');
    assert.equal(share(0.0042), 'Mask 0.42 %');
    assert.equal(share(0.123), 'Mask 12.3 %');
    assert.equal(share(0.9999), 'Mask 99.9 %');
    assert.equal(share(1), 'Mask 100 %');
  });

  test('what stands in the way of Generate', () => {
    assert.equal(hindrance(planned(640, 480, 0), words), texts['mask.empty']);
    assert.equal(hindrance({ ...planned(640, 480, 0), working: true }, words), texts['generate.mask']);
    assert.equal(hindrance(planned(640, 480, 10), words), null);
    const strict = {
      service: { abilities: { ...bfl, promptRequired: true }, hasKey: true, place: null, problem: null },
    };
    assert.match(hindrance(planned(640, 480, 10, strict), words) ?? '', /needs a prompt/);
    assert.equal(hindrance({ ...planned(640, 480, 10), invalid: { Steps: 'No.' } }, words), 'No.');
  });

  test('elapsed time', () => {
    assert.deepEqual([-5, 0, 42_900, 725_000, 3_723_000].map(elapsedText), [
      '0:00',
      '0:00',
      '0:42',
      '12:05',
      '1:02:03',
    ]);
  });

  test('jobs in words', () => {
    assert.equal(jobSentence(jobView({ state: 'unknown' }), words), 'Outcome unknown');
    assert.equal(jobSentence(jobView({ state: 'saved' }), words), texts['job.savedGone']);
    assert.equal(jobFacts(jobView({ cost: 0.06, seed: 5 }), words), 'Cost $0.06 · Seed 5');
    assert.equal(jobFacts(jobView({ price: 0 }), words), '');
  });
});

suite('words', () => {
  test('the table of the host comes first, English fills its gaps, odd languages do no harm', () => {
    const german = wordsFor({ 'job.saved': '{name} gesichert', 'job.failed': 3 }, 'de');
    assert.equal(german.t('job.saved', { name: 'a.png' }), 'a.png gesichert');
    assert.equal(german.t('job.failed'), 'Failed');
    assert.equal(german.number(1234.5, 1), '1.234,5');
    assert.equal(wordsFor({}, '').number(1234), '1,234');
    assert.equal(wordsFor({}, '<x>').number(1234), '1,234');
    assert.equal(words.fileSize(5_900_000), '5.9 MB');
    assert.equal(words.fileSize(12), '1 KB');
  });

  test('every place of a sentence is a name that code can give', () => {
    for (const [key, sentence] of Object.entries(texts)) {
      assert.doesNotMatch(sentence.replace(/\{[a-zA-Z]+\}/g, ''), /[{}]/, key);
      assert.notEqual(sentence.trim(), '', key);
    }
  });
});

suite('sender', () => {
  test('sends the first and the newest value, in order, and survives a fault', async () => {
    const asked: number[] = [];
    const faults: unknown[] = [];
    const releases: (() => void)[] = [];
    const sender = createSender(
      (value: number) => {
        asked.push(value);
        return new Promise<void>((resolve, reject) =>
          releases.push(value === 1 ? () => reject(new Error('no')) : resolve),
        );
      },
      (error) => faults.push(error),
    );
    await sender.settled();
    for (const value of [1, 2, 3]) sender.send(value);
    assert.deepEqual(asked, [1]);
    assert.equal(sender.busy(), true);
    releases[0]();
    while (asked.length < 2) await Promise.resolve();
    releases[1]();
    await sender.settled();
    assert.deepEqual(asked, [1, 3]);
    assert.equal(faults.length, 1);
    assert.equal(sender.busy(), false);
    sender.send(4);
    assert.deepEqual(asked, [1, 3, 4]);
  });
});

suite('settings follow the kind', () => {
  test('only where nobody touched them', () => {
    assert.deepEqual(
      settingsFor('painted', 'rectangle', initialMaskSettings.painted, initialMaskSettings),
      initialMaskSettings.rectangle,
    );
    const touched = { ...initialMaskSettings.painted, grow: 11 };
    assert.equal(settingsFor('painted', 'rectangle', touched, initialMaskSettings), touched);
  });
});
