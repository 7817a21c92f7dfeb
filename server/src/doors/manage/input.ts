// Reads what a request asks for: JSON body or query, checked against the protocol's schema, field by field in its order.
// Fastify's own validation is off in this door: the contract names an error code per field, and an order.

import type { FieldRules, Refusal } from '@overair/protocol/manage/formats';
import type { FastifyRequest } from 'fastify';
import type { Static, TObject, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { AppError } from '../../errors.ts';
import { parseStorableJson, storableOrRefused } from '../../storable-text.ts';

const MAX_GET_BODY_BYTES = 64 * 1024;

const invalidJson = () => new AppError('invalid_json_parse_body', 400, 'Invalid JSON body');

interface Issue {
  code: string;
  path: string[];
  message: string;
}

/** The shape of every schema failure that has no code of its own. */
export const invalidBody = (...issues: Issue[]) =>
  new AppError('invalid_body', 400, 'Invalid body', { error: { issues, name: 'SchemaError' } });

export interface RawInput {
  fields: Record<string, unknown>;
  /** Text stands for numbers and booleans too. */
  isText: boolean;
  /** Names in a query that a JSON body displaced. */
  unread: string[];
}

/**
 * The JSON body whatever its content type says; where `query` may stand in for it, the query when the body is not
 * JSON. An empty input is an error except in a GET.
 */
export async function readInput(request: FastifyRequest, query: 'accepted' | 'ignored'): Promise<RawInput> {
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  const body = isGet ? await readGetBody(request) : request.body;
  const fields = parseObject(typeof body === 'string' ? body : '');
  const fromQuery = { ...(request.query as object) };
  const names = Object.keys(fromQuery);
  if (fields && (Object.keys(fields).length > 0 || query === 'ignored'))
    return { fields, isText: isGet, unread: names };
  if (query === 'ignored') throw invalidJson();
  if (!isGet && names.length === 0) throw invalidJson();
  return { fields: fromQuery, isText: true, unread: [] };
}

/** Fastify leaves the body of a GET unread. Clients of the original service may send their parameters there. */
async function readGetBody(request: FastifyRequest): Promise<string> {
  const { headers } = request;
  if (!headers['transfer-encoding'] && !(Number(headers['content-length']) > 0)) return '';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.raw) {
    size += (chunk as Buffer).length;
    if (size > MAX_GET_BODY_BYTES) throw new AppError('payload_too_large', 413, 'The body is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseObject(text: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = parseStorableJson(text, holdsNul);
  } catch (error) {
    if (error instanceof AppError) throw error;
    return undefined;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

const holdsNul = () =>
  invalidBody({ code: 'invalid_string', path: [], message: 'text must not contain the NUL character' });

const storable = (value: unknown): unknown => (typeof value === 'string' ? storableOrRefused(value, holdsNul) : value);

interface Field {
  name: string;
  alias: string | undefined;
  required: boolean;
  late: boolean;
  missing: Refusal | undefined;
  invalid: Refusal | undefined;
  schema: TSchema & { default?: unknown; minimum?: number; maximum?: number };
  validator: Validator;
}

interface InputReader<T extends TObject> {
  /** The declared fields alone, those that are checked before the caller's permission. */
  early(raw: RawInput): Static<T>;
  /** Checks the rest, which the contract lists after the permission. */
  late(input: Static<T>): void;
}

/** Prepares the checks of one schema. They run in the order in which the schema lists its fields. */
export function inputReader<T extends TObject>(schema: T): InputReader<T> {
  const required = new Set<string>(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(([name, property]) =>
    fieldOf(name, property, required.has(name)),
  );
  const refuseUnknown = refusesUnknown(schema) ? unknownNameRefuser(schema, fields) : undefined;
  return {
    early(raw) {
      refuseUnknown?.(raw);
      const input: Record<string, unknown> = {};
      for (const field of fields) {
        const value = pick(field, raw);
        if (value !== undefined) input[field.name] = value;
        if (!field.late) check(field, value);
      }
      return input as Static<T>;
    },
    late(input) {
      for (const field of fields) {
        if (field.late) check(field, (input as Record<string, unknown>)[field.name]);
      }
    },
  };
}

/** Declared with `onlyKnown`. */
export const refusesUnknown = (schema: TObject & { additionalProperties?: unknown }): boolean =>
  schema.additionalProperties === false;

/** Schemas say with `onlyKnown` that a name which nobody understands would give more than was asked for. */
function unknownNameRefuser(schema: TObject, fields: Field[]): (raw: RawInput) => void {
  const nothingKnown = (schema as { 'x-nothing-known'?: Refusal & { identifiedBy: string[] } })['x-nothing-known'];
  const known = new Set(fields.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias])));
  const refuse = (name: string, message: string) => {
    throw new AppError('invalid_body', 400, message, {
      error: { issues: [{ code: 'unrecognized_keys', path: [name], message }], name: 'SchemaError' },
    });
  };
  return ({ fields: given, unread }) => {
    const unknown = Object.keys(given).find((name) => !known.has(name));
    const isSetting = (name: string) => known.has(name) && !nothingKnown?.identifiedBy.includes(name);
    if (unknown !== undefined && nothingKnown && !Object.keys(given).some(isSetting)) {
      const { code, message } = nothingKnown;
      throw new AppError(code, 400, `${message}: "${unknown.slice(0, 100)}" is not known here`, { field: unknown });
    }
    if (unknown !== undefined) {
      refuse(unknown, `"${unknown.slice(0, 100)}" is not known here, expected are ${[...known].join(', ')}`);
    }
    const twice = fields.find(({ name, alias }) => alias && given[alias] !== undefined && given[name] !== undefined);
    if (twice && JSON.stringify(given[twice.name]) !== JSON.stringify(given[twice.alias!])) {
      refuse(twice.alias!, `"${twice.alias}" is another name of "${twice.name}", and says something else`);
    }
    const [displaced] = unread;
    if (displaced !== undefined) {
      refuse(displaced, `"${displaced.slice(0, 100)}" stands in the query, which is not read beside a body`);
    }
  };
}

function fieldOf(name: string, schema: TSchema, required: boolean): Field {
  const rules = schema as FieldRules;
  return {
    name,
    required,
    alias: rules['x-alias'],
    late: rules['x-late'] === true,
    missing: rules['x-missing'],
    invalid: rules['x-invalid'],
    schema,
    validator: Compile(schema),
  };
}

function pick(field: Field, { fields, isText }: RawInput): unknown {
  const own = (name: string) => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  let value = own(field.name);
  if (value === undefined && field.alias !== undefined) value = own(field.alias);
  // Queries and paths were not read by the JSON reader; a repeated name makes a list.
  value = Array.isArray(value) ? value.map(storable) : storable(value);
  if (isText && typeof value === 'string') value = fromText(value, field.schema);
  if (field.name === 'device_id' && typeof value === 'string') return value.toLowerCase();
  const fallback = field.schema.default;
  return fallback !== undefined && !field.validator.Check(value) ? fallback : value;
}

function fromText(text: string, schema: TSchema): unknown {
  const types = [(schema as { type?: string | string[] }).type].flat();
  const isNumber = types.includes('integer') || types.includes('number');
  if (isNumber && /^-?\d+(\.\d+)?$/.test(text)) return Math.min(Number(text), Number.MAX_VALUE);
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function check(field: Field, value: unknown): void {
  const isAbsent = value === undefined;
  if (field.missing && (isAbsent || value === null || value === '')) throw refused(field, field.missing, value);
  if (isAbsent && !field.required) return;
  if (field.validator.Check(value)) return;
  if (field.invalid) throw refused(field, placed(field, value, field.invalid), value);
  const [first] = field.validator.Errors(value);
  const message = isAbsent ? `${field.name} is required` : `${field.name} ${first?.message ?? 'is not valid'}`;
  throw invalidBody({ code: isAbsent ? 'required' : (first?.keyword ?? 'invalid'), path: [field.name], message });
}

/** Of a list or an object the sentence says also where in it the fault is. */
function placed({ name, validator }: Field, value: unknown, invalid: Refusal): Refusal {
  if (typeof value !== 'object' || value === null) return invalid;
  const [first] = validator.Errors(value);
  if (!first) return invalid;
  const extra = first.keyword === 'additionalProperties' ? `: ${first.params.additionalProperties.join(', ')}` : '';
  return { ...invalid, message: `${invalid.message}: ${name}${first.instancePath} ${first.message}${extra}` };
}

function refused({ name, schema }: Field, { code, message }: Refusal, value: unknown): AppError {
  const { minimum: min, maximum: max } = schema;
  const shown = typeof value === 'string' ? value.slice(0, 200) : typeof value === 'number' ? value : undefined;
  const range = min === undefined ? {} : { field: name, min, max };
  return new AppError(code, 400, message, { ...range, ...(shown !== undefined && { value: shown }) });
}
