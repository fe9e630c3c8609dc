/**
 * A stroke on a mask nobody sees, in the page's idle time: what has run before is compiled when the first real stroke begins.
 * Without it the first tenth of a second of a stroke took 5 to 13 ms of script a frame (measured, 24 megapixels), and one
 * late frame makes the browser show those that follow late, too.
 */
import type { Mask } from '../../mask/mask.ts';
import type { MaskSettings } from '../../fill/record.ts';
import { drawOverlay, isCoarse, lookFor } from './overlay.ts';
import { createPainting } from './paint.ts';
import { createPreview } from './preview.ts';

const size = { width: 768, height: 512 };
const samples = 60;

const look = lookFor(false, 1);

/** Steps of at most a few milliseconds each. */
function* scratchStroke(settings: MaskSettings): Generator<undefined, void> {
  for (const [scale, brush] of [
    [0.2, 20],
    [1, 20],
    [0.2, 300],
    [1, 300],
  ] as const) {
    const painting = createPainting(size, [], { kind: 'painted', file: null, settings });
    const preview = createPreview(painting.base, settings, true);
    const at = (sample: number) => ({
      x: size.width * (0.5 + 0.4 * Math.sin(sample / 30)),
      y: size.height * (0.5 + 0.4 * Math.sin(sample / 15)),
    });
    for (let sample = 0; sample < samples; sample++) {
      const boxes = painting.stroke(at(sample), at(sample + 1), { size: brush, hardness: 1, mode: 'paint' });
      preview.look(null, isCoarse(scale));
      for (const changed of preview.touch(boxes, true)) {
        const region = { x: 0, y: 0, width: 120, height: 120 };
        const view = { scale, x: -Math.round(changed.x * scale), y: -Math.round(changed.y * scale) };
        drawOverlay(preview.mask, preview.quarter, view, region, look);
      }
      yield;
    }
    preview.work(() => true, null);
    painting.takeNews(1);
    painting.commit();
    painting.undo();
    yield;
  }
}

/** Bytes of memory that the system gives at a time, and pages between two looks at the clock. */
const page = 4096;
const pagesAtOnce = 64;

/** A larger mask gets its memory as it is painted on: it may be much that is never needed. */
const mostTouched = 32 * 1024 * 1024;

/**
 * Writes one byte of each page as it is: the system gives memory when it is first written to, which took a third of the
 * time of a wide stroke on an empty mask (measured).
 */
function* touchPages(data: Uint8Array): Generator<undefined, void> {
  for (let at = 0, count = 1; at < data.length; at += page, count++) {
    data[at] += 0;
    if (count % pagesAtOnce === 0) yield;
  }
}

function* warmingUp(base: Mask, settings: MaskSettings): Generator<undefined, void> {
  yield* scratchStroke(settings);
  if (base.data.length <= mostTouched) yield* touchPages(base.data);
}

/** Goes on whenever the page is idle, until it is done or `signal` says that the page is gone. */
export const warmUp = (base: Mask, settings: MaskSettings, signal: AbortSignal): void => {
  const work = warmingUp(base, settings);
  const go = (deadline: IdleDeadline): void => {
    while (deadline.timeRemaining() > 4) if (signal.aborted || work.next().done === true) return;
    requestIdleCallback(go);
  };
  requestIdleCallback(go);
};
