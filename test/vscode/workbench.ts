/**
 * Drives the real workbench of a VS Code from the npm registry in a headless browser: what a person does with mouse and
 * keyboard, for end-to-end tests and for pictures.
 */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { chromium, type BrowserContext, type Frame, type Locator, type Page } from 'playwright-core';
import { browser, browserArguments } from './browser.ts';
import { out, root } from './places.ts';
import { startServer, type Server, type ServerOptions } from './server.ts';
import { eventually, until } from '../waiting.ts';

/** By `id` in the settings, by `label` in the picker; `mark` is the class that the workbench then has. */
export const themes = {
  dark: { id: 'Default Dark Modern', label: 'Dark Modern', mark: 'vs-dark' },
  light: { id: 'Default Light Modern', label: 'Light Modern', mark: 'vs' },
  highContrastDark: { id: 'Default High Contrast', label: 'Dark High Contrast', mark: 'hc-black' },
  highContrastLight: { id: 'Default High Contrast Light', label: 'Light High Contrast', mark: 'hc-light' },
} as const;

export type Theme = keyof typeof themes;

/** `extension` is the checkout if left out, and installed, because VS Code restarts no crashed host of one under development. */
export interface WorkbenchOptions extends ServerOptions {
  /** The workspace folder, absolute. */
  readonly folder: string;
  readonly theme?: Theme;
  /** The display language that extensions are told; the workbench itself speaks English without a language pack. */
  readonly language?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** A server that runs already; it is stopped with the workbench. */
  readonly server?: Server;
}

export interface Workbench {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly server: Server;
  /** Runs a command by its full title in the palette, such as `Flux Fill: Inpaint`. */
  readonly command: (title: string) => Promise<void>;
  /** Right-clicks files of the Explorer, by their paths in the workspace, and chooses an entry of the menu. */
  readonly explorerMenu: (files: readonly string[], entry: string) => Promise<void>;
  /** The titles in the Explorer's menu for these files. */
  readonly explorerMenuEntries: (files: readonly string[]) => Promise<string[]>;
  /** Closes all editors, and gives back when there are none. */
  readonly closeAll: () => Promise<void>;
  /** Opens a file of the workspace by a double click in the Explorer; an image is waited for until it shows. */
  readonly open: (file: string) => Promise<void>;
  /** The row of a file or folder in the Explorer; its folders are unfolded first. */
  readonly explorerRow: (file: string) => Promise<Locator>;
  /** The innermost frame of the webview in which something matches the selector. */
  readonly webview: (selector: string) => Promise<Frame>;
  /** Titles of the editor tabs. */
  readonly tabs: () => Promise<string[]>;
  /** Types into the input at the top (box, pick or file dialog) and accepts it. */
  readonly quickInput: (text: string) => Promise<void>;
  /** Chooses an entry of the pick that is shown at the top. */
  readonly quickPick: (label: string) => Promise<void>;
  /** Text of the modal dialog, once there is one. */
  readonly dialog: () => Promise<string>;
  /** Presses a button of the modal dialog, and gives back when that dialog is gone. */
  readonly dialogButton: (label: string) => Promise<void>;
  /** Texts of the notifications that the bell lists, newest first. */
  readonly notifications: () => Promise<string[]>;
  /** Presses a button of the notification whose text contains `text`. */
  readonly notificationButton: (text: string, label: string) => Promise<void>;
  readonly theme: (theme: Theme) => Promise<void>;
  /** Reloads the window; the page, its storage and the secrets in it stay. */
  readonly reload: () => Promise<void>;
  /** Kills the extension host as a crash would, and gives back when VS Code has started another. */
  readonly killExtensionHost: () => Promise<void>;
  /** Saves out/pictures/NAME.png and gives its path. */
  readonly picture: (name: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Starts server and browser and waits for the workbench with the Explorer on the folder. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const userSettings = { 'workbench.colorTheme': themes[options.theme ?? 'dark'].id, ...options.userSettings };
  const server = options.server ?? (await startServer({ extension: root, ...options, userSettings }));
  const { context, closeBrowser } = await openBrowser(options.viewport).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  const close = async (): Promise<void> => {
    await closeBrowser();
    await server.stop();
  };
  try {
    const { language } = options;
    if (language !== undefined)
      await context.addInitScript((tag) => Object.assign(globalThis, { _VSCODE_NLS_LANGUAGE: tag }), language);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`${server.url}?folder=${encodeURIComponent(options.folder)}`);
    const workbench: Workbench = { page, context, server, ...acts(page, server, options.folder), close };
    await whole(page);
    await themed(page, options.theme ?? 'dark');
    return workbench;
  } catch (error) {
    await close();
    throw error;
  }
}

/** A headless browser whose pages get the 32 bytes that VS Code asks for to encrypt what SecretStorage keeps. */
export async function openBrowser(
  viewport: { width: number; height: number } = { width: 1400, height: 900 },
): Promise<{ context: BrowserContext; closeBrowser: () => Promise<void> }> {
  const alone = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1';
  const launched = await chromium.launch({ executablePath: browser(), args: [...browserArguments, alone] });
  const context = await launched.newContext({ viewport, reducedMotion: 'reduce' });
  await context.route(/mint-key/, (route) => route.fulfill({ status: 200, body: Buffer.alloc(32, 7) }));
  return { context, closeBrowser: () => launched.close() };
}

async function whole(page: Page): Promise<void> {
  await page.locator('.monaco-workbench').waitFor();
  await page.locator('.explorer-folders-view .monaco-list').first().waitFor();
  await page.locator('[id="status.host"]').waitFor();
}

async function themed(page: Page, theme: Theme): Promise<void> {
  await page.locator(`.monaco-workbench.${themes[theme].mark}`).waitFor({ timeout: 60_000 });
}

type Acts = Omit<Workbench, 'page' | 'context' | 'server' | 'close'>;

function acts(page: Page, server: Server, folder: string): Acts {
  const quick = page.locator('.quick-input-widget');
  const quickText = quick.locator('.quick-input-box input, .quick-input-filter input').first();
  const quickRow = (label: string): Locator =>
    quick.locator('.monaco-list-row').filter({ has: page.locator('.label-name', { hasText: exactly(label) }) });
  const bell = page.locator('[id="status.notifications"]');
  const center = page.locator('.notifications-center');
  const dialogBox = page.locator('.monaco-dialog-box');

  const tab = (file: string): Locator => page.locator(`.tab[data-resource-name="${basename(file)}"]`).first();

  const pick = async (label: string): Promise<void> => {
    await quickText.fill(label);
    await quickRow(label).first().click();
  };

  const command = async (title: string): Promise<void> => {
    // A webview that is still loading swallows keys or takes the focus, and a palette opened early lacks the commands of
    // extensions.
    await until(`command ${title}`, async () => {
      try {
        await page.keyboard.press('F1');
        await quickText.fill(`>${title}`, { timeout: 3000 });
        await quickRow(title).first().click({ timeout: 5000 });
        return true;
      } catch {
        await page.keyboard.press('Escape');
        return false;
      }
    });
  };

  const explorerRow = async (file: string): Promise<Locator> => {
    let row = page.locator('.explorer-folders-view');
    const parts = file.split('/');
    for (const [index] of parts.entries()) {
      const path = parts.slice(0, index + 1).join('/');
      row = page
        .locator('.explorer-folders-view .monaco-list-row')
        .filter({ has: page.locator(`.monaco-icon-label[aria-label$="/${basename(folder)}/${path}"]`) })
        .first();
      // Where the machine has no watcher left to give, VS Code hears of no new file until it is told to look.
      await until(`row of ${path}`, async () => {
        if (await reaches(row, 'visible', 5000)) return true;
        await command('Refresh Explorer');
        return false;
      });
      if (index < parts.length - 1 && (await row.getAttribute('aria-expanded')) === 'false') await row.click();
    }
    return row;
  };

  const openMenu = async (files: readonly string[]): Promise<Locator> => {
    const rows: Locator[] = [];
    for (const file of files) rows.push(await explorerRow(file));
    for (const [index, row] of files.length > 1 ? rows.entries() : []) {
      await row.click(index === 0 ? {} : { modifiers: ['ControlOrMeta'] });
      await row.and(page.locator('[aria-selected="true"]')).waitFor();
    }
    const menu = page.locator('.monaco-menu');
    // A row that moves while it is clicked, because a file came or went, lets the click hit its neighbour.
    await until(`menu of ${files.join(', ')}`, async () => {
      await rows.at(-1)!.click({ button: 'right' });
      await menu.waitFor();
      if (/\bfocused\b/.test((await rows.at(-1)!.getAttribute('class')) ?? '')) return true;
      await page.keyboard.press('Escape');
      await menu.waitFor({ state: 'hidden' });
      return false;
    });
    return menu;
  };

  /** The bell shows and hides the list, whoever has the keyboard. */
  const ring = (state: 'visible' | 'hidden'): Promise<void> =>
    until(`${state} list of notifications`, async () => {
      if ((await center.isVisible()) === (state === 'visible')) return true;
      await bell.click();
      return reaches(center, state, 2000);
    });

  return {
    command,
    explorerRow,
    explorerMenu: async (files, entry) => {
      const menu = page.locator('.monaco-menu');
      const item = menu.locator('.action-label', { hasText: exactly(entry) });
      // A window that has just been loaded may show its menus before it knows the extensions.
      await until(`menu entry ${entry}`, async () => {
        await openMenu(files);
        if (await reaches(item, 'visible', 5000)) return true;
        await page.keyboard.press('Escape');
        await menu.waitFor({ state: 'hidden' });
        return false;
      });
      // For its first 100 ms a menu takes a released button for the one that opened it.
      await until(`effect of the menu entry ${entry}`, async () => {
        await item.click({ timeout: 5000 });
        return reaches(menu, 'hidden', 2000);
      });
    },
    explorerMenuEntries: async (files) => {
      const menu = await openMenu(files);
      const entries = await menu.locator('.action-label:not(.separator)').allInnerTexts();
      await page.keyboard.press('Escape');
      return entries.map((entry) => entry.trim());
    },
    closeAll: async () => {
      // The palette is gone before the command has closed anything; an editor opened by then would be closed with the rest.
      await command('View: Close All Editors');
      await page.locator('.tabs-container .tab').first().waitFor({ state: 'hidden' });
    },
    open: async (file) => {
      // A row that moves between the two clicks, because a file came or went, lets them hit its neighbour.
      await until(`tab of ${file}`, async () => {
        await (await explorerRow(file)).dblclick();
        return reaches(tab(file), 'visible', 10_000);
      });
      if (/\.(png|jpe?g|webp|gif)$/i.test(file)) await webview(page, 'body.image.ready');
    },
    webview: (selector) => webview(page, selector),
    tabs: () => page.locator('.tabs-container .tab .monaco-icon-label-container').allTextContents(),
    quickInput: async (text) => {
      await quickText.waitFor();
      await quickText.fill(text);
      await page.keyboard.press('Enter');
    },
    quickPick: pick,
    dialog: () => dialogBox.innerText(),
    dialogButton: async (label) => {
      const box = await dialogBox.elementHandle();
      await dialogBox.locator('.monaco-button', { hasText: exactly(label) }).click();
      await box.waitForElementState('hidden');
    },
    notifications: async () => {
      await ring('visible');
      const texts = await center.locator('.notification-list-item-message').allInnerTexts();
      await ring('hidden');
      return texts;
    },
    notificationButton: async (text, label) => {
      await ring('visible');
      const item = center.locator('.notification-list-item', { hasText: text }).first();
      await item.hover();
      await item.locator('.monaco-button', { hasText: exactly(label) }).click();
    },
    theme: async (theme) => {
      await command('Preferences: Color Theme');
      await pick(themes[theme].label);
      await themed(page, theme);
    },
    reload: async () => {
      await page.reload();
      await whole(page);
    },
    killExtensionHost: async () => {
      const before = await server.extensionHosts();
      for (const pid of before) process.kill(pid, 'SIGKILL');
      await until('another extension host', async () => {
        const now = await server.extensionHosts();
        return now.some((pid) => !before.includes(pid));
      });
    },
    picture: async (name) => {
      const path = join(out, 'pictures', `${name}.png`);
      await mkdir(dirname(path), { recursive: true });
      await page.screenshot({ path });
      return path;
    },
  };
}

function reaches(what: Locator, state: 'visible' | 'hidden', timeout: number): Promise<boolean> {
  return what.waitFor({ state, timeout }).then(
    () => true,
    () => false,
  );
}

/** A webview is an iframe in an iframe; which one is ours shows in what it holds. */
async function webview(page: Page, selector: string): Promise<Frame> {
  /** A webview that is loaded anew is built behind the old one, in a frame of another id. */
  const holds = async (frame: Frame): Promise<boolean> => {
    if (frame.parentFrame() === null || (await frame.locator(selector).count()) === 0) return false;
    return (await (await frame.frameElement()).getAttribute('id')) === 'active-frame';
  };
  return eventually(async () => {
    for (const frame of page.frames().toReversed()) if (await holds(frame).catch(() => false)) return frame;
    throw new Error(`There was no webview with ${selector}`);
  });
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
