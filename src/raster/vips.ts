/**
 * libvips as WebAssembly, one instance a worker. Every handle keeps memory of the module until it is deleted; a worker
 * ends after a few calls, so only large ones are deleted by hand. Never let an error out of a callback: the module hangs.
 * Never hand numbers over as a list or in its place (linear, affine, background): wasm-vips 0.0.19 writes them through a view
 * of the memory as it was at the start, and throws a RangeError once they come to lie beyond it (at 256 MiB).
 */
import createVips from 'wasm-vips';

export type Vips = Awaited<ReturnType<typeof createVips>>;
export type VipsImage = createVips.Image;

/** Samples in the order of the rows, interleaved. */
export type Samples = Uint8Array | Uint16Array;

let started: Promise<Vips> | undefined;

/** The instance of this thread: started by the first call that needs one. */
export const startVips = (): Promise<Vips> => (started ??= start());

/** The most bytes libvips has held at once in this thread; infinite where it could not be started. */
export const mostHeld = async (): Promise<number> => {
  if (started === undefined) return 0;
  return started.then(
    (vips) => vips.Stats.memHighwater(),
    () => Infinity,
  );
};

const start = async (): Promise<Vips> => {
  process.env['VIPS_WARNING'] = '0';
  const silent = () => undefined;
  const vips = await createVips({ dynamicLibraries: [], print: silent, printErr: silent });
  vips.concurrency(1);
  vips.Cache.max(0);
  return vips;
};

/** Opens compressed bytes without copying them into the module. Pixels are decoded when they are asked for, top down. */
export const openImage = (vips: Vips, bytes: Uint8Array): VipsImage => {
  const source = new vips.SourceCustom();
  let position = 0;
  source.onRead = (length) => {
    const part = bytes.subarray(position, position + length);
    position += part.length;
    return part.length === 0 ? undefined : part;
  };
  source.onSeek = (offset, whence) => {
    const from = whence === 0 ? 0 : whence === 1 ? position : bytes.length;
    position = Math.max(0, Math.min(bytes.length, from + Number(offset)));
    return position;
  };
  return vips.Image.newFromSource(source, '', { access: 'sequential', fail_on: 'error' });
};

/** libvips throws objects that are no errors; their message is a list. */
export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error
    ? [error.message].flat().join(': ').trim()
    : String(error);

/** The module's memory is used up: libvips refused, or the module aborted and can do nothing more. */
export const isMemoryError = (error: unknown): boolean =>
  error instanceof WebAssembly.RuntimeError ||
  /out of memory|dimension overflow|array buffer allocation|bad_alloc/i.test(messageOf(error));

/** An image over samples: 1 to 4 bands of 8 or 16 bits, told apart by the type of the array. */
export const imageOf = (vips: Vips, samples: Samples, width: number, height: number): VipsImage => {
  const bands = samples.length / (width * height);
  const wide = samples instanceof Uint16Array;
  const image = vips.Image.newFromMemory(
    samples,
    width,
    height,
    bands,
    wide ? vips.BandFormat.ushort : vips.BandFormat.uchar,
  );
  const interpretation = bands < 3 ? (wide ? 'grey16' : 'b-w') : wide ? 'rgb16' : 'srgb';
  return image.copy({ interpretation });
};

export const samplesOf = (image: VipsImage): Samples => {
  const samples = image.writeToMemory();
  if (samples instanceof Uint8Array || samples instanceof Uint16Array) return samples;
  throw new TypeError(`samples of format ${String(image.format)}`);
};

/** Samples of 8 bits, whatever the depth of the image: 16 bits are divided by 257 and rounded. */
export const eightBits = (image: VipsImage): Uint8Array => {
  const samples = samplesOf(image);
  return samples instanceof Uint8Array ? samples : Uint8Array.from(samples, (value) => Math.round(value / 257));
};
