import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { addressOf, altOf, markupKindOf, markupOf, relativePath } from '../../src/fill/markup.ts';
import { freeNameFor } from '../../src/fill/names.ts';

/** What file systems take as a name: anything but a slash; with all that means something in Markdown, HTML and addresses. */
const hostile = fc.stringMatching(/^[ a-z0-9\\`*_{}[\]()<>#+.!"'%&?:;,~|$@^=äß文🙂-]{1,12}$/u);
const segment = fc
  .oneof(hostile, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }))
  .filter((name) => name !== '.' && name !== '..' && !/[/\0]/.test(name));
/** Below a folder, so that no drive is met; folders are those of one disk. */
const path = (least: number) =>
  fc.array(segment, { minLength: least, maxLength: 5 }).map((segments) => ['', 'home', ...segments].join('/'));
const line = fc.oneof(hostile, fc.string({ unit: 'grapheme', maxLength: 40 })).filter((text) => !/[\r\n]/.test(text));

const coded = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** Where an address leads from a document, by the browser's own rules. */
const followed = (folder: string, address: string): string =>
  decodeURIComponent(new URL(address, `https://host${coded(folder)}/document.md`).pathname);

const text = ({ before, alt, after }: ReturnType<typeof markupOf>): string => before + alt + after;

/**
 * Alt text and address of a Markdown text that is one image and nothing else, by CommonMark 0.31 (2.4 backslash escapes,
 * 2.5 entities, 6.1 to 6.6); null where anything in it would be read as something else. `mdx`: braces are code.
 */
const readMarkdown = (markdown: string, mdx: boolean): { alt: string; address: string } | null => {
  const end = /\]\(([^\s\p{Cc}\p{Zs}()<>&\\`*|"']*)\)$/u.exec(markdown);
  if (!markdown.startsWith('![') || end === null) return null;
  const inner = markdown.slice(2, end.index);
  let alt = '';
  let depth = 0;
  let dollars = 0;
  for (let at = 0; at < inner.length; at++) {
    const sign = inner[at];
    const [before, next] = [inner[at - 1] ?? '', inner[at + 1] ?? ''];
    if (sign === '\\' && /[!-/:-@[-`{-~]/.test(next)) {
      alt += next;
      at += 1;
      continue;
    }
    const word = /[\p{L}\p{N}]/u;
    const emphasis = '*~'.includes(sign) && !(/^\s$/.test(before) && /^\s$/.test(next));
    const rest = inner.slice(at);
    const around = [[...inner.slice(0, at)].at(-1) ?? '', [...inner.slice(at + 1)][0] ?? ''];
    if (sign === '[') depth += 1;
    if (sign === ']') depth -= 1;
    if (sign === '$') dollars += 1;
    if (depth < 0 || dollars > 1 || emphasis || '`|'.includes(sign)) return null;
    if (sign === '_' && !around.every((each) => word.test(each))) return null;
    if (/^(?:<[a-z/!?]|&#?\w+;|\][[(:])/i.test(rest) || (mdx && '{}'.includes(sign))) return null;
    alt += sign;
  }
  return depth === 0 && !/(?<!\\)(?:\\\\)*\\$/.test(inner) ? { alt, address: end[1] } : null;
};

/** The attributes of a text that is one element and nothing else. */
const readElement = (html: string): { alt: string; address: string } | null => {
  const [, src, alt] = /^<img src="([^"<>]*)" alt="([^"<>]*)"(?: \/)?>$/.exec(html) ?? [];
  if (src === undefined || /&(?!(?:amp|quot|lt|gt);)/.test(src + alt)) return null;
  const plain = (value: string): string =>
    value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  return { alt: plain(alt), address: plain(src) };
};

suite('images in texts', () => {
  test('the relative path leads from any folder to any file', () => {
    fc.assert(
      fc.property(path(0), path(1), (folder, file) => {
        const way = relativePath(folder, file);
        return way !== undefined && followed(folder, addressOf(way)) === file;
      }),
      { numRuns: 2000 },
    );
  });

  test('Markdown and HTML give back the address and the words, whatever is in them', () => {
    fc.assert(
      fc.property(path(0), path(1), line, (folder, file, alt) => {
        const address = addressOf(relativePath(folder, file) ?? file);
        for (const kind of ['markdown', 'mdx'] as const)
          assert.deepEqual(readMarkdown(text(markupOf(kind, address, alt)), kind === 'mdx'), { alt, address });
        for (const kind of ['html', 'xml'] as const)
          assert.deepEqual(readElement(text(markupOf(kind, address, alt))), { alt, address });
      }),
      { numRuns: 2000 },
    );
  });

  test('as a person would write it', () => {
    const examples: readonly (readonly [folder: string, file: string, address: string])[] = [
      ['/site', '/site/hero.png', 'hero.png'],
      ['/site/docs', '/site/images/hero.fill-001.png', '../images/hero.fill-001.png'],
      ['/site', '/site/my images/a (1) [x].png', 'my%20images/a%20%281%29%20%5Bx%5D.png'],
      ['/site', '/site/Größe 文.png', 'Größe%20文.png'],
      ['/site', '/site/50% "off" & <more>.png', '50%25%20%22off%22%20%26%20%3Cmore%3E.png'],
      ['/site', '/site/a:b.png', './a:b.png'],
      ['/', '/hero.png', 'hero.png'],
      ['/c:/site/docs', '/C:/site/hero.png', '../hero.png'],
    ];
    for (const [folder, file, address] of examples) assert.equal(addressOf(relativePath(folder, file)!), address);
    assert.equal(relativePath('/c:/site', '/d:/hero.png'), undefined, 'from one drive to another there is no way');
    const words: readonly (readonly [alt: string, markdown: string])[] = [
      ['a [red] boat & a snake_case "sail", 3 * 4 < 5 $', 'a [red] boat & a snake_case "sail", 3 * 4 < 5 $'],
      ['a *red* boat]', String.raw`a \*red\* boat\]`],
      ['_x_ `y` <b> &copy; ~z~', '\\_x\\_ \\`y\\` \\<b> \\&copy; \\~z\\~'],
      ['[a](b) $1 $2', String.raw`\[a\](b) \$1 \$2`],
      ['C:\\temp\\', String.raw`C:\temp\\`],
    ];
    for (const [alt, markdown] of words)
      assert.equal(text(markupOf('markdown', 'a.png', alt)), `![${markdown}](a.png)`);
    assert.equal(text(markupOf('mdx', 'a.png', 'a {b}')), String.raw`![a \{b\}](a.png)`);
    assert.equal(text(markupOf('html', 'a.png', '"A" & <b>')), '<img src="a.png" alt="&quot;A&quot; &amp; &lt;b&gt;">');
    assert.equal(text(markupOf('xml', 'a.png', 'boat')), '<img src="a.png" alt="boat" />');
  });

  test('the words are the prompt in one line, or the name without its number', () => {
    assert.equal(altOf(' a red\n boat\t', 'x.png'), 'a red boat');
    assert.equal(altOf('', 'hero-banner_2.fill-012.png'), 'hero banner 2');
    assert.equal(altOf('', '.png'), 'png');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (prompt) => {
        const alt = altOf(prompt, 'boats.png');
        return alt.length > 0 && alt.length <= 161 && !/[\r\n\t]/.test(alt);
      }),
    );
    const long = altOf('word '.repeat(100), 'x.png');
    assert.match(long, /^word( word)+…$/);
  });

  test('the form follows the language; of an unknown one nothing is assumed', () => {
    assert.deepEqual(['markdown', 'mdx', 'html', 'vue', 'typescriptreact', 'plaintext', 'css'].map(markupKindOf), [
      'markdown',
      'mdx',
      'html',
      'html',
      'xml',
      undefined,
      undefined,
    ]);
  });

  test('a new name is one that the folder has not, in whatever case', () => {
    assert.equal(freeNameFor('pasted', '.png', []), 'pasted.png');
    assert.equal(freeNameFor('pasted', '.png', ['PASTED.png', 'pasted-2.png', 'pasted-4.png']), 'pasted-3.png');
    assert.equal(freeNameFor('pasted', '.png', ['pasted.jpg']), 'pasted.png');
  });
});
