/**
 * Activates the built extension with nothing behind `vscode`, and tells which modules that loads and what it asks of the
 * disk. Arguments: dist/extension.cjs and the folder of its storage.
 */
import Module, { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { until } from '../waiting.ts';

const [bundle, storage] = process.argv.slice(2);
const loaded: string[] = [];
const calls: string[] = [];

/** Anything at all: what is asked of it is anything again. */
const anything: unknown = new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => '' : name === 'then' ? undefined : anything),
  apply: () => anything,
  construct: () => anything as object,
});

/** The bundle copies the names of a module, and asks its prototype for those that it has not. */
const vscode: unknown = Object.create(anything as object);

type Load = (request: string, ...rest: unknown[]) => unknown;
const loader = Module as unknown as { _load: Load };
const original = loader._load;
loader._load = (request, ...rest) => {
  if (request === 'vscode') return vscode;
  loaded.push(request);
  return original.call(Module, request, ...rest);
};

const require = createRequire(import.meta.url);
const disk = require('node:fs/promises') as Record<string, (...given: unknown[]) => unknown>;
for (const [name, call] of Object.entries(disk))
  if (typeof call === 'function')
    disk[name] = (...given) => {
      if (typeof given[0] === 'string' && given[0].startsWith(storage)) calls.push(name);
      return call(...given);
    };

const began = performance.now();
const { activate } = require(bundle) as { activate: (context: unknown) => void };
activate({
  extensionPath: '/extension',
  extensionUri: pathToFileURL('/extension'),
  globalStorageUri: { fsPath: storage },
  secrets: anything,
  subscriptions: [],
});
const milliseconds = performance.now() - began;
await until('the first call to the disk', () => calls.length > 0);
// Whatever else it asks for would follow.
await new Promise((resolve) => setTimeout(resolve, 500));
console.log(JSON.stringify({ modules: [...new Set(loaded)], calls, milliseconds }));
process.exit(0);
