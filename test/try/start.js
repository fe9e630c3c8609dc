/** `npm start` on a fresh clone: installs what is missing and runs main.ts. */
import { install, run } from '../install.js';

process.exitCode = install() ? ((await run('try/main.ts')) ?? 1) : 1;
