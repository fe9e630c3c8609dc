/** A picture that a service made as a whole, by its own outpainting preset: nothing of the source is put back into it. */
import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { fault } from '../fill/faults.ts';
import { encode } from './encode.ts';
import type { Finished, WholeInput } from './engine.ts';
import { decodeResult } from './register.ts';
import { startVips } from './vips.ts';

/**
 * Writes it in the format that was chosen; like the source there is none, so that is a PNG. Nothing lies outside what the
 * service made: the counts are 0 and a warning says so. Faults: result.notAnImage.
 */
export const takeWhole = async ({ result, as, out, note }: WholeInput): Promise<Finished> => {
  const { again, header, description } = await decodeResult(result);
  const about = { header, description, converted: false };
  const encoded = await encode(await startVips(), again, as === 'source' ? 'png' : as, about, note);
  await writeFile(out, encoded.bytes);
  const file = await open(out, 'r+');
  await file.sync().finally(() => file.close());
  return {
    extension: encoded.extension,
    bytes: encoded.bytes.length,
    sha256: createHash('sha256').update(encoded.bytes).digest('hex'),
    exact: encoded.exact,
    changedOutsideEffective: 0,
    changedOutsideBase: 0,
    warnings: [fault('result.whole')],
  };
};
