// Holds an answer against a vector's: the placeholders of the format stand for what no test can know.

import { isDeepStrictEqual } from 'node:util';

type Json = unknown;
type JsonObject = Record<string, Json>;

/** Undefined when they agree, else the place and the two values. */
export function difference(expected: Json, actual: Json, partial: boolean): string | undefined {
  return compare(normal(expected), normal(actual), '', partial);
}

/** `session_key: ""` is as good as none. */
function normal(value: Json): Json {
  if (!isObject(value) || value['session_key'] !== '') return value;
  const { session_key: _, ...rest } = value;
  return rest;
}

function compare(expected: Json, actual: Json, path: string, partial: boolean): string | undefined {
  const say = () => `${path || 'answer'}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
  if (expected === '$body') return undefined;
  if (expected === '$id') return typeof actual === 'number' ? undefined : say();
  if (isObject(expected) && '$url' in expected) return isUrl(actual, expected) ? undefined : say();
  if (isObject(expected) && '$prefix' in expected) {
    return typeof actual === 'string' && actual.startsWith(String(expected['$prefix'])) ? undefined : say();
  }
  if (isObject(expected) && '$any' in expected) return typeof actual === String(expected['$any']) ? undefined : say();
  if (Array.isArray(expected)) return Array.isArray(actual) ? compareLists(expected, actual, path) : say();
  if (isObject(expected)) return isObject(actual) ? compareObjects(expected, actual, path, partial) : say();
  return isDeepStrictEqual(expected, actual) ? undefined : say();
}

function compareObjects(expected: JsonObject, actual: JsonObject, path: string, partial: boolean): string | undefined {
  for (const [key, value] of Object.entries(expected)) {
    if (value === '$body') continue;
    if (!(key in actual)) return `${path}.${key}: missing, expected ${JSON.stringify(value)}`;
    // `moreInfo` may carry more than the vendor's.
    const found = compare(value, actual[key], `${path}.${key}`, partial || key === 'moreInfo');
    if (found) return found;
  }
  if (partial) return undefined;
  const extra = Object.keys(actual).find((key) => !(key in expected));
  return extra === undefined ? undefined : `${path}.${extra}: not expected, got ${JSON.stringify(actual[extra])}`;
}

/** Lists of channels and of files are sets: both are put in order by name. */
function compareLists(expected: Json[], actual: Json[], path: string): string | undefined {
  if (expected.length !== actual.length) return `${path}: expected ${expected.length} entries, got ${actual.length}`;
  const [left, right] = [expected.toSorted(byName), actual.toSorted(byName)];
  for (const [index, each] of left.entries()) {
    const found = compare(each, right[index], `${path}[${index}]`, false);
    if (found) return found;
  }
  return undefined;
}

function byName(a: Json, b: Json): number {
  const name = (value: Json) =>
    isObject(value) ? String(value['name'] ?? value['file_name'] ?? value['index'] ?? '') : '';
  return name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0;
}

function isUrl(actual: Json, expected: JsonObject): boolean {
  if (typeof actual !== 'string' || !/^https?:\/\//.test(actual) || !URL.canParse(actual)) return false;
  if (expected['$url'] === 'placeholder') return true;
  const last = decodeURIComponent(new URL(actual).pathname.split('/').at(-1) ?? '');
  if (expected['$url'] === 'manifest') return last === String(expected['file_name']).split('/').at(-1);
  return last.endsWith('.zip');
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
