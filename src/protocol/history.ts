/** What passes between host and the page of the history. Nothing the page sends is answered; what it leads to is told. */
import * as v from 'valibot';
import type { JobState } from '../fill/record.ts';

export const historyActs = [
  'open',
  'compare',
  'useAll',
  'usePrompt',
  'useSeed',
  'useMask',
  'keep',
  'goOn',
  'retry',
  'copyImage',
  'insert',
  'copy',
  'saveRecipe',
  'openImage',
  'delete',
] as const;
export type HistoryAct = (typeof historyActs)[number];

export const historyMessageSchema = v.variant('do', [
  /** The page stands and wants the list. */
  v.object({ do: v.literal('ready') }),
  v.object({ do: v.literal('act'), act: v.picklist(historyActs), id: v.string() }),
  /** These came into sight without a small picture. */
  v.object({ do: v.literal('thumbs'), ids: v.array(v.string()) }),
]);
export type HistoryMessage = v.InferOutput<typeof historyMessageSchema>;

/** A fill that ended, as the history shows it; sentences are translated already. */
export interface HistoryEntry {
  readonly id: string;
  /** Address, name and folder of its image; the folder as the workspace calls it. */
  readonly image: string;
  readonly name: string;
  readonly folder: string;
  /** Milliseconds since 1970: when Generate was pressed. */
  readonly at: number;
  readonly state: JobState;
  /** How it ended, in a sentence. */
  readonly outcome: string;
  readonly prompt: string;
  readonly service: string;
  readonly seed: number | null;
  readonly steps: number | null;
  readonly guidance: number | null;
  readonly seconds: number | null;
  /** US dollars; null where nothing is known or due. */
  readonly cost: number | null;
  readonly variation: { readonly number: number; readonly of: number } | null;
  readonly thumb: string | null;
  /** The address of the saved file in the window of the editor; null: there is none. */
  readonly address: string | null;
  readonly acts: readonly HistoryAct[];
  /** What `goOn` does, in words. */
  readonly goOn: string | null;
}

/** What the host tells. */
export type HistoryTold =
  /** What `copyImage` asked for: the file of a result, or the sentence that says why there is none. */
  | { readonly tell: 'image'; readonly id: string; readonly image: Uint8Array | string }
  | {
      readonly tell: 'entries';
      /** Newest first. */
      readonly entries: readonly HistoryEntry[];
      /** Only those of this image, for as long as the person wants it. */
      readonly image: string | null;
      /** The setting of how much is kept. */
      readonly limitMegabytes: number;
    }
  | { readonly tell: 'thumb'; readonly id: string; readonly src: string };
