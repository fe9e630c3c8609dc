/** The divider between source and result: dragged on the stage, or moved as a slider from the keyboard. */
import type { Stage } from '../canvas/stage.ts';
import { el, show } from '../dom.ts';
import type { Words } from '../words.ts';

export interface Curtain {
  readonly divider: HTMLElement;
  readonly slider: HTMLInputElement;
  /** Percent of the stage, from the left, that show the source. */
  share(): number;
  setShare(percent: number): void;
  show(shown: boolean): void;
}

export const createCurtain = (stage: Stage, { t }: Words, moved: () => void): Curtain => {
  const slider = el('input', {
    type: 'range',
    class: 'compare-slider',
    min: 0,
    max: 100,
    step: 1,
    value: 50,
    'aria-label': t('result.slider'),
  });
  const divider = el('div', { class: 'divider', 'aria-hidden': 'true' });

  const place = (): void => {
    divider.style.left = `${slider.valueAsNumber}%`;
    slider.setAttribute('aria-valuetext', t('result.share', { percent: slider.valueAsNumber }));
    moved();
  };
  const setShare = (percent: number): void => {
    slider.valueAsNumber = Math.max(0, Math.min(100, percent));
    place();
  };

  slider.addEventListener('input', place);
  divider.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
  });
  divider.addEventListener('pointermove', (event) => {
    if (divider.hasPointerCapture(event.pointerId)) setShare((stage.place(event).x / stage.size().width) * 100);
  });

  return {
    divider,
    slider,
    share: () => slider.valueAsNumber,
    setShare,
    show(shown) {
      show(divider, shown);
      show(slider, shown);
    },
  };
};
