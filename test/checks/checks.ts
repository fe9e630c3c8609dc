/** What is checked besides the tests; each check gives what it found wrong, and nothing where all is well. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, bundleFile } from '../../l10n/generate.ts';
import { notices, noticesFile } from '../../packaging/notices.ts';
import { help } from '../../src/cli/help.ts';
import { sentences } from '../../src/fill/sentences.ts';
import * as ids from '../../src/ids.ts';
import { texts as panelTexts } from '../../src/protocol/texts.ts';
import { browser } from '../vscode/browser.ts';
import { root } from '../vscode/places.ts';
import { releases } from '../vscode/server.ts';
import { engineFaults, idFaults, linkFaults, strayIds, textFaults, type Manifest } from './ids.ts';
import { pageFaults, type Setting } from './pages.ts';
import { roomFaults } from './rooms.ts';
import { languages, plainTexts, translationFaults } from './translations.ts';
import { settingFaults, type SettingManifest } from './settings.ts';
import { toolFaults, type ToolManifest } from './tools.ts';

export interface Check {
  readonly name: string;
  readonly run: () => Promise<readonly string[]> | readonly string[];
}

const tool = (name: string, ...args: readonly string[]): Check => ({
  name: [name, ...args].join(' '),
  run: () =>
    new Promise((resolve) => {
      execFile(name, args, { cwd: root, shell: process.platform === 'win32', maxBuffer: 1 << 24 }, (error, out, err) =>
        resolve(error === null ? [] : [out + err || error.message]),
      );
    }),
});

const json = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));

const sources = (): Map<string, string> =>
  new Map(
    readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => [`src/${name.replaceAll('\\', '/')}`, readFileSync(join(root, 'src', name), 'utf8')]),
  );

interface Pages {
  readonly scripts: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly { readonly title: string; readonly category?: string }[];
    readonly views: Readonly<Record<string, readonly { readonly name: string }[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
  };
}

/** The pages for people: those of the top folder and of docs/, with the one on its pictures. */
const pages = (): Map<string, string> =>
  new Map(
    ['.', 'docs', 'docs/pictures']
      .flatMap((folder) => readdirSync(join(root, folder)).map((name) => (folder === '.' ? name : `${folder}/${name}`)))
      .filter((name) => name.endsWith('.md') && name !== 'THIRD-PARTY-NOTICES.md')
      .map((name) => [name, readFileSync(join(root, name), 'utf8')]),
  );

/** What the tests stand on. */
export const ground: readonly Check[] = [
  tool('node', 'esbuild.js'),
  {
    name: 'browser',
    run: () => {
      try {
        browser(console.log);
        return [];
      } catch (error) {
        return [error instanceof Error ? error.message : String(error)];
      }
    },
  },
];

export const checks: readonly Check[] = [
  { name: 'rooms', run: () => roomFaults(sources()) },
  {
    name: 'ids',
    run: () => {
      const manifest = json('package.json') as Manifest;
      return [
        ...idFaults(manifest, ids),
        ...strayIds(sources(), ids.section),
        ...textFaults(manifest, json('package.nls.json') as Record<string, string>),
        ...linkFaults(manifest, json('package.nls.json') as Record<string, string>, ids),
        ...plainTexts(manifest),
        ...engineFaults(manifest, releases.lowest.vscode),
      ];
    },
  },
  { name: 'settings', run: () => settingFaults(json('package.json') as SettingManifest) },
  { name: 'tools', run: () => toolFaults(json('package.json') as ToolManifest) },
  {
    name: 'l10n',
    run: () => (readFileSync(bundleFile, 'utf8') === bundle() ? [] : ['The bundle is out of date: npm run l10n']),
  },
  {
    name: 'pages',
    run: () => {
      const manifest = json('package.json') as Pages;
      const texts = json('package.nls.json') as Record<string, string>;
      const { commands, views, configuration } = manifest.contributes;
      const text = (place: string): string => texts[place.slice(1, -1)];
      const titles = commands.map(({ title, category }) =>
        category === undefined ? text(title) : `${category}: ${text(title)}`,
      );
      return pageFaults({
        pages: pages(),
        exists: (path) => existsSync(join(root, path)),
        read: (path) => readFileSync(join(root, path), 'utf8'),
        settings: configuration.properties,
        titles: [...titles, ...Object.values(views).flatMap((each) => each.map(({ name }) => text(name)))],
        scripts: Object.keys(manifest.scripts),
        messages: [...Object.values(sentences), ...Object.values(panelTexts)],
        help,
      });
    },
  },
  {
    name: 'translations',
    run: () => {
      const manifest = json('package.nls.json') as Record<string, string>;
      const english = JSON.parse(bundle()) as Record<string, string>;
      return languages.flatMap((language) =>
        [
          [`package.nls.${language}.json`, manifest] as const,
          [`l10n/bundle.l10n.${language}.json`, english] as const,
        ].flatMap(([name, texts]) => translationFaults(name, texts, json(name) as Record<string, string>)),
      );
    },
  },
  {
    name: 'notices',
    run: () =>
      readFileSync(noticesFile, 'utf8') === notices() ? [] : ['The notices are out of date: npm run notices'],
  },
  tool('tsc', '--noEmit'),
  tool('eslint', '.'),
  tool('prettier', '--check', '--log-level', 'warn', '.'),
];
