/**
 * The history of the mask over several lives of page and host: the page's own editor and the host's own document at the two
 * ends of the real channel, with real files, beside a model that never dies.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after as afterAll, before, mock, suite, test } from 'node:test';
import fc from 'fast-check';
import { defaultsFrom } from '../../src/fill/defaults.ts';
import { initialMaskSettings } from '../../src/fill/record.ts';
import {
  baseMask,
  documentTiles,
  loadDocument,
  newDocument,
  paint,
  replaceMask,
  saveDocument,
  type Document,
} from '../../src/host/document.ts';
import { closeOpen, rangeOf, readEdits, takeStep } from '../../src/host/undo-store.ts';
import { encodeTile } from '../../src/mask/edits.ts';
import { emptyMask, type Box, type Mask } from '../../src/mask/mask.ts';
import { rectanglePart } from '../../src/mask/shapes.ts';
import { fillRectangle, strokeSegment } from '../../src/mask/strokes.ts';
import { tileSide } from '../../src/mask/tiles.ts';
import { createMaskEditor, type MaskEditor } from '../../src/page/mask.ts';
import { hostChannel, pageChannel, type Handlers, type PageChannel } from '../../src/protocol/channel.ts';
import { packEdit, type MaskEdit, type MaskFile } from '../../src/protocol/edits.ts';
import type { HostEnvelope } from '../../src/protocol/messages.ts';
import { firstState } from './harness.ts';

const size = { width: 700, height: 520 };

const mark = (editor: MaskEditor, box: Box): boolean => editor.combine(rectanglePart(box, size)!, 'add', 'rectangle');

const inFolder = async (run: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'flux-fill-history-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const fileOf = (name: string): MaskFile => ({ name, channel: 'luminance', channels: ['luminance'], at: 0 });

const newOne = (): Document =>
  newDocument(
    'file:///a.png',
    size,
    defaultsFrom(() => undefined),
  );

interface Life {
  readonly editor: MaskEditor;
  /** The host's event that the mask was replaced. */
  readonly tellMask: () => void;
  /** Nothing that this page says or asks is heard any more. */
  readonly die: () => void;
}

/** A page that opens the document. Messages pass as copies, each in a task of its own, as between two processes. */
const live = async (folder: string, document: Document): Promise<Life> => {
  let alive = true;
  const later = (run: () => void): void => {
    setImmediate(() => {
      if (alive) run();
    });
  };
  let page: PageChannel | undefined = undefined;
  const post = (envelope: HostEnvelope): void => {
    const copy = structuredClone(envelope);
    later(() => page!.receive(copy));
  };
  const refuse = (): never => assert.fail('not asked here');
  const known: Partial<Handlers> = {
    ready: () => {
      closeOpen(document);
      return {
        state: {
          ...firstState({ source: { ...firstState().source, ...size } }),
          maskKind: document.maskKind,
          maskFile: document.maskFile,
          maskSettings: document.maskSettings,
        },
        parameters: document.parameters,
        revision: document.revision,
        generation: document.generation,
        tiles: documentTiles(document),
        history: rangeOf(document.history),
      };
    },
    paint(painted) {
      paint(document, painted);
      return null;
    },
    maskSettings({ settings }) {
      document.maskSettings = settings;
      return null;
    },
    edits: (asked) => readEdits(folder, document, asked),
  };
  const handlers = new Proxy(known, { get: (all, name) => all[name as keyof Handlers] ?? refuse }) as Handlers;
  const take = hostChannel(handlers, post, (error) => ({ code: 'internal', sentence: String(error) }));
  page = pageChannel(
    (envelope) => {
      const copy = structuredClone(envelope);
      later(() => void take(copy));
    },
    {
      state() {},
      mask: (event) => editor.replaced(event),
      parameters() {},
      notice() {},
      focus() {},
      compare() {},
      run() {},
    },
  );
  const { ask } = page;
  const opened = await ask('ready', {});
  const editor = createMaskEditor(opened, {
    ask,
    failed: (error) => assert.fail(String(error)),
    defaults: () => initialMaskSettings,
    changed() {},
  });
  return {
    editor,
    tellMask: () =>
      post({
        tell: 'mask',
        value: {
          revision: document.revision,
          generation: document.generation,
          file: document.maskFile,
          kind: document.maskKind,
          settings: document.maskSettings,
          tiles: documentTiles(document),
        },
      }),
    die: () => (alive = false),
  };
};

/** The messages under way have arrived, and their answers. */
const arrived = async (): Promise<void> => {
  for (let task = 0; task < 12; task++) await new Promise((resolve) => setImmediate(resolve));
};

interface Model {
  readonly states: readonly Uint8Array[];
  readonly position: number;
}

const now = ({ states, position }: Model): Uint8Array => states[position];

const after = (model: Model, data: Uint8Array): Model =>
  Buffer.compare(data, now(model)) === 0
    ? model
    : { states: [...model.states.slice(0, model.position + 1), data], position: model.position + 1 };

const moved = (model: Model, by: 1 | -1): Model =>
  model.states[model.position + by] === undefined ? model : { ...model, position: model.position + by };

const drawn = (data: Uint8Array, draw: (mask: Mask) => void): Uint8Array => {
  const mask = { ...size, data: data.slice() };
  draw(mask);
  return mask.data;
};

const acts = [
  ...(['stroke', 'stroke', 'erase', 'rectangle', 'clear', 'undo', 'undo', 'undo', 'redo', 'redo'] as const),
  ...(['replace', 'replace in the middle', 'save', 'page dies', 'page dies in the middle'] as const),
  ...(['window reloads', 'host crashes', 'host restarts in the middle', 'replace without a page'] as const),
];

const runActs = async (
  folder: string,
  script: readonly { readonly act: (typeof acts)[number]; readonly x: number; readonly y: number }[],
): Promise<void> => {
  let document = newOne();
  let model: Model = { states: [new Uint8Array(size.width * size.height)], position: 0 };
  await saveDocument(folder, document);
  let saved = model;
  let life = await live(folder, document);

  const anotherPage = async (): Promise<void> => {
    life.die();
    life = await live(folder, document);
  };
  const anotherHost = async (): Promise<void> => {
    life.die();
    document = (await loadDocument(folder, document.id))!;
    life = await live(folder, document);
  };
  const same = (what: string): void => {
    assert.equal(Buffer.compare(life.editor.base.data, now(model)), 0, `the page's mask after ${what}`);
    assert.equal(Buffer.compare(baseMask(document).data, now(model)), 0, `the host's mask after ${what}`);
  };
  const half = async (x: number, y: number, told: boolean): Promise<void> => {
    life.editor.stroke({ x, y }, { x: x + 90, y }, { size: 30, hardness: 1, mode: 'paint' });
    if (!told) return;
    mock.timers.tick(300);
    await arrived();
    life.editor.stroke({ x, y: y + 60 }, { x, y: y + 60 }, { size: 30, hardness: 1, mode: 'paint' });
    model = after(model, baseMask(document).data);
  };

  for (const { act, x, y } of script) {
    const from = { x, y };
    const to = { x: y, y: x };
    const { editor } = life;
    switch (act) {
      case 'stroke':
      case 'erase': {
        const brush = { size: 60, hardness: 1, mode: act === 'erase' ? 'erase' : 'paint' } as const;
        editor.stroke(from, to, brush);
        editor.commit();
        const data = drawn(now(model), (mask) => void strokeSegment(mask, from, to, brush));
        model = after(model, data);
        break;
      }
      case 'rectangle': {
        const box = { x, y, width: 200, height: 100 };
        mark(editor, box);
        const data = drawn(now(model), (mask) => void fillRectangle(mask, box, 'paint'));
        model = after(model, data);
        break;
      }
      case 'clear':
        editor.clear();
        model = after(
          model,
          drawn(now(model), (mask) => void mask.data.fill(0)),
        );
        break;
      case 'undo':
      case 'redo': {
        const moves = await editor[act]();
        const next = moved(model, act === 'undo' ? -1 : 1);
        // An edit of a mask that was cleared or replaced by its like may be of settings only.
        assert.ok(moves || next === model);
        model = next;
        break;
      }
      case 'replace':
      case 'replace in the middle': {
        const mask = emptyMask(size.width, size.height);
        fillRectangle(mask, { x, y, width: 300, height: 40 }, 'paint');
        if (act === 'replace in the middle') {
          const brush = { size: 60, hardness: 1, mode: 'paint' } as const;
          editor.stroke(from, to, brush);
          editor.commit();
          const data = drawn(now(model), (painted) => void strokeSegment(painted, from, to, brush));
          model = after(model, data);
        }
        replaceMask(document, 'file', fileOf('m.png'), mask, initialMaskSettings.file);
        life.tellMask();
        await arrived();
        model = after(model, mask.data);
        break;
      }
      case 'save':
        await editor.flush();
        await saveDocument(folder, document);
        saved = model;
        break;
      case 'page dies':
        await editor.flush();
        await anotherPage();
        break;
      case 'page dies in the middle':
        await editor.flush();
        await half(x, y, x % 2 === 0);
        await anotherPage();
        break;
      case 'window reloads':
        await editor.flush();
        await saveDocument(folder, document);
        saved = model;
        await anotherHost();
        break;
      case 'host crashes':
        await editor.flush();
        model = saved;
        await anotherHost();
        break;
      case 'replace without a page': {
        await editor.flush();
        await half(x, y, true);
        life.die();
        const mask = emptyMask(size.width, size.height);
        fillRectangle(mask, { x, y, width: 30, height: 400 }, 'paint');
        replaceMask(document, 'file', fileOf('n.png'), mask, initialMaskSettings.file);
        model = after(model, mask.data);
        await anotherPage();
        break;
      }
      case 'host restarts in the middle':
        await editor.flush();
        await half(x, y, true);
        await saveDocument(folder, document);
        saved = model;
        await anotherHost();
    }
    if (act !== 'save') await life.editor.flush();
    same(act);
  }
  while (model.position > 0) {
    assert.equal(await life.editor.undo(), true);
    model = moved(model, -1);
    await life.editor.flush();
    same('going back');
  }
  assert.equal(await life.editor.undo(), false);
  while (model.position < model.states.length - 1) {
    assert.equal(await life.editor.redo(), true);
    model = moved(model, 1);
    await life.editor.flush();
    same('going forth');
  }
  assert.equal(await life.editor.redo(), false);
  life.die();
};

suite('history', () => {
  before(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterAll(() => mock.timers.reset());

  test('is the same through any deaths of page and host as if nothing had ever died', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            act: fc.constantFrom(...acts),
            x: fc.integer({ min: 0, max: 500 }),
            y: fc.integer({ min: 0, max: 500 }),
          }),
          { minLength: 3, maxLength: 14 },
        ),
        (script) => inFolder((folder) => runActs(folder, script)),
      ),
      { numRuns: Number(process.env['FLUX_FILL_FUZZ'] ?? 40) },
    ));

  test('is found again where a file with edits that were undone and painted over is written anew', () =>
    inFolder((folder) =>
      runActs(
        folder,
        (
          [
            ...(['stroke', 'rectangle', 'save', 'undo', 'undo', 'erase', 'rectangle', 'stroke', 'save'] as const),
            ...(['window reloads', 'undo', 'stroke', 'window reloads', 'undo', 'undo', 'window reloads'] as const),
          ] as const
        ).map((act, index) => ({ act, x: 20 + index * 25, y: 400 - index * 20 })),
      ),
    ));

  test('lost or damaged, it is none: the mask stays, and what is painted then can be undone', async () => {
    for (const damage of [
      (file: string) => rm(file),
      (file: string) => writeFile(file, ''),
      async (file: string) => writeFile(file, (await readFile(file)).fill(7, 5)),
    ])
      await inFolder(async (folder) => {
        const document = newOne();
        const first = await live(folder, document);
        for (const y of [10, 200]) mark(first.editor, { x: 10, y, width: 99, height: 99 });
        await first.editor.flush();
        await saveDocument(folder, document);
        first.die();
        const painted = baseMask(document).data;
        const [edits] = (await readdir(folder)).filter((name) => name.endsWith('.edits'));
        await damage(path.join(folder, edits));
        const reopened = (await loadDocument(folder, document.id))!;
        const { editor, die } = await live(folder, reopened);
        mark(editor, { x: 300, y: 10, width: 99, height: 99 });
        assert.equal(await editor.undo(), true);
        assert.equal(await editor.undo(), false, 'what is lost cannot be taken back');
        await editor.flush();
        assert.equal(Buffer.compare(baseMask(reopened).data, painted), 0);
        mark(editor, { x: 300, y: 10, width: 99, height: 99 });
        await editor.flush();
        await saveDocument(folder, reopened);
        assert.notEqual(await loadDocument(folder, document.id), undefined);
        die();
      });
  });

  test('of another canvas, of another place in it, or on another mask, edits are never applied', async () => {
    await inFolder(async (folder) => {
      const document = newOne();
      const side = { kind: 'painted', file: null, settings: initialMaskSettings.painted } as const;
      const patch = (index: number, value: number) => ({
        index,
        before: new Uint8Array(0),
        after: encodeTile(new Uint8Array(tileSide * tileSide).fill(value)),
      });
      const edit = (change: Partial<MaskEdit>) =>
        packEdit({ ...size, before: side, after: side, patches: [patch(0, 9)], ...change });
      takeStep(document, { kind: 'edit', at: 0, edit: edit({ width: 701 }) });
      assert.equal(document.tiles.size, 0);
      assert.throws(() => takeStep(document, { kind: 'edit', at: 0, edit: edit({ patches: [patch(9, 9)] }) }));
      takeStep(document, { kind: 'edit', at: 0, edit: edit({}) });
      takeStep(document, { kind: 'edit', at: 5, edit: edit({}) });
      assert.deepEqual(rangeOf(document.history), { first: 5, position: 6, end: 6 }, 'what does not join on is new');
      document.tiles.set(0, new Uint8Array(tileSide * tileSide).fill(1));
      const { editor, die } = await live(folder, document);
      assert.equal(await editor.undo(), false, 'the edit left something else than what is there');
      assert.equal(editor.base.data[0], 1);
      die();
    });
  });

  test('has a limit of edits, the oldest go', () => {
    const document = newOne();
    const side = { kind: 'painted', file: null, settings: initialMaskSettings.painted } as const;
    const edit = packEdit({ ...size, before: side, after: side, patches: [] });
    for (let at = 0; at < 10_010; at++) takeStep(document, { kind: 'edit', at, edit });
    assert.deepEqual(rangeOf(document.history), { first: 10, position: 10_010, end: 10_010 });
  });
});
