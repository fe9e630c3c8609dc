/** Wand and bucket on the page: one selection at a time, worked out in slices; the image's pixels are kept for the wand only. */
import type { CombineMode, Part } from '../../mask/combine.ts';
import type { Point } from '../../mask/strokes.ts';
import { selectRegion, selectSimilar, type Pixels } from '../../mask/wand.ts';
import type { Session } from '../session.ts';
import { canvasOf } from '../state.ts';
import { readPixels, runInSlices } from './pixels.ts';
import type { Stage } from './stage.ts';
import { pixelAt, type ToolContext } from './tools.ts';

export interface Selector {
  readonly select: ToolContext['select'];
  /** Gives up what is being worked out; false where nothing is. */
  cancel(): boolean;
}

export const createSelector = (session: Session, stage: Stage, mark: ToolContext['mark']): Selector => {
  const { store } = session;
  let reading: {
    readonly pixels: Promise<Pixels | null>;
    readonly src: string;
    readonly stop: AbortController;
  } | null = null;
  let job: AbortController | null = null;
  let unreadableSrc = '';

  const unreadable = (): null => {
    unreadableSrc = store.get().panel.source.src;
    store.set({ wandProblem: 'wand.unreadable' });
    if (store.get().tool === 'wand') session.chooseTool('wand');
    return null;
  };

  const work = (next: AbortController | null): void => {
    job?.abort();
    job = next;
    stage.element.classList.toggle('busy', job !== null);
  };

  const read = (): Promise<Pixels | null> => {
    const picture = stage.pictures().before;
    const { panel } = store.get();
    if (picture === null) return Promise.resolve(null);
    if (reading?.src !== panel.source.src) {
      const stop = new AbortController();
      const pixels = readPixels(picture, canvasOf(panel), stop.signal).catch(() =>
        stop.signal.aborted ? null : unreadable(),
      );
      reading = { pixels, src: panel.source.src, stop };
    }
    return reading.pixels;
  };

  const forget = (): void => {
    reading?.stop.abort();
    reading = null;
  };

  store.watch(({ tool, picture, comparing, panel, wandProblem }) => {
    const known = panel.source.src === unreadableSrc;
    if (picture === 'failed' && !known) unreadable();
    if (picture === 'shown' && !known && wandProblem === 'wand.unreadable') store.set({ wandProblem: null });
    if (tool !== 'wand' || comparing !== null) forget();
    else if (picture === 'shown') void read();
  });

  const workOf = async (
    tool: 'wand' | 'bucket',
    seed: Point,
    mode: CombineMode,
    signal: AbortSignal,
  ): Promise<Part | null> => {
    if (tool === 'bucket') {
      return runInSlices(selectRegion(session.editor().base, seed, mode === 'subtract' ? 0 : 255), signal);
    }
    const { tolerance, contiguous } = store.get().toolOptions;
    const pixels = await read();
    signal.throwIfAborted();
    if (pixels !== null) return runInSlices(selectSimilar(pixels, seed, tolerance, contiguous), signal);
    const { picture, panel } = store.get();
    if (picture === 'loading') session.say(session.words.t('canvas.loading', { name: panel.source.name }));
    return null;
  };

  return {
    select(tool, at, mode) {
      const { width, height } = canvasOf(store.get().panel);
      const seed = pixelAt(at, { width, height });
      work(null);
      if (seed.x < 0 || seed.y < 0 || seed.x >= width || seed.y >= height) return mark(null, mode, tool);
      const mine = new AbortController();
      work(mine);
      workOf(tool, seed, mode, mine.signal)
        .then((part) => {
          if (!mine.signal.aborted && part !== null) mark(part, mode, tool);
        })
        .catch((error: unknown) => {
          if (!mine.signal.aborted) session.failed(error);
        })
        .finally(() => {
          if (job === mine) work(null);
        });
    },
    cancel() {
      const working = job !== null;
      work(null);
      return working;
    },
  };
};
