/** Sentences, numbers and prices in the language of the editor. */
import { format, type FaultArgs } from '../fill/faults.ts';
import { texts, type TextKey } from '../protocol/texts.ts';

export interface Words {
  readonly t: (key: TextKey, args?: FaultArgs) => string;
  /** Whole numbers and shares, with the separators of the language and at most `digits` decimal places. */
  readonly number: (value: number, digits?: 0 | 1 | 2) => string;
  readonly dollars: (value: number) => string;
  readonly fileSize: (bytes: number) => string;
}

/** `table` may lack sentences; English stands in. `language` is a BCP 47 tag, or empty. */
export const wordsFor = (table: Readonly<Record<string, unknown>>, language: string): Words => {
  // Made when they are needed: the first of a page takes a tenth of a second on a slow machine.
  let canonical: string | undefined;
  const locale = (): string =>
    (canonical ??= Intl.getCanonicalLocales(/^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(language) ? language : 'en')[0]);
  const formats: Intl.NumberFormat[] = [];
  let money: Intl.NumberFormat | undefined;
  const number = (value: number, digits: 0 | 1 | 2 = 0): string =>
    (formats[digits] ??= new Intl.NumberFormat(locale(), { maximumFractionDigits: digits })).format(value);
  return {
    t: (key, args = {}) => {
      const sentence = table[key];
      return format(typeof sentence === 'string' ? sentence : texts[key], args);
    },
    number,
    dollars: (value) =>
      (money ??= new Intl.NumberFormat(locale(), {
        style: 'currency',
        currency: 'USD',
        maximumFractionDigits: 3,
      })).format(value),
    fileSize: (bytes) =>
      bytes < 1_000_000 ? `${number(Math.max(1, Math.round(bytes / 1000)))} KB` : `${number(bytes / 1_000_000, 1)} MB`,
  };
};

/** How the formats of images are written. */
export const formatName = { png: 'PNG', jpeg: 'JPEG', webp: 'WebP', gif: 'GIF' } as const;
