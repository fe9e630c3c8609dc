/**
 * The one place that knows how to get a browser: a Chromium or Chrome that is on the machine, else Debian's `chromium`
 * by apt-get where we are root, else the command that a person with the right to do so has to run.
 * As a script it prints the path of the browser.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const elsewhere: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: [process.env['ProgramFiles'], process.env['ProgramFiles(x86)'], process.env['LOCALAPPDATA']]
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, 'Google\\Chrome\\Application\\chrome.exe')),
};

/**
 * What a browser leaves out. The popups of the address bar are pages of their own that newer Chromiums load for every window:
 * 1.7 s of processor time each (measured with 156). The rest is Playwright's list, since the last one counts.
 */
const without = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

/** Arguments for a browser that works headless, as root, without graphics, and calls nobody by itself. */
export const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${without.join(',')}`,
];

/**
 * The path of a browser that Playwright can drive, installed first if there is none.
 * Throws with the command to run where it cannot be installed from here.
 */
export function browser(log: (line: string) => void = console.error): string {
  const found = find();
  if (found !== undefined) return found;
  const install = 'apt-get install --yes --no-install-recommends chromium';
  const apt = spawnSync('apt-get', ['--version']).status === 0;
  if (!apt) throw new Error('No Chromium or Chrome was found. Install one of them and run this again.');
  if (process.getuid?.() !== 0) {
    throw new Error(`No Chromium or Chrome was found. Install one, then run this again:\n  sudo ${install}`);
  }
  for (const line of ['apt-get update', install]) {
    log(`No browser was found; running: ${line}`);
    const [command = '', ...rest] = line.split(' ');
    const { status } = spawnSync(command, rest, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) throw new Error(`"${line}" failed. A browser is needed: install Chromium, then run this again.`);
  }
  const installed = find();
  if (installed === undefined) throw new Error(`"${install}" ended well, but there is still no browser to be found.`);
  return installed;
}

function find(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...(elsewhere[process.platform] ?? []),
  ];
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  try {
    console.log(browser());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
