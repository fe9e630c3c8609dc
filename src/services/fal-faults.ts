/** What fal's errors mean. Sources: facts/providers.md 2.2 and 2.4; github.com/fal-ai/fal/issues/1147 for locked accounts. */
import { fault, type Fault } from '../fill/faults.ts';
import { errorType } from './fal-shapes.ts';
import { intercepted, jsonOf, type Answer } from './http.ts';
import { complaint, refusal, told } from './refusal.ts';

/** A request that was not taken. An account without balance answers 403 as a wrong key does; only the text tells. */
export const falRefusal = (answer: Answer, origin: string, hidden: readonly string[]): Fault => {
  const between = intercepted(answer, origin);
  if (between !== undefined && answer.status !== 404 && answer.status !== 405) return between;
  const reason = told(complaint(jsonOf(answer)).reason ?? '', hidden);
  const detail = `HTTP ${answer.status}: ${reason}`;
  if (answer.status === 403 && /balance|top.?up|billing/i.test(reason))
    return fault('service.credits', { origin }, detail);
  if (answer.status === 403 && /\blocked\b/i.test(reason))
    return fault('service.badRequest', { origin, reason }, detail);
  return refusal(answer, origin, hidden);
};

/** What a person sent: a complaint about it can be answered by changing it. */
const inputs = new Set(['prompt', 'image_url', 'mask_url', 'seed', 'num_images', 'output_format', 'safety_tolerance']);

/**
 * The end of a task that gave no image: fal calls it COMPLETED, and the answer in place of its result says why. Undefined
 * where the answer has none of fal's two shapes, so that it may have come from something on the way.
 */
export const taskFault = (answer: Answer, origin: string, hidden: readonly string[]): Fault | undefined => {
  const body = jsonOf(answer);
  const type = errorType(body, answer.headers);
  if (type === undefined) return undefined;
  const { field, reason: given } = complaint(body);
  const reason = told(given ?? '', hidden) || type.replaceAll('_', ' ');
  const detail = `HTTP ${answer.status}: ${type}: ${reason}`;
  const root = field?.split('.')[0] ?? '';
  if (type === 'content_policy_violation')
    return fault(
      root === '' || inputs.has(root) ? 'service.moderatedRequest' : 'service.moderatedResult',
      { reasons: reason },
      detail,
    );
  return inputs.has(root)
    ? fault('service.invalid', { origin, field: root, reason }, detail)
    : fault('service.failed', { reason }, detail);
};
