/** Keys of the page, as one table: it is listened by, written out in tooltips, and listed in the sheet. */
import { type PageAct, type ToolAct, toolActs } from '../protocol/messages.ts';
import type { TextKey } from '../protocol/texts.ts';
import type { Stage } from './canvas/stage.ts';
import { toolForKey, tools, type ToolId } from './canvas/tools.ts';
import type { Compare } from './compare.ts';
import { compareModes, type CompareModeId } from './compare/modes.ts';
import type { Session } from './session.ts';
import { writtenStroke } from './strokes.ts';
import type { Words } from './words.ts';

/** When a key counts. Those of `typing` count while somebody is typing, when all others but `anywhere` rest. */
export const keyTimes = ['painting', 'comparing', 'viewing', 'typing', 'anywhere'] as const;
export type KeyTime = (typeof keyTimes)[number];

export type KeyId =
  | ToolId
  | CompareModeId
  | PageAct
  | 'swapTools'
  | 'smaller'
  | 'larger'
  | 'softer'
  | 'harder'
  | 'add'
  | 'subtract'
  | 'intersect'
  | 'cursor'
  | 'paint'
  | 'dot'
  | 'cancel'
  | 'back'
  | 'pan'
  | 'maskOnly'
  | 'zoomIn'
  | 'zoomOut'
  | 'original'
  | 'swap'
  | 'previousImage'
  | 'nextImage'
  | 'keepImage'
  | 'deleteImage'
  | 'closeResult'
  | 'leaveField'
  | 'keys';

/** What the keys work on. */
export interface Hands {
  readonly session: Session;
  readonly stage: Stage;
  readonly compare: Compare;
  readonly openSheet: () => void;
}

export interface Key {
  readonly id: KeyId;
  /** Words with spaces between: `mod` (Ctrl or Cmd), `shift`, and last the name of the key in lower case. */
  readonly strokes: readonly string[];
  readonly when: KeyTime;
  readonly text: TextKey;
  /** Absent where the stage listens itself (canvas/input.ts). */
  readonly run?: (hands: Hands) => void;
  /** When the key is let go. */
  readonly release?: (hands: Hands) => void;
}

/** Tools that share a key take turns; with Shift it is the second one that comes first. */
const toolKey = ({ id, key, otherKey, text }: (typeof tools)[number]): Key => {
  const shift = tools.find((tool) => tool.key === key)!.id !== id;
  const stroke = key.toLowerCase();
  return {
    id,
    strokes: [shift ? `shift ${stroke}` : stroke, ...(otherKey === undefined ? [] : [otherKey.toLowerCase()])],
    when: 'painting',
    text,
    run: ({ session }) => session.chooseTool(toolForKey(key, shift, session.store.get().tool)),
  };
};

const modeKey = ({ id, key, text }: (typeof compareModes)[number]): Key => ({
  id,
  strokes: [key.toLowerCase()],
  when: 'comparing',
  text,
  run: ({ compare }) => compare.mode(id),
});

export const keys: readonly Key[] = [
  ...tools.map(toolKey),
  {
    id: 'swapTools',
    strokes: ['x'],
    when: 'painting',
    text: 'keys.swapTools',
    run: ({ session }) => session.chooseTool(session.store.get().tool === 'brush' ? 'eraser' : 'brush'),
  },
  {
    id: 'smaller',
    strokes: ['['],
    when: 'painting',
    text: 'keys.smaller',
    run: ({ session }) => session.brushStep(-1),
  },
  { id: 'larger', strokes: [']'], when: 'painting', text: 'keys.larger', run: ({ session }) => session.brushStep(1) },
  {
    id: 'softer',
    strokes: ['{'],
    when: 'painting',
    text: 'keys.softer',
    run: ({ session }) => session.hardnessStep(-1),
  },
  {
    id: 'harder',
    strokes: ['}'],
    when: 'painting',
    text: 'keys.harder',
    run: ({ session }) => session.hardnessStep(1),
  },
  { id: 'add', strokes: ['shift'], when: 'painting', text: 'mode.add' },
  { id: 'subtract', strokes: ['alt'], when: 'painting', text: 'mode.subtract' },
  { id: 'intersect', strokes: ['shift alt'], when: 'painting', text: 'mode.intersect' },
  { id: 'cursor', strokes: ['arrows'], when: 'painting', text: 'keys.move' },
  { id: 'paint', strokes: ['shift arrows'], when: 'painting', text: 'keys.paint' },
  { id: 'dot', strokes: ['enter'], when: 'painting', text: 'keys.dot' },
  { id: 'cancel', strokes: ['escape'], when: 'painting', text: 'keys.cancel' },
  { id: 'back', strokes: ['backspace'], when: 'painting', text: 'keys.back' },
  { id: 'undo', strokes: ['mod z'], when: 'painting', text: 'edit.undo', run: ({ session }) => session.undo() },
  {
    id: 'redo',
    strokes: ['mod shift z', 'mod y'],
    when: 'painting',
    text: 'edit.redo',
    run: ({ session }) => session.redo(),
  },
  { id: 'clear', strokes: ['delete'], when: 'painting', text: 'edit.clear', run: ({ session }) => session.clear() },
  { id: 'invert', strokes: ['i'], when: 'painting', text: 'edit.invert', run: ({ session }) => session.invert() },
  {
    id: 'maskOnly',
    strokes: ['q'],
    when: 'painting',
    text: 'keys.maskOnly',
    run: ({ session }) => session.display({ maskOnly: !session.store.get().display.maskOnly }),
  },
  { id: 'pan', strokes: ['space'], when: 'painting', text: 'keys.pan' },

  ...compareModes.map(modeKey),
  {
    id: 'original',
    strokes: ['o'],
    when: 'comparing',
    text: 'result.hold',
    run: ({ compare }) => compare.hold(true),
    release: ({ compare }) => compare.hold(false),
  },
  { id: 'swap', strokes: ['space'], when: 'comparing', text: 'compare.swap', run: ({ compare }) => compare.swap() },
  {
    id: 'previousImage',
    strokes: ['['],
    when: 'comparing',
    text: 'keys.previousImage',
    run: ({ compare }) => compare.step(-1),
  },
  {
    id: 'nextImage',
    strokes: [']'],
    when: 'comparing',
    text: 'keys.nextImage',
    run: ({ compare }) => compare.step(1),
  },
  {
    id: 'keepImage',
    strokes: ['k'],
    when: 'comparing',
    text: 'keys.keepImage',
    run: ({ compare }) => compare.keep(),
  },
  {
    id: 'deleteImage',
    strokes: ['delete'],
    when: 'comparing',
    text: 'keys.deleteImage',
    run: ({ compare }) => compare.remove(),
  },
  {
    id: 'copyImage',
    strokes: ['mod c'],
    when: 'comparing',
    text: 'keys.copyImage',
    run: ({ compare }) => compare.copy(),
  },
  {
    id: 'insertImage',
    strokes: ['t'],
    when: 'comparing',
    text: 'keys.insertImage',
    run: ({ compare }) => compare.insert(false),
  },
  {
    id: 'insertImageAs',
    strokes: ['shift t'],
    when: 'comparing',
    text: 'keys.insertImageAs',
    run: ({ compare }) => compare.insert(true),
  },
  {
    id: 'closeResult',
    strokes: ['escape'],
    when: 'comparing',
    text: 'keys.closeResult',
    run: ({ compare }) => compare.close(),
  },

  { id: 'zoomIn', strokes: ['+', '='], when: 'viewing', text: 'zoom.in', run: ({ stage }) => stage.zoomBy(1.25) },
  { id: 'zoomOut', strokes: ['-'], when: 'viewing', text: 'zoom.out', run: ({ stage }) => stage.zoomBy(1 / 1.25) },
  { id: 'fit', strokes: ['0'], when: 'viewing', text: 'zoom.fit', run: ({ stage }) => stage.fit() },
  { id: 'actual', strokes: ['1'], when: 'viewing', text: 'zoom.actual', run: ({ stage }) => stage.zoomTo(1) },
  { id: 'compare', strokes: ['c'], when: 'viewing', text: 'keys.compare', run: ({ compare }) => compare.toggle() },
  { id: 'keys', strokes: ['?'], when: 'viewing', text: 'keys.show', run: ({ openSheet }) => openSheet() },

  {
    id: 'leaveField',
    strokes: ['escape'],
    when: 'typing',
    text: 'keys.leaveField',
    run: ({ stage }) => stage.element.focus({ preventScroll: true }),
  },
  {
    id: 'generate',
    strokes: ['mod enter'],
    when: 'anywhere',
    text: 'generate',
    run: ({ session }) => void session.generate(),
  },
];

/** How a key is written in a tooltip. */
export const keyName = (id: KeyId, t: Words['t']): string =>
  writtenStroke(keys.find((key) => key.id === id)!.strokes[0], t);

/** Whether keys and text belong to what has the focus. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement ||
  (target instanceof HTMLInputElement &&
    target.type !== 'range' &&
    target.type !== 'checkbox' &&
    target.type !== 'radio');

/** What keys are on a keyboard without Latin letters, where these have none of their own to type: by their place. */
const placed: Readonly<Record<string, readonly [string, string]>> = {
  BracketLeft: ['[', '{'],
  BracketRight: [']', '}'],
};

const nameOf = ({ key, code, shiftKey }: KeyboardEvent): string => {
  if (key === ' ') return 'space';
  const name = key.toLowerCase();
  if (name.length > 1 || !/\p{Letter}/u.test(name) || /\p{Script=Latin}/u.test(name)) return name;
  return (
    placed[code]?.[shiftKey ? 1 : 0] ?? /^Key(?<letter>[A-Z])$/.exec(code)?.groups!['letter'].toLowerCase() ?? name
  );
};

/** The event as a stroke of the table. */
const strokeOf = (event: KeyboardEvent): string | null => {
  const name = nameOf(event);
  // A sign may need Shift, Alt or AltGr on a keyboard; it is that sign all the same.
  const isSign = name.length === 1 && !/\p{Letter}/u.test(name);
  if (event.altKey && !isSign) return null;
  const mod = (event.ctrlKey || event.metaKey) && !(event.altKey && isSign);
  const shift = event.shiftKey && !isSign;
  return [...(mod ? ['mod'] : []), ...(shift ? ['shift'] : []), name].join(' ');
};

/** A control that is pressed with this key itself. */
const isPressing = (stroke: string, target: EventTarget | null): boolean =>
  (stroke === 'space' || stroke === 'enter') &&
  target instanceof Element &&
  target.closest('button, input, summary, a') !== null;

/** Words that are selected are what a person means to copy. */
const copiesWords = (stroke: string): boolean => stroke === 'mod c' && getSelection()?.isCollapsed === false;

/** A field of the page itself, with no list or menu open over it that Escape closes first. */
const isPlainField = (target: EventTarget | null): boolean =>
  isTyping(target) && !(target instanceof HTMLSelectElement) && !(target as Element).closest('[popover]');

const isTime = (when: KeyTime, { store }: Session): boolean =>
  when === 'painting' || when === 'comparing' ? (store.get().comparing !== null) === (when === 'comparing') : true;

const sayWhen = (when: KeyTime, { say, words: { t } }: Session): void =>
  say(t(when === 'comparing' ? 'compare.only' : 'keys.closeFirst'));

/** `signal` ends the listening. */
export const listenToKeys = (hands: Hands, signal: AbortSignal): void => {
  addEventListener(
    'keydown',
    (event) => {
      // VS Code prevents Ctrl+Z in its webviews before the page hears of it: with Ctrl the stage leaves all our strokes alone.
      const taken = event.defaultPrevented && !event.ctrlKey && !event.metaKey;
      if (taken || event.isComposing || document.querySelector('dialog[open]') !== null) return;
      const stroke = strokeOf(event);
      if (stroke === null || isPressing(stroke, event.target) || copiesWords(stroke)) return;
      const typing = isTyping(event.target);
      const meant = keys.filter(
        ({ strokes, when }) =>
          strokes.includes(stroke) &&
          (when === 'anywhere' || (when === 'typing' ? isPlainField(event.target) : !typing)),
      );
      const inTime = meant.filter(({ when }) => isTime(when, hands.session));
      if (meant.length > 0 && inTime.length === 0) return sayWhen(meant[0].when, hands.session);
      const key = inTime.find(({ run }) => run !== undefined);
      if (key === undefined) return;
      event.preventDefault();
      key.run?.(hands);
    },
    { signal },
  );
  const release = (stroke: string | null): void => {
    for (const key of keys) if (stroke === null || key.strokes.includes(stroke)) key.release?.(hands);
  };
  addEventListener('keyup', (event) => release(nameOf(event)), { signal });
  addEventListener('blur', () => release(null), { signal });
};

const isTool = (act: PageAct | ToolAct): act is ToolAct => (toolActs as readonly string[]).includes(act);

/** Does what a command of the editor asks for; says so where it is not the time for it. */
export const runAct = (act: PageAct | ToolAct, hands: Hands): void => {
  const { session } = hands;
  const key = keys.find(({ id }) => id === act)!;
  if (!isTime(key.when, session)) sayWhen(key.when, session);
  else if (isTool(act)) session.chooseTool(act);
  else key.run?.(hands);
};
