/** The tools for agents in package.json are those of the code, and their inputs have the very ranges that the code checks. */
import { isDeepStrictEqual } from 'node:util';
import { toJsonSchema } from '@valibot/to-json-schema';
import { fillInputSchema, planInputSchema } from '../../src/host/agent/input.ts';
import { tools } from '../../src/ids.ts';

/** The input schemas, by the name of the tool, as package.json has them. */
export const toolSchemas = (): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [[tools.fill, fillInputSchema] as const, [tools.plan, planInputSchema] as const].map(([name, schema]) => {
      const { $schema: _, ...rest } = toJsonSchema(schema, { typeMode: 'input' });
      return [name, JSON.parse(JSON.stringify(rest))];
    }),
  );

export interface ToolManifest {
  readonly contributes: {
    readonly languageModelTools?: readonly { readonly name: string; readonly inputSchema?: unknown }[];
  };
}

/** A sentence for each tool that is unknown, missing, or has another input in the manifest. */
export function toolFaults({ contributes }: ToolManifest): string[] {
  const given = contributes.languageModelTools ?? [];
  const schemas = toolSchemas();
  return [
    ...given.filter(({ name }) => !(name in schemas)).map(({ name }) => `tool ${name} of package.json is not known`),
    ...Object.entries(schemas).flatMap(([name, schema]) => {
      const tool = given.find((each) => each.name === name);
      if (tool === undefined) return [`package.json lacks the tool ${name}`];
      return isDeepStrictEqual(tool.inputSchema, schema)
        ? []
        : [`the input of ${name} in package.json is out of date: npm run schema`];
    }),
  ];
}
