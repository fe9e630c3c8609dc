/** JPEG: our compressed data behind the source's own segments, byte for byte (ITU-T T.81, B.1.1; JFIF 1.02). */
import { uprightExif } from './exif.ts';
import { asBuffer, bareExif, join, latin1, profileFits, type Density, type Finish, type Parts } from './parts.ts';
import { mergedXmp, uprightXmp, withoutPadding, withoutXmpNote, withXmpNote } from './xmp.ts';

const markers = { app0: 0xe0, app1: 0xe1, app2: 0xe2, app11: 0xeb, app13: 0xed, app14: 0xee, app15: 0xef } as const;
const scan = 0xda;
const comment = 0xfe;

const names = {
  jfif: 'JFIF\0',
  jfxx: 'JFXX\0',
  exif: 'Exif\0\0',
  xmp: 'http://ns.adobe.com/xap/1.0/\0',
  extended: 'http://ns.adobe.com/xmp/extension/\0',
  profile: 'ICC_PROFILE\0',
  pictures: 'MPF\0',
  gainMap: 'urn:iso:std:iso:ts:21496:-1\0',
  photoshop: 'Photoshop 3.0\0',
  adobe: 'Adobe',
} as const;

/** Bytes of content that one segment holds. */
const capacity = 65_533;

interface Segment {
  readonly marker: number;
  readonly data: Buffer;
}

/** The segments before the first scan, and where that starts. */
const segmentsOf = (jpeg: Uint8Array): { readonly segments: Segment[]; readonly scanAt: number } => {
  const bytes = asBuffer(jpeg);
  const segments: Segment[] = [];
  let at = 2;
  while (at + 4 <= bytes.length) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker === 0xff || marker === 0) {
      at += 1;
      continue;
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    if (marker === scan || marker === 0xd9) break;
    const end = at + 2 + Math.max(2, bytes.readUInt16BE(at + 2));
    if (end > bytes.length) break;
    segments.push({ marker, data: bytes.subarray(at + 4, end) });
    at = end;
  }
  return { segments, scanAt: at };
};

const written = ({ marker, data }: Segment): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return join([head, data]);
};

const isNamed = (segment: Segment, marker: number, name: string): boolean =>
  segment.marker === marker && segment.data.toString('latin1', 0, name.length) === name;

const after = (segment: Segment, name: string): Buffer => segment.data.subarray(name.length);

/** The parts of the profile by their numbers. ICC.1:2022, B.4. */
const profileOf = (segments: readonly Segment[]): Buffer | undefined => {
  const parts = segments.filter((each) => isNamed(each, markers.app2, names.profile) && each.data.length > 14);
  const ordered = parts.toSorted((a, b) => a.data[12] - b.data[12]).map(({ data }) => data.subarray(14));
  return ordered.length === 0 ? undefined : join(ordered);
};

/** The extended packet: after the name 32 characters of its digest, its length, and where each part belongs. */
const extendedOf = (segments: readonly Segment[]): Buffer | undefined => {
  const parts = segments
    .filter((each) => isNamed(each, markers.app1, names.extended))
    .map((each) => after(each, names.extended))
    .filter((data) => data.length > 40)
    .toSorted((a, b) => a.readUInt32BE(36) - b.readUInt32BE(36));
  return parts.length === 0 ? undefined : join(parts.map((data) => data.subarray(40)));
};

const perMetre: Readonly<Record<number, number>> = { 1: 1 / 0.0254, 2: 100 };

const densityOf = (jfif: Segment | undefined): Density | undefined => {
  if (jfif === undefined || jfif.data.length < 12) return undefined;
  const scale = perMetre[jfif.data[7]];
  const [x, y] = [jfif.data.readUInt16BE(8), jfif.data.readUInt16BE(10)];
  if (x === 0 || y === 0 || (scale === undefined && x === y)) return undefined;
  return { x: Math.round(x * (scale ?? 1)), y: Math.round(y * (scale ?? 1)), absolute: scale !== undefined };
};

/** Everything before the first scan. */
export const jpegDescription = (jpeg: Uint8Array): Uint8Array =>
  new Uint8Array(jpeg.subarray(0, segmentsOf(jpeg).scanAt));

export const jpegParts = (jpeg: Uint8Array): Parts => {
  const { segments } = segmentsOf(jpeg);
  const find = (marker: number, name: string) => segments.find((each) => isNamed(each, marker, name));
  const icc = profileOf(segments);
  const exif = find(markers.app1, names.exif);
  const main = find(markers.app1, names.xmp);
  const extended = extendedOf(segments);
  const density = densityOf(find(markers.app0, names.jfif));
  const xmp = main && after(main, names.xmp);
  return {
    ...(icc && { icc }),
    ...(exif && { exif: bareExif(exif.data) }),
    ...(xmp && { xmp: extended ? mergedXmp(xmp, extended) : xmp }),
    ...(density && { density }),
  };
};

/** Image resources of Photoshop that hold a thumbnail (Photoshop file formats, image resource ids). */
const thumbnails: readonly number[] = [1033, 1036];

/** The resources without thumbnails; as they are where they cannot be read or reach into another segment. */
const withoutThumbnails = (segment: Segment): Segment => {
  const { data } = segment;
  const kept: Uint8Array[] = [data.subarray(0, names.photoshop.length)];
  for (let at = names.photoshop.length; at < data.length;) {
    if (at + 12 > data.length || data.toString('latin1', at, at + 4) !== '8BIM') return segment;
    const sizeAt = at + 6 + ((data[at + 6] + 2) & ~1);
    if (sizeAt + 4 > data.length) return segment;
    const size = data.readUInt32BE(sizeAt);
    const end = sizeAt + 4 + size + (size & 1);
    if (sizeAt + 4 + size > data.length) return segment;
    if (!thumbnails.includes(data.readUInt16BE(at + 4))) kept.push(data.subarray(at, end));
    at = end;
  }
  return { ...segment, data: join(kept) };
};

const jfifLength = 14;

/** JFIF without the thumbnail that may stand at its end. */
const bareJfif = (segment: Segment): Segment => {
  if (segment.data.length <= jfifLength) return segment;
  const data = Buffer.from(segment.data.subarray(0, jfifLength));
  data.fill(0, 12);
  return { ...segment, data };
};

/**
 * A segment of the source as it stands in the new file; undefined where it would lie there: thumbnails of their own
 * (JFXX), the index of further pictures (MPF) and the gain map's version, since neither those pictures nor the gain map
 * follow any more, signed manifests (JUMBF in APP11), and an Adobe marker that states another transform than ours.
 */
const carried = (segment: Segment, finish: Finish): Segment | undefined => {
  const { marker, data } = segment;
  const named = (wanted: number, name: string): boolean => isNamed(segment, wanted, name);
  if (named(markers.app0, names.jfif)) return bareJfif(segment);
  if (named(markers.app0, names.jfxx) || marker === markers.app11) return undefined;
  if (named(markers.app2, names.pictures) || named(markers.app2, names.gainMap)) return undefined;
  if (named(markers.app1, names.exif)) {
    const exif = uprightExif(data.subarray(names.exif.length), finish);
    return { marker, data: join([latin1(names.exif), exif]) };
  }
  if (named(markers.app1, names.xmp)) {
    const xmp = withoutXmpNote(uprightXmp(after(segment, names.xmp), finish));
    return { marker, data: join([latin1(names.xmp), xmp]) };
  }
  if (named(markers.app13, names.photoshop)) return withoutThumbnails(segment);
  if (named(markers.app14, names.adobe)) return data[11] === 1 && finish.channels === 3 ? segment : undefined;
  return segment;
};

const isDescription = ({ marker }: Segment): boolean =>
  (marker >= markers.app0 && marker <= markers.app15) || marker === comment;

const profileSegments = (icc: Uint8Array): Segment[] => {
  const room = capacity - 14;
  const count = Math.ceil(icc.length / room);
  return Array.from({ length: count }, (_, index) => ({
    marker: markers.app2,
    data: join([
      latin1(names.profile),
      Uint8Array.of(index + 1, count),
      icc.subarray(index * room, (index + 1) * room),
    ]),
  }));
};

const jfif = ({ x, y, absolute }: Density): Segment => {
  const data = Buffer.concat([latin1(names.jfif), Buffer.from([1, 1, absolute ? 1 : 0, 0, 0, 0, 0, 0, 0])]);
  const scale = absolute ? 0.0254 : 1;
  data.writeUInt16BE(Math.min(0xffff, Math.max(1, Math.round(x * scale))), 8);
  data.writeUInt16BE(Math.min(0xffff, Math.max(1, Math.round(y * scale))), 10);
  return { marker: markers.app0, data };
};

/** Segments that stand for the parts of another format's file. */
const segmentsFrom = ({ icc, exif, xmp, density }: Parts, finish: Finish): Segment[] =>
  [
    jfif(density ?? { x: 1, y: 1, absolute: false }),
    ...(exif ? [{ marker: markers.app1, data: join([latin1(names.exif), uprightExif(exif, finish)]) }] : []),
    ...(xmp
      ? [{ marker: markers.app1, data: join([latin1(names.xmp), withoutXmpNote(uprightXmp(xmp, finish))]) }]
      : []),
    ...(icc && icc.length < 255 * (capacity - 14) && profileFits(icc, finish) ? profileSegments(icc) : []),
  ].filter(({ data }) => data.length <= capacity);

/** The note in the main packet, without the packet's padding where it is needed; undefined where it does not fit. */
const noted = (segments: readonly Segment[], note: string): Segment[] | undefined => {
  const main = segments.find((each) => isNamed(each, markers.app1, names.xmp));
  const fitting = [(xmp: Buffer) => xmp, withoutPadding]
    .map((shortened) => withXmpNote(main && shortened(after(main, names.xmp)), note))
    .find((xmp) => xmp !== undefined && xmp.length + names.xmp.length <= capacity);
  if (fitting === undefined) return undefined;
  const made: Segment = { marker: markers.app1, data: join([latin1(names.xmp), fitting]) };
  return main === undefined ? [...segments, made] : segments.map((each) => (each === main ? made : each));
};

/**
 * Tables and scans of `made` behind the segments that describe the picture: those of `source` (a JPEG), or else `parts`.
 * `noted` is false where the note found no room: one segment must hold it together with the source's XMP.
 */
export const spliceJpeg = (
  made: Uint8Array,
  source: Uint8Array | undefined,
  parts: Parts,
  finish: Finish,
  note: string | undefined,
): { readonly bytes: Buffer; readonly noted: boolean } => {
  const own = segmentsOf(made);
  const coding = own.segments.filter((each) => !isDescription(each) || isNamed(each, markers.app14, names.adobe));
  const fits = finish.converted ? false : parts.icc === undefined || profileFits(parts.icc, finish);
  const theirs =
    source === undefined
      ? segmentsFrom(parts, finish)
      : segmentsOf(source)
          .segments.filter(isDescription)
          .filter((each) => fits || !isNamed(each, markers.app2, names.profile))
          .flatMap((each) => carried(each, finish) ?? []);
  const withNote = note === undefined ? undefined : noted(theirs, note);
  const adobe = theirs.some((each) => isNamed(each, markers.app14, names.adobe));
  const described = (withNote ?? theirs).concat(coding.filter((each) => !adobe || each.marker !== markers.app14));
  return {
    bytes: join([made.subarray(0, 2), ...described.map(written), made.subarray(own.scanAt)]),
    noted: note === undefined || withNote !== undefined,
  };
};
