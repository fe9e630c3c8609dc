/** What the emulator sees in the pictures it gets, and the pictures it gives back. */
import sharp from 'sharp';

export interface Look {
  /** Another picture in the whole frame, or the sent one with another picture where the mask is white. */
  readonly content: 'other' | 'fill';
  /** Levels added to red, green and blue in the whole frame. */
  readonly tone: readonly [number, number, number];
  /** Factor of the sides. */
  readonly scale: number;
  /** Absent: the format that was asked for. */
  readonly format?: 'jpeg' | 'png' | 'webp';
}

export interface Sent {
  readonly image?: unknown;
  readonly mask?: unknown;
}

export interface Complaint {
  readonly field: 'image' | 'mask';
  readonly message: string;
}

export interface Pictures {
  readonly width: number;
  readonly height: number;
  /** Interleaved RGB of the image, and 1 where it is to be filled. */
  readonly rgb: Buffer;
  readonly hole: Uint8Array;
}

const decode = async (field: Complaint['field'], text: unknown) => {
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0)
    throw new Problem({ field, message: 'Not base64' });
  const bytes = Buffer.from(text, 'base64');
  try {
    const metadata = await sharp(bytes).metadata();
    const raw = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    return { ...raw, metadata };
  } catch {
    throw new Problem({ field, message: 'Not an image' });
  }
};

class Problem extends Error {
  readonly complaint: Complaint;
  constructor(complaint: Complaint) {
    super(complaint.message);
    this.complaint = complaint;
  }
}

/**
 * Decodes what was sent and checks it: with a mask the image is RGB without alpha and the mask grey, black and white, of
 * the same size; without one the image has alpha. Stricter than the real service where our design promises more.
 */
export const look = async (sent: Sent): Promise<Pictures | Complaint> => {
  try {
    const image = await decode('image', sent.image);
    const { width, height, channels } = image.info;
    const pixels = width * height;
    const rgb = Buffer.alloc(pixels * 3);
    for (let i = 0; i < pixels; i++)
      for (let c = 0; c < 3; c++) rgb[i * 3 + c] = image.data[i * channels + Math.min(c, channels - 1)];
    if (image.metadata.depth !== 'uchar') throw new Problem({ field: 'image', message: 'More than 8 bits a sample' });

    if (sent.mask === undefined || sent.mask === null) {
      if (!image.metadata.hasAlpha) throw new Problem({ field: 'mask', message: 'A mask or alpha is required' });
      return {
        width,
        height,
        rgb,
        hole: Uint8Array.from({ length: pixels }, (_, i) => Number(image.data[i * 4 + 3] < 128)),
      };
    }
    if (channels !== 3 || image.metadata.hasAlpha)
      throw new Problem({
        field: 'image',
        message: `Expected RGB without alpha beside a mask, got ${channels} channels`,
      });
    const mask = await decode('mask', sent.mask);
    if (mask.info.width !== width || mask.info.height !== height)
      throw new Problem({
        field: 'mask',
        message: `Mask dimensions ${mask.info.width}x${mask.info.height} do not match image ${width}x${height}`,
      });
    if (mask.metadata.channels !== 1) throw new Problem({ field: 'mask', message: 'Expected an 8-bit grey mask' });
    const step = mask.info.channels;
    const hole = new Uint8Array(pixels);
    for (let i = 0; i < pixels; i++) {
      const value = mask.data[i * step];
      if (value !== 0 && value !== 255) throw new Problem({ field: 'mask', message: 'Expected black and white only' });
      hole[i] = value === 255 ? 1 : 0;
    }
    return { width, height, rgb, hole };
  } catch (error) {
    if (error instanceof Problem) return error.complaint;
    throw error;
  }
};

/** One sample of the recognisable picture: crossing waves whose slopes and colours depend on the seed. */
export const sampleAt = (x: number, y: number, channel: number, seed: number): number => {
  const slope = 0.05 + ((seed * 7) % 13) / 100;
  const wave = Math.sin(x * slope + channel * 2) * Math.cos(y * (slope + 0.03) + seed);
  return Math.round(128 + 90 * wave);
};

const clamp = (value: number): number => Math.max(0, Math.min(255, value));

/** The encoded result. */
export const paint = async (pictures: Pictures, seed: number, asked: string, how: Look): Promise<Buffer> => {
  const { width, height, rgb, hole } = pictures;
  const data = Buffer.alloc(rgb.length);
  for (let i = 0; i < hole.length; i++)
    for (let c = 0; c < 3; c++) {
      const kept = how.content === 'fill' && hole[i] === 0;
      const value = kept ? rgb[i * 3 + c] : sampleAt(i % width, Math.floor(i / width), c, seed);
      data[i * 3 + c] = clamp(value + how.tone[c]);
    }
  const size = {
    width: Math.max(1, Math.round(width * how.scale)),
    height: Math.max(1, Math.round(height * how.scale)),
  };
  const format = (how.format ?? asked) as 'jpeg' | 'png' | 'webp';
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ ...size, fit: 'fill' })
    .toFormat(format)
    .toBuffer();
};
