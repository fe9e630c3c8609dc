/** What axe has to say about a page. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Frame, Page } from 'playwright-core';

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Axe {
  run(within: string): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
}

/** A line for each element that breaks a rule of axe-core's usual set. `within`: what of the page is ours. */
export const violations = async (page: Page | Frame, within = 'html'): Promise<string[]> => {
  await page.evaluate(source);
  return page.evaluate(async (part) => {
    const { axe } = globalThis as unknown as { axe: Axe };
    return (await axe.run(part)).violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
    );
  }, within);
};
