import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guidance, seed, steps } from '../../src/fill/parameters.ts';
import { tools } from '../../src/ids.ts';
import { toolFaults, toolSchemas } from './tools.ts';

const manifest = (change: (tool: Record<string, unknown>) => void = () => {}) => {
  const languageModelTools = Object.entries(toolSchemas()).map(([name, inputSchema]) => ({ name, inputSchema }));
  change(languageModelTools[0].inputSchema as Record<string, unknown>);
  return { contributes: { languageModelTools } };
};

test('a tool with another range, an unknown one and a missing one are found', () => {
  assert.deepEqual(toolFaults(manifest()), []);
  const other = manifest((schema) => {
    (schema['properties'] as { steps: { maximum: number } }).steps.maximum = 51;
  });
  assert.match(toolFaults(other).join(), new RegExp(`^the input of ${tools.fill} .*out of date`));
  assert.equal(toolFaults({ contributes: { languageModelTools: [{ name: 'other' }] } }).length, 3);
});

test('the ranges a model reads are those of the parameters, and the prompt is needed for a fill only', () => {
  type Schema = { properties: Record<string, { minimum: number; maximum: number }>; required: string[] };
  const schemas = toolSchemas() as Record<string, Schema>;
  for (const [name, range] of Object.entries({ steps, guidance, seed }))
    for (const schema of Object.values(schemas)) {
      const { minimum, maximum } = schema.properties[name];
      assert.deepEqual([minimum, maximum], [range.min, range.max], name);
    }
  assert.deepEqual(schemas[tools.fill].required, ['image', 'prompt']);
  assert.deepEqual(schemas[tools.plan].required, ['image']);
});
