import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomFaults } from './rooms.ts';

const faults = (file: string, text: string): string[] => roomFaults(new Map([[file, text]]));

const allowed: readonly (readonly [string, string])[] = [
  ['src/fill/plan.ts', "import { a } from './geometry.ts'; import * as v from 'valibot';"],
  ['src/page/form/form.ts', "import { a } from '../../fill/plan.ts'; import { b } from '../../protocol/texts.ts';"],
  ['src/host/panel.ts', "import * as vscode from 'vscode'; import { ids } from '../ids.ts'; import 'node:path';"],
  ['src/cli/help.ts', "import manifest from '../../package.json' with { type: 'json' }; import '../jobs/runner.ts';"],
  ['src/extension.ts', "import * as vscode from 'vscode'; import { a } from './host/panels.ts';"],
  ['src/cli/transport.ts', "import { Agent } from 'undici';"],
  ['src/raster/work.ts', "import { readFile } from 'node:fs/promises'; import '../mask/mask.ts';"],
];
for (const [file, text] of allowed) {
  test(`allowed: ${file}: ${text}`, () => assert.deepEqual(faults(file, text), []));
}

const planted: readonly (readonly [string, string])[] = [
  ['src/fill/plan.ts', "import { a } from '../mask/mask.ts';"],
  ['src/mask/mask.ts', "import type { A } from '../fill/geometry.ts';"],
  ['src/mask/mask.ts', "export { a } from '../fill/geometry.ts';"],
  ['src/mask/mask.ts', "let a: import('../fill/geometry.ts').A;"],
  ['src/jobs/runner.ts', "const a = await import('../services/bfl.ts');"],
  ['src/jobs/runner.ts', "import '../mask/mask.ts';"],
  ['src/services/bfl.ts', "import '../raster/engine.ts';"],
  ['src/practice/index.ts', "import '../services/bfl.ts';"],
  ['src/protocol/messages.ts', "import '../host/panel.ts';"],
  ['src/page/form/form.ts', "import '../../host/panel.ts';"],
  ['src/page/main.ts', "import { commands } from '../ids.ts';"],
  ['src/host/panel.ts', "import '../cli/main.ts';"],
  ['src/host/panel.ts', "import '../page/main.ts';"],
  ['src/cli/main.ts', "import '../host/keys.ts';"],
  ['src/ids.ts', "import './fill/plan.ts';"],
  ['src/host/panel.ts', "import { activate } from '../extension.ts';"],
  ['src/extension.ts', "import './page/main.ts';"],
  ['src/cli/main.ts', "import type { Uri } from 'vscode';"],
  ['src/services/http.ts', "import { request } from 'undici';"],
  ['src/fill/plan.ts', "import 'node:fs';"],
  ['src/protocol/messages.ts', "import { join } from 'path';"],
  ['src/page/main.ts', "import 'node:fs/promises';"],
  ['src/raster/work.ts', "import '../../test/servers/bfl.ts';"],
  ['src/else/thing.ts', ''],
  ['src/thing.ts', ''],
];
for (const [file, text] of planted) {
  test(`found: ${file}: ${text}`, () => assert.equal(faults(file, text).length, 1));
}
