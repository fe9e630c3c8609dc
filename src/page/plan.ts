/** Sentences about what is sent and what stands in the way of Generate. Pure. */
import { fitTo } from '../fill/fit.ts';
import { contains } from '../fill/geometry.ts';
import type { Parameters } from '../fill/parameters.ts';
import type { Abilities } from '../fill/service.ts';
import { canvasOf, dollarsOf, isPractice, ownPreset, plansFor, type Planned, type State } from './state.ts';
import type { Words } from './words.ts';

/** "Sends 1,024 × 960 of 6,000 × 4,000 as PNG · filled at 27 % resolution"; empty while nothing is marked. */
export const planText = (state: Planned, { t, number }: Words): string => {
  const plans = plansFor(state);
  if (plans.length === 0) return '';
  const [plan] = plans;
  const canvas = canvasOf(state.panel);
  if (plans.length > 1)
    return t('plan.steps', { count: plans.length, width: number(canvas.width), height: number(canvas.height) });
  if (ownPreset(state.panel) !== undefined) return t('plan.preset', { service: state.panel.service.abilities.name });
  const whole = plan.window.width === canvas.width && plan.window.height === canvas.height;
  const args = {
    width: number(plan.sent.width),
    height: number(plan.sent.height),
    imageWidth: number(canvas.width),
    imageHeight: number(canvas.height),
  };
  const sends = isPractice(state.panel)
    ? t('plan.uses', { ...args, width: number(plan.window.width), height: number(plan.window.height) })
    : whole
      ? t('plan.sendsWhole', args)
      : t('plan.sends', args);
  if (plan.scale === 1) return sends;
  const scaled =
    plan.scale < 1
      ? t('plan.reduced', { percent: number(Math.max(1, Math.round(plan.scale * 100))) })
      : t('plan.enlarged', { factor: number(plan.scale) });
  return `${sends} · ${scaled}`;
};

/** "Window 1,024 × 960 at 30, 40, 100 %": which part of the canvas is sent, and how large; null where that is not one window of ours. */
export const windowText = (state: Planned, { t, number }: Words): string | null => {
  const plans = plansFor(state);
  if (plans.length !== 1 || ownPreset(state.panel) !== undefined) return null;
  const [{ window, scale }] = plans;
  const { x, y, width, height } = window;
  const percent = number(Math.max(1, Math.round(scale * 100)));
  return t('plan.window', { width: number(width), height: number(height), x, y, percent });
};

/** Says that some of the mask lies outside the one window that is sent; null where all of it is filled. */
export const clippedText = (state: Planned, { t }: Words): string | null => {
  const { bounds } = state.measure;
  const plans = plansFor(state);
  if (bounds === null || plans.length !== 1 || ownPreset(state.panel) !== undefined) return null;
  return contains(plans[0].window, bounds) ? null : t('plan.clipped');
};

/** In how many requests several images are asked for; empty for one image, or while nothing is marked. */
export const imagesText = (state: Planned, { t }: Words): string => {
  const { images, service } = state.panel;
  const plans = plansFor(state);
  if (images === 1 || plans.length === 0) return '';
  const requests = Math.ceil(images / (plans.length === 1 ? service.abilities.imagesPerCall : 1));
  return requests === 1 ? t('images.one', { images }) : t('images.requests', { images, requests });
};

/** "$0.05", "free", or empty while nothing is marked. */
export const priceText = (state: Planned, { t, dollars }: Words): string => {
  const price = dollarsOf(state);
  return price === null ? '' : price === 0 ? t('price.free') : dollars(price);
};

/** "Mask 3.2 %"; small masks keep two digits so that they never read 0 %. Empty while it is not known that there is none. */
export const shareText = (
  { measure: { coverage, empty }, working }: Pick<State, 'measure' | 'working'>,
  { t, number }: Words,
): string => {
  if (empty) return working ? '' : t('status.noMask');
  const percent = coverage * 100;
  const shown = percent < 0.01 ? `< ${number(0.01, 2)}` : number(percent, percent < 1 ? 2 : percent < 99.95 ? 1 : 0);
  return t('status.share', { percent: percent < 100 && shown === number(100) ? number(99.9, 1) : shown });
};

/** Why Generate cannot be pressed, as a sentence; null where it can. */
export const hindrance = (
  state: Pick<State, 'panel' | 'measure' | 'working' | 'parameters' | 'invalid'>,
  { t }: Words,
): string | null => {
  const [wrong] = Object.values(state.invalid);
  if (wrong !== undefined) return wrong;
  const { abilities } = state.panel.service;
  if (state.measure.empty) return state.working ? t('generate.mask') : t('mask.empty');
  if (abilities.promptRequired && state.parameters.prompt.trim() === '')
    return t('prompt.required', { service: abilities.name });
  return null;
};

/** Says that a service takes another value than the one that is set; null where it takes it, or has no such setting. */
export const clampedText = (
  abilities: Abilities,
  name: 'steps' | 'guidance' | 'safetyTolerance',
  parameters: Parameters,
  { t }: Words,
): string | null => {
  const range = abilities[name];
  const wanted = parameters[name];
  const value = fitTo(abilities, parameters)[name];
  if (range === null || value === wanted) return null;
  return t('ability.clamped', { service: abilities.name, min: range.min, max: range.max, value, wanted });
};
