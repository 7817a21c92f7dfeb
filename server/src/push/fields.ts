// Reads fields of somebody's JSON, with a refusal that names the field for each mistake: null means absent, unknown keys are ignored.

import { refuse } from './refusals.ts';

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Bytes of the UTF-8 form: what every limit of the room counts. */
export const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8');

export class Fields {
  readonly source: JsonObject;
  readonly path: string;

  constructor(source: JsonObject, path: string) {
    this.source = source;
    this.path = path;
  }

  at(key: string): string {
    return this.path ? `${this.path}.${key}` : key;
  }

  /** The value, or undefined for absent and null. */
  value(key: string): unknown {
    return this.source[key] ?? undefined;
  }

  required(key: string): unknown {
    const value = this.value(key);
    if (value === undefined) throw refuse('field_missing', this.at(key));
    return value;
  }

  text(key: string, maxBytes = 4096): string | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw refuse('field_type', `${this.at(key)} is not a string`);
    if (bytesOf(value) > maxBytes) throw refuse('field_invalid', `${this.at(key)} is longer than ${maxBytes} bytes`);
    return value;
  }

  oneOf<T extends string>(key: string, allowed: readonly T[]): T | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    if (!(allowed as readonly string[]).includes(value)) {
      throw refuse('field_invalid', `${this.at(key)} is not one of ${allowed.join(', ')}`);
    }
    return value as T;
  }

  integer(key: string, min: number, max: number): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw refuse('field_type', `${this.at(key)} is not a number`);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw refuse('field_invalid', `${this.at(key)} is not a whole number from ${min} to ${max}`);
    }
    return value;
  }

  flag(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw refuse('field_type', `${this.at(key)} is not a boolean`);
  }

  object(key: string): JsonObject | undefined {
    const value = this.value(key);
    if (value === undefined || isObject(value)) return value;
    throw refuse('field_type', `${this.at(key)} is not an object`);
  }

  /** Readers of a nested object, undefined when it is absent. */
  nested(key: string): Fields | undefined {
    const value = this.object(key);
    return value && new Fields(value, this.at(key));
  }

  /** A list of non-empty strings without repetitions; an empty list counts as absent. */
  list(key: string, maxItems: number, maxBytes: number): readonly string[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw refuse('field_type', `${this.at(key)} is not an array`);
    if (value.length > maxItems) throw refuse('field_invalid', `${this.at(key)} holds more than ${maxItems} values`);
    for (const [index, item] of value.entries()) {
      const where = `${this.at(key)}[${index}]`;
      if (typeof item !== 'string') throw refuse('field_type', `${where} is not a string`);
      if (item === '') throw refuse('field_invalid', `${where} is empty`);
      if (bytesOf(item) > maxBytes) throw refuse('field_invalid', `${where} is longer than ${maxBytes} bytes`);
    }
    return value.length > 0 ? [...new Set(value as string[])] : undefined;
  }
}
