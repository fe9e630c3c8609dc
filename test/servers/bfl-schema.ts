/** The schemas of BFL's fill, from the text of its OpenAPI document and the named overlay of its reference page. */
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

type Json = Record<string, unknown>;

interface Document {
  readonly paths: {
    readonly request: { readonly body: Record<string, { readonly schemaArray: readonly Json[] }> };
    readonly response: Record<string, Record<string, { readonly schemaArray: readonly Json[] }>>;
  };
  readonly components: { readonly schemas: Record<string, Json> };
}

interface Overlay {
  readonly outputFormats: readonly string[];
  readonly answerProperties: Json;
}

const fixture = (name: string): string => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

const document = (): Document => {
  const block = /````yaml[^\n]*\n([\s\S]*?)````/.exec(fixture('bfl-fill-openapi.md'));
  if (block === null) throw new Error('the fixture holds no YAML block');
  return parse(block[1]) as Document;
};

export interface Schemas {
  /** FluxProFillInputs; unknown fields are errors. */
  readonly submit: ValidateFunction;
  /** AsyncResponse or AsyncWebhookResponse, with the fields of the overlay. */
  readonly submitted: ValidateFunction;
  readonly refused: ValidateFunction;
}

/** `overlay: false` gives the schemas of the OpenAPI text alone. */
export const loadSchemas = (overlay = true): Schemas => {
  const text = document();
  const extra = JSON.parse(fixture('bfl-fill-reference-overlay.json')) as Overlay;
  const schemas = structuredClone(text.components.schemas);
  if (overlay) schemas.OutputFormat.enum = [...(schemas.OutputFormat.enum as string[]), ...extra.outputFormats];
  const compile = (schema: Json): ValidateFunction =>
    new Ajv({
      allErrors: true,
      strict: false,
      formats: { uri: (value: string) => URL.canParse(value) },
    }).compile({ ...schema, components: { schemas } });
  const closed = (schema: Json, more: Json = {}): Json => ({
    type: 'object',
    properties: { ...(schema.properties as Json), ...more },
    required: schema.requiredProperties,
    additionalProperties: false,
  });
  const answers = text.paths.response['200']['application/json'].schemaArray;
  return {
    submit: compile(closed(text.paths.request.body['application/json'].schemaArray[0])),
    submitted: compile({ anyOf: answers.map((answer) => closed(answer, overlay ? extra.answerProperties : {})) }),
    refused: compile(text.paths.response['422']['application/json'].schemaArray[0]),
  };
};

/** Names of the fields that a schema does not know. */
export const unknownFields = (errors: readonly ErrorObject[]): string[] =>
  errors
    .filter(({ keyword }) => keyword === 'additionalProperties')
    .map(({ params }) => String((params as Json).additionalProperty));

/** FastAPI's body for errors of a schema; `input` echoes the whole request, as the real service does. */
export const refusal = (errors: readonly ErrorObject[], input: unknown): object => ({
  detail: errors.map((error) => ({
    loc: [
      'body',
      ...error.instancePath.split('/').slice(1),
      ...Object.values(error.params as Json).filter((value) =>
        error.keyword === 'required' || error.keyword === 'additionalProperties' ? typeof value === 'string' : false,
      ),
    ],
    msg: error.keyword === 'required' ? 'Field required' : (error.message ?? error.keyword),
    type: error.keyword === 'required' ? 'missing' : error.keyword,
    input,
  })),
});
