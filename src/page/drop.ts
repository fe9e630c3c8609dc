/**
 * Images that are dropped on the page become the mask; of those that are pasted, the host asks what they are. Files of the workspace come as addresses, which the
 * host reads; files of the operating system and pictures on the clipboard come as bytes. Inside VS Code the editor takes
 * a drag for itself unless Shift is held, so the page says that while something is dragged over it.
 */
import { el, setText, show } from './dom.ts';
import { editorList, isOwnDrag, plainList } from './drag.ts';
import { bytesOfImage, pastedImage } from './handed.ts';
import { isTyping } from './keys.ts';
import type { Session } from './session.ts';

/** A drag that has gone silent for so long, in milliseconds, has left the page: browsers repeat `dragover` every 350. */
const gone = 1500;

/** Lines of a list of addresses (RFC 2483, section 5): those that begin with # are comments. */
const linesOf = (list: string): string[] =>
  list
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

const carriesFiles = ({ types }: DataTransfer): boolean =>
  [editorList, plainList, 'Files'].some((type) => types.includes(type));

/** Listens as long as `signal` says; gives back the hint that lies over the stage while something is dragged. */
export const listenToDrops = (session: Session, signal: AbortSignal): HTMLElement => {
  const { t } = session.words;
  const hint = el('div', { class: 'drop-hint', hidden: true, 'aria-hidden': 'true' });
  let silent: ReturnType<typeof setTimeout> | undefined;

  const refuse = (sentence: string): void => session.failed(new Error(sentence));

  const takeFile = async (file: File, name: string, take: (bytes: Uint8Array<ArrayBuffer>) => void): Promise<void> => {
    session.say(t('drop.reading', { name }));
    try {
      const bytes = await bytesOfImage(file, name, session.words);
      if (!signal.aborted) take(bytes);
    } catch (error) {
      session.failed(error);
    }
  };

  const takeDroppedFile = (file: File): void => {
    const { name } = file;
    void takeFile(file, name, (bytes) => session.maskSource({ kind: 'bytes', name, bytes }));
  };

  const takePasted = (file: File): void => {
    const name = t('paste.name');
    void takeFile(file, name, (bytes) => session.pasted({ name, bytes }));
  };

  const takeAddress = (uri: string): void => {
    if (/^(https?|data|blob|about|javascript):/i.test(uri)) return refuse(t('drop.notFile'));
    session.maskSource({ kind: 'uri', uri });
  };

  const takeDropped = (data: DataTransfer): void => {
    const files = [...data.files];
    const listed = linesOf(data.getData(editorList));
    const addresses = listed.length > 0 || files.length > 0 ? listed : linesOf(data.getData(plainList));
    const count = addresses.length > 0 ? addresses.length : files.length;
    if (count > 1) refuse(t('drop.one'));
    else if (addresses.length > 0) takeAddress(addresses[0]);
    else if (files.length > 0) takeDroppedFile(files[0]);
    else refuse(t('drop.notFile'));
  };

  const hide = (): void => {
    clearTimeout(silent);
    show(hint, false);
  };

  const over = (event: DragEvent): void => {
    if (isOwnDrag() || event.dataTransfer === null || !carriesFiles(event.dataTransfer)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    setText(hint, t(event.shiftKey ? 'drop.ready' : 'drop.shift'));
    show(hint, true);
    clearTimeout(silent);
    silent = setTimeout(hide, gone);
  };

  document.addEventListener('dragenter', over, { signal });
  document.addEventListener('dragover', over, { signal });
  document.addEventListener(
    'dragleave',
    (event) => {
      if (event.relatedTarget === null) hide();
    },
    { signal },
  );
  document.addEventListener(
    'drop',
    (event) => {
      hide();
      if (isOwnDrag() || event.dataTransfer === null || !carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      takeDropped(event.dataTransfer);
    },
    { signal },
  );
  document.addEventListener(
    'paste',
    (event) => {
      const image = pastedImage(event.clipboardData);
      // Text that comes with a picture goes where the person types; a picture has no place there.
      if (isTyping(event.target) && (image === undefined || event.clipboardData!.types.includes('text/plain'))) return;
      event.preventDefault();
      if (image === undefined) refuse(t('paste.none'));
      else takePasted(image);
    },
    { signal },
  );
  signal.addEventListener('abort', hide);
  return hint;
};
