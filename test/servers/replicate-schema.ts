/**
 * The schema of flux-fill-pro's input, from the text of the compatible service's document with the bounds its descriptions
 * tell, and the named overlay of Replicate's own pages.
 */
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

type Json = Record<string, unknown>;
type Properties = Record<string, Json>;

interface Document {
  readonly paths: Record<
    string,
    {
      readonly post: {
        readonly requestBody: {
          readonly content: {
            readonly 'application/json': {
              readonly schema: { readonly properties: { readonly input: Json }; readonly example?: Json };
              readonly example: Json;
            };
          };
        };
        readonly responses: Record<string, { readonly content: Record<string, { readonly example: Json }> }>;
      };
    }
  >;
}

interface Overlay {
  readonly input: Properties;
  readonly body: Properties;
  readonly prediction: Json;
}

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

/** The document as it stands is no YAML: descriptions with a colon are not quoted. */
const document = (): Document => {
  const block = /```yaml\n([\s\S]*?)```/.exec(fixture('replicate-compatible-flux-fill-pro.md'));
  if (block === null) throw new Error('the fixture holds no YAML block');
  const quoted = block[1].replace(
    /^(\s*description: )(?![>|'"])(.*: .*)$/gm,
    (_whole, name: string, text: string) => name + JSON.stringify(text),
  );
  return parse(quoted) as Document;
};

const bounds = (property: Json): Json => {
  const told = (word: string): number | undefined => {
    const number = new RegExp(`${word}: ([\\d.]+\\d|\\d)`).exec(String(property.description))?.[1];
    return number === undefined ? undefined : Number(number);
  };
  const [minimum, maximum] = [told('Minimum'), told('Maximum')];
  return { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) };
};

export interface Schemas {
  /** The path of the submit, with the compatible service's prefix. */
  readonly path: string;
  /** The body of a submit; unknown fields are errors. */
  readonly submit: ValidateFunction;
  /** A prediction as Replicate itself answers. */
  readonly prediction: ValidateFunction;
  /** The example request and answer of the compatible service. */
  readonly sample: { readonly request: Json; readonly answer: Json };
}

/** `overlay: false` gives the input of the document alone. */
export const loadSchemas = (overlay = true): Schemas => {
  const [[path, { post }]] = Object.entries(document().paths);
  const extra = JSON.parse(fixture('replicate-overlay.json')) as Overlay;
  const { schema, example } = post.requestBody.content['application/json'];
  const { properties, required } = schema.properties.input as { properties: Properties; required: string[] };
  const told = Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, { ...each, ...bounds(each) }]),
  );
  const names = overlay ? [...new Set([...Object.keys(told), ...Object.keys(extra.input)])] : Object.keys(told);
  const merged = Object.fromEntries(
    names.map((name) => [name, { ...told[name], ...(overlay ? extra.input[name] : {}) }]),
  );
  const compile = (json: Json): ValidateFunction => new Ajv({ allErrors: true, strict: false }).compile(json);
  return {
    path,
    submit: compile({
      type: 'object',
      required: ['input'],
      properties: {
        input: { type: 'object', properties: merged, required, additionalProperties: false },
        ...(overlay ? extra.body : {}),
      },
      additionalProperties: false,
    }),
    prediction: compile(extra.prediction),
    sample: { request: example, answer: post.responses['200'].content['application/json'].example },
  };
};

const fieldOf = ({ instancePath, params }: ErrorObject): string => {
  const inner = Object.entries(params as Json).find(
    ([name]) => name === 'missingProperty' || name === 'additionalProperty',
  );
  return [...instancePath.split('/').slice(1), ...(inner === undefined ? [] : [String(inner[1])])].join('.');
};

/** Names of the fields that a schema does not know. */
export const unknownFields = (errors: readonly ErrorObject[]): string[] =>
  errors.filter(({ keyword }) => keyword === 'additionalProperties').map(fieldOf);

export const problem = (status: number, title: string, detail: string, more: object = {}): object => ({
  title,
  detail,
  status,
  ...more,
});

/** Replicate's problem for errors of a schema. */
export const refusal = (errors: readonly ErrorObject[]): object => {
  const fields = errors.map((error) => ({
    type: error.keyword,
    field: fieldOf(error),
    description: error.keyword === 'required' ? `${fieldOf(error)} is required` : (error.message ?? error.keyword),
  }));
  const detail = fields.map(({ field, description }) => `- ${field}: ${description}\n`).join('');
  return problem(422, 'Input validation failed', detail, { invalid_fields: fields });
};
