/** Which service makes the images, and its key: chosen, set, cleared and checked. */
import * as vscode from 'vscode';
import { valueOf } from '../fill/faults.ts';
import { serviceIds, type ServiceId } from '../fill/record.ts';
import { commands, section, settings } from '../ids.ts';
import type { Log } from '../jobs/contract.ts';
import { priceRuleText } from '../protocol/service-texts.ts';
import type { RemoteId } from '../services/catalogue.ts';
import { pageText } from './html.ts';
import { remoteIds, type Keys } from './keys.ts';
import { registerCommand } from './notify.ts';
import type { Panels } from './panels.ts';
import { sentenceOf } from './sentence.ts';
import type { Services } from './services.ts';

interface Item<Id extends ServiceId> extends vscode.QuickPickItem {
  readonly id: Id;
}

export const registerServiceCommands = (deps: {
  readonly panels: Panels;
  readonly keys: Keys;
  readonly services: Services;
  readonly log: Log;
}): vscode.Disposable[] => {
  const { panels, keys, services, log } = deps;

  const originOf = (id: RemoteId): string => new URL(valueOf(services.baseUrl(id))).origin;

  const dollars = (value: number): string =>
    new Intl.NumberFormat(vscode.env.language, {
      style: 'currency',
      currency: 'USD',
      maximumFractionDigits: 3,
    }).format(value);

  /** How a service stands: what is wrong with its set-up, or whether its key is there. */
  const standing = async (id: ServiceId): Promise<string> => {
    if (id === 'practice') return vscode.l10n.t('No key is needed');
    const base = services.baseUrl(id);
    if (!base.ok) return sentenceOf(base.fault);
    const { host } = new URL(base.value);
    return (await services.hasKey(id))
      ? vscode.l10n.t('{host}: API key is set', { host })
      : vscode.l10n.t('{host}: no API key yet', { host });
  };

  const pick = async <Id extends ServiceId>(
    ids: readonly Id[],
    title: string,
    current?: ServiceId,
  ): Promise<Id | undefined> => {
    const items = await Promise.all(
      ids.map(async (id): Promise<Item<Id>> => {
        const abilities = services.abilities(id);
        const price = priceRuleText(abilities, { t: pageText, dollars });
        return {
          id,
          label: abilities.name,
          description: id === current ? `${price} ${vscode.l10n.t('(chosen)')}` : price,
          detail: await standing(id),
        };
      }),
    );
    return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.id;
  };

  const chooseService = async (): Promise<void> => {
    const panel = panels.active();
    const configuration = vscode.workspace.getConfiguration(section);
    const current = panel?.document.service ?? configuration.get<ServiceId>(settings.defaultService);
    const title =
      panel === undefined
        ? vscode.l10n.t('Service that new images start with')
        : vscode.l10n.t('Service that makes the fills of this image');
    const id = await pick(serviceIds, title, current);
    if (id === undefined) return;
    if (panel === undefined)
      return configuration.update(settings.defaultService, id, vscode.ConfigurationTarget.Global);
    panel.useService(id);
  };

  /** The service of the active panel; else the only one in question, or the one that the person names. */
  const serviceFor = async (title: string, onlyWithKey: boolean): Promise<RemoteId | undefined> => {
    const service = panels.active()?.document.service;
    if (service !== undefined && service !== 'practice') return service;
    const keyed = await Promise.all(remoteIds.map((id) => services.hasKey(id)));
    const candidates = onlyWithKey ? remoteIds.filter((_, i) => keyed[i]) : [];
    if (candidates.length === 1) return candidates[0];
    return pick(candidates.length > 0 ? candidates : remoteIds, title);
  };

  const setApiKey = async (): Promise<void> => {
    const id = await serviceFor(vscode.l10n.t('Service whose API key is set'), false);
    if (id === undefined) return;
    const origin = originOf(id);
    if (!(await keys.ask(id, origin))) return;
    log('info', `a key was set for ${origin}`);
    void vscode.window.showInformationMessage(vscode.l10n.t('The API key for {origin} is set.', { origin }));
  };

  const clearApiKey = async (): Promise<void> => {
    const stored = await Promise.all(remoteIds.map(async (id) => services.baseUrl(id).ok && keys.stored(originOf(id))));
    const candidates = remoteIds.filter((_, i) => stored[i]);
    if (candidates.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('No API key is stored. One that comes from the environment can only be taken out there.'),
      );
      return;
    }
    // Asked even of a single one: what is cleared cannot be read again.
    const title = vscode.l10n.t('Service whose API key is cleared');
    const id = await pick(candidates, title, panels.active()?.document.service);
    if (id === undefined) return;
    const origin = originOf(id);
    await keys.clear(origin);
    log('info', `the key for ${origin} was cleared`);
    const said = (await keys.has(origin))
      ? vscode.l10n.t('The API key for {origin} is cleared; the one in the environment counts now.', { origin })
      : vscode.l10n.t('The API key for {origin} is cleared.', { origin });
    void vscode.window.showInformationMessage(said);
  };

  const checkKey = async (): Promise<void> => {
    const id = await serviceFor(vscode.l10n.t('Service whose API key is checked'), true);
    if (id === undefined) return;
    const origin = originOf(id);
    const service = valueOf(services.open(id, valueOf(services.baseUrl(id))));
    if (service.account === undefined) {
      const args = { service: service.abilities.name };
      const said = vscode.l10n.t(
        '{service} has no free way to check a key: the first fill shows whether it counts.',
        args,
      );
      void vscode.window.showInformationMessage(said);
      return;
    }
    const { credits } = valueOf(await service.account(AbortSignal.timeout(30_000)));
    const args = { origin, credits: credits ?? '' };
    void vscode.window.showInformationMessage(
      credits === undefined
        ? vscode.l10n.t('{origin} accepts the API key. It does not say how many credits are left.', args)
        : vscode.l10n.t('{origin} accepts the API key. Credits left: {credits}.', args),
    );
  };

  return [
    registerCommand(commands.chooseService, log, chooseService),
    registerCommand(commands.setApiKey, log, setApiKey),
    registerCommand(commands.clearApiKey, log, clearApiKey),
    registerCommand(commands.checkKey, log, checkKey),
    registerCommand(commands.setWebhookSecret, log, async () => keys.askWebhookSecret(originOf('bfl'))),
  ];
};
