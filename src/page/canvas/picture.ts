/**
 * A picture on the stage, upright. Browsers turn some formats by their EXIF orientation and others not (Chromium: JPEG
 * and PNG yes, WebP no), so this one is asked first, with a tiny picture of each format that has to be turned.
 */
import type { Size } from '../../fill/geometry.ts';
import { canvasSize, type Expand } from '../../fill/outpaint.ts';
import type { ResultView, SourceView } from '../../protocol/messages.ts';
import { uprightMatrix } from './view.ts';

/** Two pixels beside each other with EXIF orientation 6: one pixel wide where the browser turns it. */
const probes: Readonly<Record<Exclude<SourceView['format'], 'gif'>, string>> = {
  png: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAGmVYSWZJSSoACAAAAAEAEgEDAAEAAAAGAAAAAAAAALdIESkAAAAJcEhZcwAAA+gAAAPoAbV7UmsAAAALSURBVAiZY/gPBgAU8gX7vAbl6QAAAABJRU5ErkJggg==',
  jpeg: 'data:image/jpeg;base64,/9j/4QAiRXhpZgAASUkqAAgAAAABABIBAwABAAAABgAAAAAAAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////2wBDAf//////////////////////////////////////////////////////////////////////////////////////wAARCAABAAIDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAAAP/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AKAA/9k=',
  webp: 'data:image/webp;base64,UklGRlIAAABXRUJQVlA4WAoAAAAIAAAAAQAAAAAAVlA4TBEAAAAvAQAAAAfQ//73v/+BiOh/AABFWElGGgAAAElJKgAIAAAAAQASAQMAAQAAAAYAAAAAAAAA',
};

const loaded = (image: HTMLImageElement): Promise<HTMLImageElement> =>
  new Promise((resolve, reject) => {
    image.alt = '';
    image.draggable = false;
    if (image.complete && image.naturalWidth > 0) return resolve(image);
    const fail = (): void => reject(new Error('the picture cannot be shown'));
    if (image.complete && image.src !== '') return fail();
    image.addEventListener('load', () => resolve(image), { once: true });
    image.addEventListener('error', fail, { once: true });
  });

const request = (src: string, readable: boolean): Promise<HTMLImageElement> => {
  const image = new Image();
  if (readable) image.crossOrigin = 'anonymous';
  image.decoding = 'async';
  const coming = loaded(image);
  image.src = src;
  return coming;
};

/** Asked for so that its pixels can be read; where its server does not allow that, it is still shown. */
export const load = (src: string): Promise<HTMLImageElement> => request(src, true).catch(() => request(src, false));

/** Milliseconds after which a picture counts as painted: in a page that is hidden it never is. */
const paintedWithin = 1_000;

/** Resolves once an element that is not in the page yet, or has the attribute, is on the screen for the first time. */
export const painted = (image: HTMLImageElement): Promise<void> =>
  new Promise((resolve) => {
    image.setAttribute('elementtiming', 'picture');
    const observer = new PerformanceObserver((list) => {
      if ((list.getEntries() as ElementTiming[]).some(({ element }) => element === image)) end();
    });
    const timer = setTimeout(() => end(), paintedWithin);
    const end = (): void => {
      observer.disconnect();
      clearTimeout(timer);
      resolve();
    };
    observer.observe({ type: 'element', buffered: true });
  });

const turns = async (format: SourceView['format']): Promise<boolean> => {
  if (format === 'gif') return false;
  const probe = await load(probes[format]).catch(() => null);
  return probe === null || probe.naturalWidth === 1;
};

/** https://w3c.github.io/element-timing */
interface ElementTiming extends PerformanceEntry {
  readonly element: Element | null;
}

export interface Picture {
  readonly image: HTMLImageElement;
  /** Brings the element, laid out at `stored` CSS pixels, onto the upright frame. */
  readonly matrix: readonly number[];
  readonly stored: Size;
}

const straight = [1, 0, 0, 1, 0, 0] as const;

/** `matrix`, and then moved by whole pixels. */
const moved = (matrix: readonly number[], x: number, y: number): readonly number[] => [
  ...matrix.slice(0, 4),
  matrix[4] + x,
  matrix[5] + y,
];

type Canvas = Pick<Expand, 'left' | 'top'> | null;

/**
 * Loads the source and says how it has to be turned, and where on the canvas it lies. `first`: an element that shows the
 * same picture already, or is about to; it is waited for, so that the picture is decoded once at a time. Rejects where it
 * cannot be shown.
 */
export const loadSource = async (
  source: SourceView,
  canvas: Canvas,
  first: HTMLImageElement | null,
): Promise<Picture> => {
  if (first !== null)
    await loaded(first)
      .then(painted)
      .catch(() => undefined);
  const image = await load(source.src);
  const { left, top } = canvas ?? { left: 0, top: 0 };
  if (source.orientation === 1 || (await turns(source.format)))
    return { image, matrix: moved(straight, left, top), stored: source };
  const stored = source.orientation >= 5 ? { width: source.height, height: source.width } : source;
  return { image, matrix: moved(uprightMatrix(source.orientation, source), left, top), stored };
};

/**
 * Loads a result, which the engine writes upright, and lays it over its source: both may be on another canvas than the one
 * that is shown.
 */
export const loadResult = async (result: ResultView, source: SourceView, canvas: Canvas): Promise<Picture> => {
  const image = await load(result.src);
  const x = (canvas?.left ?? 0) - (result.expand?.left ?? 0);
  const y = (canvas?.top ?? 0) - (result.expand?.top ?? 0);
  return { image, matrix: moved(straight, x, y), stored: canvasSize(source, result.expand ?? undefined) };
};
