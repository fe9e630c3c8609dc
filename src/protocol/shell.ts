/** What the host writes into the shell of the page and the page takes over. */
import type { SourceView } from './messages.ts';

/** With fewer pixels a picture may be shown smaller than its place, which the shell cannot know; it is there at once anyway. */
const fewest = 500_000;

/** Whether an image is shown before the page is built: where it will look as it does by itself. */
export const isShownFirst = (image: Pick<SourceView, 'width' | 'height' | 'orientation' | 'format'>): boolean =>
  // Chromium does not turn WebP as its EXIF says.
  image.width * image.height >= fewest && (image.orientation === 1 || image.format !== 'webp');

/**
 * Milliseconds for which an image is waited for as a whole: what is shown of it before is decoded in vain, which holds the
 * rest up. One that takes longer is shown as far as it has come.
 */
const wholeWithin = 300;

/** Milliseconds after which it counts as painted: in a page that is hidden it never is. */
const paintedWithin = 200;

/** The line to the editor can be taken up once in the life of a page: it is left here for the page's own script. */
export const editorName = 'fluxFillEditor';

/** Where the shell leaves the promise that the image is on the screen, or is not to be waited for. */
const paintedName = 'fluxFillPainted';

const attribute = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/**
 * The image before the page is built, but not before one that comes back: its view may have been another. `src` is an
 * address; the page may read its pixels where the server allows it. `nonce`: of the scripts that may run.
 */
export const firstPicture = (src: string, nonce: string): string =>
  `<img class="first-picture" crossorigin="anonymous" elementtiming="picture" alt="" src="${attribute(src)}">` +
  `<script nonce="${nonce}">{ var ${editorName} = acquireVsCodeApi(); const first = document.querySelector('.first-picture');` +
  `const show = () => { first.style.visibility = ''; }; first.style.visibility = 'hidden'; setTimeout(show, ${wholeWithin});` +
  `first.onload = show; var ${paintedName} = new Promise((resolve) => {` +
  `if (${editorName}.getState() !== undefined) { first.remove(); return resolve(); }` +
  `setTimeout(resolve, ${paintedWithin}); first.onerror = resolve;` +
  `new PerformanceObserver(resolve).observe({ type: 'element', buffered: true }); }).catch(() => undefined); }</script>`;

/**
 * The page's own script. After a first picture it begins once that is on the screen: run while it is decoded, it would hold
 * the picture up by 20 ms, and before that by 60 (measured, 24 megapixels).
 */
export const pageScript = (src: string, nonce: string, afterPicture: boolean): string =>
  afterPicture
    ? `<link rel="preload" as="script" href="${attribute(src)}" nonce="${nonce}">` +
      `<script nonce="${nonce}">${paintedName}.then(() => { const page = document.createElement('script');` +
      `page.nonce = '${nonce}'; page.src = document.querySelector('link[rel=preload]').href; document.body.append(page); });</script>`
    : `<script src="${attribute(src)}" nonce="${nonce}"></script>`;
