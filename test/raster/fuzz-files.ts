/** Small real pictures in every form the engine meets, and what can go wrong with their bytes. The same number, the same file. */
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

export interface Seed {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Numbers in [0, 1) that follow from the seed: mulberry32 (T. Ettinger, 2017). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

interface Segment {
  readonly marker: number;
  readonly bytes: Buffer;
}

/** The segments of a baseline JPEG up to its scan, and the coded data of that scan without its end marker. */
const segmentsOf = (jpeg: Buffer): { readonly segments: readonly Segment[]; readonly coded: Buffer } => {
  const segments: Segment[] = [];
  let at = 2;
  for (;;) {
    const marker = jpeg[at + 1];
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    if (marker === 0xda) return { segments, coded: jpeg.subarray(end, jpeg.length - 2) };
    segments.push({ marker, bytes: jpeg.subarray(at, end) });
    at = end;
  }
};

/** A baseline JPEG with one scan a component, put together from three grey ones with the same tables. */
const nonInterleaved = async (picture: Sharp): Promise<Buffer> => {
  const planes = await Promise.all(
    ([0, 1, 2] as const).map((band) => picture.clone().extractChannel(band).jpeg({ optimiseCoding: false }).toBuffer()),
  );
  const parts = planes.map(segmentsOf);
  const tables = parts[0].segments.filter(({ marker }) => marker === 0xdb || marker === 0xc4);
  const frame = parts[0].segments.find(({ marker }) => marker === 0xc0)!.bytes;
  const components = [1, 2, 3].flatMap((id) => [id, 0x11, 0]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...tables.map(({ bytes }) => bytes),
    Buffer.from([0xff, 0xc0, 0, 17, 8]),
    frame.subarray(5, 9),
    Buffer.from([3, ...components]),
    ...parts.flatMap(({ coded }, index) => [Buffer.from([0xff, 0xda, 0, 8, 1, index + 1, 0, 0, 63, 0]), coded]),
    Buffer.from([0xff, 0xd9]),
  ]);
};

export const seedsFrom = async (photo: string): Promise<readonly Seed[]> => {
  const upright = sharp(await sharp(photo).resize(96, 64, { fit: 'cover' }).png().toBuffer());
  const tagged = upright.clone().withMetadata({ icc: 'p3', orientation: 6 });
  const veil = await sharp({ create: { width: 96, height: 64, channels: 4, background: '#00000000' } })
    .composite([
      { input: Buffer.from('<svg width="96" height="64"><circle cx="40" cy="30" r="25" fill="#fff"/></svg>') },
    ])
    .png()
    .toBuffer();
  const alpha = await sharp(veil).extractChannel(3).png().toBuffer();
  const clear = sharp(await upright.clone().joinChannel(alpha).png().toBuffer());
  const made: Readonly<Record<string, Promise<Buffer>>> = {
    'png 8': upright.clone().png().toBuffer(),
    'png 8 with profile and orientation': tagged.clone().png().toBuffer(),
    'png 8 with alpha': clear.clone().png().toBuffer(),
    'png 16': upright.clone().toColourspace('rgb16').png().toBuffer(),
    'png grey': upright.clone().toColourspace('b-w').png().toBuffer(),
    'png palette': clear.clone().png({ palette: true, colours: 32 }).toBuffer(),
    'png interlaced': upright.clone().png({ progressive: true }).toBuffer(),
    'jpeg baseline': tagged.clone().jpeg({ quality: 85 }).toBuffer(),
    'jpeg progressive': upright.clone().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
    'jpeg non-interleaved': nonInterleaved(upright),
    'jpeg grey': upright.clone().toColourspace('b-w').jpeg().toBuffer(),
    'jpeg cmyk': upright.clone().toColourspace('cmyk').jpeg().toBuffer(),
    'webp lossy': tagged.clone().webp().toBuffer(),
    'webp lossy with alpha': clear.clone().webp().toBuffer(),
    'webp lossless': clear.clone().webp({ lossless: true }).toBuffer(),
    gif: clear.clone().gif().toBuffer(),
  };
  return Promise.all(Object.entries(made).map(async ([name, bytes]) => ({ name, bytes: await bytes })));
};

type Random = () => number;

/** A whole number from 0 up to, not including, `end`. */
const below = (random: Random, end: number): number => Math.floor(random() * end);

const isPng = (bytes: Buffer): boolean => bytes.readUInt32BE(0) === 0x89504e47;

/** Where the pieces of a file begin: PNG chunks, JPEG segments, RIFF chunks; its last entry is its end. */
const piecesOf = (bytes: Buffer): number[] => {
  const starts: number[] = [];
  if (isPng(bytes)) for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) starts.push(at);
  else if (bytes[0] === 0xff)
    for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2))
      starts.push(at);
  else if (bytes.toString('latin1', 0, 4) === 'RIFF')
    for (let at = 12; at + 8 <= bytes.length; at += 8 + 2 * Math.ceil(bytes.readUInt32LE(at + 4) / 2)) starts.push(at);
  else for (let at = 6; at < bytes.length; at += 64) starts.push(at);
  return starts.length === 0 ? [0, bytes.length] : [...starts, bytes.length];
};

/** Right checksums for wrong chunks of a PNG: else nothing behind the checksum is ever reached. */
const sealed = (bytes: Buffer): Buffer => {
  if (bytes.length < 8 || !isPng(bytes)) return bytes;
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
};

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const pieceAt = (bytes: Buffer, pieces: readonly number[], index: number): Buffer =>
  bytes.subarray(pieces[index], pieces[index + 1]);

const mutations: Readonly<Record<string, Mutation>> = {
  truncation: (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  'bit flips': (bytes, random) => {
    for (let left = 1 + below(random, 12); left > 0; left--)
      bytes[below(random, bytes.length)] ^= 1 << below(random, 8);
    return bytes;
  },
  'header bytes': (bytes, random) => {
    for (let left = 1 + below(random, 3); left > 0; left--)
      bytes[below(random, Math.min(64, bytes.length))] = below(random, 256);
    return bytes;
  },
  run: (bytes, random) => {
    const start = below(random, bytes.length);
    return bytes.fill(
      random() < 0.5 ? 0 : below(random, 256),
      start,
      Math.min(bytes.length, start + 1 + below(random, 200)),
    );
  },
  'swapped pieces': (bytes, random) => {
    const pieces = piecesOf(bytes);
    const order = pieces.slice(0, -1).map((_, index) => index);
    const [one, two] = [below(random, order.length), below(random, order.length)];
    [order[one], order[two]] = [order[two], order[one]];
    return Buffer.concat([bytes.subarray(0, pieces[0]), ...order.map((index) => pieceAt(bytes, pieces, index))]);
  },
  'repeated or lost piece': (bytes, random) => {
    const pieces = piecesOf(bytes);
    const chosen = below(random, pieces.length - 1);
    const times = random() < 0.5 ? 0 : 1 + below(random, 20);
    return Buffer.concat([
      bytes.subarray(0, pieces[chosen]),
      ...Array.from({ length: times }, () => pieceAt(bytes, pieces, chosen)),
      bytes.subarray(pieces[chosen + 1]),
    ]);
  },
  'spliced formats': (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, below(random, bytes.length)), other.subarray(below(random, other.length))]),
  'more at the end': (bytes, _, other) => Buffer.concat([bytes, other]),
};
const kinds = Object.keys(mutations);

/** File number `index`: a seed with one to three things wrong, its checksums right in three of four. */
export const mutated = (seeds: readonly Seed[], index: number): Seed => {
  const random = randomFrom(index);
  const seed = seeds[index % seeds.length];
  let bytes: Buffer = Buffer.from(seed.bytes);
  const done: string[] = [];
  for (let left = 1 + below(random, 3); left > 0 && bytes.length >= 16; left--) {
    const kind = kinds[below(random, kinds.length)];
    const other = seeds[below(random, seeds.length)].bytes;
    bytes = Buffer.from(mutations[kind](bytes, random, other));
    done.push(kind);
  }
  return { name: `${index}: ${seed.name}, ${done.join(', ')}`, bytes: random() < 0.75 ? sealed(bytes) : bytes };
};
