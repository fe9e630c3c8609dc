/** Images that come as bytes: dropped from the operating system, or on the clipboard. */
import { handedBytes } from '../protocol/messages.ts';
import type { Words } from './words.ts';

/** The bytes of an image; rejects with a sentence for people where it is none, is too large, or cannot be read. */
export const bytesOfImage = async (
  file: Blob,
  name: string,
  { t, fileSize }: Words,
): Promise<Uint8Array<ArrayBuffer>> => {
  if (file.type !== '' && !file.type.startsWith('image/')) throw new Error(t('drop.notImage', { name }));
  if (file.size > handedBytes)
    throw new Error(t('drop.tooLarge', { name, size: fileSize(file.size), limit: fileSize(handedBytes) }));
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new Error(t('drop.unreadable', { name, reason: error instanceof Error ? error.message : String(error) }), {
      cause: error,
    });
  }
};

/** The image among what is pasted. */
export const pastedImage = (data: DataTransfer | null): File | undefined =>
  [...(data?.files ?? [])].find(({ type }) => type.startsWith('image/'));
