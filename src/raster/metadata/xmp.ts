/**
 * XMP packets (ISO 16684-1) as Latin-1 text, one character a byte: what is not changed keeps its bytes. No XML is parsed
 * or serialised; a packet in another encoding than UTF-8 shows none of the names looked for and stays as it is.
 */
import { asBuffer, latin1, type Finish } from './parts.ts';

/** The namespace of our own property. It names the product and leads nowhere. */
export const namespace = 'https://flux-fill.invalid/ns/1.0/';

/** Without everything from each `open` to the `close` after it. Linear in time, whatever the text. */
const without = (text: string, open: string, close: string): string => {
  let out = '';
  let at = 0;
  for (;;) {
    const from = text.indexOf(open, at);
    const to = from < 0 ? -1 : text.indexOf(close, from + open.length);
    if (to < 0) return out + text.slice(at);
    out += text.slice(at, from);
    at = to + close.length;
  }
};

/** Sets a property that holds a number, as attribute and as element. */
const withNumber = (text: string, name: string, value: number): string =>
  text
    .replace(new RegExp(`(\\s${name}\\s?=\\s?["'])\\d{1,9}(?=["'])`, 'g'), `$1${value}`)
    .replace(new RegExp(`(<${name}>)\\d{1,9}(?=</${name}>)`, 'g'), `$1${value}`);

/** Attributes of these names are claims about a second image behind the first one, which a new file does not have. */
const claims =
  /\s(?:hdrgm:Version|GCamera:(?:MotionPhoto|MicroVideo)\w{0,40}|GImage:Mime|GImage:Data)\s?=\s?(?:"[^"]*"|'[^']*')/g;

/**
 * The packet, true for a finished picture: no thumbnails, no claim to a gain map or a film behind the image, the pixel
 * dimensions of the picture, and orientation 1 where the samples were turned.
 */
export const uprightXmp = (xmp: Uint8Array, { width, height, turned }: Finish): Buffer => {
  let text = asBuffer(xmp).toString('latin1');
  for (const name of ['xmp:Thumbnails', 'xap:Thumbnails', 'Container:Directory', 'GContainer:Directory'])
    text = without(text, `<${name}>`, `</${name}>`);
  text = text.replace(claims, '');
  text = withNumber(text, 'exif:PixelXDimension', width);
  text = withNumber(text, 'exif:PixelYDimension', height);
  text = withNumber(text, 'tiff:ImageWidth', width);
  text = withNumber(text, 'tiff:ImageLength', height);
  return latin1(turned ? withNumber(text, 'tiff:Orientation', 1) : text);
};

/** The properties of a JPEG's extended packet moved into its main one (XMP part 3, 1.1.3.1). */
export const mergedXmp = (main: Uint8Array, extended: Uint8Array): Buffer => {
  const text = asBuffer(extended).toString('latin1');
  const from = text.indexOf('>', text.indexOf('<rdf:RDF')) + 1;
  const to = text.lastIndexOf('</rdf:RDF>');
  const into = asBuffer(main).toString('latin1');
  const at = into.lastIndexOf('</rdf:RDF>');
  if (from <= 0 || to < from || at < 0) return asBuffer(main);
  const merged = into.slice(0, at) + text.slice(from, to) + into.slice(at);
  return latin1(merged.replace(/\sxmpNote:HasExtendedXMP\s?=\s?["'][0-9A-Fa-f]{32}["']/, ''));
};

const escaped: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescape = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (typeof name === 'string') return named[name.toLowerCase()];
    const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

/** The prefix that a packet binds to our namespace; undefined where it knows nothing of us. */
const prefixIn = (text: string): string | undefined => {
  const at = text.indexOf(namespace);
  return at < 0 ? undefined : /xmlns:([A-Za-z][\w-]{0,40})\s?=\s?["']$/.exec(text.slice(Math.max(0, at - 60), at))?.[1];
};

const open = `<rdf:Description rdf:about="" xmlns:fluxFill="${namespace}" fluxFill:note="`;

/** The packet without a note of ours: as we wrote it, or as an editor wrote it anew. */
export const withoutXmpNote = (xmp: Uint8Array): Buffer => {
  const text = without(asBuffer(xmp).toString('latin1'), open, '"/>');
  const prefix = prefixIn(text);
  if (prefix === undefined) return latin1(text);
  const attribute = new RegExp(`\\s${prefix}:note\\s?=\\s?(?:"[^"]*"|'[^']*')`, 'g');
  return latin1(without(text.replace(attribute, ''), `<${prefix}:note>`, `</${prefix}:note>`));
};

/** The text of a note of ours; undefined where there is none. */
export const xmpNote = (xmp: Uint8Array): string | undefined => {
  const text = asBuffer(xmp).toString('latin1');
  const prefix = prefixIn(text);
  if (prefix === undefined) return undefined;
  const found =
    new RegExp(`\\s${prefix}:note\\s?=\\s?(?:"([^"]*)"|'([^']*)')`).exec(text) ??
    new RegExp(`<${prefix}:note>([^<]*)</${prefix}:note>`).exec(text);
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? undefined : unescape(latin1(value).toString('utf8'));
};

const packetStart = `<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">`;
const packetEnd = '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>';

/**
 * The packet with a note of ours instead of an older one. The note is a property of our own namespace in a description of
 * its own: Photoshop, Lightroom and libraries keep properties they do not know when they save anew, exiftool reads it
 * without a warning, JPEG and WebP hold it alike, and the other descriptions keep their bytes. (A comment or a segment
 * of our own is dropped by most editors; EXIF's UserComment belongs to the person, and writing it moves EXIF's offsets.)
 * Undefined where the packet is one that cannot be added to.
 */
export const withXmpNote = (xmp: Uint8Array | undefined, note: string): Buffer | undefined => {
  const safe = note.replace(/[&<>"'\n\r\t]/g, (character) => escaped[character]);
  const ours = `${open}${Buffer.from(safe, 'utf8').toString('latin1')}"/>`;
  if (xmp === undefined) return latin1(packetStart + ours + packetEnd);
  const text = withoutXmpNote(xmp).toString('latin1');
  const at = text.lastIndexOf('</rdf:RDF>');
  return at < 0 ? undefined : latin1(text.slice(0, at) + ours + text.slice(at));
};

/** The packet without the room for edits behind it: white space before its end mark. */
export const withoutPadding = (xmp: Uint8Array): Buffer =>
  latin1(
    asBuffer(xmp)
      .toString('latin1')
      .replace(/[ \t\r\n]{2,}(?=<\?xpacket end=)/, '\n'),
  );
