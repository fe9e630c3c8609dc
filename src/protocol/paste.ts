/** What passes between host and the page that takes an image from the clipboard, which only a page can read. */
import * as v from 'valibot';
import { handed, handedName } from './messages.ts';

export const pasteMessageSchema = v.object({ name: handedName, bytes: handed });
export type PasteMessage = v.InferOutput<typeof pasteMessageSchema>;

/** The image was not taken; null: the person thought better of it. The page waits for another one. */
export interface PasteTold {
  readonly problem: string | null;
}
