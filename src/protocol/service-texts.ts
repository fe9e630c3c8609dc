/** What both sides say about a service: what it asks for an image, and what Cancel does there. */
import type { FaultArgs } from '../fill/faults.ts';
import type { Abilities } from '../fill/service.ts';
import type { TextKey } from './texts.ts';

export interface Speech {
  readonly t: (key: TextKey, args?: FaultArgs) => string;
  readonly dollars: (value: number) => string;
}

/** "$0.05 an image" */
export const priceRuleText = ({ id, price }: Pick<Abilities, 'id' | 'price'>, { t, dollars }: Speech): string => {
  if (price.kind === 'free') return t('rule.free');
  const args = { price: dollars(price.dollars) };
  if (price.kind === 'megapixel') return t('rule.megapixel', args);
  return t(id === 'compatible' ? 'rule.compatible' : 'rule.image', args);
};

/** What Cancel can still do once a fill was sent; empty where nothing is at stake. */
export const cancelText = (
  { id, name, cancel, price }: Pick<Abilities, 'id' | 'name' | 'cancel' | 'price'>,
  { t }: Pick<Speech, 't'>,
): string => {
  if (price.kind === 'free') return '';
  const key = !cancel ? 'job.cancelHint' : id === 'fal' ? 'cancel.queued' : 'cancel.charged';
  return t(key, { service: name });
};
