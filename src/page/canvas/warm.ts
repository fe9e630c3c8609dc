/**
 * A stroke on a mask nobody sees, in the page's idle time: what has run before is compiled when the first real stroke begins.
 * Without it the first tenth of a second of a stroke took 5 to 13 ms of script a frame (measured, 24 megapixels), and one
 * late frame makes the browser show those that follow late, too.
 */
import { encodeTile } from '../../mask/edits.ts';
import type { MaskSettings } from '../../fill/record.ts';
import { drawOverlay, lookFor } from './overlay.ts';
import { createPainting } from './paint.ts';
import { createPreview } from './preview.ts';

const size = { width: 768, height: 512 };
const samples = 60;

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
      for (const changed of preview.touch(boxes, true)) {
        const region = { x: 0, y: 0, width: 120, height: 120 };
        const view = { scale, x: -Math.round(changed.x * scale), y: -Math.round(changed.y * scale) };
        drawOverlay(preview.mask, preview.quarter, view, region, lookFor(false, 1));
      }
      yield;
    }
    preview.work(() => true, null);
    for (const { data } of painting.takeNews(1).tiles) if (data !== null) encodeTile(data);
    painting.commit();
    painting.undo();
    yield;
  }
}

/** Goes on whenever the page is idle, until it is done or `signal` says that the page is gone. */
export const warmUp = (settings: MaskSettings, signal: AbortSignal): void => {
  const work = scratchStroke(settings);
  const go = (deadline: IdleDeadline): void => {
    while (deadline.timeRemaining() > 4) if (signal.aborted || work.next().done === true) return;
    requestIdleCallback(go);
  };
  requestIdleCallback(go);
};
