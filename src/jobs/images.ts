/** Several images of one request: the first stays with its job, each other becomes a job of its own, which only has to be saved. */
import { fault, type Fault } from '../fill/faults.ts';
import { known } from '../fill/known.ts';
import { imageId, type Job } from '../fill/record.ts';
import type { Fetched } from '../fill/service.ts';
import type { Context, Entry } from './entry.ts';
import { createImageJob } from './journal.ts';

/** True for what `ofOne` says: it stays when the image is worked on again. */
export const isOfService = ({ code }: Fault): boolean => code === 'result.flagged' || code === 'result.fewer';

const share = (dollars: number, images: number): number => Math.round((dollars / images) * 1e6) / 1e6;

/** What one image of a request tells: its part of price and cost, and whether the service marked it. */
export const ofOne = (job: Job, fetched: Fetched, images: number): Job => {
  const { images: asked = 1, ...fill } = job.fill;
  const warnings: Fault[] = [
    ...(fetched.flagged ? [fault('result.flagged')] : []),
    ...(images < asked ? [fault('result.fewer', { made: images, asked })] : []),
  ];
  return {
    ...job,
    fill: { ...fill, price: fill.price === null ? null : share(fill.price, asked) },
    ...(job.cost === undefined ? {} : { cost: share(job.cost, images) }),
    warnings: [...job.warnings, ...warnings],
  };
};

/** Its place among the variations, where there are any: the images of a request follow each other. */
const variationOf = ({ variation }: Job['fill'], image: number): Job['fill']['variation'] =>
  variation && { ...variation, number: variation.number + image };

/**
 * Makes the jobs of the further images, each once, however often it is begun anew, and runs them. The first image is to be
 * recorded after them: a process that dies in between fetches all again and goes on here. Throws the disk's errors.
 */
export const splitImages = async (context: Context, entry: Entry, fetched: readonly Fetched[]): Promise<void> => {
  for (const [image, each] of fetched.entries()) {
    if (image === 0) continue;
    const { submittedAt, taskId, handle: _handle, ...one } = ofOne(entry.job, each, fetched.length);
    const job: Job = {
      ...one,
      fill: { ...one.fill, id: imageId(entry.id, image), ...known({ variation: variationOf(one.fill, image) }) },
      ...(submittedAt === undefined ? {} : { submittedAt }),
      ...(taskId === undefined ? {} : { taskId }),
      state: 'received',
      resultType: each.type,
      results: 1,
    };
    const made = await createImageJob(context.deps.directory, job, entry.folder, each.bytes);
    if (made !== undefined) context.begin(job, made.folder, made.lease);
  }
};
