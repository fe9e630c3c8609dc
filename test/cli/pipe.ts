import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A file that is only read to its end when it was opened for writing and closed again. Not on Windows. */
export const makePipe = (path: string): Promise<unknown> => promisify(execFile)('mkfifo', [path]);
