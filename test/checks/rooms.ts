/** The room rule of the design: who may name whom. Imports of types count too. */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

const core = ['fill', 'mask', 'raster', 'services', 'practice', 'jobs', 'protocol', 'ids'];

/** Each room, with the rooms it may name besides itself. The ids and the extension's entry are rooms of one file. */
const mayName: Readonly<Record<string, readonly string[]>> = {
  ids: [],
  fill: [],
  mask: [],
  raster: ['fill', 'mask'],
  services: ['fill', 'mask'],
  practice: ['fill', 'mask'],
  protocol: ['fill', 'mask'],
  jobs: ['fill'],
  page: ['fill', 'mask', 'protocol'],
  host: core,
  cli: core,
  extension: [...core, 'host'],
};

/** Rooms that may import VS Code. */
const inEditor = ['host', 'extension'];
/** Rooms whose code runs in the page as well, and so without Node. */
const withoutNode = ['fill', 'mask', 'protocol', 'page'];
/** The one file outside src/ that code may read. */
const manifest = 'package.json';

/** What breaks the rule, a sentence each. `files`: texts of all sources by path from the checkout, with `/`. */
export function roomFaults(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([file, text]) => {
    const room = roomOf(file);
    if (!(room in mayName)) return [`${file} stands in no room that the design knows`];
    return ts
      .preProcessFile(text, true, true)
      .importedFiles.flatMap(({ fileName }) => importFault(file, room, fileName) ?? []);
  });
}

function importFault(file: string, room: string, name: string): string | undefined {
  if (name.startsWith('.')) {
    const target = posix.join(posix.dirname(file), name);
    if (target === manifest) return undefined;
    const other = roomOf(target);
    if (other === room || mayName[room].includes(other)) return undefined;
    return `${file} names ${target}, but ${room} may name ${mayName[room].join(', ') || 'nobody'}`;
  }
  if (name === 'vscode' && !inEditor.includes(room))
    return `${file} imports vscode; only src/host and src/extension.ts may`;
  if (name === 'undici' && room !== 'cli') {
    return `${file} imports undici, which passes by the proxy and the certificates of VS Code; only src/cli may`;
  }
  const isNode = name.startsWith('node:') || builtinModules.includes(name);
  if (isNode && withoutNode.includes(room)) return `${file} imports ${name}; ${room} runs without Node too`;
  return undefined;
}

/** `fill` for src/fill/plan.ts, `ids` for src/ids.ts; the path itself outside src/. */
function roomOf(file: string): string {
  const [top, room, ...rest] = file.split('/');
  if (top !== 'src' || room === undefined) return file;
  return rest.length > 0 ? room : posix.basename(room, '.ts');
}
