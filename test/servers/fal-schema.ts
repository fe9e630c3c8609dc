/** The schemas of fal's fill, from the text of its document: the bullets of "Input Schema" and "Output Schema". */
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

type Json = Record<string, unknown>;

export interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Json;
  readonly initial?: unknown;
}

const section = (text: string, title: string): string => {
  const found = new RegExp(`### ${title}\\n([\\s\\S]*?)(?=\\n##|$)`).exec(text);
  if (found === null) throw new Error(`the document has no ${title}`);
  return found[1];
};

const plain: Record<string, Json> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  'list<boolean>': { type: 'array', items: { type: 'boolean' } },
  'list<registry__image__fast_sdxl__models__Image>': {
    type: 'array',
    items: {
      type: 'object',
      required: ['url'],
      properties: {
        url: { type: 'string' },
        content_type: { type: 'string' },
        width: { type: 'integer' },
        height: { type: 'integer' },
      },
      additionalProperties: false,
    },
  },
  Timings: { type: 'object', additionalProperties: { type: 'number' } },
};

/** The values in backticks after a word, as JSON. */
const values = (text: string, word: string): unknown[] =>
  [...(new RegExp(`- ${word}: (.*)`).exec(text)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(
    (match) => JSON.parse(match[1]) as unknown,
  );

const fieldsOf = (text: string): Field[] =>
  text
    .split(/\n(?=- \*\*`)/)
    .slice(1)
    .map((bullet) => {
      const head = /^- \*\*`(\w+)`\*\* \(`([^`]+)`, _(required|optional)_\)/.exec(bullet);
      if (head === null) throw new Error(`a bullet cannot be read: ${bullet.slice(0, 80)}`);
      const [, name, type, need] = head;
      const options = values(bullet, 'Options');
      const [min, max] = values(bullet, 'Range');
      const [initial] = values(bullet, 'Default');
      const base = options.length > 0 ? { enum: options } : plain[type];
      if (base === undefined) throw new Error(`${name} has an unknown type ${type}`);
      return {
        name,
        required: need === 'required',
        schema: { ...base, ...(min === undefined ? {} : { minimum: min, maximum: max }) },
        ...(initial === undefined ? {} : { initial }),
      };
    });

const closed = (fields: readonly Field[], open: boolean): ValidateFunction =>
  new Ajv({ allErrors: true, strict: false }).compile({
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
    required: fields.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: open,
  });

export interface Schemas {
  readonly input: readonly Field[];
  /** A request; unknown fields are errors. */
  readonly submit: ValidateFunction;
  /** A request; unknown fields are let through. */
  readonly lenient: ValidateFunction;
  readonly result: ValidateFunction;
}

export const loadSchemas = (): Schemas => {
  const text = readFileSync(new URL('../fixtures/fal-flux-pro-fill.md', import.meta.url), 'utf8');
  const input = fieldsOf(section(text, 'Input Schema'));
  return {
    input,
    submit: closed(input, false),
    lenient: closed(input, true),
    result: closed(fieldsOf(section(text, 'Output Schema')), false),
  };
};

const typeOf = (error: ErrorObject): string => {
  if (error.keyword === 'required') return 'missing';
  if (error.keyword === 'additionalProperties') return 'extra_forbidden';
  return error.keyword === 'enum' ? 'literal_error' : `${error.keyword}_error`;
};

/** fal's body for errors of a model's schema; `input` echoes what was sent. */
export const refusal = (errors: readonly ErrorObject[], input: unknown): object => ({
  detail: errors.map((error) => ({
    loc: [
      'body',
      ...error.instancePath.split('/').slice(1),
      ...['missingProperty', 'additionalProperty'].flatMap((name) => (error.params as Json)[name] ?? []),
    ],
    msg: error.message ?? error.keyword,
    type: typeOf(error),
    input,
  })),
});
