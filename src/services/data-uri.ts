/** Pictures inside a request (RFC 2397). */

const head = 'data:image/png;base64,';

export const dataUri = (png: Uint8Array): string => `${head}${Buffer.from(png).toString('base64')}`;

/** Characters of the data URI of so many bytes. */
export const dataUriLength = (bytes: number): number => head.length + 4 * Math.ceil(bytes / 3);
