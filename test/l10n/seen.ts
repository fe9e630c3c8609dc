/** What a page says to eyes and ears, and what of it no translator has seen. */
import type { Frame, Page } from 'playwright-core';
import { outside } from './pseudo.ts';

/** What is no language: names of files, services and formats, keys, numbers, prices and units. */
const names =
  /(?:boats|alps|sprite)(?:\.fill-\d+)?\.\w+|result\.png|Black Forest Labs|fal\b|Replicate(?:-compatible)?|Practice|(?:queue|api)\.[\w.]+|\b(?:PNG|JPE?G|WebP|GIF)\b|\b(?:KB|MB|px|s|min)\b|\b(?:Ctrl|Cmd|Shift|Alt|Enter|Esc|Space|Delete|Backspace|Tab)\b|\ba1b2\b|[A-Z?](?![a-z])|\d[\d:.,]*/g;

/** True where a text says something that did not come from a table of texts. */
export const isUntranslated = (text: string): boolean => /\p{L}/u.test(outside(text).replace(names, ''));

/** Everything that is seen or read out. */
const said = (page: Page | Frame): Promise<{ text: string; where: string }[]> =>
  page.evaluate(() => {
    const found: { text: string; where: string }[] = [];
    const add = (text: string | null, where: string): void => {
      if (text !== null && text.trim() !== '') found.push({ text: text.trim(), where });
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node instanceof Element) {
        if (node.closest('script, style') !== null) continue;
        for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext', 'aria-roledescription'])
          add(node.getAttribute(name), `${name} of ${node.tagName.toLowerCase()}.${node.className.toString()}`);
      } else if (node.parentElement?.closest('script, style') === null)
        add(node.textContent, `${node.parentElement.tagName.toLowerCase()}.${node.parentElement.className}`);
    }
    return found;
  });

export const untranslated = async (page: Page | Frame): Promise<string[]> =>
  (await said(page)).filter(({ text }) => isUntranslated(text)).map(({ text, where }) => `${where}: ${text}`);
