/** The whole way of a fill, by itself, in the real workbench, as a person goes it: with the practice service. */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPage, paint } from '../e2e/scene.ts';
import { openWorkbench, themes, type Workbench } from '../vscode/workbench.ts';
import { startBehindDoor } from './browser.ts';
import { makeSample } from './sample.ts';

/**
 * Fills a part of a sample photo and leaves the result and a picture of each step in `out`; gives the result's path.
 * Rejects when a step fails, with a picture of how the workbench looked then, and when `ended` aborts.
 */
export async function fillUnattended(out: string, ended: AbortSignal): Promise<string> {
  await mkdir(out, { recursive: true });
  const home = await mkdtemp(join(tmpdir(), 'flux-fill-try-'));
  try {
    const folder = join(home, 'sample');
    await makeSample(folder);
    const server = await startBehindDoor(join(home, 'browser'), { 'workbench.colorTheme': themes.dark.id });
    const workbench = await openWorkbench({ folder, server });
    try {
      ended.throwIfAborted();
      ended.addEventListener('abort', () => void workbench.page.close());
      await fill(workbench, out);
    } catch (error) {
      if (!ended.aborted) await picture(workbench, out, 'failed');
      throw error;
    } finally {
      await workbench.close();
    }
    await copyFile(join(folder, result), join(out, result));
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
  return join(out, result);
}

const result = 'boats.fill-001.png';

async function picture({ page }: Workbench, out: string, name: string): Promise<void> {
  console.error(`  ${name}`);
  await page.screenshot({ path: join(out, `${name}.png`) });
}

async function fill(workbench: Workbench, out: string): Promise<void> {
  const { page } = workbench;
  await workbench.open('boats.jpg');
  await picture(workbench, out, '1-sample-workspace');

  await (await workbench.explorerRow('boats.jpg')).click({ button: 'right' });
  await page.locator('.monaco-menu').getByText('Flux Fill: Inpaint', { exact: true }).hover();
  await picture(workbench, out, '2-right-click');
  await page.keyboard.press('Escape');
  await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Inpaint');

  const panel = await openPage({ workbench });
  await picture(workbench, out, '3-panel');
  await paint({ workbench }, panel, mast.from, mast.to);
  await panel.getByLabel('Prompt', { exact: true }).fill('clear sky');
  await picture(workbench, out, '4-painted-and-described');

  await panel.locator('.generate:not([disabled])').click();
  await workbench.dialog();
  await picture(workbench, out, '5-no-key-needed');
  await workbench.dialogButton('Practise Without a Key');

  await panel.getByText('0 samples changed outside the mask').first().waitFor();
  await panel.getByText(`Saved ${result}`).first().waitFor();
  await panel.locator('.stage.comparing').waitFor();
  await picture(workbench, out, '6-result');
}

/** The mast against the sky, in parts of the stage. */
const mast = { from: { x: 0.58, y: 0.2 }, to: { x: 0.58, y: 0.355 } };
