// The catalogues: the same texts with the same values in every language, each of them used, and no text beside them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';
import { messages as de } from './catalogue/de.ts';
import { messages as en } from './catalogue/en.ts';
import { messages as zh } from './catalogue/zh.ts';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));
const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !path.includes('catalogue/') && !path.endsWith('.test.ts'))
  .map((path) => ({ path, text: readFileSync(join(SOURCES, path), 'utf8') }));

/** Names of values, and the choices of plurals, by language. */
function valuesOf(text: string): string[] {
  const names = new Set<string>();
  const visit = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === 'string') names.add(part[0]);
    if (typeof part[2] === 'object' && part[2] !== null) {
      for (const choice of Object.values(part[2])) if (Array.isArray(choice)) choice.forEach(visit);
    }
  };
  const compiled = compileMessage(text);
  if (Array.isArray(compiled)) compiled.forEach(visit);
  return [...names].sort();
}

describe.each([
  ['de', de],
  ['zh', zh],
] as const)('%s', (_language, catalogue) => {
  test('has every text, with the same values', () => {
    expect(Object.keys(catalogue)).toEqual(Object.keys(en));
    for (const id of Object.keys(en) as (keyof typeof en)[]) {
      expect(catalogue[id].trim(), id).not.toBe('');
      expect(valuesOf(catalogue[id]), id).toEqual(valuesOf(en[id]));
    }
  });
});

test('German is not English that was left over', () => {
  // Names and words that both languages have.
  const same = (Object.keys(en) as (keyof typeof en)[]).filter(
    (id) => en[id] === de[id] && /[a-z]{4,} [a-z]{3,}/.test(en[id]),
  );
  expect(same).toEqual([]);
});

test('every text is used', () => {
  const all = sources.map(({ text }) => text).join('\n');
  const made =
    /^(matter\.severity|setting|release\.kind|compose\.who|compose\.names|audiences\.by|webhooks\.event)\.|^settings\.(allow_device_custom_id|expose_metadata|block_provider_infra_requests)$|^security\.[a-z0-9_]+(\.help)?$|^upload\.(hashing|making)$|^totp\.(begin|end|codes)\.sentence$/;
  const unused = Object.keys(en).filter((id) => !all.includes(`'${id}'`) && !made.test(id));
  expect(unused).toEqual([]);
});

/** Attributes that people read or hear. */
const READ = new Set([
  'title',
  'label',
  'aria-label',
  'placeholder',
  'alt',
  'help',
  'sentence',
  'caption',
  'summary',
  'tabTitle',
]);
/** Signs between texts, names of programs and units that no language changes. */
const UNTRANSLATED = /^[\s\d\p{P}\p{S}]*$|^(curl|Overair|iOS|Android|Electron|com\.example\.app|root|Ctrl|K)$/u;

interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly name?: { readonly name?: string };
  readonly [field: string]: unknown;
}

/** Text of JSX, and of attributes that are read, which is written in the source instead of a catalogue. */
function findText(node: unknown, found: string[] = []): string[] {
  if (typeof node !== 'object' || node === null) return found;
  const { type, value, name } = node as Node;
  if (type === 'JSXText' && !UNTRANSLATED.test(String(value).trim())) found.push(String(value).trim());
  if (type === 'JSXAttribute' && READ.has(String(name?.name))) {
    const text = (value as Node | null)?.type === 'Literal' ? String((value as Node).value) : '';
    if (!UNTRANSLATED.test(text)) found.push(text);
  }
  for (const child of Object.values(node)) findText(child, found);
  return found;
}

const textIn = (path: string, text: string) => findText(parseSync(path, text).program);

test('no page has a text that is in no catalogue', () => {
  const found = sources
    .filter(({ path }) => path.endsWith('.tsx'))
    .flatMap(({ path, text }) => textIn(path, text).map((each) => `${path}: ${each}`));
  expect(found).toEqual([]);
});

test('a text that is in no catalogue would be found', () => {
  expect(textIn('a.tsx', `export const A = () => <p title="Hello you">Nothing here <b>{1}</b> · </p>;`)).toEqual([
    'Hello you',
    'Nothing here',
  ]);
});
