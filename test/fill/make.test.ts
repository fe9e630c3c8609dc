import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inRequests, newFill } from '../../src/fill/make.ts';
import { initialParameters, seed as seedRange } from '../../src/fill/parameters.ts';
import { planWhole } from '../../src/fill/plan.ts';
import { imagesLimit } from '../../src/fill/record.ts';
import { falAbilities } from '../../src/services/fal.ts';
import { abilities } from '../jobs/rig.ts';

const given = (images: number, seed: number | null = null) => ({
  source: { uri: 'file:///a.png', name: 'a.png', width: 512, height: 512, bytes: 1, sha256: '0' },
  mask: { kind: 'painted' as const, settings: { grow: 0, feather: 0, invert: false, fillHoles: false } },
  baseUrl: 'https://service.example',
  parameters: { ...initialParameters, seed },
  expand: undefined,
  plans: [planWhole({ width: 512, height: 512 })],
  images,
  save: { as: 'png' as const, opaque: false, tone: true, note: true },
});

test('variations have consecutive seeds, ids in their order, each image in one request, and the price of the whole', () => {
  const services = [abilities(), falAbilities];
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: imagesLimit }),
      fc.constantFrom(...services),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (images, service, drawn) => {
        const random = () => drawn;
        const fill = newFill(given(images), service, 1_800_000_000_000, random);
        const fills = inRequests(fill, images, service, 1_800_000_000_000, random, true);
        const covered = fills.flatMap((each) =>
          Array.from({ length: each.images ?? 1 }, (_, at) => (each.parameters.seed ?? 0) + at),
        );
        const first = fill.parameters.seed ?? -1;
        assert.deepEqual(
          covered,
          Array.from({ length: images }, (_, at) => first + at),
        );
        assert.ok(covered.at(-1)! <= seedRange.max);
        assert.ok(fills.every((each) => (each.images ?? 1) <= service.imagesPerCall));
        assert.deepEqual(
          fills.map(({ id }) => id),
          fills.map(({ id }) => id).sort(),
        );
        assert.equal(new Set(fills.map(({ id }) => id)).size, fills.length);
        assert.ok(Math.abs(fills.reduce((sum, { price }) => sum + price!, 0) - images * 0.05) < 1e-9);
        if (images === 1) assert.equal(fills[0].variation, undefined);
        else {
          assert.equal(fills[0].variation?.number, 1);
          assert.ok(fills.every(({ variation }) => variation?.set === fill.id && variation.of === images));
        }
      },
    ),
  );
});
