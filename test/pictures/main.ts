/**
 * `npm run pictures`: makes the pictures of README.md and docs/ anew, from the real workbench on the sample workspace.
 * The fills are those of the practice service; no request leaves the machine. Names choose some: `npm run pictures -- panel`.
 */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import sharp from 'sharp';
import { chooseFile, openPage, setKey } from '../e2e/scene.ts';
import { makeSample } from '../try/sample.ts';
import { root } from '../vscode/places.ts';
import { openWorkbench, type Workbench } from '../vscode/workbench.ts';
import { until } from '../waiting.ts';

const folderOfPictures = join(root, 'docs', 'pictures');
const limit = 200_000;

interface Stand {
  readonly workbench: Workbench;
  readonly folder: string;
}

type Clip = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

interface Point {
  readonly x: number;
  readonly y: number;
}

/** In pixels of boats.jpg. */
const around = [
  [378, 706],
  [382, 668],
  [404, 640],
  [426, 640],
  [446, 664],
  [466, 690],
  [462, 706],
  [378, 706],
] as const;

/** Each leaves the workbench as its picture shows it, and says where not all of the window is the picture. */
const pictures: Readonly<Record<string, (stand: Stand) => Promise<Clip | void>>> = {
  async panel(stand) {
    const page = await inpaint(stand, 'boats.jpg');
    await outlineTheMan(stand, page);
    await describe(page, 'an empty wooden boat');
    await practise(page, 'boats.fill-001.png');
    await page.getByLabel('Prompt', { exact: true }).evaluate((prompt) => prompt.scrollIntoView({ block: 'end' }));
    await page.locator('.stage').focus();
    await page.locator('.stage').press('y');
    await nearTo(stand, page, { x: 430, y: 690 });
    await stand.workbench.explorerRow('boats.fill-001.png');
    await rest(stand);
  },

  async menu({ workbench }) {
    // With Ctrl also the first: what is selected so is not opened.
    for (const file of ['alps.jpg', 'alps-mask.png'])
      await (await workbench.explorerRow(file)).click({ modifiers: ['ControlOrMeta'] });
    await (await workbench.explorerRow('alps-mask.png')).click({ button: 'right' });
    await workbench.page.locator('.monaco-menu').getByText('Flux Fill: Inpaint', { exact: true }).hover();
    return { x: 0, y: 0, width: 760, height: 600 };
  },

  async marked(stand) {
    const page = await inpaint(stand, 'boats.jpg');
    await outlineTheMan(stand, page);
    await describe(page, 'an empty wooden boat');
    await rest(stand);
  },

  async variations(stand) {
    const page = await inpaint(stand, 'boats.jpg');
    await outlineTheMan(stand, page);
    await page.getByRole('spinbutton', { name: 'Seed' }).fill('1000');
    await page.getByRole('spinbutton', { name: 'Images' }).fill('4');
    await choosePractice(page);
    await page.locator('.generate:not([aria-disabled])').click();
    await until('four variations', async () => (await page.locator('.film-tile[aria-label*=": ready"]').count()) === 4);
    await until('small pictures', async () => (await page.locator('.film-tile img:visible').count()) === 5);
    await rest(stand);
  },

  async outpaint(stand) {
    const { workbench } = stand;
    await workbench.explorerMenu(['boats.jpg'], 'Flux Fill: Outpaint');
    const page = await openPage(stand);
    await page.getByLabel('Extend', { exact: true }).selectOption('16:9');
    await describe(page, 'a quiet harbour, old photograph');
    await page
      .getByText(/^Canvas /)
      .first()
      .waitFor();
    await page
      .getByText(/^Canvas /)
      .first()
      .evaluate((element) => element.scrollIntoView({ block: 'center' }));
    await page.locator('.stage').hover();
  },

  async batch(stand) {
    const { workbench, folder } = stand;
    await copyFile(join(folder, 'alps-mask.png'), join(folder, 'alps.mask.png'));
    const { width, height } = await sharp(join(folder, 'boats.jpg')).metadata();
    await sharp({ create: { width, height, channels: 3, background: '#000' } })
      .composite([
        {
          input: Buffer.from('<svg width="90" height="70"><rect width="90" height="70" fill="#fff"/></svg>'),
          left: 370,
          top: 640,
        },
      ])
      .png()
      .toFile(join(folder, 'boats.mask.png'));
    await workbench.explorerMenu(['airplane.jpg', 'alps.jpg', 'boats.jpg'], 'Flux Fill: Batch…');
    await workbench.quickPick('Mask Beside Each Image');
    await workbench.page.locator('.quick-input-title', { hasText: 'what should be there' }).waitFor();
    await workbench.quickInput('a clear view');
    await workbench.dialog();
  },

  async recipe(stand) {
    const { workbench } = stand;
    const page = await inpaint(stand, 'alps.jpg', 'alps-mask.png');
    await describe(page, 'distant forest');
    await workbench.command('Flux Fill: Save as Recipe');
    await workbench.page.locator('.tab[data-resource-name="alps.fill.json"]').waitFor();
    await workbench.command('Flux Fill: Run Recipe');
    await workbench.dialog();
  },

  async history(stand) {
    const { workbench } = stand;
    const page = await inpaint(stand, 'alps.jpg', 'alps-mask.png');
    await describe(page, 'distant forest');
    await practise(page, 'alps.fill-001.png');
    await workbench.closeAll();
    await workbench.command('Flux Fill: History of Fills');
    const history = await workbench.webview('.history');
    await until('small picture', async () => (await history.locator('.card img:visible').count()) === 1);
  },
};

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  for (const name of chosen) if (!(name in pictures)) throw new Error(`There is ${Object.keys(pictures).join(', ')}.`);
  if (spawnSync(process.execPath, ['esbuild.js'], { cwd: root, stdio: ['ignore', 2, 2] }).status !== 0)
    throw new Error('The build failed.');
  await mkdir(folderOfPictures, { recursive: true });
  for (const name of chosen.length > 0 ? chosen : Object.keys(pictures)) await take(name);
}

/** Each begins with a fresh workspace and a fresh window, so that none depends on another. */
async function take(name: string): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'flux-fill-pictures-'));
  const folder = join(home, 'sample');
  await makeSample(folder);
  await rm(join(folder, 'workbench.png'));
  const workbench = await openWorkbench({
    folder,
    viewport: name === 'panel' ? { width: 1440, height: 760 } : { width: 1240, height: 780 },
  });
  try {
    // A panel with a key shows the price and no question; it is never used, for only practice is asked.
    await setKey({ workbench, emulator: { url: 'https://api.bfl.ai' } }, 'not-a-key');
    await workbench.command('Notifications: Clear All Notifications');
    const clip = await pictures[name]({ workbench, folder });
    const bytes = await small(await workbench.page.screenshot(clip === undefined ? {} : { clip }));
    await writeFile(join(folderOfPictures, `${name}.png`), bytes);
    console.log(`docs/pictures/${name}.png: ${bytes.length} bytes`);
  } finally {
    await workbench.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A palette as good as the limit of a picture allows. */
async function small(screenshot: Buffer): Promise<Buffer> {
  for (const quality of [100, 96, 93, 90, 87, 84, 80]) {
    const bytes = await sharp(screenshot).png({ palette: true, quality, effort: 10 }).toBuffer();
    if (bytes.length < limit) return bytes;
  }
  throw new Error(`A picture stays above ${limit} bytes.`);
}

async function inpaint(stand: Stand, image: string, mask?: string): Promise<Frame> {
  const { workbench } = stand;
  if (mask === undefined) await workbench.explorerMenu([image], 'Flux Fill: Inpaint');
  else {
    await workbench.explorerMenu([image], 'Flux Fill: Inpaint with Mask File…');
    await chooseFile(stand, mask);
  }
  const page = await openPage(stand);
  if (mask !== undefined) await page.getByText(`Mask file: ${mask}`).first().waitFor();
  return page;
}

/** Away from the canvas, which shows the cursor of the tool under the pointer. */
const rest = ({ workbench }: Stand): Promise<void> => workbench.page.mouse.move(620, 5);

const describe = (page: Frame, prompt: string): Promise<void> =>
  page.getByLabel('Prompt', { exact: true }).fill(prompt);

async function choosePractice(page: Frame): Promise<void> {
  await page.getByLabel('Service', { exact: true }).selectOption('practice');
  await page.getByText('Practice: no AI').first().waitFor();
}

async function practise(page: Frame, result: string): Promise<void> {
  await choosePractice(page);
  await page.getByRole('spinbutton', { name: 'Seed' }).fill('7');
  await page.locator('.generate:not([aria-disabled])').click();
  await page.getByText('0 samples changed outside the mask').first().waitFor();
  await page.getByText(`Saved ${result}`).first().waitFor();
}

/** Where a place of boats.jpg, shown as a whole or by its middle, lies in the window; `half` of the stage where two are shown. */
async function placeIn(page: Frame, at: Point, half = 1): Promise<{ readonly place: Point; readonly middle: Point }> {
  const stage = (await page.locator('.stage').boundingBox())!;
  const [, percent] = (await page.locator('.status').innerText()).match(/(\d+) %/)!;
  const scale = Number(percent) / 100;
  const middle = { x: stage.x + (stage.width * half) / 2, y: stage.y + stage.height / 2 };
  const [width, height] = [1024, 819];
  return { middle, place: { x: middle.x + (at.x - width / 2) * scale, y: middle.y + (at.y - height / 2) * scale } };
}

/** Zooms in there and brings it to the middle of the left half. */
async function nearTo({ workbench }: Stand, page: Frame, at: Point): Promise<void> {
  const { mouse } = workbench.page;
  const { place, middle } = await placeIn(page, at, 0.5);
  await mouse.move(place.x, place.y);
  await mouse.wheel(0, -550);
  await mouse.down();
  // Low on the stage: there is little of the image below.
  await mouse.move(middle.x, middle.y + 130, { steps: 4 });
  await mouse.up();
}

/** With the lasso, around the man in the long boat of boats.jpg. */
async function outlineTheMan({ workbench }: Stand, page: Frame): Promise<void> {
  await page.getByRole('button', { name: 'Lasso', exact: true }).click();
  const { mouse } = workbench.page;
  for (const [index, [x, y]] of around.entries()) {
    const { place } = await placeIn(page, { x, y });
    await mouse.move(place.x, place.y, { steps: 4 });
    if (index === 0) await mouse.down();
  }
  await mouse.up();
  await page.locator('.generate:not([aria-disabled])').waitFor();
}

await main();
