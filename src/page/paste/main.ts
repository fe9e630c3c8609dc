/**
 * The page behind "New Image from Clipboard": it reads the clipboard by itself where the editor lets it, waits for a paste
 * where not, and hands the image to the host.
 */
import type { PasteMessage, PasteTold } from '../../protocol/paste.ts';
import { focused } from '../copy.ts';
import { el, setText } from '../dom.ts';
import { bytesOfImage, pastedImage } from '../handed.ts';
import { writtenStroke } from '../strokes.ts';
import { wordsFor } from '../words.ts';

declare const acquireVsCodeApi: () => { postMessage(message: PasteMessage): void };

const editor = acquireVsCodeApi();
const words = wordsFor(
  JSON.parse(document.getElementById('texts')?.textContent ?? '{}') as Record<string, unknown>,
  document.documentElement.lang,
);
const { t } = words;

const said = el('p', { role: 'status' });
const button = el('button', { type: 'button', class: 'button' }, t('newImage.paste'));
document
  .getElementById('app')!
  .replaceChildren(
    el(
      'main',
      { class: 'new-image' },
      el('h1', {}, t('newImage.title')),
      el('p', {}, t('newImage.how', { key: writtenStroke('mod v', t) })),
      button,
      said,
    ),
  );

/** The host asks where one image is saved: another one waits. */
let busy = false;

const take = async (image: Blob): Promise<void> => {
  if (busy) return;
  busy = true;
  setText(said, t('newImage.where'));
  try {
    const name = t('paste.name');
    editor.postMessage({ name, bytes: await bytesOfImage(image, name, words) });
  } catch (error) {
    busy = false;
    setText(said, error instanceof Error ? error.message : String(error));
  }
};

const imageOf = async (items: readonly ClipboardItem[]): Promise<Blob | undefined> => {
  for (const item of items) {
    const type = item.types.find((each) => each.startsWith('image/'));
    if (type !== undefined) return item.getType(type);
  }
  return undefined;
};

/** Whether it is allowed is for the editor to say: a refusal leaves the sentence that says how to paste. */
const read = async (): Promise<void> => {
  await focused();
  const items = await navigator.clipboard.read().catch(() => null);
  if (items === null) return;
  const image = await imageOf(items);
  if (image === undefined) setText(said, t('paste.none'));
  else await take(image);
};

button.addEventListener('click', () => void read());
document.addEventListener('paste', (event) => {
  event.preventDefault();
  const image = pastedImage(event.clipboardData);
  if (image === undefined) setText(said, t('paste.none'));
  else void take(image);
});
addEventListener('message', ({ data: { problem } }: MessageEvent<PasteTold>) => {
  busy = false;
  setText(said, problem ?? '');
  button.focus();
});
button.focus();
void read();
