/** What the host writes into the shell of the page and the page takes over. */

/** The image before the page is built. `src` is an address; the page may read its pixels where the server allows it. */
export const firstPicture = (src: string): string =>
  `<img class="first-picture" crossorigin="anonymous" alt="" src="${src.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">`;
