/**
 * The page. The host's shell holds `<div id="app"></div>`, the texts in the language of the editor as JSON in
 * `<script id="texts" type="application/json">` (the table of protocol/texts.ts), media/page.css and this bundle; and, where
 * it knows it, the image by `firstPicture` (protocol/shell.ts), so that it is seen before the page is built.
 */
import { AskError, pageChannel } from '../protocol/channel.ts';
import type { PanelDocument, PanelState } from '../protocol/messages.ts';
import { editorName } from '../protocol/shell.ts';
import { createFrames } from './canvas/frames.ts';
import { createHandles } from './canvas/handles.ts';
import { listenToStage } from './canvas/input.ts';
import { loadSource, painted } from './canvas/picture.ts';
import { createStage } from './canvas/stage.ts';
import type { View } from './canvas/view.ts';
import { warmUp } from './canvas/warm.ts';
import { createCompare } from './compare.ts';
import { el, setText, show } from './dom.ts';
import { listenToDrops } from './drop.ts';
import { keepFocus } from './focus.ts';
import { createFilmstrip } from './filmstrip.ts';
import { createForm } from './form/form.ts';
import { listenToKeys, runAct, type Hands } from './keys.ts';
import { createNotices } from './notices.ts';
import { canvasOf } from './state.ts';
import { createSession, type Kept, type Session } from './session.ts';
import { createSheet } from './sheet.ts';
import { createStatus } from './status.ts';
import { createToolbar } from './toolbar.ts';
import { wordsFor } from './words.ts';

interface Editor {
  postMessage(message: unknown): void;
  /** Undefined where nothing was kept. */
  getState(): unknown;
  setState(state: unknown): void;
}
declare const acquireVsCodeApi: () => Editor;

/** The view as it is kept: the image point in the middle of the stage survives another size of the panel. */
interface KeptView extends Kept {
  readonly view: View;
  /** The canvas that the view is of. */
  readonly canvas: string;
}

/** The page is built for one canvas: another one builds it anew. */
const canvasKey = ({ source: { width, height }, expand }: PanelState): string =>
  JSON.stringify([width, height, expand]);

const isKept = (value: unknown, documentId: string): value is KeptView =>
  typeof value === 'object' && value !== null && 'documentId' in value && value.documentId === documentId;

const editor = (globalThis as { [editorName]?: Editor })[editorName] ?? acquireVsCodeApi();
const app = document.getElementById('app')!;
const words = wordsFor(
  JSON.parse(document.getElementById('texts')?.textContent ?? '{}') as Record<string, unknown>,
  document.documentElement.lang,
);
const { t } = words;
const notices = createNotices(words);
let first = document.querySelector<HTMLImageElement>('.first-picture');
let session: Session | null = null;
let life = new AbortController();
let hands: Hands | null = null;
let focusPart: (part: 'canvas' | 'prompt') => void = () => {};

const channel = pageChannel((envelope) => editor.postMessage(envelope), {
  state(state) {
    const known = session?.store.get().panel;
    if (known === undefined) return;
    if (canvasKey(known) !== canvasKey(state)) return void start();
    session!.told.state(state);
  },
  mask: (event) => session?.told.mask(event),
  parameters: (event) => session?.told.parameters(event),
  notice: ({ level, sentence }) => notices.add(level, sentence),
  focus: ({ part }) => focusPart(part),
  compare: ({ jobId }) => session?.store.set({ comparing: jobId }),
  run({ act }) {
    if (hands !== null) runAct(act, hands);
  },
});
addEventListener('message', (event) => channel.receive(event.data));

const keepView = (session: Session, view: View): void => {
  const { panel, tool, brushSize, toolOptions, display } = session.store.get();
  const canvas = canvasKey(panel);
  const kept: KeptView = { documentId: panel.documentId, tool, brushSize, toolOptions, display, view, canvas };
  editor.setState(kept);
};

const open = (opened: PanelDocument, signal: AbortSignal): void => {
  const state = editor.getState();
  const kept = isKept(state, opened.state.documentId) ? state : null;
  const keptView = kept?.canvas === canvasKey(opened.state) ? kept.view : null;
  const stage = createStage();
  const current = createSession(opened, {
    ask: channel.ask,
    words,
    notices,
    kept,
    changed: () => stage.request(),
  });
  session = current;
  const { store } = current;
  const { source } = opened.state;
  const help = el('p', { id: 'canvas-help', class: 'unseen' }, t('canvas.help'));
  const pictureNote = el('p', { class: 'stage-note' });
  stage.element.setAttribute('aria-label', t('canvas.label', { name: source.name }));
  stage.element.setAttribute('aria-describedby', help.id);
  stage.over.append(pictureNote);

  const compare = createCompare(current, stage);
  const form = createForm(current, signal);
  const sheet = createSheet(words);
  const status = createStatus(current);
  const top = el('div', { class: 'top' }, createToolbar(current, stage), compare.bar, sheet.button);
  app.replaceChildren(
    el(
      'main',
      { class: 'work' },
      top,
      el('div', { class: 'stage-frame' }, stage.element, listenToDrops(current, signal), notices.element),
      createFilmstrip(current),
      status.element,
      help,
    ),
    form.element,
    notices.voice,
    sheet.dialog,
  );
  app.className = 'app';

  listenToStage(current, stage, status.at);
  createFrames(current, stage);
  createHandles(current, stage);
  hands = { session: current, stage, compare, openSheet: sheet.open };
  listenToKeys(hands, signal);
  focusPart = (part) => (part === 'prompt' ? form.focusPrompt() : stage.element.focus());

  const shownFirst = first?.getAttribute('src') === source.src && keptView === null ? first : null;
  if (shownFirst === null) first?.remove();
  first = null;

  let lastSource = '';
  const showPicture = async (): Promise<void> => {
    const { panel } = store.get();
    if (panel.source.src === lastSource) return;
    lastSource = panel.source.src;
    store.set({ picture: 'loading' });
    try {
      const picture = await loadSource(panel.source, panel.expand, panel.source.src === source.src ? shownFirst : null);
      if (panel.source.src !== lastSource) return;
      const seen = shownFirst === null ? undefined : painted(picture.image);
      stage.setPicture(picture);
      store.set({ picture: 'shown' });
      await seen;
    } catch {
      store.set({ picture: 'failed' });
    } finally {
      shownFirst?.remove();
      if (panel.source.src === source.src) warmUp(current.editor().base, panel.maskSettings, signal);
    }
  };

  let keepAfter: ReturnType<typeof setTimeout> | undefined;
  const keepSoon = (): void => {
    clearTimeout(keepAfter);
    keepAfter = setTimeout(() => keepView(current, stage.view()), 200);
  };
  stage.onView((view) => {
    store.set({ scale: view.scale });
    keepSoon();
  });
  stage.setEditor(current.editor(), canvasOf(opened.state), keptView);
  store.watch((now) => {
    void showPicture();
    show(pictureNote, now.picture !== 'shown');
    setText(pictureNote, t(now.picture === 'failed' ? 'canvas.failed' : 'canvas.loading', { name: source.name }));
    keepSoon();
  });
  const themes = new MutationObserver(() => stage.request(true));
  themes.observe(document.body, { attributeFilter: ['class'] });
  signal.addEventListener('abort', () => themes.disconnect());
  stage.element.focus({ preventScroll: true });
};

/** Asks for the document and builds the page from it; again where the image has got another size. */
const start = async (): Promise<void> => {
  const focused =
    document.activeElement instanceof HTMLElement ? document.activeElement.dataset['keepsFocus'] : undefined;
  const scrolled = app.querySelector('.side-scroll')?.scrollTop ?? 0;
  life.abort();
  life = new AbortController();
  const { signal } = life;
  session = null;
  hands = null;
  app.className = 'opening';
  app.replaceChildren(el('p', { role: 'status' }, t('canvas.opening')));
  try {
    const opened = await channel.ask('ready', {});
    if (signal.aborted) return;
    open(opened, signal);
    if (focused === undefined) return;
    app.querySelector('.side-scroll')!.scrollTop = scrolled;
    app.querySelector<HTMLElement>(`[data-keeps-focus="${focused}"]`)?.focus({ preventScroll: true });
  } catch (error) {
    const reason = error instanceof AskError ? error.message : String(error);
    const again = el('button', { type: 'button', class: 'button' }, t('canvas.retry'));
    again.addEventListener('click', () => void start());
    first?.remove();
    first = null;
    app.replaceChildren(el('p', { role: 'alert' }, t('canvas.openFailed', { reason })), again);
  }
};

keepFocus();
void start();
