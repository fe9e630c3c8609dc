/** Where things stand in the checkout. */
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
/** Downloads that are kept between runs; ignored by git. */
export const cache = join(root, '.cache');
/** What tests produce; ignored by git. */
export const out = join(root, 'out');
