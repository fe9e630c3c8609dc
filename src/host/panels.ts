/** Which panels are open and which one is active; one panel an image. Commands and jobs ask here. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { FaultError, faultOf } from '../fill/faults.ts';
import { contexts, panelViewType } from '../ids.ts';
import type { Job, ServiceId } from '../fill/record.ts';
import { defaultsFor } from './defaults.ts';
import { documentId, loadDocument, newDocument, resize, saveDocument, type Document } from './document.ts';
import { faultLine } from './log.ts';
import { showFault } from './notify.ts';
import { readEdits } from './undo-store.ts';
import { createPanel, type Panel, type PanelDeps } from './panel.ts';
import { openSource } from './source.ts';

export interface Panels extends vscode.Disposable {
  /** Opens or reveals the panel of an image. */
  open(uri: vscode.Uri): Promise<Panel>;
  /** The panel that is in front of the person, if one is. */
  active(): Panel | undefined;
  restore(view: vscode.WebviewPanel, state: unknown): Promise<void>;
  /** True when a visible panel shows this job. */
  shows(job: Job): boolean;
  /** Tells every panel that shows this job, as `shows`. */
  show(job: Job): boolean;
  /** Fires when a panel is shown or hidden. */
  readonly onDidChangeVisibility: vscode.Event<void>;
  refreshAll(): void;
  /** Writes what is not yet written. */
  flush(): Promise<void>;
}

/** Jobs of earlier processes that a panel shows again. */
const shownJobs = 40;

/** Documents of closed panels that stay in memory. */
const rememberedDocuments = 8;

/** Milliseconds of quiet before a document is written. */
const quiet = 400;

export const createPanels = (deps: Omit<PanelDeps, 'openPanel' | 'changed' | 'keep' | 'edits'>): Panels => {
  const directory = path.join(deps.storage, 'documents');
  const panels = new Map<string, Panel>();
  const opening = new Map<string, Promise<Panel>>();
  const pending = new Map<string, { document: Document; timer: NodeJS.Timeout }>();
  let writing: Promise<void> = Promise.resolve();

  const write = (document: Document): Promise<void> => {
    pending.delete(document.id);
    writing = writing
      .then(() => saveDocument(directory, document))
      .catch((error: unknown) => deps.log('error', `document: ${faultLine(faultOf(error))}`));
    return writing;
  };

  const changed = (document: Document): void => {
    clearTimeout(pending.get(document.id)?.timer);
    pending.set(document.id, { document, timer: setTimeout(() => void write(document), quiet) });
  };

  const keep = (document: Document): Promise<void> => {
    clearTimeout(pending.get(document.id)?.timer);
    return write(document);
  };

  const flush = async (): Promise<void> => {
    for (const { document, timer } of [...pending.values()]) {
      clearTimeout(timer);
      void write(document);
    }
    await writing;
  };

  /** One object a document, as long as anything may still change it: a closed panel's job may just be starting. */
  const remembered = new Map<string, Document>();
  const remember = (document: Document): void => {
    remembered.delete(document.id);
    remembered.set(document.id, document);
    for (const id of remembered.keys())
      if (remembered.size > rememberedDocuments && !panels.has(id) && !pending.has(id)) remembered.delete(id);
  };

  const visibility = new vscode.EventEmitter<void>();

  const setActive = (): void => {
    visibility.fire();
    const active = [...panels.values()].some((panel) => panel.view.active);
    void vscode.commands.executeCommand('setContext', contexts.panelActive, active);
  };

  const adopt = (view: vscode.WebviewPanel, document: Document, source: Parameters<typeof createPanel>[3]): Panel => {
    const panel = createPanel(
      {
        ...deps,
        changed,
        keep,
        edits: (document, asked) => readEdits(directory, document, asked),
        openPanel: async (uri, service) => void (await open(uri, service)),
      },
      view,
      document,
      source,
    );
    panels.set(document.id, panel);
    view.onDidChangeViewState(setActive);
    view.onDidDispose(() => {
      panels.delete(document.id);
      setActive();
    });
    setActive();
    return panel;
  };

  const prepare = async (
    uri: vscode.Uri,
    service?: ServiceId,
  ): Promise<{ document: Document; source: Parameters<typeof createPanel>[3] }> => {
    const source = await openSource(uri);
    if (!source.ok) throw new FaultError(source.fault);
    const id = documentId(uri.toString());
    const defaults = defaultsFor(uri);
    const document =
      remembered.get(id) ??
      (await loadDocument(directory, id)) ??
      newDocument(uri.toString(), source.value.header, { ...defaults, service: service ?? defaults.service });
    remember(document);
    resize(document, source.value.header, defaults.masks);
    await deps.recall(document.jobs.slice(-shownJobs));
    return { document, source: source.value };
  };

  const openNew = async (uri: vscode.Uri, service?: ServiceId): Promise<Panel> => {
    const { document, source } = await prepare(uri, service);
    const view = vscode.window.createWebviewPanel(panelViewType, source.name, vscode.ViewColumn.Active);
    return adopt(view, document, source);
  };

  const open = async (uri: vscode.Uri, service?: ServiceId): Promise<Panel> => {
    const id = documentId(uri.toString());
    const existing = panels.get(id);
    if (existing !== undefined) {
      existing.view.reveal();
      return existing;
    }
    const underWay = opening.get(id) ?? openNew(uri, service).finally(() => opening.delete(id));
    opening.set(id, underWay);
    return underWay;
  };

  const restore = async (view: vscode.WebviewPanel, state: unknown): Promise<void> => {
    const id = (state as { documentId?: unknown } | undefined)?.documentId;
    const document =
      typeof id === 'string' && /^[0-9a-f]{24}$/.test(id) ? await loadDocument(directory, id) : undefined;
    if (document === undefined || panels.has(document.id)) {
      view.dispose();
      return;
    }
    try {
      const { source, document: current } = await prepare(vscode.Uri.parse(document.uri));
      adopt(view, current, source);
    } catch (error) {
      view.dispose();
      await showFault(faultOf(error));
    }
  };

  const panelsOf = (job: Job): Panel[] => [...panels.values()].filter((panel) => panel.shows(job.fill.id));

  return {
    open,
    active: () => [...panels.values()].find((panel) => panel.view.active),
    restore,
    flush,
    onDidChangeVisibility: visibility.event,
    shows: (job) => panelsOf(job).some((panel) => panel.view.visible),
    show: (job) => {
      const showing = panelsOf(job);
      for (const panel of showing) panel.refresh();
      return showing.some((panel) => panel.view.visible);
    },
    refreshAll: () => {
      for (const panel of panels.values()) panel.refresh();
    },
    dispose: () => {
      visibility.dispose();
      for (const { timer } of pending.values()) clearTimeout(timer);
    },
  };
};
