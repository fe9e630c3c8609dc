// Builds dist/ (or --out DIR): the extension, its two worker threads, the pages with their sentences, and the command line,
// with the unmodified libvips beside them, and meta.json, which says what went into each of them.
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const { production, out } = parseArgs({
  options: { production: { type: 'boolean', default: false }, out: { type: 'string', default: 'dist' } },
}).values;

const common = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  legalComments: 'none',
  metafile: true,
};

/** libvips stays a file of its own (LGPL), replaceable: the worker loads dist/vips/. */
const vipsBeside = {
  name: 'vips-beside',
  setup(setup) {
    setup.onResolve({ filter: /^wasm-vips$/ }, () => ({ path: './vips/vips-node.cjs', external: true }));
  },
};

const node = {
  ...common,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
  plugins: [vipsBeside],
  // Files find their neighbours by import.meta.url, which CommonJS has not.
  define: { 'import.meta.url': '__fileUrl' },
  banner: { js: "const __fileUrl = require('node:url').pathToFileURL(__filename).href;" },
};

await rm(out, { recursive: true, force: true });
await mkdir(join(out, 'vips'), { recursive: true });
/** The sentences of the pages, as data: the main bundle reads them when the first page opens. */
const texts = await build({ entryPoints: ['src/protocol/texts.ts'], write: false, format: 'esm' });
const { texts: sentences } = await import(`data:text/javascript,${encodeURIComponent(texts.outputFiles[0].text)}`);

const builds = await Promise.all([
  build({ ...node, entryPoints: { extension: 'src/extension.ts' }, outdir: out, outExtension: { '.js': '.cjs' } }),
  build({
    ...node,
    entryPoints: { raster: 'src/raster/worker.ts', practice: 'src/practice/worker.ts' },
    outdir: out,
    outExtension: { '.js': '.cjs' },
  }),
  build({
    ...common,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: { page: 'src/page/main.ts', history: 'src/page/history/main.ts', paste: 'src/page/paste/main.ts' },
    outdir: out,
  }),
  build({
    ...common,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    entryPoints: { cli: 'src/cli/bin.ts' },
    outdir: out,
    // What is bundled of CommonJS asks for Node's own modules by require.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  }),
]);
const outputs = builds.flatMap(({ metafile }) => Object.entries(metafile.outputs));
const inputs = outputs
  .filter(([file]) => !file.endsWith('.map'))
  .map(([file, output]) => [
    basename(file),
    Object.keys(output.inputs).filter((name) => output.inputs[name].bytesInOutput > 0),
  ]);
await Promise.all([
  writeFile(join(out, 'meta.json'), JSON.stringify(Object.fromEntries(inputs))),
  writeFile(join(out, 'texts.json'), JSON.stringify(sentences)),
  cp('node_modules/wasm-vips/lib/vips.wasm', join(out, 'vips/vips.wasm')),
  cp('node_modules/wasm-vips/lib/vips-node.js', join(out, 'vips/vips-node.cjs')),
  chmod(join(out, 'cli.js'), 0o755),
]);
