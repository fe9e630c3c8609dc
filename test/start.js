/** `npm test` on a fresh clone: installs what is missing and runs run.ts. */
import { install, run } from './install.js';

/** Whatever went wrong before the tests could count themselves is one failure. */
const stop = (reason) => {
  console.log(`${reason}\n0 passed, 1 failed`);
  process.exit(1);
};

if (!install()) stop('npm ci failed.');
const status = await run('run.ts');
if (status === null) stop('The tests were ended from outside.');
process.exit(status);
