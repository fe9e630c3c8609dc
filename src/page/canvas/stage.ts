/**
 * The stage: the image as an element with a CSS transform, over it one canvas the size of the view for the mask, over that
 * the pixel grid, cursors, and what others lay over the image. Only device pixels that changed are drawn anew.
 */
import type { Rect, Size } from '../../fill/geometry.ts';
import type { Point } from '../../mask/strokes.ts';
import { el, show } from '../dom.ts';
import type { MaskEditor } from '../mask.ts';
import { drawGrid } from './grid.ts';
import { drawMaskOnly, drawOverlay, initialDisplay, isCoarse, lookFor, type Display } from './overlay.ts';
import type { Picture } from './picture.ts';
import {
  clampView,
  drawnView,
  fitView,
  panBy,
  resizedView,
  toImage,
  toStage,
  visibleBox,
  zoomAt,
  type View,
} from './view.ts';

export interface Stage {
  readonly element: HTMLElement;
  /** Lies over the image and under the cursors; what comparing adds goes here. */
  readonly over: HTMLElement;
  size(): Size;
  view(): View;
  /** The place of a pointer event in device pixels of the stage. */
  place(event: { readonly clientX: number; readonly clientY: number }): Point;
  toImage(at: Point): Point;
  zoomTo(scale: number, at?: Point): void;
  zoomBy(factor: number, at?: Point): void;
  fit(): void;
  pan(dx: number, dy: number): void;
  /** Moves the view so that an image point is on the stage. */
  reveal(point: Point): void;
  /** The image's element, and a result's while it is compared, which the view moves along. */
  setPicture(picture: Picture): void;
  setResult(picture: Picture | null): void;
  /** Another picture in the place of the image's, for as long as it is not null. */
  setBefore(picture: Picture | null): void;
  pictures(): { readonly before: Picture | null; readonly after: Picture | null };
  /** 2: image and result in a half of the stage each, with one view for both. */
  setPanes(count: 1 | 2): void;
  setEditor(editor: MaskEditor, image: Size, view: View | null): void;
  /** How mask and pixel grid are shown. */
  setDisplay(display: Display): void;
  /**
   * `run` puts elements over rectangles of the image, now and whenever the view moves; what is returned runs it again.
   */
  onLay(run: (lay: (element: HTMLElement, rect: Rect) => void) => void): () => void;
  setRing(at: Point | null, size: number, kind: 'ring' | 'cross'): void;
  /** Asks for a frame; `redraw` draws everything anew. */
  request(redraw?: boolean): void;
  /** Called in a frame before it draws. */
  onFrame(run: () => void): void;
  /** Called after the view moved. */
  onView(run: (view: View) => void): void;
}

const matrixOf = (view: View, ratio: number): string =>
  `matrix(${view.scale / ratio}, 0, 0, ${view.scale / ratio}, ${view.x / ratio}, ${view.y / ratio})`;

/** Puts an element over device pixels of the stage. */
const lay = (element: HTMLElement, rect: Rect, ratio: number): void => {
  element.style.transform = `translate(${rect.x / ratio}px, ${rect.y / ratio}px)`;
  element.style.width = `${rect.width / ratio}px`;
  element.style.height = `${rect.height / ratio}px`;
};

/** Milliseconds from the begin of a frame to its end after which it is late, and between two pauses. */
const lateAfter = 10;
const pauseEvery = 200;

/** Milliseconds without a frame after which frames begin anew, and from then to the first pause. */
const caughtUp = 50;
const settlesAfter = 100;

export const createStage = (): Stage => {
  const checker = el('div', { class: 'checker' });
  const before = el('div', { class: 'layer' });
  const after = el('div', { class: 'layer result-layer' });
  const canvas = el('canvas', { class: 'overlay' });
  const grid = el('canvas', { class: 'pixel-grid', width: 0, height: 0 });
  const ring = el('div', { class: 'ring', hidden: true });
  const over = el('div', { class: 'over' });
  const resultChecker = el('div', { class: 'checker' });
  const decor = [checker, before, after, canvas, grid, ring];
  for (const element of decor) element.setAttribute('aria-hidden', 'true');
  const element = el('div', { class: 'stage', tabindex: 0, role: 'application' }, ...decor, over);
  const context = canvas.getContext('2d')!;

  let ratio = devicePixelRatio;
  let size: Size = { width: 0, height: 0 };
  let image: Size = { width: 1, height: 1 };
  /** As asked for, and as drawn: rounding must not add up over many small steps. */
  let exact: View = { scale: 1, x: 0, y: 0 };
  let view = exact;
  let editor: MaskEditor | null = null;
  let wanted: View | null = null;
  let placed = false;
  let panes: 1 | 2 = 1;
  let source: Picture | null = null;
  let instead = false;
  const pictures = new Map<HTMLElement, Picture>();
  let display = initialDisplay;
  let look = lookFor(false, ratio, display);
  let cursor: { at: Point; size: number; kind: 'ring' | 'cross' } | null = null;
  /** Where the element lies: asked for once a frame, since asking makes the browser lay out all that has changed. */
  let corner: DOMRect | null = null;
  let ringMoved = false;
  let framed = false;
  let everything = true;
  const frameRuns: (() => void)[] = [];
  const viewRuns: ((view: View) => void)[] = [];
  const layRuns: (() => void)[] = [];

  /** What the view lies in: the stage, or the left of two panes; the right one shows the same. */
  const pane = (): Size => ({ ...size, width: Math.floor(size.width / panes) });
  const inPane = (at: Point): Point => (panes === 2 && at.x >= pane().width ? { ...at, x: at.x - pane().width } : at);

  const onStage = (box: Rect): Rect => ({
    x: view.x + box.x * view.scale,
    y: view.y + box.y * view.scale,
    width: box.width * view.scale,
    height: box.height * view.scale,
  });

  const layRing = (): void => {
    ringMoved = false;
    show(ring, cursor !== null);
    if (cursor === null) return;
    const side = cursor.kind === 'ring' ? cursor.size : 0;
    lay(ring, onStage({ x: cursor.at.x - side / 2, y: cursor.at.y - side / 2, width: side, height: side }), ratio);
    ring.classList.toggle('cross', cursor.kind === 'cross');
  };

  const layAll = (): void => {
    lay(checker, onStage({ x: 0, y: 0, ...image }), ratio);
    lay(resultChecker, onStage({ x: 0, y: 0, ...image }), ratio);
    after.style.transform = panes === 2 ? `translateX(${pane().width / ratio}px)` : '';
    for (const [layer, picture] of pictures) {
      picture.image.style.transform = `${matrixOf(view, ratio)} matrix(${picture.matrix.join(', ')})`;
      layer.classList.toggle('pixelated', view.scale >= 2);
    }
    layRing();
    for (const run of layRuns) run();
  };

  const draw = (region: Rect | null): void => {
    if (region === null || editor === null) return;
    const { mask, quarter } = editor.preview;
    const pixels = display.maskOnly
      ? drawMaskOnly(mask, quarter, view, region)
      : drawOverlay(mask, quarter, view, region, look);
    context.putImageData(new ImageData(pixels, region.width, region.height), region.x, region.y);
  };

  /**
   * A frame that takes longer than the screen's makes Chromium show it, and every one that follows without a pause, one
   * frame later (measured: 26 instead of 12 ms from input to paint for the rest of the stroke). One that is left out lets
   * it catch up; the samples of the pointer wait for the next. The page does not see all that makes a frame late, and the
   * first ones of a stroke often are: those are followed by a pause in any case.
   */
  const ended = new MessageChannel();
  let begun = -Infinity;
  let nextPause = 0;
  let owesPause = false;
  ended.port1.onmessage = () => (owesPause ||= performance.now() - begun >= lateAfter);

  const pausesAt = (time: number): boolean => {
    if (time - begun >= caughtUp) {
      owesPause = true;
      nextPause = time + settlesAfter;
    }
    if (!owesPause || time < nextPause) return false;
    owesPause = false;
    nextPause = time + pauseEvery;
    return true;
  };

  const frame = (time: number): void => {
    framed = false;
    const pauses = pausesAt(time);
    begun = time;
    if (pauses) return request();
    ended.port2.postMessage(null);
    corner = null;
    for (const run of frameRuns) run();
    if (editor === null || size.width === 0) return;
    const changed = editor.frame(visibleBox(view, image, size), isCoarse(view.scale));
    const around = Math.max(1, Math.round(ratio)) + 1;
    if (everything) {
      everything = false;
      look = lookFor(document.body.classList.contains('vscode-high-contrast'), ratio, display);
      layAll();
      context.clearRect(0, 0, size.width, size.height);
      const { preview } = editor;
      const nothing = !display.maskOnly && !preview.stale() && preview.measure().empty;
      if (!nothing) draw(toStage(view, { x: 0, y: 0, ...image }, around, size));
      drawGrid(grid, display.grid, view, image, size);
    } else for (const box of changed) draw(toStage(view, box, around, size));
    if (ringMoved) layRing();
    if (editor.preview.stale()) request();
  };

  const request = (redraw = false): void => {
    everything ||= redraw;
    if (framed) return;
    framed = true;
    requestAnimationFrame(frame);
  };

  const setView = (next: View): void => {
    if (!placed) return;
    exact = next;
    view = drawnView(exact);
    request(true);
    for (const run of viewRuns) run(view);
  };

  const settle = (): void => {
    if (placed || editor === null || size.width === 0) return;
    placed = true;
    setView(wanted === null ? fitView(image, pane(), ratio) : clampView(wanted, image, pane()));
  };

  const resize = (width: number, height: number): void => {
    const from = pane();
    const zoomed = devicePixelRatio / ratio;
    ratio = devicePixelRatio;
    size = { width, height };
    canvas.width = width;
    canvas.height = height;
    if (!placed) return settle();
    const scaled = { scale: exact.scale * zoomed, x: exact.x * zoomed, y: exact.y * zoomed };
    setView(resizedView(scaled, image, { width: from.width * zoomed, height: from.height * zoomed }, pane()));
  };

  element.addEventListener('pointerenter', () => (corner = null));
  element.addEventListener('pointerdown', () => (corner = null));
  const observer = new ResizeObserver(([entry]) => {
    corner = null;
    const pixels = entry.devicePixelContentBoxSize?.[0];
    const css = entry.contentBoxSize[0];
    const width = css.inlineSize * devicePixelRatio;
    const height = css.blockSize * devicePixelRatio;
    // An emulated screen says CSS pixels here, whatever its ratio.
    const told = pixels !== undefined && Math.abs(pixels.inlineSize - width) < 1;
    if (told) resize(pixels.inlineSize, pixels.blockSize);
    else resize(Math.round(width), Math.round(height));
  });
  try {
    observer.observe(canvas, { box: 'device-pixel-content-box' });
  } catch {
    observer.observe(canvas);
  }

  const put = (layer: HTMLElement, picture: Picture | null): void => {
    pictures.get(layer)?.image.remove();
    pictures.delete(layer);
    if (picture !== null) {
      picture.image.className = 'picture';
      picture.image.style.width = `${picture.stored.width}px`;
      picture.image.style.height = `${picture.stored.height}px`;
      layer.append(picture.image);
      pictures.set(layer, picture);
    }
    element.classList.toggle('comparing', pictures.has(after));
    request(true);
  };

  const middle = (): Point => ({ x: pane().width / 2, y: pane().height / 2 });

  const setPanes = (count: 1 | 2): void => {
    if (count === panes) return;
    const from = pane();
    const whole = toStage(view, { x: 0, y: 0, ...image }, 0, from);
    const fitted =
      whole !== null && whole.width >= image.width * view.scale - 1 && whole.height >= image.height * view.scale - 1;
    panes = count;
    element.classList.toggle('side-by-side', panes === 2);
    if (panes === 2) after.prepend(resultChecker);
    else resultChecker.remove();
    setView(fitted ? fitView(image, pane(), ratio) : resizedView(exact, image, from, pane()));
  };

  return {
    element,
    over,
    size: () => size,
    view: () => exact,
    place(event) {
      corner ??= element.getBoundingClientRect();
      return { x: (event.clientX - corner.left) * ratio, y: (event.clientY - corner.top) * ratio };
    },
    toImage: (at) => toImage(view, inPane(at)),
    zoomTo: (scale, at = middle()) => setView(zoomAt(exact, scale, inPane(at), image, pane())),
    zoomBy: (factor, at = middle()) => setView(zoomAt(exact, exact.scale * factor, inPane(at), image, pane())),
    fit: () => setView(fitView(image, pane(), ratio)),
    pan: (dx, dy) => setView(panBy(exact, dx, dy, image, pane())),
    reveal(point) {
      const at = onStage({ ...point, width: 0, height: 0 });
      const edge = 24 * ratio;
      const dx = Math.max(edge - at.x, 0) + Math.min(size.width - edge - at.x, 0);
      const dy = Math.max(edge - at.y, 0) + Math.min(size.height - edge - at.y, 0);
      if (dx !== 0 || dy !== 0) setView(panBy(exact, dx, dy, image, size));
    },
    setPicture(picture) {
      source = picture;
      if (!instead) put(before, picture);
    },
    setBefore(picture) {
      if (picture === null && !instead) return;
      instead = picture !== null;
      put(before, picture ?? source);
    },
    setResult: (picture) => put(after, picture),
    pictures: () => ({ before: pictures.get(before) ?? null, after: pictures.get(after) ?? null }),
    setPanes,
    setEditor(next, imageSize, start) {
      editor = next;
      image = imageSize;
      wanted = start;
      placed = false;
      settle();
    },
    setDisplay(next) {
      if (next === display) return;
      display = next;
      request(true);
    },
    onLay(run) {
      const again = (): void => run((target, rect) => lay(target, onStage(rect), ratio));
      layRuns.push(again);
      again();
      return again;
    },
    setRing(at, diameter, kind) {
      cursor = at === null ? null : { at, size: diameter, kind };
      ringMoved = true;
      request();
    },
    request,
    onFrame: (run) => void frameRuns.push(run),
    onView: (run) => void viewRuns.push(run),
  };
};
