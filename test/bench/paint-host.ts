/** A host in a worker at the other end of the page's real channel, so that its work is not the page's. Bundled for the browser. */
import { initialParameters } from '../../src/fill/parameters.ts';
import { tilesOfEdit } from '../../src/mask/edits.ts';
import { emptyMask } from '../../src/mask/mask.ts';
import { applyTiles, tilesOf } from '../../src/mask/tiles.ts';
import { hostChannel, type Handlers } from '../../src/protocol/channel.ts';
import { unpackEdit } from '../../src/protocol/edits.ts';
import type { PanelState } from '../../src/protocol/messages.ts';

const scope = globalThis as unknown as {
  postMessage(message: unknown): void;
  onmessage: (event: { readonly data: unknown }) => void;
};

let state: PanelState | undefined;
let mask = emptyMask(1, 1);
let revision = 0;
/** Bytes of steps and tiles that came, and when the last did (of the worker's clock, whose origin it tells). */
const came = { steps: 0, tiles: 0, last: 0 };

const handlers = new Proxy<Partial<Handlers>>(
  {
    ready: () => ({
      state: state!,
      parameters: initialParameters,
      revision,
      generation: 0,
      tiles: tilesOf(mask),
      history: { first: 0, position: 0, end: 0 },
    }),
    paint(value) {
      for (const { edit } of value.steps) {
        applyTiles(mask, tilesOfEdit(unpackEdit(edit), 'after'));
        came.steps += edit.length;
      }
      applyTiles(mask, value.tiles);
      came.tiles += value.tiles.length * 65_536;
      revision = value.revision;
      came.last = performance.timeOrigin + performance.now();
      return null;
    },
    generate({ revision: named }) {
      scope.postMessage({ generated: performance.timeOrigin + performance.now(), whole: named === revision });
      return { jobId: null };
    },
  },
  { get: (known, name) => known[name as keyof Handlers] ?? (() => null) },
) as Handlers;

const take = hostChannel(
  handlers,
  (envelope) => scope.postMessage(envelope),
  (error) => ({ code: 'internal', sentence: String(error) }),
);

scope.onmessage = ({ data }) => {
  const asked = data as { readonly begin?: PanelState; readonly read?: true };
  if (asked.begin !== undefined) {
    state = asked.begin;
    mask = emptyMask(state.source.width, state.source.height);
    // Its memory counts in either page: in the product it is another process.
    setTimeout(() => mask.data.fill(1).fill(0), 400);
  } else if (asked.read === true) scope.postMessage({ mask: mask.data, came });
  else void take(data);
};
