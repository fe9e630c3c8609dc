/** Words of the command line as values; what does not fit is a fault. */
import { failed, ok, type Result } from '../fill/faults.ts';
import type { Rect } from '../fill/geometry.ts';
import { outpaintPresets, type ExpandBy } from '../fill/outpaint.ts';

/** One of a few words; `initial` where nothing was said. */
export const oneOf = <T extends string>(
  name: string,
  text: string | undefined,
  choices: readonly T[],
  initial: T,
): Result<T> => {
  if (text === undefined) return ok(initial);
  return choices.includes(text as T)
    ? ok(text as T)
    : failed('parameter.choice', { name, choices: choices.join(', '), value: text });
};

/** A number, or undefined where nothing was said. */
export const number = (name: string, text: string | undefined): Result<number | undefined> => {
  if (text === undefined) return ok(undefined);
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? failed('argument.number', { name, value: text }) : ok(value);
};

/** `x,y,width,height` in pixels. */
export const rectangle = (name: string, text: string): Result<Rect> => {
  const [x, y, width, height] = text.split(',').map(Number);
  return /^\d{1,7}(,\d{1,7}){3}$/.test(text) && width > 0 && height > 0
    ? ok({ x, y, width, height })
    : failed('argument.rect', { name, value: text });
};

/** `left,top,right,bottom` in pixels. */
export const expandOf = (text: string): Result<ExpandBy> => {
  const [left, top, right, bottom] = text.split(',').map(Number);
  return /^\d{1,5}(,\d{1,5}){3}$/.test(text)
    ? ok({ kind: 'sides', sides: { left, top, right, bottom } })
    : failed('argument.expand', { value: text });
};

/** `width:height`. */
export const aspectOf = (text: string): Result<ExpandBy> => {
  const [width, height] = text.split(':').map(Number);
  return /^\d{1,5}(\.\d+)?:\d{1,5}(\.\d+)?$/.test(text) && width > 0 && height > 0
    ? ok({ kind: 'aspect', aspect: { width, height } })
    : failed('argument.aspect', { value: text });
};

/** A preset of outpainting by its name. */
export const presetOf = (text: string): Result<ExpandBy> => {
  const preset = oneOf('--outpaint', text, outpaintPresets, 'zoom-out-1.5x');
  return preset.ok ? ok({ kind: 'preset', preset: preset.value }) : preset;
};

/** Collects named results; the first fault ends it. */
export const all = <T extends Record<string, Result<unknown>>>(
  results: T,
): Result<{ [K in keyof T]: T[K] extends Result<infer V> ? V : never }> => {
  for (const result of Object.values(results)) if (!result.ok) return result;
  return ok(
    Object.fromEntries(Object.entries(results).map(([key, result]) => [key, result.ok ? result.value : undefined])) as {
      [K in keyof T]: T[K] extends Result<infer V> ? V : never;
    },
  );
};
