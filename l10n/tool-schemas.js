// Writes the input schemas of the agent tools into package.json, from the schemas that the code checks a call by.
import { readFileSync, writeFileSync } from 'node:fs';
import { toolSchemas } from '../test/checks/tools.ts';

const file = new URL('../package.json', import.meta.url);
const manifest = JSON.parse(readFileSync(file, 'utf8'));
for (const tool of manifest.contributes.languageModelTools) tool.inputSchema = toolSchemas()[tool.name];
writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
