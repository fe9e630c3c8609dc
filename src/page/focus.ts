/**
 * The keyboard comes back to where it was. The editor gives a webview that it leaves for the palette the focus again, but
 * not the element in it (VS Code 1.139: `document.activeElement` is then the body).
 */
export const keepFocus = (): void => {
  let last: Element | null = null;
  addEventListener('focusin', ({ target }) => {
    if (target instanceof Element) last = target;
  });
  addEventListener('focus', () => {
    if (document.activeElement === document.body && last instanceof HTMLElement) last.focus({ preventScroll: true });
  });
};
