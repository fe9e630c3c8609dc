/** `npm run bench` on a fresh clone: installs what is missing and runs bench/run.ts. */
import { install, run } from './install.js';

if (!install()) process.exit(1);
process.exit((await run('bench/run.ts')) ?? 1);
