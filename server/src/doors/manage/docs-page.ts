// Writes the API description as one page of HTML: no script, no foreign host, works offline and in print.

import { escaped, hashOf, NO_ICON } from '../../html.ts';

interface Schema {
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  anyOf?: readonly Schema[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  'x-missing'?: { code: string };
  'x-invalid'?: { code: string };
  'x-alias'?: string;
}

interface Operation {
  summary?: string;
  tags?: readonly string[];
  parameters?: readonly { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface ApiDescription {
  info: { title: string; version: string };
  tags?: readonly { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
}

const STYLE = `
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:3rem}h3{margin:2rem 0 .25rem;font-size:1rem}code{font:13px ui-monospace,monospace}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border:1px solid #8884;padding:.25rem .5rem;text-align:left;vertical-align:top}
nav a{margin-right:1rem}.method{display:inline-block;min-width:4.5rem;font-weight:700}`;

/** The page is made of text alone: nothing may be loaded or run. */
export const docsPolicy = `default-src 'none'; style-src ${hashOf(STYLE)}; img-src data:; base-uri 'none'; frame-ancestors 'none'`;

/** `descriptionHref`: where the page finds openapi.json. */
export function docsPage({ info, tags = [], paths }: ApiDescription, descriptionHref: string): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description = name }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name));
    return `<section id="${escaped(name)}"><h2>${escaped(description)}</h2>${own.map(operationHtml).join('')}</section>`;
  });
  const links = tags.map(({ name }) => `<a href="#${escaped(name)}">/${escaped(name)}</a>`).join('');
  const title = `${escaped(info.title)} ${escaped(info.version)}`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width">${NO_ICON}<style>${STYLE}</style></head><body>
<h1>${title}</h1><p>Machine-readable: <a href="${escaped(descriptionHref)}"><code>/openapi.json</code></a>. Send your key as <code>x-api-key</code>.</p>
<nav>${links}</nav>${sections.join('')}</body></html>`;
}

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const body = operation.requestBody?.content['application/json']?.schema;
  const answer = Object.entries(operation.responses).find(([status]) => status.startsWith('20'));
  const answered = answer?.[1].content?.['application/json']?.schema;
  const parameters: Row[] = (operation.parameters ?? []).map(({ name, required, schema }) => [
    name,
    schema,
    required === true,
  ]);
  return `<article><h3><span class="method">${escaped(method.toUpperCase())}</span> <code>${escaped(path)}</code></h3>
<p>${escaped(operation.summary ?? '')}</p>${table('Takes', [...parameters, ...rowsOf(body)])}
<details><summary>Answers ${escaped(answer?.[0] ?? '')}</summary>${answered ? table('', rowsOf(unwrapped(answered))) || typeOf(answered) : ''}</details></article>`;
}

type Row = [name: string, schema: Schema, required: boolean];

const rowsOf = (schema: Schema | undefined): Row[] =>
  Object.entries(schema?.properties ?? {}).map(([name, each]) => [
    name,
    each,
    schema?.required?.includes(name) ?? false,
  ]);

/** Of a list, and of one thing or a list, the fields of one thing say enough. */
const unwrapped = (schema: Schema): Schema =>
  schema.items ? unwrapped(schema.items) : schema.anyOf?.[0] ? unwrapped(schema.anyOf[0]) : schema;

function table(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(([name, schema, required]) => {
    const alias = schema['x-alias'] ? ` <small>or ${escaped(schema['x-alias'])}</small>` : '';
    const need = required ? ' <small>needed</small>' : '';
    return `<tr><td><code>${escaped(name)}</code>${alias}${need}</td><td>${typeOf(schema)}</td><td>${notesOf(schema)}</td></tr>`;
  });
  return `${title ? `<strong>${title}</strong>` : ''}<table>${lines.join('')}</table>`;
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `<code>${escaped(JSON.stringify(schema.const))}</code>`;
  if (schema.enum) return schema.enum.map((value) => `<code>${escaped(JSON.stringify(value))}</code>`).join(' | ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  return (
    escaped([schema.type ?? 'anything'].flat().join(' or ')) + (schema.format ? ` (${escaped(schema.format)})` : '')
  );
}

function notesOf(schema: Schema): string {
  const { minimum, maximum, maxLength, description } = schema;
  const bounds = [
    minimum !== undefined || maximum !== undefined ? `${minimum ?? ''}…${maximum ?? ''}` : undefined,
    maxLength !== undefined ? `at most ${maxLength} characters` : undefined,
  ];
  const codes = [schema['x-missing']?.code, schema['x-invalid']?.code].filter((code) => code !== undefined);
  const errors =
    codes.length > 0 ? `errors: ${[...new Set(codes)].map((code) => `<code>${escaped(code)}</code>`).join(', ')}` : '';
  return [description && escaped(description), ...bounds.map((bound) => bound && escaped(bound)), errors]
    .filter(Boolean)
    .join('; ');
}
