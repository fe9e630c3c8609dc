// Writes into package.json, from the schemas that the code checks them by, the inputs of the agent tools and the ranges and
// defaults of the settings.
import { readFileSync, writeFileSync } from 'node:fs';
import { settingSchemas } from '../test/checks/settings.ts';
import { toolSchemas } from '../test/checks/tools.ts';

const file = new URL('../package.json', import.meta.url);
const manifest = JSON.parse(readFileSync(file, 'utf8'));
const { languageModelTools, configuration } = manifest.contributes;
for (const tool of languageModelTools) tool.inputSchema = toolSchemas()[tool.name];
for (const [name, schema] of Object.entries(settingSchemas())) {
  const {
    type: _type,
    enum: _enum,
    minimum: _min,
    maximum: _max,
    maxLength: _length,
    ...rest
  } = configuration.properties[name];
  configuration.properties[name] = { ...schema, ...rest, default: schema.default };
}
writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
