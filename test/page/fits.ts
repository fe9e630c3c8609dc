/** The languages that pages are looked at in, and what has not the room that its words need. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { texts } from '../../src/protocol/texts.ts';
import { pseudoTable } from '../l10n/pseudo.ts';

/** The page's table as a translation says it. */
const translated = async (language: string): Promise<Record<string, string>> => {
  const file = path.resolve(import.meta.dirname, `../../l10n/bundle.l10n.${language}.json`);
  const bundle = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  return Object.fromEntries(Object.entries(texts).map(([key, english]) => [key, bundle[english] ?? english]));
};

export const speeches = {
  pseudo: async () => ({ texts: pseudoTable(texts), language: 'en' }),
  de: async () => ({ texts: await translated('de'), language: 'de' }),
  'zh-cn': async () => ({ texts: await translated('zh-cn'), language: 'zh-cn' }),
};

/** What is wider than the room it has, and what reaches beyond the window. */
export const cramped = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const name = (element: Element): string =>
      `${element.tagName.toLowerCase()}.${element.className.toString()}: ${element.textContent.slice(0, 60)}`;
    for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
      if (element.closest('.unseen, .stage, script, canvas, svg') !== null || !element.checkVisibility()) continue;
      const { overflowX, textOverflow } = getComputedStyle(element);
      const { left, right, width } = element.getBoundingClientRect();
      if (width === 0) continue;
      if (right > innerWidth + 1 || left < -1) found.push(`beyond the window: ${name(element)}`);
      if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && overflowX !== 'visible')
        if (textOverflow !== 'ellipsis') found.push(`cut off: ${name(element)}`);
      const button = element.matches('button, label, summary, h2, .button');
      if (
        button &&
        textOverflow !== 'ellipsis' &&
        element.scrollWidth > element.clientWidth + 1 &&
        element.clientWidth > 0
      )
        found.push(`too narrow: ${name(element)}`);
    }
    return found;
  });
