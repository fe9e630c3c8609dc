/** The rows above the stage: tools, edits and zoom, and under them the options of the chosen tool. */
import type { Stage } from './canvas/stage.ts';
import { tools } from './canvas/tools.ts';
import { el, setAttributes } from './dom.ts';
import { icon, type IconName } from './icons.ts';
import { keyName, type KeyId } from './keys.ts';
import { createOptions } from './options.ts';
import type { Words } from './words.ts';
import type { Session } from './session.ts';
import { createViewMenu } from './view-menu.ts';

const button = ({ t }: Words, name: IconName, text: string, key: KeyId, run: () => void): HTMLButtonElement => {
  const element = el(
    'button',
    { class: 'icon-button', type: 'button', title: `${text} (${keyName(key, t)})`, 'aria-label': text },
    icon(name),
  );
  element.addEventListener('click', run);
  return element;
};

const group = (...children: readonly Node[]): HTMLElement => el('div', { class: 'tool-group' }, ...children);

export const createToolbar = (session: Session, stage: Stage): HTMLElement => {
  const { store, words } = session;
  const { t } = words;

  const toolButtons = tools.map((tool) => ({
    tool,
    element: button(words, tool.icon, t(tool.text), tool.id, () => session.chooseTool(tool.id)),
  }));
  const wand = toolButtons.find(({ tool }) => tool.id === 'wand')!.element;
  const wandTitle = wand.title;
  const undo = button(words, 'undo', t('edit.undo'), 'undo', () => session.undo());
  const redo = button(words, 'redo', t('edit.redo'), 'redo', () => session.redo());
  const clear = button(words, 'clear', t('edit.clear'), 'clear', () => session.clear());
  const invert = button(words, 'invert', t('edit.invert'), 'invert', () => session.invert());

  const toolbar = el(
    'div',
    { class: 'toolbar', role: 'toolbar', 'aria-label': t('tools.label') },
    group(...toolButtons.map(({ element }) => element)),
    group(undo, redo, clear, invert),
    el(
      'div',
      { class: 'tool-group zoom' },
      button(words, 'zoomOut', t('zoom.out'), 'zoomOut', () => stage.zoomBy(1 / 1.25)),
      button(words, 'zoomIn', t('zoom.in'), 'zoomIn', () => stage.zoomBy(1.25)),
      button(words, 'fit', t('zoom.fit'), 'fit', () => stage.fit()),
      button(words, 'actual', t('zoom.actual'), 'actual', () => stage.zoomTo(1)),
      createViewMenu(session, stage),
    ),
  );

  const rows = el('div', { class: 'tools' }, toolbar, createOptions(session));

  store.watch((state) => {
    for (const { tool, element } of toolButtons)
      setAttributes(element, { 'aria-pressed': String(tool.id === state.tool) });
    const problem = state.wandProblem;
    setAttributes(wand, {
      'aria-disabled': problem === null ? undefined : 'true',
      title: problem === null ? wandTitle : `${wandTitle}: ${t(problem)}`,
    });
    undo.disabled = !state.canUndo;
    redo.disabled = !state.canRedo;
    setAttributes(invert, { 'aria-pressed': String(state.maskSettings.invert) });
    rows.classList.toggle('covered', state.comparing !== null);
  });
  return rows;
};
