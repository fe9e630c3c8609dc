/** Keys as they are written on the machine of the person, in their language. */
import type { TextKey } from '../protocol/texts.ts';
import type { Words } from './words.ts';

const onMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Keys that a Mac draws instead of naming them. */
const drawn: Readonly<Record<string, string>> = onMac
  ? { mod: '⌘', shift: '⇧', alt: '⌥', backspace: '⌫', enter: '⏎', delete: '⌦', escape: '⎋', arrows: '←↑↓→' }
  : { arrows: '← ↑ ↓ →' };

/** Keys that have a name, which differs from language to language. */
const named: Readonly<Record<string, TextKey>> = {
  mod: 'keyName.mod',
  shift: 'keyName.shift',
  alt: 'keyName.alt',
  backspace: 'keyName.backspace',
  enter: 'keyName.enter',
  delete: 'keyName.delete',
  escape: 'keyName.escape',
  space: 'keyName.space',
};

/** A stroke as it is written on this machine: `Ctrl+Shift+Z`, `⇧⌘Z`. */
export const writtenStroke = (stroke: string, t: Words['t']): string => {
  const parts = stroke.split(' ').map((part) => drawn[part] ?? (part in named ? t(named[part]) : part.toUpperCase()));
  if (!onMac) return parts.join('+');
  return [...parts.slice(0, -1).reverse(), parts.at(-1)].join('');
};
