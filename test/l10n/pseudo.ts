/**
 * A language for tests: every sentence with accents, in brackets, and 40 % longer, as translations are. What is visible and
 * has none of it was never handed to a translator.
 */
const accents: Readonly<Record<string, string>> = Object.fromEntries(
  [...'aàbƀcçdðeéfƒgĝhĥiîjĵkķlļmɱnñoöpþqǫrŕsštţuûvṽwŵxẋyýzž'].reduce<[string, string][]>(
    (pairs, letter, at, all) => (at % 2 === 0 ? [...pairs, [letter, all[at + 1]]] : pairs),
    [],
  ),
);

export const open = '⟦';
export const close = '⟧';

/** Places, markdown code, links and icons stay as they are: what is done with them is no language. */
const kept = /\{\w+\}|`[^`]*`|\]\([^)]*\)|\$\([\w~-]+\)|\n/g;

const accented = (text: string): string =>
  [...text].map((letter) => accents[letter] ?? accents[letter.toLowerCase()]?.toUpperCase() ?? letter).join('');

/** So many characters, in words: a line may break between them. */
const padding = (length: number): string =>
  length < 8 ? '~'.repeat(length) : ' ~~~~~~~'.repeat(Math.ceil(length / 8)).slice(0, length);

export const pseudo = (sentence: string): string => {
  let said = '';
  let end = 0;
  for (const match of sentence.matchAll(kept)) {
    said += accented(sentence.slice(end, match.index)) + match[0];
    end = match.index + match[0].length;
  }
  said += accented(sentence.slice(end));
  return `${open}${said}${padding(Math.ceil(sentence.length * 0.4))}${close}`;
};

/** A table whose texts are said in that language. */
export const pseudoTable = (table: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(table).map(([key, sentence]) => [key, pseudo(sentence)]));

/** What of a text stands outside all brackets. */
export const outside = (text: string): string => {
  let depth = 0;
  let rest = '';
  for (const letter of text) {
    if (letter === open) depth += 1;
    if (depth === 0) rest += letter;
    if (letter === close) depth -= 1;
  }
  return rest;
};
