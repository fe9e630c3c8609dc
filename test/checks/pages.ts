/** What the pages for people say of files, commands, settings and options is so. */
import { posix } from 'node:path';

export interface Setting {
  readonly default: string | number | boolean | null;
}

export interface Facts {
  /** Texts of all pages, by path from the checkout. */
  readonly pages: ReadonlyMap<string, string>;
  /** Whether a file or folder stands there, by path from the checkout. */
  readonly exists: (path: string) => boolean;
  /** Text of a file of the checkout. */
  readonly read: (path: string) => string;
  /** Settings of package.json with their defaults. */
  readonly settings: Readonly<Record<string, Setting>>;
  /** Of commands, as the palette shows them, and of views. */
  readonly titles: readonly string[];
  readonly scripts: readonly string[];
  /** What a person may read in a panel, a dialog or a terminal, with `{name}` for what is filled in. */
  readonly messages: readonly string[];
  /** What `flux-fill --help` prints. */
  readonly help: string;
}

/** A sentence for each thing that is not so. */
export function pageFaults(facts: Facts): string[] {
  return [
    ...[...facts.pages].flatMap(([page, text]) => [
      ...linkFaults(page, text, facts),
      ...nameFaults(page, text, facts),
      ...commandFaults(page, text, facts),
      ...optionFaults(page, text, facts),
      ...placeFaults(page, text),
    ]),
    ...messageFaults(facts),
    ...settingFaults(facts),
  ];
}

/** Links lead somewhere, to a heading too. */
function linkFaults(page: string, text: string, { pages, exists }: Facts): string[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
    if (/^https?:/.test(link)) return [];
    const [path, heading] = link.split('#');
    const target = path === '' ? page : posix.join(posix.dirname(page), path);
    if (path !== '' && !exists(target)) return [`${page} links to ${target}, which is not there`];
    if (heading === undefined || headingsOf(pages.get(target) ?? '').includes(heading)) return [];
    return [`${page} links to ${target}#${heading}, which has no such heading`];
  });
}

/** Files in backticks are there, and hold what is said to be `name` in `file`. */
function nameFaults(page: string, text: string, { exists, read, scripts }: Facts): string[] {
  const files = [...text.matchAll(/`((?:src|test|media|packaging|l10n|docs)\/[\w./-]*)`/g)].map(([, file]) => file);
  const held = [...text.matchAll(/`(\w+)` in\s+`(src\/[\w./-]+\.ts)`/g)].filter(([, , file]) => exists(file));
  const run = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script);
  return [
    ...files.filter((file) => !exists(file)).map((file) => `${page} names ${file}, which is not there`),
    ...held
      .filter(([, name, file]) => !new RegExp(`(const|function|class|interface|type) ${name}\\b`).test(read(file)))
      .map(([, name, file]) => `${page} looks for ${name} in ${file}, which does not hold it`),
    ...run.filter((script) => !scripts.includes(script)).map((script) => `${page} names npm run ${script}`),
  ];
}

/** What is called **Flux Fill: …** is a command or a view. */
function commandFaults(page: string, text: string, { titles }: Facts): string[] {
  return [...prose(text).matchAll(/\*\*(Flux\s+Fill:\s[^*]+?)\*\*/g)]
    .map(([, title]) => title.replaceAll(/\s+/g, ' '))
    .filter((title) => !titles.includes(title))
    .map((title) => `${page} names ${title}, which is no command and no view`);
}

/** Options and verbs of every `flux-fill …` are among those that its help names. */
function optionFaults(page: string, text: string, { help }: Facts): string[] {
  const calls = [...text.matchAll(/(?:^|`|\$ )flux-fill ([^`\n]*)/gm)].map(([, call]) => call);
  return calls
    .flatMap((call) => [...call.matchAll(/(?<![\w-])--[a-z][\w-]*/g)].map(([option]) => option))
    .filter((option) => option !== '--help' && option !== '--version' && !new RegExp(`${option}\\b`).test(help))
    .map((option) => `${page} names the option ${option}, which the command line has not`);
}

/** Nothing of the machine it was written on. */
function placeFaults(page: string, text: string): string[] {
  const found = text.match(/(?<![\w.])\/(?:tmp|work|root|home)\/[\w-]+|registry\.[\w.-]+|localhost:\d+/g) ?? [];
  return found.map((place) => `${page} names ${place}, a place of one machine`);
}

/** What the page on troubles puts in quotes is what a person reads there; `…` is what is filled in. */
function messageFaults({ pages, messages }: Facts): string[] {
  const page = 'docs/troubleshooting.md';
  const quoted = [...prose(pages.get(page) ?? '').matchAll(/“([^”]+)”/g)].map(([, quote]) =>
    quote.replaceAll(/\s+/g, ' '),
  );
  return quoted
    .filter((quote) => {
      const said = new RegExp(quote.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('…', '.*'));
      return !messages.some((message) => said.test(message));
    })
    .map((quote) => `${page} quotes “${quote}”, which nobody says`);
}

/** The table of the README has a row for each setting, with its default, in the order of package.json or any other. */
function settingFaults({ pages, settings }: Facts): string[] {
  const readme = pages.get('README.md') ?? '';
  const rows = new Map(
    [...readme.matchAll(/^\| `(fluxFill\.[\w.]+)`\s*\| `?(.*?)`?\s*\|/gm)].map(([, name, value]) => [name, value]),
  );
  return [
    ...Object.keys(settings)
      .filter((name) => !rows.has(name))
      .map((name) => `README.md lacks the setting ${name}`),
    ...[...rows].flatMap(([name, shown]) => {
      if (settings[name] === undefined) return [`README.md names the setting ${name}, which is none`];
      const value = settings[name].default;
      const meant = value === '' || value === null ? 'empty' : String(value);
      return shown === meant ? [] : [`README.md says ${shown} of ${name}, whose default is ${meant}`];
    }),
  ];
}

/** Without what stands in blocks of code. */
const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '');

/** As the anchors of headings are written. */
const headingsOf = (text: string): string[] =>
  [...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
