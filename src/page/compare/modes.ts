/** The ways to look at a result over its source. */
import type { TextKey } from '../../protocol/texts.ts';
import type { IconName } from '../icons.ts';

export type CompareModeId = 'slider' | 'blink' | 'difference' | 'side';

export interface CompareMode {
  readonly id: CompareModeId;
  readonly key: string;
  readonly icon: IconName;
  readonly text: TextKey;
  /** What is seen, said when it is chosen. */
  readonly hint: TextKey;
}

export const compareModes: readonly CompareMode[] = [
  { id: 'slider', key: 'S', icon: 'slider', text: 'compare.slider', hint: 'compare.slider.hint' },
  { id: 'blink', key: 'B', icon: 'eye', text: 'compare.blink', hint: 'compare.blink.hint' },
  { id: 'difference', key: 'D', icon: 'difference', text: 'compare.difference', hint: 'compare.difference.hint' },
  { id: 'side', key: 'Y', icon: 'side', text: 'compare.side', hint: 'compare.side.hint' },
];
