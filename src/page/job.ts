/** The fills of this image, newest first: how far each is, what it cost, what can be done about it. */
import { elapsedText } from '../fill/elapsed.ts';
import { endStates } from '../fill/record.ts';
import { nextStepOf, stepTexts } from '../protocol/next-steps.ts';
import { cancelText } from '../protocol/service-texts.ts';
import type { JobView } from '../protocol/messages.ts';
import { el, setAttributes, setChildren, setText, show } from './dom.ts';
import { icon } from './icons.ts';
import type { Session } from './session.ts';
import { shownSet } from './state.ts';
import type { Words } from './words.ts';

export const isOpen = (job: JobView): boolean => !endStates.includes(job.state);

/** How a job stands, in a sentence. */
export const jobSentence = (job: JobView, { t }: Words): string => {
  if (job.state === 'prepared' && job.waiting) return t('job.waiting');
  if (job.state === 'submitted' && job.queue !== null && job.queue > 0) return t('job.queued', { count: job.queue });
  if (job.state !== 'saved') return t(`job.${job.state}`);
  return job.result === null ? t('job.savedGone') : t('job.saved', { name: job.result.name });
};

/** Cost where it is known, else the price; seed; task, with middle dots between. */
export const jobFacts = (job: JobView, { t, dollars }: Words): string => {
  const cost =
    job.cost !== null
      ? job.cost === 0
        ? t('job.free')
        : t('job.cost', { price: dollars(job.cost) })
      : job.price !== null && job.price > 0
        ? t('job.price', { price: dollars(job.price) })
        : null;
  return [cost, job.seed === null ? null : t('job.seed', { seed: job.seed })]
    .filter((part) => part !== null)
    .join(' · ');
};

interface Row {
  readonly element: HTMLElement;
  update(job: JobView): void;
  tick(now: number): void;
}

const createRow = (session: Session, id: string): Row => {
  const { store, words, ask, failed } = session;
  const { t } = words;
  const link = (text: string, run: () => void): HTMLButtonElement => {
    const element = el('button', { type: 'button', class: 'link' }, text);
    element.addEventListener('click', run);
    return element;
  };

  const sentence = el('span', { class: 'job-state' });
  const elapsed = el('span', { class: 'job-time' });
  const bar = el('progress', { class: 'job-progress', max: 100, 'aria-label': t('job.progress') });
  const cancelNote = el('p', { class: 'hint' });
  const faultText = el('span', {});
  const fault = el('p', { class: 'job-fault' }, icon('error'), faultText);
  const warnings = el('ul', { class: 'job-warnings' });
  const facts = el('span', { class: 'job-facts' });
  const compare = link(t('job.show'), () => store.set({ comparing: id }));
  const cancel = link(t('job.cancel'), () => void ask('cancel', { jobId: id }).catch(failed));
  const reuse = link(t('seed.reuse'), () => {
    const seed = store.get().panel.jobs.find((job) => job.id === id)?.seed;
    if (seed !== undefined) session.parameters({ seed });
  });
  const log = link(t('job.log'), () => void ask('showLog', {}).catch(failed));
  const again = link('', () => {
    const act = job?.nextAct;
    if (act) void ask('goOn', { jobId: id, act }).catch(failed);
  });
  const step = link('', () => {
    const next = nextStepOf(job?.fault?.code ?? '');
    if (next !== undefined) void ask('nextStep', { step: next }).catch(failed);
  });
  const element = el(
    'li',
    { class: 'job' },
    el('div', { class: 'job-head' }, sentence, elapsed),
    bar,
    cancelNote,
    fault,
    warnings,
    el(
      'div',
      { class: 'job-foot' },
      facts,
      el('span', { class: 'job-actions' }, compare, again, cancel, step, log, reuse),
    ),
  );

  let job: JobView | null = null;
  const tick = (now: number): void => {
    if (job !== null) setText(elapsed, elapsedText(job.took ?? now - job.startedAt));
  };

  return {
    element,
    tick,
    update(next) {
      job = next;
      const { panel, parameters, comparing } = store.get();
      const service = panel.services.find(({ abilities }) => abilities.id === next.service)?.abilities;
      const open = isOpen(next);
      element.dataset.state = next.state;
      const part = open && next.steps > 1 ? `${t('job.step', { step: next.step, steps: next.steps })} · ` : '';
      const number = next.variation === null ? '' : `${t('film.image', { number: next.variation.number })} · `;
      setText(sentence, `${number}${part}${jobSentence(next, words)}`);
      setAttributes(sentence, { title: next.result?.name });
      show(bar, open);
      setAttributes(bar, { value: next.progress ?? undefined });
      const sent = open && next.state !== 'prepared';
      show(cancelNote, open && next.cancelRequested);
      setText(cancelNote, t('job.cancelled.note'));
      setAttributes(cancel, {
        title: sent && service !== undefined ? cancelText(service, words) || undefined : undefined,
      });
      show(
        cancel,
        open &&
          !next.cancelRequested &&
          (next.state === 'prepared' || next.state === 'submitting' || next.state === 'submitted'),
      );
      show(fault, next.fault !== null);
      setText(faultText, next.fault?.sentence ?? '');
      show(warnings, next.warnings.length > 0);
      if (warnings.textContent !== next.warnings.join(''))
        warnings.replaceChildren(...next.warnings.map((warning) => el('li', {}, icon('warning'), warning)));
      setText(facts, jobFacts(next, words));
      show(again, next.nextAct !== null);
      if (next.nextAct !== null) {
        setText(again, t(`act.${next.nextAct}`));
        setAttributes(again, { title: t(`act.${next.nextAct}.hint`) });
      }
      show(compare, next.result !== null && comparing !== next.id);
      show(log, next.state === 'failed' || next.state === 'unknown');
      const after = nextStepOf(next.fault?.code ?? '');
      show(step, after !== undefined);
      if (after !== undefined) setText(step, t(stepTexts[after]));
      show(reuse, next.seed !== null && parameters.seed !== next.seed && service?.seed === true);
      tick(Date.now());
    },
  };
};

export const createJobs = (session: Session, signal: AbortSignal): HTMLElement => {
  const { store, words } = session;
  const list = el('ul', { class: 'job-list' });
  const title = el('h2', {}, words.t('jobs.title'));
  const element = el('section', { class: 'jobs', hidden: true, 'aria-label': words.t('jobs.title') }, title, list);
  const rows = new Map<string, Row>();
  const seen = new Map<string, string>();
  const results = new Set<string>();

  /** A job that ends before the eyes of the person shows its result at once. */
  const announce = (job: JobView): void => {
    const before = seen.get(job.id);
    seen.set(job.id, job.state);
    const known = results.has(job.id);
    if (job.result !== null) results.add(job.id);
    // Of variations the first one is shown, and the person goes on from there.
    const first = job.variation === null || store.get().comparing === null;
    if (before !== undefined && job.result !== null && !known && first) store.set({ comparing: job.id });
    if (before === undefined || before === job.state) return;
    const number = job.variation === null ? '' : `${words.t('film.image', { number: job.variation.number })}: `;
    session.say(number + (job.fault?.sentence ?? jobSentence(job, words)));
  };

  store.watch((state) => {
    const { panel } = state;
    const strip = shownSet(state);
    // The filmstrip shows what goes well of its images, and what can be done with it.
    const listed = panel.jobs.filter(
      (job) => !strip.includes(job) || job.state === 'saved' || job.fault !== null || job.warnings.length > 0,
    );
    show(element, listed.length > 0);
    for (const job of panel.jobs) {
      const row = rows.get(job.id) ?? createRow(session, job.id);
      rows.set(job.id, row);
      row.update(job);
      announce(job);
    }
    setChildren(
      list,
      listed.map((job) => rows.get(job.id)!.element),
    );
  });
  const timer = setInterval(() => {
    if (store.get().panel.jobs.some(isOpen)) for (const row of rows.values()) row.tick(Date.now());
  }, 1000);
  signal.addEventListener('abort', () => clearInterval(timer));
  return element;
};
