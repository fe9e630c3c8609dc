/** What a worker does, one function a call of the engine. Throws FaultErrors. */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { threadId } from 'node:worker_threads';
import { fault, raise, type Fault } from '../fill/faults.ts';
import type { Size } from '../fill/geometry.ts';
import { settledRect } from '../fill/steps.ts';
import { pasteMask } from '../mask/copy.ts';
import { effectiveIn, effectiveMask } from '../mask/effective.ts';
import { emptyMask, type Box, type Mask, type Settings } from '../mask/mask.ts';
import { fillRectangle } from '../mask/strokes.ts';
import { bounds, coverage, islands } from '../mask/measure.ts';
import { maskFromAlpha, maskFromPixels, readMask, type MaskChannel, type MaskReading } from '../mask/sources.ts';
import { composite, type CompositeInput } from './composite.ts';
import { decode, fromSrgb, ownProfile, toEightBitRgb, type Decoded } from './decode.ts';
import { encode, startEncoding } from './encode.ts';
import { onCanvas } from './canvas.ts';
import type { FinishInput, Finished, ImageInput, Prepared, PrepareInput, Step } from './engine.ts';
import { budget } from './header/limits.ts';
import { register } from './register.ts';
import { correctTone } from './tone/correct.ts';
import { countChanged, savedFile, savedImage } from './verify.ts';
import { eightBits, imageOf, samplesOf, startVips, type Samples, type Vips, type VipsImage } from './vips.ts';
import { scaleTo, whiteAt, windowImage, windowMask } from './window.ts';

/** Flat areas: level 6 is a fraction of level 1, and quick all the same. */
const maskCompression = 6;

const alphaMask = (source: ImageInput, { image }: Decoded): Mask => {
  const { name } = source;
  if (!image.hasAlpha()) return raise('mask.noAlpha', { name });
  const alpha = image.extractBand(image.bands - 1);
  const mask = maskFromAlpha(eightBits(alpha), 1, image.width, image.height);
  return bounds(mask) === null ? raise('mask.noAlpha', { name }) : mask;
};

export const maskFromAlphaOf = async (source: ImageInput): Promise<Mask> => alphaMask(source, await decode(source));

export const maskFromFile = async (
  file: ImageInput,
  expected: { readonly name: string } & Size,
  scale: boolean,
  channel?: MaskChannel,
): Promise<MaskReading> => {
  const { image } = await decode(file);
  const { name, width, height } = expected;
  const same = image.width === width && image.height === height;
  if (!same && !scale)
    return raise('mask.size', {
      mask: file.name,
      maskWidth: image.width,
      maskHeight: image.height,
      image: name,
      width,
      height,
    });
  const fitted = same ? image : image.resize(width / image.width, { vscale: height / image.height, kernel: 'nearest' });
  const pixels = eightBits(fitted);
  return (
    readMask(pixels, fitted.bands, width, height, channel) ??
    raise('mask.noChannel', { name: file.name, channel: channel ?? '' })
  );
};

export const writeMask = async (base: Mask, settings: Settings | undefined, out: string): Promise<null> => {
  const { width, height, data } = settings === undefined ? base : effectiveMask(base, settings);
  const image = imageOf(await startVips(), data, width, height);
  writeFileSync(out, image.pngsaveBuffer({ compression: maskCompression, keep: 'none' }));
  await reachDisk(out);
  return null;
};

/** Longer side of a small picture, in pixels. */
const smallSide = 320;

/** Whole or not at all, but not waited for by the disk: whoever misses it makes it again. */
export const thumbnail = async (input: ImageInput, out: string): Promise<null> => {
  const { image } = await decode(input);
  const small = image.thumbnailImage(smallSide, { height: smallSide, size: 'down', no_rotate: true });
  const shown = small.format === 'uchar' ? small : small.colourspace('srgb').cast('uchar');
  const begun = `${out}.${process.pid}-${threadId}`;
  writeFileSync(begun, shown.webpsaveBuffer({ Q: 80, keep: 'none' }));
  renameSync(begun, out);
  return null;
};

/** Looked at on a small copy: masks stay black and white when pixels are picked, not averaged. */
const lookedAt = 512;
const nearly = 8;

export const binariness = async (file: ImageInput): Promise<number> => {
  const { image } = await decode(file);
  const scale = Math.min(1, lookedAt / Math.max(image.width, image.height));
  const small = scale === 1 ? image : image.resize(scale, { kernel: 'nearest' });
  const { data } = maskFromPixels(eightBits(small), small.bands, small.width, small.height);
  return data.filter((value) => value <= nearly || value >= 255 - nearly).length / data.length;
};

export const measure = (
  base: Mask,
  settings: Settings,
): Promise<{ readonly bounds: Box | null; readonly coverage: number; readonly islands: number }> => {
  const effective = effectiveMask(base, settings);
  return Promise.resolve({ bounds: bounds(effective), coverage: coverage(effective), islands: islands(effective) });
};

export const coversTransparency = async (source: ImageInput, base: Mask, settings: Settings): Promise<boolean> => {
  const { image } = await decode(source);
  if (!image.hasAlpha() || image.width !== base.width || image.height !== base.height) return false;
  const alpha = eightBits(image.extractBand(image.bands - 1));
  const { data } = effectiveMask(base, settings);
  return data.some((strength, at) => strength > 0 && alpha[at] < 255);
};

const checkSize = (image: VipsImage, base: Mask, name: string): void => {
  if (image.width === base.width && image.height === base.height) return;
  raise('mask.size', {
    mask: 'mask',
    maskWidth: base.width,
    maskHeight: base.height,
    image: name,
    width: image.width,
    height: image.height,
  });
};

/**
 * The source on its canvas, opened for one pass from the top down each time it is asked for. Mirrored pixels are taken from
 * rows in any order, so an expanded image is held whatever its size.
 */
const openCanvas = async ({ source, expand, base }: PrepareInput, soft: boolean, most: number) => {
  const decoded = await decode(source, expand === undefined ? most : Infinity);
  const { again, samples, header, converted, description } = decoded;
  const canvas = (): VipsImage => onCanvas(again(), expand, soft);
  checkSize(canvas(), base, source.name);
  return { canvas, samples: expand === undefined ? samples : undefined, header, converted, description };
};

/** `held`: the largest raster in bytes that is kept in memory instead of read again for each pass. */
export const prepare = async (input: PrepareInput, held: number = budget.held): Promise<Prepared> => {
  const { settings, plan, send, earlier = [] } = input;
  const { canvas } = await openCanvas(input, true, held);
  const vips = await startVips();
  const open = openMask(input);
  const { filled } = await putIn(vips, input, canvas, open, earlier);
  const effective = effectiveIn(open(earlier), { ...settings, invert: false }, plan.window);
  if (bounds(effective) === null) return raise('mask.empty');
  const white = whiteAt(effective, plan.scaled);
  const image = windowImage(vips, filled(), plan, send === 'alpha' ? white : undefined);
  return { image, mask: windowMask(vips, white, plan) };
};

/** The returned sRGB samples in the colours and depth of the source. */
const intoSource = (vips: Vips, rgb: Uint8Array, size: Size, image: VipsImage): Samples => {
  const wide = image.format === 'ushort';
  const returned = imageOf(vips, rgb, size.width, size.height);
  const profile = ownProfile(vips, image);
  if (profile !== undefined) return samplesOf(fromSrgb(returned, profile, wide ? 16 : 8));
  const converted = image.bands < 3 ? returned.colourspace('b-w') : returned;
  const samples = samplesOf(converted);
  return wide ? Uint16Array.from(samples, (value) => value * 257) : samples;
};

const invertedIf = (base: Mask, invert: boolean): Mask =>
  invert ? { ...base, data: base.data.map((value) => 255 - value) } : base;

/** Waits until the disk has what was written. */
const reachDisk = async (path: string): Promise<void> => {
  const file = await openFile(path, 'r+');
  await file.sync().finally(() => file.close());
};

type Blending = Pick<FinishInput, 'settings' | 'fromAlpha' | 'opaque' | 'tone'>;

const transparencyOf = ({ settings, fromAlpha, opaque }: Blending): CompositeInput['transparency'] => {
  if (fromAlpha) return settings.invert ? 'keep' : 'behind';
  return opaque ? 'cover' : 'keep';
};

/** What came back, in place and in tone, as 8-bit sRGB of the window's size. */
const returnedWindow = async (
  vips: Vips,
  { plan, result }: Step,
  input: Blending,
  source: VipsImage,
  strength: Mask,
) => {
  const { scaled, window } = plan;
  const sent = eightBits(scaleTo(vips, toEightBitRgb(vips, source), scaled));
  const hole = whiteAt(strength, scaled);
  const { rgb, isSamePicture, warnings } = await register(vips, result, plan, sent, hole);
  if (isSamePicture && input.tone !== false) correctTone(sent, rgb, hole, scaled);
  return { rgb: eightBits(scaleTo(vips, imageOf(vips, rgb, scaled.width, scaled.height), window)), warnings };
};

const filledWindow = async (vips: Vips, step: Step, input: Blending, image: VipsImage, strength: Mask) => {
  const { window } = step.plan;
  const source = image.crop(window.x, window.y, window.width, window.height).copyMemory();
  const samples = samplesOf(source);
  const { rgb, warnings } = await returnedWindow(vips, step, input, source, strength);
  composite({
    source: samples,
    bands: image.bands,
    fill: intoSource(vips, rgb, window, image),
    strength: strength.data,
    transparency: transparencyOf(input),
  });
  return { samples, warnings };
};

/** The base mask, inverted where asked, without what steps have settled: what is still open after them. */
const openMask = ({ base, settings }: Pick<PrepareInput, 'base' | 'settings'>) => {
  const whole = invertedIf(base, settings.invert);
  return (done: readonly Step[]): Mask => {
    if (done.length === 0) return whole;
    const open = { ...whole, data: whole.data.slice() };
    for (const { plan } of done) fillRectangle(open, settledRect(whole, plan.window), 'erase');
    return open;
  };
};

/**
 * The image with what came back of each step put in, one after the other, opened anew each time it is asked for; and the
 * effective mask that each was put in by, in its window.
 */
const putIn = async (
  vips: Vips,
  input: Pick<PrepareInput, 'settings' | 'fromAlpha' | 'opaque' | 'tone'>,
  canvas: () => VipsImage,
  open: (done: readonly Step[]) => Mask,
  steps: readonly Step[],
): Promise<{
  readonly filled: () => VipsImage;
  readonly strengths: readonly Mask[];
  readonly warnings: readonly Fault[];
}> => {
  const windows: { readonly image: VipsImage; readonly box: Box }[] = [];
  const strengths: Mask[] = [];
  const filled = (): VipsImage =>
    windows.reduce((whole, { image, box }) => whole.insert(image, box.x, box.y), canvas());
  const told: Fault[] = [];
  for (const [index, step] of steps.entries()) {
    const { window } = step.plan;
    const strength = effectiveIn(open(steps.slice(0, index)), { ...input.settings, invert: false }, window);
    strengths.push(strength);
    const { samples, warnings } = await filledWindow(vips, step, input, filled(), strength);
    windows.push({ image: imageOf(vips, samples, window.width, window.height), box: window });
    told.push(...warnings.filter(({ code }) => told.every((known) => known.code !== code)));
  }
  return { filled, strengths, warnings: told };
};

/** `held` as for `prepare`. */
export const finish = async (input: FinishInput, held: number = budget.held): Promise<Finished> => {
  const { canvas, samples, ...about } = await openCanvas(input, false, held);
  const vips = await startVips();
  const { header, converted } = about;
  const open = openMask(input);
  const base = open([]);
  const steps = [...(input.earlier ?? []), input];
  const windows = steps.map(({ plan }) => plan.window);
  const started = samples && startEncoding(canvas(), samples, input.as, about, windows);
  const { filled, strengths, warnings } = await putIn(vips, input, canvas, open, steps);
  const encoded = await encode(vips, filled, input.as, about, input.note, started);
  writeFileSync(input.out, encoded.bytes);
  const effective = emptyMask(base.width, base.height);
  // Later steps saw less of the base mask than there is.
  for (const [index, window] of windows.entries()) {
    const part = index === 0 ? strengths[0] : effectiveIn(base, { ...input.settings, invert: false }, window);
    pasteMask(part, effective, window.x, window.y);
  }
  // Where the format loses, what it was made from is compared.
  const saved = encoded.exact ? savedFile(vips, readFileSync(input.out)) : savedImage(filled());
  const [changed] = await Promise.all([
    countChanged({ pristine: canvas(), held: samples, saved, effective, base }),
    reachDisk(input.out),
  ]);
  const told: Fault[] = [...warnings];
  if (converted) told.push(fault('source.cmyk', { name: input.source.name }));
  if (header.format === 'gif') told.push(fault('source.gif', { name: input.source.name }));
  if (!encoded.noted) told.push(fault('save.noNote', { name: input.source.name }));
  if (changed.outsideEffective > 0) told.push(fault('result.changedOutside', { count: changed.outsideEffective }));
  return {
    extension: encoded.extension,
    bytes: encoded.bytes.length,
    sha256: createHash('sha256').update(encoded.bytes).digest('hex'),
    exact: encoded.exact,
    changedOutsideEffective: changed.outsideEffective,
    changedOutsideBase: changed.outsideBase,
    warnings: told,
  };
};
