/**
 * README and CHANGELOG as they stand in the package: VS Code shows a page of an extension without the files around it, and
 * loads pictures from the web only. So pictures of the sources are left out, with what is said under them, and a link to a
 * file of the sources becomes its name.
 */

const isElsewhere = (target: string): boolean => /^(https:|#|command:)/.test(target);

/** A picture on lines of its own, with the line in italics under it. */
const picture = /^!\[[^\]]*\]\(([^)\s]+)\)\n+(?:_[^_\n]+_\n+)?/gm;

const link = /\[([^\]]+)\]\(([^)\s]+)\)/g;

export const packagedPage = (text: string): string =>
  text
    .replace(picture, (all, target: string) => (isElsewhere(target) ? all : ''))
    .replace(link, (all, words: string, target: string) => {
      if (isElsewhere(target)) return all;
      const [file] = target.split('#');
      return words === file ? words : `${words} (\`${file}\`)`;
    });
