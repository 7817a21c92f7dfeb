// Changes one property of a capacitor.config and nothing else: comments, spreads, helpers and formatting stay as they are.

import type { ObjectExpression, Property } from 'acorn';
import { CliError } from '../cli-error.ts';
import { isTouched, type Passage } from './config-references.ts';
import { type ConfigKind, type ConfigSyntax, parseConfig, propertyName, resolveObject } from './config-syntax.ts';
import { proveConfig } from './config-values.ts';

export type ConfigValue = string | number | boolean;

/**
 * The new source text, or `config_not_editable` where the file may compute this part. `path` leads from the exported
 * object, e.g. `['plugins', 'CapacitorUpdater', 'publicKey']`. Whether the edit has an effect is for a second read to say.
 */
export function setConfigValue(source: string, kind: ConfigKind, path: string[], value: ConfigValue): string {
  const edited = tryEdit(parseConfig(source, kind), path, value);
  if (edited !== undefined && mayHold(edited, kind, path, value)) return edited;
  throw new CliError('config_not_editable', 'The Capacitor config computes this part, so it cannot be edited safely.', {
    hint: `Add it by hand: ${snippet(path, value)}`,
    detail: { path: path.join('.'), value },
  });
}

function tryEdit(syntax: ConfigSyntax, path: string[], value: ConfigValue): string | undefined {
  const passages: Passage[] = syntax.rootNames.map((name) => ({ name, path }));
  const edited = syntax.root && editObject(syntax, syntax.root, path, value, passages);
  return edited !== undefined && !(syntax.program && isTouched(syntax.program, passages)) ? edited : undefined;
}

/** One line to paste, for configs that only a person can edit. */
function snippet(path: string[], value: ConfigValue): string {
  return path.reduceRight(
    (inner, key, index) => (index === 0 ? `${key}: ${inner}` : `{ ${key}: ${inner} }`),
    JSON.stringify(value),
  );
}

function editObject(
  syntax: ConfigSyntax,
  object: ObjectExpression,
  path: string[],
  value: ConfigValue,
  passages: Passage[],
): string | undefined {
  const [key, ...rest] = path as [string, ...string[]];
  const found = findProperty(syntax, object, key, (name) => passages.push({ name, path }));
  if (found === 'hidden') return undefined;
  if (!found) return insertProperty(syntax, object, path, value);
  if (rest.length > 0) {
    const inner = resolveObject(found.value, syntax, (name) => passages.push({ name, path: rest }));
    return inner ? editObject(syntax, inner, rest, value, passages) : undefined;
  }
  const { start, end } = found.shorthand ? found : found.value;
  const text = found.shorthand ? `${key}: ${render(syntax, value)}` : render(syntax, value);
  return syntax.source.slice(0, start) + text + syntax.source.slice(end);
}

/** `hidden`: a spread that cannot be looked into may hold the property, so adding one could undo others. */
function findProperty(
  syntax: ConfigSyntax,
  object: ObjectExpression,
  key: string,
  through: (name: string) => void,
): Property | 'hidden' | undefined {
  for (const item of [...object.properties].reverse()) {
    if (item.type === 'Property') {
      const name = propertyName(item);
      if (name === undefined) return 'hidden';
      if (name === key) return item.kind === 'init' && !item.method ? item : 'hidden';
      continue;
    }
    const spread = resolveObject(item.argument, syntax, through);
    const inSpread = spread ? findProperty(syntax, spread, key, through) : 'hidden';
    if (inSpread) return inSpread;
  }
  return undefined;
}

function insertProperty(syntax: ConfigSyntax, object: ObjectExpression, path: string[], value: ConfigValue): string {
  const { source } = syntax;
  const last = object.properties.at(-1);
  const unit = indentUnit(source);
  const multiline = source.slice(object.start, object.end).includes('\n');
  const outer = indentAt(source, object.start);
  const indent = multiline && last ? indentAt(source, last.start) : outer + unit;
  const newline = source.includes('\r\n') ? '\r\n' : '\n';
  const text = renderProperty(syntax, path, value, indent, unit, newline);
  if (!last) {
    // A comment alone in the braces stays in front of the new property.
    const inside = source.slice(object.start + 1, object.end - 1).trimEnd();
    const body = `{${inside}${newline}${indent}${text}${trailingComma(syntax)}${newline}${outer}}`;
    return source.slice(0, object.start) + body + source.slice(object.end);
  }
  if (!multiline) return `${source.slice(0, last.end)}, ${text}${source.slice(last.end)}`;
  const comma = skipComments(source, last.end);
  const hasComma = source[comma] === ',';
  const afterLast = hasComma ? comma + 1 : last.end;
  const lineEnd = endOfCommentedLine(source, afterLast, object.end - 1);
  const between = source.slice(afterLast, lineEnd);
  const head = source.slice(0, afterLast) + (hasComma ? '' : ',') + between;
  return `${head}${newline}${indent}${text}${hasComma ? ',' : ''}${source.slice(lineEnd)}`;
}

function renderProperty(
  syntax: ConfigSyntax,
  path: string[],
  value: ConfigValue,
  indent: string,
  unit: string,
  newline: string,
): string {
  const [key, ...rest] = path as [string, ...string[]];
  const name = syntax.kind === 'json' ? JSON.stringify(key) : key;
  if (rest.length === 0) return `${name}: ${render(syntax, value)}`;
  const inner = renderProperty(syntax, rest, value, indent + unit, unit, newline);
  return `${name}: {${newline}${indent}${unit}${inner}${trailingComma(syntax)}${newline}${indent}}`;
}

function render(syntax: ConfigSyntax, value: ConfigValue): string {
  const json = JSON.stringify(value);
  if (typeof value !== 'string' || syntax.kind === 'json') return json;
  const count = (quote: string) => syntax.source.split(quote).length;
  if (count('"') > count("'")) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

const trailingComma = (syntax: ConfigSyntax) =>
  syntax.kind !== 'json' && /,\s*\n\s*[}\]]/.test(syntax.source) ? ',' : '';

function indentAt(source: string, offset: number): string {
  const line = source.slice(source.lastIndexOf('\n', offset - 1) + 1);
  return /^[ \t]*/.exec(line)![0];
}

function indentUnit(source: string): string {
  return /^(\t| {2,8})\S/m.exec(source)?.[1] ?? '  ';
}

/** First offset from `at` on that is neither space nor comment. */
function skipComments(source: string, at: number): number {
  const blank = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
  blank.lastIndex = at;
  blank.exec(source);
  return blank.lastIndex;
}

/** The end of the line if only comments follow on it: they belong to the property before. */
function endOfCommentedLine(source: string, at: number, limit: number): number {
  const comments = /(?:[ \t]|\/\*(?:(?!\*\/)[^\n])*\*\/)*(?:\/\/[^\r\n]*)?(?=\r?\n)/y;
  comments.lastIndex = at;
  return comments.test(source) && comments.lastIndex <= limit ? comments.lastIndex : at;
}

/** False when the text alone proves that the edit had no effect. */
function mayHold(source: string, kind: ConfigKind, path: string[], value: ConfigValue): boolean {
  const values: unknown = kind === 'json' ? parseJson(source) : proveConfig(parseConfig(source, kind), {});
  return values === undefined || valueAt(values, path) === value;
}

function valueAt(values: unknown, path: string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    values,
  );
}

const parseJson = (source: string): unknown => JSON.parse(source.replace(/^\uFEFF/, ''));
