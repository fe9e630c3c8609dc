/** The note of a fill in the file it made: read again for "use the settings of this image". */
import * as v from 'valibot';
import { migrateFill } from '../fill/migrate.ts';
import { fillSchema, type Fill } from '../fill/record.ts';
import { readHeader } from './header.ts';
import { partsOf } from './metadata.ts';
import { chunksOf, noteKeyword, textOf } from './metadata/png.ts';
import { xmpNote } from './metadata/xmp.ts';

/** What a file says of its fill: the record, without the addresses of this machine's files. */
export const noteSchema = v.object({
  ...v.omit(fillSchema, ['source', 'save', 'by']).entries,
  source: v.omit(fillSchema.entries.source, ['uri', 'bytes']),
  save: v.omit(fillSchema.entries.save, ['out']),
});

export type Note = v.InferOutput<typeof noteSchema>;

/** JSON of what `noteSchema` describes. */
export const noteText = (fill: Fill): string => JSON.stringify(v.parse(noteSchema, fill));

/** Characters; a note holds a prompt of 10,000 at most, and little else. */
const longest = 1 << 18;

const parsed = (text: string): unknown => {
  if (text.length > longest) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * The note in a PNG, JPEG or WebP file of ours; undefined where there is none, or none that this version understands.
 * Never throws, whatever the bytes: they may come from anybody, so everything in a note is data to be shown and asked
 * about, and the address of the service in it is no address to send a key to.
 */
export const readNote = (bytes: Uint8Array): Note | undefined => {
  const header = readHeader(bytes, '');
  if (!header.ok) return undefined;
  const { format } = header.value;
  const chunks = format === 'png' ? chunksOf(bytes) : [];
  const own = chunks.map((each) => textOf(each, noteKeyword)).find((text) => text !== undefined);
  const xmp = own === undefined ? partsOf({ bytes, format }).xmp : undefined;
  const text = own?.toString('utf8') ?? (xmp && xmpNote(xmp));
  const note = v.safeParse(noteSchema, text === undefined ? undefined : migrateFill(parsed(text)));
  return note.success ? note.output : undefined;
};
