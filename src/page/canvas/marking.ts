/** A finished shape or selection goes into the mask, and is told to who cannot see it. */
import type { CombineMode } from '../../mask/combine.ts';
import type { TextKey } from '../../protocol/texts.ts';
import type { Session } from '../session.ts';
import type { Stage } from './stage.ts';
import type { ToolContext } from './tools.ts';

const told: Readonly<Record<CombineMode, TextKey>> = {
  add: 'announce.added',
  subtract: 'announce.subtracted',
  intersect: 'announce.intersected',
  replace: 'announce.marked',
};

export const markWith =
  (session: Session, stage: Stage): ToolContext['mark'] =>
  (part, mode, tool) => {
    const kind = tool === 'rectangle' ? 'rectangle' : 'painted';
    const changed = part !== null && session.editor().combine(part, mode, kind);
    stage.request();
    session.say(changed ? session.words.t(told[mode], { ...part.box }) : session.words.t('announce.nothing'));
  };
