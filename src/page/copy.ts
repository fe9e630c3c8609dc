/** Images onto the system's clipboard: as PNG, 8 bits, sRGB, which is all that browsers put there. */
import type { Notices } from './notices.ts';
import type { Words } from './words.ts';

const pngOf = async (source: HTMLImageElement | Blob): Promise<Blob> => {
  const bitmap = await createImageBitmap(source);
  try {
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
    return await canvas.convertToBlob({ type: 'image/png' });
  } finally {
    bitmap.close();
  }
};

/** How long a command of the editor may take to give the page the focus, in milliseconds. */
const patience = 1000;

/** Resolves when the page has the focus, without which browsers keep the clipboard closed; at the latest after a second. */
export const focused = async (): Promise<void> => {
  if (document.hasFocus()) return;
  await new Promise<void>((resolve) => {
    addEventListener('focus', () => resolve(), { once: true });
    setTimeout(resolve, patience);
  });
};

/**
 * Puts a picture on the clipboard. It may still be on its way: the clipboard is asked for at once, as long as the press
 * of the person counts. Rejects with a sentence for people.
 */
export const copyImage = async (source: Promise<HTMLImageElement | Blob>, { t }: Words): Promise<void> => {
  const png = source.then(pngOf);
  // Told below, where the clipboard has refused it.
  png.catch(() => undefined);
  if (typeof ClipboardItem === 'undefined') throw new Error(t('copy.none'));
  try {
    await focused();
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
  } catch (refused) {
    const why: unknown = await png.then(
      () => refused,
      (own: unknown) => own,
    );
    const name = why instanceof DOMException ? why.name : '';
    if (name === 'NotAllowedError') throw new Error(t('copy.notAllowed'));
    if (name === 'SecurityError') throw new Error(t('copy.unreadable'));
    throw new Error(t('copy.failed', { reason: why instanceof Error ? why.message : String(why) }));
  }
};

/** Milliseconds after which a copy that is under way is said to be. */
const busyAfter = 300;

/** As `copyImage`, with a message about how it goes. */
export const copyAndTell = async (source: Promise<HTMLImageElement>, words: Words, notices: Notices): Promise<void> => {
  let away = (): void => {};
  const timer = setTimeout(() => (away = notices.add('info', words.t('copy.busy'))), busyAfter);
  try {
    await copyImage(source, words);
    notices.add('info', words.t('copy.done'));
  } finally {
    clearTimeout(timer);
    away();
  }
};
