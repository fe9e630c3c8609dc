import type { Parsed } from './parsed.ts';

const blocks = { extension: 0x21, image: 0x2c, graphicControl: 0xf9 } as const;

const colourTable = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));

/** GIF89a specification, 17 to 23. Reads the blocks before the first frame, which is the one that is used. */
export const parseGif = (bytes: Uint8Array): Parsed => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint16(6, true);
  const height = view.getUint16(8, true);
  let hasAlpha = false;
  let at = 13 + colourTable(view.getUint8(10));
  while (view.getUint8(at) === blocks.extension) {
    if (view.getUint8(at + 1) === blocks.graphicControl) hasAlpha = (view.getUint8(at + 3) & 1) === 1;
    for (at += 2; view.getUint8(at) !== 0;) at += 1 + view.getUint8(at);
    at += 1;
  }
  if (view.getUint8(at) !== blocks.image || width === 0 || height === 0) return { fault: 'truncated' };
  return {
    format: 'gif',
    width,
    height,
    orientation: 1,
    bits: 8,
    channels: hasAlpha ? 4 : 3,
    colour: 'palette',
    hasAlpha,
    hasProfile: false,
    lossless: true,
  };
};
