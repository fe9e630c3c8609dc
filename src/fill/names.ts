/** Names of results: `NAME.fill-001.EXT` beside the source, the next free number. */

/** Splits a file name at its last dot; a leading dot belongs to the stem. */
export const splitName = (name: string): { stem: string; extension: string } => {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? { stem: name.slice(0, dot), extension: name.slice(dot) } : { stem: name, extension: '' };
};

/** Bytes of UTF-8 that a stem may have: file systems end a name at 255, and a number and a temporary name still follow. */
const longestStem = 180;

const shortened = (stem: string): string => {
  const encoder = new TextEncoder();
  let short = stem;
  while (encoder.encode(short).length > longestStem) short = [...short].slice(0, -1).join('');
  return short;
};

/** A result used as a source gives its siblings, not `a.fill-001.fill-001.png`. */
export const baseStem = (name: string): string => shortened(splitName(name).stem.replace(/\.fill-\d{3,9}$/, ''));

/** `number` counts from 1. */
export const resultName = (sourceName: string, number: number, extension: string): string =>
  `${baseStem(sourceName)}.fill-${String(number).padStart(3, '0')}${extension}`;

/** The number of a result of this source; 0 where the file is none. */
const numberOf = (name: string, stem: string): number => {
  const match = /^(.*)\.fill-(\d{3,9})\.[^.]+$/s.exec(name.toLowerCase());
  return match !== null && match[1] === stem ? Number(match[2]) : 0;
};

/** True where the name is one that a result of this source gets. */
export const isResultOf = (name: string, sourceName: string): boolean =>
  name !== sourceName && numberOf(name, baseStem(sourceName).toLowerCase()) > 0;

/** The number after the highest one used in the folder for this source, whatever the extension. */
export const nextNumber = (sourceName: string, namesInFolder: readonly string[]): number => {
  const stem = baseStem(sourceName).toLowerCase();
  return Math.max(0, ...namesInFolder.map((name) => numberOf(name, stem))) + 1;
};

/** The name under which a mask is offered to be saved: `NAME.mask.png`. */
export const maskNameOf = (sourceName: string): string => `${shortened(splitName(sourceName).stem)}.mask.png`;

/** Names of files beside an image that are its mask, the first that exists: also those of what a result was made from. */
export const maskNamesFor = (sourceName: string): readonly string[] => {
  const stems = [...new Set([splitName(sourceName).stem, baseStem(sourceName)])];
  return stems.flatMap((stem) => ['.', '-', '_'].map((joint) => `${stem}${joint}mask.png`));
};

/** `STEM.EXT`, or with the first number from 2 that none of the names in the folder has, in whatever case. */
export const freeNameFor = (stem: string, extension: string, namesInFolder: readonly string[]): string => {
  const taken = new Set(namesInFolder.map((name) => name.toLowerCase()));
  for (let number = 1; ; number++) {
    const name = `${stem}${number === 1 ? '' : `-${number}`}${extension}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
};
