import * as vscode from 'vscode';
import { failed, ok, type Result } from '../fill/faults.ts';
import { keyVariables, secrets } from '../ids.ts';
import { catalogue, type RemoteId } from '../services/catalogue.ts';
import { mayReceiveKey } from '../services/origins.ts';

export interface Keys {
  /** The key for an origin: SecretStorage first, then, for a service's own origin, the environment. */
  get(origin: string): Promise<Result<string | undefined>>;
  has(origin: string): Promise<boolean>;
  /** Whether one is in the SecretStorage, so that it can be cleared. */
  stored(origin: string): Promise<boolean>;
  /** Asks for a key of a service and stores it. False when the person changed their mind. */
  ask(service: RemoteId, origin: string): Promise<boolean>;
  clear(origin: string): Promise<void>;
  webhookSecret(origin: string): Promise<string | undefined>;
  askWebhookSecret(origin: string): Promise<void>;
  readonly onDidChange: vscode.Event<unknown>;
}

export const remoteIds = Object.keys(catalogue) as RemoteId[];

/** The service whose own host this origin is. */
const ownerOf = (origin: string): RemoteId | undefined =>
  remoteIds.find((id) => {
    const { baseUrl, hosts } = catalogue[id];
    return baseUrl !== undefined && mayReceiveKey(origin, baseUrl, hosts);
  });

/** One key serves every host of a service: its regions, its polling and its upload addresses. */
const home = (origin: string): string => {
  const owner = ownerOf(origin);
  return owner === undefined ? origin : new URL(catalogue[owner].baseUrl!).origin;
};

const promptFor = (id: RemoteId, origin: string): string => {
  const { abilities, keyPlace } = catalogue[id];
  const args = { origin, service: abilities.name, place: keyPlace ?? '' };
  if (id === 'compatible')
    return vscode.l10n.t(
      'It is kept in the secret storage of VS Code and sent only to {origin}. Keys are made at that service; a key of Replicate’s is of no use there.',
      args,
    );
  return ownerOf(origin) === id
    ? vscode.l10n.t(
        'It is kept in the secret storage of VS Code and sent only to {service}, {origin}. Keys are made at {place}.',
        args,
      )
    : vscode.l10n.t(
        'It is kept in the secret storage of VS Code and sent only to {origin}, which is not an address of {service}.',
        args,
      );
};

/** `compatibleOrigin`: that of the Replicate-compatible service, which has none of its own. */
export const createKeys = (
  storage: vscode.SecretStorage,
  environment: NodeJS.ProcessEnv,
  compatibleOrigin: () => string | undefined,
): Keys => {
  const fromEnvironment = (origin: string): string | undefined => {
    const owner = ownerOf(origin) ?? (origin === compatibleOrigin() ? 'compatible' : undefined);
    return (owner && environment[keyVariables[owner]]?.trim()) || undefined;
  };

  const get: Keys['get'] = async (origin) => {
    try {
      const stored = await storage.get(secrets.key(home(origin)));
      return ok(stored ?? fromEnvironment(origin));
    } catch (error) {
      return failed('key.unreadable', { reason: error instanceof Error ? error.message : String(error) });
    }
  };

  const ask = async (name: string, title: string, prompt: string): Promise<boolean> => {
    const value = await vscode.window.showInputBox({
      title,
      prompt,
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        /^[\x21-\x7e]+$/.test(text.trim()) || text === ''
          ? undefined
          : vscode.l10n.t('It must be one word of plain characters, without spaces.'),
    });
    if (value === undefined || value.trim() === '') return false;
    await storage.store(name, value.trim());
    return true;
  };

  return {
    get,
    has: async (origin) => {
      const key = await get(origin);
      return key.ok && key.value !== undefined;
    },
    stored: async (origin) => (await storage.get(secrets.key(home(origin)))) !== undefined,
    ask: (id, origin) =>
      ask(
        secrets.key(home(origin)),
        vscode.l10n.t('API key for {service} ({origin})', { service: catalogue[id].abilities.name, origin }),
        promptFor(id, origin),
      ),
    clear: async (origin) => storage.delete(secrets.key(home(origin))),
    webhookSecret: async (origin) => storage.get(secrets.webhookSecret(origin)),
    askWebhookSecret: async (origin) => {
      await ask(
        secrets.webhookSecret(origin),
        vscode.l10n.t('Webhook secret for {origin}', { origin }),
        vscode.l10n.t('The service signs its webhook messages with it. It is kept in the secret storage of VS Code.'),
      );
    },
    onDidChange: storage.onDidChange,
  };
};
