import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { faultOf, raise } from '../../src/fill/faults.ts';
import { initialParameters } from '../../src/fill/parameters.ts';
import { AskError, hostChannel, pageChannel } from '../../src/protocol/channel.ts';
import type { Handlers, Listeners } from '../../src/protocol/channel.ts';
import type { HostEnvelope, PageEnvelope } from '../../src/protocol/messages.ts';
import { handedBytes, tileSide } from '../../src/protocol/messages.ts';

const refuse = (): never => raise('mask.stale');

const handlersWith = (some: Partial<Handlers>): Handlers => ({
  ready: refuse,
  paint: refuse,
  edits: refuse,
  maskSettings: refuse,
  maskSource: refuse,
  pasted: refuse,
  saveMask: refuse,
  parameters: refuse,
  save: refuse,
  window: refuse,
  expand: refuse,
  ownPreset: refuse,
  images: refuse,
  remove: refuse,
  recentPrompts: refuse,
  service: refuse,
  setKey: refuse,
  openSetting: refuse,
  generate: refuse,
  goOn: refuse,
  cancel: refuse,
  result: refuse,
  showLog: refuse,
  nextStep: refuse,
  ping: refuse,
  ...some,
});

const silent: Listeners = { state() {}, mask() {}, parameters() {}, notice() {}, focus() {}, compare() {}, run() {} };

/** Both ends on one line whose messages are structured clones, as in a webview. */
const line = (some: Partial<Handlers>, listeners: Partial<Listeners> = {}) => {
  const errors: unknown[] = [];
  const host = hostChannel(
    handlersWith(some),
    (envelope) => page.receive(structuredClone(envelope)),
    (error) => {
      errors.push(error);
      const { code } = faultOf(error);
      return { code, sentence: `sentence of ${code}` };
    },
  );
  const page = pageChannel((envelope) => void host(structuredClone(envelope)), { ...silent, ...listeners });
  return { page, host, errors };
};

suite('channel', () => {
  test('answers each question with its own reply, whatever the order', async () => {
    const releases: (() => void)[] = [];
    const { page } = line({
      generate: ({ revision }) => new Promise((resolve) => releases.push(() => resolve({ jobId: `job${revision}` }))),
    });
    const first = page.ask('generate', { revision: 1 });
    const second = page.ask('generate', { revision: 2 });
    while (releases.length < 2) await Promise.resolve();
    releases[1]();
    assert.deepEqual(await second, { jobId: 'job2' });
    releases[0]();
    assert.deepEqual(await first, { jobId: 'job1' });
  });

  test('a thrown fault rejects with its code and the sentence of the host', async () => {
    const { page } = line({ generate: () => raise('mask.empty') });
    await assert.rejects(page.ask('generate', { revision: 1 }), (error: unknown) => {
      assert.ok(error instanceof AskError);
      assert.equal(error.code, 'mask.empty');
      assert.equal(error.message, 'sentence of mask.empty');
      return true;
    });
  });

  test('a thrown error that nobody foresaw is answered as internal', async () => {
    const { page, errors } = line({
      setKey: () => {
        throw new TypeError('boom');
      },
    });
    await assert.rejects(page.ask('setKey', {}), { code: 'internal' });
    assert.match(String(errors[0]), /boom/);
  });

  test('checks values on entry: handlers never see a wrong shape', async () => {
    let seen = 0;
    const { page, errors } = line({ parameters: () => ((seen += 1), null) });
    await page.ask('parameters', { parameters: initialParameters, seedLocked: false });
    const wrong = { parameters: { ...initialParameters, steps: 51 }, seedLocked: false };
    await assert.rejects(page.ask('parameters', wrong), { code: 'internal' });
    assert.equal(seen, 1);
    assert.match(faultOf(errors[0]).detail ?? '', /parameters\.steps/);
  });

  test('tiles arrive as bytes of the right length, also where the transport made them ArrayBuffers', async () => {
    const got: number[] = [];
    const { page } = line({
      paint: ({ tiles }) => {
        for (const tile of tiles) got.push(tile.data === null ? -1 : (tile.data as Uint8Array)[5]);
        return null;
      },
    });
    const data = new Uint8Array(tileSide * tileSide);
    data[5] = 77;
    await page.ask('paint', {
      revision: 1,
      generation: 0,
      file: null,
      kind: 'painted',
      steps: [],
      tiles: [{ index: 0, data }],
    });
    await page.ask('paint', {
      revision: 2,
      generation: 0,
      file: null,
      kind: 'painted',
      steps: [],
      tiles: [{ index: 0, data: null }],
    });
    const buffer = data.buffer as unknown as Uint8Array<ArrayBuffer>;
    await page.ask('paint', {
      revision: 3,
      generation: 0,
      file: null,
      kind: 'painted',
      steps: [],
      tiles: [{ index: 0, data: buffer }],
    });
    const short = {
      revision: 4,
      generation: 0,
      file: null,
      kind: 'painted' as const,
      steps: [],
      tiles: [{ index: 0, data: new Uint8Array(9) }],
    };
    await assert.rejects(page.ask('paint', short), { code: 'internal' });
    assert.deepEqual(got, [77, -1, 77]);
  });

  test('where a mask comes from is checked: its kind, its channel, and how much is handed over', async () => {
    const got: unknown[] = [];
    const { page } = line({
      maskSource: (from) => {
        got.push(from.kind === 'bytes' ? from.bytes.length : from);
        return { outcome: 'taken' };
      },
    });
    const bytes = (length: number) => ({ kind: 'bytes', name: 'a.png', bytes: new Uint8Array(length) }) as const;
    await page.ask('maskSource', { kind: 'channel', channel: 'red' });
    await page.ask('maskSource', { kind: 'uri', uri: 'file:///a.png' });
    await page.ask('maskSource', bytes(handedBytes));
    for (const wrong of [
      { kind: 'channel', channel: 'cyan' },
      { kind: 'channel' },
      { kind: 'elsewhere' },
      { kind: 'uri', uri: 'x'.repeat(9000) },
      { kind: 'bytes', name: 'a.png', bytes: [1, 2, 3] },
      bytes(handedBytes + 1),
    ])
      await assert.rejects(page.ask('maskSource', wrong as never), { code: 'internal' });
    assert.deepEqual(got, [{ kind: 'channel', channel: 'red' }, { kind: 'uri', uri: 'file:///a.png' }, handedBytes]);
  });

  test('an unknown question with an id is answered, a message without one is dropped', async () => {
    const posted: HostEnvelope[] = [];
    const host = hostChannel(
      handlersWith({}),
      (envelope) => posted.push(envelope),
      () => ({ code: 'internal', sentence: 's' }),
    );
    await host({ id: 7, ask: 'formatDisk', value: {} });
    await host({ id: 8, ask: 'constructor', value: {} });
    await host('hello');
    await host({ ask: 'setKey', value: {} });
    assert.deepEqual(posted, [
      { answer: 7, fault: { code: 'internal', sentence: 's' } },
      { answer: 8, fault: { code: 'internal', sentence: 's' } },
    ]);
  });

  test('events reach their listener; foreign messages and answers nobody waits for are ignored', () => {
    const notices: string[] = [];
    const sent: PageEnvelope[] = [];
    const page = pageChannel((envelope) => sent.push(envelope), {
      ...silent,
      notice: ({ sentence }) => notices.push(sentence),
    });
    page.receive({ tell: 'notice', value: { level: 'info', sentence: 'saved' } });
    page.receive({ tell: 'toString', value: {} });
    page.receive({ answer: 99, value: null });
    page.receive(undefined);
    page.receive({ hello: 'world' });
    assert.deepEqual(notices, ['saved']);
    assert.deepEqual(sent, []);
  });
});
