/** The side of the page: the image's facts, everything a fill is asked with, the button, and the fills so far. */
import { el, setText, show } from '../dom.ts';
import { createJobs } from '../job.ts';
import type { Session } from '../session.ts';
import { createAdvanced } from './advanced.ts';
import { createCanvasSection } from './canvas-section.ts';
import { createGenerate } from './generate.ts';
import { createMaskSection } from './mask-section.ts';
import { createOutput, createService } from './output.ts';
import { createPrompt, createQuality } from './request.ts';
import { formatName } from '../words.ts';

export interface Form {
  readonly element: HTMLElement;
  focusPrompt(): void;
}

export const createForm = (session: Session, signal: AbortSignal): Form => {
  const { store, words } = session;
  const { t, number, fileSize } = words;
  const name = el('h1', { class: 'source-name' });
  const facts = el('p', { class: 'source-facts' });
  const depth = el('p', { class: 'hint' }, t('source.deep'));
  store.watch(({ panel: { source } }) => {
    show(depth, source.bits > 8);
    setText(name, source.name);
    name.title = source.name;
    setText(
      facts,
      t('source.facts', {
        width: number(source.width),
        height: number(source.height),
        format: formatName[source.format],
        size: fileSize(source.bytes),
      }),
    );
  });
  const prompt = createPrompt(session);
  const element = el(
    'aside',
    { class: 'side', 'aria-label': t('form.label') },
    el(
      'div',
      { class: 'side-scroll', tabindex: -1 },
      el('header', { class: 'source' }, name, facts, depth),
      prompt.element,
      createMaskSection(session),
      createCanvasSection(session),
      createQuality(session),
      createOutput(session),
      createService(session),
      createAdvanced(session),
    ),
    el('div', { class: 'side-foot' }, createGenerate(session), createJobs(session, signal)),
  );
  return { element, focusPrompt: () => prompt.input.focus() };
};
