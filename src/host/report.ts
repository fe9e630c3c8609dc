/** What helps whoever looks into an issue, free of names, addresses and secrets, shown before anything is done with it. */
import { homedir, hostname } from 'node:os';
import * as vscode from 'vscode';
import { commands, section, settings } from '../ids.ts';
import type { Log } from '../jobs/contract.ts';
import { anonymous, worthHiding } from '../services/redact.ts';
import { remoteIds } from './keys.ts';
import { registerCommand } from './notify.ts';
import type { Services } from './services.ts';

interface Property {
  readonly enum?: readonly unknown[];
}

interface Manifest {
  readonly version: string;
  readonly contributes: { readonly configuration: { readonly properties: Readonly<Record<string, Property>> } };
}

/** A choice, a number or a switch as it is; anything a person typed only as that it is there. */
const valueText = (value: unknown, { enum: choices }: Property): string =>
  typeof value === 'number' || typeof value === 'boolean' || choices?.includes(value) === true
    ? String(value)
    : '(set)';

const changedSettings = ({ contributes }: Manifest): string[] => {
  const configuration = vscode.workspace.getConfiguration(section);
  return Object.values(settings).flatMap((name) => {
    const property = contributes.configuration.properties[`${section}.${name}`];
    const value = configuration.get<unknown>(name);
    return value === configuration.inspect(name)?.defaultValue
      ? []
      : [`- ${section}.${name}: ${valueText(value, property)}`];
  });
};

const networkSettings = ['proxy', 'proxySupport', 'noProxy', 'systemCertificates'] as const;

const networkText = (name: (typeof networkSettings)[number]): string => {
  const value = vscode.workspace.getConfiguration('http').get<unknown>(name);
  const empty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  return `http.${name}: ${typeof value === 'boolean' || name === 'proxySupport' ? String(value) : empty ? 'not set' : '(set)'}`;
};

const serviceTexts = (services: Services): Promise<string[]> =>
  Promise.all(
    remoteIds.map(async (id) => {
      const base = services.baseUrl(id);
      const key = (await services.hasKey(id)) ? 'key' : 'no key';
      return `${id} (${base.ok ? key : base.fault.code})`;
    }),
  );

export const registerReport = (deps: {
  readonly extension: vscode.Extension<unknown>;
  readonly services: Services;
  readonly log: Log;
  readonly lines: () => readonly string[];
}): vscode.Disposable => {
  const { extension, services, log, lines } = deps;

  const facts = async (): Promise<string> => {
    const manifest = extension.packageJSON as Manifest;
    const { appName, appHost, remoteName, language, uiKind } = vscode.env;
    const folders = vscode.workspace.workspaceFolders ?? [];
    const names = worthHiding(
      ...folders.flatMap(({ uri, name }) => [uri.fsPath, uri.path, name]),
      homedir(),
      hostname(),
      vscode.env.machineId,
    );
    const changed = changedSettings(manifest);
    return `# Flux Fill

What happened, and what should have happened:



## Facts

- Flux Fill ${manifest.version}
- ${appName} ${vscode.version} (${appHost}, ${uiKind === vscode.UIKind.Web ? 'web' : 'desktop'}, remote: ${anonymous(remoteName ?? 'no')}), ${language}
- ${process.platform} ${process.arch}, Node ${process.versions.node}
- Workspace: ${vscode.workspace.isTrusted ? 'trusted' : 'restricted'}, ${folders.length} folders (${[...new Set(folders.map(({ uri }) => uri.scheme))].join(', ') || 'none'})
- Services: ${(await serviceTexts(services)).join(', ')}
- ${networkSettings.map(networkText).join(', ')}

## Settings that differ from the default

${changed.join('\n') || '(none)'}

## Last lines of the log

\`\`\`text
${
  lines()
    .map((line) => anonymous(line, names))
    .join('\n') || '(none)'
}
\`\`\`
`;
  };

  const reportIssue = async (): Promise<void> => {
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: await facts() });
    await vscode.window.showTextDocument(document);
    const copy = vscode.l10n.t('Copy');
    const choice = await vscode.window.showInformationMessage(
      vscode.l10n.t(
        'This would be in a report. Nothing was sent. Say what happened, take out what you do not want to give away, and paste it where you report the issue.',
      ),
      copy,
    );
    if (choice === copy) await vscode.env.clipboard.writeText(document.getText());
  };

  return registerCommand(commands.reportIssue, log, reportIssue);
};
