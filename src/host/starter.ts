/** From Generate to a job in the journal: one fill at a time, with the question for a key where there is none. */
import { FaultError, fault } from '../fill/faults.ts';
import { jobIdsOf } from '../fill/record.ts';
import type { PageReplies } from '../protocol/messages.ts';
import type { Document } from './document.ts';
import { generate, offerKeyOrPractice, snapshotOf, type GenerateDeps, type Snapshot } from './generate.ts';
import type { Keys } from './keys.ts';
import type { Prompts } from './prompts.ts';
import { sentenceOf } from './sentence.ts';
import type { Source } from './source.ts';

export interface Starter {
  /** True while a fill is checked and written down. */
  isStarting(): boolean;
  /**
   * Makes what the document says at this revision; pressed twice, it makes one fill. The document is copied at once: what is
   * typed or painted from here on belongs to the next.
   */
  press(revision: number): Promise<PageReplies['generate']>;
  /** Makes this, after the fill that is being started. */
  makeAgain(asked: Snapshot): Promise<void>;
}

export interface StarterDeps extends GenerateDeps {
  readonly keys: Keys;
  readonly prompts: Prompts;
  /** Writes the document now. */
  readonly keep: (document: Document) => Promise<void>;
}

export const createStarter = (
  deps: StarterDeps,
  panel: {
    readonly document: Document;
    readonly source: () => Source;
    /** Reads the source anew where it changed; true when it did. */
    readonly reload: () => Promise<boolean>;
    readonly changed: () => void;
    readonly refresh: () => void;
    readonly notice: (sentence: string) => void;
  },
): Starter => {
  const { document, source, reload, changed, refresh, notice } = panel;
  let starting: Promise<PageReplies['generate']> | undefined;

  const makeFill = async (asked: Snapshot): Promise<PageReplies['generate']> => {
    if (await reload()) throw new FaultError(fault('source.reloaded', { name: source().name }));
    let noted: readonly string[] = [];
    const made = await generate(deps, asked, source(), async (fills) => {
      noted = fills.flatMap(jobIdsOf);
      document.jobs.push(...noted);
      await deps.keep(document);
      await deps.prompts.note(asked.parameters.prompt, document.id);
    });
    if (made.ok) {
      if (made.value.fault !== undefined) notice(sentenceOf(made.value.fault));
      return { jobId: made.value.jobs[0].fill.id };
    }
    document.jobs = document.jobs.filter((id) => !noted.includes(id));
    if (made.fault.code !== 'key.missing') throw new FaultError(made.fault);
    const origin = String(made.fault.args.origin);
    const choice = await offerKeyOrPractice(origin);
    if (choice === 'practice') document.service = 'practice';
    const { service } = asked;
    const goOn =
      choice === 'practice' || (choice === 'key' && service !== 'practice' && (await deps.keys.ask(service, origin)));
    changed();
    return goOn ? makeFill({ ...asked, service: choice === 'practice' ? choice : service }) : { jobId: null };
  };

  const begin = (asked: Snapshot): Promise<PageReplies['generate']> => {
    starting = makeFill(asked).finally(() => {
      starting = undefined;
      refresh();
    });
    refresh();
    return starting;
  };

  return {
    isStarting: () => starting !== undefined,
    press(revision) {
      if (starting !== undefined) return starting;
      if (revision !== document.revision) throw new FaultError(fault('mask.stale'));
      return begin(snapshotOf(document));
    },
    async makeAgain(asked) {
      if (starting !== undefined) await starting.catch(() => undefined);
      await begin(asked);
    },
  };
};
