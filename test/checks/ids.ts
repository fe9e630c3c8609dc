/** package.json and src/ids.ts name the same things, and package.nls.json holds every text of the first. */
import ts from 'typescript';

export interface Manifest {
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly keybindings?: readonly { readonly command: string; readonly when?: string }[];
    readonly walkthroughs?: readonly { readonly id: string }[];
    readonly views?: Readonly<Record<string, readonly { readonly id: string; readonly when?: string }[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
  };
}

export interface Ids {
  readonly section: string;
  readonly commands: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly contexts: Readonly<Record<string, string>>;
  readonly panelViewType: string;
  readonly historyViewType: string;
  readonly views: Readonly<Record<string, string>>;
  readonly walkthroughs: Readonly<Record<string, string>>;
}

/** Ids that stand in one of the two only; a sentence each. */
export function idFaults(manifest: Manifest, ids: Ids): string[] {
  const { commands, menus, keybindings = [], configuration, views = {}, walkthroughs = [] } = manifest.contributes;
  const bound = [...Object.values(menus).flat(), ...keybindings];
  const shown = Object.values(views).flat();
  const conditions = [...[...bound, ...shown].map(({ when }) => when), ...commands.map(({ enablement }) => enablement)];
  const contexts = conditions.flatMap(
    (condition = '') => condition.match(new RegExp(`\\b${ids.section}\\.\\w+`, 'g')) ?? [],
  );
  const events = manifest.activationEvents.filter((event) => event.includes(':'));
  return [
    ...differences(
      'command',
      commands.map(({ command }) => command),
      Object.values(ids.commands),
    ),
    ...differences(
      'setting',
      Object.keys(configuration.properties),
      Object.values(ids.settings).map((name) => `${ids.section}.${name}`),
    ),
    ...differences(
      'view',
      shown.map(({ id }) => id),
      Object.values(ids.views),
    ),
    ...differences(
      'walkthrough',
      walkthroughs.map(({ id }) => id),
      Object.values(ids.walkthroughs),
    ),
    ...differences('activation event', events, [
      `onWebviewPanel:${ids.panelViewType}`,
      `onWebviewPanel:${ids.historyViewType}`,
    ]),
    ...missing(
      'command of a menu or key',
      bound.map(({ command }) => command),
      Object.values(ids.commands),
    ),
    ...missing('context', contexts, [
      ...Object.values(ids.contexts),
      ...Object.values(ids.views),
      ids.panelViewType,
      ids.historyViewType,
    ]),
  ];
}

/** Ids written out in the code instead of taken from src/ids.ts. `files`: texts of the sources by path. */
export function strayIds(files: ReadonlyMap<string, string>, section: string): string[] {
  return [...files].flatMap(([file, text]) => {
    if (file === 'src/ids.ts') return [];
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
    const found: string[] = [];
    const look = (node: ts.Node): void => {
      if ((ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) && node.text.startsWith(`${section}.`)) {
        found.push(`${file} writes out the id ${node.text}`);
      }
      ts.forEachChild(node, look);
    };
    look(source);
    return found;
  });
}

/** `%keys%` of package.json without a text, and texts that nobody uses. */
export function textFaults(manifest: unknown, texts: Readonly<Record<string, string>>): string[] {
  const used = [...JSON.stringify(manifest).matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key);
  return [
    ...missing('text', used, Object.keys(texts)),
    ...Object.keys(texts)
      .filter((key) => !used.includes(key))
      .map((key) => `package.nls.json holds ${key}, which package.json does not use`),
  ];
}

/** Commands and settings of ours that a text or an event of the manifest names and nobody knows. */
export function linkFaults(manifest: unknown, texts: Readonly<Record<string, string>>, ids: Ids): string[] {
  const all = JSON.stringify([manifest, Object.values(texts)]).replaceAll('%40id%3A', '');
  const links = [...all.matchAll(/(?:command|onCommand|onSettingChanged|onContext):([\w.]+)|%22([\w.]+)%22/g)];
  const known = [
    ...Object.values(ids.commands),
    ...Object.values(ids.contexts),
    ...Object.values(ids.settings).map((name) => `${ids.section}.${name}`),
  ];
  const named = links.map(([, ...found]) => found.find((each) => each !== undefined)!);
  return missing(
    'link',
    named.filter((id) => id.startsWith(`${ids.section}.`)),
    known,
  );
}

/** `engines.vscode` admits nothing that the tests do not run, and the types know nothing that it has not. */
export function engineFaults(manifest: Manifest, lowest: string): string[] {
  const engine = manifest.engines.vscode;
  const types = manifest.devDependencies['@types/vscode'] ?? '';
  const newer = types.localeCompare(lowest, 'en', { numeric: true }) > 0;
  return [
    ...(engine === `^${lowest}` ? [] : [`engines.vscode is ${engine}, the lowest release that is tested is ${lowest}`]),
    ...(newer ? [`@types/vscode ${types} is newer than engines.vscode ${engine}`] : []),
  ];
}

function differences(what: string, manifest: readonly string[], ids: readonly string[]): string[] {
  return [
    ...missing(what, manifest, ids),
    ...ids.filter((id) => !manifest.includes(id)).map((id) => `package.json lacks the ${what} ${id}`),
  ];
}

function missing(what: string, used: readonly string[], known: readonly string[]): string[] {
  return [...new Set(used)]
    .filter((id) => !known.includes(id))
    .map((id) => `${what} ${id} of package.json is not known`);
}
