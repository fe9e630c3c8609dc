/** `npm run bench`: every test/bench/*.bench.ts in a process of its own, in order. Arguments choose some by name. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';

const chosen = process.argv.slice(2);
const files = globSync('*.bench.ts', { cwd: import.meta.dirname }).sort();
for (const file of files.filter((name) => chosen.length === 0 || chosen.includes(basename(name, '.bench.ts')))) {
  console.log(`\n== ${file}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, file)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
