/** What axe has to say about a page. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
}

/** A line for each element that breaks a rule of axe-core's usual set. */
export const violations = (page: Page): Promise<string[]> =>
  page.evaluate(async (script) => {
    if (!('axe' in globalThis)) (0, eval)(script);
    const { axe } = globalThis as unknown as { axe: Axe };
    return (await axe.run()).violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
    );
  }, source);
