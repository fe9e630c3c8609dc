/** An image as Markdown or HTML has it: the way to it from the text that names it, and the words that stand for it. Pure. */
import { baseStem } from './names.ts';

/** `mdx`: Markdown in which braces are code. `xml`: HTML whose elements must be closed, as in JSX. */
export type MarkupKind = 'markdown' | 'mdx' | 'html' | 'xml';

/** What stands before and after the words, all of it escaped. */
export interface Markup {
  readonly before: string;
  readonly alt: string;
  readonly after: string;
}

const kinds: Readonly<Record<MarkupKind, readonly string[]>> = {
  markdown: ['markdown', 'quarto', 'rmd', 'juliamarkdown', 'markdoc'],
  mdx: ['mdx'],
  html: ['html', 'php', 'vue', 'svelte', 'astro', 'erb', 'handlebars', 'ejs', 'twig', 'django-html', 'liquid', 'razor'],
  xml: ['xml', 'javascriptreact', 'typescriptreact'],
};

/** What an image is in a language of the editor; undefined where nobody knows. */
export const markupKindOf = (languageId: string): MarkupKind | undefined =>
  (Object.keys(kinds) as MarkupKind[]).find((kind) => kinds[kind].includes(languageId));

const segmentsOf = (path: string): readonly string[] => {
  const [drive = '', ...others] = path.split('/').filter((segment) => segment !== '');
  return drive === '' ? [] : [/^[a-z]:$/i.test(drive) ? drive.toLowerCase() : drive, ...others];
};

const isDrive = (segment: string | undefined): boolean => /^[a-z]:$/.test(segment ?? '');

/**
 * The way from a folder to a file, both as absolute paths with `/` (a drive is their first part); undefined where they lie
 * on different drives.
 */
export const relativePath = (folder: string, file: string): string | undefined => {
  const from = segmentsOf(folder);
  const to = segmentsOf(file);
  if (from[0] !== to[0] && (isDrive(from[0]) || isDrive(to[0]))) return undefined;
  let common = 0;
  while (common < from.length && common < to.length - 1 && from[common] === to[common]) common += 1;
  return [...from.slice(common).map(() => '..'), ...to.slice(common)].join('/');
};

/** Signs that mean nothing in Markdown, in HTML or in an address; letters of all languages stay readable. */
const plain = /^[\w./~!+,;=@:\p{L}\p{M}\p{N}-]$/u;

const percents = (sign: string): string =>
  [...new TextEncoder().encode(sign)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** A relative path as an address that Markdown and HTML take as it is, without quotes or angle brackets around it. */
export const addressOf = (path: string): string => {
  const coded = [...path].map((sign) => (plain.test(sign) ? sign : percents(sign))).join('');
  // What stands before a colon in the first segment would be a scheme.
  return /^[^/]*:/.test(coded) ? `./${coded}` : coded;
};

/** Brackets that pair up, and begin no link, are no more than brackets. */
const hasPlainBrackets = (text: string): boolean => {
  let depth = 0;
  for (const sign of text) {
    if (sign === '[') depth += 1;
    if (sign === ']') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0 && !/\][[(:]/.test(text);
};

/** What would mean something in CommonMark with the extensions that are usual: code, emphasis, tags, entities, tables, formulas. */
const meaning =
  /\\(?=[!-/:-@[-`{-~]|$)|[`|]|(?<!\s)[*~]|[*~](?!\s)|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|<(?=[a-z/!?])|&(?=#?\w+;)/giu;

/**
 * As little as can be is escaped: what is escaped in the words for an image is lost in the previews of VS Code and of other
 * programs with markdown-it.
 */
const markdownText = (text: string, isMdx: boolean): string => {
  const escapes = [
    meaning,
    ...(hasPlainBrackets(text) ? [] : [/[[\]]/g]),
    ...((text.match(/\$/g) ?? []).length < 2 ? [] : [/\$/g]),
    ...(isMdx ? [/[{}]/g] : []),
  ];
  return escapes.reduce((escaped, pattern) => escaped.replaceAll(pattern, String.raw`\$&`), text);
};

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' };

const attributeText = (text: string): string => text.replaceAll(/[&"<>]/g, (sign) => entities[sign]);

/** `address` as `addressOf` gives it, or an absolute one. */
export const markupOf = (kind: MarkupKind, address: string, alt: string): Markup =>
  kind === 'markdown' || kind === 'mdx'
    ? { before: '![', alt: markdownText(alt, kind === 'mdx'), after: `](${address})` }
    : {
        before: `<img src="${attributeText(address)}" alt="`,
        alt: attributeText(alt),
        after: kind === 'xml' ? '" />' : '">',
      };

/** Characters of a prompt that say what is to be seen; more is for the model. */
const longestAlt = 160;

const shortened = (text: string): string => {
  if (text.length <= longestAlt) return text;
  const cut = [...text.slice(0, longestAlt)].slice(0, -1).join('');
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), longestAlt / 2)).trimEnd()}…`;
};

/** Words for an image: the prompt in one line, or its name without what numbers results. */
export const altOf = (prompt: string, name: string): string => {
  const said = prompt.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return said === ''
    ? baseStem(name)
        .replaceAll(/[\s\p{Cc}._-]+/gu, ' ')
        .trim()
    : shortened(said);
};
