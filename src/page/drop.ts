/**
 * Images that are dropped on the page or pasted into it become the mask. Files of the workspace come as addresses, which the
 * host reads; files of the operating system and pictures on the clipboard come as bytes. Inside VS Code the editor takes
 * a drag for itself unless Shift is held, so the page says that while something is dragged over it.
 */
import { handedBytes } from '../protocol/messages.ts';
import { el, setText, show } from './dom.ts';
import { isTyping } from './keys.ts';
import type { Session } from './session.ts';

/** The types under which VS Code's Explorer and other views pass files: all of them, then what browsers pass. */
const editorList = 'application/vnd.code.uri-list';
const plainList = 'text/uri-list';

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
  const { t, fileSize } = session.words;
  const hint = el('div', { class: 'drop-hint', hidden: true, 'aria-hidden': 'true' });
  let silent: ReturnType<typeof setTimeout> | undefined;

  const refuse = (sentence: string): void => session.failed(new Error(sentence));

  const takeFile = async (file: File, name: string): Promise<void> => {
    if (file.type !== '' && !file.type.startsWith('image/')) return refuse(t('drop.notImage', { name }));
    if (file.size > handedBytes)
      return refuse(t('drop.tooLarge', { name, size: fileSize(file.size), limit: fileSize(handedBytes) }));
    session.say(t('drop.reading', { name }));
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (!signal.aborted) session.maskSource({ kind: 'bytes', name, bytes });
    } catch (error) {
      refuse(t('drop.unreadable', { name, reason: error instanceof Error ? error.message : String(error) }));
    }
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
    else if (files.length > 0) void takeFile(files[0], files[0].name);
    else refuse(t('drop.notFile'));
  };

  const hide = (): void => {
    clearTimeout(silent);
    show(hint, false);
  };

  const over = (event: DragEvent): void => {
    if (event.dataTransfer === null || !carriesFiles(event.dataTransfer)) return;
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
      if (event.dataTransfer === null || !carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      takeDropped(event.dataTransfer);
    },
    { signal },
  );
  document.addEventListener(
    'paste',
    (event) => {
      const image = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      // Text that comes with a picture goes where the person types; a picture has no place there.
      if (isTyping(event.target) && (image === undefined || event.clipboardData!.types.includes('text/plain'))) return;
      event.preventDefault();
      if (image === undefined) refuse(t('paste.none'));
      else void takeFile(image, t('paste.name'));
    },
    { signal },
  );
  signal.addEventListener('abort', hide);
  return hint;
};
