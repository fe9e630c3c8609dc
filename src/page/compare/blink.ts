/** Source and result in turn. It stands still while the person is elsewhere, and from the start where motion is unwanted. */

/** How long each is seen, in milliseconds: one full change a second, well under the three flashes of WCAG 2.1, 2.3.1. */
const shownFor = 500;

export interface Blink {
  start(): void;
  stop(): void;
  /** Shows the other one and leaves it there. */
  swap(): void;
  /** Goes on by itself, or stands still. */
  setRunning(running: boolean): void;
  running(): boolean;
  showsSource(): boolean;
}

export interface BlinkDeps {
  /** Blinks only while the keyboard is in one of these. */
  readonly homes: readonly Element[];
  readonly changed: () => void;
}

const wantsStillness = (): boolean =>
  document.body.classList.contains('vscode-reduce-motion') || matchMedia('(prefers-reduced-motion: reduce)').matches;

export const createBlink = ({ homes, changed }: BlinkDeps): Blink => {
  let running = false;
  let source = false;
  let timer: ReturnType<typeof setInterval> | undefined;

  const attended = (): boolean => document.hasFocus() && homes.some((home) => home.contains(document.activeElement));

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    source = false;
  };

  return {
    start() {
      stop();
      running = !wantsStillness();
      timer = setInterval(() => {
        if (!running || !attended()) return;
        source = !source;
        changed();
      }, shownFor);
      changed();
    },
    stop,
    swap() {
      running = false;
      source = !source;
      changed();
    },
    setRunning(next) {
      running = next;
      changed();
    },
    running: () => running,
    showsSource: () => source,
  };
};
