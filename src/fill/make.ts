import type { Parameters } from './parameters.ts';
import { seed } from './parameters.ts';
import type { Expand, OutpaintPreset } from './outpaint.ts';
import type { Plan } from './plan.ts';
import { priceOfAll } from './price.ts';
import { newFillId, plansOf, recordVersion, type Fill } from './record.ts';
import type { Abilities } from './service.ts';

/** A seed after which so many follow. */
const drawnSeed = (random: () => number, images: number): number => Math.floor(random() * (seed.max + 2 - images));

/**
 * The record of a new fill. A seed that was not chosen is drawn here, so that every fill can be made again.
 * `now` in milliseconds since 1970; `random` gives numbers in [0, 1).
 */
export const newFill = (
  given: {
    readonly source: Fill['source'];
    readonly mask: Fill['mask'];
    readonly baseUrl: string;
    readonly parameters: Parameters;
    readonly expand: Expand | undefined;
    /** The windows of all steps, at least one. */
    readonly plans: readonly Plan[];
    readonly save: Fill['save'];
    readonly send?: 'alpha' | undefined;
    /** Results that are made of it, in one request or in several with consecutive seeds; absent: one. */
    readonly images?: number;
    readonly preset?: OutpaintPreset | undefined;
  },
  abilities: Abilities,
  now: number,
  random: () => number,
): Fill => ({
  version: recordVersion,
  id: newFillId(now, random),
  createdAt: new Date(now).toISOString(),
  source: given.source,
  mask: given.mask,
  service: { id: abilities.id, baseUrl: given.baseUrl },
  parameters: { ...given.parameters, seed: given.parameters.seed ?? drawnSeed(random, given.images ?? 1) },
  ...(given.expand === undefined ? {} : { expand: given.expand }),
  plan: given.plans[0],
  ...(given.plans.length === 1 ? {} : { further: given.plans.slice(1) }),
  ...(given.preset === undefined ? {} : { preset: given.preset }),
  ...(given.send === undefined ? {} : { send: given.send }),
  price: priceOfAll(abilities.price, given.plans),
  save: given.save,
});

/**
 * As many requests as `images` take, with consecutive seeds; the ids sort in their order. `toChoose`: they are variations,
 * of which the person keeps some.
 */
export const inRequests = (
  fill: Fill,
  images: number,
  { imagesPerCall, price }: Pick<Abilities, 'imagesPerCall' | 'price'>,
  now: number,
  random: () => number,
  toChoose = false,
): readonly Fill[] => {
  const perRequest = fill.further === undefined ? imagesPerCall : 1;
  return Array.from({ length: Math.ceil(images / perRequest) }, (_, index) => {
    const from = index * perRequest;
    const count = Math.min(perRequest, images - from);
    return {
      ...fill,
      ...(count === 1 ? {} : { images: count }),
      ...(toChoose && images > 1 ? { variation: { set: fill.id, number: from + 1, of: images } } : {}),
      id: index === 0 ? fill.id : newFillId(now + index, random),
      parameters: { ...fill.parameters, seed: ((fill.parameters.seed ?? 0) + from) % (seed.max + 1) },
      price: priceOfAll(price, plansOf(fill), count),
    };
  });
};
