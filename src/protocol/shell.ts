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

/** The line to the editor can be taken up once in the life of a page: it is left here for the page's own script. */
export const editorName = 'fluxFillEditor';

/**
 * The image before the page is built, but not before one that comes back: its view may have been another. `src` is an
 * address; the page may read its pixels where the server allows it. `nonce`: of the scripts that may run.
 */
export const firstPicture = (src: string, nonce: string): string =>
  `<img class="first-picture" crossorigin="anonymous" elementtiming="picture" alt="" src="${src.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">` +
  `<script nonce="${nonce}">{ var ${editorName} = acquireVsCodeApi(); const first = document.querySelector('.first-picture');` +
  `if (${editorName}.getState() !== undefined) first.remove();` +
  `const show = () => { first.style.visibility = ''; }; first.style.visibility = 'hidden'; first.onload = show; setTimeout(show, ${wholeWithin}); }</script>`;
