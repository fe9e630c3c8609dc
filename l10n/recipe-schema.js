// Writes media/recipe.schema.json, by which VS Code completes recipes, from the schema that the code reads them with; with
// --print only says it.
import { writeFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import { format } from 'prettier';
import { recipeSchema } from '../src/fill/recipe.ts';

const schema = toJsonSchema(recipeSchema, { typeMode: 'input' });
const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 });
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(new URL('../media/recipe.schema.json', import.meta.url), text);
