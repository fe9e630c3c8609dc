/** From arguments to what is asked for: files read, their formats checked, one request or several. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { failed, fault, ok, type Fault, type Result } from '../fill/faults.ts';
import { inRequests } from '../fill/make.ts';
import { maskNameOf, maskNamesFor } from '../fill/names.ts';
import { expandOf } from '../fill/outpaint.ts';
import type { Fill, SaveChoice } from '../fill/record.ts';
import type { Mask } from '../mask/mask.ts';
import { askFill, type Ask, type MaskFrom, type Opened } from '../raster/ask.ts';
import type { Engine } from '../raster/engine.ts';
import { readHeader, type Header } from '../raster/header.ts';
import type { FillArguments, MaskArgument } from './args.ts';
import type { Chosen } from './house.ts';

export interface AskedRequests {
  /** One a request: several where more images are asked for than the service makes in one. */
  readonly fills: readonly Fill[];
  readonly base: Mask;
  readonly path: string;
  /** What is to be known before anything is sent. */
  readonly warnings: readonly Fault[];
}

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));

/** A pipe or a device would be read for ever. */
export const checkFile = async (path: string): Promise<Fault | undefined> => {
  const name = basename(path);
  try {
    return (await stat(path)).isFile() ? undefined : fault('image.notAFile', { name });
  } catch (error) {
    const reason = reasonOf(error);
    return reason === 'ENOENT' ? fault('image.missing', { name }) : fault('image.unreadable', { name, reason });
  }
};

/** An image by its absolute path. */
export const openFile = async (path: string): Promise<Result<Opened>> => {
  const name = basename(path);
  const wrong = await checkFile(path);
  if (wrong !== undefined) return { ok: false, fault: wrong };
  try {
    const bytes = await readFile(path);
    const header = readHeader(bytes, name);
    if (!header.ok) return header;
    return ok({
      uri: pathToFileURL(path).toString(),
      name,
      input: { name, path },
      header: header.value,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  } catch (error) {
    const reason = reasonOf(error);
    return reason === 'ENOENT' ? failed('image.missing', { name }) : failed('image.unreadable', { name, reason });
  }
};

/** The mask file beside an image, under the first of its usual names that exists. */
const findBeside = async (path: string): Promise<Result<string>> => {
  const name = basename(path);
  for (const candidate of maskNamesFor(name)) {
    const file = join(dirname(path), candidate);
    if (candidate !== name && (await checkFile(file)) === undefined) return ok(file);
  }
  return failed('mask.noneBeside', { name, mask: maskNameOf(name) });
};

const maskFrom = async (mask: MaskArgument, path: string): Promise<Result<MaskFrom>> => {
  if (mask.kind === 'border' || mask.kind === 'alpha') return ok({ kind: mask.kind });
  if (mask.kind === 'rectangle') return ok(mask);
  const found = mask.kind === 'beside' ? await findBeside(path) : ok(resolve(mask.path));
  if (!found.ok) return found;
  const wrong = await checkFile(found.value);
  if (wrong !== undefined) return { ok: false, fault: wrong };
  const input = { name: basename(found.value), path: found.value };
  return ok({ kind: 'file', input, channel: mask.kind === 'file' ? mask.channel : undefined });
};

type OutFormat = Exclude<Header['format'], 'gif'>;

const formatOf = (path: string): OutFormat => {
  const extension = extname(path).slice(1).toLowerCase();
  return extension === 'png' || extension === 'webp' ? extension : 'jpeg';
};

/** Pixels of a side at most: ITU-T T.81 B.2.2; RFC 9649, 2.6. */
const longestSide = { png: Number.POSITIVE_INFINITY, jpeg: 65_535, webp: 16_383 } as const;

/** What of the source a format does not hold; undefined where it holds all. */
const lackOf = (format: OutFormat, header: Header): string | undefined => {
  if (format === 'png') return undefined;
  if (header.bits > 8) return `${header.bits} bits a sample`;
  if (format === 'jpeg' && header.hasAlpha) return 'transparency';
  const longest = longestSide[format];
  return Math.max(header.width, header.height) > longest ? `sides of more than ${longest} pixels` : undefined;
};

/** --out decides by its extension; without it the result is an exact PNG. */
export const saveAs = (out: string | undefined, header: Header): Result<SaveChoice> => {
  if (out === undefined) return ok('png');
  const format = formatOf(out);
  const what = lackOf(format, header);
  if (what !== undefined) return failed('argument.out', { name: out, format: format.toUpperCase(), what });
  // CMYK is not written: a JPEG asked for by name is an sRGB one.
  return ok(format === header.format && header.colour !== 'cmyk' ? 'source' : format);
};

/** Where --out says. */
export const placeOf = ({
  out,
  force,
}: {
  readonly out: string | undefined;
  readonly force: boolean;
}): Pick<Fill['save'], 'out'> => (out === undefined ? {} : { out: { path: resolve(out), overwrite: force } });

/** What is asked for of an image that was opened from `path`. */
export const askOf = async (asked: FillArguments, source: Opened, path: string): Promise<Result<Ask>> => {
  const { header, name } = source;
  const { mask, ownPreset: preset } = asked;
  const border = mask.kind === 'border' && preset === undefined;
  const expand = border ? expandOf(header, name, mask.by, asked.overlap) : ok(undefined);
  if (!expand.ok) return expand;
  const as = preset === undefined ? saveAs(asked.out, header) : ok(formatOf(asked.out ?? '.png'));
  if (!as.ok) return as;
  const from = await maskFrom(mask, path);
  if (!from.ok) return from;
  return ok({
    mask: from.value,
    settings: asked.settings,
    parameters: asked.parameters,
    expand: expand.value,
    window: asked.window,
    preset,
    send: asked.send === 'alpha' ? 'alpha' : undefined,
    images: asked.images,
    save: { as: as.value, opaque: asked.opaque, tone: asked.tone, note: asked.note, ...placeOf(asked) },
  });
};

export const askRequests = async (
  engine: Engine,
  asked: FillArguments,
  service: Chosen,
): Promise<Result<AskedRequests>> => {
  const path = resolve(asked.image);
  const source = await openFile(path);
  if (!source.ok) return source;
  const ask = await askOf(asked, source.value, path);
  if (!ask.ok) return ask;
  const made = await askFill(engine, source.value, ask.value, service);
  if (!made.ok) return made;
  const { fill, base, warnings } = made.value;
  const fills = inRequests(fill, asked.images, service.abilities, Date.now(), Math.random);
  return ok({ fills, base, path, warnings });
};
