import type { Size } from './geometry.ts';
import { megapixels } from './geometry.ts';
import type { Plan } from './plan.ts';
import type { Job } from './record.ts';
import type { PriceRule } from './service.ts';

/** US dollars for one image of the size that is sent; megapixels (1,000,000 px) are rounded up. */
export const priceOf = (rule: PriceRule, sent: Size): number => {
  if (rule.kind === 'free') return 0;
  if (rule.kind === 'image') return rule.dollars;
  return rule.dollars * Math.ceil(megapixels(sent));
};

/** US dollars for all steps of a fill, `images` of each. Rounded to a millionth: sums of cents stay cents. */
export const priceOfAll = (rule: PriceRule, plans: readonly Pick<Plan, 'sent'>[], images = 1): number =>
  Math.round(plans.reduce((sum, { sent }) => sum + images * priceOf(rule, sent), 0) * 1e6) / 1e6;

/**
 * True where the job ended without a charge: it was never accepted, the service ended it before it began, or Black Forest
 * Labs withheld the image, which it does not bill (help.bfl.ai, article 2916279050). No other service says so.
 */
export const isFree = ({
  fill,
  state,
  taskId,
  fault,
}: Pick<Job, 'state' | 'taskId' | 'fault'> & { readonly fill: Pick<Job['fill'], 'service'> }): boolean =>
  (taskId === undefined && (state === 'failed' || state === 'cancelled')) ||
  fault?.code === 'service.aborted' ||
  (fill.service.id === 'bfl' &&
    (fault?.code === 'service.moderatedRequest' || fault?.code === 'service.moderatedResult'));

/** "$0.05", "$1.20"; a third digit only where it counts. */
export const dollarsText = (dollars: number): string => {
  const cents = Math.round(dollars * 1000) % 10 === 0;
  return `$${dollars.toFixed(cents ? 2 : 3)}`;
};
